/**
 * From a URL to the store rooted there. The S3 client is loaded for `s3:` and
 * `s3a:` only.
 *
 * @module
 */

import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { DeltaError, throwIfAborted } from "../errors.ts";
import { type Host, systemHost } from "../host.ts";
import { fileStore } from "./file_store.ts";
import { memoryStore } from "./memory_store.ts";
import type { ObjectStore } from "./object_store.ts";
import { checkOptionNames, readS3Options } from "./s3_options.ts";
import { type LocationParts, parseLocation } from "./store_path.ts";

/** Options of {@link openStore}. */
export interface OpenStoreOptions {
  /** Storage options by name, in any capitalisation; they beat the environment. */
  readonly storage?: Readonly<Record<string, string>> | undefined;
  /** Clock, sleep and randomness; the machine's by default. */
  readonly host?: Host | undefined;
  /** Cancels the opening. */
  readonly signal?: AbortSignal | undefined;
  /** Told of options that are accepted and have no effect; silent by default. */
  readonly warn?: ((message: string) => void) | undefined;
  /** Environment variables; the process's own by default. */
  readonly environment?:
    | Readonly<Record<string, string | undefined>>
    | undefined;
}

/**
 * Opens the store rooted at a URL: `file:///folder`, a plain path,
 * `s3://bucket/prefix`, `s3a://bucket/prefix` or `memory://name/prefix`. Sends
 * nothing.
 *
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` for another scheme,
 *   `DELTA_STORE_OPTION_INVALID` for a storage option that is unknown or wrong.
 */
export async function openStore(
  url: string,
  options: OpenStoreOptions = {},
): Promise<ObjectStore> {
  throwIfAborted(options.signal, `Cannot open ${url}`);
  if (url.trim() === "") {
    // Resolved as a path it would be the working directory.
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what: "Cannot open a location",
      why: "it is empty",
      fix: "Give a URL or a path; . is the working directory",
    });
  }
  const parts = parseLocation(url);
  switch (parts.scheme) {
    case "":
    case "file":
      return openFolder(folderOf(parts, url), options);
    case "memory":
      checkOptionNames(options.storage ?? {});
      return memoryStore(
        join(parts.authority, parts.path),
        options.host ?? systemHost,
      );
    case "s3":
    case "s3a":
      return await openS3(parts, url, options);
    default:
      throw new DeltaError("DELTA_INVALID_ARGUMENT", {
        what: `Cannot open ${url}`,
        why: `nothing is known of ${parts.scheme}: URLs`,
        fix:
          "Use file:///folder, a plain path, s3://bucket/prefix or memory://name",
        context: { url },
      });
  }
}

/** The folder that a location names, absolute. */
export function folderOf(parts: LocationParts, url: string): string {
  if (parts.scheme === "") return resolve(parts.path);
  try {
    // file:/folder, as Hadoop writes it, is file:///folder.
    return fileURLToPath(url.replace(/^file:\/(?!\/)/i, "file:///"));
  } catch (cause) {
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what: `Cannot open ${url}`,
      why: "it is not a file URL that names a folder of this machine",
      fix: "Use file:///absolute/folder or a plain path",
      context: { url },
      cause,
    });
  }
}

function openFolder(folder: string, options: OpenStoreOptions): ObjectStore {
  const { fsync } = checkOptionNames(options.storage ?? {});
  return fileStore(folder, { host: options.host, fsync });
}

async function openS3(
  parts: LocationParts,
  url: string,
  options: OpenStoreOptions,
): Promise<ObjectStore> {
  if (parts.authority === "") {
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what: `Cannot open ${url}`,
      why: "it names no bucket",
      fix: "Use s3://bucket/prefix",
    });
  }
  const settings = readS3Options(
    parts.authority,
    options.storage ?? {},
    options.environment ?? process.env,
    options.warn ?? (() => {}),
  );
  const { s3Store } = await import("./s3_store.ts");
  return s3Store(
    parts.authority,
    parts.path,
    settings,
    options.host ?? systemHost,
  );
}

function join(authority: string, path: string): string {
  return path === "" ? authority : `${authority}/${path}`;
}
