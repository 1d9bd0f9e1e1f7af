/**
 * Files into columns and back; statistics from a struct to JSON text.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { AddFile } from "../actions/action.ts";
import { buildBatch } from "../parquet/column_builder.ts";
import type { StructField, StructType } from "../schema/data_type.ts";
import { parseDataType } from "../schema/schema_json.ts";
import type { Row } from "../schema/value.ts";
import { BATCH_ROWS, fileAt, FileBatchBuilder, statsOf } from "./file_batch.ts";
import { FileReplay, keyReader } from "./replay.ts";

const PLAIN: AddFile = {
  path: "a%20b",
  partitionValues: { p: null, __proto__x: "", q: "ü" },
  size: 9_007_199_254_740_991,
  modificationTime: 0,
  dataChange: false,
};

const FULL: AddFile = {
  ...PLAIN,
  path: "ünïcode/π",
  dataChange: true,
  stats: '{"numRecords":1,"minValues":{"id":9223372036854775807}}',
  tags: { t: "1", n: null },
  deletionVector: {
    storageType: "u",
    pathOrInlineDv: "ab^-aqEH.-t@S}K{vb[*k^",
    offset: 4,
    sizeInBytes: 40,
    cardinality: 6,
  },
  baseRowId: 5,
  defaultRowCommitVersion: 3,
  clusteringProvider: "liquid",
};

Deno.test("fileAt() gives back what was added, field by field", () => {
  const builder = new FileBatchBuilder();
  const inline: AddFile = {
    ...PLAIN,
    deletionVector: {
      storageType: "i",
      pathOrInlineDv: "x",
      sizeInBytes: 1,
      cardinality: 1,
    },
  };
  for (const file of [PLAIN, FULL, inline]) builder.add(file);
  const [batch] = builder.finish();
  assertEquals([0, 1, 2].map((row) => fileAt(batch!, row)), [
    PLAIN,
    FULL,
    inline,
  ]);
  const key = keyReader(batch!.batch);
  assertEquals([0, 1, 2].map(key), [
    "a b",
    "ünïcode/π\0uab^-aqEH.-t@S}K{vb[*k^@4",
    "a b\0ix",
  ]);
});

Deno.test("FileBatchBuilder breaks batches and leaves out the dead, whole batches too", () => {
  const builder = new FileBatchBuilder();
  const count = 2 * BATCH_ROWS + 3;
  for (let i = 0; i < count; i++) builder.add({ ...PLAIN, path: `f${i}` });
  const isDead = (file: number): boolean =>
    file < BATCH_ROWS || file === count - 1;
  const batches = builder.finish(isDead);
  assertEquals(batches.map((b) => b.rows.length), [BATCH_ROWS, 2]);
  assertEquals(fileAt(batches[1]!, batches[1]!.rows[1]!).path, `f${count - 2}`);
});

Deno.test("FileReplay lets the newest file of the log win, and the last word inside one", () => {
  const replay = new FileReplay();
  const add = (path: string, size: number) =>
    replay.visit({ add: { ...PLAIN, path, size } });
  const remove = (path: string) =>
    replay.visit({ remove: { path, dataChange: true } });
  replay.nextFile();
  add("twice", 1);
  add("twice", 2);
  add("taken back", 1);
  remove("taken back");
  remove("put back");
  add("put back", 3);
  remove("gone");
  replay.nextFile();
  add("twice", 9);
  add("gone", 9);
  remove("put back");
  add("old", 4);
  const live = replay.finish().flatMap((b) =>
    [...b.rows].map((row) => fileAt(b, row))
  );
  assertEquals(live.map((f) => [f.path, f.size]), [
    ["twice", 2],
    ["put back", 3],
    ["old", 4],
  ]);
});

function fields(types: Record<string, unknown>): StructField[] {
  return Object.entries(types).map(([name, type]) => ({
    name,
    type: typeof type === "object" && type !== null && "kind" in type
      ? type as StructType
      : parseDataType(type),
    nullable: true,
    metadata: {},
  }));
}

Deno.test("statsOf() writes a struct of statistics as JSON, every digit kept", () => {
  const bounds: StructType = {
    kind: "struct",
    fields: fields({
      l: "long",
      i: "integer",
      d: "decimal(38,10)",
      f: "double",
      s: "string",
      day: "date",
      t: "timestamp",
      n: "timestamp_ntz",
      b: "boolean",
      bin: "binary",
      'odd "name"': "string",
    }),
  };
  const stats: StructType = {
    kind: "struct",
    fields: fields({
      numRecords: "long",
      minValues: bounds,
      nullCount: { kind: "struct", fields: fields({ l: "long" }) },
      tightBounds: "boolean",
    }),
  };
  const schema: StructType = {
    kind: "struct",
    fields: fields({ path: "string", stats_parsed: stats }),
  };
  const row = (more: Row): Row => ({
    path: "x",
    stats_parsed: {
      numRecords: 3n,
      nullCount: { l: 0n },
      tightBounds: true,
      minValues: {
        l: null,
        i: null,
        d: null,
        f: null,
        s: null,
        day: null,
        t: null,
        n: null,
        b: null,
        bin: null,
        'odd "name"': null,
        ...more,
      },
    },
  });
  const batch = buildBatch(schema, [
    row({ l: -9223372036854775808n, i: -1, f: 1.5, s: 'a"\n', b: false }),
    row({
      d: { unscaled: -12345678901234567890123456789012345678n, scale: 10 },
      day: -1,
      t: -1n,
      n: 1_000_000n,
      bin: new Uint8Array([1]),
    }),
    row({ f: NaN, 'odd "name"': "ü" }),
    { path: "y", stats_parsed: null },
  ]);
  const rows = Uint32Array.of(0, 1, 2, 3);
  const texts = [...rows].map((r) => statsOf({ batch, rows }, r));
  const around = (values: string): string =>
    `{"numRecords":3,"minValues":{${values}},"nullCount":{"l":0},"tightBounds":true}`;
  assertEquals(texts, [
    around('"l":-9223372036854775808,"i":-1,"f":1.5,"s":"a\\"\\n","b":false'),
    around(
      '"d":-1234567890123456789012345678.9012345678,"day":"1969-12-31",' +
        '"t":"1969-12-31T23:59:59.999999Z","n":"1970-01-01T00:00:01"',
    ),
    around('"odd \\"name\\"":"ü"'),
    undefined,
  ]);
  assertEquals(fileAt({ batch, rows }, 0).stats, texts[0]);
});
