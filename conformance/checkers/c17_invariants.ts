/**
 * C17, invariants: what holds of every version whatever the operations were:
 * constraints, append-only tables, application versions that rise, in-commit
 * timestamps that rise, row ids given once and kept, a change feed that is the
 * change, true statistics and times of removal, one table id, and nothing built
 * on a protocol that nobody knows.
 *
 * @module
 */

import { asRows, checkFeeds } from "./change_feed.ts";
import { checkConstraintText } from "./constraint.ts";
import type { Evidence } from "./evidence.ts";
import { removalTimes, sameTable, statistics } from "./file_facts.ts";
import {
  type JudgedCommit,
  logicalRow,
  NOTHING,
  type TableState,
} from "./replay.ts";
import {
  compareRows,
  deltaOf,
  describeDifference,
  type ModelRow,
  rowKey,
  shownRows,
} from "./rows.ts";
import { stableRowIds } from "./row_ids.ts";
import { type Finding, type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C17", "SAFETY");
const noted = verdicts("C17", "CONTRACT");

interface Step {
  readonly commit: JudgedCommit;
  readonly before: TableState;
  readonly after: TableState;
  readonly evidence: Evidence;
}

/** See the module. */
export function checkInvariants(evidence: Evidence): Verdict[] {
  const feeds = checkFeeds(evidence).map(found);
  const versions = evidence.commits.flatMap((commit) => {
    const { version } = commit;
    const step: Step = {
      commit,
      before: evidence.states.get(version - 1) ?? NOTHING,
      after: evidence.states.get(version)!,
      evidence,
    };
    const findings = [
      ...constraints(step),
      ...appendOnly(step),
      ...txns(step),
      ...timestamps(step),
      ...rowIds(step),
      ...stableRowIds(step),
      ...changeFeed(step),
      ...protocol(step),
      ...removalTimes(commit, evidence),
      ...sameTable(commit, step.before, step.after, evidence),
      ...statistics(commit, evidence),
    ];
    const about = {
      versions: [version],
      operations: [evidence.authors.get(version)],
    };
    return [
      ...findings.map((finding) => found({ ...about, ...finding })),
      ...blindFlag(step).map((finding) => noted({ ...about, ...finding })),
    ];
  });
  return [...versions, ...feeds];
}

const isOn = (state: TableState, property: string): boolean =>
  state.metadata?.configuration[property]?.toLowerCase() === "true";

function constraints({ commit, after }: Step): Finding[] {
  const out: Finding[] = [];
  const configuration = after.metadata?.configuration ?? {};
  for (const [name, text] of Object.entries(configuration)) {
    if (!name.startsWith("delta.constraints.")) continue;
    const holds = checkConstraintText(text);
    const bad = after.rows.filter((row) => holds(row) !== true);
    if (bad.length === 0) continue;
    out.push({
      anomaly: "constraint broken",
      story: `Version ${commit.version} has the constraint ${text} and ` +
        `${bad.length} row(s) for which it is not true.`,
      rows: bad.map(rowKey),
    });
  }
  for (const field of after.schema.fields) {
    if (field.nullable) continue;
    const bad = after.rows.filter((row) => (row[field.name] ?? null) === null);
    if (bad.length === 0) continue;
    out.push({
      anomaly: "null where none may be",
      story: `Column ${field.name} may not be null, and is in ${bad.length} ` +
        `row(s) of version ${commit.version}.`,
      rows: bad.map(rowKey),
    });
  }
  return out;
}

function appendOnly({ commit, before, after }: Step): Finding[] {
  const holds = isOn(before, "delta.appendOnly") &&
    isOn(after, "delta.appendOnly");
  const gone = commit.removes.find((remove) => remove.dataChange);
  return holds && gone
    ? [{
      anomaly: "append-only broken",
      story: `Version ${commit.version} removes ${gone.path} from an ` +
        "append-only table.",
      rows: [gone.path],
    }]
    : [];
}

function txns({ commit, before }: Step): Finding[] {
  return commit.txns.flatMap(({ appId, version }) => {
    const last = before.txns.get(appId);
    return last === undefined || version > last ? [] : [{
      anomaly: "txn not rising",
      story: `Version ${commit.version} records ${appId} at ${version}, and ` +
        `the table had it at ${last} already: the batch is applied twice.`,
    }];
  });
}

function timestamps({ commit, before, after }: Step): Finding[] {
  if (!isOn(after, "delta.enableInCommitTimestamps")) return [];
  const stamp = after.inCommitTimestamp;
  if (stamp === undefined) {
    return [{
      anomaly: "no in-commit timestamp",
      story: `In-commit timestamps are on, and version ${commit.version} has ` +
        "none.",
    }];
  }
  const last = before.inCommitTimestamp;
  return last === undefined || stamp > last ? [] : [{
    anomaly: "in-commit timestamp not rising",
    story: `Version ${commit.version} has the in-commit timestamp ${stamp}, ` +
      `and the version before ${last}.`,
  }];
}

function rowIds({ commit, after }: Step): Finding[] {
  if (!after.protocol?.writerFeatures?.includes("rowTracking")) return [];
  const bare = commit.adds.find((add) => add.baseRowId === undefined);
  if (bare) {
    return [{
      anomaly: "no row ids",
      story: `The table tracks rows, and version ${commit.version} adds ` +
        `${bare.path} without baseRowId.`,
      rows: [bare.path],
    }];
  }
  const ranges = [...after.live.values()].flatMap((file) =>
    file.baseRowId === undefined ? [] : [{
      path: file.path,
      first: file.baseRowId,
      end: file.baseRowId + numRecords(file.stats),
    }]
  ).sort((a, b) => a.first - b.first);
  for (let i = 1; i < ranges.length; i++) {
    const [a, b] = [ranges[i - 1]!, ranges[i]!];
    if (b.first >= a.end) continue;
    return [{
      anomaly: "row ids twice",
      story: `In version ${commit.version} the row ids of ${a.path} ` +
        `(${a.first} to ${a.end - 1}) and ${b.path} (from ${b.first}) overlap.`,
      rows: [a.path, b.path],
    }];
  }
  const mark = highWaterMark(after.domains.get("delta.rowTracking"));
  const last = ranges.at(-1);
  if (last && mark < last.end - 1) {
    return [{
      anomaly: "high-water mark too low",
      story: `Version ${commit.version} gives row ids up to ${last.end - 1}, ` +
        `and its high-water mark is ${mark}.`,
    }];
  }
  return [];
}

function numRecords(stats: string | undefined): number {
  const count = /"numRecords"\s*:\s*(\d+)/.exec(stats ?? "");
  return Number(count?.[1] ?? 0);
}

function highWaterMark(configuration: string | undefined): number {
  if (configuration === undefined) return -1;
  const parsed: { rowIdHighWaterMark?: number } = JSON.parse(configuration);
  return parsed.rowIdHighWaterMark ?? -1;
}

/** With change data files, their net change is the version's. */
function changeFeed(step: Step): Finding[] {
  const { commit, before, after, evidence } = step;
  if (!isOn(after, "delta.enableChangeDataFeed") || !after.metadata) return [];
  if (commit.cdc.length === 0) return [];
  const told: { readonly row: ModelRow; readonly type: string }[] = [];
  for (const file of commit.cdc) {
    for (const row of evidence.rowsOf(file) ?? []) {
      told.push({
        row: logicalRow(row, file, after.metadata, after.schema),
        type: String(row._change_type),
      });
    }
  }
  const of = (...types: string[]): ModelRow[] =>
    told.filter(({ type }) => types.includes(type)).map(({ row }) => row);
  const net = deltaOf(
    of("delete", "update_preimage"),
    of("insert", "update_postimage"),
  );
  const real = deltaOf(before.rows, after.rows);
  const difference = compareRows(
    asRows(real.added, real.removed),
    asRows(net.added, net.removed),
  );
  return difference.missing.length + difference.extra.length === 0 ? [] : [{
    anomaly: "change feed differs",
    story: `The change data of version ${commit.version} is not what it ` +
      `changed: ${describeDifference(difference)}.`,
    rows: shownRows(difference),
  }];
}

/** Every table feature of the protocol. */
const FEATURES = new Set(
  ("appendOnly invariants checkConstraints changeDataFeed generatedColumns " +
    "allowColumnDefaults columnMapping identityColumns deletionVectors " +
    "rowTracking timestampNtz domainMetadata v2Checkpoint icebergCompatV1 " +
    "icebergCompatV2 icebergCompatV3 clustering vacuumProtocolCheck " +
    "inCommitTimestamp typeWidening typeWidening-preview variantType " +
    "variantType-preview variantShredding variantShredding-preview " +
    "catalogManaged catalogOwned-preview materializePartitionColumns " +
    "checkpointProtection coordinatedCommits-preview redirectReaderWriter-preview " +
    "redirectWriterOnly-preview collations-preview").split(" "),
);

const NEWEST_WRITER = 7;

function protocol({ commit, before, evidence }: Step): Finding[] {
  const { protocol } = before;
  const author = evidence.authors.get(commit.version);
  if (!protocol || author === undefined) return [];
  const strange = protocol.writerFeatures?.find((name) => !FEATURES.has(name));
  if (strange === undefined && protocol.minWriterVersion <= NEWEST_WRITER) {
    return [];
  }
  return [{
    anomaly: "unknown protocol",
    story: `Version ${commit.version} was committed on top of a protocol with ${
      strange === undefined
        ? `writer version ${protocol.minWriterVersion}`
        : `the feature ${strange}`
    }, which ${author} cannot know.`,
  }];
}

/** A commit that says it read nothing is one of an operation that reads nothing. */
function blindFlag({ commit, evidence }: Step): Finding[] {
  if (commit.commitInfo?.isBlindAppend !== true) return [];
  const author = evidence.authors.get(commit.version);
  const kind = author === undefined
    ? undefined
    : evidence.operationById.get(author)?.call.op;
  const reads = kind === "appendSelect" || kind === "update" ||
    kind === "delete" || kind === "merge" || commit.removes.length > 0;
  return !reads ? [] : [{
    anomaly: "untrue isBlindAppend",
    story: `Version ${commit.version} (${kind}) says that it read nothing.`,
  }];
}
