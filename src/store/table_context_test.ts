import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeltaError } from "../errors.ts";
import { systemHost } from "../host.ts";
import { dropMemoryStore, memoryStore } from "./memory_store.ts";
import { contextOf, openContext, readBytes } from "./table_context.ts";
import { tracedStore } from "./traced_store.ts";

const bytes = new TextEncoder().encode("0123456789");

Deno.test("resolveUrl() finds what lies in the table through the table's own store", async () => {
  const store = tracedStore(memoryStore("lake/t"));
  const context = contextOf(store);
  const inside = await context.resolveUrl("memory://lake/t/p%3D1/a%2520b");
  assertStrictEquals(inside.store, store);
  // Decoded once, as the log's paths are.
  assertEquals(inside.path, "p=1/a%20b");
  dropMemoryStore("lake");
});

Deno.test("resolveUrl() opens other places once each, and tells neighbours from the table", async () => {
  const context = await openContext("memory://lake/t");
  const one = await context.resolveUrl("memory://lake/tt/x");
  const two = await context.resolveUrl("memory://lake/other/y");
  const elsewhere = await context.resolveUrl("memory://pond/z");
  assertEquals([one.path, two.path, elsewhere.path], ["tt/x", "other/y", "z"]);
  assertStrictEquals(one.store, two.store);
  assert(one.store !== elsewhere.store && one.store !== context.store);
  for (const name of ["lake", "pond"]) dropMemoryStore(name);
});

Deno.test("resolveUrl() takes s3a for s3, and every spelling of a file URL", async () => {
  const context = await openContext("s3a://bucket/t", {
    storage: {
      endpoint: "https://nowhere.invalid",
      access_key_id: "k",
      secret_access_key: "s",
    },
  });
  for (const scheme of ["s3", "s3a"]) {
    const found = await context.resolveUrl(`${scheme}://bucket/t/f`);
    assertStrictEquals(found.store, context.store);
  }
  const other = await context.resolveUrl("s3a://bucket/clone/f");
  assertEquals([other.store.url, other.path], ["s3://bucket", "clone/f"]);
  await context.close();
  const folder = await mkdtemp(join(tmpdir(), "litmus ctx "));
  try {
    const local = await openContext(folder);
    await local.store.put("a b/%41", bytes);
    const escaped = `${local.url}/a%20b/%2541`;
    for (const url of [escaped, escaped.replace("file:///", "file:/")]) {
      assertEquals((await local.resolveUrl(url)).path, "a b/%41");
      assertEquals((await readBytes(local, url, "data file")).length, 10);
    }
    const beside = await openContext(join(folder, "beside"));
    assertEquals((await readBytes(beside, escaped, "data file")).length, 10);
  } finally {
    await rm(folder, { recursive: true });
  }
});

Deno.test("resolveUrl() refuses what it cannot open, and tries again next time", async () => {
  const context = await openContext("memory://lake/t");
  for (let i = 0; i < 2; i++) {
    const error = await assertRejects(
      () => context.resolveUrl("gs://b/x"),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_INVALID_ARGUMENT");
  }
});

Deno.test("readBytes() gives an object or a range of it, and names what is missing", async () => {
  const context = contextOf(memoryStore());
  await context.store.put("a", bytes);
  assertEquals((await readBytes(context, "a", "data file")).length, 10);
  const range = { start: 2, end: 4 };
  assertEquals([...await readBytes(context, "a", "data file", { range })], [
    50,
    51,
  ]);
  const error = await assertRejects(
    () => readBytes(context, "b", "checkpoint"),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_FILE_NOT_FOUND");
  assert(error.message.includes("checkpoint b"));
});

Deno.test("warn() says each thing once, through every layer", async () => {
  const told: string[] = [];
  const warn = (message: string): void => void told.push(message);
  const context = await openContext("s3://bucket/t", {
    warn,
    storage: {
      endpoint: "https://nowhere.invalid",
      access_key_id: "k",
      secret_access_key: "s",
      AWS_S3_ALLOW_UNSAFE_RENAME: "true",
    },
  });
  await context.resolveUrl("s3://bucket/other/x");
  await context.resolveUrl("s3://another/x");
  assertEquals(told.length, 1);
  context.warn("again");
  context.warn("again");
  assertEquals(told.length, 2);
  await context.close();
});

Deno.test("contextOf() gives a clock of whole milliseconds, which logs hold", () => {
  const host = { ...systemHost, now: () => 1_700_000_000_044.0764 };
  const context = contextOf(memoryStore(), { host });
  assertEquals(context.host.now(), 1_700_000_000_044);
});
