/**
 * A wrapper that breaks calls by plan: before their effect, after it (the lost
 * acknowledgement), much later (the zombie), by a cut body, by never answering.
 *
 * @module
 */

import { type DeltaError, throwIfAborted } from "../errors.ts";
import type {
  CallOptions,
  CreateOutcome,
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOutcome,
  StoredObject,
} from "./object_store.ts";
import { rejected, unavailable } from "./store_error.ts";
import { type CallName, throughStore } from "./store_wrapper.ts";

/** A call, as a plan sees it. */
export interface StoreCall {
  /** Which of the six. */
  readonly name: CallName;
  /** Its path, the prefix of a listing, or the first path of a delete. */
  readonly path: string;
  /** Which call of the store it is, from 1. */
  readonly ordinal: number;
  /** Which call of its name it is, from 1. */
  readonly nth: number;
}

/**
 * What goes wrong with a call.
 *
 * - `before`: no effect; a write answers `unknown`, a read is unavailable.
 * - `after`: the effect takes place and nobody is told: the lost acknowledgement.
 * - `zombie`: as `before`, and the effect takes place when the test says `land()`.
 * - `rejected`: a definite refusal; no effect.
 * - `conflict`: an exclusive create answers `conflict`; other calls fare as with `before`.
 * - `cut`: a read sees only the first `bytes` of the body, and of the object's size; other calls fare as with `after`.
 * - `hang`: no effect and no answer until the caller cancels or the test says `release()`.
 */
export type Fault =
  | { readonly kind: "before" }
  | { readonly kind: "after" }
  | { readonly kind: "zombie" }
  | { readonly kind: "rejected" }
  | { readonly kind: "conflict" }
  | { readonly kind: "cut"; readonly bytes: number }
  | { readonly kind: "hang" };

/** Says what goes wrong with a call; `undefined` when nothing does. Asked once for each call. */
export type FaultPlan = (call: StoreCall) => Fault | undefined;

/** A fault that took place. */
export interface InjectedFault {
  /** The call. */
  readonly call: StoreCall;
  /** What went wrong with it. */
  readonly fault: Fault;
}

/** A store that breaks by plan. */
export interface FaultyStore extends ObjectStore {
  /** Every fault so far. */
  readonly injected: readonly InjectedFault[];
  /** How many calls were made so far, broken or not. */
  readonly callCount: number;
  /** How many zombies wait to land. */
  readonly waiting: number;
  /** Lets every zombie take effect, in the order of the calls; gives what became of each. */
  land(): Promise<readonly string[]>;
  /** Ends every hanging call: its caller sees what `before` gives. */
  release(): void;
}

/** Which calls {@link faultOn} breaks; what is left out matches every call. */
export interface FaultTarget {
  /** The call's name. */
  readonly name?: CallName;
  /** What its path matches. */
  readonly path?: RegExp;
  /** How many matching calls to spare first; 0 by default. */
  readonly skip?: number;
  /** How many matching calls to break; 1 by default. */
  readonly times?: number;
}

/** A plan that breaks the calls that match. It counts, so use it for one store. */
export function faultOn(target: FaultTarget, fault: Fault): FaultPlan {
  let seen = 0;
  const { skip = 0, times = 1 } = target;
  return (call) => {
    if (target.name !== undefined && target.name !== call.name) return;
    if (target.path !== undefined && !target.path.test(call.path)) return;
    seen++;
    return seen > skip && seen <= skip + times ? fault : undefined;
  };
}

/** A plan that breaks one call, counted over all six from 1: for failure sweeps. */
export function faultAt(ordinal: number, fault: Fault): FaultPlan {
  return (call) => call.ordinal === ordinal ? fault : undefined;
}

/**
 * Breaks a store's calls by plan.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { memoryStore } from "./memory_store.ts";
 *
 * const plan = faultOn({ name: "putIfAbsent" }, { kind: "after" });
 * const store = faultyStore(memoryStore(), plan);
 * const bytes = new Uint8Array([1]);
 * assert.equal((await store.putIfAbsent("a", bytes)).kind, "unknown");
 * assert.equal((await store.putIfAbsent("a", bytes)).kind, "exists");
 * ```
 */
export function faultyStore(inner: ObjectStore, plan: FaultPlan): FaultyStore {
  const breaker = new Breaker(inner, plan);
  return Object.freeze({
    ...throughStore(inner),
    injected: breaker.injected,
    get callCount(): number {
      return breaker.callCount;
    },
    get waiting(): number {
      return breaker.zombies.length;
    },
    land: () => breaker.land(),
    release: () => breaker.release(),
    get: (path: string, options?: GetOptions) => breaker.get(path, options),
    head: (path: string, options?: CallOptions) =>
      breaker.read("head", path, options, () => inner.head(path, options)),
    list: (prefix: string, options?: ListOptions) =>
      breaker.list(prefix, options),
    put: (path: string, bytes: Uint8Array, options?: CallOptions) =>
      breaker.write<PutOutcome>(
        "put",
        path,
        bytes,
        options,
        (copy, call) => inner.put(path, copy, call),
      ),
    putIfAbsent: (path: string, bytes: Uint8Array, options?: CallOptions) =>
      breaker.create(path, bytes, options),
    delete: (paths: readonly string[], options?: CallOptions) =>
      breaker.remove(paths, options),
  });
}

