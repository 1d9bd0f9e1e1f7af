/**
 * The arguments of requests: which an operation takes, of what form, and
 * nothing else.
 *
 * @module
 */

import { DeltaError } from "../../src/errors.ts";
import type { JsonValue } from "../../src/schema/data_type.ts";

/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** The form of one argument. */
export type Form =
  | "boolean"
  | "column"
  | "columns"
  | "integer"
  | "json"
  | "list"
  | "names"
  | "natural"
  | "number"
  | "object"
  | "objects"
  | "strings"
  | "text"
  | "txn";

/** Each argument of an operation; a name with `?` may be left out. */
export type Forms = Readonly<Record<string, Form>>;

const isText = (value: JsonValue): boolean => typeof value === "string";

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isColumn = (value: JsonValue): boolean =>
  isText(value) ||
  (Array.isArray(value) && value.length > 0 && value.every(isText));

const isNatural = (value: JsonValue): boolean =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

const CHECKS: Readonly<Record<Form, (value: JsonValue) => boolean>> = {
  boolean: (value) => typeof value === "boolean",
  column: isColumn,
  columns: (value) => Array.isArray(value) && value.every(isColumn),
  integer: (value) => Number.isSafeInteger(value),
  json: () => true,
  list: (value) => Array.isArray(value),
  names: (value) => Array.isArray(value) && value.every(isText),
  natural: isNatural,
  number: (value) => typeof value === "number",
  object: isObject,
  objects: (value) => Array.isArray(value) && value.every(isObject),
  strings: (value) => isObject(value) && Object.values(value).every(isText),
  text: isText,
  txn: (value) =>
    isObject(value) && isText(value.appId ?? null) &&
    isNatural(value.version ?? null) && Object.keys(value).length === 2,
};

const SAID: Readonly<Record<Form, string>> = {
  boolean: "true or false",
  column: "a column's name, or its path",
  columns: "an array of columns' names, or paths",
  integer: "a whole number",
  json: "JSON",
  list: "an array",
  names: "an array of names",
  natural: "a whole number from 0 up",
  number: "a number",
  object: "an object",
  objects: "an array of objects",
  strings: "an object of texts",
  text: "a text",
  txn: "{appId: text, version: whole number}",
};

/**
 * Checks a request's arguments: none unknown, none missing, each of its form.
 *
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` naming the first that is wrong.
 */
export function checkArguments(
  op: string,
  request: JsonObject,
  forms: Forms,
): void {
  for (const name of Object.keys(request)) {
    if (name === "id" || name === "op") continue;
    if (!Object.hasOwn(forms, name) && !Object.hasOwn(forms, `${name}?`)) {
      throw invalid(op, `it takes no argument ${JSON.stringify(name)}`);
    }
  }
  for (const [spelled, form] of Object.entries(forms)) {
    const optional = spelled.endsWith("?");
    const name = optional ? spelled.slice(0, -1) : spelled;
    const value = Object.hasOwn(request, name) ? request[name] : undefined;
    if (value === undefined || (value === null && optional)) {
      if (!optional) throw invalid(op, `its argument "${name}" is missing`);
    } else if (!CHECKS[form](value)) {
      throw invalid(op, `its argument "${name}" is not ${SAID[form]}`);
    }
  }
}

/** The error of a request that is wrong. */
export function invalid(op: string, why: string): DeltaError {
  return new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: `Cannot run ${op}`,
    why,
    fix: "Send the request as the engine protocol says",
  });
}
