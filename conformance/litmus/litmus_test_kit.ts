/**
 * What litmus tests are made of: a small table, two handles on one version of it,
 * two operations of which one commits first, and what may be left then.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  type CreateTableOptions,
  DeltaError,
  DeltaTable,
  ERROR_CODES,
  type IsolationLevel,
  memoryStore,
  type ObjectStore,
  type RowInput,
  type StructField,
  type StructType,
} from "../../src/mod.ts";
import { type VirtualHost, virtualHost } from "../../testing/virtual_host.ts";

/** A table to begin with. */
export interface Setup {
  /** Whether it is partitioned by `p`: P2; else it is U. */
  readonly partitioned: boolean;
  /** Its rows, one append each list; P2's and U's own by default. */
  readonly rows?: readonly (readonly RowInput[])[];
  /** Its properties. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Its columns; `p string, x long` by default. */
  readonly schema?: StructType;
}

/** Rows of `p` and `x`. */
export function rows(
  ...pairs: readonly (readonly [string | null, number])[]
): RowInput[] {
  return pairs.map(([p, x]) => ({ p, x }));
}

/** The rows that every table begins with. */
export const FIRST_ROWS: RowInput[] = rows(["a", 1], ["a", 2], ["b", 1]);

/** Partitioned by `p`, one file a partition. */
export const P2: Setup = { partitioned: true };

/** The same rows, unpartitioned. */
export const U: Setup = { partitioned: false };

/** P2 with one more file in `p=a`. */
export const P2_AND_ONE: Setup = {
  partitioned: true,
  rows: [FIRST_ROWS, rows(["a", 3])],
};

/** A column. */
export function column(name: string, kind: "string" | "long"): StructField {
  return { name, type: { kind }, nullable: true, metadata: {} };
}

const SCHEMA: StructType = {
  kind: "struct",
  fields: [column("p", "string"), column("x", "long")],
};

/** A table on a store of its own, reached by any number of handles. */
export interface Lab {
  /** The store. */
  readonly store: ObjectStore;
  /** The clock that all handles go by. */
  readonly host: VirtualHost;
  /** Another handle, at the newest version or an older one; through another store where a test breaks one. */
  open(version?: number, store?: ObjectStore): Promise<DeltaTable>;
  /** The rows of the newest version or an older one, as sorted text: `a,1`. */
  rows(version?: number): Promise<string[]>;
}

const URL = "memory://litmus";
/** Every table draws names of its own: a file may go from one to another. */
let labs = 0;

/** Makes the table. */
export async function lab(
  setup: Setup,
  level: IsolationLevel = "Serializable",
): Promise<Lab> {
  const host = virtualHost(++labs);
  const store = memoryStore(undefined, host);
  const options: CreateTableOptions = {
    store,
    host,
    schema: setup.schema ?? SCHEMA,
    partitionBy: setup.partitioned ? ["p"] : [],
    properties: {
      ...(level === "Serializable" ? {} : { "delta.isolationLevel": level }),
      ...setup.properties,
    },
  };
  const table = await DeltaTable.create(URL, options);
  for (const batch of setup.rows ?? [FIRST_ROWS]) {
    await table.append([...batch]);
  }
  const open = (version?: number, through = store): Promise<DeltaTable> =>
    DeltaTable.open(URL, {
      store: through,
      host,
      onWarning: () => {},
      ...(version === undefined ? {} : { version }),
    });
  return {
    store,
    host,
    open,
    rows: async (version) => await rowsOf(await open(version)),
  };
}

/** A table's rows as sorted text, columns in the order of the schema. */
export async function rowsOf(
  table: Pick<DeltaTable, "rows">,
): Promise<string[]> {
  const texts: string[] = [];
  for await (const row of table.rows()) {
    texts.push(Object.values(row).map(String).join(","));
  }
  return texts.sort();
}

/** An operation, tried on a handle. */
export type Verb = (table: DeltaTable) => Promise<unknown>;

