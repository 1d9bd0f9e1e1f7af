/**
 * Deletion vectors of a commit: one file for several of them, and the actions
 * that put them in the place of what was there.
 *
 * Source: Delta protocol, "Deletion Vectors" and "Add File and Remove File".
 *
 * @module
 */

import type { AddFile, DeletionVectorDescriptor } from "../actions/action.ts";
import { DeltaError, throwIfAborted } from "../errors.ts";
import { tableProperties } from "../protocol/table_property.ts";
import type { TableContext } from "../store/table_context.ts";
import { deletionVectorName, deletionVectorPath } from "./data_path.ts";
import {
  type DeletedRows,
  type DeletionVectorFile,
  formatDeletionVectorFile,
} from "./deletion_vector.ts";

/** Roughly how many serialised bytes go into one file. */
const FILE_BYTES = 16 * 2 ** 20;

/** A file of which rows are deleted. */
export interface FileDeletion {
  /** The action that names it now. */
  readonly add: AddFile;
  /** All its deleted rows, those deleted before too. */
  readonly deleted: DeletedRows;
  /** Rows in the file, deleted ones included. */
  readonly rowCount: number;
}

/**
 * Writes deletion vectors, as few files as they fit into.
 *
 * @param configuration The table's properties.
 * @param paths Takes the path of every file before it is put, so that a caller can delete them after a failure.
 * @throws {DeltaError} `DELTA_STORE_REJECTED` or `DELTA_STORE_UNAVAILABLE` when the store does not take a file.
 */
export async function writeDeletionVectors(
  context: TableContext,
  configuration: Readonly<Record<string, string>>,
  deletions: readonly FileDeletion[],
  paths: string[],
  signal?: AbortSignal,
): Promise<AddFile[]> {
  const properties = tableProperties(configuration);
  const adds: AddFile[] = [];
  for (const group of groupsOf(deletions)) {
    const uuid = context.host.uuid();
    const prefix = properties.randomizeFilePrefixes
      ? context.host.uuid().replaceAll("-", "")
        .slice(0, properties.randomPrefixLength)
      : "";
    const file = formatDeletionVectorFile(group.map((d) => d.deleted));
    const path = deletionVectorPath(prefix, uuid);
    paths.push(path);
    await putFile(context, path, file, signal);
    const pathOrInlineDv = deletionVectorName(prefix, uuid);
    group.forEach((deletion, i) => {
      adds.push(addWith(deletion, {
        storageType: "u",
        pathOrInlineDv,
        ...file.entries[i]!,
      }));
    });
  }
  return adds;
}

/**
 * Statistics of a file of which rows have been deleted since they were
 * collected: the same bounds, said to be wide, and the number of rows, which
 * such a file must have.
 *
 * @param stats The statistics as JSON text, where there are any.
 * @param rowCount Rows in the file, deleted ones included.
 */
export function withWideBounds(
  stats: string | undefined,
  rowCount: number,
): string {
  const members = stats === undefined ? [] : topMembers(stats);
  const kept = members.filter(({ name }) =>
    name !== "tightBounds" && name !== "numRecords"
  ).map(({ text }) => text);
  return `{${
    [`"numRecords":${rowCount}`, ...kept, `"tightBounds":false`].join(",")
  }}`;
}

function addWith(
  { add, rowCount }: FileDeletion,
  deletionVector: DeletionVectorDescriptor,
): AddFile {
  return {
    ...add,
    dataChange: true,
    stats: withWideBounds(add.stats, rowCount),
    deletionVector,
  };
}

function* groupsOf(
  deletions: readonly FileDeletion[],
): Generator<FileDeletion[]> {
  let group: FileDeletion[] = [], bytes = 0;
  for (const deletion of deletions) {
    group.push(deletion);
    // Two bytes a row at most, and no container is longer than a bitmap.
    bytes += Math.min(2 * deletion.deleted.size, deletion.rowCount / 8 + 8_192);
    if (bytes < FILE_BYTES) continue;
    yield group;
    [group, bytes] = [[], 0];
  }
  if (group.length > 0) yield group;
}

async function putFile(
  context: TableContext,
  path: string,
  file: DeletionVectorFile,
  signal: AbortSignal | undefined,
): Promise<void> {
  const outcome = await context.store.put(path, file.bytes, { signal });
  if (outcome.kind === "written") return;
  throwIfAborted(signal, `Writing to ${context.url}`);
  const rejected = outcome.kind === "rejected";
  throw new DeltaError(
    rejected ? "DELTA_STORE_REJECTED" : "DELTA_STORE_UNAVAILABLE",
    {
      what: `Cannot write the deletion vectors ${path} of ${context.url}`,
      why: outcome.reason,
      fix: rejected
        ? "Nothing was committed; see to the store's permissions and space"
        : "Nothing was committed; the same call may pass later",
      context: { path },
      cause: outcome.cause,
    },
  );
}

/** The members of a JSON object as text, so that no digit of a number is lost; none where it is no object. */
function topMembers(json: string): { name: string; text: string }[] {
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed !== "object" || parsed === null) return [];
    if (Array.isArray(parsed)) return [];
  } catch {
    // Statistics are a hint: a broken one is replaced.
    return [];
  }
  const members: { name: string; text: string }[] = [];
  let depth = 0, inString = false, start = 0;
  const take = (end: number): void => {
    const text = json.slice(start, end).trim();
    const name = /^"(?:[^"\\]|\\.)*"/.exec(text)?.[0];
    if (name !== undefined) members.push({ name: JSON.parse(name), text });
  };
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (inString) {
      if (char === "\\") at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{" || char === "[") {
      if (depth++ === 0) start = at + 1;
    } else if (char === "}" || char === "]") {
      if (--depth === 0) take(at);
    } else if (char === "," && depth === 1) {
      take(at);
      start = at + 1;
    }
  }
  return members;
}
