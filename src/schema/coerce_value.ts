/**
 * What callers hand in to the canonical value of a type, checked: nothing is
 * rounded, wrapped or cut without a word.
 *
 * The accepted forms are the table at the head of `value.ts`.
 *
 * @module
 */

import { DeltaError, type ErrorCode } from "../errors.ts";
import { type DataType, type StructType, typeName } from "./data_type.ts";
import {
  decimalDigits,
  formatDecimal,
  parseDecimal,
  rescale,
} from "./decimal.ts";
import { namesZone, parseDate, parseTimestamp } from "./time.ts";
import type { Decimal, Value, Variant } from "./value.ts";

/** Turns an input into a value of one type, or throws. */
export type Coercer = (input: unknown) => Value;

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
    case "boolean":
      return (input) =>
        typeof input === "boolean" ? input : mismatch(input, type, path);
    case "byte":
      return integer(type, path, -0x80, 0x7f);
    case "short":
      return integer(type, path, -0x8000, 0x7fff);
    case "integer":
      return integer(type, path, -0x8000_0000, 0x7fff_ffff);
    case "long":
      return (input) => int64(toBigInt(input, type, path), type, path);
    case "float":
      return (input) => toFloat(input, type, path);
    case "double":
      return (input) =>
        typeof input === "number" ? input : mismatch(input, type, path);
    case "decimal":
      return (input) =>
        fit(toDecimal(input, type, path), type.precision, type.scale, path);
    case "string":
      return (input) => toText(input, type, path);
    case "binary":
      return (input) =>
        input instanceof Uint8Array ? input : mismatch(input, type, path);
    case "date":
      return (input) => toDate(input, type, path);
    case "timestamp":
      return (input) => toTimestamp(input, type, path, "utc");
    case "timestamp_ntz":
      return (input) => toTimestamp(input, type, path, "none");
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
    case "void":
      return (input) => mismatch(input, type, path);
  }
}

function integer(
  type: DataType,
  path: string,
  min: number,
  max: number,
): Coercer {
  return (input) => {
    const number = typeof input === "bigint" ? Number(input) : input;
    if (typeof number !== "number") return mismatch(input, type, path);
    if (!Number.isInteger(number) || number < min || number > max) {
      return outOfRange(input, type, path);
    }
    return number === 0 ? 0 : number;
  };
}

function toBigInt(input: unknown, type: DataType, path: string): bigint {
  if (typeof input === "bigint") return input;
  if (typeof input !== "number") return mismatch(input, type, path);
  if (!Number.isSafeInteger(input)) return outOfRange(input, type, path);
  return BigInt(input);
}

function int64(value: bigint, type: DataType, path: string): bigint {
  return BigInt.asIntN(64, value) === value
    ? value
    : outOfRange(value, type, path);
}

function toFloat(input: unknown, type: DataType, path: string): number {
  if (typeof input !== "number") return mismatch(input, type, path);
  const rounded = Math.fround(input);
  return Number.isFinite(input) && !Number.isFinite(rounded)
    ? outOfRange(input, type, path)
    : rounded;
}

function toText(input: unknown, type: DataType, path: string): string {
  if (typeof input !== "string") return mismatch(input, type, path);
  if (input.isWellFormed()) return input;
  throw fault(
    "DELTA_VALUE_OUT_OF_RANGE",
    path,
    "it holds half a surrogate pair, which UTF-8 cannot",
  );
}

function toDecimal(input: unknown, type: DataType, path: string): Decimal {
  if (isDecimal(input)) return input;
  if (typeof input === "bigint") return { unscaled: input, scale: 0 };
  if (typeof input === "string") {
    return naming(path, () => parseDecimal(input));
  }
  if (typeof input !== "number") return mismatch(input, type, path);
  if (!Number.isSafeInteger(input)) {
    throw fault(
      "DELTA_SCHEMA_MISMATCH",
      path,
      `${input} is a floating-point number, which is not an exact decimal: give it as text`,
    );
  }
  return { unscaled: BigInt(input), scale: 0 };
}

