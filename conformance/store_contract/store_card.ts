/**
 * The verdict on a store: every case of the contract, what was counted, and
 * whether Delta commits are safe there. A probe refutes and never proves.
 *
 * @module
 */

import type { ObjectStore, StoreCapabilities } from "../../src/store/mod.ts";
import { storeContract } from "./contract.ts";
import { type MakeStore, NOT_OFFERED } from "./contract_case.ts";

/** What became of one property. */
export interface PropertyVerdict {
  /** What, as the end of the sentence "the store …". */
  readonly name: string;
  /** Whether it held. */
  readonly verdict: "ok" | "FAIL" | "not offered";
  /** What breaks where it does not. */
  readonly breaks: "commits" | "parts" | "table";
  /** What was counted, or the contradiction. */
  readonly measured: string;
  /** How long it took. */
  readonly durationMs: number;
}

/** The verdict on a store. */
export interface StoreCard {
  /** Where it is. */
  readonly store: string;
  /** The endpoints that it was reached by; empty where a URL is all there is. */
  readonly endpoints: readonly string[];
  /** Every property. */
  readonly properties: readonly PropertyVerdict[];
  /** Whether Delta commits are safe there, as far as this could see. */
  readonly safe: boolean;
  /** The same in words, and why. */
  readonly sentence: string;
}

/** What is judged. */
export interface JudgedStore {
  /** Where it is. */
  readonly url: string;
  /** The endpoints' URLs. */
  readonly endpoints: readonly string[];
  /** What it says it can do. */
  readonly capabilities: StoreCapabilities;
  /** Opens it at an empty root of its own; endpoints in turn. */
  readonly makeStore: MakeStore;
}

/** What no probe can leave unsaid. */
export const REFUTES = "A probe refutes, it never proves: a race that nobody " +
  "lost here may be lost another day, on another release or under another load.";

/**
 * Puts a store through the contract.
 *
 * @param onProperty Told of each property as soon as it is judged.
 */
export async function judgeStore(
  judged: JudgedStore,
  onProperty: (property: PropertyVerdict) => void = () => {},
): Promise<StoreCard> {
  const properties: PropertyVerdict[] = [];
  for (const { name, applies, breaks = "table", run } of storeContract) {
    const start = performance.now();
    const { verdict, measured } = applies && !applies(judged.capabilities)
      ? notOffered
      : await tried(() => run(judged.makeStore));
    const durationMs = Math.round(performance.now() - start);
    const property = { name, verdict, breaks, measured, durationMs };
    properties.push(property);
    onProperty(property);
  }
  return {
    store: judged.url,
    endpoints: judged.endpoints,
    properties,
    ...overall(judged.capabilities, properties),
  };
}

/** Gives out stores at one root through several endpoints in turn, for each name by itself. */
export function inTurn(makers: readonly MakeStore[]): MakeStore {
  const turns = new Map<string, number>();
  return async (name): Promise<ObjectStore> => {
    const turn = turns.get(name) ?? 0;
    turns.set(name, turn + 1);
    return await makers[turn % makers.length]!(name);
  };
}

type Finding = Pick<PropertyVerdict, "verdict" | "measured">;

const notOffered: Finding = { verdict: "not offered", measured: "" };

async function tried(run: () => Promise<string | void>): Promise<Finding> {
  try {
    const measured = await run();
    return measured === NOT_OFFERED
      ? notOffered
      : { verdict: "ok", measured: measured ?? "" };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { verdict: "FAIL", measured: shortened(message) };
  }
}

/** The first lines of an assertion's message, without its diff of everything. */
function shortened(message: string): string {
  const lines = message.split("\n").map((line) => line.trim())
    .filter((line) => line !== "");
  const text = lines.slice(0, 6).join(" ");
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function overall(
  capabilities: StoreCapabilities,
  properties: readonly PropertyVerdict[],
): Pick<StoreCard, "safe" | "sentence"> {
  const failed = (breaks: PropertyVerdict["breaks"]) =>
    properties.filter((one) => one.verdict === "FAIL" && one.breaks === breaks);
  const list = (some: readonly PropertyVerdict[]) =>
    some.map(({ name }) => `it ${negated(name)}`).join("; ");
  if (capabilities.exclusiveCreate === "none") {
    return {
      safe: false,
      sentence:
        "Not safe for Delta commits: it has no exclusive create, so two writers could win one version.",
    };
  }
  const [commits, table, parts] = [
    failed("commits"),
    failed("table"),
    failed("parts"),
  ];
  if (commits.length > 0) {
    return {
      safe: false,
      sentence: `Not safe for Delta commits: ${list(commits)}.`,
    };
  }
  if (table.length > 0) {
    return {
      safe: false,
      sentence: `Not fit for Delta tables: commits were exclusive, but ${
        list(table)
      }.`,
    };
  }
  const reach = capabilities.shared
    ? ""
    : " Other processes do not see it, so this speaks of one process only.";
  const uploads = parts.length === 0
    ? ""
    : ` Not for engines that commit by uploads in parts, though: ${
      list(parts)
    }. This engine does not.`;
  return {
    safe: true,
    sentence:
      `Safe for Delta commits, as far as this could see: every exclusive create had one winner, and what was written was read and listed at once.${reach}${uploads}`,
  };
}

/** "gives one winner …" as the end of a sentence that says it does not. */
function negated(name: string): string {
  return `fails “${name}”`;
}

/** A property as a line, and what contradicts it below. */
export function formatProperty(property: PropertyVerdict): string {
  const { verdict, name, measured } = property;
  const line = `  ${verdict.padEnd(11)}  ${name}`;
  if (measured === "") return line;
  return `${line}\n${" ".repeat(15)}${measured}`;
}
