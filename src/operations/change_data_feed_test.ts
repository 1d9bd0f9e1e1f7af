import { assert, assertEquals, assertRejects } from "@std/assert";
import { column, columns } from "../../testing/built_table.ts";
import type { Action, AddFile, CommitInfo } from "../actions/action.ts";
import { formatCommit } from "../actions/commit_codec.ts";
import { inlineDeletionVector } from "../data/deletion_vector.ts";
import { RowSet } from "../data/roaring.ts";
import { DeltaError } from "../errors.ts";
import { col } from "../expression/predicate.ts";
import { toArrowSchema } from "../parquet/arrow_schema.ts";
import { columnReader } from "../parquet/arrow_values.ts";
import { buildBatch } from "../parquet/build_column.ts";
import { writeParquet } from "../parquet/parquet_codec.ts";
import { commitPath } from "../log/log_path.ts";
import type { StructType } from "../schema/data_type.ts";
import { formatSchema, parseDataType } from "../schema/schema_json.ts";
import type { Row, Value } from "../schema/value.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf, type TableContext } from "../store/table_context.ts";
import {
  changes,
  type ChangesOptions,
  openChanges,
} from "./change_data_feed.ts";

const SCHEMA = columns(column("id", "long"), column("part", "string"));
const FILE_SCHEMA = columns(column("id", "long"));
const ON = { "delta.enableChangeDataFeed": "true" };

/** A table whose log is written by hand. */
class HandMade {
  readonly context: TableContext = contextOf(memoryStore(), { warn() {} });
  #version = 0;

