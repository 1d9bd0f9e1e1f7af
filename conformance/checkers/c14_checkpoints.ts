/**
 * C14, checkpoints and log compactions: each is what replay from version 0 gives at its version,
 * tombstones, application versions and domains included; none is written
 * before its commit; and the hint never stands in a reader's way.
 *
 * @module
 */

import { readCompactions } from "./compaction_state.ts";
import { type JudgedCheckpoint, protocolText } from "./checkpoint_state.ts";
import { commitPath, type Evidence, isWrite, storedFiles } from "./evidence.ts";
import type { TableState } from "./replay.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C14", "SAFETY");
const stuck = verdicts("C14", "LIVENESS");
const noted = verdicts("C14", "CONTRACT");

const DAY_MS = 86_400_000;
const TOMBSTONE_RETENTION_MS = 7 * DAY_MS;
/** How far the clock of whoever wrote a checkpoint may be from the store's. */
const SKEW_MS = 3_600_000;

/** See the module. */
export function checkCheckpoints(evidence: Evidence): Verdict[] {
  return [
    ...[...evidence.checkpoints, ...readCompactions(evidence)]
      .flatMap((claim) => equivalent(claim, evidence)),
    ...hints(evidence),
    ...readersStuck(evidence),
  ];
}

function equivalent(
  checkpoint: JudgedCheckpoint,
  evidence: Evidence,
): Verdict[] {
  const { version, path, trouble } = checkpoint;
  const report = (anomaly: string, story: string, rows: string[] = []) =>
    found({ anomaly, story, versions: [version], rows });
  const writes = evidence.trace.filter((entry) =>
    entry.path === path && isWrite(entry)
  );
  const effect = evidence.effectAt.get(version);
  const early = writes.find((entry) =>
    effect === undefined || entry.time < effect
  );
  if (early && evidence.trace.length > 0) {
    return [report(
      "checkpoint before its commit",
      `${path} was written by ${early.opId} when version ${version} was not ` +
        "there yet.",
    )];
  }
  if (trouble !== undefined) {
    return [report("unreadable checkpoint", `${path}: ${trouble}.`)];
  }
  const state = evidence.states.get(version);
  if (!state) {
    return [report(
      "checkpoint of no version",
      `${path} is of version ${version}, which the log does not have.`,
    )];
  }
  const writtenAt = writes.at(-1)?.atMs ??
    evidence.commits.at(-1)?.writtenMs ?? 0;
  return differences(checkpoint, state, writtenAt).map(([what, rows]) =>
    report(
      "checkpoint differs",
      `Replaying the log to version ${version} does not give what ${path} ` +
        `holds: ${what}.`,
      rows,
    )
  );
}

function differences(
  checkpoint: JudgedCheckpoint,
  state: TableState,
  writtenAt: number,
): [string, string[]][] {
  const out: [string, string[]][] = [];
  const compare = (
    what: string,
    wanted: Iterable<string>,
    got: Iterable<string>,
  ): void => {
    const [a, b] = [new Set(wanted), new Set(got)];
    const missing = [...a].filter((key) => !b.has(key));
    const extra = [...b].filter((key) => !a.has(key));
    if (missing.length + extra.length === 0) return;
    out.push([
      `${missing.length} ${what} missing and ${extra.length} too many`,
      [
        ...missing.map((key) => `missing ${key}`),
        ...extra.map((key) => `too many ${key}`),
      ],
    ]);
  };
  const pairs = (map: ReadonlyMap<string, unknown>): string[] =>
    [...map].map(([name, value]) => `${name} = ${value}`);
  compare("file(s)", state.live.keys(), checkpoint.live);
  const configuration = state.metadata?.configuration ?? {};
  if (configuration["delta.setTransactionRetentionDuration"] === undefined) {
    compare("txn(s)", pairs(state.txns), pairs(checkpoint.txns));
  }
  compare("domain(s)", pairs(state.domains), pairs(checkpoint.domains));
  compare(
    "metadata",
    state.metadata ? [state.metadata.schemaString] : [],
    checkpoint.schemaStrings,
  );
  compare(
    "protocol",
    state.protocol ? [protocolText(state.protocol)] : [],
    checkpoint.protocols,
  );
  compare("foreign action(s)", [], checkpoint.foreign);
  const retention = retentionMs(
    configuration["delta.deletedFileRetentionDuration"],
  );
  const unexpired = [...state.tombstones].filter(([, remove]) =>
    (remove.deletionTimestamp ?? 0) > writtenAt - retention + SKEW_MS
  ).map(([key]) => key);
  compare(
    "tombstone(s)",
    unexpired,
    unexpired.filter((key) => checkpoint.tombstones.has(key)),
  );
  compare(
    "tombstone(s) of live files",
    [],
    [...checkpoint.tombstones].filter((key) => state.live.has(key)),
  );
  return out;
}

