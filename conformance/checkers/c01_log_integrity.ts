/**
 * C1, log integrity: versions without a gap, each written once and whole, each
 * commit holding what one may hold (O1, O5–O9, O18).
 *
 * @module
 */

import {
  commitPath,
  type Evidence,
  isWrite,
  versionOfPath,
} from "./evidence.ts";
import { type JudgedCommit, keyOf, type TableState } from "./replay.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C1", "SAFETY");

/** See the module. */
export function checkLogIntegrity(evidence: Evidence): Verdict[] {
  return [
    ...writtenOnce(evidence),
    ...withoutGap(evidence),
    ...evidence.commits.flatMap((commit) => [
      ...wholeLines(commit),
      ...atMostOne(commit),
      ...fitsState(commit, evidence),
    ]),
  ];
}

function writtenOnce({ trace, objects }: Evidence): Verdict[] {
  const out: Verdict[] = [];
  const first = new Map<number, { opId: string | undefined; bytes: string }>();
  for (const entry of trace) {
    const version = versionOfPath(entry.path);
    if (version === undefined || !isWrite(entry) || !entry.bytes) continue;
    const bytes = text(entry.bytes);
    const before = first.get(version);
    if (!before) {
      first.set(version, { opId: entry.opId, bytes });
      continue;
    }
    out.push(found({
      anomaly: "version written twice",
      story: `Version ${version} was written by ${before.opId} and again by ` +
        `${entry.opId}${
          before.bytes === bytes ? "" : ", with other bytes"
        }: a log entry must never be overwritten.`,
      versions: [version],
      operations: [before.opId, entry.opId],
    }));
  }
  for (const [version, { opId, bytes }] of first) {
    const last = objects.get(commitPath(version));
    if (!last || text(last.bytes) === bytes) continue;
    out.push(found({
      anomaly: "version changed",
      story: `The bytes of version ${version} are not those that ${opId} ` +
        "wrote first.",
      versions: [version],
      operations: [opId],
    }));
  }
  return out;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function withoutGap({ commits }: Evidence): Verdict[] {
  return commits.flatMap(({ version }, i) => {
    const before = i === 0 ? -1 : commits[i - 1]!.version;
    return version === before + 1 ? [] : [found({
      anomaly: "gap",
      story: `Version ${version} follows version ${before}: ` +
        `${version - before - 1} version(s) between were never written.`,
      versions: [before, version],
    })];
  });
}

function wholeLines(commit: JudgedCommit): Verdict[] {
  const { version, badLines, lines } = commit;
  if (badLines.length > 0) {
    return [found({
      anomaly: "torn commit",
      story: `Line ${badLines[0]} of version ${version} is not a JSON object.`,
      versions: [version],
    })];
  }
  return lines.length > 0 ? [] : [found({
    anomaly: "torn commit",
    story: `Version ${version} holds no action.`,
    versions: [version],
  })];
}

function atMostOne(commit: JudgedCommit): Verdict[] {
  const { version } = commit;
  const groups: readonly (readonly [string, readonly string[]])[] = [
    ["metaData", commit.metadata.map(() => "metaData")],
    ["protocol", commit.protocols.map(() => "protocol")],
    ["txn of", commit.txns.map(({ appId }) => appId)],
    ["domain", commit.domains.map(({ domain }) => domain)],
    ["add of", commit.adds.map(keyOf)],
    ["add of the path", commit.adds.map(({ path }) => path)],
    ["remove of", commit.removes.map(keyOf)],
  ];
  return groups.flatMap(([what, keys]) => {
    const twice = keys.find((key, i) => keys.indexOf(key) !== i);
    return twice === undefined ? [] : [found({
      anomaly: "action twice",
      story: `Version ${version} has more than one ${what}${
        what === twice ? "" : ` ${twice}`
      }.`,
      versions: [version],
      rows: [twice],
    })];
  });
}

function fitsState(commit: JudgedCommit, evidence: Evidence): Verdict[] {
  const { version } = commit;
  const state: TableState | undefined = evidence.states.get(version);
  const out: Verdict[] = [];
  if (version === 0 && (!state?.metadata || !state.protocol)) {
    out.push(found({
      anomaly: "no metadata",
      story: "Version 0 lacks metaData or protocol, which every snapshot has.",
      versions: [0],
    }));
  }
  const removed = new Set(commit.removes.map(keyOf));
  const both = commit.adds.find((add) => removed.has(keyOf(add)));
  if (both) {
    out.push(found({
      anomaly: "added and removed",
      story: `Version ${version} adds and removes ${both.path}: actions of ` +
        "one commit have no order.",
      versions: [version],
      rows: [both.path],
    }));
  }
  const first = commit.lines[0];
  const isStamped = commit.commitInfo?.inCommitTimestamp !== undefined;
  if (isStamped && first && !("commitInfo" in first)) {
    out.push(found({
      anomaly: "commitInfo not first",
      story: `Version ${version} has an in-commit timestamp, and its ` +
        "commitInfo is not its first action.",
      versions: [version],
    }));
  }
  return out;
}
