/**
 * Every Parquet file of the collection of real tables is read whole, and the
 * rows of tables with variants, shredded ones too, and INT96 are compared with
 * what other engines found. Not run, loudly, where the tables are not there.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { needs, tablesFolder } from "../../testing/needs.ts";
import { DeltaError } from "../errors.ts";
import type { DataType, StructType } from "../schema/data_type.ts";
import { parseSchema } from "../schema/schema_json.ts";
import type { Decimal, Value, Variant } from "../schema/value.ts";
import { columnReader } from "./arrow_values.ts";
import { fromArrowSchema } from "./arrow_schema.ts";
import { bytesSource } from "./byte_source.ts";
import { castBatch } from "./cast_batch.ts";
import { readFooter } from "./footer.ts";
import { readParquet } from "./parquet_codec.ts";
import { readRows } from "./parquet_fixture_test.ts";

/** Files that the collection broke on purpose. */
const BROKEN = /^derived-(garbled|truncated)-/;

Deno.test({
  name: "readParquet() reads every file of the collection whole",
  ...needs({ tables: true }),
  async fn() {
    const folder = tablesFolder()!;
    const refused: string[] = [];
    let files = 0;
    for (const path of globSync("**/*.parquet", { cwd: folder }).sort()) {
      const source = bytesSource(path, readFileSync(join(folder, path)));
      try {
        const footer = await readFooter(source);
        let rows = 0;
        for await (const { batch, firstRow } of readParquet(source)) {
          assertEquals(firstRow, rows, path);
          rows += batch.numRows;
          const schema = fromArrowSchema(batch.schema);
          const read = columnReader(castBatch(batch, schema).data, schema);
          for (let row = 0; row < Math.min(batch.numRows, 50); row++) read(row);
        }
        assertEquals(rows, footer.rowCount, path);
        files++;
      } catch (error) {
        if (!(error instanceof DeltaError)) throw error;
        assertEquals(error.code, "DELTA_DATA_FILE_CORRUPT");
        refused.push(path);
      }
    }
    assert(files > 1000, `only ${files} files`);
    assert(refused.every((path) => BROKEN.test(path)), String(refused));
  },
});

const COMPARED = [
  "golden-data-reader-date-types-america-los-angeles",
  "golden-data-reader-date-types-asia-beirut",
  "golden-data-reader-date-types-utc",
  "golden-data-reader-nested-struct",
  "golden-data-reader-primitives",
  "golden-parquet-all-types",
  "golden-variant-checkpoint",
  "kernel-java-shredded-variant-preview-delta",
  "made-codecs",
  "made-parquet-v2-pages",
  "made-timestamp-units",
  "made-variant",
  "spark-variant-stats-nested-no-checkpoint",
  "spark-variant-stats-state-reconstruction",
];

for (const name of COMPARED) {
  Deno.test({
    name: `readParquet() reads what others read in ${name}`,
    ...needs({ tables: true }),
    async fn() {
      const folder = join(tablesFolder()!, name);
      const expected = JSON.parse(
        readFileSync(join(folder, "expected.json"), "utf8"),
      ).versions.at(-1);
      const { schema, paths } = replay(join(folder, "table"), expected.version);
      const rows: string[] = [];
      for (const path of paths) {
        const bytes = readFileSync(join(folder, "table", path));
        for (const row of await readRows(bytes, schema)) {
          rows.push(JSON.stringify(encode(row, schema)));
        }
      }
      const text = sortedBytewise(rows).join("\n");
      assertEquals(rows.length, expected.totalRows);
      assertEquals(
        createHash("sha256").update(text).digest("hex"),
        expected.rowsSha256,
      );
    },
  });
}

/** The schema and live files of a small table with all its commits. */
function replay(
  table: string,
  version: number,
): { schema: StructType; paths: string[] } {
  const log = join(table, "_delta_log");
  const live = new Set<string>();
  let schema: StructType | undefined;
  const commits = readdirSync(log).filter((f) => /^\d{20}\.json$/.test(f));
  for (const commit of commits.sort()) {
    if (Number(commit.slice(0, 20)) > version) break;
    const lines = readFileSync(join(log, commit), "utf8").split("\n");
    for (const line of lines.filter((l) => l.trim() !== "")) {
      const action = JSON.parse(line);
      if (action.metaData) schema = parseSchema(action.metaData.schemaString);
      if (action.add) live.add(decodeURIComponent(action.add.path));
      if (action.remove) live.delete(decodeURIComponent(action.remove.path));
    }
  }
  return { schema: schema!, paths: [...live] };
}

type Json = null | boolean | number | string | Json[];

/** The collection's canonical encoding of a value. */
function encode(value: Value, type: DataType): Json {
  if (value === null) return null;
  switch (type.kind) {
    case "long":
    case "timestamp":
    case "timestamp_ntz":
      return String(value);
    case "float":
    case "double":
      return float(value as number);
    case "decimal":
      return decimal(value as Decimal);
    case "binary":
      return hex(value as Uint8Array);
    case "date":
      return day(value as number);
    case "variant":
      return variant(value as Variant);
    case "struct":
      return type.fields.map((field) =>
        encode((value as Record<string, Value>)[field.name]!, field.type)
      );
    case "array":
      return (value as Value[]).map((each) => encode(each, type.elementType));
    case "map":
      return sortedBy(
        [...(value as Map<Value, Value>)].map(([k, v]) => [
          encode(k, type.keyType),
          encode(v, type.valueType),
        ]),
      );
    default:
      return value as Json;
  }
}

function variant(value: Variant): Json {
  switch (value.kind) {
    case "null":
      return ["null"];
    case "float":
    case "double":
      return [value.kind, float(value.value)];
    case "decimal":
      return [value.kind, decimal(value.value)];
    case "binary":
      return [value.kind, hex(value.value)];
    case "date":
      return [value.kind, day(value.value)];
    case "array":
      return [value.kind, value.value.map(variant)];
    case "object":
      return [
        value.kind,
        sortedBy([...value.value].map(([name, v]) => [name, variant(v)])),
      ];
    case "boolean":
    case "string":
    case "uuid":
      return [value.kind, value.value];
    default:
      return [value.kind, String(value.value)];
  }
}

const float = (x: number) => Object.is(x, -0) ? "-0" : String(x);
const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
const day = (days: number) =>
  new Date(days * 86_400_000).toISOString().replace(/T.*/, "");

function decimal({ unscaled, scale }: Decimal): string {
  const sign = unscaled < 0n ? "-" : "";
  const digits = String(unscaled < 0n ? -unscaled : unscaled)
    .padStart(scale + 1, "0");
  if (scale === 0) return sign + digits;
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function sortedBy(pairs: Json[][]): Json[] {
  return pairs.sort((a, b) =>
    compareBytes(JSON.stringify(a[0]), JSON.stringify(b[0]))
  );
}

function sortedBytewise(texts: readonly string[]): string[] {
  return [...texts].sort(compareBytes);
}

function compareBytes(a: string, b: string): number {
  const encoder = new TextEncoder();
  const [x, y] = [encoder.encode(a), encoder.encode(b)];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    if (x[i] !== y[i]) return x[i]! - y[i]!;
  }
  return x.length - y.length;
}
