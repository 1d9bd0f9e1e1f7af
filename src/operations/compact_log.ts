/**
 * Puts the commits of a range together in one file, which readers may take in
 * their place. The commits stay, and no version is made.
 *
 * Source: Delta protocol, "Log Compaction Files".
 *
 * @module
 */

import { DeltaError, throwIfAborted } from "../errors.ts";
import {
  writeCompaction,
  type WrittenCompaction,
} from "../log/compaction_writer.ts";
import type { Version } from "../log/log_path.ts";
import { checkWritable } from "../protocol/support.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import { checkKnown } from "./write_options.ts";

/** Options of {@link compactLog}. */
export interface CompactLogOptions {
  /** First version; the one after the newest checkpoint by default. */
  readonly from?: Version | undefined;
  /** Last version, included; that of the state by default. */
  readonly to?: Version | undefined;
  /** Cancels between requests. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of a log compaction. It never makes a version. */
export interface CompactLogResult {
  /** `written`, or `nothing-to-do` for fewer than two commits. */
  readonly outcome: "written" | "nothing-to-do";
  /** The file, where one was written. */
  readonly compaction: WrittenCompaction | undefined;
}

/**
 * Writes the compaction of a range of commits.
 *
 * @param context The table.
 * @param base A state of it; the range ends there at the latest.
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` for a range that is none or
 *   that goes past the state; as `writeCompaction`.
 */
export async function compactLog(
  context: TableContext,
  base: Snapshot,
  options: CompactLogOptions = {},
): Promise<CompactLogResult> {
  const { signal } = options;
  const what = `Cannot compact the log of ${context.url}`;
  checkKnown(options, ["from", "to", "signal"], what);
  throwIfAborted(signal, `Compacting the log of ${context.url}`);
  const { protocol, metadata, schema } = base;
  checkWritable(protocol, metadata, schema, { operation: "metadata" });
  const from = options.from ?? (base.checkpointVersion ?? -1) + 1;
  const to = options.to ?? base.version;
  const isRange = [from, to].every((v) => Number.isSafeInteger(v) && v >= 0) &&
    to <= base.version &&
    (from <= to || (options.from === undefined && options.to === undefined));
  if (!isRange) {
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what,
      why: `versions ${from} to ${to} are no range of versions up to ` +
        `${base.version}`,
      fix: "Give the first and the last version, the last one included",
      context: { from, to, version: base.version },
    });
  }
  if (from >= to) return { outcome: "nothing-to-do", compaction: undefined };
  const compaction = await writeCompaction(context, from, to, signal);
  return compaction.actions === 0
    ? { outcome: "nothing-to-do", compaction: undefined }
    : { outcome: "written", compaction };
}