function fit(
  decimal: Decimal,
  precision: number,
  scale: number,
  path: string,
): Decimal {
  const fitted = naming(path, () => rescale(decimal, scale));
  if (decimalDigits(fitted) <= precision) return fitted;
  throw fault(
    "DELTA_VALUE_OUT_OF_RANGE",
    path,
    `${
      formatDecimal(decimal)
    } has more digits than decimal(${precision},${scale}) holds`,
  );
}

function toDate(input: unknown, type: DataType, path: string): number {
  if (typeof input === "string") return naming(path, () => parseDate(input));
  const days = input instanceof Date ? input.getTime() / 86_400_000 : input;
  if (typeof days !== "number") return mismatch(input, type, path);
  if ((days | 0) === days) return days | 0;
  return input instanceof Date && Number.isFinite(days)
    ? notMidnight(input, path)
    : outOfRange(input, type, path);
}

function notMidnight(input: Date, path: string): never {
  throw fault(
    "DELTA_VALUE_OUT_OF_RANGE",
    path,
    `${input.toISOString()} is not midnight UTC, so it is no date`,
  );
}

function toTimestamp(
  input: unknown,
  type: DataType,
  path: string,
  zone: "utc" | "none",
): bigint {
  if (typeof input === "bigint") return int64(input, type, path);
  if (typeof input === "string") return parseInstant(input, type, path, zone);
  if (!(input instanceof Date)) return mismatch(input, type, path);
  const ms = input.getTime();
  return Number.isNaN(ms) ? outOfRange(input, type, path) : BigInt(ms) * 1000n;
}

function parseInstant(
  text: string,
  type: DataType,
  path: string,
  zone: "utc" | "none",
): bigint {
  const micros = naming(path, () => parseTimestamp(text, "utc"));
  if (namesZone(text) !== (zone === "utc")) {
    const wants = zone === "utc" ? "needs a time zone (Z)" : "has no time zone";
    throw fault(
      "DELTA_SCHEMA_MISMATCH",
      path,
      `a ${type.kind} ${wants}, unlike ${JSON.stringify(text)}`,
    );
  }
  if (/[.,]\d{6}0*[1-9]/.test(text)) {
    throw fault(
      "DELTA_VALUE_OUT_OF_RANGE",
      path,
      `${text} is finer than a microsecond`,
    );
  }
  return int64(micros, type, path);
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

function isDecimal(input: unknown): input is Decimal {
  return isPlainObject(input) && typeof input.unscaled === "bigint" &&
    Number.isInteger(input.scale) && (input.scale as number) >= 0;
}

function isPlainObject(input: unknown): input is Record<string, unknown> {
  return typeof input === "object" && input !== null &&
    !Array.isArray(input) && !ArrayBuffer.isView(input) &&
    !(input instanceof Map) && !(input instanceof Date);
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

/** Runs a parser, and names the column in what it throws. */
function naming<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof DeltaError)) throw cause;
    throw new DeltaError(cause.code, {
      what: `Cannot use the value given for ${path}`,
      why: `${
        cause.details.what.replace(/^Cannot/, "the engine cannot")
      }: ${cause.details.why}`,
      fix: cause.details.fix,
      context: { column: path },
      cause,
    });
  }
}

function mismatch(input: unknown, type: DataType, path: string): never {
  throw fault(
    "DELTA_SCHEMA_MISMATCH",
    path,
    `${describe(input)} is not a value of type ${typeName(type)}`,
  );
}

function outOfRange(input: unknown, type: DataType, path: string): never {
  throw fault(
    "DELTA_VALUE_OUT_OF_RANGE",
    path,
    `${describe(input)} does not fit the type ${typeName(type)}`,
  );
}

function nullInside(path: string, part: string): never {
  throw fault(
    "DELTA_NOT_NULL_CONSTRAINT_VIOLATED",
    path,
    `a null ${part} is not allowed in it`,
  );
}

function fault(code: ErrorCode, path: string, why: string): DeltaError {
  return new DeltaError(code, {
    what: `Cannot use the value given for ${path}`,
    why,
    fix: "Give a value in one of the forms that the type accepts",
    context: { column: path },
  });
}

function describe(input: unknown): string {
  if (typeof input === "bigint" || typeof input === "number") {
    return `${typeof input} ${String(input)}`;
  }
  if (typeof input !== "object" || input === null) return `a ${typeof input}`;
  return `an object (${input.constructor?.name ?? "plain"})`;
}
