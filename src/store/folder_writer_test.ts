import { assert, assertEquals, assertRejects } from "@std/assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeltaError } from "../errors.ts";
import { systemHost } from "../host.ts";
import { type FileSystem, nodeFileSystem } from "./file_system.ts";
import { FolderWriter, isTemporaryName } from "./folder_writer.ts";

type Call = keyof FileSystem | "write" | "sync" | "close";

/** The real file system; writes down every call and fails some, before or after their effect. */
class Fragile {
  readonly calls: string[] = [];
  readonly #fail: (call: Call, path: string) => string | undefined;
  readonly #after: boolean;

  constructor(
    fail: (call: Call, path: string) => string | undefined = () => undefined,
    after = false,
  ) {
    this.#fail = fail;
    this.#after = after;
  }

  files(): FileSystem {
    const real = nodeFileSystem;
    const on = <T>(call: Call, path: string, run: () => Promise<T>) =>
      this.#run(call, path, run);
    return {
      createFile: (path) =>
        on("createFile", path, async () => {
          const file = await real.createFile(path);
          return {
            write: (bytes) => on("write", path, () => file.write(bytes)),
            sync: () => on("sync", path, () => file.sync()),
            close: () => file.close(),
          };
        }),
      link: (from, to) => on("link", to, () => real.link(from, to)),
      rename: (from, to) => on("rename", to, () => real.rename(from, to)),
      unlink: (path) => on("unlink", path, () => real.unlink(path)),
      readDirectory: (path) => real.readDirectory(path),
      stat: (path) => real.stat(path),
      read: (path, range) => real.read(path, range),
      makeDirectory: (path) =>
        on("makeDirectory", path, () => real.makeDirectory(path)),
      syncDirectory: (path) =>
        on("syncDirectory", path, () => real.syncDirectory(path)),
    };
  }

