/**
 * The two ways an expression fails: it cannot be evaluated at all, or it has no
 * value for some row.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";

/** The error of an expression that this engine does not evaluate. */
export function unsupported(what: string, why: string): DeltaError {
  return new DeltaError("DELTA_UNSUPPORTED_EXPRESSION", {
    what: `Cannot evaluate ${what}`,
    why,
    fix:
      "Compare values of one kind, cast them, or use a function that this engine knows",
  });
}

/** The error of a value that does not exist: an overflow, a division by zero, a text that is no number. */
export function noValue(what: string, why: string): DeltaError {
  return new DeltaError("DELTA_EXPRESSION_FAILED", {
    what: `Cannot compute ${what}`,
    why,
    fix: "Correct the value, or guard the expression with CASE or TRY_CAST",
  });
}
