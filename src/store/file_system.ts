/**
 * The little of a file system that the folder store stands on, so that a
 * simulated one can lose power between any two calls.
 *
 * Every method fails as Node's do: with an error whose `code` is `ENOENT`,
 * `EEXIST`, `ENOSPC` and so on.
 *
 * @module
 */

import {
  link,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  stat,
  unlink,
} from "node:fs/promises";
import type { ByteRange, StoredObject } from "./object_store.ts";

/** What is at a path. */
export interface FileFacts {
  /** Only a file is an object. */
  readonly kind: "file" | "directory" | "other";
  /** Size in bytes. */
  readonly size: number;
  /** Modification time in milliseconds since the epoch. */
  readonly modifiedMs: number;
}

/** One name in a directory. */
export interface DirectoryEntry {
  /** The name, without the directory. */
  readonly name: string;
  /** What it names; a symbolic link counts as what it points to unless that is a directory. */
  readonly kind: "file" | "directory" | "other";
}

/** A file that is being written. */
export interface NewFile {
  /** Appends all of the bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** Returns when content and size survive a power cut. */
  sync(): Promise<void>;
  /** Closes the file. */
  close(): Promise<void>;
}

/** The calls of a file system that a safe commit needs. Paths are absolute. */
export interface FileSystem {
  /** Creates a file that must not be there yet (`EEXIST`). */
  createFile(path: string): Promise<NewFile>;
  /** Gives a file a second name that must not be taken (`EEXIST`): atomic. */
  link(from: string, to: string): Promise<void>;
  /** Renames a file over whatever file has the name: atomic. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a name. */
  unlink(path: string): Promise<void>;
  /** Names in a directory, in any order. */
  readDirectory(path: string): Promise<readonly DirectoryEntry[]>;
  /** What is at a path. */
  stat(path: string): Promise<FileFacts>;
  /** Reads a file or a range of it; a directory fails with `EISDIR`. */
  read(path: string, range?: ByteRange): Promise<StoredObject>;
  /** Makes one directory (`EEXIST` when there is something already). */
  makeDirectory(path: string): Promise<void>;
  /** Returns when the names in a directory survive a power cut. */
  syncDirectory(path: string): Promise<void>;
}

/** The `code` of a failed file system call; empty when it has none. */
export function errorCode(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string") return code;
  // Deno's own permission errors carry a name and no code.
  const name = (error as { name?: unknown }).name;
  return name === "NotCapable" || name === "PermissionDenied" ? "EACCES" : "";
}

/** The real file system, by `node:fs/promises`. */
export const nodeFileSystem: FileSystem = {
  createFile: async (path) => {
    const handle = await open(path, "wx");
    return {
      write: async (bytes) => {
        let done = 0;
        while (done < bytes.length) {
          const { bytesWritten } = await handle.write(
            bytes,
            done,
            bytes.length - done,
          );
          done += bytesWritten;
        }
      },
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  link,
  rename,
  unlink,
  readDirectory: async (path) => {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.map((entry) => ({
      name: entry.name,
      kind: entry.isDirectory()
        ? "directory"
        : entry.isFile() || entry.isSymbolicLink()
        ? "file"
        : "other",
    }));
  },
  stat: async (path) => {
    const facts = await stat(path);
    return {
      kind: facts.isFile()
        ? "file"
        : facts.isDirectory()
        ? "directory"
        : "other",
      size: facts.size,
      modifiedMs: Math.floor(facts.mtimeMs),
    };
  },
  read: async (path, range) => {
    const handle = await open(path, "r");
    try {
      const facts = await handle.stat();
      if (facts.isDirectory()) {
        throw Object.assign(new Error(`EISDIR: ${path}`), { code: "EISDIR" });
      }
      const start = Math.min(range?.start ?? 0, facts.size);
      const end = Math.min(range?.end ?? facts.size, facts.size);
      const bytes = new Uint8Array(end - start);
      let done = 0;
      while (done < bytes.length) {
        const { bytesRead } = await handle.read(
          bytes,
          done,
          bytes.length - done,
          start + done,
        );
        if (bytesRead === 0) {
          throw new Error(`${path} shrank while it was read`);
        }
        done += bytesRead;
      }
      return { bytes, size: facts.size };
    } finally {
      await handle.close();
    }
  },
  makeDirectory: async (path) => {
    try {
      await mkdir(path);
    } catch (error) {
      // Some systems answer EPERM or EISDIR for "/" or a drive that exists.
      if (errorCode(error) !== "EEXIST" && (await isDirectory(path))) {
        throw Object.assign(new Error(`EEXIST: ${path}`), { code: "EEXIST" });
      }
      throw error;
    }
  },
  syncDirectory: async (path) => {
    const handle = await open(path, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch {
    return false;
  }
}