/** `ok`, `nothing` where there was nothing to commit, a conflict's name, or an error's code. */
export async function outcomeOf(run: Promise<unknown>): Promise<string> {
  try {
    const report = await run as { readonly outcome?: string } | undefined;
    const outcome = report?.outcome ?? "committed";
    return outcome === "committed" ? "ok" : "nothing";
  } catch (error) {
    if (!(error instanceof DeltaError)) throw error;
    // An error that says it failed must have left no trace: the rows will tell.
    assert.equal(error.outcome, "failed", error.message);
    return ERROR_CODES[error.code].conflict ?? error.code;
  }
}

/** How a race ended. */
export interface RaceEnd {
  /** What became of the one that committed first. */
  readonly first: string;
  /** What became of the one that was prepared on the same version and came second. */
  readonly second: string;
  /** The rows at the end. */
  readonly rows: readonly string[];
  /** The table. */
  readonly lab: Lab;
}

/** Runs one operation after the other, both on handles of one version. */
export async function race(
  setup: Setup,
  first: Verb,
  second: Verb,
  level?: IsolationLevel,
): Promise<RaceEnd> {
  const made = await lab(setup, level);
  const [one, two] = [await made.open(), await made.open()];
  assert.equal(one.version, two.version);
  const ends = [await outcomeOf(first(one)), await outcomeOf(second(two))];
  return {
    first: ends[0]!,
    second: ends[1]!,
    rows: await made.rows(),
    lab: made,
  };
}

/** What may become of the second operation, and which rows are left with each outcome. */
export type Allowed = Readonly<Record<string, readonly string[] | "any">>;

/** One race, in both orders. */
export interface RaceTest {
  /** The table. */
  readonly setup: Setup;
  /** One operation. */
  readonly x: Verb;
  /** The other. */
  readonly y: Verb;
  /** Levels that it is run at; Serializable by default. */
  readonly levels?: readonly IsolationLevel[];
  /** What may be when x commits first. */
  readonly xFirst: Allowed;
  /** What may be when y commits first. */
  readonly yFirst: Allowed;
  /** Looks at the table afterwards. */
  readonly then?: (end: RaceEnd) => Promise<void> | void;
}

/** A litmus test by its name in the list. */
export interface Litmus {
  /** Its id: A1, B7, D4. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** Runs it; throws where it ends as it may not. */
  readonly run: () => Promise<void>;
  /** Its races, where it is nothing but races. */
  readonly races?: readonly RaceTest[];
}

/** A litmus test that is a race, or several. */
export function races(
  id: string,
  name: string,
  ...tests: readonly RaceTest[]
): Litmus {
  return {
    id,
    name,
    races: tests,
    run: async () => {
      for (const test of tests) {
        for (const level of test.levels ?? ["Serializable"] as const) {
          await ends(test, "x first", level);
          await ends(test, "y first", level);
        }
      }
    },
  };
}

async function ends(
  test: RaceTest,
  order: "x first" | "y first",
  level: IsolationLevel,
): Promise<void> {
  const { setup, x, y } = test;
  const end = order === "x first"
    ? await race(setup, x, y, level)
    : await race(setup, y, x, level);
  const allowed = order === "x first" ? test.xFirst : test.yFirst;
  const where = `${order} at ${level}`;
  assert.equal(end.first, "ok", `the first, ${where}`);
  const left = Object.hasOwn(allowed, end.second)
    ? allowed[end.second]
    : undefined;
  assert.ok(left, `the second ended as ${end.second}, ${where}`);
  if (left !== "any") assert.deepEqual(end.rows, [...left], where);
  await test.then?.(end);
}

/** One set of rows for several outcomes. */
export function each(
  outcomes: readonly string[],
  left: readonly string[] | "any",
): Allowed {
  return Object.fromEntries(outcomes.map((outcome) => [outcome, left]));
}

/** The names of what stands between a reader or remover and a change of its files. */
export const ARD: readonly string[] = [
  "ConcurrentAppend",
  "ConcurrentDeleteRead",
  "ConcurrentDeleteDelete",
];

/** Every level. */
export const EVERY_LEVEL: readonly IsolationLevel[] = [
  "Serializable",
  "WriteSerializable",
  "SnapshotIsolation",
];
