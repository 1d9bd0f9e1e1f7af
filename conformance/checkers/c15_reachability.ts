/**
 * C15, reachability: every file that a version names is there, with its size,
 * when the version lands and ever after; vacuum and cleanup delete only what
 * nobody may need (O12, O28, O29), judged at the moment of deletion.
 *
 * @module
 */

import type { Operation } from "../history/history.ts";
import { retentionMs } from "./c14_checkpoints.ts";
import {
  commitPath,
  type Evidence,
  isWrite,
  newestVersion,
  storedFiles,
  storedPath,
  versionOfPath,
} from "./evidence.ts";
import type { TraceEntry } from "../simulation/scheduled_store.ts";
import { parseCommitFile } from "./replay.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C15", "SAFETY");

/** See the module. */
export function checkReachability(evidence: Evidence): Verdict[] {
  return [
    ...atCommit(evidence),
    ...atEnd(evidence),
    ...deletions(evidence),
  ];
}

function atCommit({ trace }: Evidence): Verdict[] {
  const there = new Map<string, number>();
  const out: Verdict[] = [];
  for (const entry of trace) {
    if (entry.effect === "deleted") {
      for (const path of entry.paths) there.delete(path);
    }
    if (!isWrite(entry)) continue;
    there.set(entry.path, entry.bytes?.length ?? 0);
    const version = versionOfPath(entry.path);
    if (version === undefined || !entry.bytes) continue;
    const { adds } = parseCommitFile(version, entry.bytes, entry.atMs);
    for (const add of adds) {
      for (const path of storedFiles(add)) {
        const size = there.get(path);
        const wanted = path === storedPath(add.path) ? add.size : size;
        if (size !== undefined && size === wanted) continue;
        out.push(found({
          anomaly: size === undefined ? "dangling file" : "wrong size",
          story: `Version ${version} names ${path}${
            wanted === undefined ? "" : ` with ${wanted} bytes`
          }, and when it landed the store had ${
            size === undefined ? "no such file" : `${size} bytes`
          }.`,
          versions: [version],
          operations: [entry.opId],
          rows: [path],
        }));
      }
    }
  }
  return out;
}

function atEnd(evidence: Evidence): Verdict[] {
  const newest = newestVersion(evidence);
  const live = evidence.states.get(newest)?.live.values() ?? [];
  const needed = [...live].flatMap((file) =>
    storedFiles(file).map((path) => ({
      path,
      size: path === storedPath(file.path) ? file.size : undefined,
    }))
  );
  return needed.flatMap(({ path, size }) => {
    const object = evidence.objects.get(path);
    if (object && (size ?? object.bytes.length) === object.bytes.length) {
      return [];
    }
    const by = evidence.trace.findLast((entry) => entry.paths.includes(path));
    return [found({
      anomaly: object ? "wrong size" : "live file gone",
      story: `${path} is live in version ${newest}, and the store ` +
        `${object ? `has ${object.bytes.length} bytes of it` : "lacks it"}${
          by?.effect === "deleted" ? `: ${by.opId} deleted it` : ""
        }.`,
      versions: [newest],
      operations: [by?.effect === "deleted" ? by.opId : undefined],
      rows: [path],
    })];
  });
}

function deletions(evidence: Evidence): Verdict[] {
  const out: Verdict[] = [];
  const present = new Set<string>();
  const landed: number[] = [];
  const written = new Map<string, TraceEntry>();
  for (const entry of evidence.trace) {
    if (isWrite(entry)) {
      present.add(entry.path);
      written.set(entry.path, entry);
      const version = versionOfPath(entry.path);
      if (version !== undefined && !landed.includes(version)) {
        landed.push(version);
      }
    }
    if (entry.effect !== "deleted") continue;
    const gone = entry.paths.filter((path) => present.has(path));
    for (const path of gone) present.delete(path);
    const dataFiles = gone.filter((path) => !path.startsWith("_delta_log/"));
    out.push(
      ...dataFiles.flatMap((path) =>
        judgeData(path, entry, landed, written.get(path), evidence)
      ),
      ...judgeLog(gone, entry, present, evidence),
    );
  }
  return out;
}

