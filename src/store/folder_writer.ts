/**
 * Writes files so that they appear whole, exclusively where asked, and stay.
 *
 * @module
 */

import { DeltaError, throwIfAborted } from "../errors.ts";
import type { Host } from "../host.ts";
import { errorCode, type FileSystem } from "./file_system.ts";
import type {
  CreateOutcome,
  ExclusiveOptions,
  PutOutcome,
} from "./object_store.ts";
import { oneLine, unsupported } from "./store_error.ts";

type Refusal =
  | {
    readonly kind: "rejected";
    readonly reason: string;
    readonly cause?: unknown;
  }
  | {
    readonly kind: "unknown";
    readonly reason: string;
    readonly cause?: unknown;
  };

const TEMPORARY = /(^|\/)\.litmus-[^/]*\.tmp$/;

/** Whether a path is that of a temporary file, which listings hide. */
export function isTemporaryName(path: string): boolean {
  return TEMPORARY.test(path);
}

/** Errors of link and rename by which the system says that it did nothing. */
const REFUSED: ReadonlySet<string> = new Set([
  "EACCES",
  "EDQUOT",
  "EISDIR",
  "EMLINK",
  "ENAMETOOLONG",
  "ENOSPC",
  "ENOTDIR",
  "ENOTEMPTY",
  "EROFS",
]);

const NO_LINKS: ReadonlySet<string> = new Set([
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EPERM",
]);

const NO_DIRECTORY_SYNC: ReadonlySet<string> = new Set([
  "EINVAL",
  "EISDIR",
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EPERM",
]);

/** The writing half of a folder store. Paths are absolute and inside its root. */
export class FolderWriter {
  readonly #root: string;
  readonly #files: FileSystem;
  readonly #host: Host;
  readonly #fsync: boolean;
  /** Directories whose own names are known to survive a power cut. */
  readonly #settled = new Set<string>();

  /** Takes the root folder, the file system, the source of ids and whether to sync. */
  constructor(root: string, files: FileSystem, host: Host, fsync: boolean) {
    this.#root = root;
    this.#files = files;
    this.#host = host;
    this.#fsync = fsync;
  }

  /** Creates a file, or leaves the one that is there. */
  async create(
    target: string,
    bytes: Uint8Array,
    options: ExclusiveOptions = {},
  ): Promise<CreateOutcome> {
    const staged = await this.#stage(target, bytes, options);
    if (typeof staged !== "string") return staged;
    try {
      await this.#files.link(staged, target);
    } catch (error) {
      await this.#discard(staged);
      return this.#linkFailed(target, error);
    }
    return await this.#settle(target, { kind: "created" }, staged);
  }

  /** Writes a file over whatever is there. */
  async put(
    target: string,
    bytes: Uint8Array,
    signal?: AbortSignal,
  ): Promise<PutOutcome> {
    const staged = await this.#stage(target, bytes, { signal });
    if (typeof staged !== "string") return staged;
    try {
      await this.#files.rename(staged, target);
    } catch (error) {
      await this.#discard(staged);
      return refusal(error, REFUSED.has(errorCode(error)));
    }
    return await this.#settle(target, { kind: "written" });
  }

  /** Removes files; throws the file system's error for what could not be removed. */
  async remove(
    targets: readonly string[],
    signal?: AbortSignal,
  ): Promise<void> {
    const touched = new Set<string>();
    for (const target of targets) {
      throwIfAborted(signal, `Cannot delete ${target}`);
      if (await this.#unlink(target)) touched.add(directoryOf(target));
    }
    if (!this.#fsync) return;
    for (const directory of touched) await this.#files.syncDirectory(directory);
  }

  /** A synced temporary file beside the target, or why there is none. */
  async #stage(
    target: string,
    bytes: Uint8Array,
    { signal, expectsFolder = false }: ExclusiveOptions,
  ): Promise<string | Refusal> {
    throwIfAborted(signal, `Cannot write ${target}`);
    // The caller may change its buffer as soon as the call has returned a promise.
    const content = new Uint8Array(bytes);
    const directory = directoryOf(target);
    let staged: string | undefined;
    try {
      await this.#settleDirectory(directory, expectsFolder);
      staged = await this.#writeTemporary(directory, content, expectsFolder);
    } catch (error) {
      if (error instanceof DeltaError) throw error;
      return refusal(error, true);
    }
    if (signal?.aborted) await this.#discard(staged);
    throwIfAborted(signal, `Cannot write ${target}`);
    return staged;
  }

  async #writeTemporary(
    directory: string,
    bytes: Uint8Array,
    isExpected: boolean,
    attempt = 1,
  ): Promise<string> {
    const path = `${directory}/.litmus-${this.#host.uuid()}.tmp`;
    try {
      const file = await this.#files.createFile(path);
      try {
        await file.write(bytes);
        if (this.#fsync) await file.sync();
      } finally {
        await file.close();
      }
      return path;
    } catch (error) {
      const code = errorCode(error);
      // Another process draws the same ids, or somebody removed the directory.
      if (attempt < 5 && (code === "EEXIST" || code === "ENOENT")) {
        if (code === "ENOENT") {
          this.#settled.clear();
          await this.#settleDirectory(directory, isExpected);
        }
        const next = attempt + 1;
        return await this.#writeTemporary(directory, bytes, isExpected, next);
      }
      if (code !== "EEXIST") await this.#discard(path);
      throw error;
    }
  }

  /** Drops the temporary name and syncs the directory: the point from which an error leaves the outcome open. */
  async #settle<T>(
    target: string,
    done: T,
    staged?: string,
  ): Promise<T | Refusal> {
    try {
      if (staged !== undefined) await this.#files.unlink(staged);
      if (this.#fsync) await this.#files.syncDirectory(directoryOf(target));
      return done;
    } catch (error) {
      return refusal(error, false);
    }
  }

  #linkFailed(target: string, error: unknown): CreateOutcome {
    const code = errorCode(error);
    if (code === "EEXIST") return { kind: "exists" };
    if (NO_LINKS.has(code)) {
      throw unsupported(
        `Cannot create ${target}`,
        `the file system under ${this.#root} has no hard links (${code}), and an exclusive create needs them`,
        "Keep the table on a file system with hard links, such as ext4, xfs, APFS or NTFS",
        error,
      );
    }
    return refusal(error, REFUSED.has(code));
  }

