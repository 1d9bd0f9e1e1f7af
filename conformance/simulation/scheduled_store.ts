/**
 * A client's handle on the simulated store: every call passes two gates, and at
 * the first of them something may go wrong with it.
 *
 * Calls on keys that nobody else can name yet (data files under a fresh name)
 * commute with everything and run without gates, unless the scenario says that
 * every call matters (crashes, vacuum).
 *
 * @module
 */

import { DeltaError } from "../../src/mod.ts";
import type {
  CallOptions,
  CreateOutcome,
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOutcome,
  StoredObject,
} from "../../src/store/object_store.ts";
import type { LogicalClock } from "../history/history.ts";
import type { Decisions } from "./decisions.ts";
import type { Scheduler } from "./scheduler.ts";

/**
 * What may go wrong with a call.
 *
 * - `before`: it fails before its effect (F1).
 * - `lost-ack`: it takes effect and the answer is lost (F2).
 * - `zombie`: an error now, the effect at any later time (F3).
 * - `cut`: half of the body comes (F5).
 * - `conflict`: 409, nothing is decided (F6).
 * - `stale`: a listing without the newest commit (F7).
 * - `crash`: the client is gone before the call took effect (F8).
 * - `crash-after`: it is gone when a write took effect, before it heard of it (F8).
 * - `rejected`: a definite refusal.
 * - `silence`: as lost-ack, and from then on the client hears nothing of the log.
 */
export type SimulatedFault =
  | "before"
  | "lost-ack"
  | "zombie"
  | "conflict"
  | "rejected"
  | "cut"
  | "stale"
  | "silence"
  | "crash"
  | "crash-after";

/** How many faults a run may have, and which. */
export interface FaultBudget {
  /** Faults left. */
  left: number;
  /** Which kinds may strike a commit's exclusive create. */
  readonly onCommit: readonly SimulatedFault[];
  /** Which kinds may strike any other gated call. */
  readonly onOther: readonly SimulatedFault[];
}

/** One call that took effect, or tried to: the trace that the judge reads. */
export interface TraceEntry {
  /** Whose handle. */
  readonly client: string;
  /** Which call. */
  readonly call: "get" | "head" | "list" | "put" | "putIfAbsent" | "delete";
  /** Its path; the first of a delete. */
  readonly path: string;
  /** Every path of a delete. */
  readonly paths: readonly string[];
  /** What the store did; what the client was told may be less. */
  readonly effect:
    | "created"
    | "exists"
    | "written"
    | "deleted"
    | "read"
    | "none";
  /** What went wrong. */
  readonly fault: SimulatedFault | undefined;
  /** Bytes written. */
  readonly bytes: Uint8Array | undefined;
  /** The operation that the client was running when it sent the request. */
  readonly opId: string | undefined;
  /** Logical time of the effect. */
  readonly time: number;
  /** Time of the effect by the store's clock, ms since the epoch. */
  readonly atMs: number;
}

/** What the handles of a run share. */
export interface SimulatedWorld {
  /** The store underneath: memory, answering at once. */
  readonly inner: ObjectStore;
  /** Who moves next. */
  readonly scheduler: Scheduler;
  /** The run. */
  readonly decisions: Decisions;
  /** Faults left. */
  readonly faults: FaultBudget;
  /** Every effect, in order. */
  readonly trace: TraceEntry[];
  /** Whether calls on fresh names pass the gates too. */
  readonly everyCallMatters: boolean;
  /** Whether every answer is a gate of its own, or only those of commits. */
  readonly everyAnswerMatters: boolean;
  /** One clock for trace and history. */
  readonly clock: LogicalClock;
  /** Clients that hear nothing of the log any more. */
  readonly silenced: Set<string>;
  /** The operation that a client is running. */
  opOf(client: string): string | undefined;
  /** Time by the store's clock. */
  readonly timeMs: number;
  /** Whether gates are up: not while a scenario is set up. */
  isOpen(): boolean;
  /** Told when a client crashes. */
  onCrash(client: string): void;
}

/** The handle of one client. */
export function scheduledStore(
  world: SimulatedWorld,
  client: string,
): ObjectStore {
  return new Handle(world, client);
}

const COMMIT = /^_delta_log\/\d{20}\.json$/;

