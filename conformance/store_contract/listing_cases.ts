/**
 * Listings are whole, in order, and begin and end where they should.
 *
 * @module
 */

import assert from "node:assert/strict";
import { compareUtf8 } from "../../src/store/mod.ts";
import {
  counted,
  listed,
  type StoreContractCase,
  text,
  written,
} from "./contract_case.ts";

/** Listings are whole, in order, and begin and end where they should. */
export const listingCases: readonly StoreContractCase[] = [
  {
    name:
      "lists an object right after it was created, and not after it was deleted",
    breaks: "commits",
    run: async (makeStore) => {
      const store = await makeStore("list-after-write");
      const other = await makeStore("list-after-write");
      for (let i = 0; i < 20; i++) {
        const path = `log/${String(i).padStart(4, "0")}`;
        await store.putIfAbsent(path, text("x"));
        assert.equal((await listed(other.list("log/"))).at(-1), path);
      }
      await store.delete(["log/0007", "log/0019"]);
      const paths = await listed(store.list("log/"));
      assert.equal(paths.length, 18);
      assert.ok(!paths.includes("log/0007") && !paths.includes("log/0019"));
      return counted(20, "create") + ", each listed at once";
    },
  },
  {
    name: "lists 1,500 objects whole, once each, in the order of their bytes",
    breaks: "commits",
    run: async (makeStore) => {
      const store = await makeStore("paging");
      const wanted = Array.from(
        { length: 1500 },
        (_, i) => `p/${i % 7 === 0 ? "sub/" : ""}${i * 7919 % 1500}.x`,
      );
      for (let i = 0; i < wanted.length; i += 50) {
        await Promise.all(
          wanted.slice(i, i + 50).map((path) => written(store, path, "x")),
        );
      }
      await written(store, "q", "not asked for");
      const paths = await listed(store.list("p/"));
      assert.deepEqual(paths, wanted.toSorted(compareUtf8));
      const middle = paths[749]!;
      assert.deepEqual(
        await listed(store.list("p/", { startAfter: middle })),
        paths.slice(750),
      );
      await store.delete(paths);
      assert.deepEqual(await listed(store.list("p/")), []);
      return counted(wanted.length, "object") + ", none missing, none twice";
    },
  },
  {
    name: "lists in the order of UTF-8 bytes, folders and surrogates included",
    breaks: "commits",
    run: async (makeStore) => {
      const store = await makeStore("order");
      const paths = [
        "a-b",
        "a.b",
        "a/b-c",
        "a/b/c",
        "a0",
        "aa",
        "z",
        "é",
        "\uFFFD",
        "😀",
      ];
      for (const path of paths.toReversed()) await written(store, path);
      assert.deepEqual(await listed(store.list("")), paths);
    },
  },
  {
    name: "lists by a prefix that ends anywhere in a name",
    run: async (makeStore) => {
      const store = await makeStore("prefix");
      const all = ["f/10", "f/11/x", "f/12", "f/2", "f1", "g/1"];
      for (const path of all) await written(store, path);
      const cases: readonly (readonly [string, readonly string[]])[] = [
        ["", all],
        ["f", ["f/10", "f/11/x", "f/12", "f/2", "f1"]],
        ["f/1", ["f/10", "f/11/x", "f/12"]],
        ["f/11", ["f/11/x"]],
        ["f/11/", ["f/11/x"]],
        ["f/11/x", ["f/11/x"]],
        ["f/3", []],
        ["nowhere/", []],
      ];
      for (const [prefix, wanted] of cases) {
        assert.deepEqual(await listed(store.list(prefix)), wanted, prefix);
      }
    },
  },
  {
    name: "does not list what once was under a prefix, nor its neighbours",
    run: async (makeStore) => {
      const store = await makeStore("stale");
      await written(store, "_delta_log/00000000000000000000.json");
      await written(store, "_delta_log_old/00000000000000000001.json");
      await store.delete(["_delta_log/00000000000000000000.json"]);
      assert.deepEqual(await listed(store.list("_delta_log/")), []);
      assert.deepEqual(await listed(store.list("_delta_log/0")), []);
      assert.deepEqual(await listed(store.list("_delta_log_")), [
        "_delta_log_old/00000000000000000001.json",
      ]);
    },
  },
  {
    name: "starts a listing after a path that need not be there",
    breaks: "commits",
    run: async (makeStore) => {
      const store = await makeStore("start-after");
      const paths = ["d/a", "d/b/c", "d/b/d", "d/e", "f"];
      for (const path of paths) await written(store, path);
      const after = (startAfter: string, prefix = "") =>
        listed(store.list(prefix, { startAfter }));
      assert.deepEqual(await after("d/a"), paths.slice(1));
      assert.deepEqual(await after("d/aa"), paths.slice(1));
      assert.deepEqual(await after("d/b/c"), paths.slice(2));
      assert.deepEqual(await after("d/b/c", "d/b/"), ["d/b/d"]);
      assert.deepEqual(await after("d/b", "d/"), ["d/b/c", "d/b/d", "d/e"]);
      assert.deepEqual(await after("a", "d/e"), ["d/e"]);
      assert.deepEqual(await after("z"), []);
    },
  },
  {
    name: "lists size and time as head tells them",
    run: async (makeStore) => {
      const store = await makeStore("meta");
      await written(store, "m/n", "12345");
      const [object] = await Array.fromAsync(store.list("m/"));
      const head = await store.head("m/n");
      assert.equal(object?.size, 5);
      assert.equal(head?.size, 5);
      // HTTP's header tells whole seconds; listings may tell more.
      const apart = Math.abs(object!.lastModified - head!.lastModified);
      assert.ok(apart < 1000, `${apart} ms apart`);
    },
  },
];
