/**
 * How much memory does a large table take? Five million rows, about 110 MB of
 * Parquet, are appended, scanned, filtered, optimised, updated and merged into,
 * and a log of 300,000 files is opened; each in a process of its own, whose peak
 * resident memory is the figure.
 *
 * @module
 */

import {
  Field,
  Float64,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Utf8,
} from "apache-arrow";
import process from "node:process";
import { col, DeltaTable, type StructType } from "../mod.ts";
import { describeEnvironment, readEnvironment } from "./environment.ts";

/** What one case did, and what it took. */
export interface MemoryFigure {
  /** Name of the case. */
  readonly name: string;
  /** How long it took, in milliseconds, start of the process apart. */
  readonly ms: number;
  /** Peak resident memory of its process, in MiB. */
  readonly peakMiB: number;
  /** The bound that the project promises, in MiB. */
  readonly boundMiB: number;
  /** What was done, in numbers. */
  readonly note: string;
}

/** How large the tables are. */
export interface MemorySizes {
  /** Rows of the table. */
  readonly rows: number;
  /** Files of the large log. */
  readonly logFiles: number;
  /** Source rows of the merge. */
  readonly sourceRows: number;
}

/** The sizes of the canonical run. */
export const FULL_SIZES: MemorySizes = {
  rows: 5_000_000,
  logFiles: 300_000,
  sourceRows: 100_000,
};

const MEASUREMENTS: StructType = {
  kind: "struct",
  fields: [
    { name: "id", type: { kind: "long" }, nullable: false, metadata: {} },
    { name: "value", type: { kind: "double" }, nullable: true, metadata: {} },
    { name: "note", type: { kind: "string" }, nullable: true, metadata: {} },
  ],
};
const BATCH_ROWS = 100_000;

interface Case {
  readonly name: string;
  readonly boundMiB: number;
  run(folder: string, sizes: MemorySizes): Promise<string>;
}

const CASES: readonly Case[] = [
  { name: "append", boundMiB: 700, run: appendAll },
  { name: "scan", boundMiB: 600, run: (folder) => scanAll(folder) },
  { name: "scan where", boundMiB: 600, run: scanWhere },
  { name: "open a large log", boundMiB: 1024, run: openLargeLog },
  { name: "optimize", boundMiB: 1024, run: (folder) => optimise(folder) },
  { name: "update", boundMiB: 1024, run: (folder) => updateMany(folder) },
  { name: "merge", boundMiB: 1024, run: mergeMany },
];

/** Runs every case in a process of its own. */
export async function memoryBench(
  sizes: MemorySizes,
  progress: (text: string) => void,
): Promise<MemoryFigure[]> {
  const folder = await Deno.makeTempDir({ prefix: "litmus-memory-" });
  try {
    await writeLargeLog(`${folder}/large-log`, sizes.logFiles);
    const figures: MemoryFigure[] = [];
    for (const { name, boundMiB } of CASES) {
      progress(name);
      figures.push({ ...await inProcess(name, folder, sizes), boundMiB });
    }
    return figures;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function inProcess(
  name: string,
  folder: string,
  sizes: MemorySizes,
): Promise<Omit<MemoryFigure, "boundMiB">> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-check",
      "-A",
      new URL(import.meta.url).pathname,
      "--case",
      name,
      folder,
      JSON.stringify(sizes),
    ],
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) {
    throw new Error(
      `the case ${name} failed:\n${new TextDecoder().decode(stderr)}`,
    );
  }
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function runCase(
  name: string,
  folder: string,
  sizes: MemorySizes,
): Promise<void> {
  const found = CASES.find((one) => one.name === name);
  if (!found) throw new Error(`no case is called ${name}`);
  const start = performance.now();
  const note = await found.run(folder, sizes);
  const ms = Math.round(performance.now() - start);
  const peakMiB = peakResidentMiB();
  console.log(JSON.stringify({ name, ms, peakMiB, note }));
}