/** A data file deleted: not one that is live or in retention, nor a young one that somebody else may be about to commit. */
function judgeData(
  path: string,
  entry: TraceEntry,
  landed: readonly number[],
  written: TraceEntry | undefined,
  evidence: Evidence,
): Verdict[] {
  const newest = Math.max(-1, ...landed);
  const state = evidence.states.get(newest);
  const by = entry.opId === undefined
    ? undefined
    : evidence.operationById.get(entry.opId);
  const keep = retentionOf(by, state?.metadata?.configuration ?? {});
  const report = (anomaly: string, story: string): Verdict[] => [found({
    anomaly,
    story: `${entry.opId} deleted ${path}${story}`,
    versions: [newest],
    operations: [entry.opId],
    rows: [path],
  })];
  const named = [...state?.live.values() ?? []].some((file) =>
    storedFiles(file).includes(path)
  );
  if (named) return report("live file deleted", `, live in version ${newest}.`);
  if (by?.call.op === "vacuum" && by.call.request.dryRun === true) {
    return report("dry run deleted", ", though it was asked for a dry run.");
  }
  // One path may have been removed with one deletion vector after another.
  const tombstones = [...state?.tombstones.values() ?? []].filter((remove) =>
    storedFiles(remove).includes(path)
  );
  const times = tombstones.flatMap((remove) => remove.deletionTimestamp ?? []);
  const removedAt = times.length > 0 ? Math.max(...times) : undefined;
  if (removedAt !== undefined && removedAt > entry.atMs - keep) {
    return report(
      "file in retention deleted",
      `, removed ${entry.atMs - removedAt} ms before: versions in retention ` +
        "still name it.",
    );
  }
  const isOwn = written?.opId !== undefined && written.opId === entry.opId;
  const wasCommitted = tombstones.length > 0;
  if (!isOwn && !wasCommitted && written && written.atMs > entry.atMs - keep) {
    return report(
      "young file deleted",
      `, which ${written.opId} had written ${entry.atMs - written.atMs} ms ` +
        "before and may yet commit.",
    );
  }
  return [];
}

function retentionOf(
  op: Operation | undefined,
  configuration: Readonly<Record<string, string>>,
): number {
  const asked = op?.call.op === "vacuum"
    ? op.call.request.retentionHours
    : undefined;
  return asked === undefined
    ? retentionMs(configuration["delta.deletedFileRetentionDuration"])
    : asked * 3_600_000;
}

const CHECKPOINT = /^_delta_log\/(\d{20})\.checkpoint\..*parquet$/;

/**
 * Files of the log deleted: a checkpoint with its own commit and every commit
 * after it must be left, and each version in log retention be rebuilt from it.
 */
function judgeLog(
  gone: readonly string[],
  entry: TraceEntry,
  present: ReadonlySet<string>,
  evidence: Evidence,
): Verdict[] {
  const isLog = gone.some((path) =>
    versionOfPath(path) !== undefined || CHECKPOINT.test(path)
  );
  if (!isLog) return [];
  const commits = new Set(
    [...present].flatMap((path) => versionOfPath(path) ?? []),
  );
  const newest = Math.max(-1, ...commits);
  let oldest = newest;
  while (commits.has(oldest - 1)) oldest--;
  const starts = [...present].flatMap((path) => {
    const match = CHECKPOINT.exec(path);
    return match && commits.has(Number(match[1])) ? [Number(match[1])] : [];
  }).filter((version) => version >= oldest);
  const start = oldest === 0 ? 0 : Math.min(...starts);
  const configuration = evidence.states.get(newest)?.metadata?.configuration ??
    {};
  const keep = retentionMs(
    configuration["delta.logRetentionDuration"] ?? "interval 30 days",
  );
  const lost = evidence.commits.find(({ version, writtenMs }) =>
    version < start && version <= newest && writtenMs > entry.atMs - keep
  );
  const about = {
    operations: [entry.opId],
    rows: [...gone],
  };
  if (start === Infinity) {
    return [found({
      ...about,
      anomaly: "cut-off gone",
      story:
        `${entry.opId} deleted ${gone[0]}, and now no checkpoint is left ` +
        `that the commits from ${commitPath(oldest)} on could stand on.`,
      versions: [oldest, newest],
    })];
  }
  return lost === undefined ? [] : [found({
    ...about,
    anomaly: "version in retention gone",
    story: `${entry.opId} deleted ${gone[0]}, and now version ${lost.version}` +
      ", which is in log retention, cannot be rebuilt.",
    versions: [lost.version],
  })];
}
