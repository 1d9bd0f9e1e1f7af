/**
 * The conformance suite: what any object store, and any Delta writer, must do.
 *
 * {@link runSuite} puts an engine through it; {@link storeContract} is what every
 * store of this package is judged by: each case throws where a store breaks it.
 *
 * @example
 * ```ts
 * import { memoryStore } from "@litmus/delta/store";
 *
 * for (const { applies, run } of storeContract) {
 *   if (applies && !applies(memoryStore().capabilities)) continue;
 *   await run((name) => Promise.resolve(memoryStore(name)));
 * }
 * ```
 *
 * @module
 */

export {
  AWKWARD_KEYS,
  type MakeStore,
  storeContract,
  type StoreContractCase,
} from "./store_contract/contract.ts";
export {
  type AlterChange,
  type ClientOptions,
  type ColumnName,
  type EngineAdapter,
  type EngineClient,
  type FailureReply,
  type Json,
  type JsonField,
  type JsonLogic,
  type JsonPredicate,
  type JsonRow,
  type JsonSchema,
  type JsonSet,
  type JsonTxn,
  type OperationName,
  type Reply,
  type Requests,
  type SuccessReply,
} from "./engine_adapter.ts";
export { thisEngine, type ThisEngineOptions } from "./adapters/this_engine.ts";
export {
  formatReport,
  runSuite,
  type ScopeReport,
  type SuiteFailure,
  type SuiteName,
  type SuiteOptions,
  type SuiteReport,
  SUITES,
} from "./run_suite.ts";
export type { ProcessCounts } from "./process_races.ts";
export type { Level } from "./checkers/evidence.ts";
export { checkSavedRun, saveFailures } from "./history/saved_run.ts";
export type { OpenStore } from "./live_races.ts";
export type { Exploration } from "./simulation/explore.ts";
export {
  type CheckId,
  type CheckName,
  formatVerdict,
  type Verdict,
  type VerdictClass,
} from "./checkers/verdict.ts";
