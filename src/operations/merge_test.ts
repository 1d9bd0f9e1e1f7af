import * as arrow from "apache-arrow";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { column, columns } from "../../testing/built_table.ts";
import {
  type ChangedTable,
  changedTable,
} from "../../testing/changed_table.ts";
import { DeltaError } from "../errors.ts";
import { and, col } from "../expression/predicate.ts";
import { merge, type MergeOptions } from "./merge.ts";

const SCHEMA = columns(
  column("id", "long"),
  column("p", "string"),
  column("n", "integer"),
);
const ROWS = [
  { id: 1, p: "a", n: 10 },
  { id: 2, p: "a", n: 20 },
  { id: 3, p: "b", n: 30 },
  { id: null, p: "b", n: 40 },
];
const INSERT_ALL = [{ insert: "all" as const }];

const mergeInto = async (table: ChangedTable, options: MergeOptions) =>
  await merge(table.context, await table.load(), options);

Deno.test("merge() upserts by a key, and null keys match nothing", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  const result = await mergeInto(table, {
    source: [{ id: 2, n: 21 }, { id: null, n: 41 }, { id: 9, p: "z", n: 9 }],
    on: ["id"],
    whenMatched: [{ update: { n: col("source", "n") } }],
    whenNotMatched: INSERT_ALL,
  });
  const { numUpdatedRows, numInsertedRows, numCopiedRows } = result.metrics;
  assertEquals([numUpdatedRows, numInsertedRows, numCopiedRows], [1, 2, 3]);
  assertEquals(await table.rows(), [
    '{"id":1,"p":"a","n":10}',
    '{"id":2,"p":"a","n":21}',
    '{"id":3,"p":"b","n":30}',
    '{"id":9,"p":"z","n":9}',
    '{"id":null,"p":"b","n":40}',
    '{"id":null,"p":null,"n":41}',
  ]);
});

Deno.test("merge() takes the first clause whose condition is true", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  await mergeInto(table, {
    source: [1, 2, 3, 8, 9].map((id) => ({ id, op: id % 3 })),
    on: "target.id = source.id",
    whenMatched: [
      { delete: true, condition: "source.op = 1" },
      { update: { n: 0 }, condition: col("source", "op").eq(2) },
    ],
    whenNotMatched: [
      { insert: { id: col("id"), p: "eight" }, condition: "op = 2" },
      { insert: { n: { sql: "source.op + 100" } } },
    ],
    whenNotMatchedBySource: [{ delete: true, condition: "n = 40" }],
  });
  assertEquals(await table.rows(), [
    '{"id":2,"p":"a","n":0}',
    '{"id":3,"p":"b","n":30}',
    '{"id":8,"p":"eight","n":null}',
    '{"id":null,"p":null,"n":100}',
  ]);
});

Deno.test("merge() refuses two source rows that change one row, and writes nothing", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  const before = await table.objects();
  const source = [{ id: 1, n: 1 }, { id: 1, n: 2 }];
  const error = await assertRejects(
    () =>
      mergeInto(table, {
        source,
        on: ["id"],
        whenMatched: [{ update: "all" }],
      }),
    DeltaError,
  );
  assertEquals(
    error.code,
    "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE",
  );
  assertEquals(await table.objects(), before);
  assertEquals((await table.load()).version, 1);
  // A condition that leaves one of them is as good as one row,
  await mergeInto(table, {
    source,
    on: ["id"],
    whenMatched: [{ update: "all", condition: "source.n = 2" }],
  });
  // and deleting twice is deleting.
  await mergeInto(table, {
    source,
    on: ["id"],
    whenMatched: [{ delete: true }],
  });
  assertEquals((await table.rows()).length, 3);
});

Deno.test("merge() opens only files whose keys the source may have", async () => {
  const table = await changedTable(SCHEMA, { rows: [{ id: 1, n: 1 }] });
  await table.append([{ id: 100, n: 2 }]);
  await table.append([{ id: 200, n: 3 }]);
  const base = await table.load();
  await base.files();
  table.store.reset();
  await merge(table.context, base, {
    source: [{ id: 100, n: 5 }, { id: 150, n: 6 }],
    on: ["id"],
    whenMatched: [{ update: "all" }],
    whenNotMatched: INSERT_ALL,
  });
  const read = new Set(
    table.store.calls.filter((call) =>
      call.name.startsWith("get") && call.path.endsWith("parquet")
    ).map((call) => call.path),
  );
  assertEquals(read.size, 1);
  assertEquals((await table.rows()).length, 4);
});

