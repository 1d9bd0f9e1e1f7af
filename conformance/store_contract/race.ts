/**
 * Racers for one key: whoever is told "created" must be the only one, and what
 * stands there must be theirs, through every handle.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { CreateOutcome, ObjectStore } from "../../src/store/mod.ts";
import {
  counted,
  type MakeStore,
  RACING_HANDLES,
  read,
  text,
} from "./contract_case.ts";

/** One way to create an object that is not there. */
export type Create = (
  path: string,
  bytes: Uint8Array,
) => Promise<CreateOutcome>;

/** As many handles on one root as race. */
export async function handlesOn(
  makeStore: MakeStore,
  name: string,
): Promise<readonly ObjectStore[]> {
  const handles: ObjectStore[] = [];
  while (handles.length < RACING_HANDLES) handles.push(await makeStore(name));
  return handles;
}

/**
 * Races for keys one after another, racers spread over the handles.
 *
 * @returns How often each answer came.
 * @throws {Error} Where a key had two winners, or holds what is not its winner's.
 */
export async function raceForKeys(
  handles: readonly ObjectStore[],
  creates: readonly Create[],
  size: { readonly keys: number; readonly racers: number },
): Promise<string> {
  const answers = new Map<CreateOutcome["kind"], number>();
  const torn: string[] = [];
  let open = 0;
  for (let key = 0; key < size.keys; key++) {
    const path = `_delta_log/${String(key).padStart(20, "0")}.json`;
    const outcomes = await Promise.all(
      Array.from(
        { length: size.racers },
        (_, racer) =>
          creates[racer % creates.length]!(path, text(`${key} by ${racer}`)),
      ),
    );
    for (const { kind } of outcomes) {
      answers.set(kind, (answers.get(kind) ?? 0) + 1);
    }
    const told = (kind: CreateOutcome["kind"]): number[] =>
      outcomes.flatMap((outcome, racer) =>
        outcome.kind === kind ? [racer] : []
      );
    const winners = told("created");
    if (winners.length > 1) {
      torn.push(`${path} has winners ${winners}`);
      continue;
    }
    if (winners.length === 0) open++;
    const mayStand = winners.length === 1 ? winners : told("unknown");
    for (const handle of new Set(handles)) {
      const stored = await read(handle, path);
      const allowed = mayStand.map((racer) => `${key} by ${racer}`);
      assert.ok(
        stored === undefined ? winners.length === 0 : allowed.includes(stored),
        `${path} was won by ${winners} and holds ${stored}`,
      );
    }
  }
  assert.ok(
    torn.length === 0,
    `${counted(torn.length, "key")} of ${size.keys} had two winners or more: ${
      torn[0]
    }`,
  );
  // An undecided key refutes nothing; when there is nothing else, neither is anything shown.
  assert.ok(
    open < size.keys,
    `not one key was won: ${describe(answers)}`,
  );
  assert.ok(
    !answers.has("rejected"),
    `racers were refused: ${describe(answers)}`,
  );
  const undecided = open === 0 ? "" : `, ${counted(open, "key")} undecided`;
  return `${counted(size.keys, "key")}, ${size.racers} racers: ${
    describe(answers)
  }${undecided}`;
}

function describe(answers: ReadonlyMap<string, number>): string {
  return [...answers].map(([kind, n]) => `${n.toLocaleString("en")} ${kind}`)
    .join(", ");
}
