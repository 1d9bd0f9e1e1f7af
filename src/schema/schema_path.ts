/**
 * Finding columns in a schema: by path, whatever the capitalisation, and all
 * leaves of it.
 *
 * Source: Delta protocol, "Schema Serialization Format" (names are unique regardless of case).
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type { DataType, StructField, StructType } from "./data_type.ts";

/**
 * The field at a path, names matched without regard to case (the exact name
 * first). A list's elements are the step `element`; a map's entries `key` and
 * `value`: such a step gives a field of that name without metadata.
 */
export function fieldAt(
  schema: StructType,
  path: readonly string[],
): StructField | undefined {
  let type: DataType = schema;
  let field: StructField | undefined;
  for (const step of path) {
    field = childOf(type, step);
    if (!field) return undefined;
    type = field.type;
  }
  return field;
}

/** The same path in the schema's own spelling; undefined when there is no such column. */
export function resolvePath(
  schema: StructType,
  path: readonly string[],
): readonly string[] | undefined {
  const names: string[] = [];
  let type: DataType = schema;
  for (const step of path) {
    const field = childOf(type, step);
    if (!field) return undefined;
    names.push(field.name);
    type = field.type;
  }
  return names;
}

/** The field of a struct by name: the exact one, else the one that differs in case only. */
export function findField(
  struct: StructType,
  name: string,
): StructField | undefined {
  const exact = struct.fields.find((field) => field.name === name);
  if (exact) return exact;
  const folded = foldCase(name);
  return struct.fields.find((field) => foldCase(field.name) === folded);
}

/**
 * Refuses names that are no list of text: text alone would be taken letter by letter.
 *
 * @param names What was handed in.
 * @param where What cannot be done, and the option that holds the names.
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT`.
 */
export function checkNames(
  names: unknown,
  where: { readonly what: string; readonly option: string },
): readonly string[] {
  const isList = Array.isArray(names) &&
    names.every((name) => typeof name === "string");
  if (isList) return names;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: where.what,
    why: `${where.option} is no list of names`,
    fix: `Give a list, such as ${where.option}: ["id"]`,
  });
}

/** A name with its case taken away, for comparing. */
export function foldCase(name: string): string {
  return name.toLowerCase();
}

/**
 * Paths of all leaves, in schema order. Structs are entered; a list or a map is
 * one leaf, as statistics count them.
 */
export function leafPaths(schema: StructType): readonly (readonly string[])[] {
  return leafFields(schema).map((leaf) => leaf.path);
}

/** A leaf column and where it is. */
export interface LeafField {
  /** Names from the top of the schema down. */
  readonly path: readonly string[];
  /** The field itself. */
  readonly field: StructField;
}

/** As {@link leafPaths}, with the field of each. */
export function leafFields(
  schema: StructType,
  parent: readonly string[] = [],
): readonly LeafField[] {
  return schema.fields.flatMap((field) => {
    const path = [...parent, field.name];
    return field.type.kind === "struct"
      ? leafFields(field.type, path)
      : [{ path, field }];
  });
}

/** A path as people write it: dots between, backticks around names that need them. */
export function formatPath(path: readonly string[]): string {
  return path.map((name) =>
    /^[\p{L}\p{N}_-]+$/u.test(name) ? name : `\`${name.replaceAll("`", "``")}\``
  ).join(".");
}

/**
 * Reads column paths separated by commas, as `delta.dataSkippingStatsColumns`
 * holds them: `` a, b.c, `with.dot` ``.
 *
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` when a backtick is not closed or a name is empty.
 */
export function parseColumnList(
  text: string,
): readonly (readonly string[])[] {
  if (text.trim() === "") return [];
  const paths: string[][] = [[]];
  let at = 0;
  while (true) {
    while (text[at] === " ") at++;
    const name = text[at] === "`" ? quoted(text, at) : bare(text, at);
    paths.at(-1)!.push(name.name);
    at = name.end;
    while (text[at] === " ") at++;
    if (at >= text.length) return paths;
    if (text[at] === ",") paths.push([]);
    else if (text[at] !== ".") throw badList(text);
    at++;
  }
}

function quoted(text: string, start: number): { name: string; end: number } {
  const match = /`((?:[^`]|``)+)`/y;
  match.lastIndex = start;
  const found = match.exec(text);
  if (!found) throw badList(text);
  return { name: found[1]!.replaceAll("``", "`"), end: match.lastIndex };
}

function bare(text: string, start: number): { name: string; end: number } {
  const match = /[^,.`]+/y;
  match.lastIndex = start;
  const found = match.exec(text)?.[0].trim();
  if (!found) throw badList(text);
  return { name: found, end: match.lastIndex };
}

function badList(text: string): DeltaError {
  return new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: `Cannot read the column list ${JSON.stringify(text)}`,
    why: "a name is empty, or a backtick is not closed",
    fix: "Write columns like: a, b.c, `name with . or ,`",
  });
}

function childOf(type: DataType, step: string): StructField | undefined {
  switch (type.kind) {
    case "struct":
      return findField(type, step);
    case "array":
      return foldCase(step) === "element"
        ? inner("element", type.elementType, type.containsNull)
        : undefined;
    case "map":
      if (foldCase(step) === "key") return inner("key", type.keyType, false);
      return foldCase(step) === "value"
        ? inner("value", type.valueType, type.valueContainsNull)
        : undefined;
    default:
      return undefined;
  }
}

function inner(name: string, type: DataType, nullable: boolean): StructField {
  return { name, type, nullable, metadata: {} };
}