  async commit(...actions: Action[]): Promise<this> {
    const path = commitPath(this.#version++);
    await this.context.store.put(path, formatCommit(actions));
    return this;
  }

  async file(
    path: string,
    rows: readonly Row[],
    schema: StructType = FILE_SCHEMA,
  ): Promise<AddFile> {
    const batch = buildBatch(schema, rows);
    const { bytes } = await writeParquet(toArrowSchema(schema), [batch], {
      codec: "zstd",
    });
    await this.context.store.put(path, bytes);
    return {
      path,
      partitionValues: { part: "p" },
      size: bytes.length,
      modificationTime: 0,
      dataChange: true,
    };
  }

  /** Every change as an array: the table's columns, then type and version. */
  async read(options: ChangesOptions): Promise<Value[][]> {
    const snapshot = await loadSnapshot(this.context);
    const { schema } = await openChanges(this.context, snapshot, options);
    const rows: Value[][] = [];
    for await (const batch of changes(this.context, snapshot, options)) {
      assertEquals(
        batch.schema.fields.map((f) => f.name),
        schema.fields.map((f) => f.name),
      );
      const readers = schema.fields.map((f, i) =>
        columnReader(batch.data.children[i]!, f.type)
      );
      for (let row = 0; row < batch.numRows; row++) {
        rows.push(readers.map((read) => read(row)).slice(0, -1));
      }
    }
    return rows;
  }
}

function definition(
  schema: StructType = SCHEMA,
  configuration: Readonly<Record<string, string>> = ON,
): Action[] {
  const features = ["deletionVectors", "columnMapping"];
  return [
    {
      protocol: {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: features,
        writerFeatures: [...features, "changeDataFeed", "inCommitTimestamp"],
      },
    },
    metadata(schema, configuration),
  ];
}

function metadata(
  schema: StructType = SCHEMA,
  configuration: Readonly<Record<string, string>> = ON,
): Action {
  return {
    metaData: {
      id: "t",
      format: { provider: "parquet" },
      schemaString: formatSchema(schema),
      partitionColumns: schema.fields.some((f) => f.name === "part")
        ? ["part"]
        : [],
      configuration,
    },
  };
}

const ids = (...values: number[]): Row[] =>
  values.map((id) => ({ id: BigInt(id) }));

const removal = (add: AddFile, parts: Partial<AddFile> = {}): Action => {
  const { modificationTime: _, ...rest } = add;
  return { remove: { ...rest, extendedFileMetadata: true, ...parts } };
};

const vector = (...rows: number[]) => ({
  deletionVector: inlineDeletionVector(RowSet.of(rows)),
});

const refusal = async (
  table: HandMade,
  options: ChangesOptions,
): Promise<DeltaError> =>
  await assertRejects(() => table.read(options), DeltaError) as DeltaError;

Deno.test("changes() computes inserts and deletes from files whose rows changed", async () => {
  const table = new HandMade();
  const [a, b, c] = [
    await table.file("a", ids(1, 2)),
    await table.file("b", ids(3)),
    await table.file("c", ids(1, 2, 3)),
  ];
  await table.commit(...definition(), { add: a });
  await table.commit({ add: b });
  // Compaction changes no row.
  await table.commit(
    { add: { ...c, dataChange: false } },
    removal(a, { dataChange: false }),
    removal(b, { dataChange: false }),
  );
  await table.commit(removal(c));
  assertEquals(await table.read({ from: 0 }), [
    [1n, "p", "insert", 0n],
    [2n, "p", "insert", 0n],
    [3n, "p", "insert", 1n],
    [1n, "p", "delete", 3n],
    [2n, "p", "delete", 3n],
    [3n, "p", "delete", 3n],
  ]);
  assertEquals(await table.read({ from: 1, to: 2 }), [[3n, "p", "insert", 1n]]);
});

Deno.test("changes() tells only the difference where a file gets another deletion vector", async () => {
  const table = new HandMade();
  const a = await table.file("a", ids(0, 1, 2, 3, 4));
  await table.commit(...definition(), { add: { ...a, ...vector(4) } });
  await table.commit(
    removal(a, vector(4)),
    { add: { ...a, ...vector(1, 3, 4) } },
  );
  // A restore brings rows back.
  await table.commit(removal(a, vector(1, 3, 4)), { add: a });
  await table.commit(removal(a), { add: { ...a, ...vector(0) } });
  const got = await table.read({ from: 0 });
  assertEquals(got.map(([id, , type, version]) => [id, type, version]), [
    [0n, "insert", 0n],
    [1n, "insert", 0n],
    [2n, "insert", 0n],
    [3n, "insert", 0n],
    [1n, "delete", 1n],
    [3n, "delete", 1n],
    [1n, "insert", 2n],
    [3n, "insert", 2n],
    [4n, "insert", 2n],
    [0n, "delete", 3n],
  ]);
  const some = await table.read({ from: 1, where: col("id").ge(3) });
  assertEquals(some.map(([id, , type]) => [id, type]), [
    [3n, "delete"],
    [3n, "insert"],
    [4n, "insert"],
  ]);
});

Deno.test("changes() believes change data files alone in a version that has any", async () => {
  const table = new HandMade();
  const withType = columns(
    ...FILE_SCHEMA.fields,
    column("_change_type", "string"),
  );
  const a = await table.file("a", ids(1, 2));
  // A stray column of that name in a data file means nothing.
  const b = await table.file("b", [{ id: 1n, _change_type: "junk" }], withType);
  const recorded = await table.file("_change_data/x%20y", [], withType);
  await table.file("_change_data/x y", [
    { id: 2n, _change_type: "update_preimage" },
    { id: 9n, _change_type: "update_postimage" },
  ], withType);
  const cdc = { ...recorded, size: 0, dataChange: false } as const;
  await table.commit(...definition(), { add: a });
  await table.commit(removal(a), { add: b }, { cdc });
  await table.commit(removal(b), { add: { ...b, path: "b" } });
  await table.commit(removal(b));
  await table.commit({ add: b });
  assertEquals(await table.read({ from: 1 }), [
    [2n, "p", "update_preimage", 1n],
    [9n, "p", "update_postimage", 1n],
    [1n, "p", "delete", 3n],
    [1n, "p", "insert", 4n],
  ]);
  assertEquals(await table.read({ from: 1, to: 1, columns: ["part"] }), [
    ["p", "update_preimage", 1n],
    ["p", "update_postimage", 1n],
  ]);
});

Deno.test("changes() tells nothing of a merge that says it changed nothing", async () => {
  const table = new HandMade();
  const a = await table.file("a", ids(1));
  const merge = (rows: string): { commitInfo: CommitInfo } => ({
    commitInfo: {
      operation: "MERGE",
      operationMetrics: {
        numTargetRowsInserted: "0",
        numTargetRowsUpdated: "0",
        numTargetRowsDeleted: rows,
      },
    },
  });
  const b = await table.file("b", ids(1));
  await table.commit(...definition(), { add: a });
  await table.commit(merge("0"), removal(a), { add: b });
  await table.commit(merge("1"), removal(b));
  assertEquals(await table.read({ from: 1 }), [[1n, "p", "delete", 2n]]);
});

Deno.test("changes() wants the feed on in every version of the range", async () => {
  const table = new HandMade();
  await table.commit(...definition(SCHEMA, {}));
  await table.commit(metadata(), { add: await table.file("a", ids(1)) });
  await table.commit({ add: await table.file("b", ids(2)) });
  await table.commit(metadata(SCHEMA, {}));
  await table.commit(metadata());
  // The version that turns it on is told, and all after it;
  assertEquals((await table.read({ from: 1, to: 2 })).length, 2);
  assertEquals(await table.read({ from: 4 }), []);
  // one in which it is off is not, wherever it stands.
  for (const [from, to, off] of [[0, 2, 0], [1, 4, 3], [3, 4, 3]] as const) {
    const error = await refusal(table, { from, to });
    assertEquals(error.code, "DELTA_MISSING_CHANGE_DATA");
    assertEquals(error.context.version, off);
  }
});

Deno.test("changes() refuses a range that is none, and one whose commits are gone", async () => {
  const table = new HandMade();
  await table.commit(...definition());
  await table.commit();
  const codes = [];
  for (
    const options of [
      { from: 1, to: 0 },
      { from: -1 },
      { from: 0.5 },
      { from: 0, to: 2 },
      { from: 2, to: 2 },
      { from: 2 },
      {},
      { from: 0, fromTimestamp: 0 },
      { from: 0, to: 1, toTimestamp: 0 },
      { from: 0, toTimestamp: NaN },
      { fromTimestamp: 2, toTimestamp: 1 },
      { from: 0, columns: ["nobody"] },
    ]
  ) codes.push((await refusal(table, options)).code);
  assertEquals(codes, [
    "DELTA_INVALID_ARGUMENT",
    "DELTA_INVALID_ARGUMENT",
    "DELTA_INVALID_ARGUMENT",
    "DELTA_VERSION_NOT_FOUND",
    "DELTA_VERSION_NOT_FOUND",
    "DELTA_VERSION_NOT_FOUND",
    ...Array(5).fill("DELTA_INVALID_ARGUMENT"),
    "DELTA_COLUMN_NOT_FOUND",
  ]);
});

Deno.test("changes() says what is known where the range begins beyond it", async () => {
  const table = new HandMade();
  await table.commit(...definition());
  const error = await refusal(table, { from: 100 });
  assert(error.message.includes("from version 100 on"), error.message);
  assert(error.message.includes("known here is 0"), error.message);
});

Deno.test("changes() takes times: from the first version at or after one, to the last at or before one", async () => {
  const table = new HandMade();
  const configuration = { ...ON, "delta.enableInCommitTimestamps": "true" };
  const at = (inCommitTimestamp: number): Action => ({
    commitInfo: { inCommitTimestamp },
  });
  const file = async (id: number): Promise<Action> => ({
    add: await table.file(`f${id}`, ids(id)),
  });
  await table.commit(at(1000), ...definition(SCHEMA, configuration));
  for (const id of [1, 2, 3]) {
    await table.commit(at(1000 + 1000 * id), await file(id));
  }
  const versions = async (options: ChangesOptions) =>
    (await table.read(options)).map((row) => Number(row.at(-1)));
  assertEquals(await versions({ fromTimestamp: 3000 }), [2, 3]);
  assertEquals(await versions({ fromTimestamp: 2999.5 }), [2, 3]);
  assertEquals(await versions({ fromTimestamp: 3001 }), [3]);
  assertEquals(await versions({ fromTimestamp: new Date(0) }), [1, 2, 3]);
  assertEquals(await versions({ from: 1, toTimestamp: 3999 }), [1, 2]);
  assertEquals(
    await versions({
      fromTimestamp: "1970-01-01T00:00:02Z",
      toTimestamp: "1970-01-01 00:00:03",
    }),
    [1, 2],
  );
  // No version lies between.
  assertEquals(
    await versions({ fromTimestamp: 2001, toTimestamp: 2999 }),
    [],
  );
  for (
    const options of [
      { fromTimestamp: 4001 },
      { from: 0, toTimestamp: 4001 },
      { from: 0, toTimestamp: 999 },
    ]
  ) {
    const { code, message } = await refusal(table, options);
    assertEquals(code, "DELTA_TIMESTAMP_OUT_OF_RANGE");
    assert(message.includes("1970-01-01T00:00:04.000Z"), message);
  }
  for (
    const options of [{ fromTimestamp: 3001, to: 2 }, {
      from: 3,
      toTimestamp: 3000,
    }]
  ) {
    const { code, message } = await refusal(table, options);
    assertEquals(code, "DELTA_INVALID_ARGUMENT");
    assert(message.includes("ends with version 2"), message);
  }
});

Deno.test("changes() has the schema of the end, and refuses one that earlier rows do not fit", async () => {
  const table = new HandMade();
  const wider = columns(...SCHEMA.fields, column("extra", "date"));
  await table.commit(...definition(), { add: await table.file("a", ids(1)) });
  await table.commit(metadata(wider));
  await table.commit(
    metadata(columns(column("id", "string"), column("part", "string"))),
  );
  assertEquals(await table.read({ from: 0, to: 1 }), [
    [1n, "p", null, "insert", 0n],
  ]);
  assertEquals((await table.read({ from: 0, to: 0 }))[0]!.length, 4);
  const error = await refusal(table, { from: 0 });
  assertEquals(
    error.code,
    "DELTA_CHANGE_DATA_FEED_INCOMPATIBLE_SCHEMA_CHANGE",
  );
  assert(error.message.includes("id was long and is string"), error.message);
});

Deno.test("changes() names the column where a restore made a widened partition column narrow again", async () => {
  const cases = [
    ["integer", "3000000000", "long"],
    ["date", "2024-01-01 10:00:00", "timestamp_ntz"],
    ["short", "1.5", "double"],
    ["decimal(4,2)", "12.345", "decimal(38,3)"],
  ] as const;
  for (const [narrow, text, wide] of cases) {
    const [before, after] = [narrow, wide].map((type) =>
      columns(column("id", "long"), column("part", parseDataType(type)))
    );
    const table = new HandMade();
    const a = await table.file("a", ids(1));
    const add = { ...a, partitionValues: { part: text } };
    await table.commit(...definition(after), { add });
    await table.commit(metadata(before), removal(add));
    for (const where of [undefined, "part IS NOT NULL"]) {
      const error = await refusal(table, { from: 1, where });
      assertEquals(error.code, "DELTA_UNSUPPORTED_TYPE_CHANGE");
      assert(error.message.includes(`column part`), error.message);
      assert(error.message.includes(wide), error.message);
    }
  }
});

Deno.test("changes() takes a partition value of no wider type for a fault of the log", async () => {
  const table = new HandMade();
  const a = await table.file("a", ids(1));
  const add = { ...a, partitionValues: { part: "x" } };
  await table.commit(
    ...definition(columns(column("id", "long"), column("part", "integer"))),
    { add },
  );
  const error = await refusal(table, { from: 0 });
  assertEquals(error.code, "DELTA_LOG_FILE_CORRUPT");
});

Deno.test("changes() finds _change_type where columns go by id", async () => {
  const table = new HandMade();
  const id = column("id", "long", {
    "delta.columnMapping.id": 1,
    "delta.columnMapping.physicalName": "col-1",
  });
  const inFile = columns(
    { ...id, name: "col-1" },
    column("_change_type", "string"),
  );
  const recorded = await table.file("c", [
    { "col-1": 7n, _change_type: "delete" },
  ], inFile);
  const configuration = { ...ON, "delta.columnMapping.mode": "id" };
  await table.commit(...definition(columns(id), configuration));
  await table.commit({
    cdc: { ...recorded, partitionValues: {}, dataChange: false },
  });
  assertEquals(await table.read({ from: 0 }), [[7n, "delete", 1n]]);
});

Deno.test("changes() gives a version's time: its in-commit timestamp where those are on", async () => {
  const table = new HandMade();
  const a = await table.file("a", ids(1));
  const b = await table.file("b", ids(2));
  const timed = { ...ON, "delta.enableInCommitTimestamps": "true" };
  await table.commit(...definition(), { add: a });
  await table.commit(
    { commitInfo: { inCommitTimestamp: 1234 } },
    metadata(SCHEMA, {
      ...timed,
      "delta.inCommitTimestampEnablementVersion": "1",
      "delta.inCommitTimestampEnablementTimestamp": "1234",
    }),
    { add: b },
  );
  const snapshot = await loadSnapshot(table.context);
  const times: bigint[] = [];
  for await (const batch of changes(table.context, snapshot, { from: 0 })) {
    const at = columnReader(batch.data.children.at(-1)!, { kind: "timestamp" });
    times.push(at(0) as bigint);
  }
  const { lastModified } = (await table.context.store.head(commitPath(0)))!;
  assertEquals(times, [BigInt(Math.floor(lastModified)) * 1000n, 1_234_000n]);
});
