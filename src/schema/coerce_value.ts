/**
 * What callers hand in to the canonical value of a type, checked: nothing is
 * rounded, wrapped or cut without a word.
 *
 * The accepted forms are the table at the head of `value.ts`.
 *
 * @module
 */

import { fault, mismatch, nullInside } from "./coerce_fault.ts";
import {
  type Coercer,
  int64,
  isDecimal,
  isPlainObject,
  scalarCoercer,
  toText,
} from "./coerce_scalar.ts";
import type { DataType, StructType } from "./data_type.ts";
import { decimalDigits } from "./decimal.ts";
import type { Value, Variant } from "./value.ts";

export type { Coercer };

/**
 * Turns an input into a value of the type.
 *
 * @param input Any of the forms of `value.ts`; undefined is null.
 * @param path The column, for the error.
 * @throws {DeltaError} `DELTA_SCHEMA_MISMATCH` for the wrong kind of value,
 *   `DELTA_VALUE_OUT_OF_RANGE` for one that does not fit,
 *   `DELTA_NOT_NULL_CONSTRAINT_VIOLATED` for a null in a list or map that may hold none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(coerceValue(5, { kind: "long" }, "id"), 5n);
 * ```
 */
export function coerceValue(
  input: unknown,
  type: DataType,
  path: string,
): Value {
  return coercer(type, path)(input);
}

/** As {@link coerceValue}, compiled once for many values. */
export function coercer(type: DataType, path: string): Coercer {
  const coerce = coercerOf(type, path);
  return (input) =>
    input === null || input === undefined ? null : coerce(input);
}

function coercerOf(type: DataType, path: string): Coercer {
  switch (type.kind) {
    case "struct":
      return struct(type, path);
    case "array":
      return array(
        coercer(type.elementType, `${path}.element`),
        type.containsNull,
        type,
        path,
      );
    case "map":
      return map(
        coercer(type.keyType, `${path}.key`),
        coercer(type.valueType, `${path}.value`),
        type.valueContainsNull,
        type,
        path,
      );
    case "variant":
      return (input) => toVariant(input, type, path);
    default:
      return scalarCoercer(type, path)!;
  }
}

function struct(type: StructType, path: string): Coercer {
  const fields = type.fields.map((field) => ({
    name: field.name,
    coerce: coercer(field.type, `${path}.${field.name}`),
  }));
  const names = new Set(fields.map((field) => field.name));
  return (input) => {
    if (!isPlainObject(input)) return mismatch(input, type, path);
    for (const name in input) {
      if (!names.has(name)) {
        throw fault(
          "DELTA_SCHEMA_MISMATCH",
          path,
          `it has no field ${JSON.stringify(name)}`,
        );
      }
    }
    const value: Record<string, Value> = {};
    for (const { name, coerce } of fields) {
      setOwn(
        value,
        name,
        coerce(Object.hasOwn(input, name) ? input[name] : null),
      );
    }
    return value;
  };
}

function array(
  coerce: Coercer,
  containsNull: boolean,
  type: DataType,
  path: string,
): Coercer {
  return (input) => {
    const list = listOf(input);
    if (!list) return mismatch(input, type, path);
    const values = Array.from(list, coerce);
    if (!containsNull && values.includes(null)) nullInside(path, "element");
    return values;
  };
}

function map(
  coerceKey: Coercer,
  coerceEntry: Coercer,
  containsNull: boolean,
  type: DataType,
  path: string,
): Coercer {
  return (input) => {
    const value = new Map<Value, Value>();
    for (const [key, entry] of entriesOf(input, type, path)) {
      const coerced = coerceKey(key);
      if (coerced === null) nullInside(path, "key");
      if (value.has(coerced)) {
        throw fault(
          "DELTA_SCHEMA_MISMATCH",
          path,
          `the key ${String(key)} is there twice`,
        );
      }
      const item = coerceEntry(entry);
      if (item === null && !containsNull) nullInside(path, "value");
      value.set(coerced, item);
    }
    return value;
  };
}

function entriesOf(
  input: unknown,
  type: DataType,
  path: string,
): Iterable<readonly [unknown, unknown]> {
  if (input instanceof Map) return input;
  if (Array.isArray(input)) {
    const pairs = input.every((pair) =>
      Array.isArray(pair) && pair.length === 2
    );
    return pairs ? input : mismatch(input, type, path);
  }
  return isPlainObject(input)
    ? Object.entries(input)
    : mismatch(input, type, path);
}

const INT_KINDS: ReadonlySet<unknown> = new Set([
  "int",
  "timestamp",
  "timestamp_ntz",
  "timestamp_nanos",
  "timestamp_ntz_nanos",
  "time",
]);

function toVariant(input: unknown, type: DataType, path: string): Variant {
  if (!isPlainObject(input)) return mismatch(input, type, path);
  const { kind, value } = input;
  const inner = (item: unknown) => toVariant(item, type, path);
  if (kind === "null") return { kind };
  if (INT_KINDS.has(kind) && typeof value === "bigint") {
    int64(value, { kind: "long" }, path);
    return input as unknown as Variant;
  }
  switch (kind) {
    case "boolean":
      if (typeof value === "boolean") return { kind, value };
      break;
    case "float":
    case "double":
    case "date":
      if (typeof value === "number") return { kind, value };
      break;
    case "string":
    case "uuid":
      return { kind, value: toText(value, { kind: "string" }, path) };
    case "binary":
      if (value instanceof Uint8Array) return { kind, value };
      break;
    case "decimal":
      if (isDecimal(value) && value.scale <= 38 && decimalDigits(value) <= 38) {
        return { kind, value };
      }
      break;
    case "array":
      if (Array.isArray(value)) return { kind, value: value.map(inner) };
      break;
    case "object":
      if (value instanceof Map) {
        const entries = [...value].map(([name, item]) =>
          [toText(name, { kind: "string" }, path), inner(item)] as const
        );
        return { kind, value: new Map(entries) };
      }
  }
  throw fault(
    "DELTA_SCHEMA_MISMATCH",
    path,
    `no variant has the kind ${JSON.stringify(kind)} with such a value`,
  );
}

function listOf(input: unknown): Iterable<unknown> | undefined {
  if (Array.isArray(input)) return input;
  if (ArrayBuffer.isView(input) && !(input instanceof DataView)) {
    return input as unknown as Iterable<unknown>;
  }
  return undefined;
}

/** Sets a property of the object itself, `__proto__` too. */
function setOwn(
  object: Record<string, Value>,
  name: string,
  value: Value,
): void {
  if (name !== "__proto__") object[name] = value;
  else {
    Object.defineProperty(object, name, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
}
