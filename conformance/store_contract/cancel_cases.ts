/**
 * Cancelled calls end, and never lie about their effect.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  listed,
  type StoreContractCase,
  text,
  written,
} from "./contract_case.ts";

/** Cancelled calls end, and never lie about their effect. */
export const cancelCases: readonly StoreContractCase[] = [
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
    breaks: "commits",
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
