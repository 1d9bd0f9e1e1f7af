/**
 * Decimal numbers, exactly: text to {@link Decimal} and back, never through a
 * floating-point number.
 *
 * Source: Delta protocol, "Primitive Types" (decimal).
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type { Decimal } from "./value.ts";

const TEXT = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * Reads a decimal number: digits, an optional point, an optional exponent. The
 * scale is the number of digits after the point, so `"1.50"` keeps two.
 *
 * @throws {DeltaError} `DELTA_VALUE_OUT_OF_RANGE` when the text is no number.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(parseDecimal("-1.50"), { unscaled: -150n, scale: 2 });
 * ```
 */
export function parseDecimal(text: string): Decimal {
  const match = TEXT.exec(text.trim());
  const whole = match?.[2] ?? "";
  const fraction = match?.[3] ?? "";
  if (!match || whole.length + fraction.length === 0) throw notDecimal(text);
  const digits = BigInt(whole + fraction);
  const unscaled = match[1] === "-" ? -digits : digits;
  const scale = fraction.length - Number(match[4] ?? "0");
  return scale >= 0
    ? { unscaled, scale }
    : { unscaled: unscaled * 10n ** BigInt(-scale), scale: 0 };
}

/** Writes all digits, `scale` of them after the point: `-0.50`. */
export function formatDecimal(decimal: Decimal): string {
  const { unscaled, scale } = decimal;
  const digits = String(unscaled < 0n ? -unscaled : unscaled);
  const sign = unscaled < 0n ? "-" : "";
  if (scale === 0) return sign + digits;
  const padded = digits.padStart(scale + 1, "0");
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}

/**
 * The same number with another scale.
 *
 * @throws {DeltaError} `DELTA_VALUE_OUT_OF_RANGE` when a digit other than zero would be lost.
 */
export function rescale(decimal: Decimal, scale: number): Decimal {
  const more = scale - decimal.scale;
  if (more === 0) return decimal;
  if (more > 0) {
    return { unscaled: decimal.unscaled * 10n ** BigInt(more), scale };
  }
  const factor = 10n ** BigInt(-more);
  if (decimal.unscaled % factor !== 0n) {
    throw new DeltaError("DELTA_VALUE_OUT_OF_RANGE", {
      what: `Cannot write ${
        formatDecimal(decimal)
      } with ${scale} digits after the point`,
      why: "digits would be lost",
      fix: "Round the value first, or use a column of a larger scale",
    });
  }
  return { unscaled: decimal.unscaled / factor, scale };
}

/** How many digits the unscaled number has; what a precision must hold. */
export function decimalDigits(decimal: Decimal): number {
  const { unscaled } = decimal;
  return unscaled === 0n
    ? 0
    : String(unscaled < 0n ? -unscaled : unscaled).length;
}

/** Orders two decimals by value, whatever their scales: negative, zero or positive. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  let x = a.unscaled;
  let y = b.unscaled;
  if (a.scale < b.scale) x *= 10n ** BigInt(b.scale - a.scale);
  else if (b.scale < a.scale) y *= 10n ** BigInt(a.scale - b.scale);
  return x < y ? -1 : x > y ? 1 : 0;
}

function notDecimal(text: string): DeltaError {
  return new DeltaError("DELTA_VALUE_OUT_OF_RANGE", {
    what: `Cannot read ${JSON.stringify(text)} as a decimal number`,
    why: "it is not made of digits, a point and an exponent",
    fix: 'Write it like "-12.50"',
  });
}
