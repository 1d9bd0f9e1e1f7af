/**
 * Every pair of a commit that lost a race and a commit that won it, staged on one
 * small table: what the table of conflicts is tested with, and what
 * `docs/conflicts.md` is made from.
 *
 * The table is partitioned by `p` and holds two files in `p=a`, one of them read
 * only, and one in `p=b`, each with statistics of `x`.
 *
 * @module
 */

import type {
  AddFile,
  CommitInfo,
  DeletionVectorDescriptor,
  Metadata,
  Protocol,
  RemoveFile,
} from "../src/actions/action.ts";
import { fileKey } from "../src/actions/file_key.ts";
import { claimOf } from "../src/commit/claims.ts";
import { checkWinner } from "../src/commit/conflict_checker.ts";
import type {
  CheckResult,
  Ours,
  TableFacts,
  Winner,
} from "../src/commit/conflict_types.ts";
import { defaultRules } from "../src/commit/rebase_rules.ts";
import {
  type IsolationLevel,
  levelOf,
  type Reads,
  type StagedActions,
} from "../src/commit/staged_actions.ts";
import { ERROR_CODES } from "../src/errors.ts";
import { bindPredicate } from "../src/expression/bind.ts";
import { col } from "../src/expression/predicate.ts";
import type { Operation } from "../src/protocol/support.ts";
import type { StructField, StructType } from "../src/schema/data_type.ts";
import { formatSchema } from "../src/schema/schema_json.ts";

/** The levels, as the tables abbreviate them. */
export const LEVELS: Readonly<Record<"S" | "W" | "I", IsolationLevel>> = {
  S: "Serializable",
  W: "WriteSerializable",
  I: "SnapshotIsolation",
};

/** A level's letter. */
export type Level = keyof typeof LEVELS;

/** A commit that lost: what it stages, what it read, what it is. */
export interface Loser {
  /** Its name in the tests and on the page. */
  readonly name: string;
  /** The row of the oracle that it stands in. */
  readonly row: string;
  /** What is being done. */
  readonly operation: Operation;
  /** What it writes. */
  readonly staged?: Partial<StagedActions>;
  /** What it read. */
  readonly reads?: Partial<Reads>;
  /** The table it stands on, where another than the usual one. */
  readonly on?: Partial<Pick<TableFacts, "metadata" | "protocol">>;
}

/** A commit that won. */
export interface Rival {
  /** Its name in the tests and on the page. */
  readonly name: string;
  /** The column of the oracle that it stands in. */
  readonly column: string;
  /** Another column that it stands in as well. */
  readonly alsoIn?: string;
  /** What it wrote. */
  readonly wrote: Partial<Omit<Winner, "version">>;
  /** Which losers it makes a pair with; all by default. */
  readonly against?: (loser: Loser) => boolean;
}

// ---- the table ------------------------------------------------------------------

const field = (
  name: string,
  kind: "string" | "long",
  over: Partial<StructField> = {},
): StructField => ({
  name,
  type: { kind },
  nullable: true,
  metadata: {},
  ...over,
});

const SCHEMA: StructType = {
  kind: "struct",
  fields: [field("p", "string"), field("x", "long")],
};

/** The protocol of the table: everything that its variants switch on is supported. */
export const PROTOCOL: Protocol = {
  minReaderVersion: 3,
  minWriterVersion: 7,
  readerFeatures: ["columnMapping", "deletionVectors", "v2Checkpoint"],
  writerFeatures: [
    "appendOnly",
    "invariants",
    "changeDataFeed",
    "columnMapping",
    "deletionVectors",
    "v2Checkpoint",
    "domainMetadata",
    "inCommitTimestamp",
    "rowTracking",
  ],
};

/** Metadata of the table with other properties, and another schema. */
export function metadata(
  configuration: Record<string, string> = {},
  over: Partial<Metadata> = {},
): Metadata {
  return {
    id: "t",
    format: { provider: "parquet", options: {} },
    schemaString: formatSchema(SCHEMA),
    partitionColumns: ["p"],
    configuration,
    ...over,
  };
}

