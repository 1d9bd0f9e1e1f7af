import { assert, assertEquals } from "@std/assert";
import * as store from "./mod.ts";

Deno.test("the room's front door shows stores and wrappers, and nothing of S3's inside", () => {
  const names = Object.keys(store);
  for (
    const name of [
      "openStore",
      "memoryStore",
      "fileStore",
      "tracedStore",
      "faultyStore",
      "delayedStore",
      "proveExclusive",
      "openContext",
    ]
  ) {
    assert(names.includes(name), name);
  }
  assertEquals(names.filter((name) => /s3/i.test(name)), []);
});

/** What a module needs before it runs: everything but what it imports while running. */
function staticImports(url: string, seen = new Set<string>()): Set<string> {
  if (seen.has(url)) return seen;
  seen.add(url);
  if (!url.startsWith("file:")) return seen;
  const text = Deno.readTextFileSync(new URL(url));
  for (
    const [, from] of text.matchAll(/^(?:import|export|\}) .*?from "(.+?)"/gm)
  ) {
    const isOurs = from!.startsWith(".");
    staticImports(isOurs ? new URL(from!, url).href : from!, seen);
  }
  return seen;
}

Deno.test("the front door leads to the SDK by a dynamic import only", () => {
  const needed = (
    file: string,
  ): string[] => [...staticImports(new URL(file, import.meta.url).href)];
  const isSdk = (name: string): boolean => name.includes("aws-sdk");
  assertEquals(needed("./mod.ts").filter(isSdk), []);
  assert(needed("./mod.ts").some((name) => name.endsWith("open_store.ts")));
  assert(needed("./s3_store.ts").some(isSdk));
});
