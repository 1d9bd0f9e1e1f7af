/**
 * Canonical JSON values, as the engine protocol sends them, to values of this
 * engine: the way back from `canonical_rows.ts`, strict about every form.
 *
 * @module
 */

import { DeltaError } from "../src/errors.ts";
import {
  type DataType,
  type JsonValue,
  type StructType,
  typeName,
} from "../src/schema/data_type.ts";
import { formatDate } from "../src/schema/time.ts";
import type { Decimal, Row, Value, Variant } from "../src/schema/value.ts";

/**
 * Reads one canonical JSON value.
 *
 * @param json The value as parsed JSON.
 * @param type Its type.
 * @param where What to call it in messages, such as a column's name.
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` where it has another form.
 */
export function decodeValue(
  json: JsonValue,
  type: DataType,
  where: string = "value",
): Value {
  if (json === null) return null;
  switch (type.kind) {
    case "boolean":
      return typeof json === "boolean" ? json : refuse(json, type, where);
    case "byte":
    case "short":
    case "integer":
      return Number.isInteger(json)
        ? json as number
        : refuse(json, type, where);
    case "long":
    case "timestamp":
    case "timestamp_ntz":
      return integerText(json) ?? refuse(json, type, where);
    case "float":
    case "double":
      return floatText(json) ?? refuse(json, type, where);
    case "decimal":
      return decimalText(json) ?? refuse(json, type, where);
    case "string":
      return typeof json === "string" ? json : refuse(json, type, where);
    case "binary":
      return hexText(json) ?? refuse(json, type, where);
    case "date":
      return dateText(json) ?? refuse(json, type, where);
    case "void":
      return refuse(json, type, where);
    case "variant":
      return decodeVariant(json, where) as Value;
    case "struct":
      return Array.isArray(json)
        ? decodeStruct(json, type, where)
        : refuse(json, type, where);
    case "array":
      return Array.isArray(json)
        ? json.map((v, i) => decodeValue(v, type.elementType, `${where}[${i}]`))
        : refuse(json, type, where);
    case "map":
      return Array.isArray(json)
        ? new Map(json.map((pair, i) => {
          const [key, value] = pairOf(pair) ?? refuse(json, type, where);
          return [
            decodeValue(key, type.keyType, `${where}[${i}] key`),
            decodeValue(value, type.valueType, `${where}[${i}]`),
          ];
        }))
        : refuse(json, type, where);
  }
}

/**
 * Reads one row: an array with a value per field of the schema.
 *
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` where it has another form.
 */
export function decodeRow(json: JsonValue, schema: StructType): Row {
  if (!Array.isArray(json)) {
    throw invalid("row", json, `an array of ${schema.fields.length} values`);
  }
  return decodeStruct(json, schema, "row") as Row;
}

function decodeStruct(
  json: readonly JsonValue[],
  type: StructType,
  where: string,
): Row {
  const { fields } = type;
  if (json.length !== fields.length) {
    throw invalid(where, json, `an array of ${fields.length} values`);
  }
  // fromEntries defines every name, "__proto__" too.
  return Object.fromEntries(fields.map((field, i) => {
    const name = where === "row" ? field.name : `${where}.${field.name}`;
    return [field.name, decodeValue(json[i]!, field.type, name)];
  }));
}

function decodeVariant(json: JsonValue, where: string): Variant {
  const bad = (): never => {
    throw invalid(where, json, "a tagged variant");
  };
  if (!Array.isArray(json) || typeof json[0] !== "string") return bad();
  const kind = json[0] as Variant["kind"];
  const body: JsonValue = json[1] ?? null;
  if (json.length !== (kind === "null" ? 1 : 2)) return bad();
  switch (kind) {
    case "null":
      return { kind };
    case "boolean":
      return typeof body === "boolean" ? { kind, value: body } : bad();
    case "float":
    case "double":
      return { kind, value: floatText(body) ?? bad() };
    case "decimal":
      return { kind, value: decimalText(body) ?? bad() };
    case "string":
    case "uuid":
      return typeof body === "string" ? { kind, value: body } : bad();
    case "binary":
      return { kind, value: hexText(body) ?? bad() };
    case "date":
      return { kind, value: dateText(body) ?? bad() };
    case "array":
      if (!Array.isArray(body)) return bad();
      return {
        kind,
        value: body.map((v, i) => decodeVariant(v, `${where}[${i}]`)),
      };
    case "object":
      if (!Array.isArray(body)) return bad();
      return {
        kind,
        value: new Map(body.map((pair) => {
          const [name, value] = pairOf(pair) ?? bad();
          if (typeof name !== "string") return bad();
          return [name, decodeVariant(value, `${where}.${name}`)];
        })),
      };
    case "int":
    case "timestamp":
    case "timestamp_ntz":
    case "timestamp_nanos":
    case "timestamp_ntz_nanos":
    case "time":
      return { kind, value: integerText(body) ?? bad() };
    default:
      return bad();
  }
}

function pairOf(json: JsonValue): [JsonValue, JsonValue] | undefined {
  return Array.isArray(json) && json.length === 2
    ? [json[0]!, json[1]!]
    : undefined;
}

function integerText(json: JsonValue): bigint | undefined {
  if (typeof json !== "string" || !/^-?\d+$/.test(json)) return undefined;
  return BigInt(json);
}

function floatText(json: JsonValue): number | undefined {
  if (json === "NaN") return NaN;
  if (typeof json !== "string" || json.trim() === "") return undefined;
  const number = Number(json);
  return Number.isNaN(number) ? undefined : number;
}

function decimalText(json: JsonValue): Decimal | undefined {
  if (typeof json !== "string") return undefined;
  const parts = /^(-?\d+)(?:\.(\d+))?$/.exec(json);
  if (!parts) return undefined;
  const [, whole, fraction = ""] = parts;
  return { unscaled: BigInt(whole! + fraction), scale: fraction.length };
}

function hexText(json: JsonValue): Uint8Array | undefined {
  if (typeof json !== "string" || !/^(?:[0-9a-f]{2})*$/.test(json)) {
    return undefined;
  }
  const bytes = new Uint8Array(json.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = Number.parseInt(json.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

const DATE = /^(?:\d{4}|[+-]\d{6})-\d{2}-\d{2}$/;

function dateText(json: JsonValue): number | undefined {
  if (typeof json !== "string" || !DATE.test(json)) return undefined;
  const days = Date.parse(`${json}T00:00:00Z`) / 86_400_000;
  // A day that the month lacks would roll over into the next.
  return Number.isInteger(days) && formatDate(days) === json ? days : undefined;
}

function refuse(json: JsonValue, type: DataType, where: string): never {
  throw invalid(where, json, `the canonical form of ${typeName(type)}`);
}

function invalid(where: string, json: JsonValue, wanted: string): DeltaError {
  const seen = JSON.stringify(json) ?? "nothing";
  return new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: `Cannot take the value of ${where}`,
    why: `${seen.slice(0, 80)} is not ${wanted}`,
    fix: "Send it in the canonical encoding of the engine protocol",
    context: { where },
  });
}
