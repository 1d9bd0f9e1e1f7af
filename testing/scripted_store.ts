/**
 * A store whose calls fail as a test says, one decision per call: before the
 * effect, after it, or with the effect coming later (a zombie).
 *
 * @module
 */

import type {
  CreateOutcome,
  ObjectStore,
  StoredObject,
} from "../src/store/object_store.ts";
import { DeltaError } from "../src/errors.ts";

/** What happens to a call. */
export type Script =
  | "ok"
  /** No effect, no answer. */
  | "lost-request"
  /** Effect, no answer. */
  | "lost-answer"
  /** No answer now; the effect comes when the test releases it. */
  | "zombie"
  /** 409: nothing decided, no effect. */
  | "conflict"
  /** A definite refusal, no effect. */
  | "rejected"
  /** The call throws, no effect. */
  | "throws"
  /** Effect, and the call throws. */
  | "throws-after"
  /** A write says "exists" without looking; a read says absent. */
  | "lies"
  /** A read is cut short. */
  | "cut"
  /** The process dies here: the call never returns, and none after it has an effect. */
  | "crash-before"
  | "crash-after";

/** A call a script decides about. */
export interface ScriptedCall {
  readonly name: keyof ObjectStore;
  readonly path: string;
  /** Which call of this store, from 1. */
  readonly ordinal: number;
}

/** The wrapped store, and what it held back. */
export interface ScriptedStore extends ObjectStore {
  /** Lets every zombie land. */
  release(): Promise<CreateOutcome[]>;
  /** Every call so far. */
  readonly calls: readonly ScriptedCall[];
  /** Whether a crash was reached. */
  readonly crashed: boolean;
}

const never = <T>(): Promise<T> => new Promise<T>(() => {});
const broken = () =>
  new DeltaError("DELTA_STORE_UNAVAILABLE", {
    what: "Cannot reach the store",
    why: "the script says so",
    fix: "None",
  });

/** Wraps a store; `decide` is asked before every call. */
export function scriptedStore(
  inner: ObjectStore,
  decide: (call: ScriptedCall) => Script | undefined,
): ScriptedStore {
  const calls: ScriptedCall[] = [];
  const zombies: (() => Promise<CreateOutcome>)[] = [];
  let crashed = false;
  const script = (name: keyof ObjectStore, path: string): Script => {
    if (crashed) return "crash-before";
    const call = { name, path, ordinal: calls.length + 1 };
    calls.push(call);
    const decided = decide(call) ?? "ok";
    if (decided === "crash-before" || decided === "crash-after") crashed = true;
    return decided;
  };
  const read = async <T>(
    name: "get" | "head",
    path: string,
    run: () => Promise<T | undefined>,
  ): Promise<T | undefined> => {
    switch (script(name, path)) {
      case "ok":
        return await run();
      case "lies":
        return undefined;
      case "crash-before":
      case "crash-after":
        return await never();
      case "cut": {
        const found = await run() as StoredObject | undefined;
        if (!found || name !== "get") return found as T;
        const cut = found.bytes.slice(0, found.bytes.length >> 1);
        return { ...found, bytes: cut } as T;
      }
      default:
        throw broken();
    }
  };
  return {
    url: inner.url,
    ...(inner.identity === undefined ? {} : { identity: inner.identity }),
    capabilities: inner.capabilities,
    close: async () => await inner.close?.(),
    calls,
    get crashed() {
      return crashed;
    },
    release: async () => {
      const outcomes: CreateOutcome[] = [];
      for (const land of zombies.splice(0)) outcomes.push(await land());
      return outcomes;
    },
    get: (path, options) => read("get", path, () => inner.get(path, options)),
    head: (path, options) =>
      read("head", path, () => inner.head(path, options)),
    async *list(prefix, options) {
      const decided = script("list", prefix);
      if (decided.startsWith("crash")) await never();
      if (decided !== "ok") throw broken();
      yield* inner.list(prefix, options);
    },
    put: async (path, bytes, options) => {
      switch (script("put", path)) {
        case "ok":
          return await inner.put(path, bytes, options);
        case "rejected":
          return { kind: "rejected", reason: "scripted" };
        case "lost-answer":
          await inner.put(path, bytes, options);
          return { kind: "unknown", reason: "scripted" };
        case "crash-before":
          return await never();
        case "crash-after":
          await inner.put(path, bytes, options);
          return await never();
        default:
          return { kind: "unknown", reason: "scripted" };
      }
    },
    putIfAbsent: async (path, bytes, options) => {
      const land = () => inner.putIfAbsent(path, bytes.slice(), options);
      switch (script("putIfAbsent", path)) {
        case "ok":
        case "cut":
          return await land();
        case "lost-request":
          return { kind: "unknown", reason: "scripted" };
        case "lost-answer":
          await land();
          return { kind: "unknown", reason: "scripted" };
        case "zombie":
          zombies.push(land);
          return { kind: "unknown", reason: "scripted" };
        case "conflict":
          return { kind: "conflict" };
        case "rejected":
          return { kind: "rejected", reason: "scripted" };
        case "throws":
          throw broken();
        case "throws-after":
          await land();
          throw broken();
        case "lies":
          return { kind: "exists" };
        case "crash-before":
          return await never();
        case "crash-after":
          await land();
          return await never();
      }
    },
    delete: async (paths, options) => {
      const decided = script("delete", paths[0] ?? "");
      if (decided === "crash-before") return await never();
      if (decided === "ok" || decided === "crash-after") {
        await inner.delete(paths, options);
      }
      if (decided === "crash-after") return await never();
      if (decided !== "ok") throw broken();
    },
  };
}
