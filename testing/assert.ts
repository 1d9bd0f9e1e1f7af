/**
 * The part of `@std/assert` that the tests use, with its names and meaning, for
 * machines that reach npm and not JSR. `deno.jsr.json` maps to the original.
 *
 * @module
 */

import strict from "node:assert/strict";

type AnyError = abstract new (...args: never[]) => Error;

/** Fails unless the value is truthy. */
export function assert(value: unknown, message?: string): asserts value {
  strict.ok(value, message);
}

/** Fails unless the value is falsy. */
export function assertFalse(value: unknown, message?: string): void {
  strict.ok(!value, message);
}

/** Fails unless both are structurally the same. */
export function assertEquals<T>(
  actual: T,
  expected: T,
  message?: string,
): void {
  strict.deepEqual(actual, expected, message);
}

/** Fails if both are structurally the same. */
export function assertNotEquals<T>(
  actual: T,
  expected: T,
  message?: string,
): void {
  strict.notDeepEqual(actual, expected, message);
}

/** Fails unless both are the same by `Object.is`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  message?: string,
): asserts actual is T {
  strict.strictEqual(actual, expected, message);
}

/** Fails if the value is null or undefined. */
export function assertExists<T>(
  value: T,
  message?: string,
): asserts value is NonNullable<T> {
  strict.ok(
    value !== null && value !== undefined,
    message ?? "expected a value",
  );
}

/** Fails unless the value is an instance of the class. */
export function assertInstanceOf<
  T extends abstract new (...args: never[]) => unknown,
>(
  actual: unknown,
  type: T,
  message?: string,
): asserts actual is InstanceType<T> {
  strict.ok(
    actual instanceof type,
    message ?? `expected an instance of ${type.name}`,
  );
}

/** Fails unless the text holds the part. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  message?: string,
): void {
  strict.ok(
    actual.includes(expected),
    message ??
      `expected ${JSON.stringify(actual)} to include ${
        JSON.stringify(expected)
      }`,
  );
}

/** Fails unless the text matches. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  message?: string,
): void {
  strict.match(actual, expected, message);
}

/** Fails unless `low > high` style comparisons hold: actual is at least expected. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  message?: string,
): void {
  strict.ok(actual >= expected, message ?? `expected ${actual} >= ${expected}`);
}

/** Fails unless actual is greater than expected. */
export function assertGreater<T>(
  actual: T,
  expected: T,
  message?: string,
): void {
  strict.ok(actual > expected, message ?? `expected ${actual} > ${expected}`);
}

/** Fails unless actual is less than expected. */
export function assertLess<T>(actual: T, expected: T, message?: string): void {
  strict.ok(actual < expected, message ?? `expected ${actual} < ${expected}`);
}

/** Fails unless actual is at most expected. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  message?: string,
): void {
  strict.ok(actual <= expected, message ?? `expected ${actual} <= ${expected}`);
}

/** Fails unless every element of `expected` is in `actual`, structurally. */
export function assertArrayIncludes<T>(
  actual: readonly T[],
  expected: readonly T[],
  message?: string,
): void {
  for (const item of expected) {
    strict.ok(
      actual.some((candidate) => isDeepEqual(candidate, item)),
      message ?? `expected the array to include ${String(item)}`,
    );
  }
}

function isDeepEqual(a: unknown, b: unknown): boolean {
  try {
    strict.deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}

function checkError(
  error: unknown,
  type?: AnyError,
  includes?: string,
  message?: string,
): void {
  if (type) {
    strict.ok(
      error instanceof type,
      message ?? `expected ${type.name}, got ${String(error)}`,
    );
  }
  if (includes !== undefined) {
    const text = error instanceof Error ? error.message : String(error);
    assertStringIncludes(text, includes, message);
  }
}

const NOTHING = Symbol();

/** Fails unless the function throws; returns what it threw. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  type?: abstract new (...args: never[]) => E,
  includes?: string,
  message?: string,
): E {
  let thrown: unknown = NOTHING;
  try {
    fn();
  } catch (error) {
    thrown = error;
  }
  strict.ok(thrown !== NOTHING, message ?? "expected the function to throw");
  checkError(thrown, type, includes, message);
  return thrown as E;
}

/** Fails unless the promise rejects; resolves to what it rejected with. */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  type?: abstract new (...args: never[]) => E,
  includes?: string,
  message?: string,
): Promise<E> {
  let thrown: unknown = NOTHING;
  try {
    await fn();
  } catch (error) {
    thrown = error;
  }
  strict.ok(thrown !== NOTHING, message ?? "expected the promise to reject");
  checkError(thrown, type, includes, message);
  return thrown as E;
}

/** Fails always. */
export function fail(message?: string): never {
  strict.fail(message);
}
