import { assert, assertEquals, assertRejects } from "@std/assert";
import type { RecordBatch } from "apache-arrow";
import type { AddFile, Metadata } from "../actions/action.ts";
import { decodePath } from "../actions/file_key.ts";
import { DeltaError } from "../errors.ts";
import { bytesSource } from "../parquet/byte_source.ts";
import { buildBatch } from "../parquet/column_builder.ts";
import { readFooter } from "../parquet/footer.ts";
import type { DataType, StructType } from "../schema/data_type.ts";
import { faultOn, faultyStore } from "../store/faulty_store.ts";
import { memoryStore } from "../store/memory_store.ts";
import type { ObjectStore } from "../store/object_store.ts";
import { contextOf, readBytes } from "../store/table_context.ts";
import { bytesOf } from "./assemble_batch.ts";
import { boundsOf } from "./column_bounds.ts";
import { encodeBatches, encodeStream } from "./parquet_file.ts";
import { deleteOrphans } from "./upload_files.ts";
import { validityOf } from "./validity.ts";
import { writeDataFiles, type WriteTarget } from "./write_data_files.ts";

const SCHEMA: StructType = {
  kind: "struct",
  fields: [
    { name: "id", type: { kind: "long" }, nullable: false, metadata: {} },
    { name: "p", type: { kind: "string" }, nullable: true, metadata: {} },
    { name: "none", type: { kind: "void" }, nullable: true, metadata: {} },
  ],
};

function target(
  configuration: Record<string, string> = {},
  partitionColumns: string[] = [],
  writerFeatures?: string[],
): WriteTarget {
  const metadata: Metadata = {
    id: "x",
    format: { provider: "parquet" },
    schemaString: "",
    partitionColumns,
    configuration,
  };
  const protocol = {
    minReaderVersion: 1,
    minWriterVersion: writerFeatures ? 7 : 2,
    ...(writerFeatures && { writerFeatures }),
  };
  return { schema: SCHEMA, metadata, protocol };
}

function batch(from: number, count: number, partitions = 1): RecordBatch {
  const rows = Array.from({ length: count }, (_, i) => ({
    id: BigInt(from + i),
    p: partitions === 1 ? null : `p${(from + i) % partitions}`,
    none: null,
  }));
  return buildBatch(SCHEMA, rows);
}

async function footerOf(store: ObjectStore, add: AddFile) {
  const path = decodePath(add.path);
  const bytes = await readBytes(contextOf(store), path, "data file");
  assertEquals(bytes.length, add.size);
  return await readFooter(bytesSource(path, bytes));
}

async function pathsIn(store: ObjectStore): Promise<string[]> {
  return await Array.fromAsync(store.list(""), (meta) => meta.path);
}

Deno.test("writeDataFiles() writes one file with its statistics, and no column without a type", async () => {
  const store = memoryStore();
  const [add, ...more] = await writeDataFiles(
    contextOf(store),
    target(),
    [batch(0, 10), batch(10, 5)],
  );
  assertEquals(more, []);
  assert(/^part-00000-[0-9a-f-]{36}-c000\.zstd\.parquet$/.test(add!.path));
  assertEquals(JSON.parse(add!.stats!), {
    numRecords: 15,
    minValues: { id: 0 },
    maxValues: { id: 14 },
    nullCount: { id: 0, p: 15 },
  });
  const footer = await footerOf(store, add!);
  assertEquals(footer.rowCount, 15);
});

Deno.test("writeDataFiles() of nothing writes nothing", async () => {
  const store = memoryStore();
  assertEquals(await writeDataFiles(contextOf(store), target(), []), []);
  assertEquals(
    await writeDataFiles(contextOf(store), target(), [batch(0, 0)]),
    [],
  );
  assertEquals(await pathsIn(store), []);
});

Deno.test("writeDataFiles() makes a file per partition, its column left out", async () => {
  const store = memoryStore();
  const adds = await writeDataFiles(
    contextOf(store),
    target({}, ["p"]),
    [batch(0, 9, 3), batch(9, 9, 3)],
  );
  assertEquals(adds.map((add) => add.partitionValues), [
    { p: "p0" },
    { p: "p1" },
    { p: "p2" },
  ]);
  for (const add of adds) {
    assert(add.path.startsWith(`p=${add.partitionValues.p}/part-`));
    assertEquals(JSON.parse(add.stats!).numRecords, 6);
    assertEquals((await footerOf(store, add)).rowCount, 6);
  }
});

