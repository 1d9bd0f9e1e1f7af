/**
 * Exclusive creates have one winner; what was written is read.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { StoreCapabilities } from "../../src/store/mod.ts";
import {
  counted,
  read,
  type StoreContractCase,
  text,
  written,
} from "./contract_case.ts";
import { handlesOn, raceForKeys } from "./race.ts";

const isExclusive = (capabilities: StoreCapabilities): boolean =>
  capabilities.exclusiveCreate !== "none";

/** Exclusive creates have one winner; what was written is read. */
export const createCases: readonly StoreContractCase[] = [
  {
    name: "gives one winner to each of 100 keys under 32 racers",
    applies: isExclusive,
    breaks: "commits",
    run: async (makeStore) => {
      const handles = await handlesOn(makeStore, "race");
      return await raceForKeys(
        handles,
        handles.map((store) => (path, bytes) => store.putIfAbsent(path, bytes)),
        { keys: 100, racers: 32 },
      );
    },
  },
  {
    name: "leaves an object as it is when an exclusive create finds it",
    applies: isExclusive,
    breaks: "commits",
    run: async (makeStore) => {
      const one = await makeStore("exists");
      const two = await makeStore("exists");
      await written(one, "there", "first");
      const bytes = text("second");
      assert.equal((await two.putIfAbsent("there", bytes)).kind, "exists");
      assert.equal((await one.putIfAbsent("there", bytes)).kind, "exists");
      assert.equal(await read(one, "there"), "first");
      await two.delete(["there"]);
      assert.equal((await one.putIfAbsent("there", bytes)).kind, "created");
      assert.equal(await read(two, "there"), "second");
    },
  },
  {
    name:
      "reads an object back right after it was written, created or replaced",
    breaks: "commits",
    run: async (makeStore) => {
      const store = await makeStore("read-after-write");
      const other = await makeStore("read-after-write");
      for (let i = 0; i < 20; i++) {
        await written(store, "same", `value ${i}`);
        assert.equal(await read(other, "same"), `value ${i}`);
        // Nobody may remember that there was nothing.
        assert.equal(await other.head(`other/${i}`), undefined);
        await written(store, `other/${i}`);
        assert.equal((await other.head(`other/${i}`))?.path, `other/${i}`);
      }
      const long = "long".repeat(1000);
      await written(store, "same", long);
      assert.equal(await read(other, "same"), long);
      await written(other, "same", "short");
      assert.equal(await read(store, "same"), "short");
      assert.equal((await store.head("same"))?.size, 5);
      return counted(42, "write") + ", each read at once";
    },
  },
  {
    name: "shows the same objects to a second store at the same root",
    applies: (capabilities) => capabilities.shared,
    breaks: "commits",
    run: async (makeStore) => {
      const one = await makeStore("two");
      await written(one, "a");
      const two = await makeStore("two");
      assert.equal(await read(two, "a"), "a");
      assert.equal((await two.putIfAbsent("a", text("b"))).kind, "exists");
      await two.delete(["a"]);
      assert.equal(await one.head("a"), undefined);
    },
  },
];
