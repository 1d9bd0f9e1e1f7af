/**
 * Values written in SQL text, with the types that Spark gives them: a whole
 * number is the narrowest of int, long and decimal that holds it, one with a
 * point a decimal, one with an exponent a double.
 *
 * @module
 */

import type { DataType } from "../schema/data_type.ts";
import { parseDecimal } from "../schema/decimal.ts";
import type { Value } from "../schema/value.ts";
import { castText } from "./cast_text.ts";
import { noValue } from "./expression_error.ts";
import type { LiteralExpression } from "./expression_tree.ts";

/** Types by the letter behind a number. */
const SUFFIXES = {
  Y: { kind: "byte" },
  S: { kind: "short" },
  L: { kind: "long" },
  D: { kind: "double" },
  F: { kind: "float" },
} as const;

/** A value of a type. */
export function literal(value: Value, type: DataType): LiteralExpression {
  return { kind: "literal", value, type };
}

/**
 * A number as it is written: `5`, `-5L`, `1.50`, `1e3`, `0.1D`, `2BD`.
 *
 * @throws {DeltaError} `DELTA_EXPRESSION_FAILED` where it does not fit the type of its letter.
 */
export function numberLiteral(written: string): LiteralExpression {
  const [, text, suffix] = /^(.*?)(BD|[LSYDF]?)$/i.exec(written)!;
  const letter = suffix!.toUpperCase();
  if (letter in SUFFIXES) {
    const type = SUFFIXES[letter as keyof typeof SUFFIXES];
    return literal(castText(text!, type), type);
  }
  if (letter === "BD") return decimal(text!);
  if (/^-?\d+$/.test(text!)) return whole(text!);
  return /e/i.test(text!)
    ? literal(Number(text), { kind: "double" })
    : decimal(text!);
}

/**
 * Bytes written as `X'0AFF'`; a digit alone at the front is a byte.
 *
 * @throws {DeltaError} `DELTA_EXPRESSION_FAILED` for text that is no hexadecimal number.
 */
export function hexLiteral(text: string): LiteralExpression {
  if (!/^[0-9a-f]*$/i.test(text)) {
    throw noValue(`X'${text}'`, "it is no hexadecimal number");
  }
  const digits = text.length % 2 ? `0${text}` : text;
  const bytes = digits.match(/../g) ?? [];
  const value = Uint8Array.from(bytes, (byte) => parseInt(byte, 16));
  return literal(value, { kind: "binary" });
}

function whole(text: string): LiteralExpression {
  const value = BigInt(text);
  if (BigInt.asIntN(32, value) === value) {
    return literal(Number(value), { kind: "integer" });
  }
  if (BigInt.asIntN(64, value) === value) {
    return literal(value, { kind: "long" });
  }
  return decimal(text);
}

function decimal(text: string): LiteralExpression {
  const value = parseDecimal(text);
  const digits = String(value.unscaled).replace("-", "").length;
  const precision = Math.max(digits, value.scale);
  if (precision > 38) return literal(Number(text), { kind: "double" });
  return literal(value, { kind: "decimal", precision, scale: value.scale });
}