  async #run<T>(call: Call, path: string, run: () => Promise<T>): Promise<T> {
    const name = isTemporaryName(path) ? "tmp" : path.split("/").at(-1);
    this.calls.push(`${call} ${name}`);
    const code = this.#fail(call, path);
    if (code !== undefined && !this.#after) throw failure(code);
    const result = await run();
    if (code !== undefined) throw failure(code);
    return result;
  }
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: by plan`), { code });
}

async function inFolder(
  body: (root: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "litmus-writer-"));
  try {
    await body(`${folder}/root`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const bytes = new Uint8Array([1, 2, 3]);
const names = async (folder: string): Promise<string[]> =>
  (await nodeFileSystem.readDirectory(folder)).map((entry) => entry.name);

Deno.test("create() syncs the file before its name, the name before the answer, and new folders up to the root", () =>
  inFolder(async (root) => {
    const fragile = new Fragile();
    const writer = new FolderWriter(root, fragile.files(), systemHost, true);
    const outcome = await writer.create(`${root}/a/b/file`, bytes);
    assertEquals(outcome, { kind: "created" });
    const parent = root.split("/").at(-2);
    assertEquals(fragile.calls, [
      "makeDirectory root",
      `syncDirectory ${parent}`,
      "syncDirectory root",
      "makeDirectory a",
      "syncDirectory root",
      "syncDirectory a",
      "makeDirectory b",
      "syncDirectory a",
      "syncDirectory b",
      "createFile tmp",
      "write tmp",
      "sync tmp",
      "link file",
      "unlink tmp",
      "syncDirectory b",
    ]);
    fragile.calls.length = 0;
    // Once the folders are settled, only the file is.
    await writer.create(`${root}/a/b/next`, bytes);
    assertEquals(fragile.calls, [
      "createFile tmp",
      "write tmp",
      "sync tmp",
      "link next",
      "unlink tmp",
      "syncDirectory b",
    ]);
  }));

Deno.test("create() and put() sync nothing when told so", () =>
  inFolder(async (root) => {
    const fragile = new Fragile();
    const writer = new FolderWriter(root, fragile.files(), systemHost, false);
    await writer.create(`${root}/a/file`, bytes);
    await writer.put(`${root}/a/file`, bytes);
    await writer.remove([`${root}/a/file`]);
    assert(!fragile.calls.some((call) => call.startsWith("sync")));
  }));

/** Where a create fails, with what code, and what is answered; `seen`: whether the file is there afterwards. */
const FAILURES: readonly (readonly [Call, string, string])[] = [
  ["makeDirectory", "EACCES", "rejected"],
  ["createFile", "ENOSPC", "rejected"],
  ["createFile", "EROFS", "rejected"],
  ["createFile", "EMFILE", "rejected"],
  ["write", "ENOSPC", "rejected"],
  ["write", "EIO", "rejected"],
  ["sync", "EIO", "rejected"],
  ["link", "EEXIST", "exists"],
  ["link", "ENOSPC", "rejected"],
  ["link", "EIO", "unknown"],
];

for (const [call, code, kind] of FAILURES) {
  Deno.test(`create() answers ${kind} when ${call} fails with ${code}, and leaves nothing behind`, () =>
    inFolder(async (root) => {
      const fragile = new Fragile((c, path) =>
        c === call && path !== root ? code : undefined
      );
      const writer = new FolderWriter(root, fragile.files(), systemHost, true);
      await new FolderWriter(root, nodeFileSystem, systemHost, true)
        .create(`${root}/other`, bytes);
      const outcome = await writer.create(`${root}/d/file`, bytes);
      assertEquals(outcome.kind, kind);
      const left = (await names(root)).includes("d")
        ? await names(`${root}/d`)
        : [];
      assertEquals(left, []);
    }));
}

Deno.test("create() answers unknown when anything fails after the link, or the link's own answer is lost", () =>
  inFolder(async (root) => {
    let linked = false;
    for (const call of ["unlink", "syncDirectory"] as const) {
      linked = false;
      const fragile = new Fragile((c) => {
        if (c === "link") linked = true;
        return linked && c === call ? "EIO" : undefined;
      });
      const writer = new FolderWriter(root, fragile.files(), systemHost, true);
      const outcome = await writer.create(`${root}/${call}`, bytes);
      assertEquals(outcome.kind, "unknown");
      assertEquals((await nodeFileSystem.stat(`${root}/${call}`)).size, 3);
    }
    const lost = new Fragile((c) => c === "link" ? "EIO" : undefined, true);
    const writer = new FolderWriter(root, lost.files(), systemHost, true);
    assertEquals((await writer.create(`${root}/lost`, bytes)).kind, "unknown");
    assertEquals((await nodeFileSystem.stat(`${root}/lost`)).size, 3);
  }));

Deno.test("create() refuses a file system without hard links by name, before anything is visible", () =>
  inFolder(async (root) => {
    for (const code of ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]) {
      const fragile = new Fragile((c) => c === "link" ? code : undefined);
      const writer = new FolderWriter(root, fragile.files(), systemHost, true);
      const error = await assertRejects(
        () => writer.create(`${root}/file`, bytes),
        DeltaError,
        "no hard links",
      );
      assertEquals(error.code, "DELTA_STORE_UNSUPPORTED");
      assertEquals(await names(root), []);
    }
  }));

Deno.test("create() and put() refuse a file system that cannot sync a directory by name, before anything is written", () =>
  inFolder(async (root) => {
    const fragile = new Fragile((c) =>
      c === "syncDirectory" ? "EINVAL" : undefined
    );
    const writer = new FolderWriter(root, fragile.files(), systemHost, true);
    for (const write of ["create", "put"] as const) {
      const error = await assertRejects(
        () => writer[write](`${root}/file`, bytes),
        DeltaError,
        "cannot sync a directory",
      );
      assertEquals(error.code, "DELTA_STORE_UNSUPPORTED");
    }
    assertEquals(await names(root), []);
    const without = new FolderWriter(root, fragile.files(), systemHost, false);
    assertEquals((await without.create(`${root}/f`, bytes)).kind, "created");
  }));

Deno.test("put() replaces a file whole: renamed when synced, unknown when the folder's sync fails", () =>
  inFolder(async (root) => {
    const fragile = new Fragile();
    const writer = new FolderWriter(root, fragile.files(), systemHost, true);
    await writer.put(`${root}/f`, bytes);
    fragile.calls.length = 0;
    assertEquals(await writer.put(`${root}/f`, new Uint8Array(9)), {
      kind: "written",
    });
    assertEquals(fragile.calls, [
      "createFile tmp",
      "write tmp",
      "sync tmp",
      "rename f",
      "syncDirectory root",
    ]);
    assertEquals((await nodeFileSystem.stat(`${root}/f`)).size, 9);
    assertEquals(await names(root), ["f"]);
    let renamed = false;
    const late = new Fragile((c) => {
      if (c === "rename") renamed = true;
      return renamed && c === "syncDirectory" ? "EIO" : undefined;
    });
    const unlucky = new FolderWriter(root, late.files(), systemHost, true);
    assertEquals((await unlucky.put(`${root}/f`, bytes)).kind, "unknown");
  }));

Deno.test("create() draws another name when a temporary one is taken, and says rejected when all are", () =>
  inFolder(async (root) => {
    let n = 0;
    const host = { ...systemHost, uuid: () => `same-${Math.min(n++, 1)}` };
    const writer = new FolderWriter(root, nodeFileSystem, host, false);
    await writer.create(`${root}/first`, bytes);
    const leftover = await nodeFileSystem.createFile(
      `${root}/.litmus-same-1.tmp`,
    );
    await leftover.close();
    n = 1;
    const outcome = await writer.create(`${root}/second`, bytes);
    assertEquals(outcome.kind, "rejected");
    n = 0;
    assertEquals((await writer.create(`${root}/third`, bytes)).kind, "created");
    // What belongs to somebody else is left alone.
    assert((await names(root)).includes(".litmus-same-1.tmp"));
  }));

Deno.test("create() makes the folder again when somebody has removed it", () =>
  inFolder(async (root) => {
    const writer = new FolderWriter(root, nodeFileSystem, systemHost, true);
    await writer.create(`${root}/d/one`, bytes);
    await rm(root, { recursive: true });
    assertEquals((await writer.create(`${root}/d/two`, bytes)).kind, "created");
  }));

Deno.test("create() makes no folder that should be there: somebody removed it", () =>
  inFolder(async (root) => {
    const expected = { expectsFolder: true };
    const warm = new FolderWriter(root, nodeFileSystem, systemHost, true);
    const target = `${root}/d/1`;
    await warm.create(`${root}/d/0`, bytes);
    assertEquals((await warm.create(target, bytes, expected)).kind, "created");
    await rm(`${root}/d`, { recursive: true });
    const cold = new FolderWriter(root, nodeFileSystem, systemHost, true);
    for (const writer of [warm, cold, warm]) {
      const outcome = await writer.create(target, bytes, expected);
      assertEquals(outcome.kind, "rejected");
      const why = (outcome as { reason: string }).reason;
      assert(why.includes(`somebody removed ${root}/d`), why);
      assertEquals([...await nodeFileSystem.readDirectory(root)].length, 0);
    }
  }));

Deno.test("create() that is cancelled before the link throws and leaves nothing", () =>
  inFolder(async (root) => {
    const cancel = new AbortController();
    const fragile = new Fragile((c) => {
      if (c === "sync") cancel.abort(new Error("no longer wanted"));
      return undefined;
    });
    const writer = new FolderWriter(root, fragile.files(), systemHost, true);
    const error = await assertRejects(
      () => writer.create(`${root}/f`, bytes, { signal: cancel.signal }),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_ABORTED");
    assertEquals(await names(root), []);
  }));

Deno.test("remove() takes what is gone and folders for deleted, and throws what is denied", () =>
  inFolder(async (root) => {
    const writer = new FolderWriter(root, nodeFileSystem, systemHost, true);
    await writer.create(`${root}/d/f`, bytes);
    await writer.remove([`${root}/d`, `${root}/no`, `${root}/d/f/x`]);
    assertEquals(await names(`${root}/d`), ["f"]);
    const denied = new Fragile((c) => c === "unlink" ? "EACCES" : undefined);
    await assertRejects(() =>
      new FolderWriter(root, denied.files(), systemHost, true)
        .remove([`${root}/d/f`])
    );
  }));
