import { assert, assertEquals, assertRejects } from "@std/assert";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode, nodeFileSystem as files } from "./file_system.ts";

async function inFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "litmus-fs-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function codeOf(run: () => Promise<unknown>): Promise<string> {
  return errorCode(await assertRejects(run));
}

Deno.test("nodeFileSystem creates, syncs and links files, and says EEXIST for what is taken", () =>
  inFolder(async (folder) => {
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    const file = await files.createFile(one);
    await file.write(new Uint8Array([1, 2]));
    await file.write(new Uint8Array([3]));
    await file.sync();
    await file.close();
    assertEquals(await codeOf(() => files.createFile(one)), "EEXIST");
    await files.link(one, two);
    assertEquals(await codeOf(() => files.link(one, two)), "EEXIST");
    assertEquals([...(await files.read(two)).bytes], [1, 2, 3]);
    await files.unlink(one);
    assertEquals(await codeOf(() => files.unlink(one)), "ENOENT");
    await files.rename(two, one);
    await files.syncDirectory(folder);
    assertEquals((await files.stat(one)).size, 3);
  }));

Deno.test("nodeFileSystem reads ranges, cut at the end, and refuses directories", () =>
  inFolder(async (folder) => {
    const path = join(folder, "r");
    await writeFile(path, "0123456789");
    const read = async (start: number, end: number) =>
      new TextDecoder().decode((await files.read(path, { start, end })).bytes);
    assertEquals(await read(2, 5), "234");
    assertEquals(await read(8, 50), "89");
    assertEquals(await read(20, 30), "");
    assertEquals(await codeOf(() => files.read(folder)), "EISDIR");
    assertEquals(await codeOf(() => files.read(join(folder, "no"))), "ENOENT");
  }));

Deno.test("nodeFileSystem makes one directory at a time and names what is in it", () =>
  inFolder(async (folder) => {
    assertEquals(await codeOf(() => files.makeDirectory(folder)), "EEXIST");
    assertEquals(
      await codeOf(() => files.makeDirectory(join(folder, "a/b"))),
      "ENOENT",
    );
    await files.makeDirectory(join(folder, "a"));
    await mkdir(join(folder, "a/b"));
    await writeFile(join(folder, "f"), "");
    await symlink(join(folder, "f"), join(folder, "l"));
    const entries = await files.readDirectory(folder);
    assertEquals(
      entries.map(({ name, kind }) => `${name} ${kind}`).sort(),
      ["a directory", "f file", "l file"],
    );
    assertEquals((await files.stat(folder)).kind, "directory");
    assertEquals((await files.stat(join(folder, "l"))).kind, "file");
    assertEquals(await codeOf(() => files.makeDirectory("/")), "EEXIST");
  }));

Deno.test("errorCode() knows permission errors by their name where they have no code", () => {
  assertEquals(
    errorCode(Object.assign(new Error(), { name: "NotCapable" })),
    "EACCES",
  );
  assertEquals(errorCode(new Error("plain")), "");
  assertEquals(errorCode(undefined), "");
  assert(errorCode({ code: "ENOSPC" }) === "ENOSPC");
});
