/**
 * Which columns of the table a read needs, and which leaves of a file hold them.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { type BoundPredicate, columnsOf } from "../expression/bind.ts";
import type { ColumnPath } from "../parquet/parquet_codec.ts";
import {
  type ColumnMappingMode,
  columnMappingMode,
} from "../schema/column_mapping.ts";
import type { StructField, StructType } from "../schema/data_type.ts";
import { type FileNode, fileTree, hasFieldIds } from "./file_tree.ts";
import { findFileField } from "./logical_columns.ts";
import type { OpenDataFile } from "./open_data_file.ts";

/**
 * The top-level columns to read: those asked for, in order, then those that
 * only the predicate looks at, cut down to what it looks at.
 */
export function columnsToRead(
  schema: StructType,
  columns: StructType,
  predicate: BoundPredicate | undefined,
): readonly StructField[] {
  const asked = new Set(columns.fields.map((field) => field.name));
  const paths = predicate ? columnsOf(predicate) : [];
  const further = paths.filter((path) => !asked.has(path[0]!));
  return [...columns.fields, ...pruned(schema.fields, further)];
}

/**
 * The columns to read, as paths of the file's own names. Inside structs only the
 * fields that are needed; lists and maps whole.
 *
 * @param fields The data columns wanted; partition columns are none.
 * @throws {DeltaError} `DELTA_DATA_FILE_CORRUPT` where columns go by id and the file has no ids.
 */
export function fileColumns(
  open: OpenDataFile,
  configuration: Readonly<Record<string, string>>,
  fields: readonly StructField[],
): readonly ColumnPath[] {
  const mode = columnMappingMode(configuration);
  if (mode === "id" && fields.length > 0 && !hasFieldIds(open.footer)) {
    throw new DeltaError("DELTA_DATA_FILE_CORRUPT", {
      what: `Cannot read ${open.name}`,
      why: "the table finds columns by field id and the file has none",
      fix: "Restore the file, or rewrite it with field ids",
      context: { path: open.name },
    });
  }
  return prefixes(fileTree(open.footer), fields, mode);
}

/** The fields on the paths, and of structs only what the paths name. */
function pruned(
  fields: readonly StructField[],
  paths: readonly (readonly string[])[],
): StructField[] {
  return fields.flatMap((field) => {
    const inside = paths.filter((path) => path[0] === field.name)
      .map((path) => path.slice(1));
    if (inside.length === 0) return [];
    const { type } = field;
    if (type.kind !== "struct" || inside.some((path) => path.length === 0)) {
      return [field];
    }
    return [{
      ...field,
      type: { ...type, fields: pruned(type.fields, inside) },
    }];
  });
}

function prefixes(
  nodes: readonly FileNode[],
  fields: readonly StructField[],
  mode: ColumnMappingMode,
): (readonly string[])[] {
  return fields.flatMap((field) => {
    if (field.type.kind === "void") return [];
    const node = nodes[findFileField(nodes, field, mode)];
    if (!node) return [];
    if (field.type.kind !== "struct") return [node.path];
    const inner = prefixes(node.children, field.type.fields, mode);
    // With no field left, any leaf still tells which rows of the struct are null.
    return inner.length === 0 ? [node.path] : inner;
  });
}