const WITH_COLUMN = formatSchema({
  kind: "struct",
  fields: [...SCHEMA.fields, field("y", "long")],
});
const NOT_NULL = formatSchema({
  kind: "struct",
  fields: [SCHEMA.fields[0]!, field("x", "long", { nullable: false })],
});
const MAPPED = formatSchema({
  kind: "struct",
  fields: SCHEMA.fields.map((f, i) => ({
    ...f,
    metadata: {
      "delta.columnMapping.id": i + 1,
      "delta.columnMapping.physicalName": f.name,
    },
  })),
});

/** A file of a partition, with values of `x` from one to another; without statistics where there are none. */
export function add(
  path: string,
  p: string | null,
  range: readonly [number, number] | undefined,
  over: Partial<AddFile> = {},
): AddFile {
  return {
    path,
    partitionValues: { p },
    size: 1,
    modificationTime: 1,
    dataChange: true,
    ...(range && {
      stats: `{"numRecords":2,"minValues":{"x":${range[0]}},"maxValues":{"x":${
        range[1]
      }},"nullCount":{"x":0}}`,
    }),
    ...over,
  };
}

const gone = (path: string, over: Partial<RemoveFile> = {}): RemoveFile => ({
  path,
  deletionTimestamp: 1,
  dataChange: true,
  ...over,
});
const moved = { dataChange: false };
const dv = (id: string): DeletionVectorDescriptor => ({
  storageType: "i",
  pathOrInlineDv: id,
  sizeInBytes: 1,
  cardinality: 1,
});

// A1 is read and removed, A2 is read only, B1 is elsewhere.
const A1 = "a1", A2 = "a2", B1 = "b1";
const IN_A = bindPredicate(col("p").eq("a"), SCHEMA);
const SMALL_X = bindPredicate(col("x").lt(100), SCHEMA);
const READS_A: Partial<Reads> = {
  predicates: [IN_A],
  files: new Set([A1, A2].map((path) => fileKey(path))),
};
const READS_SMALL: Partial<Reads> = { ...READS_A, predicates: [SMALL_X] };
const READS_ALL: Partial<Reads> = { wholeTable: true };
const ALL_GONE = [gone(A1), gone(A2), gone(B1)];
const DOMAIN = { domain: "mine", configuration: "{}", removed: false };

// ---- the losers -----------------------------------------------------------------

const APPEND = "blind append";
const SELECT = "INSERT…SELECT from target";
const DML = "DELETE / UPDATE / MERGE with predicate";
const ALL = "DELETE all / OVERWRITE";
const WHERE = "replaceWhere / dynamic partition overwrite";
const OPTIMIZE = "OPTIMIZE / ZORDER / REORG";
const RESTORE = "RESTORE / CLONE / CONVERT";
const ALTER = "ALTER metadata only";
const CHECK = "ADD CHECK / SET NOT NULL / SYNC IDENTITY";
const EMPTY = "VACUUM log entry, empty commit";

const fresh = [add("new", "a", [1, 2])];

