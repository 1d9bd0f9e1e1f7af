/**
 * The conformance suite: what any object store, and any Delta writer, must do.
 *
 * So far it holds the store contract, by which every store of this package is
 * judged. Each case throws where a store breaks it.
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
