/**
 * What any object store must do to carry a Delta table: one list of cases for
 * memory, a folder, S3 and whatever comes next, asked by capability.
 *
 * A case makes its own stores, checks with plain errors, and knows nothing of
 * the test runner.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type {
  ObjectMeta,
  ObjectStore,
  StoreCapabilities,
} from "../../src/store/mod.ts";
import { compareUtf8 } from "../../src/store/mod.ts";

/** Opens a store at a root of its own, empty, the same one for the same name. */
export type MakeStore = (name: string) => Promise<ObjectStore>;

/** One thing that a store must do. */
export interface StoreContractCase {
  /** What, as the end of the sentence "the store …". */
  readonly name: string;
  /** Whether the case applies to a store; every store unless stated. */
  readonly applies?: (capabilities: StoreCapabilities) => boolean;
  /** Throws when the store breaks its word. */
  run(makeStore: MakeStore): Promise<void>;
}

const text = (value: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(value);

const read = async (
  store: ObjectStore,
  path: string,
): Promise<string | undefined> => {
  const found = await store.get(path);
  return found && new TextDecoder().decode(found.bytes);
};

const listed = async (
  objects: AsyncIterable<ObjectMeta>,
): Promise<string[]> => {
  const paths: string[] = [];
  for await (const object of objects) paths.push(object.path);
  return paths;
};

const written = async (
  store: ObjectStore,
  path: string,
  value = path,
): Promise<void> => {
  assert.equal((await store.put(path, text(value))).kind, "written");
};

const isExclusive = (capabilities: StoreCapabilities): boolean =>
  capabilities.exclusiveCreate !== "none";

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

const CASES: readonly StoreContractCase[] = [
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
    name:
      "lists an object right after it was created, and not after it was deleted",
    run: async (makeStore) => {
      const store = await makeStore("list-after-write");
      for (let i = 0; i < 20; i++) {
        const path = `log/${String(i).padStart(4, "0")}`;
        await store.putIfAbsent(path, text("x"));
        assert.equal((await listed(store.list("log/"))).at(-1), path);
      }
      await store.delete(["log/0007", "log/0019"]);
      const paths = await listed(store.list("log/"));
      assert.equal(paths.length, 18);
      assert.ok(!paths.includes("log/0007") && !paths.includes("log/0019"));
    },
  },
  {
    name: "lists 1,500 objects whole, once each, in the order of their bytes",
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
    },
  },
  {
    name: "lists in the order of UTF-8 bytes, folders and surrogates included",
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
      assert.deepEqual(
        (await store.get("put", { range }))?.bytes,
        bytes.slice(range.start, range.end),
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
  {
    name: "sends nothing when the caller has cancelled already",
    run: async (makeStore) => {
      const store = await makeStore("abort-before");
      await written(store, "a");
      const signal = AbortSignal.abort(new Error("no longer wanted"));
      const aborted = { code: "DELTA_ABORTED" };
      await assert.rejects(store.get("a", { signal }), aborted);
      await assert.rejects(store.head("a", { signal }), aborted);
      await assert.rejects(store.put("b", text("x"), { signal }), aborted);
      await assert.rejects(
        store.putIfAbsent("b", text("x"), { signal }),
        aborted,
      );
      await assert.rejects(store.delete(["a"], { signal }), aborted);
      await assert.rejects(listed(store.list("", { signal })), aborted);
      assert.deepEqual(await listed(store.list("")), ["a"]);
    },
  },
  {
    name:
      "ends a call that is cancelled on the way, and never lies about its effect",
    run: async (makeStore) => {
      const store = await makeStore("abort-during");
      const bytes = new Uint8Array(3 * 1024 * 1024);
      for (let i = 0; i < 10; i++) {
        const cancel = new AbortController();
        const path = `during/${i}`;
        const creating = store.putIfAbsent(path, bytes, {
          signal: cancel.signal,
        });
        if (i % 2 === 1) await Promise.resolve();
        cancel.abort(new Error("no longer wanted"));
        const kind = await creating.then(
          (outcome) => outcome.kind,
          (error) => error.code,
        );
        assert.ok(
          ["created", "unknown", "DELTA_ABORTED"].includes(kind),
          `a cancelled create was told ${kind}`,
        );
        const found = await store.head(path);
        if (kind === "created") assert.equal(found?.size, bytes.length);
        if (kind === "DELTA_ABORTED") assert.equal(found, undefined);
        // Whole or not at all, whatever became of it.
        if (found) assert.equal(found.size, bytes.length);
      }
      await written(store, "read");
      const cancel = new AbortController();
      const reading = store.get("read", { signal: cancel.signal });
      cancel.abort(new Error("no longer wanted"));
      const seen = await reading.then(
        (found) => found?.size,
        (error) => error.code,
      );
      assert.ok(seen === 4 || seen === "DELTA_ABORTED", `it answered ${seen}`);
    },
  },
  {
    name: "stops a listing when the caller cancels between two objects",
    run: async (makeStore) => {
      const store = await makeStore("abort-list");
      const paths = Array.from({ length: 10 }, (_, i) => `l/${i}`);
      await Promise.all(paths.map((path) => written(store, path)));
      let seen = 0;
      for await (const _ of store.list("l/")) if (++seen === 3) break;
      assert.equal(seen, 3);
      assert.equal((await listed(store.list("l/"))).length, 10);
    },
  },
];

/** The contract, case by case. */
export const storeContract: readonly StoreContractCase[] = CASES;