/** Losers of the first table: what others do to files. */
export const FILE_LOSERS: readonly Loser[] = [
  {
    name: "append",
    row: APPEND,
    operation: "append",
    staged: { adds: fresh },
  },
  {
    name: "INSERT … SELECT",
    row: SELECT,
    operation: "append",
    staged: { adds: fresh },
    reads: READS_A,
  },
  {
    name: "DELETE where p = 'a'",
    row: DML,
    operation: "delete",
    staged: { removes: [gone(A1)] },
    reads: READS_A,
  },
  {
    name: "DELETE where x < 100",
    row: DML,
    operation: "delete",
    staged: { removes: [gone(A1)] },
    reads: READS_SMALL,
  },
  {
    name: "DELETE by deletion vector",
    row: DML,
    operation: "delete",
    staged: {
      removes: [gone(A1)],
      adds: [add(A1, "a", [1, 2], { deletionVector: dv("ours") })],
    },
    reads: READS_A,
  },
  {
    name: "UPDATE",
    row: DML,
    operation: "update",
    staged: { removes: [gone(A1)], adds: fresh },
    reads: READS_A,
  },
  {
    name: "MERGE",
    row: DML,
    operation: "merge",
    staged: { removes: [gone(A1)], adds: fresh },
    reads: READS_A,
  },
  {
    name: "MERGE that only inserts",
    row: DML,
    operation: "merge",
    staged: { adds: fresh },
    reads: READS_A,
  },
  {
    name: "DELETE of all",
    row: ALL,
    operation: "delete",
    staged: { removes: ALL_GONE },
    reads: READS_ALL,
  },
  {
    name: "overwrite",
    row: ALL,
    operation: "overwrite",
    staged: { removes: ALL_GONE, adds: fresh },
    reads: READS_ALL,
  },
  {
    name: "overwrite where p = 'a'",
    row: WHERE,
    operation: "overwrite",
    staged: { removes: [gone(A1), gone(A2)], adds: fresh },
    reads: READS_A,
  },
  {
    name: "OPTIMIZE",
    row: OPTIMIZE,
    operation: "optimize",
    staged: {
      removes: [gone(A1, moved), gone(A2, moved)],
      adds: [add("packed", "a", [1, 4], moved)],
    },
    reads: { files: READS_A.files! },
  },
  {
    name: "RESTORE",
    row: RESTORE,
    operation: "restore",
    staged: { removes: [gone(B1)], adds: [add("old", "a", [1, 2])] },
    reads: READS_ALL,
  },
  {
    name: "ADD COLUMN",
    row: ALTER,
    operation: "metadata",
    staged: { metadata: metadata({}, { schemaString: WITH_COLUMN }) },
  },
  {
    name: "SET TBLPROPERTIES",
    row: ALTER,
    operation: "metadata",
    staged: { metadata: metadata({ "delta.appendOnly": "true" }) },
  },
  {
    name: "ADD CONSTRAINT",
    row: CHECK,
    operation: "metadata",
    staged: { metadata: metadata({ "delta.constraints.c": "x > 0" }) },
    reads: READS_ALL,
  },
  {
    name: "SET NOT NULL",
    row: CHECK,
    operation: "metadata",
    staged: { metadata: metadata({}, { schemaString: NOT_NULL }) },
    reads: READS_ALL,
  },
  { name: "empty commit", row: EMPTY, operation: "vacuum" },
];

/** Rows of the second table. */
export const DATA = "anything with data";
/** Rows of the second table. */
export const METADATA = "anything carrying metaData";
/** Rows of the second table. */
export const PROTOCOLS = "anything carrying protocol";

const RAISED: Protocol = {
  ...PROTOCOL,
  writerFeatures: [...PROTOCOL.writerFeatures!, "allowColumnDefaults"],
};
const depends = { txns: [{ appId: "app", version: 5 }] };
const sets = { domains: [DOMAIN] };

/** Losers of the second table: what others do to definition, applications and domains. */
export const DEFINITION_LOSERS: readonly Loser[] = [
  ...FILE_LOSERS.filter((l) =>
    [APPEND, SELECT, DML, ALL, WHERE, OPTIMIZE].includes(l.row)
  ).map((l) => ({
    ...l,
    row: DATA,
    // An OPTIMIZE with an application or a domain beside it is none any more.
    ...(l.row === OPTIMIZE
      ? {}
      : { staged: { ...l.staged, ...depends, ...sets } }),
  })),
  ...FILE_LOSERS.filter((l) => [ALTER, CHECK].includes(l.row)).map((l) => ({
    ...l,
    row: METADATA,
    staged: { ...l.staged, ...depends, ...sets },
  })),
  {
    name: "append that adds a column",
    row: METADATA,
    operation: "append",
    staged: {
      adds: fresh,
      metadata: metadata({}, { schemaString: WITH_COLUMN }),
      ...depends,
      ...sets,
    },
  },
  {
    name: "ADD FEATURE",
    row: PROTOCOLS,
    operation: "metadata",
    staged: { protocol: RAISED, ...depends, ...sets },
  },
  {
    name: "RESTORE",
    row: "RESTORE/CLONE/CONVERT",
    operation: "restore",
    staged: { adds: [add("old", "a", [1, 2])], ...depends, ...sets },
    reads: READS_ALL,
  },
];

// ---- the winners ----------------------------------------------------------------

const blind = { isBlindAppend: true, operation: "WRITE" };
const seeing = { isBlindAppend: false, operation: "WRITE" };
const says = (commitInfo: CommitInfo): { commitInfo: CommitInfo } => ({
  commitInfo,
});

