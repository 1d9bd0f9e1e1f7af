/**
 * C11, justified conflicts: whoever is told of a conflict lost to a winner that
 * the matrix allows that name for. A conflict that nobody justifies is a wasted
 * retry; one by another name breaks the de-facto contract.
 *
 * @module
 */

import type { JsonPredicate } from "../engine_adapter.ts";
import type { Operation, OperationCall } from "../history/history.ts";
import { newestAt } from "./c05_serializability.ts";
import { retentionMs } from "./c14_checkpoints.ts";
import { commitPath, type Evidence } from "./evidence.ts";
import { seesMissedAppend } from "./missed_appends.ts";
import { evaluate } from "./predicate.ts";
import type { JudgedCommit, LoggedAdd, TableState } from "./replay.ts";
import { NOTHING } from "./replay.ts";
import { type ModelRow, partitionValue, physicalNameOf } from "./rows.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const unjustified = verdicts("C11", "LIVENESS");
const misnamed = verdicts("C11", "CONTRACT");

/** See the module. */
export function checkJustifiedConflicts(evidence: Evidence): Verdict[] {
  return evidence.operations.flatMap((op) => {
    const { failure } = op;
    if (op.outcome !== "fail" || !failure) return [];
    if (failure.error.kind !== "conflict") return [];
    const name = failure.error.name ?? "";
    const read = evidence.baseOf.get(op.opId) ?? -1;
    const attempted = failure.attemptedVersion ?? -1;
    const last = Math.max(attempted, newestAt(op.returnedAt, evidence));
    const winners = evidence.commits.filter(({ version }) =>
      version > read && version <= last &&
      evidence.authors.get(version) !== op.opId
    );
    const allowed = new Set(
      winners.flatMap((winner) => [...namesFor(op, winner, read, evidence)]),
    );
    if (passesInVain(op, winners, evidence)) allowed.add("ConcurrentAppend");
    const hasFaults = (evidence.faults ?? 0) > 0;
    // A base whose successors were cleaned up cannot be rebased by anybody.
    const isStale = winners.some(({ version }) =>
      !evidence.objects.has(commitPath(version))
    );
    if (
      name === "ConcurrentWrite" &&
      (allowed.size > 0 || hasFaults || isStale ||
        isTooOld(op, read, evidence))
    ) return [];
    if (allowed.has(name)) return [];
    const versions = winners.map(({ version }) => version);
    const finding = {
      story: `${op.opId} (${op.call.op}), prepared on version ${read}, was ` +
        `refused by ${name}; the winners were ${
          versions.length === 0 ? "nobody" : `versions ${versions.join(", ")}`
        }, which ${
          allowed.size === 0
            ? "it commutes with"
            : `allow only ${[...allowed].sort().join(", ")}`
        }.`,
      versions: [read, ...versions],
      operations: [op.opId],
    };
    return [
      allowed.size === 0
        ? unjustified({ anomaly: "false conflict", ...finding })
        : misnamed({ anomaly: "conflict's name", ...finding }),
    ];
  });
}

/**
 * Whether half the log's retention had passed since the operation's version was
 * written: what came after it may be cleaned away, so no writer may build on it.
 */
function isTooOld(op: Operation, read: number, evidence: Evidence): boolean {
  const state = evidence.states.get(read);
  const written = evidence.commits.find(({ version }) => version === read);
  const configuration = state?.metadata?.configuration ?? {};
  const retention = configuration["delta.logRetentionDuration"];
  if (!written || retention === undefined) return false;
  const lastCall = evidence.trace.findLast(({ opId, time }) =>
    opId === op.opId || (time > op.invokedAt && time < op.returnedAt)
  );
  const at = lastCall?.atMs ?? written.writtenMs;
  return at - written.writtenMs > retentionMs(retention) / 2;
}

const ROWS = [
  "ConcurrentAppend",
  "ConcurrentDeleteRead",
  "ConcurrentDeleteDelete",
];

/** Whether a further winner may have seen a blind append that the operation passed unseen. */
function passesInVain(
  op: Operation,
  winners: readonly JudgedCommit[],
  evidence: Evidence,
): boolean {
  const scope = scopeOf(op.call);
  if (evidence.level !== "WriteSerializable" || !scope?.seesAppends) {
    return false;
  }
  const isMissed = (winner: JudgedCommit): boolean => {
    const before = evidence.states.get(winner.version - 1) ?? NOTHING;
    return isBlind(winner, evidence) &&
      winner.adds.some((add) => mayHold(scope, add, before));
  };
  return seesMissedAppend(winners, isMissed, evidence);
}

