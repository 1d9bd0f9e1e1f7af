import { assertEquals } from "@std/assert";
import { decodePath } from "../actions/file_key.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf } from "../store/table_context.ts";
import { newDataPath, resolveDataPath } from "./data_path.ts";

Deno.test("resolveDataPath() decodes a relative path exactly once", async () => {
  const context = contextOf(memoryStore());
  const cases = [
    ["part-0.parquet", "part-0.parquet"],
    ["s=a%2520b/x.parquet", "s=a%20b/x.parquet"],
    ["s=%C3%BC%20%23/x.parquet", "s=ü #/x.parquet"],
    ["a+b/x.parquet", "a+b/x.parquet"],
  ] as const;
  for (const [logged, stored] of cases) {
    const place = await resolveDataPath(context, logged);
    assertEquals(place.path, stored);
    assertEquals(place.store, context.store);
  }
});

Deno.test("resolveDataPath() finds absolute URIs inside the table and outside", async () => {
  const context = contextOf(memoryStore("lake"));
  const inside = await resolveDataPath(context, "memory://lake/a%20b.parquet");
  assertEquals([inside.store, inside.path], [context.store, "a b.parquet"]);
  const outside = await resolveDataPath(context, "memory://pond/x.parquet");
  assertEquals(outside.path, "x.parquet");
});

Deno.test("newDataPath() escapes as Hive does, and then as a URI", () => {
  for (
    const value of [
      "a b",
      "x/y",
      "50%",
      "k=v",
      "ü#?",
      "2024-01-01 00:00:00",
      "\u0001",
    ]
  ) {
    const { logged, stored } = newDataPath([["p", value]], "f.parquet", "Qx");
    assertEquals(decodePath(logged), stored);
    assertEquals(stored.split("/").length, 3);
    assertEquals(
      decodeURIComponent(stored.split("/")[1]!.slice(2)),
      value,
    );
  }
});

Deno.test("newDataPath() has Hive's name for null and empty values", () => {
  for (const value of [null, ""]) {
    assertEquals(
      newDataPath([["p", value]], "f").stored,
      "p=__HIVE_DEFAULT_PARTITION__/f",
    );
  }
  assertEquals(newDataPath([], "f"), { logged: "f", stored: "f" });
});
