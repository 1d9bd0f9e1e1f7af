/**
 * What a transaction wants to write, and what it read: the two things that a
 * lost race is judged by.
 *
 * Source: Delta protocol, "Delta Log Entries" and "Add File and Remove File".
 *
 * @module
 */

import type {
  AddCdcFile,
  AddFile,
  CommitInfo,
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  Txn,
} from "../actions/action.ts";
import { fileKey } from "../actions/file_key.ts";
import { DeltaError } from "../errors.ts";
import type { BoundPredicate } from "../expression/bind.ts";

import type { Operation } from "../protocol/support.ts";
import type { IsolationLevel } from "../protocol/table_property.ts";

export type { IsolationLevel };

/** What a transaction read of its table; nothing of it makes a blind write. */
export interface Reads {
  /** Whether every file of the table mattered, whatever it holds. */
  readonly wholeTable: boolean;
  /** Rows that mattered, by predicate. */
  readonly predicates: readonly BoundPredicate[];
  /** Files that mattered, by `fileKey`. */
  readonly files: ReadonlySet<string>;
  /** Applications whose recorded version mattered. */
  readonly appIds: ReadonlySet<string>;
}

/** The actions that one commit shall hold, by kind, without its commitInfo. */
export interface StagedActions {
  /** Files that become live. */
  readonly adds: readonly AddFile[];
  /** Files that become tombstones. */
  readonly removes: readonly RemoveFile[];
  /** Change data files. */
  readonly cdc: readonly AddCdcFile[];
  /** Application versions. */
  readonly txns: readonly Txn[];
  /** Domains set or removed. */
  readonly domains: readonly DomainMetadata[];
  /** New metadata. */
  readonly metadata: Metadata | undefined;
  /** New protocol. */
  readonly protocol: Protocol | undefined;
}

/** What the commit says of itself beside its actions. */
export interface CommitProvenance {
  /** The operation, in the words of `history()`: `WRITE`, `CREATE TABLE`, … */
  readonly operation: string;
  /** Its parameters. */
  readonly operationParameters: NonNullable<CommitInfo["operationParameters"]>;
  /** Its figures, as text. */
  readonly operationMetrics: Readonly<Record<string, string>> | undefined;
  /** Free text of the caller. */
  readonly userMetadata: string | undefined;
}

/** The domain that holds the highest row id; rebased, never a conflict. */
export const ROW_TRACKING_DOMAIN = "delta.rowTracking";

/** Whether nothing of the table was read. Application versions do not count: they are checked apart. */
export function readsNothing(reads: Reads): boolean {
  return !reads.wholeTable && reads.predicates.length === 0 &&
    reads.files.size === 0;
}

/** Whether the commit holds nothing but adds, application versions and domains. */
export function onlyAdds(staged: StagedActions): boolean {
  return staged.removes.length === 0 && staged.cdc.length === 0 &&
    staged.metadata === undefined && staged.protocol === undefined;
}

/** Whether anything but application versions is written: what depends on no schema and no property. */
export function touchesTable(staged: StagedActions): boolean {
  return !onlyAdds(staged) || staged.adds.length > 0 ||
    staged.domains.length > 0;
}

/** Whether the commit holds file actions and nothing else, and none of them changes a row. */
export function rearranges(staged: StagedActions): boolean {
  const { adds, removes } = staged;
  return adds.length + removes.length > 0 && staged.cdc.length === 0 &&
    staged.txns.length === 0 && staged.domains.length === 0 &&
    staged.metadata === undefined && staged.protocol === undefined &&
    adds.every((add) => !add.dataChange) &&
    removes.every((remove) => !remove.dataChange);
}

/**
 * The level a commit is judged at: the table's. What only rearranges rows has
 * read no row for its own sake, so rows that others add do not concern it.
 */
export function levelOf(
  staged: StagedActions,
  tableLevel: IsolationLevel,
  operation: Operation,
): IsolationLevel {
  const mayRelax = tableLevel === "Serializable" || operation === "optimize";
  return mayRelax && rearranges(staged) ? "SnapshotIsolation" : tableLevel;
}

/** Whether there is nothing to commit. */
export function isEmpty(staged: StagedActions): boolean {
  return onlyAdds(staged) && staged.adds.length === 0 &&
    staged.txns.length === 0 && staged.domains.length === 0;
}

/** What the checks of {@link checkStaged} need to know of the table. */
export interface StagedFacts {
  /** The table's URL, for messages. */
  readonly table: string;
  /** Version the actions shall become; 0 creates the table. */
  readonly version: number;
  /** Whether `delta.appendOnly` is on before the commit. */
  readonly appendOnly: boolean;
}

/**
 * Refuses actions that no commit may hold together: one add and one remove per
 * path, one txn per application, one action per domain, an append-only table
 * keeps its rows, version 0 has protocol and metadata.
 *
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` or `DELTA_CANNOT_MODIFY_APPEND_ONLY`.
 */
export function checkStaged(staged: StagedActions, facts: StagedFacts): void {
  const refuse = (why: string): never => {
    throw new DeltaError("DELTA_INVALID_ARGUMENT", {
      what: `Cannot commit version ${facts.version} of ${facts.table}`,
      why,
      fix: "Stage every file, application and domain once",
      context: { version: facts.version },
    });
  };
  const twice = repeated(staged.adds, (add) => fileKey(add.path));
  if (twice) refuse(`${twice} is added twice`);
  const gone = repeated(staged.removes, (remove) => fileKey(remove.path));
  if (gone) refuse(`${gone} is removed twice`);
  const app = repeated(staged.txns, (txn) => txn.appId);
  if (app) refuse(`application ${app} has two txn actions`);
  const domain = repeated(staged.domains, (d) => d.domain);
  if (domain) refuse(`domain ${domain} is set twice`);
  const removed = new Set(
    staged.removes.map((r) => fileKey(r.path, r.deletionVector)),
  );
  const both = staged.adds.find((a) =>
    removed.has(fileKey(a.path, a.deletionVector))
  );
  if (both) refuse(`${both.path} is both added and removed`);
  if (facts.version === 0 && !(staged.metadata && staged.protocol)) {
    refuse("version 0 needs a protocol and a metaData action");
  }
  checkAppendOnly(staged, facts);
}

function checkAppendOnly(staged: StagedActions, facts: StagedFacts): void {
  const lost = facts.appendOnly
    ? staged.removes.find((remove) => remove.dataChange)
    : undefined;
  if (!lost) return;
  throw new DeltaError("DELTA_CANNOT_MODIFY_APPEND_ONLY", {
    what: `Cannot commit version ${facts.version} of ${facts.table}`,
    why: `it removes the rows of ${lost.path}, and delta.appendOnly is true`,
    fix: "Set delta.appendOnly to false first, or only append",
    context: { path: lost.path, version: facts.version },
  });
}

/** The first name that more than one item has. */
function repeated<T>(
  items: readonly T[],
  name: (item: T) => string,
): string | undefined {
  const seen = new Set<string>();
  for (const item of items) {
    const key = name(item);
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return undefined;
}
