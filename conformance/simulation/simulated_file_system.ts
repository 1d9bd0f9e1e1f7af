/**
 * A file system in memory that can lose power: what was not synced is gone
 * then, file contents and directory entries apart, as on a disk.
 *
 * @module
 */

import type {
  ByteRange,
  DirectoryEntry,
  FileFacts,
  FileSystem,
  NewFile,
  StoredObject,
} from "../../src/store/mod.ts";

interface Inode {
  bytes: Uint8Array<ArrayBuffer>;
  /** What survives a power cut. */
  synced: Uint8Array<ArrayBuffer>;
  modifiedMs: number;
}

/** How the simulated disk behaves. */
export interface SimulatedFileSystemOptions {
  /** The clock of modification times. */
  readonly now: () => number;
  /** Whether syncing does anything; true by default. */
  readonly syncs?: boolean;
}

/**
 * What a disk that lost power still has of what was never synced: nothing, the
 * names of files without their contents, or all of it.
 */
export type Survivors = "nothing unsynced" | "names" | "all";

/** Every way in which power may be lost. */
export const SURVIVORS: readonly Survivors[] = [
  "nothing unsynced",
  "names",
  "all",
];

/** The file system, and its power switch. */
export interface SimulatedFileSystem extends FileSystem {
  /** Power is lost: what was synced is left, and of the rest what is said; nothing by default. */
  powerCut(survivors?: Survivors): void;
}

/** Makes an empty one, with `/` as its only directory. */
export function simulatedFileSystem(
  options: SimulatedFileSystemOptions,
): SimulatedFileSystem {
  const syncs = options.syncs ?? true;
  let files = new Map<string, Inode>();
  const durable = new Map<string, Inode>();
  const directories = new Set<string>(["/"]);
  const durableDirectories = new Set<string>(["/"]);

  const need = (path: string): Inode => {
    const inode = files.get(path);
    if (inode) return inode;
    throw failure(directories.has(path) ? "EISDIR" : "ENOENT", path);
  };
  const mustBeIn = (directory: string): void => {
    if (!directories.has(directory)) throw failure("ENOENT", directory);
  };
  const mustBeFree = (path: string): void => {
    if (files.has(path) || directories.has(path)) throw failure("EEXIST", path);
    mustBeIn(parentOf(path));
  };
  // deno-lint-ignore require-await
  const soon = async <T>(work: () => T): Promise<T> => work();

  return {
    createFile: (path) =>
      soon((): NewFile => {
        mustBeFree(path);
        const inode: Inode = {
          bytes: new Uint8Array(),
          synced: new Uint8Array(),
          modifiedMs: options.now(),
        };
        files.set(path, inode);
        return {
          write: (bytes) =>
            soon(() => {
              const whole = new Uint8Array(inode.bytes.length + bytes.length);
              whole.set(inode.bytes);
              whole.set(bytes, inode.bytes.length);
              inode.bytes = whole;
            }),
          sync: () =>
            soon(() => {
              if (syncs) inode.synced = inode.bytes;
            }),
          close: () => soon(() => {}),
        };
      }),
    link: (from, to) =>
      soon(() => {
        const inode = need(from);
        mustBeFree(to);
        files.set(to, inode);
      }),
    rename: (from, to) =>
      soon(() => {
        const inode = need(from);
        if (directories.has(to)) throw failure("EISDIR", to);
        mustBeIn(parentOf(to));
        files.delete(from);
        files.set(to, inode);
      }),
    unlink: (path) =>
      soon(() => {
        need(path);
        files.delete(path);
      }),
    readDirectory: (asked) =>
      soon((): DirectoryEntry[] => {
        const path = asked.replace(/(.)\/+$/, "$1");
        if (!directories.has(path)) throw failure("ENOENT", path);
        const inside = (other: string): boolean =>
          other !== path && parentOf(other) === path;
        return [
          ...[...directories].filter(inside).map((name) => ({
            name: nameOf(name),
            kind: "directory" as const,
          })),
          ...[...files.keys()].filter(inside).map((name) => ({
            name: nameOf(name),
            kind: "file" as const,
          })),
        ];
      }),
    stat: (path) =>
      soon((): FileFacts => {
        if (directories.has(path)) {
          return { kind: "directory", size: 0, modifiedMs: 0 };
        }
        const { bytes, modifiedMs } = need(path);
        return { kind: "file", size: bytes.length, modifiedMs };
      }),
    read: (path, range?: ByteRange) =>
      soon((): StoredObject => {
        const { bytes } = need(path);
        return {
          bytes: bytes.slice(range?.start ?? 0, range?.end ?? bytes.length),
          size: bytes.length,
        };
      }),
    makeDirectory: (path) =>
      soon(() => {
        mustBeFree(path);
        directories.add(path);
      }),
    syncDirectory: (path) =>
      soon(() => {
        mustBeIn(path);
        if (!syncs) return;
        for (const name of directories) {
          if (parentOf(name) === path) durableDirectories.add(name);
        }
        for (const name of [...durable.keys()]) {
          if (parentOf(name) === path && !files.has(name)) durable.delete(name);
        }
        for (const [name, inode] of files) {
          if (parentOf(name) === path) durable.set(name, inode);
        }
      }),
    powerCut: (survivors = "nothing unsynced") => {
      if (survivors === "nothing unsynced") {
        files = new Map(
          [...durable]
            .filter(([path]) => isReachable(path, durableDirectories)),
        );
        for (const path of [...directories]) {
          if (!durableDirectories.has(path)) directories.delete(path);
        }
      }
      for (const inode of files.values()) {
        if (survivors !== "all") inode.bytes = inode.synced;
        inode.synced = inode.bytes;
      }
      // What is left is on the disk now, whatever comes.
      durable.clear();
      for (const [path, inode] of files) durable.set(path, inode);
      for (const path of directories) durableDirectories.add(path);
    },
  };
}

function isReachable(path: string, directories: ReadonlySet<string>): boolean {
  for (let at = parentOf(path); at !== "/"; at = parentOf(at)) {
    if (!directories.has(at)) return false;
  }
  return true;
}

function parentOf(path: string): string {
  if (path === "/") return "";
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