Deno.test("writeDataFiles() obeys the table's properties", async () => {
  const store = memoryStore();
  const [add] = await writeDataFiles(
    contextOf(store),
    target(
      {
        "delta.parquet.compression.codec": "snappy",
        "delta.randomizeFilePrefixes": "true",
        "delta.randomPrefixLength": "4",
        "delta.dataSkippingNumIndexedCols": "0",
      },
      [],
      ["deletionVectors"],
    ),
    [batch(0, 1)],
  );
  assert(/^[0-9a-f]{4}\/part-.*\.snappy\.parquet$/.test(add!.path), add!.path);
  assertEquals(JSON.parse(add!.stats!), {
    numRecords: 1,
    minValues: {},
    maxValues: {},
    nullCount: {},
    tightBounds: true,
  });
});

Deno.test("writeDataFiles() deletes what it put when a later file fails", async () => {
  const inner = memoryStore();
  const store = faultyStore(
    inner,
    faultOn({ name: "put", skip: 2 }, { kind: "before" }),
  );
  const error = await assertRejects(
    () => writeDataFiles(contextOf(store), target({}, ["p"]), [batch(0, 9, 3)]),
    DeltaError,
  );
  assertEquals(
    [error.code, error.outcome],
    ["DELTA_STORE_UNAVAILABLE", "failed"],
  );
  assertEquals(await pathsIn(inner), []);
});

Deno.test("writeDataFiles() deletes what it put when its source fails", async () => {
  const store = memoryStore();
  function* source() {
    for (let i = 0; i < 40; i++) yield batch(i * 1000, 1000);
    throw new Error("the source broke");
  }
  await assertRejects(
    () =>
      writeDataFiles(contextOf(store), target(), source(), {
        targetFileSize: 1024,
      }),
    Error,
    "the source broke",
  );
  assertEquals(await pathsIn(store), []);
});

Deno.test("writeDataFiles() keeps every row of a file large enough to be encoded on the way", async () => {
  const store = memoryStore();
  function* source() {
    for (let i = 0; i < 12; i++) yield batch(i * 100_000, 100_000);
  }
  const adds = await writeDataFiles(contextOf(store), target(), source());
  assertEquals(adds.length, 1);
  const stats = JSON.parse(adds[0]!.stats!);
  assertEquals([stats.numRecords, stats.maxValues.id], [1_200_000, 1_199_999]);
  assertEquals((await footerOf(store, adds[0]!)).rowCount, 1_200_000);
});

Deno.test("encodeStream() gives the rows of encodeBatches()", async () => {
  const batches = [batch(0, 5), batch(5, 7)].map((b) =>
    b.selectAt([0, 1]) as RecordBatch
  );
  const { schema } = batches[0]!;
  const options = { codec: "zstd" };
  const whole = await encodeBatches(schema, batches, options);
  const encoder = encodeStream(schema, options);
  for (const b of batches) await encoder.push(b);
  const streamed = await encoder.finish();
  assertEquals([whole.rowCount, streamed.rowCount], [12, 12]);
});

Deno.test("deleteOrphans() warns and does not throw when the store refuses", async () => {
  const warnings: string[] = [];
  const store = faultyStore(
    memoryStore(),
    faultOn({ name: "delete" }, { kind: "rejected" }),
  );
  const context = contextOf(store, { warn: (text) => warnings.push(text) });
  await deleteOrphans(context, ["a"]);
  assertEquals(warnings.length, 1);
});

Deno.test("bytesOf() counts the rows of a slice, not the buffers beneath", () => {
  const whole = batch(0, 1000, 2);
  const half = bytesOf(whole.slice(0, 500).data);
  assert(Math.abs(half * 2 - bytesOf(whole.data)) < 64, `${half}`);
});

Deno.test("boundsOf() has none for types that nobody skips by", () => {
  for (const kind of ["boolean", "binary", "variant", "void"] as const) {
    assertEquals(boundsOf({ kind } as DataType), undefined);
  }
});

Deno.test("validityOf() looks at the parent too", () => {
  const column = buildBatch(SCHEMA, [
    { id: 1n, p: "x", none: null },
    { id: 2n, p: null, none: null },
    { id: 3n, p: "y", none: null },
  ]).data.children;
  assertEquals([...validityOf(column[1]!, 3, undefined)!], [1, 0, 1]);
  assertEquals([...validityOf(column[1]!, 3, Uint8Array.of(0, 1, 1))!], [
    0,
    0,
    1,
  ]);
  assertEquals([...validityOf(column[2]!, 3, undefined)!], [0, 0, 0]);
  assertEquals(validityOf(column[0]!, 3, undefined), undefined);
});