/** Columns of the first table. */
export const BLIND_IN = "blind append in my predicate";
/** Columns of the first table. */
export const OUTSIDE = "append outside, blind or not";
/** Columns of the first table. */
export const SEEING_IN = "non-blind add in my predicate";
/** Columns of the first table. */
export const REMOVED = "removed a file I read, dataChange";
/** Columns of the first table. */
export const ELSEWHERE = "removes elsewhere";
/** Columns of the first table. */
export const MOVED = "OPTIMIZE of files I read / remove";
/** Columns of the first table. */
export const MOVED_ELSEWHERE = "OPTIMIZE elsewhere";

const removesA1 = (loser: Loser): boolean =>
  loser.staged?.removes?.some((remove) => remove.path === A1) ?? false;
const removesA2 = (loser: Loser): boolean =>
  loser.staged?.removes?.some((remove) => remove.path === A2) ?? false;

/** Winners of the first table. */
export const FILE_RIVALS: readonly Rival[] = [
  {
    name: "blind append inside",
    column: BLIND_IN,
    wrote: { adds: [add("theirs", "a", [1, 2])], ...says(blind) },
  },
  {
    name: "blind append outside",
    column: OUTSIDE,
    wrote: { adds: [add("theirs", "b", [500, 600])], ...says(blind) },
  },
  {
    name: "other append outside",
    column: OUTSIDE,
    wrote: { adds: [add("theirs", "b", [500, 600])], ...says(seeing) },
  },
  {
    name: "append outside without statistics",
    column: OUTSIDE,
    wrote: { adds: [add("theirs", "b", undefined)], ...says(seeing) },
  },
  {
    name: "append inside after reading",
    column: SEEING_IN,
    wrote: { adds: [add("theirs", "a", [1, 2])], ...says(seeing) },
  },
  {
    name: "append inside that says nothing of itself",
    column: SEEING_IN,
    wrote: { adds: [add("theirs", "a", [1, 2])] },
  },
  {
    name: "DELETE of a file read and removed",
    column: REMOVED,
    wrote: { removes: [gone(A1)], ...says({ operation: "DELETE" }) },
  },
  {
    name: "DELETE by deletion vector of a file read",
    column: REMOVED,
    alsoIn: SEEING_IN,
    wrote: {
      removes: [gone(A1)],
      adds: [add(A1, "a", [1, 2], { deletionVector: dv("theirs") })],
      ...says({ operation: "DELETE" }),
    },
  },
  {
    name: "DELETE of a file only read",
    column: REMOVED,
    wrote: { removes: [gone(A2)], ...says({ operation: "DELETE" }) },
  },
  {
    name: "DELETE elsewhere",
    column: ELSEWHERE,
    wrote: { removes: [gone(B1)], ...says({ operation: "DELETE" }) },
  },
  {
    name: "OPTIMIZE of a file read and removed",
    column: MOVED,
    wrote: {
      removes: [gone(A1, moved)],
      adds: [add("packed", "a", [1, 2], moved)],
      ...says({ operation: "OPTIMIZE" }),
    },
  },
  {
    name: "OPTIMIZE of a file only read",
    column: MOVED,
    wrote: {
      removes: [gone(A2, moved)],
      adds: [add("packed", "a", [1, 2], moved)],
      ...says({ operation: "OPTIMIZE" }),
    },
  },
  {
    name: "OPTIMIZE elsewhere",
    column: MOVED_ELSEWHERE,
    wrote: {
      removes: [gone(B1, moved)],
      adds: [add("packed", "b", [1, 2], moved)],
      ...says({ operation: "OPTIMIZE" }),
    },
  },
];

/** Whether a pair of the first table has the loser remove what the winner moved. */
export function removesWhatMoved(loser: Loser, rival: Rival): boolean {
  return rival.name.endsWith("only read") ? removesA2(loser) : removesA1(loser);
}

/** Columns of the second table. */
export const CHANGED = "schema/props, not allow-listed";
/** Columns of the second table. */
export const ALLOWED = "allow-listed feature enable";
/** Columns of the second table. */
export const RAISE = "protocol raise I support";
/** Columns of the second table. */
export const UNSUPPORTED = "raise I do not support, or feature drop";
/** Columns of the second table. */
export const TXN = "txn with an appId I depend on";
/** Columns of the second table. */
export const SAME_DOMAIN = "same domainMetadata";
/** Columns of the second table. */
export const ROW_IDS = "delta.rowTracking";

