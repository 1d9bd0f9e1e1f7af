/**
 * Files that came and went while we worked: rows that somebody added where we
 * looked, files that somebody removed which we read or remove too.
 *
 * What lies outside of a predicate is told by partition values and statistics;
 * a file without statistics lies inside. A winner that only rearranged rows
 * concerns those alone who remove what it removed.
 *
 * @module
 */

import type { AddFile } from "../actions/action.ts";
import { fileKey } from "../actions/file_key.ts";
import { fileMatcher } from "../data/data_skipping.ts";
import {
  type CheckResult,
  conflict,
  type ConflictCheck,
  isBlindAppend,
  type MissedAppends,
  onlyRearranges,
  type Ours,
  PASS,
  type TableFacts,
  type Winner,
} from "./conflict_types.ts";
import { describePredicate } from "./describe_predicate.ts";

/** A winner that added files where we looked. */
export const checkAppends: ConflictCheck = (ours, winner, facts) => {
  const promised = checkClaim(ours, winner);
  if (promised.kind !== "pass") return promised;
  if (onlyRearranges(winner)) return PASS;
  if (maySkipAppends(ours, winner)) {
    return checkMissed(ours, winner, facts);
  }
  const look = lookerOf(ours, facts);
  for (const add of winner.adds) {
    const seen = look(add);
    if (seen === undefined) continue;
    return conflict(
      "DELTA_CONCURRENT_APPEND",
      winner,
      `added ${add.path}, which ${seen.why}`,
      {
        path: add.path,
        ...(seen.predicate === undefined ? {} : { predicate: seen.predicate }),
      },
    );
  }
  return checkMissed(ours, winner, facts);
};

/** A winner that removed a file we read. */
export const checkDeletesRead: ConflictCheck = (ours, winner) => {
  // Rows that were moved are still there, and rows that are gone break no promise.
  if (onlyRearranges(winner) || ours.claim !== "none") return PASS;
  // A snapshot read is as good as it was; what only adds collides with nobody's removal.
  if (ours.level === "SnapshotIsolation" && ours.operation === "append") {
    return PASS;
  }
  const gone = winner.removes.find((remove) =>
    ours.reads.wholeTable ||
    ours.reads.files.has(fileKey(remove.path, remove.deletionVector))
  );
  return gone === undefined ? PASS : conflict(
    "DELTA_CONCURRENT_DELETE_READ",
    winner,
    `removed ${gone.path}, which this transaction read`,
    { path: gone.path },
  );
};

/**
 * A winner that removed a file we remove or write again, or that wrote one again
 * which we write again. The deletion vector does not matter: of two that change
 * one file's, the second has not seen the first.
 */
export const checkDeletesTwice: ConflictCheck = (ours, winner) => {
  const { adds, removes } = ours.staged;
  const added = new Set(adds.map((add) => fileKey(add.path)));
  const removed = new Set(removes.map((remove) => fileKey(remove.path)));
  const gone = winner.removes.find(({ path }) => {
    const key = fileKey(path);
    return removed.has(key) || added.has(key);
  });
  if (gone !== undefined) {
    const verb = removed.has(fileKey(gone.path)) ? "removes" : "adds";
    return conflict(
      "DELTA_CONCURRENT_DELETE_DELETE",
      winner,
      `removed ${gone.path}, which this transaction ${verb} too`,
      { path: gone.path },
    );
  }
  // A name that is new is nobody else's.
  const twice = winner.adds.find(({ path }) =>
    added.has(fileKey(path)) && removed.has(fileKey(path))
  );
  return twice === undefined ? PASS : conflict(
    "DELTA_CONCURRENT_DELETE_DELETE",
    winner,
    `added ${twice.path} again, which this transaction does too`,
    { path: twice.path },
  );
};

/** Rows, or files, that a promise of ours does not hold for, at every level. */
function checkClaim(ours: Ours, winner: Winner): CheckResult {
  if (ours.claim === "none") return PASS;
  const files = ours.claim === "files";
  if (!files && onlyRearranges(winner)) return PASS;
  const added = winner.adds[0];
  return added === undefined ? PASS : conflict(
    "DELTA_CONCURRENT_APPEND",
    winner,
    `added ${added.path}, which this transaction has not checked, and it promises something of every ${
      files ? "file" : "row"
    }`,
    { path: added.path },
  );
}

