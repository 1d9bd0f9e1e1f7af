/**
 * Objects of every size, key and range are what was written.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { compareUtf8 } from "../../src/store/mod.ts";
import {
  listed,
  read,
  type StoreContractCase,
  text,
  written,
} from "./contract_case.ts";

/** Keys that encodings, shells and XML get wrong. */
export const AWKWARD_KEYS: readonly string[] = [
  "a space",
  " leading and trailing ",
  "percent%41",
  "percent%2541 twice",
  "percent%",
  "plus+plus",
  "amp&lt;ersand",
  "less<than>more",
  "quote\"and'tick`",
  "colon:ts=2024-01-01 00:00:00.000000",
  "eq=ua=ls",
  "semi;comma,dollar$at@hash#question?",
  "star*bang!tilde~pipe|caret^",
  "bra[ck]et{s}(s)",
  "back\\slash",
  "fold/er/of/folders",
  "ümläut",
  "u\u0308 apart",
  "日本語",
  "emoji😀",
  "high\uFFFDend",
  "dots...and..more",
  ".hidden",
  "_underscored",
];

/** Objects of every size, key and range are what was written. */
export const objectCases: readonly StoreContractCase[] = [
  {
    name: "reads ranges, cut at the end of the object",
    run: async (makeStore) => {
      const store = await makeStore("ranges");
      await written(store, "r", "0123456789");
      const range = async (start: number, end: number) => {
        const found = await store.get("r", { range: { start, end } });
        assert.equal(found?.size, 10);
        return new TextDecoder().decode(found.bytes);
      };
      assert.equal(await range(0, 10), "0123456789");
      assert.equal(await range(0, 1), "0");
      assert.equal(await range(3, 7), "3456");
      assert.equal(await range(9, 10), "9");
      assert.equal(await range(8, 100), "89");
      assert.equal(await range(4, 4), "");
      assert.equal(await range(10, 20), "");
      assert.equal(await range(50, 60), "");
      assert.equal(
        await store.get("nothing", { range: { start: 0, end: 4 } }),
        undefined,
      );
      await assert.rejects(
        store.get("r", { range: { start: 5, end: 4 } }),
        { code: "DELTA_INVALID_ARGUMENT" },
      );
    },
  },
  {
    name:
      "keeps keys with spaces, escapes, signs, unicode and both slashes apart",
    run: async (makeStore) => {
      const store = await makeStore("keys");
      for (const key of AWKWARD_KEYS) {
        const outcome = await store.putIfAbsent(`k/${key}`, text(key));
        assert.equal(outcome.kind, "created", JSON.stringify(key));
      }
      for (const key of AWKWARD_KEYS) {
        assert.equal(await read(store, `k/${key}`), key, JSON.stringify(key));
        const head = await store.head(`k/${key}`);
        assert.equal(head?.size, text(key).length, JSON.stringify(key));
        const again = await store.putIfAbsent(`k/${key}`, text("again"));
        assert.equal(again.kind, "exists", JSON.stringify(key));
        const [first] = await listed(store.list(`k/${key}`));
        assert.equal(first, `k/${key}`);
      }
      const wanted = AWKWARD_KEYS.map((key) => `k/${key}`);
      assert.deepEqual(
        await listed(store.list("k/")),
        wanted.toSorted(compareUtf8),
      );
      await store.delete(wanted.slice(1));
      await store.delete(wanted.slice(0, 1));
      assert.deepEqual(await listed(store.list("k/")), []);
    },
  },
  {
    name: "refuses paths that leave its root, and empty ones",
    run: async (makeStore) => {
      const store = await makeStore("illegal");
      for (
        const path of ["", "/a", "..", "../a", "a/../../b", "a/./b", "a\0"]
      ) {
        const refused = { code: "DELTA_INVALID_ARGUMENT" };
        const shown = JSON.stringify(path);
        await assert.rejects(async () => await store.get(path), refused, shown);
        await assert.rejects(async () => await store.head(path), refused);
        await assert.rejects(
          async () => await store.put(path, text("x")),
          refused,
        );
        await assert.rejects(
          async () => await store.putIfAbsent(path, text("x")),
          refused,
        );
        await assert.rejects(
          async () => await store.delete([path]),
          refused,
        );
      }
    },
  },
  {
    name: "keeps empty objects",
    run: async (makeStore) => {
      const store = await makeStore("empty");
      const nothing = new Uint8Array(0);
      assert.equal((await store.putIfAbsent("a", nothing)).kind, "created");
      assert.equal((await store.put("b", nothing)).kind, "written");
      assert.equal((await store.putIfAbsent("a", text("x"))).kind, "exists");
      assert.equal((await store.get("a"))?.bytes.length, 0);
      assert.equal((await store.head("b"))?.size, 0);
      const range = { start: 0, end: 8 };
      assert.equal((await store.get("a", { range }))?.bytes.length, 0);
      assert.deepEqual(await listed(store.list("")), ["a", "b"]);
    },
  },
  {
    name: "keeps objects of 12 MiB, put and created",
    run: async (makeStore) => {
      const store = await makeStore("large");
      const bytes = new Uint8Array(12 * 1024 * 1024 + 3);
      for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 2654435761) >>> 24;
      assert.equal((await store.put("put", bytes)).kind, "written");
      assert.equal((await store.putIfAbsent("new", bytes)).kind, "created");
      for (const path of ["put", "new"]) {
        const found = await store.get(path);
        assert.equal(found?.size, bytes.length);
        assert.ok(Buffer.compare(found.bytes, bytes) === 0, `${path} differs`);
      }
      assert.equal((await store.putIfAbsent("new", text("x"))).kind, "exists");
      const range = { start: 9_000_000, end: 9_000_100 };
      // A comparison that shows what differs would take minutes over megabytes.
      const part = (await store.get("put", { range }))?.bytes;
      assert.equal(part?.length, 100);
      assert.ok(
        Buffer.compare(part, bytes.slice(range.start, range.end)) === 0,
        "a range of it differs",
      );
    },
  },
  {
    name: "answers undefined for what is not there, folders included",
    run: async (makeStore) => {
      const store = await makeStore("missing");
      assert.equal(await store.get("nothing"), undefined);
      assert.equal(await store.head("nothing"), undefined);
      assert.equal(await store.get("no/such/folder"), undefined);
      assert.deepEqual(await listed(store.list("")), []);
      await written(store, "folder/file");
      assert.equal(await store.get("folder"), undefined);
      assert.equal(await store.head("folder"), undefined);
      assert.equal(await store.get("folder/file/below"), undefined);
      assert.equal(await store.head("folder/file/below"), undefined);
    },
  },
  {
    name: "deletes what is there, and takes what is not for deleted",
    run: async (makeStore) => {
      const store = await makeStore("delete");
      await store.delete([]);
      await store.delete(["nothing"]);
      await store.delete(["nothing", "nor/this"]);
      const paths = Array.from({ length: 1100 }, (_, i) => `d/${i}`);
      await Promise.all(paths.slice(0, 40).map((path) => written(store, path)));
      await written(store, "kept");
      await store.delete(paths);
      assert.deepEqual(await listed(store.list("")), ["kept"]);
    },
  },
  {
    name: "copies bytes on the way in and out",
    run: async (makeStore) => {
      const store = await makeStore("copies");
      const bytes = text("before");
      const writing = store.put("c", bytes);
      bytes.fill(0);
      await writing;
      assert.equal(await read(store, "c"), "before");
      const out = await store.get("c");
      out!.bytes.fill(0);
      assert.equal(await read(store, "c"), "before");
      const creating = store.putIfAbsent("d", bytes.fill(65));
      bytes.fill(0);
      await creating;
      assert.equal(await read(store, "d"), "AAAAAA");
      const part = new Uint8Array(text("xxpartxx").buffer, 2, 4);
      await store.put("e", part);
      assert.equal(await read(store, "e"), "part");
    },
  },
];
