import { assert, assertEquals } from "@std/assert";
import { choices } from "../../testing/changed_table.ts";
import { bindPredicate } from "../expression/bind.ts";
import { compilePredicate } from "../expression/evaluate.ts";
import {
  and,
  col,
  type Column,
  type Expression,
  not,
  or,
} from "../expression/predicate.ts";
import type { DataType, StructType } from "../schema/data_type.ts";
import type { Row, StructValue, Value } from "../schema/value.ts";
import { memoryStore } from "../store/memory_store.ts";
import { DeltaTable } from "../table.ts";

const [MIN, MAX] = [-(2n ** 63n), 2n ** 63n - 1n];
const NINES = 10n ** 38n - 1n;
const DAY = 86_400_000_000n;
/** Days of the first of January of the years 1 and 10000. */
const [YEAR_1, YEAR_10000] = [-719_162, 2_932_897];
const PREFIX = "abcdefghijklmnopqrstuvwxyz012345";
const LAST = "\u{10ffff}";

const decimals = (scale: number, ...unscaled: bigint[]): Value[] =>
  unscaled.map((value) => ({ unscaled: value, scale }));

// deno-fmt-ignore
const TIMES: readonly Value[] = [
  0n, 999n, 1000n, -1n, -1000n, -1001n, 1_500n, 1_501n,
  BigInt(YEAR_1) * DAY, BigInt(YEAR_1) * DAY - 1n, BigInt(YEAR_10000) * DAY - 1n,
  BigInt(YEAR_10000) * DAY, 8_640_000_000_000_001_000n, MIN, MAX,
];

/** Values at which bounds are cut, left out, or ordered otherwise than one thinks. */
// deno-fmt-ignore
const VALUES: Readonly<Record<string, readonly [DataType, readonly Value[]]>> = {
  flag: [{ kind: "boolean" }, [true, false]],
  tiny: [{ kind: "byte" }, [-128, 0, 127]],
  whole: [{ kind: "integer" }, [-(2 ** 31), -1, 0, 2 ** 31 - 1]],
  long: [{ kind: "long" }, [MIN, MIN + 1n, -1n, 0n, 2n ** 53n, 2n ** 53n + 1n, MAX - 1n, MAX]],
  float: [{ kind: "float" }, [0, -0, NaN, Infinity, -Infinity, Math.fround(0.1), -1.5]],
  double: [{ kind: "double" }, [0, -0, NaN, Infinity, -Infinity, 0.1, 5e-324, 1e21, 2 ** 53 + 2]],
  fraction: [{ kind: "decimal", precision: 38, scale: 38 }, decimals(38, NINES, -NINES, 0n, 1n)],
  great: [{ kind: "decimal", precision: 38, scale: 0 }, decimals(0, NINES, -NINES, 0n, 2n ** 64n)],
  price: [{ kind: "decimal", precision: 9, scale: 2 }, decimals(2, 999_999_999n, -1n, 0n, 10n)],
  text: [{ kind: "string" }, [
    "", "a", "A", "\0", "ü", "\u{1f600}", "\uffff", "\ud7ff", "\ue000", LAST, LAST.repeat(40),
    PREFIX, `${PREFIX}6`, `${PREFIX}\x7f`, `${PREFIX}\x7fz`, `${PREFIX}${LAST}`, `${PREFIX}\ufffd`,
    "\u{1f600}".repeat(33), "null", "a/b", "%20", "..", "__HIVE_DEFAULT_PARTITION__",
  ]],
  bytes: [{ kind: "binary" }, [new Uint8Array(), new Uint8Array([0]), new Uint8Array([97, 37])]],
  day: [{ kind: "date" }, [0, -1, YEAR_1, YEAR_1 - 1, YEAR_10000 - 1, YEAR_10000, 100_000_001, -(2 ** 31)]],
  time: [{ kind: "timestamp" }, TIMES],
  clock: [{ kind: "timestamp_ntz" }, TIMES],
};
const NAMES = Object.keys(VALUES);

const columns = NAMES.map((name) => ({
  name,
  type: VALUES[name]![0],
  nullable: true,
  metadata: {},
}));
const SCHEMA: StructType = {
  kind: "struct",
  fields: [...columns, {
    name: "inner",
    type: { kind: "struct", fields: columns },
    nullable: true,
    metadata: {},
  }],
};

type Choices = ReturnType<typeof choices>;

