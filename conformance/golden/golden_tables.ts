/**
 * Tables that other engines wrote, with what their writers read of them.
 *
 * @module
 */

import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { Contents, SchemaJson } from "../interop/foreign_engine.ts";

/** What the writer of a table reads of one of its versions. */
export interface GoldenVersion {
  /** The version. */
  readonly version: number;
  /** Its columns, by name and type. */
  readonly fields: SchemaJson["fields"];
  /** How many rows. */
  readonly totalRows: number;
  /** Their digest. */
  readonly rowsSha256: string;
  /** Their texts. */
  readonly rows: readonly string[];
}

/** What the writer of a table reads of its change feed. */
export interface GoldenChanges extends Omit<Contents, "schema"> {
  /** First version. */
  readonly from: number;
  /** Last version, included. */
  readonly to: number;
}

/** A table that another engine wrote. */
export interface GoldenTable {
  /** Its name. */
  readonly name: string;
  /** Its folder: never written to. */
  readonly folder: string;
  /** Engine and version that wrote it. */
  readonly writer: string;
  /** What it is about. */
  readonly about: string;
  /** Every version. */
  readonly versions: readonly GoldenVersion[];
  /** Ranges of the change feed. */
  readonly changes: readonly GoldenChanges[];
}

const TABLES = join(import.meta.dirname!, "tables");

/** All of them, by name. */
export const goldenTables: readonly GoldenTable[] = [
  ...Deno.readDirSync(TABLES),
].map(({ name }) => name).sort().map(load);

function load(name: string): GoldenTable {
  const text = Deno.readTextFileSync(join(TABLES, name, "expected.json"));
  const expected = JSON.parse(text) as Omit<GoldenTable, "name" | "folder">;
  return { ...expected, name, folder: join(TABLES, name, "table") };
}

/** The newest version. */
export function latestOf(golden: GoldenTable): number {
  return golden.versions.at(-1)!.version;
}

/** A version as an engine should answer it. */
export function contentsAt(version: GoldenVersion): Contents {
  return { ...version, schema: { fields: version.fields } };
}

/** Copies a table to where it may be written to. */
export async function copyGolden(
  golden: GoldenTable,
  folder: string,
): Promise<string> {
  const copy = join(folder, golden.name);
  await cp(golden.folder, copy, { recursive: true });
  return copy;
}