class Handle implements ObjectStore {
  readonly url: string;
  readonly identity?: string;
  readonly capabilities: ObjectStore["capabilities"];
  readonly #world: SimulatedWorld;
  readonly #client: string;

  constructor(world: SimulatedWorld, client: string) {
    this.#world = world;
    this.#client = client;
    this.url = world.inner.url;
    this.capabilities = world.inner.capabilities;
    if (world.inner.identity !== undefined) {
      this.identity = world.inner.identity;
    }
  }

  get(path: string, options?: GetOptions): Promise<StoredObject | undefined> {
    return this.#read(
      "get",
      path,
      () => this.#world.inner.get(path, options),
      (found) => found && cut(found),
    );
  }

  head(path: string, options?: CallOptions): Promise<ObjectMeta | undefined> {
    return this.#read(
      "head",
      path,
      () => this.#world.inner.head(path, options),
    );
  }

  async *list(
    prefix: string,
    options?: ListOptions,
  ): AsyncGenerator<ObjectMeta> {
    const page = await this.#read(
      "list",
      prefix,
      async () => {
        const all: ObjectMeta[] = [];
        for await (const object of this.#world.inner.list(prefix, options)) {
          all.push(object);
        }
        return all;
      },
      withoutNewest,
    );
    yield* page;
  }

  async put(path: string, bytes: Uint8Array): Promise<PutOutcome> {
    const copy = new Uint8Array(bytes);
    return await this.#write<PutOutcome>(
      "put",
      path,
      copy,
      () => this.#world.inner.put(path, copy),
    );
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<CreateOutcome> {
    const copy = new Uint8Array(bytes);
    return await this.#write<CreateOutcome>(
      "putIfAbsent",
      path,
      copy,
      () => this.#world.inner.putIfAbsent(path, copy),
    );
  }

  async delete(paths: readonly string[]): Promise<void> {
    const path = paths[0] ?? "";
    if (!this.#isGated(path)) {
      await this.#world.inner.delete(paths);
      this.#record({
        opId: this.#opId(),
        call: "delete",
        path,
        paths,
        effect: "deleted",
        fault: undefined,
      });
      return;
    }
    const opId = this.#opId();
    const fault = await this.#request(
      "delete",
      path,
      ["before", "lost-ack", "crash-after"],
    );
    if (fault !== "before") {
      await this.#world.inner.delete(paths);
      this.#record({
        opId,
        call: "delete",
        path,
        paths,
        effect: "deleted",
        fault,
      });
    }
    if (fault === "crash-after") return await this.#crash();
    await this.#response("delete", path);
    if (fault) throw unavailable("delete", path);
  }

  // ---- the two gates ----------------------------------------------------------

  async #read<T>(
    call: "get" | "head" | "list",
    path: string,
    effect: () => Promise<T>,
    spoil?: (result: T) => T,
  ): Promise<T> {
    if (!this.#isGated(path)) return await effect();
    const fault = await this.#request(
      call,
      path,
      !spoil
        ? ["before"]
        : call === "list"
        ? ["before", "stale"]
        : ["before", "cut"],
    );
    if (fault === "before") {
      await this.#response(call, path);
      throw unavailable(call, path);
    }
    const opId = this.#opId();
    const result = await effect();
    this.#record({ opId, call, path, paths: [path], effect: "read", fault });
    await this.#response(call, path);
    return fault && spoil ? spoil(result) : result;
  }

  async #write<T extends PutOutcome | CreateOutcome>(
    call: "put" | "putIfAbsent",
    path: string,
    bytes: Uint8Array,
    effect: () => Promise<T>,
  ): Promise<T> {
    const opId = this.#opId();
    const apply = async (fault?: SimulatedFault): Promise<T> => {
      const outcome = await effect();
      this.#record({
        opId,
        call,
        path,
        paths: [path],
        effect: effectOf(outcome),
        fault,
        bytes,
      });
      return outcome;
    };
    if (!this.#isGated(path)) return await apply();
    const fault = await this.#request(
      call,
      path,
      call === "put"
        ? ["before", "lost-ack", "zombie", "rejected", "crash-after"]
        : undefined,
    );
    const told = await this.#applyFaulty(fault, apply, `${call} ${path}`);
    await this.#response(call, path);
    return told;
  }

  async #applyFaulty<T extends PutOutcome | CreateOutcome>(
    fault: SimulatedFault | undefined,
    apply: (fault?: SimulatedFault) => Promise<T>,
    about: string,
  ): Promise<T> {
    const unknown = { kind: "unknown", reason: `no answer (${fault})` } as T;
    switch (fault) {
      case undefined:
        return await apply();
      case "silence":
        this.#world.silenced.add(this.#client);
        await apply(fault);
        return unknown;
      case "lost-ack":
        await apply(fault);
        return unknown;
      case "zombie":
        this.#world.scheduler.later(
          `late effect of ${about}`,
          () => void apply("zombie"),
        );
        return unknown;
      case "crash-after":
        await apply(fault);
        return await this.#crash();
      case "conflict":
        return { kind: "conflict" } as T;
      case "rejected":
        return { kind: "rejected", reason: "refused (403)" } as T;
      default:
        return unknown;
    }
  }

  /** Gate 1: the request is on its way. What will go wrong with it is decided as it arrives. */
  async #request(
    call: string,
    path: string,
    possible?: readonly SimulatedFault[],
  ): Promise<SimulatedFault | undefined> {
    const { scheduler, decisions, faults } = this.#world;
    await scheduler.wait(this.#client, `${call} ${path}`);
    if (this.#world.silenced.has(this.#client)) return "before";
    if (faults.left <= 0) return undefined;
    const kinds = COMMIT.test(path) && call === "putIfAbsent"
      ? faults.onCommit
      : faults.onOther.filter((kind) =>
        kind === "crash" || (possible ?? faults.onOther).includes(kind)
      );
    if (kinds.length === 0) return undefined;
    const choice = decisions.choose(
      kinds.length + 1,
      `fault of ${this.#client} ${call} ${path}: none | ${kinds.join(" | ")}`,
    );
    if (choice === 0) return undefined;
    faults.left--;
    const fault = kinds[choice - 1]!;
    if (fault !== "crash") return fault;
    return await this.#crash();
  }

  async #crash(): Promise<never> {
    this.#world.scheduler.crash(this.#client);
    this.#world.onCrash(this.#client);
    return await new Promise<never>(() => {}); // a crashed client never goes on
  }

  /** Gate 2: the answer is on its way. */
  async #response(call: string, path: string): Promise<void> {
    if (!this.#world.everyAnswerMatters && !COMMIT.test(path)) return;
    if (!this.#world.everyAnswerMatters && call === "get") return;
    await this.#world.scheduler.wait(this.#client, `answer to ${call} ${path}`);
  }

  #opId(): string | undefined {
    return this.#world.opOf(this.#client);
  }

  #isGated(path: string): boolean {
    return this.#world.isOpen() &&
      (this.#world.everyCallMatters || path.startsWith("_delta_log"));
  }

  #record(
    entry:
      & Pick<
        TraceEntry,
        "call" | "path" | "paths" | "effect" | "fault" | "opId"
      >
      & { readonly bytes?: Uint8Array },
  ): void {
    this.#world.trace.push({
      client: this.#client,
      time: this.#world.clock.tick(),
      atMs: this.#world.timeMs,
      ...entry,
      bytes: entry.bytes,
    });
  }
}

function effectOf(outcome: PutOutcome | CreateOutcome): TraceEntry["effect"] {
  switch (outcome.kind) {
    case "created":
      return "created";
    case "written":
      return "written";
    case "exists":
      return "exists";
    default:
      return "none";
  }
}

function withoutNewest(page: ObjectMeta[]): ObjectMeta[] {
  const newest = page.findLast(({ path }) => COMMIT.test(path));
  return page.filter((object) => object !== newest);
}

function cut(found: StoredObject): StoredObject {
  return {
    bytes: found.bytes.slice(0, Math.floor(found.bytes.length / 2)),
    size: found.size,
  };
}

function unavailable(call: string, path: string): DeltaError {
  return new DeltaError("DELTA_STORE_UNAVAILABLE", {
    what: `Cannot ${call} ${path}`,
    why: "no answer (simulated)",
    fix: "Try again",
  });
}