Deno.test("merge() that only inserts has read the table, and is no blind append", async () => {
  const table = await changedTable(SCHEMA, {
    properties: { "delta.appendOnly": "true" },
    rows: ROWS,
  });
  const result = await mergeInto(table, {
    source: [{ id: 1 }, { id: 50 }],
    on: ["id"],
    whenNotMatched: INSERT_ALL,
  });
  assertEquals(result.metrics.numInsertedRows, 1);
  const [info] = await table.actions(2);
  assert("commitInfo" in info!);
  assertEquals(info.commitInfo.isBlindAppend, false);
  assertEquals(info.commitInfo.operation, "MERGE");
});

Deno.test("merge() twice from one version inserts a key once", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  const base = await table.load();
  const insert: MergeOptions = {
    source: [{ id: 77, n: 1 }],
    on: ["id"],
    whenNotMatched: INSERT_ALL,
  };
  await merge(table.context, base, insert);
  const error = await assertRejects(
    () => merge(table.context, base, insert),
    DeltaError,
  );
  assertEquals(error.kind, "conflict");
});

Deno.test("merge() joins on several keys, other types and further conditions", async () => {
  const decimal = { kind: "decimal", precision: 10, scale: 2 } as const;
  const schema = columns(
    column("d", decimal),
    column("at", "date"),
    column("b", "binary"),
    column("n", "integer"),
  );
  const at = "2024-02-29";
  const b = new Uint8Array([1, 2]);
  const table = await changedTable(schema, {
    rows: [
      { d: "1.50", at, b, n: 1 },
      { d: "1.50", at, b: new Uint8Array([1]), n: 2 },
      { d: "2.00", at, b, n: 3 },
    ],
  });
  await mergeInto(table, {
    source: [{ d: "1.5", at, b, n: 5 }, { d: "2", at, b, n: 0 }],
    on: and(
      col("target", "d").eq(col("source", "d")),
      col("target", "at").eq(col("source", "at")),
      col("target", "b").eq(col("source", "b")),
      col("source", "n").gt(col("target", "n")),
    ),
    whenMatched: [{ update: { n: col("source", "n") } }],
  });
  const numbers = (await table.rows()).map((row) => JSON.parse(row).n).sort();
  assertEquals(numbers, [2, 3, 5]);
});

Deno.test("merge() without an equality tries every pair", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  await mergeInto(table, {
    source: [{ low: 15, high: 35 }],
    on: "target.n BETWEEN source.low AND source.high",
    whenMatched: [{ delete: true }],
  });
  assertEquals((await table.rows()).length, 2);
});

Deno.test("merge() takes Arrow, and a source without rows", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  await mergeInto(table, {
    source: arrow.tableFromArrays({
      id: Int32Array.of(1),
      n: Int32Array.of(7),
    }),
    on: ["id"],
    whenMatched: [{ update: "all" }],
  });
  assert((await table.rows())[0]!.includes('"n":7'));
  const empty = await mergeInto(table, {
    source: [],
    sourceSchema: SCHEMA,
    on: ["id"],
    whenMatched: [{ delete: true }],
    whenNotMatched: INSERT_ALL,
  });
  assertEquals(empty.outcome, "nothing-to-do");
  await mergeInto(table, {
    source: [],
    sourceSchema: SCHEMA,
    on: ["id"],
    whenNotMatchedBySource: [{ delete: true }],
  });
  assertEquals(await table.rows(), []);
});

Deno.test("merge() fills in defaults and keeps to the rules for inserted rows", async () => {
  const schema = columns(
    column("id", "long"),
    column("n", "integer", { CURRENT_DEFAULT: "7" }),
    column("twice", "long", { "delta.generationExpression": "id * 2" }),
  );
  const table = await changedTable(schema, {
    properties: { "delta.feature.allowColumnDefaults": "supported" },
  });
  await mergeInto(table, {
    source: [{ id: 4 }],
    on: ["id"],
    whenNotMatched: [{ insert: { id: col("id") } }],
  });
  assertEquals(await table.rows(), ['{"id":4,"n":7,"twice":8}']);
});

Deno.test("merge() refuses clauses that say nothing or too much", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  const source = [{ id: 1 }];
  const clauses: Partial<MergeOptions>[] = [
    {},
    { whenMatched: [{}] },
    { whenMatched: [{ update: { n: 1 }, delete: true }] },
    { whenMatched: [{ updte: "all" } as never] },
    { whenNotMatched: [{ condition: "id = 1" } as never] },
    { whenNotMatchedBySource: [{ update: "all" }] },
  ];
  for (const clause of clauses) {
    const error = await assertRejects(
      () => mergeInto(table, { source, on: ["id"], ...clause }),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_INVALID_ARGUMENT");
  }
  const error = await assertRejects(
    () =>
      mergeInto(table, {
        source,
        on: ["id"],
        whenNotMatchedBySource: [{ update: { n: col("source", "id") } }],
      }),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_COLUMN_NOT_FOUND");
});
