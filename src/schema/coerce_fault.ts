/**
 * How a value that a column cannot take is refused: always with the column's name.
 *
 * @module
 */

import { DeltaError, type ErrorCode } from "../errors.ts";
import { type DataType, typeName } from "./data_type.ts";

/** Runs a parser, and names the column in what it throws. */
export function naming<T>(path: string, parse: () => T): T {
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

/** Throws: the input is not of a kind that the type takes. */
export function mismatch(input: unknown, type: DataType, path: string): never {
  throw fault(
    "DELTA_SCHEMA_MISMATCH",
    path,
    `${describe(input)} is not a value of type ${typeName(type)}`,
  );
}

/** Throws: the input is of the right kind and does not fit the type. */
export function outOfRange(
  input: unknown,
  type: DataType,
  path: string,
): never {
  throw fault(
    "DELTA_VALUE_OUT_OF_RANGE",
    path,
    `${describe(input)} does not fit the type ${typeName(type)}`,
  );
}

/** Throws: a list or map would hold a null that it may not hold. */
export function nullInside(path: string, part: string): never {
  throw fault(
    "DELTA_NOT_NULL_CONSTRAINT_VIOLATED",
    path,
    `a null ${part} is not allowed in it`,
  );
}

/** The error for a value that a column cannot take. */
export function fault(code: ErrorCode, path: string, why: string): DeltaError {
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
