/**
 * Uploads in parts whose last request may only create. No commit of this engine
 * is written so; other engines write theirs so, and on some stores such
 * requests race where plain ones do not.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  isMultipartCreator,
  type MultipartCreator,
  type ObjectStore,
} from "../../src/store/mod.ts";
import {
  counted,
  NOT_OFFERED,
  read,
  type StoreContractCase,
  text,
  written,
} from "./contract_case.ts";
import { handlesOn, raceForKeys } from "./race.ts";

/** Larger than one part. */
const TWO_PARTS = 6 * 1024 * 1024;

/** Uploads in parts whose last request may only create. */
export const multipartCases: readonly StoreContractCase[] = [
  {
    name: "leaves an object as it is when an upload in parts finds it",
    breaks: "parts",
    run: async (makeStore) => {
      const store = await makeStore("parts");
      if (!isMultipartCreator(store)) return NOT_OFFERED;
      await written(store, "there", "first");
      const large = new Uint8Array(TWO_PARTS);
      assert.equal((await store.createInParts("there", large)).kind, "exists");
      assert.equal(await read(store, "there"), "first");
      assert.equal((await store.createInParts("new", large)).kind, "created");
      assert.equal((await store.head("new"))?.size, TWO_PARTS);
      assert.equal((await store.putIfAbsent("new", text("x"))).kind, "exists");
      assert.equal(
        (await store.createInParts("new", text("small"))).kind,
        "exists",
      );
      assert.equal((await store.head("new"))?.size, TWO_PARTS);
      return counted(4, "upload") + " in parts";
    },
  },
  {
    name: "gives one winner to each of 10 keys under 16 uploads in parts",
    breaks: "parts",
    run: async (makeStore) => {
      const handles = await handlesOn(makeStore, "parts-race");
      if (!areCreators(handles)) return NOT_OFFERED;
      return await raceForKeys(
        handles,
        handles.map((store) => (path, bytes) =>
          store.createInParts(path, bytes)
        ),
        { keys: 10, racers: 16 },
      );
    },
  },
  {
    name: "gives one winner to a plain create and uploads in parts together",
    breaks: "parts",
    run: async (makeStore) => {
      const handles = await handlesOn(makeStore, "parts-and-whole");
      if (!areCreators(handles)) return NOT_OFFERED;
      return await raceForKeys(
        handles,
        handles.map((store, i) => (path, bytes) =>
          i % 2 === 0
            ? store.putIfAbsent(path, bytes)
            : store.createInParts(path, bytes)
        ),
        { keys: 10, racers: 16 },
      );
    },
  },
];

function areCreators(
  handles: readonly ObjectStore[],
): handles is readonly MultipartCreator[] {
  return handles.every(isMultipartCreator);
}