class Breaker {
  readonly injected: InjectedFault[] = [];
  readonly zombies: (() => Promise<string>)[] = [];
  callCount = 0;
  readonly #inner: ObjectStore;
  readonly #plan: FaultPlan;
  readonly #counts = new Map<CallName, number>();
  readonly #hanging = new Set<() => void>();

  constructor(inner: ObjectStore, plan: FaultPlan) {
    this.#inner = inner;
    this.#plan = plan;
  }

  async get(
    path: string,
    options?: GetOptions,
  ): Promise<StoredObject | undefined> {
    let cut = Infinity;
    const found = await this.read(
      "get",
      path,
      options,
      () => this.#inner.get(path, options),
      (bytes) => cut = bytes,
    );
    if (found === undefined || cut === Infinity) return found;
    return {
      bytes: found.bytes.slice(0, cut),
      size: Math.min(found.size, cut),
    };
  }

  async read<T>(
    name: CallName,
    path: string,
    options: CallOptions | undefined,
    run: () => Promise<T>,
    onCut?: (bytes: number) => void,
  ): Promise<T> {
    const fault = this.#next(name, path);
    if (fault === undefined) return await run();
    if (fault.kind === "cut" && onCut) onCut(fault.bytes);
    else await this.#failRead(fault, name, path, options, run);
    return await run();
  }

  async *list(
    prefix: string,
    options?: ListOptions,
  ): AsyncGenerator<ObjectMeta> {
    const fault = this.#next("list", prefix);
    const objects = this.#inner.list(prefix, options);
    if (fault?.kind === "cut") {
      let left = fault.bytes;
      for await (const object of objects) {
        if (left-- <= 0) break;
        yield object;
      }
    }
    if (fault) await this.#failRead(fault, "list", prefix, options);
    yield* objects;
  }

  async create(
    path: string,
    bytes: Uint8Array,
    options?: CallOptions,
  ): Promise<CreateOutcome> {
    let isConflict = false;
    const outcome = await this.write<CreateOutcome>(
      "putIfAbsent",
      path,
      bytes,
      options,
      (copy, call) => this.#inner.putIfAbsent(path, copy, call),
      () => isConflict = true,
    );
    return isConflict ? { kind: "conflict" } : outcome;
  }

  async write<T extends PutOutcome | CreateOutcome>(
    name: CallName,
    path: string,
    bytes: Uint8Array,
    options: CallOptions | undefined,
    run: (bytes: Uint8Array, options?: CallOptions) => Promise<T>,
    onConflict?: () => void,
  ): Promise<T | Broken> {
    const fault = this.#next(name, path);
    if (fault === undefined) return await run(bytes, options);
    throwIfAborted(options?.signal, `Cannot write ${path}`);
    const copy = new Uint8Array(bytes);
    switch (fault.kind) {
      case "rejected":
        return { kind: "rejected", reason: "403 by plan" };
      case "after":
      case "cut":
        await run(copy, options);
        break;
      case "zombie":
        this.zombies.push(async () => (await run(copy)).kind);
        break;
      case "hang":
        await this.#hang(options?.signal);
        break;
      case "conflict":
        onConflict?.();
        break;
      case "before":
    }
    return { kind: "unknown", reason: `no answer, by plan (${fault.kind})` };
  }

  async remove(
    paths: readonly string[],
    options?: CallOptions,
  ): Promise<void> {
    const fault = this.#next("delete", paths[0] ?? "");
    if (fault === undefined) return await this.#inner.delete(paths, options);
    if (fault.kind === "zombie") {
      const kept = [...paths];
      this.zombies.push(async () => {
        await this.#inner.delete(kept);
        return "deleted";
      });
    }
    const effect = fault.kind === "after" || fault.kind === "cut"
      ? () => this.#inner.delete(paths, options)
      : undefined;
    await this.#failRead(fault, "delete", paths[0] ?? "", options, effect);
  }

  async land(): Promise<readonly string[]> {
    const outcomes: string[] = [];
    for (const effect of this.zombies.splice(0)) outcomes.push(await effect());
    return outcomes;
  }

  release(): void {
    for (const wake of [...this.#hanging]) wake();
  }

  #next(name: CallName, path: string): Fault | undefined {
    const nth = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, nth);
    const call = { name, path, ordinal: ++this.callCount, nth };
    const fault = this.#plan(call);
    if (fault) this.injected.push({ call, fault });
    return fault;
  }

  /** Always throws. */
  async #failRead(
    fault: Fault,
    name: CallName,
    path: string,
    options: CallOptions | undefined,
    effect?: () => Promise<unknown>,
  ): Promise<never> {
    const what = `Cannot ${name} ${this.#inner.url}/${path}`;
    throwIfAborted(options?.signal, what);
    if (fault.kind === "after" || fault.kind === "cut") await effect?.();
    if (fault.kind === "hang") await this.#hang(options?.signal);
    throwIfAborted(options?.signal, what);
    throw failed(fault, what);
  }

  #hang(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#hanging.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      this.#hanging.add(wake);
      signal?.addEventListener("abort", wake, { once: true });
      if (signal?.aborted) wake();
    });
  }
}

/** What a broken write answers; a plain put is never given a conflict. */
type Broken = PutOutcome & { readonly kind: "rejected" | "unknown" };

function failed(fault: Fault, what: string): DeltaError {
  return fault.kind === "rejected"
    ? rejected(what, "403 by plan")
    : unavailable(what, `no answer, by plan (${fault.kind})`);
}
