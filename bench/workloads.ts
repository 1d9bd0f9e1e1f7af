/**
 * The loads that the benches run: neural-signal rows as Arrow tables, made once
 * and outside the clock.
 *
 * @module
 */

import {
  Field,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
} from "apache-arrow";
import { Bool, Float64, Int32, TimestampMicrosecond, Utf8 } from "apache-arrow";
import type { StructType } from "../mod.ts";

/** Columns of a neural-signal table: the project's origin. */
export const NEURAL_SCHEMA: StructType = {
  kind: "struct",
  fields: [
    field("timestamp", "timestamp"),
    field("channel", "integer"),
    field("voltage", "double"),
    field("spike", "boolean"),
    field("session", "string"),
    field("region", "string"),
    field("quality", "double"),
    field("sampling_rate", "integer"),
  ],
};

function field(
  name: string,
  kind: "timestamp" | "integer" | "double" | "boolean" | "string",
): StructType["fields"][number] {
  return { name, type: { kind }, nullable: true, metadata: {} };
}

const REGIONS = ["motor_cortex", "hippocampus", "prefrontal", "visual"];
const START = Date.UTC(2025, 0, 1) * 1000;

/** Rows of neural signals as an Arrow table; `seed` tells batches apart. */
export function neuralTable(rows: number, seed: number): Table {
  const micros = new BigInt64Array(rows);
  const channel = new Int32Array(rows);
  const voltage = new Float64Array(rows);
  const spike = new Uint8Array(Math.ceil(rows / 8));
  const quality = new Float64Array(rows);
  const rate = new Int32Array(rows).fill(30_000);
  const sessions: string[] = [];
  const regions: string[] = [];
  for (let i = 0; i < rows; i++) {
    micros[i] = BigInt(START + (seed * rows + i) * 33);
    channel[i] = i % 64;
    voltage[i] = Math.sin(i / 7 + seed) * 80;
    if (Math.abs(voltage[i]!) > 70) spike[i >> 3]! |= 1 << (i & 7);
    quality[i] = 0.5 + ((i * 7919 + seed) % 500) / 1000;
    sessions.push(`session-${String(seed % 100).padStart(3, "0")}`);
    regions.push(REGIONS[i % REGIONS.length]!);
  }
  const columns = [
    makeData({
      type: new TimestampMicrosecond("UTC"),
      length: rows,
      nullCount: 0,
      data: micros,
    }),
    makeData({ type: new Int32(), length: rows, nullCount: 0, data: channel }),
    makeData({
      type: new Float64(),
      length: rows,
      nullCount: 0,
      data: voltage,
    }),
    makeData({ type: new Bool(), length: rows, nullCount: 0, data: spike }),
    utf8(sessions),
    utf8(regions),
    makeData({
      type: new Float64(),
      length: rows,
      nullCount: 0,
      data: quality,
    }),
    makeData({ type: new Int32(), length: rows, nullCount: 0, data: rate }),
  ];
  const fields = NEURAL_SCHEMA.fields.map((f, i) =>
    new Field(f.name, columns[i]!.type, true)
  );
  const struct = makeData({
    type: new Struct(fields),
    length: rows,
    nullCount: 0,
    children: columns,
  });
  return new Table([new RecordBatch(new Schema(fields), struct)]);
}

function utf8(values: readonly string[]) {
  const bytes = new TextEncoder().encode(values.join(""));
  const offsets = new Int32Array(values.length + 1);
  values.forEach((value, i) => offsets[i + 1] = offsets[i]! + value.length); // ASCII
  return makeData({
    type: new Utf8(),
    length: values.length,
    nullCount: 0,
    valueOffsets: offsets,
    data: bytes,
  });
}
