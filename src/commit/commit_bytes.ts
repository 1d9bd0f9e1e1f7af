/**
 * The bytes of one commit at one version. Everything that depends on the
 * version or on what came before it is computed here, anew for every version
 * tried: in-commit timestamp, row ids, row commit versions.
 *
 * Source: Delta protocol, "Commit Provenance Information", "In-Commit
 * Timestamps" and "Writer Requirements for Row Tracking".
 *
 * @module
 */

import type {
  Action,
  AddFile,
  CommitInfo,
  DomainMetadata,
  Metadata,
  Protocol,
} from "../actions/action.ts";
import { formatCommit } from "../actions/commit_codec.ts";
import { DeltaError } from "../errors.ts";
import type { Operation } from "../protocol/support.ts";
import { tracksRows } from "../protocol/row_tracking.ts";
import { hasFeature } from "../protocol/table_feature.ts";
import type { Claim } from "./claims.ts";
import type { EarlierAttempt, RebaseRules } from "./rebase_rules.ts";
import {
  type CommitProvenance,
  type IsolationLevel,
  type Reads,
  ROW_TRACKING_DOMAIN,
  type StagedActions,
} from "./staged_actions.ts";

/** How this engine signs its commits. */
export const ENGINE_INFO = "litmus/0.1.0";

/** What a commit needs to know of the version it stands on. */
export interface CommitBase {
  /** The version. */
  readonly version: number;
  /** Its protocol. */
  readonly protocol: Protocol;
  /** Its metadata. */
  readonly metadata: Metadata;
  /** Its domains. */
  readonly domains: ReadonlyMap<string, DomainMetadata>;
  /** Its in-commit timestamp, where it has one. */
  readonly inCommitTimestamp: number | undefined;
  /** When this state was last known to be the newest. */
  readonly newestAt: number;
}

/** A commit before it has a version: constant across rebases, token and all. */
export interface CommitDraft {
  /** The table's URL, for messages. */
  readonly table: string;
  /** The token, `commitInfo.txnId`. */
  readonly token: string;
  /** Version that was read; `undefined` for a create. */
  readonly readVersion: number | undefined;
  /** The level it is judged at. */
  readonly level: IsolationLevel;
  /** What is being done. */
  readonly operation: Operation;
  /** What it promises of rows or files that others add. */
  readonly claim: Claim;
  /** What to write. */
  readonly staged: StagedActions;
  /** What was read. */
  readonly reads: Reads;
  /** What the commit says of itself. */
  readonly provenance: CommitProvenance;
}

