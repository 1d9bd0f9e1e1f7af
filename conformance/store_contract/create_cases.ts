/**
 * Exclusive creates have one winner; what was written is read.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { StoreCapabilities } from "../../src/store/mod.ts";
import {
  read,
  type StoreContractCase,
  text,
  written,
} from "./contract_case.ts";

const isExclusive = (capabilities: StoreCapabilities): boolean =>
  capabilities.exclusiveCreate !== "none";

/** Exclusive creates have one winner; what was written is read. */
export const createCases: readonly StoreContractCase[] = [
  {
    name: "gives one winner to each of 100 keys under 32 racers",
    applies: isExclusive,
    run: async (makeStore) => {
      const store = await makeStore("race");
      for (let key = 0; key < 100; key++) {
        const path = `_delta_log/${String(key).padStart(20, "0")}.json`;
        const outcomes = await Promise.all(
          Array.from(
            { length: 32 },
            (_, racer) => store.putIfAbsent(path, text(`${key} by ${racer}`)),
          ),
        );
        const winners = outcomes.flatMap((outcome, racer) =>
          outcome.kind === "created" ? [racer] : []
        );
        assert.equal(winners.length, 1, `${path} has winners ${winners}`);
        assert.equal(await read(store, path), `${key} by ${winners[0]}`);
        for (const outcome of outcomes) {
          assert.ok(
            ["created", "exists", "conflict"].includes(outcome.kind),
            `a racer was told ${outcome.kind}`,
          );
        }
      }
    },
  },
  {
    name: "leaves an object as it is when an exclusive create finds it",
    applies: isExclusive,
    run: async (makeStore) => {
      const store = await makeStore("exists");
      await written(store, "there", "first");
      const bytes = text("second");
      assert.equal((await store.putIfAbsent("there", bytes)).kind, "exists");
      assert.equal(await read(store, "there"), "first");
      await store.delete(["there"]);
      assert.equal((await store.putIfAbsent("there", bytes)).kind, "created");
      assert.equal(await read(store, "there"), "second");
    },
  },
  {
    name:
      "reads an object back right after it was written, created or replaced",
    run: async (makeStore) => {
      const store = await makeStore("read-after-write");
      for (let i = 0; i < 20; i++) {
        await written(store, "same", `value ${i}`);
        assert.equal(await read(store, "same"), `value ${i}`);
        await written(store, `other/${i}`);
        assert.equal((await store.head(`other/${i}`))?.path, `other/${i}`);
      }
      const long = "long".repeat(1000);
      await written(store, "same", long);
      assert.equal(await read(store, "same"), long);
      await written(store, "same", "short");
      assert.equal(await read(store, "same"), "short");
      assert.equal((await store.head("same"))?.size, 5);
    },
  },
  {
    name: "shows the same objects to a second store at the same root",
    applies: (capabilities) => capabilities.shared,
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
