/**
 * What a value of each Delta type is in JavaScript. Nothing is lossy.
 *
 * | Delta type | read as | also accepted when writing |
 * | --- | --- | --- |
 * | null of any type, `void` | `null` | `undefined` |
 * | `boolean` | `boolean` | |
 * | `byte`, `short`, `integer` | `number` | `bigint` in range |
 * | `long` | `bigint` | safe-integer `number` |
 * | `float`, `double` | `number` (a `float` already rounded to one) | |
 * | `decimal(p,s)` | {@link Decimal} | `"1.50"`, `bigint`, integer `number` |
 * | `string` | `string` | |
 * | `binary` | `Uint8Array` | |
 * | `date` | `number`, days since 1970-01-01 | `Date` at midnight UTC, `"2024-02-29"` |
 * | `timestamp` | `bigint`, microseconds since the epoch, UTC | `Date`, ISO 8601 text with a zone |
 * | `timestamp_ntz` | `bigint`, microseconds of the wall clock taken as UTC | `Date`, ISO 8601 text without a zone |
 * | `struct` | object by field name | |
 * | `array` | array | |
 * | `map` | `Map` | array of pairs; a plain object where keys are strings |
 * | `variant` | {@link Variant} | |
 *
 * @module
 */

/** A decimal number: `unscaled / 10^scale`, exactly. */
export interface Decimal {
  /** All digits as an integer. */
  readonly unscaled: bigint;
  /** Digits after the point. */
  readonly scale: number;
}

/**
 * A variant, decoded. Integers of every width are `int`; times are microseconds
 * unless the tag says nanoseconds; `date` is days since the epoch.
 */
export type Variant =
  | { readonly kind: "null" }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "int"; readonly value: bigint }
  | { readonly kind: "float" | "double"; readonly value: number }
  | { readonly kind: "decimal"; readonly value: Decimal }
  | { readonly kind: "string" | "uuid"; readonly value: string }
  | { readonly kind: "binary"; readonly value: Uint8Array }
  | { readonly kind: "date"; readonly value: number }
  | {
    readonly kind:
      | "timestamp"
      | "timestamp_ntz"
      | "timestamp_nanos"
      | "timestamp_ntz_nanos"
      | "time";
    readonly value: bigint;
  }
  | { readonly kind: "array"; readonly value: readonly Variant[] }
  | { readonly kind: "object"; readonly value: ReadonlyMap<string, Variant> };

/** A struct value, by field name. */
export interface StructValue {
  /** The value of each field. */
  readonly [name: string]: Value;
}

/** Any value of a column. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Decimal
  | Variant
  | readonly Value[]
  | ReadonlyMap<Value, Value>
  | StructValue;

/** A row: an object by column name. */
export type Row = Readonly<Record<string, Value>>;

/** What callers may hand in as a row: the looser forms of the table above too. */
export type RowInput = Readonly<Record<string, unknown>>;
