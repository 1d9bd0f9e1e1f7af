import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { virtualHost } from "../../testing/virtual_host.ts";
import { DeltaError } from "../errors.ts";
import type { StructType } from "../schema/data_type.ts";
import { fileStore } from "../store/file_store.ts";
import { type FileSystem, nodeFileSystem } from "../store/file_system.ts";
import { DeltaTable } from "../table.ts";

const SCHEMA: StructType = {
  kind: "struct",
  fields: [{ name: "a", type: { kind: "long" }, nullable: true, metadata: {} }],
};

/** The real file system, some calls of which its medium cannot serve. */
function lacking(call: "link" | "syncDirectory", code: string): FileSystem {
  return {
    ...nodeFileSystem,
    [call]: () => Promise.reject(Object.assign(new Error(code), { code })),
  };
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "litmus-unfit-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

for (
  const [name, fileSystem, word] of [
    ["hard links", lacking("link", "EPERM"), "no hard links"],
    ["syncs of directories", lacking("syncDirectory", "EINVAL"), "cannot sync"],
  ] as const
) {
  Deno.test(`create() refuses a file system without ${name} by name, at once`, () =>
    inFolder(async (folder) => {
      const host = virtualHost();
      const store = fileStore(folder, { fileSystem, host });
      const error = await assertRejects(
        () => DeltaTable.create(folder, { store, host, schema: SCHEMA }),
        DeltaError,
      );
      assertEquals(error.code, "DELTA_STORE_UNSUPPORTED");
      assertEquals(error.outcome, "failed");
      assertStringIncludes(error.message, word);
      assertEquals(host.sleeps, []);
      const found = await readdir(folder, { recursive: true });
      assertEquals(found.filter((file) => file.includes(".json")), []);
    }));
}

Deno.test("append() refuses a file system without hard links by name", () =>
  inFolder(async (folder) => {
    const host = virtualHost();
    const sound = fileStore(folder, { host });
    await DeltaTable.create(folder, { store: sound, host, schema: SCHEMA });
    const fileSystem = lacking("link", "ENOTSUP");
    const store = fileStore(folder, { fileSystem, host });
    const table = await DeltaTable.open(folder, { store, host });
    const error = await assertRejects(
      () => table.append([{ a: 1n }]),
      DeltaError,
      "no hard links",
    );
    assertEquals(error.code, "DELTA_STORE_UNSUPPORTED");
    assertEquals(error.outcome, "failed");
    assertEquals(host.sleeps, []);
  }));

Deno.test("create() refuses a place where no folder can be made", () =>
  inFolder(async (folder) => {
    const host = virtualHost();
    let calls = 0;
    // As under /proc: the parent is there, and no name can be made in it.
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      makeDirectory: (path) => {
        if (++calls > 100) return Promise.resolve();
        const code = path === folder ? "EEXIST" : "ENOENT";
        return Promise.reject(Object.assign(new Error(code), { code }));
      },
    };
    const place = join(folder, "table");
    const store = fileStore(place, { fileSystem, host });
    const error = await assertRejects(
      () => DeltaTable.create(place, { store, host, schema: SCHEMA }),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_STORE_REJECTED");
    assertEquals(error.outcome, "failed");
    assertEquals(calls < 100, true);
  }));

Deno.test("a commit makes no log anew that was removed under a held handle", () =>
  inFolder(async (folder) => {
    const table = await DeltaTable.create(folder, { schema: SCHEMA });
    await table.append([{ a: 1n }]);
    const cold = await DeltaTable.open(folder);
    for (const gone of [`${folder}/_delta_log`, folder]) {
      await rm(gone, { recursive: true });
      for (const handle of [table, cold, table]) {
        const error = await assertRejects(
          () => handle.append([{ a: 2n }]),
          DeltaError,
          "somebody removed",
        );
        assertEquals([error.code, error.outcome], [
          "DELTA_STORE_REJECTED",
          "failed",
        ]);
      }
      const left = await readdir(folder, { recursive: true });
      assertEquals(left.filter((name) => name.includes("_delta_log")), []);
    }
  }));