  /**
   * Makes a directory and its parents, and sees to it that their names survive a
   * power cut. One that another process has just made is synced as well: that
   * process may not have come to it yet.
   *
   * @param isExpected Whether it is there, or was removed by somebody: then it is not made.
   */
  async #settleDirectory(
    directory: string,
    isExpected: boolean,
  ): Promise<void> {
    if (this.#settled.has(directory)) return;
    const inside = directory.length > this.#root.length;
    const parent = directoryOf(directory);
    if (inside) await this.#settleDirectory(parent, isExpected);
    const made = isExpected
      ? await this.#expectDirectory(directory)
      : await this.#makeDirectory(directory);
    if (this.#fsync && parent !== directory) {
      await this.#syncParent(parent, inside || made);
    }
    if (this.#fsync) await this.#syncDirectory(directory);
    this.#settled.add(directory);
  }

  /** Finds a directory that should be there; `false`, for it was not made. */
  async #expectDirectory(directory: string): Promise<false> {
    try {
      await this.#files.stat(directory === "" ? "/" : directory);
      return false;
    } catch (cause) {
      if (errorCode(cause) !== "ENOENT") throw cause;
      throw new Error(
        `somebody removed ${directory}, and a commit in a new one would stand there alone`,
        { cause },
      );
    }
  }

  /** Makes a directory, above the root also its parents; whether it was not there. */
  async #makeDirectory(directory: string): Promise<boolean> {
    try {
      await this.#files.makeDirectory(directory === "" ? "/" : directory);
      return true;
    } catch (error) {
      const code = errorCode(error);
      if (code === "EEXIST") return false;
      const parent = directoryOf(directory);
      if (code !== "ENOENT" || parent === directory) throw error;
      if (await this.#makeDirectory(parent) && this.#fsync) {
        await this.#syncDirectory(directoryOf(parent));
      }
      return await this.#makeInParent(directory);
    }
  }

  /** Makes a directory whose parent is there; some file systems let nobody make one. */
  async #makeInParent(directory: string): Promise<boolean> {
    try {
      await this.#files.makeDirectory(directory);
      return true;
    } catch (error) {
      if (errorCode(error) === "EEXIST") return false;
      throw error;
    }
  }

  /** Above the root, what was there before may be out of our reach; then it is not ours to sync. */
  async #syncParent(parent: string, ours: boolean): Promise<void> {
    try {
      await this.#files.syncDirectory(parent === "" ? "/" : parent);
    } catch (error) {
      if (!ours && ["EACCES", "EPERM"].includes(errorCode(error))) return;
      throw this.#noDirectorySync(parent, error);
    }
  }

  async #syncDirectory(directory: string): Promise<void> {
    try {
      await this.#files.syncDirectory(directory === "" ? "/" : directory);
    } catch (error) {
      throw this.#noDirectorySync(directory, error);
    }
  }

  #noDirectorySync(directory: string, error: unknown): unknown {
    const code = errorCode(error);
    if (!NO_DIRECTORY_SYNC.has(code)) return error;
    return unsupported(
      `Cannot write in ${directory}`,
      `the file system cannot sync a directory (${code}), so a power cut could undo an acknowledged commit`,
      "Keep the table elsewhere, or open it with fsync: false and accept that",
      error,
    );
  }

  async #unlink(target: string): Promise<boolean> {
    try {
      await this.#files.unlink(target);
      return true;
    } catch (error) {
      const code = errorCode(error);
      // A directory is not an object; Deno answers ENOTEMPTY for one.
      if (["ENOENT", "ENOTDIR", "EISDIR", "ENOTEMPTY"].includes(code)) {
        return false;
      }
      // Some systems answer EPERM for a directory, which is not an object.
      if (code === "EPERM" && await this.#isDirectory(target)) return false;
      throw error;
    }
  }

  async #isDirectory(path: string): Promise<boolean> {
    try {
      return (await this.#files.stat(path)).kind === "directory";
    } catch {
      return false;
    }
  }

  /** Best effort: what stays is hidden from listings and harms nobody. */
  async #discard(path: string): Promise<void> {
    try {
      await this.#files.unlink(path);
    } catch {
      // The write itself already says what went wrong.
    }
  }
}

function refusal(error: unknown, definite: boolean): Refusal {
  return {
    kind: definite ? "rejected" : "unknown",
    reason: oneLine(error),
    cause: error,
  };
}

function directoryOf(path: string): string {
  const cut = path.lastIndexOf("/");
  return cut < 0 ? path : path.slice(0, cut);
}
