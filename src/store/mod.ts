/**
 * Objects by path: memory, a folder, S3, and wrappers that count, delay and break.
 *
 * The S3 client is loaded by {@link openStore} when a URL asks for it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const store = await openStore("memory://lake/orders");
 * const outcome = await store.putIfAbsent("a", new Uint8Array([1]));
 * assert.equal(outcome.kind, "created");
 * ```
 *
 * @module
 */

export * from "./object_store.ts";
export { dropMemoryStore, memoryStore } from "./memory_store.ts";
export { fileStore, type FileStoreOptions } from "./file_store.ts";
export {
  type DirectoryEntry,
  type FileFacts,
  type FileSystem,
  type NewFile,
  nodeFileSystem,
} from "./file_system.ts";
export { openStore, type OpenStoreOptions } from "./open_store.ts";
export {
  contextOf,
  type ContextOptions,
  type ObjectLocation,
  openContext,
  readBytes,
  type TableContext,
} from "./table_context.ts";
export {
  type TracedCall,
  type TracedStore,
  tracedStore,
} from "./traced_store.ts";
export { type CountedStore, countedStore } from "./counted_store.ts";
export type { CallName } from "./store_wrapper.ts";
export { compareUtf8 } from "./store_path.ts";
export {
  type Delay,
  delayedStore,
  type DelayedStoreOptions,
} from "./delayed_store.ts";
export {
  type Fault,
  faultAt,
  faultOn,
  type FaultPlan,
  type FaultTarget,
  type FaultyStore,
  faultyStore,
  type InjectedFault,
  type StoreCall,
} from "./faulty_store.ts";
export { proveExclusive } from "./exclusivity_probe.ts";
export { type Host, systemHost } from "../host.ts";
