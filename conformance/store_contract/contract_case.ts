/**
 * What a case of the store contract is, and the few words that cases are written in.
 *
 * @module
 */

import assert from "node:assert/strict";
import type {
  ObjectMeta,
  ObjectStore,
  StoreCapabilities,
} from "../../src/store/mod.ts";

/** Opens a store at a root of its own, empty, the same one for the same name. */
export type MakeStore = (name: string) => Promise<ObjectStore>;

/** One thing that a store must do. */
export interface StoreContractCase {
  /** What, as the end of the sentence "the store …". */
  readonly name: string;
  /** Whether the case applies to a store; every store unless stated. */
  readonly applies?: (capabilities: StoreCapabilities) => boolean;
  /**
   * What breaks where the store breaks its word: `commits` lose data or come
   * twice, `parts` is the same for engines that commit by uploads in parts, and
   * everything else is the work of a table; `table` unless stated.
   */
  readonly breaks?: "commits" | "parts" | "table";
  /** Throws when the store breaks its word; else says what was counted, or {@link NOT_OFFERED}. */
  run(makeStore: MakeStore): Promise<string | void>;
}

/** What a case says of a store that lacks what it is about. */
export const NOT_OFFERED = "not offered";

/**
 * So many handles on one root take part in a race. Whoever tests a store that has
 * several endpoints gives them out in turn, so up to so many are raced through.
 */
export const RACING_HANDLES = 8;

/** A number of things, in words: `1 key`, `1,200 keys`. */
export function counted(n: number, thing: string): string {
  return `${n.toLocaleString("en")} ${thing}${n === 1 ? "" : "s"}`;
}

/** A text as bytes. */
export const text = (value: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(value);

/** An object as text; `undefined` when there is none. */
export const read = async (
  store: ObjectStore,
  path: string,
): Promise<string | undefined> => {
  const found = await store.get(path);
  return found && new TextDecoder().decode(found.bytes);
};

/** The paths of a listing. */
export const listed = async (
  objects: AsyncIterable<ObjectMeta>,
): Promise<string[]> => {
  const paths: string[] = [];
  for await (const object of objects) paths.push(object.path);
  return paths;
};

/** Writes an object, by default with its own path as text, and expects that to work. */
export const written = async (
  store: ObjectStore,
  path: string,
  value = path,
): Promise<void> => {
  assert.equal((await store.put(path, text(value))).kind, "written");
};