/** The conflicts that the matrix allows an operation to report of one winner. */
function namesFor(
  op: Operation,
  winner: JudgedCommit,
  read: number,
  evidence: Evidence,
): Set<string> {
  const names = new Set<string>();
  const { call } = op;
  if (winner.protocols.length > 0) names.add("ProtocolChanged");
  if (winner.metadata.length > 0) names.add("MetadataChanged");
  if (sharesTxn(call, winner) || sharesDomain(call, winner)) {
    names.add("ConcurrentTransaction");
  }
  if (call.op === "restore" || call.op === "create") {
    return new Set([...names, ...ROWS, "ConcurrentWrite"]);
  }
  const scope = scopeOf(call);
  if (!scope) return names;
  const before = evidence.states.get(winner.version - 1) ?? NOTHING;
  const level = evidence.level;
  // What is promised of every row is promised of appended ones, at any level.
  const mayPassAppends = level !== "Serializable" && call.op !== "alter" &&
    isBlind(winner, evidence);
  const isAdded = winner.adds.some((add) => mayHold(scope, add, before));
  const base = evidence.states.get(read) ?? NOTHING;
  const isRemoved = winner.removes.some((remove) => {
    const file = before.live.get(remove.path) ?? base.live.get(remove.path) ??
      [...before.live.values()].find((add) => add.path === remove.path);
    return !file || mayHold(scope, file, before);
  });
  if (isAdded && scope.seesAppends && !mayPassAppends) {
    names.add("ConcurrentAppend");
  }
  if (isRemoved) {
    names.add("ConcurrentDeleteRead");
    names.add("ConcurrentDeleteDelete");
    if (scope.seesAppends) names.add("ConcurrentAppend");
  }
  return names;
}

/** What an operation looks at. */
interface Scope {
  /** Rows that it looks at; all of them where there is no predicate. */
  readonly where: JsonPredicate | undefined;
  /** Whether rows added there matter to it. */
  readonly seesAppends: boolean;
}

function scopeOf(call: OperationCall): Scope | undefined {
  switch (call.op) {
    case "delete":
    case "update":
    case "appendSelect":
      return { where: call.request.where, seesAppends: true };
    case "overwrite":
      return { where: call.request.where, seesAppends: true };
    case "merge":
      return { where: undefined, seesAppends: true };
    case "optimize":
      return { where: call.request.where, seesAppends: false };
    case "alter":
      return call.request.addConstraint || call.request.setNotNull
        ? { where: undefined, seesAppends: true }
        : undefined;
    default:
      return undefined;
  }
}

/**
 * Whether a file may hold a row in the scope, as far as its partition tells:
 * that is what every engine can know. A predicate that also names other columns
 * is taken to match.
 */
function mayHold(
  { where }: Scope,
  file: LoggedAdd,
  state: TableState,
): boolean {
  const { metadata, schema } = state;
  if (!where || !metadata || metadata.partitionColumns.length === 0) {
    return true;
  }
  const partition: Record<string, ModelRow[string]> = {};
  for (const name of metadata.partitionColumns) {
    const field = schema.fields.find((f) => f.name === name)!;
    const text = file.partitionValues[physicalNameOf(field)];
    partition[name] = partitionValue(text, field.type);
  }
  return mayBeTrue(where, partition) === true;
}

/** Whether a predicate may hold where only some columns are known; what is not known may be anything. */
function mayBeTrue(where: JsonPredicate, known: ModelRow): boolean {
  switch (where[0]) {
    case "and":
      return (where.slice(1) as JsonPredicate[]).every((p) =>
        mayBeTrue(p, known)
      );
    case "or":
      return (where.slice(1) as JsonPredicate[]).some((p) =>
        mayBeTrue(p, known)
      );
    default: {
      const name = where[0] === "not" ? undefined : where[1];
      if (typeof name !== "string" || !Object.hasOwn(known, name)) return true;
      return evaluate(where, known) === true;
    }
  }
}

function isBlind(winner: JudgedCommit, evidence: Evidence): boolean {
  const author = evidence.authors.get(winner.version);
  const op = author === undefined
    ? undefined
    : evidence.operationById.get(author);
  return op?.call.op === "append" &&
    winner.commitInfo?.isBlindAppend === true;
}

function sharesTxn(call: OperationCall, winner: JudgedCommit): boolean {
  const txn = call.op === "append" ? call.request.txn : undefined;
  return txn !== undefined &&
    winner.txns.some(({ appId }) => appId === txn.appId);
}

function sharesDomain(call: OperationCall, winner: JudgedCommit): boolean {
  if (call.op !== "alter") return false;
  // No domain may outlive the feature.
  if (call.request.dropFeature === "domainMetadata") {
    return winner.domains.length > 0;
  }
  const domain = call.request.setDomain?.domain ?? call.request.removeDomain;
  return domain !== undefined &&
    winner.domains.some((other) => other.domain === domain);
}
