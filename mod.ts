/**
 * Litmus: a Delta Lake engine, and a conformance suite for whatever writes
 * Delta tables.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { col, DeltaTable } from "@litmus/delta";
 *
 * const table = await DeltaTable.create("memory://lake/numbers", {
 *   schema: {
 *     kind: "struct",
 *     fields: [
 *       { name: "n", type: { kind: "long" }, nullable: true, metadata: {} },
 *     ],
 *   },
 * });
 * await table.append([{ n: 1n }, { n: 2n }]);
 * assert.equal(await table.count({ where: col("n").gt(1) }), 1);
 * ```
 *
 * @module
 */

export * from "./conformance/mod.ts";
export * from "./src/mod.ts";