const alters = (
  name: string,
  configuration: Record<string, string>,
  over: Partial<Metadata> = {},
  column = CHANGED,
): Rival => ({
  name,
  column,
  wrote: { metadata: metadata(configuration, over) },
});

const without = (protocol: Protocol, name: string): Protocol => ({
  ...protocol,
  readerFeatures: protocol.readerFeatures!.filter((f) => f !== name),
  writerFeatures: protocol.writerFeatures!.filter((f) => f !== name),
});

const withFeature = (name: string): Protocol => ({
  ...PROTOCOL,
  writerFeatures: [...PROTOCOL.writerFeatures!, name],
});

/** Winners of the second table. */
export const DEFINITION_RIVALS: readonly Rival[] = [
  alters("adds a column", {}, { schemaString: WITH_COLUMN }),
  alters("sets NOT NULL", {}, { schemaString: NOT_NULL }),
  alters("sets delta.appendOnly", { "delta.appendOnly": "true" }),
  alters("enables the change data feed", {
    "delta.enableChangeDataFeed": "true",
  }),
  alters("adds a constraint", { "delta.constraints.c": "x > 0" }),
  alters("changes a retention", {
    "delta.logRetentionDuration": "interval 1 day",
  }),
  alters("sets a property of the user's own", { mine: "1" }),
  alters("changes the partition columns", {}, { partitionColumns: [] }),
  alters("replaces the table", {}, { id: "other" }),
  alters("renames the table", {}, { name: "other" }),
  alters(
    "enables deletion vectors",
    { "delta.enableDeletionVectors": "true" },
    {},
    ALLOWED,
  ),
  alters(
    "enables in-commit timestamps",
    {
      "delta.enableInCommitTimestamps": "true",
      "delta.inCommitTimestampEnablementVersion": "8",
      "delta.inCommitTimestampEnablementTimestamp": "1700000000000",
    },
    {},
    ALLOWED,
  ),
  alters(
    "sets the checkpoint policy v2",
    { "delta.checkpointPolicy": "v2" },
    {},
    ALLOWED,
  ),
  alters(
    "turns column mapping on by name",
    {
      "delta.columnMapping.mode": "name",
      "delta.columnMapping.maxColumnId": "2",
    },
    { schemaString: MAPPED },
    ALLOWED,
  ),
  alters(
    "enables row tracking",
    {
      "delta.enableRowTracking": "true",
      "delta.rowTracking.materializedRowIdColumnName": "_row_id",
      "delta.rowTracking.materializedRowCommitVersionColumnName": "_row_v",
    },
    {},
    ALLOWED,
  ),
  {
    name: "adds the feature checkConstraints",
    column: RAISE,
    wrote: { protocol: withFeature("checkConstraints") },
  },
  {
    name: "adds the feature clustering",
    column: RAISE,
    wrote: { protocol: withFeature("clustering") },
  },
  {
    name: "adds a feature nobody knows",
    column: UNSUPPORTED,
    wrote: { protocol: withFeature("noFeatureOfThisName") },
  },
  {
    name: "drops the feature deletionVectors",
    column: UNSUPPORTED,
    wrote: { protocol: without(PROTOCOL, "deletionVectors") },
  },
  {
    name: "records a lower version of our application",
    column: TXN,
    wrote: { txns: [{ appId: "app", version: 4 }] },
    against: (loser) => loser.staged?.txns !== undefined,
  },
  {
    name: "sets our domain",
    column: SAME_DOMAIN,
    wrote: { domains: [{ ...DOMAIN, configuration: '{"a":1}' }] },
    against: (loser) => loser.staged?.domains !== undefined,
  },
  {
    name: "removes our domain",
    column: SAME_DOMAIN,
    wrote: { domains: [{ ...DOMAIN, removed: true }] },
    against: (loser) => loser.staged?.domains !== undefined,
  },
  {
    name: "counts row ids on",
    column: ROW_IDS,
    wrote: {
      domains: [{
        domain: "delta.rowTracking",
        configuration: '{"rowIdHighWaterMark":9}',
        removed: false,
      }],
    },
  },
];

