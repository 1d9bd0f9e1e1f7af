/**
 * What the operations on columns ask before they change one, and how they read a
 * type.
 *
 * @module
 */

import { tableProperties } from "../../protocol/table_property.ts";
import type {
  DataType,
  JsonValue,
  StructType,
} from "../../schema/data_type.ts";
import { parseDataType } from "../../schema/schema_json.ts";
import { fieldAt, foldCase, formatPath } from "../../schema/schema_path.ts";
import { type Alteration, badArgument, refused } from "./alter_table.ts";
import { usersOf } from "./dependents.ts";

/** A type: Delta's own, or its JSON, of which the name is the shortest. */
export type TypeInput = DataType | JsonValue;

/** Reads a type in either of its forms. */
export function typeOf(input: TypeInput, path: readonly string[]): DataType {
  const isType = typeof input === "object" && input !== null &&
    "kind" in input;
  return isType ? input as DataType : parseDataType(input, path.join("."));
}

/** Columns that the change data feed adds to every row. */
const CHANGE_COLUMNS: readonly string[] = [
  "_change_type",
  "_commit_version",
  "_commit_timestamp",
];

/** The columns at the top whose names the change data feed needs for itself. */
export function changeColumnsIn(schema: StructType): readonly string[] {
  return schema.fields.map((field) => field.name).filter((name) =>
    CHANGE_COLUMNS.includes(foldCase(name))
  );
}

/** Refuses a name at the top that the table's change data feed needs for itself. */
export function checkNoReservedName(
  alteration: Alteration,
  path: readonly string[],
  name: string,
): void {
  const { configuration } = alteration.base.metadata;
  if (path.length > 1 || !CHANGE_COLUMNS.includes(foldCase(name))) return;
  if (!tableProperties(configuration).enableChangeDataFeed) return;
  throw refused(
    alteration,
    `the change data feed has a column ${name} of its own`,
    "Give the column another name",
    { column: path },
  );
}

/** The elements of a list and the keys and values of a map have no name of their own. */
export function checkIsField(
  alteration: Alteration,
  path: readonly string[],
): void {
  const parent = path.length > 1
    ? fieldAt(alteration.base.schema, path.slice(0, -1))
    : undefined;
  if (!parent || parent.type.kind === "struct") return;
  throw badArgument(
    alteration,
    `${formatPath(path)} is no field but the inside of a ${parent.type.kind}`,
    `Name ${formatPath(path.slice(0, -1))}, or a field of a struct`,
    { column: path },
  );
}

/** Refuses a column that an expression of the table looks at. */
export function checkUnused(
  alteration: Alteration,
  path: readonly string[],
  participle: string,
): void {
  const users = usersOf(alteration.base, path);
  if (users.length === 0) return;
  throw refused(
    alteration,
    `${formatPath(path)} is used by ${users.join(" and by ")}, which would ` +
      `mean something else once it is ${participle}`,
    "Drop what uses it first",
    { column: path, users },
  );
}
