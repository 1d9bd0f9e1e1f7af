/**
 * The snapshot of a table that was just created, out of its own commit: nothing
 * has to be read back.
 *
 * @module
 */

import { commitPath } from "../log/log_path.ts";
import type { LogSegment } from "../log/log_segment.ts";
import { parseSchema } from "../schema/schema_json.ts";
import { filesFrom, tombstonesFrom } from "../snapshot/load_snapshot.ts";
import { makeSnapshot, type Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";
import type { BuiltCommit } from "./commit_bytes.ts";
import { winnerOf } from "./conflict_types.ts";

/** The snapshot of version 0, as committed. */
export function createdSnapshot(
  context: TableContext,
  built: BuiltCommit,
): Snapshot {
  const now = context.host.now();
  const state = winnerOf(built.version, built.actions);
  const entry = {
    version: built.version,
    path: commitPath(built.version),
    size: built.bytes.length,
    lastModified: now,
  };
  const segment: LogSegment = {
    version: built.version,
    checkpoint: undefined,
    commits: [entry],
    compactions: [],
    emptyCommits: [],
    head: entry,
  };
  const metadata = state.metadata!;
  return makeSnapshot(
    {
      version: built.version,
      protocol: state.protocol!,
      metadata,
      schema: parseSchema(metadata.schemaString),
      transactions: new Map(state.txns.map((txn) => [txn.appId, txn])),
      domains: new Map(
        state.domains.filter((d) => !d.removed).map((d) => [d.domain, d]),
      ),
      inCommitTimestamp: built.inCommitTimestamp,
      segment,
      emptyCommits: [],
      checkpointVersion: undefined,
      newestAt: now,
    },
    filesFrom(context, segment),
    tombstonesFrom(context, segment),
  );
}