// ---- what is refused though it might be allowed ------------------------------------

/** A refusal where the oracle lets an engine choose. */
export interface Conservative {
  /** The winner's name, or its column's. */
  readonly rival: string;
  /** Which losers it is refused to, in words. */
  readonly whom: string;
  /** Whether it is refused to a loser. */
  readonly refuses: (loser: Loser) => boolean;
  /** Why. */
  readonly reason: string;
}

const writesMoreThanAdds = ({ staged = {} }: Loser): boolean =>
  (staged.removes ?? []).length > 0 || staged.metadata !== undefined ||
  staged.protocol !== undefined;

const carriesProtocol = ({ row }: Loser): boolean => row === PROTOCOLS;

/** Every pair of the tables that this engine refuses though it might let it pass. */
export const CONSERVATIVE: readonly Conservative[] = [
  {
    rival: "append outside without statistics",
    whom: "whoever read a predicate on columns that are not partition columns",
    refuses: (loser) => loser.reads?.predicates?.includes(SMALL_X) ?? false,
    reason:
      "Nothing but the rows themselves could tell that they lie outside, and a commit does not read a winner's data files.",
  },
  {
    rival: "enables row tracking",
    whom: "whoever does more than add files",
    refuses: writesMoreThanAdds,
    reason:
      "Rows that are moved have to keep their ids from that version on, and the files were written without them.",
  },
  {
    rival: CHANGED,
    whom: "whoever changes the protocol",
    refuses: carriesProtocol,
    reason:
      "Which features a table needs is told from its schema and properties, and those were others.",
  },
  {
    rival: "adds the feature clustering",
    whom: "everybody",
    refuses: (loser) => loser.operation !== "restore",
    reason:
      "Clustered tables want statistics of the clustering columns, which the files may lack.",
  },
];

// ---- the answer -----------------------------------------------------------------

const NOTHING: StagedActions = {
  adds: [],
  removes: [],
  cdc: [],
  txns: [],
  domains: [],
  metadata: undefined,
  protocol: undefined,
};
const NO_READS: Reads = {
  wholeTable: false,
  predicates: [],
  files: new Set(),
  appIds: new Set(),
};

/** The table just before the winner. */
export const FACTS: TableFacts = {
  protocol: PROTOCOL,
  metadata: metadata(),
  schema: SCHEMA,
};

/** The loser as the rules see it, on a table of a level. */
export function oursOf(loser: Loser, level: Level): Ours {
  const staged = { ...NOTHING, ...loser.staged };
  const reads = { ...NO_READS, ...loser.reads };
  return {
    staged,
    reads,
    level: levelOf(staged, LEVELS[level], loser.operation),
    blindAppend: defaultRules.isBlindAppend(staged, reads),
    operation: loser.operation,
    claim: claimOf(FACTS, staged),
  };
}

/** The winner as the rules see it. */
export function winnerFrom(wrote: Rival["wrote"], version = 8): Winner {
  return {
    version,
    adds: [],
    removes: [],
    txns: [],
    domains: [],
    metadata: undefined,
    protocol: undefined,
    commitInfo: undefined,
    ...wrote,
  };
}

/** What the engine's rules say to a pair at a level. */
export function judge(loser: Loser, rival: Rival, level: Level): CheckResult {
  return checkWinner(
    defaultRules,
    oursOf(loser, level),
    winnerFrom(rival.wrote),
    FACTS,
  );
}

/** Names of conflicts, as the tables abbreviate them. */
const LETTERS: Readonly<Record<string, string>> = {
  ConcurrentAppend: "A",
  ConcurrentDeleteRead: "R",
  ConcurrentDeleteDelete: "D",
  MetadataChanged: "M",
  ProtocolChanged: "P",
  ConcurrentTransaction: "T",
  ConcurrentWrite: "W",
};

/** An answer in one character: a tick, or the conflict's letter. */
export function letterOf(result: CheckResult): string {
  if (result.kind === "pass") return "✓";
  if (result.kind === "already-applied") return "T";
  return LETTERS[ERROR_CODES[result.code].conflict!]!;
}
