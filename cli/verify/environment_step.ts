/**
 * The first step: what runs here, whether the store answers, and whether its
 * exclusive create really is one.
 *
 * @module
 */

import { openStore } from "../../src/mod.ts";
import { expect, type Finding, type Stage } from "./stage.ts";

const RACERS = 16;
const KEYS = 20;

/** Names the versions, and has 16 racers create each of 20 keys: one must win each, and its bytes must stay. */
export async function environment(stage: Stage): Promise<Finding> {
  const config = JSON.parse(
    await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
  ) as {
    version: string;
    imports: Record<string, string>;
  };
  const arrow = pinOf(config.imports["apache-arrow"]);
  const parquet = pinOf(config.imports["parquet-wasm"]);
  const store = await openStore(`${stage.base}/exclusive-create`, {
    storage: stage.storage,
  });
  let won = 0;
  try {
    await store.get("race-0"); // a store that cannot be reached says why here
    for (let key = 0; key < KEYS; key++) {
      stage.progress(`key ${key + 1} of ${KEYS}`);
      const path = `race-${key}`;
      const bodies = Array.from(
        { length: RACERS },
        (_, racer) => new TextEncoder().encode(`racer ${racer} of key ${key}`),
      );
      const outcomes = await Promise.all(
        bodies.map((body) => store.putIfAbsent(path, body)),
      );
      const winners = outcomes.flatMap((outcome, racer) =>
        outcome.kind === "created" ? [racer] : []
      );
      expect(
        winners.length === 1,
        `${winners.length} of ${RACERS} racers were told that they created ${path}`,
      );
      const stored = await store.get(path);
      const text = new TextDecoder().decode(stored?.bytes);
      expect(
        text === `racer ${winners[0]} of key ${key}`,
        `racer ${winners[0]} won ${path}, which holds "${text}"`,
      );
      won++;
    }
  } finally {
    await store.close?.();
  }
  return {
    measured:
      `Deno ${Deno.version.deno}, litmus ${config.version}, apache-arrow ${arrow}, parquet-wasm ${parquet}; store reached, exclusive create: ${won} of ${KEYS} races among ${RACERS} had one winner`,
    facts: {
      deno: Deno.version.deno,
      litmus: config.version,
      arrow,
      parquet,
      races: won,
    },
  };
}

function pinOf(target: string | undefined): string {
  return /@(\d[^/]*)/.exec(target ?? "")?.[1] ?? "unknown";
}