/** Whether the level lets us pass a winner's adds unseen. */
function maySkipAppends(ours: Ours, winner: Winner): boolean {
  switch (ours.level) {
    case "Serializable":
      return false;
    case "WriteSerializable":
      // Who changes the definition has looked at every row there is.
      return isBlindAppend(winner) && ours.staged.metadata === undefined;
    case "SnapshotIsolation":
      // Of two that replace the same rows one would lose its own.
      return isBlindAppend(winner) || !replaces(ours);
  }
}

/** Whether what was there is to be gone: of two such commits the second has to know the first. */
function replaces(ours: Ours): boolean {
  return ours.operation === "overwrite" ||
    (ours.operation === "delete" && ours.reads.wholeTable);
}

interface Seen {
  readonly why: string;
  readonly predicate?: string;
}

/** Tells of a file whether we looked where its rows are. */
function lookerOf(
  { reads }: Ours,
  table: TableFacts,
): (add: AddFile) => Seen | undefined {
  if (reads.wholeTable) {
    const seen = {
      why: "this transaction did not see, and it read the whole table",
    };
    return () => seen;
  }
  const matchers = reads.predicates.map((predicate) => ({
    matches: fileMatcher(predicate, table),
    predicate,
  }));
  return (add) => {
    const found = matchers.find(({ matches }) => matches(add));
    if (!found) return undefined;
    const predicate = describePredicate(found.predicate);
    return {
      why: `may hold rows of the predicate ${predicate} that was read`,
      predicate,
    };
  };
}

// ---- WriteSerializable: what the appends we did not see lead to ----------------

/**
 * What we pass unseen, we are placed before. So nobody who saw it may come
 * between it and us: they come before us in the log, and after it.
 */
function checkMissed(
  ours: Ours,
  winner: Winner,
  { missed }: TableFacts,
): CheckResult {
  if (ours.level !== "WriteSerializable" || !missed) return PASS;
  if (isBlindAppend(winner) || !maySee(winner, missed)) return PASS;
  return conflict(
    "DELTA_CONCURRENT_APPEND",
    winner,
    `may have read what version ${missed.since} appended, which this transaction has not`,
    { missed: missed.since },
  );
}

function maySee(winner: Winner, missed: MissedAppends): boolean {
  if (winner.removes.some(({ path }) => missed.paths.has(fileKey(path)))) {
    return true;
  }
  const { readVersion, operation, engineInfo } = winner.commitInfo ?? {};
  if (readVersion !== undefined && readVersion < missed.since) return false;
  // Our own deletes and updates depend on the rows of the files they remove, and on no others.
  const isOurs = engineInfo?.startsWith("litmus/") === true;
  return !(isOurs && (operation === "DELETE" || operation === "UPDATE"));
}

/** The appends we have not seen, after one more winner that was passed. */
export function missedAfter(
  ours: Ours,
  winner: Winner,
  facts: TableFacts,
): MissedAppends | undefined {
  const { missed } = facts;
  if (ours.level !== "WriteSerializable") return undefined;
  if (onlyRearranges(winner)) return movedBy(winner, missed);
  if (!maySkipAppends(ours, winner)) return missed;
  const look = lookerOf(ours, facts);
  if (!winner.adds.some((add) => look(add) !== undefined)) return missed;
  // The append moves behind us as a whole, also with files we would not look at.
  return {
    since: missed?.since ?? winner.version,
    paths: new Set([
      ...missed?.paths ?? [],
      ...winner.adds.map((add) => fileKey(add.path)),
    ]),
  };
}

/** Rows of an append that compaction moved to other files. */
function movedBy(
  winner: Winner,
  missed: MissedAppends | undefined,
): MissedAppends | undefined {
  const moved = winner.removes.some(({ path }) =>
    missed?.paths.has(fileKey(path))
  );
  if (!missed || !moved) return missed;
  const to = winner.adds.map((add) => fileKey(add.path));
  return { ...missed, paths: new Set([...missed.paths, ...to]) };
}
