/**
 * Writes a log compaction file: the reconciled actions of a range of commits,
 * which readers may take in place of the commits.
 *
 * Every line is the very line of the commit that had the last word, so that no
 * digit and no unknown field is lost. Removes and removed domains stay: they
 * speak of what is below the range. Provenance and change files go. Two writers
 * of one range write the same bytes.
 *
 * Source: Delta protocol, "Log Compaction Files" and "Action Reconciliation".
 *
 * @module
 */

import type { Action } from "../actions/action.ts";
import { forEachAction, isBlankCommit } from "../actions/commit_codec.ts";
import { fileKey } from "../actions/file_key.ts";
import { DeltaError } from "../errors.ts";
import type { TableContext } from "../store/table_context.ts";
import { readCommit } from "./commit_file.ts";
import { commitPath, compactionPath, type Version } from "./log_path.ts";
import { orderedParallel } from "./ordered_parallel.ts";

/** A compaction that was written. */
export interface WrittenCompaction {
  /** Its path, relative to the table. */
  readonly path: string;
  /** First version of its range. */
  readonly start: Version;
  /** Last version of its range, included. */
  readonly end: Version;
  /** Actions in it. */
  readonly actions: number;
  /** Its bytes. */
  readonly sizeInBytes: number;
}

/** Commits read at once. */
const PARALLEL_COMMITS = 16;

/** The order of the kinds in the file. */
const KINDS = ["protocol", "metaData", "txn", "domain", "file"] as const;

/**
 * Compacts the commits of a range, all of which must be there. The commits stay.
 *
 * @param start First version.
 * @param end Last version, included, later than the first.
 * @throws {DeltaError} `DELTA_VERSIONS_NOT_CONTIGUOUS` where a commit is
 * missing, `DELTA_LOG_FILE_CORRUPT` where one cannot be read or holds nothing;
 * `DELTA_STORE_REJECTED`, `DELTA_STORE_UNAVAILABLE`.
 */
export async function writeCompaction(
  context: TableContext,
  start: Version,
  end: Version,
  signal?: AbortSignal,
): Promise<WrittenCompaction> {
  const versions = Array.from({ length: end - start + 1 }, (_, i) => end - i);
  const lines = new Map<string, string>();
  const reads = orderedParallel(versions, PARALLEL_COMMITS, async (version) => {
    const commit = await readCommit(context, version, { signal });
    return commit ?? { path: commitPath(version), bytes: undefined };
  });
  // Newest first: the first word on each counts.
  for await (const { path, bytes } of reads) {
    if (!bytes || isBlankCommit(bytes)) {
      throw unusable(context, start, end, path, bytes === undefined);
    }
    for (const [subject, line] of lastWords(bytes, path)) {
      if (!lines.has(subject)) lines.set(subject, line);
    }
  }
  const rank = (subject: string) =>
    KINDS.findIndex((kind) => subject.startsWith(`${kind}\0`));
  const sorted = [...lines].sort(([a], [b]) =>
    rank(a) - rank(b) || (a < b ? -1 : 1)
  );
  const text = sorted.map(([, line]) => `${line}\n`).join("");
  const content = new TextEncoder().encode(text);
  const path = compactionPath(start, end);
  // A file without a line says nothing, and looks cut.
  if (content.length > 0) await put(context, path, content, signal);
  return {
    path,
    start,
    end,
    actions: sorted.length,
    sizeInBytes: content.length,
  };
}

/** What one commit says last of each subject, as the lines it says it in. */
function lastWords(bytes: Uint8Array, path: string): Map<string, string> {
  const text = new TextDecoder().decode(bytes);
  const rows = text.split("\n");
  const said = new Map<string, string>();
  const actions = new Map<string, readonly [Action, number]>();
  const perLine = new Map<number, number>();
  forEachAction(text, path, (action, line) => {
    perLine.set(line, (perLine.get(line) ?? 0) + 1);
    const subject = subjectOf(action);
    if (subject !== undefined) actions.set(subject, [action, line]);
  });
  for (const [subject, [action, line]] of actions) {
    const isAlone = perLine.get(line) === 1;
    const own = isAlone ? rows[line - 1]!.trim() : JSON.stringify(action);
    said.set(subject, own);
  }
  return said;
}

/** What an action speaks of; nothing for what reconciliation drops. */
function subjectOf(action: Action): string | undefined {
  if ("add" in action) {
    return `file\0${fileKey(action.add.path, action.add.deletionVector)}`;
  }
  if ("remove" in action) {
    const { path, deletionVector } = action.remove;
    return `file\0${fileKey(path, deletionVector)}`;
  }
  if ("protocol" in action) return "protocol\0";
  if ("metaData" in action) return "metaData\0";
  if ("txn" in action) return `txn\0${action.txn.appId}`;
  return "domainMetadata" in action
    ? `domain\0${action.domainMetadata.domain}`
    : undefined;
}

async function put(
  context: TableContext,
  path: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const outcome = await context.store.put(path, bytes, { signal });
  if (outcome.kind === "written") return;
  throw new DeltaError(
    outcome.kind === "rejected"
      ? "DELTA_STORE_REJECTED"
      : "DELTA_STORE_UNAVAILABLE",
    {
      what: `Cannot write ${path} of ${context.url}`,
      why: outcome.reason,
      fix: "The table is unharmed: its commits hold the same",
      cause: outcome.cause,
      context: { path },
    },
  );
}

function unusable(
  context: TableContext,
  start: Version,
  end: Version,
  path: string,
  isMissing: boolean,
): DeltaError {
  return new DeltaError(
    isMissing ? "DELTA_VERSIONS_NOT_CONTIGUOUS" : "DELTA_LOG_FILE_CORRUPT",
    {
      what: `Cannot compact versions ${start} to ${end} of ${context.url}`,
      why: isMissing ? `${path} is missing` : `${path} holds nothing`,
      fix: "Compact a range whose commits are all there",
      context: { start, end, path },
    },
  );
}
