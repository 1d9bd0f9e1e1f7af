/**
 * Processes of their own on one table of a real store: each runs a script drawn
 * from a seed, some are killed at a random moment, and the log is judged with
 * their histories. Nobody traces the store: commits are attributed by token and
 * rows.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type ObjectStore, systemHost } from "../src/mod.ts";
import { thisEngine } from "./adapters/this_engine.ts";
import { buildEvidence } from "./checkers/evidence.ts";
import { judge } from "./checkers/judge.ts";
import type { Verdict } from "./checkers/verdict.ts";
import type { HistoryEvent, OperationCall } from "./history/history.ts";
import type { OpenStore } from "./live_races.ts";
import {
  append,
  bump,
  CHECKPOINT,
  IN_A,
  IN_B,
  OPTIMIZE,
  P2_AND_ONE,
  program,
  READ,
  REFRESH,
  remove,
} from "./mutants/scenarios.ts";
import type { ProcessOrder } from "./process_client.ts";
import type { Step } from "./simulation/program.ts";
import { type FinalObject, runProgram } from "./simulation/run_program.ts";
import { seededRandom } from "./simulation/simulated_host.ts";

/** What a round came to. */
export interface ProcessCounts {
  /** Processes started. */
  readonly processes: number;
  /** Of them killed before they had ended. */
  readonly killed: number;
  /** Operations that were acknowledged. */
  readonly acknowledged: number;
  /** Versions in the log. */
  readonly commits: number;
}

/** A round, judged. */
export interface ProcessRound {
  /** What it came to. */
  readonly counts: ProcessCounts;
  /** What the processes were told. */
  readonly history: readonly HistoryEvent[];
  /** What the checks say. */
  readonly verdicts: readonly Verdict[];
}

/** How a round is made. */
export interface ProcessOptions {
  /** Seed of scripts and of when processes are killed. */
  readonly seed: number;
  /** How many processes; 4 by default. */
  readonly processes?: number;
  /** Operations of each; 6 by default. */
  readonly steps?: number;
  /** How many of them are killed; half by default. */
  readonly killed?: number;
}

/**
 * Runs a round.
 *
 * @returns `undefined` where the store cannot be reached from another process.
 */
export async function raceProcesses(
  openStore: OpenStore,
  options: ProcessOptions,
): Promise<ProcessRound | undefined> {
  const { store, url, remove } = await openStore();
  try {
    // A module that was fetched is no script that another process could run.
    if (url === undefined || !import.meta.url.startsWith("file:")) {
      return undefined;
    }
    return await raceAt(url, store, options);
  } finally {
    await remove();
  }
}

async function raceAt(
  url: string,
  store: ObjectStore,
  { seed, processes = 4, steps = 6, killed = processes >> 1 }: ProcessOptions,
): Promise<ProcessRound> {
  const random = seededRandom(seed);
  const setup = await runProgram(
    program("processes", P2_AND_ONE, []),
    thisEngine(),
    [],
    { store, host: systemHost, finalRead: false },
  );
  const children = Array.from({ length: processes }, (_, i) =>
    new Child({
      url,
      client: `p${i + 1}`,
      steps: Array.from({ length: steps }, () => drawnStep(random)),
    }));
  await Promise.all(children.map((child) => child.isReady));
  for (const child of children) child.start();
  await Promise.all(
    children.slice(0, killed).map(async (child) => {
      await systemHost.sleep(random() * 30 * steps);
      child.kill();
    }),
  );
  await Promise.all(children.map((child) => child.hasEnded));
  const broken = children.find((child) => child.trouble !== "");
  if (broken) throw new Error(`a process broke: ${broken.trouble}`);
  const history = inOneTime([
    setup.history,
    ...children.map((child) => child.events),
    await lastReading(url),
  ]);
  const objects = await objectsOf(store);
  const wasKilled = children.filter((child) => child.wasKilled).length;
  const evidence = await buildEvidence({
    level: "Serializable",
    history,
    // Of what the setup wrote the author is known; of the rest nobody saw the calls.
    trace: setup.trace,
    objects,
    faults: wasKilled,
  });
  return {
    counts: {
      processes,
      killed: wasKilled,
      acknowledged:
        history.filter(({ type, client }) =>
          type === "ok" && client.startsWith("p")
        ).length,
      commits: evidence.commits.length,
    },
    history,
    verdicts: judge(evidence),
  };
}

