/**
 * One run: a program, an engine and a decision vector give a history, a trace
 * and the objects that the store holds in the end.
 *
 * @module
 */

import type { Host, ObjectStore } from "../../src/mod.ts";
import type { EngineAdapter, Requests } from "../engine_adapter.ts";
import type { HistoryEvent } from "../history/history.ts";
import type { Decision } from "./decisions.ts";
import { type Program, type Step, SUITE_SCHEMA } from "./program.ts";
import type { TraceEntry } from "./scheduled_store.ts";
import type { SchedulerLimits, Step as ScheduledStep } from "./scheduler.ts";
import { World } from "./world.ts";

export { SetupRefused, TABLE_URL } from "./world.ts";

/** An object that a run left. */
export interface FinalObject {
  /** Its path. */
  readonly path: string;
  /** Its bytes. */
  readonly bytes: Uint8Array;
  /** When it was written, by the store's clock. */
  readonly lastModified: number;
}

/** What a run was. */
export interface Run {
  /** The program. */
  readonly program: Program;
  /** Every decision, in order. */
  readonly made: readonly Decision[];
  /** The vector that replays it. */
  readonly vector: readonly number[];
  /** What the clients did and were told. */
  readonly history: readonly HistoryEvent[];
  /** What the store did. */
  readonly trace: readonly TraceEntry[];
  /** What the store held in the end. */
  readonly objects: ReadonlyMap<string, FinalObject>;
  /** Who moved when, for people. */
  readonly steps: readonly ScheduledStep[];
  /** Faults that struck. */
  readonly faults: number;
  /** When power was lost, where it was, and what the disk held then. */
  readonly powerCut?: PowerCut;
}

/** The moment that power was lost. */
export interface PowerCut {
  /** Logical time. */
  readonly time: number;
  /** What the disk held when power was back. */
  readonly left: ReadonlyMap<string, FinalObject>;
}

/** Puts something between a client and its store handle: for planted defects. */
export type WrapStore = (store: ObjectStore, client: string) => ObjectStore;

/** How a run is made. */
export interface RunOptions {
  /** Bounds. */
  readonly limits?: Partial<SchedulerLimits>;
  /** What stands between each client and its handle. */
  readonly wrap?: WrapStore;
  /** Whether a fresh client reads the newest version when all is over; true by default. */
  readonly finalRead?: boolean;
  /** The store beneath the gates; memory by default. With one of its own a program is run once. */
  readonly store?: ObjectStore;
  /** The machine of every client; simulated by default. With a real one nothing is gated. */
  readonly host?: Host;
  /** The seed of every client's names and jitter. */
  readonly seed?: number;
  /** Clients that run one after another, in this order, their handles opened before: nothing is gated. */
  readonly inOrder?: readonly string[];
  /** Whether a simulated disk does what it is told when it is told to sync; true by default. */
  readonly syncs?: boolean;
}

/** When every simulation begins. */
export const START_MS: number = Date.UTC(2026, 0, 1);

/** A table that is set up: cloned for every run. */
export interface Prepared {
  /** The program. */
  readonly program: Program;
  /** The engine. */
  readonly adapter: EngineAdapter;
  /** How runs are made. */
  readonly options: RunOptions;
  /** What the store holds. */
  readonly objects: readonly FinalObject[];
  /** What set it up. */
  readonly history: readonly HistoryEvent[];
  /** What the store did meanwhile. */
  readonly trace: readonly TraceEntry[];
  /** The logical clock's last moment. */
  readonly clock: number;
  /** The virtual time. */
  readonly time: number;
}

/** Sets a program's table up, alone and without faults, by the engine itself. */
export async function prepare(
  program: Program,
  adapter: EngineAdapter,
  options: RunOptions = {},
): Promise<Prepared> {
  const base = { program, adapter, options };
  const nothing = { objects: [], history: [], trace: [], clock: 0 };
  const world = new World({ ...base, ...nothing, time: START_MS }, []);
  const { setup } = program;
  if (setup.exists !== false) {
    const request: Requests["create"] = {
      schema: setup.schema ?? SUITE_SCHEMA,
      partitionColumns: setup.partitionColumns ?? [],
      configuration: setup.configuration ?? {},
    };
    const steps: Step[] = [{ op: "create", request }, ...setup.steps ?? []];
    await world.runAlone({ client: "setup", steps, opensFirst: false });
    world.expectSuccess();
  }
  return {
    ...base,
    objects: await world.objects(),
    history: world.history,
    trace: world.trace,
    clock: world.clock.now,
    time: world.scheduler.time,
  };
}

/** Makes one run of a prepared program. */
export async function runPrepared(
  prepared: Prepared,
  vector: readonly number[],
): Promise<Run> {
  const world = new World(prepared, vector);
  await world.fill();
  return await world.race();
}

/** Prepares and runs a program once. */
export async function runProgram(
  program: Program,
  adapter: EngineAdapter,
  vector: readonly number[] = [],
  options: RunOptions = {},
): Promise<Run> {
  return await runPrepared(await prepare(program, adapter, options), vector);
}

/** A text that tells a run's end from others: everything the store holds, and how each operation ended. */
export function fingerprint(run: Run): string {
  const objects = [...run.objects.values()]
    .map(({ path, bytes }) => `${path} ${hashBytes(bytes)}`).sort();
  const ends = run.history.flatMap((event) =>
    event.type === "invoke" ? [] : [
      `${event.opId} ${event.type} ${event.reply?.ok && event.reply.version}`,
    ]
  );
  return [...objects, ...ends].join("\n");
}

/** Two 32-bit FNV hashes of bytes, as text. */
export function hashBytes(bytes: Uint8Array): string {
  let a = 0x811c9dc5;
  let b = 0x01000193 ^ bytes.length;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x01000193);
    b = Math.imul(b ^ byte, 0x85ebca6b) ^ (b >>> 13);
  }
  return `${(a >>> 0).toString(36)}-${(b >>> 0).toString(36)}-${bytes.length}`;
}
