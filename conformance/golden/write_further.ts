/**
 * Goes on writing a table that another engine began: every row operation, a
 * checkpoint in between, each checked against the rows that it should leave.
 *
 * @module
 */

import {
  col,
  DeltaError,
  DeltaTable,
  type Row,
  type StructType,
  type Value,
} from "../../src/mod.ts";
import { deepEqual, ok } from "node:assert/strict";
import { encoderOf, sortUtf8 } from "../canonical/canonical_rows.ts";

/** What became of the steps. */
export interface WrittenFurther {
  /** The version before the first step. */
  readonly from: number;
  /** The version after the last one. */
  readonly to: number;
  /** Steps that were refused, with the code of the error. */
  readonly refused: Readonly<Record<string, string>>;
}

/** Rows before a step, and the table to do it to; answers with the rows after it. */
type Step = (table: DeltaTable, rows: readonly Row[]) => Promise<Row[]>;

const NEW_ID = 4_000_000;

const STEPS: Readonly<Record<string, Step>> = {
  append: async (table, rows) => {
    const more = rows.slice(0, 3).map((row, i) =>
      moved(table.schema, row, NEW_ID + i)
    );
    await table.append(more);
    return [...rows, ...more];
  },
  delete: async (table, rows) => {
    const id = rows[0]!.id!;
    await table.delete({ where: col("id").eq(id) });
    return rows.filter((row) => row.id !== id);
  },
  checkpoint: async (table, rows) => {
    await table.checkpoint();
    return [...rows];
  },
  update: async (table, rows) => {
    const id = idOf(table.schema, NEW_ID);
    const to = NEW_ID + 100;
    await table.update({
      set: { id: idOf(table.schema, to) },
      where: col("id").eq(id),
    });
    return rows.map((row) =>
      row.id === id ? moved(table.schema, row, to) : row
    );
  },
  merge: async (table, rows) => {
    const source = [
      moved(table.schema, rows.at(-1)!, NEW_ID + 1),
      moved(table.schema, rows.at(-1)!, NEW_ID + 200),
    ];
    await table.merge({
      source,
      sourceSchema: table.schema,
      on: ["id"],
      whenMatched: [{ update: "all" }],
      whenNotMatched: [{ insert: "all" }],
    });
    const kept = rows.filter((row) => row.id !== source[0]!.id);
    return [...kept, ...source];
  },
  optimize: async (table, rows) => {
    await table.optimize();
    return [...rows];
  },
  overwrite: async (table, rows) => {
    const id = idOf(table.schema, NEW_ID + 200);
    const row = moved(table.schema, rows[0]!, NEW_ID + 200);
    await table.overwrite([row], { where: col("id").eq(id) });
    return [...rows.filter((other) => other.id !== id), row];
  },
};

/** Writes on, step by step; what a step leaves that it should not fails. */
export async function writeFurther(folder: string): Promise<WrittenFurther> {
  await using table = await DeltaTable.open(folder);
  const from = table.version;
  const refused: Record<string, string> = {};
  let rows = await Array.fromAsync(table.rows());
  ok(rows.length > 0, `${folder} has no rows to go on from`);
  for (const [name, step] of Object.entries(STEPS)) {
    try {
      rows = await step(table, rows);
    } catch (error) {
      if (!(error instanceof DeltaError)) throw error;
      if (error.kind !== "unsupported") throw error;
      refused[name] = error.code;
    }
    const read = await Array.fromAsync(table.rows());
    deepEqual(texts(table, read), texts(table, rows), `${folder}: ${name}`);
  }
  return { from, to: table.version, refused };
}

function texts(table: DeltaTable, rows: readonly Row[]): string[] {
  const encode = encoderOf(table.schema);
  return sortUtf8(rows.map((row) => encode(row)));
}

function idOf(schema: StructType, id: number): Value {
  const { type } = schema.fields.find((f) => f.name === "id")!;
  return type.kind === "long" ? BigInt(id) : id;
}

/** A row under another id; columns that follow from the id follow. */
function moved(schema: StructType, row: Row, id: number): Row {
  const value = idOf(schema, id);
  return {
    ...row,
    id: value,
    ...("double_id" in row && { double_id: BigInt(id) * 2n }),
  };
}
