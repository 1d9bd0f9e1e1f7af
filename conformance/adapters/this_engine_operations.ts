/**
 * The operations of this engine that change rows, files and schemas.
 *
 * @module
 */

import type { Runs } from "./this_engine.ts";

/** Options that the engine has beyond its operations. */
export const OPTIONAL: readonly string[] = [];

/** The operations, by name. */
export const moreOperations: Runs = {};