/** A file's values of each column: two of them, so that its bounds are narrow. */
type Pool = Readonly<Record<string, readonly Value[]>>;

function poolOf({ one }: Choices): Pool {
  return Object.fromEntries(
    NAMES.map((name) => [name, [one(VALUES[name]![1]), one(VALUES[name]![1])]]),
  );
}

function record(
  { below, one }: Choices,
  pool: Pool,
  nulls: number,
): StructValue {
  return Object.fromEntries(
    NAMES.map((name) => [name, below(10) < nulls ? null : one(pool[name]!)]),
  );
}

function condition(random: Choices, depth: number): Expression {
  const { below, one } = random;
  if (depth > 0 && below(4) > 0) {
    const [a, b] = [condition(random, depth - 1), condition(random, depth - 1)];
    return one([() => and(a, b), () => or(a, b), () => not(a)])();
  }
  // Text has the most ways to go wrong.
  const name = below(4) === 0 ? "text" : one(NAMES);
  const values = VALUES[name]![1];
  const column: Column = below(4) === 0 ? col("inner", name) : col(name);
  const op = one(
    ["eq", "ne", "lt", "le", "gt", "ge", "eqNullSafe"] as const,
  );
  return one<() => Expression>([
    () => column[op](one(values)),
    () => column[op](one(values)),
    () => column[op](col("inner", name)),
    () => column.isNull(),
    () => column.isNotNull(),
    () => column.in([one(values), one(values), null]),
    () => column.between(one(values), one(values)),
    () => col("text").like(one(["a%", "%", `${PREFIX}%`, `${LAST}%`, ""])),
  ])();
}

/** A table of several small files, whose statistics have been through the log. */
async function tableOf(random: Choices): Promise<DeltaTable> {
  const { below, one } = random;
  const yes = () => below(3) === 0;
  const store = memoryStore();
  const partitionBy = below(3) > 0 ? [one(NAMES)] : [];
  const onWarning = () => {};
  const table = await DeltaTable.create("memory://", {
    store,
    schema: SCHEMA,
    partitionBy,
    onWarning,
    properties: {
      "delta.dataSkippingNumIndexedCols": one(["-1", "5"]),
      ...yes() ? { "delta.columnMapping.mode": "name" } : {},
      ...yes() ? { "delta.enableDeletionVectors": "true" } : {},
      ...yes()
        ? {
          "delta.checkpoint.writeStatsAsStruct": "true",
          "delta.checkpoint.writeStatsAsJson": "false",
        }
        : {},
    },
  });
  for (let file = 0; file < 4; file++) {
    const nulls = one([0, 0, 3, 10]);
    const pool = poolOf(random);
    const rows = Array.from({ length: 1 + below(3) }, () => ({
      ...record(random, pool, nulls),
      inner: below(5) === 0 ? null : record(random, pool, nulls),
    }));
    await table.append(rows);
  }
  const name = one(NAMES);
  await table.delete({ where: col(name).eq(one(VALUES[name]![1])) });
  if (yes()) await table.checkpoint();
  return await DeltaTable.open("memory://", { store, onWarning });
}

function matching(rows: readonly Row[], where: Expression): string[] {
  const bound = bindPredicate(where, SCHEMA);
  const holds = compilePredicate(bound, (path) => (row) => {
    let value: Value = rows[row]!;
    for (const step of path) {
      value = value === null ? null : (value as StructValue)[step]!;
    }
    return value;
  });
  return rows.filter((_, row) => holds(row) === true).map(text).sort();
}

function text(row: Row): string {
  return JSON.stringify(row, (_, value) => {
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value !== "number") return value;
    return Object.is(value, -0) ? "-0" : String(value);
  });
}

Deno.test("rows() with a condition finds what a look at every row finds, whatever the values", async () => {
  let [cases, some] = [0, 0];
  for (let seed = 1; seed <= 20; seed++) {
    const random = choices(seed);
    const table = await tableOf(random);
    const rows = await Array.fromAsync(table.rows());
    for (let i = 0; i < 100; i++, cases++) {
      const where = condition(random, 2);
      const expected = matching(rows, where);
      const found = await Array.fromAsync(table.rows({ where }), text);
      const about = `seed ${seed}, condition ${i}`;
      assertEquals(found.sort(), expected, about);
      if (expected.length > 0) some++;
    }
  }
  assertEquals(cases, 2_000);
  assert(some > 500 && some < 1_900, `${some} found rows`);
});
