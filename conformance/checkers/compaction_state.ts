/**
 * Log compactions as the judge reads them: a file for a range of commits, applied
 * to the state before the range, claims to give the state after it.
 *
 * Source: Delta protocol, "Log Compaction Files".
 *
 * @module
 */

import { type JudgedCheckpoint, protocolText } from "./checkpoint_state.ts";
import type { Evidence } from "./evidence.ts";
import { applyCommit, parseCommitFile, type TableState } from "./replay.ts";

const COMPACTION = /^_delta_log\/(\d{20})\.(\d{20})\.compacted\.json$/;

/** The actions that are reconciled; the others are of a single commit. */
const MAY_HOLD: ReadonlySet<string> = new Set([
  "add",
  "remove",
  "metaData",
  "protocol",
  "txn",
  "domainMetadata",
]);

/** What each log compaction in the store claims of its last version. */
export function readCompactions(evidence: Evidence): JudgedCheckpoint[] {
  return [...evidence.objects.values()].flatMap(({ path, bytes }) => {
    const [, from, to] = COMPACTION.exec(path) ?? [];
    if (from === undefined) return [];
    const before = evidence.states.get(Number(from) - 1);
    return before ? [claimOf(path, Number(to), bytes, before)] : [];
  });
}

function claimOf(
  path: string,
  version: number,
  bytes: Uint8Array,
  before: TableState,
): JudgedCheckpoint {
  const commit = parseCommitFile(version, bytes, 0);
  const after = applyCommit(before, commit, () => []);
  const foreign = commit.lines.flatMap((line) => Object.keys(line))
    .filter((name) => !MAY_HOLD.has(name));
  return {
    version,
    path,
    ...(commit.badLines.length > 0 && {
      trouble: `line ${commit.badLines[0]} is no action`,
    }),
    live: new Set(after.live.keys()),
    tombstones: new Set(after.tombstones.keys()),
    txns: after.txns,
    domains: after.domains,
    schemaStrings: after.metadata ? [after.metadata.schemaString] : [],
    protocols: after.protocol ? [protocolText(after.protocol)] : [],
    foreign: [...new Set(foreign)],
  };
}