/** A commit with a version. */
export interface BuiltCommit extends EarlierAttempt {
  /** All actions, commitInfo first. */
  readonly actions: readonly Action[];
  /** The file's bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Builds the commit for the version after `base`, or whatever `version` the rules
 * chose. `modifiedAt` is when the store wrote the base's commit, for the commit
 * that {@link turnsTimestampsOn}.
 */
export function buildCommit(
  draft: CommitDraft,
  base: CommitBase | undefined,
  version: number,
  nowMs: number,
  rules: RebaseRules,
  earlier: EarlierAttempt | undefined,
  modifiedAt?: number,
): BuiltCommit {
  const { staged } = draft;
  const previous = base?.inCommitTimestamp ?? modifiedAt;
  const inCommitTimestamp = timestampFor(
    draft,
    base,
    nowMs,
    previous,
    rules,
    earlier,
  );
  const rows = withRowIds(draft, base, version, rules, earlier);
  const metadata = withEnablement(
    staged.metadata,
    base,
    version,
    inCommitTimestamp,
  );
  const commitInfo = commitInfoOf(draft, base, nowMs, inCommitTimestamp, rules);
  const actions: Action[] = [
    { commitInfo },
    ...(staged.protocol ? [{ protocol: staged.protocol }] : []),
    ...(metadata ? [{ metaData: metadata }] : []),
    ...staged.txns.map((txn) => ({ txn })),
    ...staged.domains.map((domainMetadata) => ({ domainMetadata })),
    ...(rows.domain ? [{ domainMetadata: rows.domain }] : []),
    ...staged.removes.map((remove) => ({ remove })),
    ...rows.adds.map((add) => ({ add })),
    ...staged.cdc.map((cdc) => ({ cdc })),
  ];
  return {
    version,
    actions,
    bytes: formatCommit(actions) as Uint8Array<ArrayBuffer>,
    inCommitTimestamp,
    firstRowId: rows.firstRowId,
  };
}

function commitInfoOf(
  draft: CommitDraft,
  base: CommitBase | undefined,
  nowMs: number,
  inCommitTimestamp: number | undefined,
  rules: RebaseRules,
): CommitInfo {
  const { provenance } = draft;
  return {
    ...(inCommitTimestamp === undefined ? {} : { inCommitTimestamp }),
    timestamp: nowMs,
    operation: provenance.operation,
    operationParameters: provenance.operationParameters,
    ...(draft.readVersion === undefined
      ? {}
      : { readVersion: draft.readVersion }),
    isolationLevel: draft.level,
    isBlindAppend: rules.isBlindAppend(draft.staged, draft.reads),
    ...(provenance.operationMetrics
      ? { operationMetrics: provenance.operationMetrics }
      : {}),
    ...(keepsRowIds(draft, base) ? { tags: ROW_IDS_KEPT } : {}),
    engineInfo: ENGINE_INFO,
    txnId: draft.token,
    ...(provenance.userMetadata === undefined
      ? {}
      : { userMetadata: provenance.userMetadata }),
  };
}

/** What a commit says of itself that kept the ids of all rows that it moved: every one of this engine's. */
const ROW_IDS_KEPT = { "delta.rowTracking.preserved": "true" } as const;

function keepsRowIds(
  { staged }: CommitDraft,
  base: CommitBase | undefined,
): boolean {
  const protocol = staged.protocol ?? base?.protocol;
  const metadata = staged.metadata ?? base?.metadata;
  return protocol !== undefined && metadata !== undefined &&
    tracksRows({ protocol, metadata });
}

/** Whether a table writes in-commit timestamps. */
export function hasInCommitTimestamps(metadata: Metadata): boolean {
  return isTrue(metadata.configuration["delta.enableInCommitTimestamps"]);
}

function isTrue(text: string | undefined): boolean {
  return text?.trim().toLowerCase() === "true";
}

/** Whether a commit is the first with an in-commit timestamp: it has to be later than the file before it. */
export function turnsTimestampsOn(
  draft: CommitDraft,
  base: CommitBase | undefined,
): boolean {
  const { metadata } = draft.staged;
  return metadata !== undefined && base !== undefined &&
    hasInCommitTimestamps(metadata) && !hasInCommitTimestamps(base.metadata);
}

function timestampFor(
  draft: CommitDraft,
  base: CommitBase | undefined,
  nowMs: number,
  previous: number | undefined,
  rules: RebaseRules,
  earlier: EarlierAttempt | undefined,
): number | undefined {
  const metadata = draft.staged.metadata ?? base?.metadata;
  if (!metadata || !hasInCommitTimestamps(metadata)) return undefined;
  return rules.inCommitTimestamp(nowMs, previous, earlier);
}

/** A commit that turns in-commit timestamps on says from which version and time on. */
function withEnablement(
  metadata: Metadata | undefined,
  base: CommitBase | undefined,
  version: number,
  inCommitTimestamp: number | undefined,
): Metadata | undefined {
  if (!metadata || !base || inCommitTimestamp === undefined) return metadata;
  if (hasInCommitTimestamps(base.metadata)) return metadata;
  return {
    ...metadata,
    configuration: {
      ...metadata.configuration,
      "delta.inCommitTimestampEnablementVersion": String(version),
      "delta.inCommitTimestampEnablementTimestamp": String(inCommitTimestamp),
    },
  };
}

interface RowIds {
  readonly adds: readonly AddFile[];
  readonly domain: DomainMetadata | undefined;
  readonly firstRowId: number | undefined;
}

/** Gives fresh row ids and this version to every new file of a table that tracks rows. */
function withRowIds(
  draft: CommitDraft,
  base: CommitBase | undefined,
  version: number,
  rules: RebaseRules,
  earlier: EarlierAttempt | undefined,
): RowIds {
  const { staged } = draft;
  const off = { adds: staged.adds, domain: undefined, firstRowId: undefined };
  const protocol = staged.protocol ?? base?.protocol;
  const metadata = staged.metadata ?? base?.metadata;
  if (!protocol || !hasFeature(protocol, "rowTracking")) return off;
  if (isTrue(metadata?.configuration["delta.rowTrackingSuspended"])) return off;
  const before = rowIdHighWaterMark(base?.domains.get(ROW_TRACKING_DOMAIN));
  const firstRowId = rules.firstRowId(before, earlier);
  let next = staged.adds.reduce(
    (end, add) => Math.max(end, endOfRowIds(add)),
    firstRowId,
  );
  const adds = staged.adds.map((add) => {
    const fresh = add.baseRowId === undefined;
    const baseRowId = add.baseRowId ?? next;
    if (fresh) next += numRecords(add, draft.table, version);
    return {
      ...add,
      baseRowId,
      defaultRowCommitVersion: add.defaultRowCommitVersion ?? version,
    };
  });
  const domain = next === firstRowId ? undefined : {
    domain: ROW_TRACKING_DOMAIN,
    configuration: JSON.stringify({ rowIdHighWaterMark: next - 1 }),
    removed: false,
  };
  return { adds, domain, firstRowId };
}

/** The highest row id given out so far; `undefined` when none was. */
export function rowIdHighWaterMark(
  domain: DomainMetadata | undefined,
): number | undefined {
  if (!domain || domain.removed) return undefined;
  const parsed: unknown = JSON.parse(domain.configuration);
  const mark = (parsed as { rowIdHighWaterMark?: unknown }).rowIdHighWaterMark;
  if (typeof mark === "number" && Number.isSafeInteger(mark)) return mark;
  throw new DeltaError("DELTA_LOG_FILE_CORRUPT", {
    what: "Cannot give out row ids",
    why: `the domain ${ROW_TRACKING_DOMAIN} says ${domain.configuration}`,
    fix: "It must hold a rowIdHighWaterMark: repair the table",
  });
}

/** The first id behind those of a file that brings its own along; 0 where it brings none. */
function endOfRowIds(add: AddFile): number {
  return add.baseRowId === undefined ? 0 : add.baseRowId + (countOf(add) ?? 0);
}

function countOf(add: AddFile): number | undefined {
  let stats: unknown;
  try {
    stats = JSON.parse(add.stats ?? "null");
  } catch {
    return undefined; // Statistics that are no JSON count nothing.
  }
  const count = (stats as { numRecords?: unknown } | null)?.numRecords;
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 0
    ? count
    : undefined;
}

function numRecords(add: AddFile, table: string, version: number): number {
  const count = countOf(add);
  if (count !== undefined) return count;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: `Cannot commit version ${version} of ${table}`,
    why:
      `${add.path} has no numRecords in its stats, and the table tracks rows`,
    fix: "Stage files with statistics: row ids are counted by them",
    context: { path: add.path, version },
  });
}
