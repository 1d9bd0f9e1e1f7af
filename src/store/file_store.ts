/**
 * A folder behind the store interface. Objects become visible whole or not at
 * all, and an acknowledged write survives a power cut.
 *
 * An exclusive create writes a temporary file in the same directory, syncs it,
 * links it to its name (which fails when the name is taken), drops the temporary
 * name and syncs the directory.
 *
 * @module
 */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { DeltaError, throwIfAborted } from "../errors.ts";
import { type Host, systemHost } from "../host.ts";
import { errorCode, type FileSystem, nodeFileSystem } from "./file_system.ts";
import type {
  CallOptions,
  CreateOutcome,
  ExclusiveOptions,
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOutcome,
  StoreCapabilities,
  StoredObject,
} from "./object_store.ts";
import { listFolder } from "./folder_listing.ts";
import { FolderWriter, isTemporaryName } from "./folder_writer.ts";
import { oneLine, rejected, unavailable } from "./store_error.ts";
import { checkPath, checkRange } from "./store_path.ts";

/** Options of a folder store. */
export interface FileStoreOptions {
  /** Whether to sync files and directories before acknowledging; `true` by default. Without it a power cut may lose acknowledged commits. */
  readonly fsync?: boolean | undefined;
  /** The file system to stand on; the real one by default. */
  readonly fileSystem?: FileSystem | undefined;
  /** Names of temporary files come from its ids. */
  readonly host?: Host | undefined;
}

/**
 * Objects in a folder, which is made by the first write.
 *
 * @param folder Path of the folder, relative to the working directory or absolute.
 * @throws {DeltaError} From writes: `DELTA_STORE_UNSUPPORTED` when the file
 *   system has no hard links or cannot sync a directory.
 */
export function fileStore(
  folder: string,
  options: FileStoreOptions = {},
): ObjectStore {
  return new FileStore(
    resolve(folder).replaceAll("\\", slash(folder)),
    options,
  );
}

// On Windows both slashes part folders; elsewhere a backslash is part of a name.
function slash(folder: string): string {
  return /^[a-z]:/i.test(resolve(folder)) ? "/" : "\\";
}

const GONE: ReadonlySet<string> = new Set([
  "ENOENT",
  "ENOTDIR",
  "EISDIR",
  "ENAMETOOLONG",
]);

class FileStore implements ObjectStore {
  readonly url: string;
  readonly identity: string;
  readonly capabilities: StoreCapabilities;
  readonly #root: string;
  readonly #files: FileSystem;
  readonly #writer: FolderWriter;

  constructor(root: string, options: FileStoreOptions) {
    const fsync = options.fsync ?? true;
    this.#root = root.endsWith("/") ? root.slice(0, -1) : root;
    this.url = pathToFileURL(root).href.replace(/\/$/, "");
    this.identity = this.url;
    this.capabilities = {
      exclusiveCreate: "atomic",
      durable: fsync,
      ownClock: false,
      shared: true,
    };
    this.#files = options.fileSystem ?? nodeFileSystem;
    this.#writer = new FolderWriter(
      this.#root,
      this.#files,
      options.host ?? systemHost,
      fsync,
    );
  }

  async get(
    path: string,
    options?: GetOptions,
  ): Promise<StoredObject | undefined> {
    checkRange(options?.range, path);
    const file = this.#file(path, "read", options);
    const found = await this.#look(
      `Cannot read ${this.url}/${path}`,
      () => this.#files.read(file, options?.range),
    );
    throwIfAborted(options?.signal, `Cannot read ${this.url}/${path}`);
    return found;
  }

  async head(
    path: string,
    options?: CallOptions,
  ): Promise<ObjectMeta | undefined> {
    const file = this.#file(path, "look at", options);
    const facts = await this.#look(
      `Cannot look at ${this.url}/${path}`,
      () => this.#files.stat(file),
    );
    throwIfAborted(options?.signal, `Cannot look at ${this.url}/${path}`);
    if (facts?.kind !== "file") return undefined;
    return { path, size: facts.size, lastModified: facts.modifiedMs };
  }

  async *list(
    prefix: string,
    options?: ListOptions,
  ): AsyncGenerator<ObjectMeta> {
    const what = `Cannot list ${this.url}/${prefix}`;
    if (prefix !== "") checkPath(`${prefix}x`, this.url);
    throwIfAborted(options?.signal, what);
    const objects = listFolder(this.#root, this.#files, {
      prefix,
      startAfter: options?.startAfter,
      isHidden: isTemporaryName,
    });
    try {
      for await (const object of objects) {
        throwIfAborted(options?.signal, what);
        yield object;
      }
    } catch (error) {
      throw this.#readError(what, error);
    }
  }

  put(
    path: string,
    bytes: Uint8Array,
    options?: CallOptions,
  ): Promise<PutOutcome> {
    return this.#writer.put(this.#target(path), bytes, options?.signal);
  }

  putIfAbsent(
    path: string,
    bytes: Uint8Array,
    options?: ExclusiveOptions,
  ): Promise<CreateOutcome> {
    return this.#writer.create(this.#target(path), bytes, options);
  }

  async delete(
    paths: readonly string[],
    options?: CallOptions,
  ): Promise<void> {
    const files = paths.map((path) => this.#file(path, "delete", options));
    const what = `Cannot delete ${files.length} objects in ${this.url}`;
    try {
      await this.#writer.remove(files, options?.signal);
    } catch (error) {
      throw this.#readError(what, error);
    }
  }

  async close(): Promise<void> {}

  /** Runs a look at the file system; `undefined` where there is nothing to see. */
  async #look<T>(what: string, look: () => Promise<T>): Promise<T | undefined> {
    try {
      return await look();
    } catch (error) {
      if (GONE.has(errorCode(error))) return undefined;
      throw this.#readError(what, error);
    }
  }

  #readError(what: string, error: unknown): DeltaError {
    if (error instanceof DeltaError) return error;
    const denied = ["EACCES", "EPERM", "EROFS"].includes(errorCode(error));
    return denied
      ? rejected(what, oneLine(error), error)
      : unavailable(what, oneLine(error), error);
  }

  #file(path: string, doing: string, options?: CallOptions): string {
    checkPath(path, this.url);
    throwIfAborted(options?.signal, `Cannot ${doing} ${this.url}/${path}`);
    return `${this.#root}/${path}`;
  }

  #target(path: string): string {
    checkPath(path, this.url);
    if (!path.endsWith("/") && !isTemporaryName(path)) {
      return `${this.#root}/${path}`;
    }
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what: `Cannot write ${this.url}/${path}`,
      why: path.endsWith("/")
        ? "a file's name cannot end in a slash"
        : "such names are kept for temporary files, which listings hide",
      fix: "Choose another name",
      context: { path },
    });
  }
}