const UNITS: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
};

/** An interval of a table property; the protocol's seven days where there is none. */
export function retentionMs(text: string | undefined): number {
  const match = /(\d+)\s+([a-z]+?)s?$/i.exec(text?.trim() ?? "");
  if (!match) return TOMBSTONE_RETENTION_MS;
  return Number(match[1]) * (UNITS[match[2]!.toLowerCase()] ?? DAY_MS);
}

const CHECKPOINT_OF = /^_delta_log\/(\d{20})\.checkpoint\./;

function hints({ trace }: Evidence): Verdict[] {
  const written = new Set<number>();
  const out: Verdict[] = [];
  for (const entry of trace) {
    if (!isWrite(entry)) continue;
    const of = CHECKPOINT_OF.exec(entry.path);
    if (of) written.add(Number(of[1]));
    if (!entry.path.endsWith("/_last_checkpoint") || !entry.bytes) continue;
    const version = hintVersion(entry.bytes);
    if (version === undefined || written.has(version)) continue;
    out.push(noted({
      anomaly: "hint ahead",
      story: `${entry.opId} wrote a hint at checkpoint ${version}, which was ` +
        "not there.",
      versions: [version],
      operations: [entry.opId],
    }));
  }
  return out;
}

function hintVersion(bytes: Uint8Array): number | undefined {
  try {
    const hint: { version?: unknown } = JSON.parse(
      new TextDecoder().decode(bytes),
    );
    return typeof hint.version === "number" ? hint.version : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const READS = new Set(["open", "refresh", "read"]);

/** With every commit and data file there, whatever the checkpoints are like, reading works. */
function readersStuck(evidence: Evidence): Verdict[] {
  if ((evidence.faults ?? 0) > 0 || !isWhole(evidence)) return [];
  return evidence.operations.flatMap((op) => {
    const error = op.failure?.error;
    if (!READS.has(op.call.op) || !error) return [];
    if (error.kind !== "corrupt" && error.kind !== "internal") return [];
    // Files of a version that expired may be gone: C15 judges when.
    const base = evidence.baseOf.get(op.opId);
    if (op.call.op === "read" && !hasFiles(evidence, base)) return [];
    return [stuck({
      anomaly: "reader stuck",
      story: `${op.opId} (${op.call.op}) failed, with every commit readable: ` +
        `${error.message.slice(0, 200)}`,
      operations: [op.opId],
    })];
  });
}

/** Whether the log is there from version 0 on, and every live file. */
function isWhole(evidence: Evidence): boolean {
  const { commits, objects, unreadable } = evidence;
  const newest = commits.at(-1)?.version ?? -1;
  const hasCommits = commits.length === newest + 1 &&
    commits.every(({ version, badLines }) =>
      badLines.length === 0 && objects.has(commitPath(version))
    );
  return hasCommits && unreadable.size === 0 && hasFiles(evidence, newest);
}

/** Whether everything that a version names is there. */
function hasFiles(
  { objects, states }: Evidence,
  version: number | undefined,
): boolean {
  const live = states.get(version ?? -1)?.live.values() ?? [];
  return [...live].every((file) =>
    storedFiles(file).every((path) => objects.has(path))
  );
}
