import { assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import type { DataType, DecimalType } from "../schema/data_type.ts";
import type { Decimal, Value } from "../schema/value.ts";
import { arithmetic } from "./arithmetic.ts";
import type { ArithmeticOp } from "./expression_tree.ts";
import { asDecimal, decimalResult } from "./type_coercion.ts";

const OPS: readonly ArithmeticOp[] = ["+", "-", "*", "%", "div"];
const BITS = { byte: 8, short: 16, integer: 32, long: 64 } as const;

function generator(seed: number): (n: number) => number {
  let state = seed;
  return (n) => (state = (state * 1103515245 + 12345) % 2 ** 31) % n;
}

function exactly(op: ArithmeticOp, a: bigint, b: bigint): bigint | undefined {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    default:
      return b === 0n ? undefined : op === "%" ? a % b : a / b;
  }
}

Deno.test("arithmetic() on integers is exact, or an error", () => {
  const next = generator(3);
  for (const [kind, bits] of Object.entries(BITS)) {
    const type = { kind } as DataType;
    const border = 2n ** BigInt(bits - 1);
    const values = [-border, -border + 1n, -3n, -1n, 0n, 1n, 2n, border - 1n];
    for (let i = 0; i < 40; i++) {
      values.push(BigInt.asIntN(bits, BigInt(next(2 ** 31)) ** 2n));
    }
    const own = (n: bigint): NonNullable<Value> =>
      kind === "long" ? n : Number(n);
    for (const op of OPS) {
      const result: DataType = op === "div" ? { kind: "long" } : type;
      const compute = arithmetic(op, type, result);
      const limit = op === "div" ? 64 : bits;
      for (const a of values) {
        for (const b of values) {
          const exact = exactly(op, a, b);
          const what = `${a} ${op} ${b} as ${kind}`;
          if (exact === undefined || BigInt.asIntN(limit, exact) !== exact) {
            const error = assertThrows(
              () => compute(own(a), own(b)),
              DeltaError,
            );
            assertEquals(error.code, "DELTA_EXPRESSION_FAILED", what);
          } else {
            const wanted = result.kind === "long" ? exact : Number(exact);
            assertEquals(compute(own(a), own(b)), wanted, what);
          }
        }
      }
    }
  }
});

Deno.test("arithmetic() on decimals is exact, and a quotient rounded half away from zero", () => {
  const next = generator(5);
  const type: DecimalType = { kind: "decimal", precision: 9, scale: 2 };
  const random = (): Decimal => ({
    unscaled: BigInt(next(2_000_000) - 1_000_000),
    scale: 2,
  });
  const divide = decimalResult("/", type, type);
  const size = (n: bigint) => n < 0n ? -n : n;
  for (let i = 0; i < 2000; i++) {
    const [a, b] = [random(), random()];
    const of = (op: ArithmeticOp) =>
      arithmetic(op, type, decimalResult(op, type, type))(a, b) as Decimal;
    assertEquals(of("+"), { unscaled: a.unscaled + b.unscaled, scale: 2 });
    assertEquals(of("*"), { unscaled: a.unscaled * b.unscaled, scale: 4 });
    if (b.unscaled === 0n) continue;
    const { unscaled } = of("/");
    // |a / b - quotient| is at most half of the last digit.
    const rest = a.unscaled * 10n ** BigInt(divide.scale) -
      unscaled * b.unscaled;
    assertEquals(2n * size(rest) <= size(b.unscaled), true);
  }
  assertThrows(
    () => arithmetic("/", type, divide)(random(), { unscaled: 0n, scale: 2 }),
    DeltaError,
    "zero",
  );
  const widest = asDecimal({ kind: "void" });
  const nines: Decimal = { unscaled: 10n ** 38n - 1n, scale: 0 };
  assertThrows(
    () => arithmetic("+", widest, widest)(nines, nines),
    DeltaError,
    "digits",
  );
});