/** Peak of this process alone: Linux hands `maxRSS` on from parent to child, the status file tells one's own. */
function peakResidentMiB(): number {
  if (Deno.build.os === "linux") {
    const status = Deno.readTextFileSync("/proc/self/status");
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(status);
    if (peak) return Math.round(Number(peak[1]) / 1024);
  }
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

const tableOf = (folder: string): Promise<DeltaTable> =>
  DeltaTable.open(`${folder}/measurements`);

async function appendAll(folder: string, sizes: MemorySizes): Promise<string> {
  const table = await DeltaTable.create(`${folder}/measurements`, {
    schema: MEASUREMENTS,
    properties: {
      "delta.targetFileSize": "16mb",
      "delta.parquet.compression.codec": "snappy",
    },
  });
  const report = await table.append(batches(0, sizes.rows));
  return `${report.rows} rows, ${report.files} files, ${
    (report.bytes / 1e6).toFixed(0)
  } MB`;
}

async function scanAll(folder: string): Promise<string> {
  const table = await tableOf(folder);
  let rows = 0;
  for await (const batch of table.scan()) rows += batch.numRows;
  return `${rows} rows`;
}

async function scanWhere(folder: string, sizes: MemorySizes): Promise<string> {
  const table = await tableOf(folder);
  const where = col("id").ge(BigInt(Math.floor(sizes.rows * 0.9)));
  let rows = 0;
  for await (const batch of table.scan({ where })) rows += batch.numRows;
  let files = 0;
  for await (const _ of table.files({ where })) files++;
  return `${rows} rows from ${files} files`;
}

async function openLargeLog(folder: string): Promise<string> {
  const table = await DeltaTable.open(`${folder}/large-log`);
  let files = 0;
  for await (const _ of table.files()) files++;
  return `${files} files listed`;
}

async function optimise(folder: string): Promise<string> {
  const table = await tableOf(folder);
  const result = await table.optimize({ targetSizeBytes: 64 * 2 ** 20 });
  return `${result.metrics.filesRemoved} files to ${result.metrics.filesAdded}`;
}

async function updateMany(folder: string): Promise<string> {
  const table = await tableOf(folder);
  const result = await table.update({
    set: { value: { sql: "value + 1" } },
    where: "id % 10 = 3",
  });
  return `${result.metrics.numUpdatedRows} rows updated`;
}

async function mergeMany(folder: string, sizes: MemorySizes): Promise<string> {
  const table = await tableOf(folder);
  const first = sizes.rows - Math.floor(sizes.sourceRows / 2);
  const result = await table.merge({
    source: batches(first, sizes.sourceRows),
    on: ["id"],
    whenMatched: [{ update: "all" }],
    whenNotMatched: [{ insert: "all" }],
  });
  const { numUpdatedRows, numInsertedRows } = result.metrics;
  return `${sizes.sourceRows} source rows: ${numUpdatedRows} updated, ${numInsertedRows} inserted`;
}

/** Rows that compress badly, so that five million of them are about 110 MB. */
async function* batches(
  first: number,
  rows: number,
): AsyncGenerator<RecordBatch> {
  for (let done = 0; done < rows; done += BATCH_ROWS) {
    yield await Promise.resolve(
      batch(first + done, Math.min(BATCH_ROWS, rows - done)),
    );
  }
}

function batch(first: number, rows: number): RecordBatch {
  const ids = new BigInt64Array(rows);
  const values = new Float64Array(rows);
  const notes: string[] = [];
  for (let i = 0; i < rows; i++) {
    ids[i] = BigInt(first + i);
    values[i] = Math.sin((first + i) * 12.9898) * 43758.5453;
    notes.push(
      `note ${(Math.imul(first + i, 2654435761) >>> 0) % 1_000_000}`.padEnd(
        12,
        ".",
      ),
    );
  }
  const offsets = Int32Array.from({ length: rows + 1 }, (_, i) => i * 12);
  const columns = [
    makeData({ type: new Int64(), length: rows, nullCount: 0, data: ids }),
    makeData({ type: new Float64(), length: rows, nullCount: 0, data: values }),
    makeData({
      type: new Utf8(),
      length: rows,
      nullCount: 0,
      valueOffsets: offsets,
      data: new TextEncoder().encode(notes.join("")),
    }),
  ];
  const fields = MEASUREMENTS.fields.map((field, i) =>
    new Field(field.name, columns[i]!.type, field.nullable)
  );
  return new RecordBatch(
    new Schema(fields),
    makeData({
      type: new Struct(fields),
      length: rows,
      nullCount: 0,
      children: columns,
    }),
  );
}

async function writeLargeLog(folder: string, files: number): Promise<void> {
  await Deno.mkdir(`${folder}/_delta_log`, { recursive: true });
  const schemaString = JSON.stringify({
    type: "struct",
    fields: [{ name: "id", type: "long", nullable: true, metadata: {} }],
  });
  const lines = [
    JSON.stringify({ protocol: { minReaderVersion: 1, minWriterVersion: 2 } }),
    JSON.stringify({
      metaData: {
        id: crypto.randomUUID(),
        format: { provider: "parquet", options: {} },
        schemaString,
        partitionColumns: [],
        configuration: {},
      },
    }),
  ];
  for (let i = 0; i < files; i++) {
    const stats = JSON.stringify({
      numRecords: 1,
      minValues: { id: i },
      maxValues: { id: i },
      nullCount: { id: 0 },
    });
    lines.push(
      JSON.stringify({
        add: {
          path: `part-${i}.parquet`,
          partitionValues: {},
          size: 500,
          modificationTime: 1_700_000_000_000,
          dataChange: true,
          stats,
        },
      }),
    );
  }
  await Deno.writeTextFile(
    `${folder}/_delta_log/00000000000000000000.json`,
    lines.join("\n") + "\n",
  );
}

/** The figures as a table. */
export function formatFigures(figures: readonly MemoryFigure[]): string[] {
  return figures.map((f) =>
    `${f.peakMiB <= f.boundMiB ? "ok  " : "OVER"}  ${f.name.padEnd(18)} ${
      String(f.peakMiB).padStart(5)
    } MiB of ${String(f.boundMiB).padStart(4)}  ${
      (f.ms / 1000).toFixed(1).padStart(5)
    } s  ${f.note}`
  );
}

if (import.meta.main) {
  if (Deno.args[0] === "--case") {
    await runCase(
      Deno.args[1]!,
      Deno.args[2]!,
      JSON.parse(Deno.args[3]!) as MemorySizes,
    );
  } else {
    for (const line of describeEnvironment(await readEnvironment())) {
      console.log(line);
    }
    const figures = await memoryBench(
      FULL_SIZES,
      (name) => Deno.stderr.writeSync(new TextEncoder().encode(`${name} …\n`)),
    );
    for (const line of formatFigures(figures)) console.log(line);
    if (figures.some((f) => f.peakMiB > f.boundMiB)) Deno.exit(1);
  }
}
