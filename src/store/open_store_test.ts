import { assert, assertEquals, assertRejects } from "@std/assert";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DeltaError } from "../errors.ts";
import { dropMemoryStore } from "./memory_store.ts";
import { openStore } from "./open_store.ts";

const bytes = new TextEncoder().encode("x");

Deno.test("openStore() roots a folder at a plain path and at both spellings of a file URL", async () => {
  const folder = await mkdtemp(join(tmpdir(), "litmus open "));
  try {
    const url = pathToFileURL(folder).href;
    for (
      const [i, root] of [
        folder,
        url,
        url.replace("file:///", "file:/"),
        `${url}/`,
      ].entries()
    ) {
      const store = await openStore(root);
      await store.put(`${i}`, bytes);
      assertEquals(await readFile(join(folder, `${i}`), "utf8"), "x");
      assertEquals(store.url, url);
    }
    assertEquals(
      (await openStore("relative/folder")).url,
      pathToFileURL("relative/folder").href,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

Deno.test("openStore() shares memory by name", async () => {
  const store = await openStore("memory://open-store/t");
  await store.put("a", bytes);
  const root = await openStore("memory://open-store");
  assertEquals((await root.head("t/a"))?.size, 1);
  dropMemoryStore("open-store");
});

Deno.test("openStore() opens s3: and s3a: without sending anything", async () => {
  for (const scheme of ["s3", "s3a", "S3"]) {
    const store = await openStore(`${scheme}://bucket/a%20b/`, {
      environment: {},
      storage: {
        endpoint: "https://nowhere.invalid",
        access_key_id: "k",
        secret_access_key: "s",
      },
    });
    assertEquals(store.url, "s3://bucket/a b");
    assertEquals(store.capabilities.exclusiveCreate, "probe");
    await store.close?.();
  }
});

Deno.test("openStore() turns syncs off where the option says so", async () => {
  const store = await openStore("folder", { storage: { fsync: "false" } });
  assertEquals(store.capabilities.durable, false);
});

Deno.test("openStore() refuses what it does not know, with what it does", async () => {
  const refused = async (
    url: string,
    storage: Record<string, string> = {},
  ): Promise<DeltaError> =>
    await assertRejects(
      () => openStore(url, { storage, environment: {} }),
      DeltaError,
    );
  assert((await refused("abfss://c@a/x")).message.includes("credentials"));
  assertEquals((await refused("gs://b/x")).code, "DELTA_INVALID_ARGUMENT");
  assertEquals((await refused("s3:///x")).code, "DELTA_INVALID_ARGUMENT");
  assertEquals((await refused(" ")).code, "DELTA_INVALID_ARGUMENT");
  assertEquals(
    (await refused("file://other-host/x")).code,
    "DELTA_INVALID_ARGUMENT",
  );
  for (const url of ["folder", "memory://x", "s3://b/x"]) {
    assertEquals(
      (await refused(url, { no_such_option: "1" })).code,
      "DELTA_STORE_OPTION_INVALID",
    );
  }
});

Deno.test("openStore() opens nothing when the caller has cancelled", async () => {
  const error = await assertRejects(
    () => openStore("memory://x", { signal: AbortSignal.abort() }),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_ABORTED");
});
