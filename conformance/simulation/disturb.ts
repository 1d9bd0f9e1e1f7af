/**
 * What happens to a table's store by no engine's hand: a hint that is lost or
 * wrong, a commit of a writer from the future.
 *
 * @module
 */

import type { ObjectStore } from "../../src/mod.ts";
import type { Json } from "../engine_adapter.ts";

/** What the hint at the newest checkpoint may become. */
export type HintState =
  | "absent"
  | "older"
  | "ahead"
  | "torn"
  | "to a missing file";

/** What is done. */
export type Disturbance =
  | { readonly hint: HintState }
  | {
    /** Actions of a commit written by hand, at the newest version and one. */
    readonly commit: readonly Json[];
  };

const HINT = "_delta_log/_last_checkpoint";
const COMMIT = /^_delta_log\/(\d{20})\.json$/;

/** For the story of a run. */
export function aboutDisturbance(what: Disturbance): string {
  return "hint" in what
    ? `the hint becomes ${what.hint}`
    : "a commit by another hand";
}

/** Does it. */
export async function disturb(
  store: ObjectStore,
  what: Disturbance,
): Promise<void> {
  const newest = await newestVersion(store);
  if ("commit" in what) {
    const text = what.commit.map((action) => JSON.stringify(action) + "\n");
    await store.putIfAbsent(
      `_delta_log/${String(newest + 1).padStart(20, "0")}.json`,
      new TextEncoder().encode(text.join("")),
    );
    return;
  }
  const bytes = await hintBytes(store, what.hint, newest);
  await store.delete([HINT]);
  if (bytes) await store.put(HINT, bytes);
}

async function hintBytes(
  store: ObjectStore,
  state: HintState,
  newest: number,
): Promise<Uint8Array | undefined> {
  const told = (version: number): Uint8Array =>
    new TextEncoder().encode(JSON.stringify({ version, size: 1 }));
  switch (state) {
    case "absent":
      return undefined;
    case "older": {
      const oldest = await oldestCheckpoint(store);
      return oldest === undefined ? undefined : told(oldest);
    }
    case "ahead":
      return told(newest + 40);
    case "to a missing file":
      return told(newest);
    case "torn": {
      const found = await store.get(HINT);
      return (found?.bytes ?? told(newest)).slice(0, 9);
    }
  }
}

async function newestVersion(store: ObjectStore): Promise<number> {
  let newest = -1;
  for await (const { path } of store.list("_delta_log/")) {
    const version = COMMIT.exec(path)?.[1];
    if (version !== undefined) newest = Math.max(newest, Number(version));
  }
  return newest;
}

async function oldestCheckpoint(
  store: ObjectStore,
): Promise<number | undefined> {
  for await (const { path } of store.list("_delta_log/")) {
    const of = /(\d{20})\.checkpoint\./.exec(path);
    if (of) return Number(of[1]);
  }
  return undefined;
}
