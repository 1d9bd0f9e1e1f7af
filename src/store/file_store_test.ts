import { assert, assertEquals, assertRejects } from "@std/assert";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { DeltaError } from "../errors.ts";
import { fileStore } from "./file_store.ts";
import { nodeFileSystem } from "./file_system.ts";

async function inFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "litmus-file-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const bytes = new Uint8Array([1, 2, 3]);

Deno.test("fileStore() reads a folder that is not there as empty, and makes it at the first write", () =>
  inFolder(async (folder) => {
    const store = fileStore(join(folder, "new/table"));
    assertEquals(await Array.fromAsync(store.list("")), []);
    assertEquals(await store.get("a"), undefined);
    await store.delete(["a"]);
    assertEquals(await readdir(folder), []);
    assertEquals((await store.putIfAbsent("x/a", bytes)).kind, "created");
    assertEquals(await readdir(join(folder, "new/table/x")), ["a"]);
  }));

Deno.test("fileStore() says what it promises, with and without syncs", () => {
  assertEquals(fileStore("x").capabilities.durable, true);
  assertEquals(fileStore("x", { fsync: false }).capabilities.durable, false);
  assert(fileStore("/data/a b%").url.endsWith("/data/a%20b%25"));
});

Deno.test("fileStore() hides temporary files and refuses to write under their names", () =>
  inFolder(async (folder) => {
    const store = fileStore(folder);
    await writeFile(join(folder, ".litmus-left-behind.tmp"), "x");
    await store.put("a", bytes);
    const listed = await Array.fromAsync(store.list(""));
    assertEquals(listed.map((object) => object.path), ["a"]);
    for (const path of [".litmus-x.tmp", "d/.litmus-x.tmp", "folder/"]) {
      await assertRejects(async () => await store.put(path, bytes), DeltaError);
    }
  }));

Deno.test("fileStore() leaves nothing but the objects behind", () =>
  inFolder(async (folder) => {
    const store = fileStore(folder);
    await Promise.all(
      Array.from({ length: 20 }, () => store.putIfAbsent("a", bytes)),
    );
    await store.put("b", bytes);
    assertEquals((await readdir(folder)).sort(), ["a", "b"]);
  }));

Deno.test("fileStore() calls what it may not read rejected, and what fails unavailable", () =>
  inFolder(async (folder) => {
    const failing = (code: string) =>
      fileStore(folder, {
        fileSystem: {
          ...nodeFileSystem,
          read: () => Promise.reject(Object.assign(new Error(code), { code })),
          readDirectory: () =>
            Promise.reject(Object.assign(new Error(code), { code })),
        },
      });
    for (
      const [code, wanted] of [
        ["EACCES", "DELTA_STORE_REJECTED"],
        ["EIO", "DELTA_STORE_UNAVAILABLE"],
        ["EMFILE", "DELTA_STORE_UNAVAILABLE"],
      ] as const
    ) {
      const store = failing(code);
      const read = await assertRejects(() => store.get("a"), DeltaError);
      assertEquals(read.code, wanted);
      const listed = await assertRejects(
        () => Array.fromAsync(store.list("")),
        DeltaError,
      );
      assertEquals(listed.code, wanted);
    }
  }));

Deno.test({
  name: "fileStore() answers rejected where it may not write",
  ignore: process.getuid?.() === 0 || process.platform === "win32",
  fn: () =>
    inFolder(async (folder) => {
      await chmod(folder, 0o500);
      const outcome = await fileStore(folder).putIfAbsent("a", bytes);
      await chmod(folder, 0o700);
      assertEquals(outcome.kind, "rejected");
    }),
});

Deno.test("fileStore() gives each of many processes' names one winner", () =>
  inFolder(async (folder) => {
    // given two stores on one folder, as two processes have them,
    const stores = [fileStore(folder), fileStore(folder)];
    for (let round = 0; round < 20; round++) {
      // when both create the same name at the same time,
      const outcomes = await Promise.all(
        stores.map((store, i) =>
          store.putIfAbsent(`${round}`, new Uint8Array([i]))
        ),
      );
      // then one wins and the bytes are the winner's.
      const winner = outcomes.findIndex(({ kind }) => kind === "created");
      assertEquals(outcomes[1 - winner]?.kind, "exists");
      assertEquals((await stores[0]!.get(`${round}`))?.bytes[0], winner);
    }
  }));