function drawnStep(random: () => number): OperationCall {
  const x = Math.floor(random() * 1_000);
  const choices: readonly Step[] = [
    append(["a", x]),
    append(["b", x], ["c", x]),
    append(["c", x]),
    remove(IN_B),
    remove([">=", "x", String(x)]),
    bump(IN_A),
    OPTIMIZE,
    CHECKPOINT,
    REFRESH,
    READ,
  ];
  return choices[Math.floor(random() * choices.length)] as OperationCall;
}

/** A process, and what it said. */
class Child {
  readonly events: HistoryEvent[] = [];
  readonly isReady: Promise<void>;
  readonly hasEnded: Promise<void>;
  readonly #process: ChildProcess;
  #isOver = false;
  wasKilled = false;
  trouble = "";

  constructor(order: ProcessOrder) {
    const script = fileURLToPath(new URL("process_client.ts", import.meta.url));
    const isDeno = "Deno" in globalThis;
    this.#process = spawn(process.execPath, [
      ...(isDeno ? ["run", "--quiet", "--no-check", "-A"] : []),
      script,
      JSON.stringify(order),
    ], {
      stdio: ["pipe", "pipe", "pipe"],
      cwd: fileURLToPath(new URL("..", import.meta.url)),
    });
    let errors = "";
    let rest = "";
    let ready = (): void => {};
    this.isReady = new Promise((resolve) => ready = resolve);
    this.#process.stdin!.on("error", () => {});
    this.#process.stderr!.on("data", (text) => errors += text);
    this.#process.stdout!.on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.events.push(JSON.parse(line));
      if (this.events.length >= 2) ready();
    });
    this.hasEnded = new Promise((resolve) =>
      this.#process.on("close", (code) => {
        this.#isOver = true;
        if (!this.wasKilled && code !== 0) {
          this.trouble = errors.slice(0, 2_000) || `status ${code}`;
        }
        ready();
        resolve();
      })
    );
  }

  /** Lets it begin its script. */
  start(): void {
    this.#process.stdin!.end("\n");
  }

  /** Ends it at once, wherever it is. */
  kill(): void {
    if (this.#isOver) return;
    this.wasKilled = this.#process.kill("SIGKILL");
  }
}

/** The rows of the newest version, by a client that knows of nothing. */
async function lastReading(url: string): Promise<HistoryEvent[]> {
  const run = await runProgram(
    {
      name: "last reading",
      setup: { exists: false },
      scripts: [{ client: "final", opensFirst: false, steps: [READ] }],
    },
    {
      ...thisEngine(),
      connect: (options) =>
        thisEngine().connect({ client: options.client, table: url }),
    },
    [],
    { inOrder: [] },
  );
  return [...run.history];
}

async function objectsOf(
  store: ObjectStore,
): Promise<Map<string, FinalObject>> {
  const objects = new Map<string, FinalObject>();
  for await (const { path, lastModified } of store.list("")) {
    const found = await store.get(path);
    if (found) objects.set(path, { path, bytes: found.bytes, lastModified });
  }
  return objects;
}

/** Histories of several processes in one logical time: all go by the clock of one machine. */
function inOneTime(
  [setup, ...rest]: readonly (readonly HistoryEvent[])[],
): HistoryEvent[] {
  const last = rest.pop()!;
  const between = rest.flat().sort((a, b) => a.time - b.time);
  return [...setup!, ...between, ...last]
    .map((event, i) => ({ ...event, time: i + 1 }));
}
