/**
 * Lists a folder tree as a store lists objects: whole paths in the order of
 * their UTF-8 bytes, walking only the directories that can hold the prefix.
 *
 * @module
 */

import {
  type DirectoryEntry,
  errorCode,
  type FileFacts,
  type FileSystem,
} from "./file_system.ts";
import type { ObjectMeta } from "./object_store.ts";
import { compareUtf8 } from "./store_path.ts";

/** What to list. */
export interface FolderListing {
  /** Only paths that start with it. */
  readonly prefix: string;
  /** Only paths after it. */
  readonly startAfter: string | undefined;
  /** Whether a file's path is to be left out. */
  readonly isHidden: (path: string) => boolean;
}

/** How many files are looked at in one go. */
const PAGE = 256;

/**
 * Every file under `root`; none when there is no such folder. Files that vanish
 * while the listing runs are left out.
 */
export async function* listFolder(
  root: string,
  files: FileSystem,
  listing: FolderListing,
): AsyncGenerator<ObjectMeta> {
  // Straight to the deepest directory that the prefix names.
  const folder = listing.prefix.slice(0, listing.prefix.lastIndexOf("/") + 1);
  yield* walk(root, folder, files, listing);
}

async function* walk(
  root: string,
  folder: string,
  files: FileSystem,
  listing: FolderListing,
): AsyncGenerator<ObjectMeta> {
  let page: string[] = [];
  for (const entry of await sortedEntries(`${root}/${folder}`, files)) {
    const path = folder + entry.name;
    if (entry.kind === "directory") {
      if (!mayHold(`${path}/`, listing)) continue;
      yield* look(root, page, files);
      page = [];
      yield* walk(root, `${path}/`, files, listing);
    } else if (entry.kind === "file" && isWanted(path, listing)) {
      page.push(path);
      if (page.length < PAGE) continue;
      yield* look(root, page, files);
      page = [];
    }
  }
  yield* look(root, page, files);
}

async function* look(
  root: string,
  page: readonly string[],
  files: FileSystem,
): AsyncGenerator<ObjectMeta> {
  const facts = await Promise.all(
    page.map((path) => statOrGone(`${root}/${path}`, files)),
  );
  for (const [i, path] of page.entries()) {
    const found = facts[i];
    if (found?.kind !== "file") continue;
    yield { path, size: found.size, lastModified: found.modifiedMs };
  }
}

function isWanted(path: string, listing: FolderListing): boolean {
  return path.startsWith(listing.prefix) && !listing.isHidden(path) &&
    (listing.startAfter === undefined ||
      compareUtf8(path, listing.startAfter) > 0);
}

/** Whether a directory, named with its slash, may hold a wanted file. */
function mayHold(folder: string, listing: FolderListing): boolean {
  const { prefix, startAfter } = listing;
  if (!folder.startsWith(prefix) && !prefix.startsWith(folder)) return false;
  return startAfter === undefined || startAfter.startsWith(folder) ||
    compareUtf8(folder, startAfter) > 0;
}

async function sortedEntries(
  folder: string,
  files: FileSystem,
): Promise<readonly DirectoryEntry[]> {
  try {
    const entries = await files.readDirectory(folder);
    // A directory sorts as its paths do: with the slash.
    const keyed = entries.map((entry) => ({
      key: entry.kind === "directory" ? `${entry.name}/` : entry.name,
      entry,
    }));
    return keyed.sort((a, b) => compareUtf8(a.key, b.key)).map((e) => e.entry);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

async function statOrGone(
  path: string,
  files: FileSystem,
): Promise<FileFacts | undefined> {
  try {
    return await files.stat(path);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP"].includes(
    errorCode(error),
  );
}
