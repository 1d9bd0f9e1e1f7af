import { assert, assertEquals, assertRejects } from "@std/assert";
import type { DirectoryEntry, FileSystem } from "./file_system.ts";
import { listFolder } from "./folder_listing.ts";
import { compareUtf8 } from "./store_path.ts";

/** A tree of empty files that writes down what is asked of it. */
function tree(paths: readonly string[]): {
  readonly files: FileSystem;
  readonly opened: string[];
} {
  const opened: string[] = [];
  const never = () => Promise.reject(new Error("not asked for"));
  const missing = Object.assign(new Error("ENOENT"), { code: "ENOENT" });
  return {
    opened,
    files: {
      createFile: never,
      link: never,
      rename: never,
      unlink: never,
      read: never,
      makeDirectory: never,
      syncDirectory: never,
      stat: (path) =>
        Promise.resolve({ kind: "file", size: path.length, modifiedMs: 1 }),
      readDirectory: (folder) => {
        opened.push(folder);
        const entries = new Map<string, DirectoryEntry>();
        for (const path of paths.map((path) => `root/${path}`)) {
          if (!path.startsWith(folder)) continue;
          const [name, ...below] = path.slice(folder.length).split("/");
          const kind = below.length > 0 ? "directory" : "file";
          entries.set(name!, { name: name!, kind });
        }
        return entries.size === 0
          ? Promise.reject(missing)
          : Promise.resolve([...entries.values()].reverse());
      },
    },
  };
}

async function list(
  files: FileSystem,
  prefix: string,
  startAfter?: string,
): Promise<string[]> {
  const listing = {
    prefix,
    startAfter,
    isHidden: (path: string) => path.endsWith(".tmp"),
  };
  const objects = await Array.fromAsync(listFolder("root", files, listing));
  return objects.map((object) => object.path);
}

Deno.test("listFolder() opens only the folders that can hold the prefix", async () => {
  // given a table of a thousand partitions,
  const paths = Array.from({ length: 1000 }, (_, i) => `p=${i}/f.parquet`);
  const { files, opened } = tree([
    ...paths,
    "_delta_log/0.json",
    "_delta_log/_sidecars/a",
  ]);
  // when its log is listed, then no partition is opened.
  assertEquals(await list(files, "_delta_log/"), [
    "_delta_log/0.json",
    "_delta_log/_sidecars/a",
  ]);
  assertEquals(opened, ["root/_delta_log/", "root/_delta_log/_sidecars/"]);
  opened.length = 0;
  assertEquals(await list(files, "_delta_log/0"), ["_delta_log/0.json"]);
  assertEquals(opened, ["root/_delta_log/"]);
});

Deno.test("listFolder() passes by the folders before the start", async () => {
  const { files, opened } = tree(["a/1", "b/1", "b/2", "c/1", "d"]);
  assertEquals(await list(files, "", "b/1"), ["b/2", "c/1", "d"]);
  assertEquals(opened, ["root/", "root/b/", "root/c/"]);
});

Deno.test("listFolder() agrees with a plain filter over random trees", async () => {
  const names = ["a", "a-b", "a.b", "b", "é", "\uFFFD", "😀", "x.tmp"];
  let seed = 11;
  const next = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor(seed / 65536) % below;
  };
  const anyPath = (): string =>
    Array.from({ length: 1 + next(3) }, () => names[next(names.length)])
      .join("/");
  for (let round = 0; round < 200; round++) {
    const all = Array.from({ length: 12 }, anyPath);
    // A path that is also a folder cannot be in a folder tree.
    const paths = [...new Set(all)].filter((path) =>
      !all.some((other) => other.startsWith(`${path}/`))
    );
    const prefix = anyPath().slice(0, next(5));
    const startAfter = next(2) === 0 ? undefined : anyPath();
    const wanted = paths.filter((path) =>
      path.startsWith(prefix) && !path.endsWith(".tmp") &&
      (startAfter === undefined || compareUtf8(path, startAfter) > 0)
    ).sort(compareUtf8);
    assertEquals(
      await list(tree(paths).files, prefix, startAfter),
      wanted,
      JSON.stringify({ paths, prefix, startAfter }),
    );
  }
});

Deno.test("listFolder() leaves out what vanishes and throws what is denied", async () => {
  const { files } = tree(["a", "b"]);
  const failing = (code: string): FileSystem => ({
    ...files,
    stat: (path) =>
      path.endsWith("/a")
        ? Promise.reject(Object.assign(new Error(code), { code }))
        : files.stat(path),
  });
  assertEquals(await list(failing("ENOENT"), ""), ["b"]);
  await assertRejects(() => list(failing("EACCES"), ""), Error, "EACCES");
});

Deno.test("listFolder() finds nothing where there is no folder", async () => {
  const { files } = tree([]);
  assertEquals(await list(files, "no/such/"), []);
  assert((await list(files, "")).length === 0);
});
