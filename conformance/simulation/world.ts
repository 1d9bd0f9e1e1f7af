/**
 * The world of one run: the store and the disk beneath it, the scheduler and
 * the clients that it lets move.
 *
 * @module
 */

import { type Host, memoryStore, type ObjectStore } from "../../src/mod.ts";
import { fileStore } from "../../src/store/mod.ts";
import type { EngineClient, Reply } from "../engine_adapter.ts";
import {
  type HistoryEvent,
  LogicalClock,
  type OperationCall,
} from "../history/history.ts";
import { Decisions } from "./decisions.ts";
import { aboutDisturbance, disturb } from "./disturb.ts";
import { failingDisk } from "./failing_disk.ts";
import { type Script, type Step, withAttribution } from "./program.ts";
import type { FinalObject, PowerCut, Prepared, Run } from "./run_program.ts";
import {
  type FaultBudget,
  scheduledStore,
  type SimulatedWorld,
  type TraceEntry,
} from "./scheduled_store.ts";
import { DEFAULT_LIMITS, Scheduler } from "./scheduler.ts";
import { simulatedHost } from "./simulated_host.ts";

/** Where the table is, as the engine is told. */
export const TABLE_URL = "memory://simulated";

/** An engine that does not make the table that a program runs on: the program says nothing of it. */
export class SetupRefused extends Error {
  /** The class name, as JavaScript wants it. */
  override readonly name: string = "SetupRefused";
}

/** The shared state of a run. */
export class World implements SimulatedWorld {
  inner: ObjectStore;
  readonly scheduler: Scheduler;
  readonly decisions: Decisions;
  readonly faults: FaultBudget;
  readonly trace: TraceEntry[];
  readonly history: HistoryEvent[];
  readonly clock: LogicalClock;
  readonly silenced: Set<string> = new Set();
  readonly everyCallMatters: boolean;
  readonly everyAnswerMatters: boolean;
  readonly #prepared: Prepared;
  readonly #running = new Map<string, string>();
  readonly #restarts = new Map<string, () => void>();
  #isOpen = false;
  /** Settles when the disk has been looked at after it lost power. */
  #afterCut: Promise<PowerCut> | undefined;
  /** Overrides the store's clock while objects are put back. */
  #stamp: number | undefined;

  constructor(prepared: Prepared, vector: readonly number[]) {
    const { program, options } = prepared;
    this.#prepared = prepared;
    this.decisions = new Decisions(vector);
    const { maxPreemptions } = program;
    this.scheduler = new Scheduler(this.decisions, prepared.time, {
      ...DEFAULT_LIMITS,
      ...(maxPreemptions !== undefined && { maxPreemptions }),
      ...options.limits,
    });
    this.clock = new LogicalClock(prepared.clock);
    this.trace = [...prepared.trace];
    this.history = [...prepared.history];
    this.everyCallMatters = program.everyCallMatters ?? false;
    this.everyAnswerMatters = program.everyAnswerMatters ?? false;
    const plan = program.faults;
    this.faults = {
      left: plan?.budget ?? 0,
      onCommit: plan?.onCommit ?? [],
      onOther: plan?.onOther ?? [],
    };
    const host: Host = {
      ...simulatedHost(this.scheduler, { client: "store", seed: 0 }),
      now: () => this.#stamp ?? this.scheduler.time,
    };
    this.inner = options.store ??
      (program.powerCut ? this.#diskStore(host) : memoryStore(undefined, host));
  }

  /** A folder on a disk that may lose power; every process that writes to it dies then. */
  #diskStore(host: Host): ObjectStore {
    const fileSystem = failingDisk({
      decisions: this.decisions,
      now: host.now,
      mayFail: () => this.#isOpen,
      onCut: () => {
        // Another process: it knows nothing of what was synced before.
        this.inner = fileStore("/table", { fileSystem, host });
        const time = this.clock.tick();
        this.#afterCut = this.objects().then((objects) => ({
          time,
          left: new Map(objects.map((object) => [object.path, object])),
        }));
        for (const client of [...this.#restarts.keys()]) {
          this.scheduler.crash(client);
          this.onCrash(client);
        }
      },
      ...(this.#prepared.options.syncs !== undefined &&
        { syncs: this.#prepared.options.syncs }),
    });
    return fileStore("/table", { fileSystem, host });
  }

  isOpen(): boolean {
    return this.#isOpen;
  }

  get timeMs(): number {
    return this.#prepared.options.host?.now() ?? this.scheduler.time;
  }

  opOf(client: string): string | undefined {
    return this.#running.get(client);
  }

  onCrash(client: string): void {
    const restart = this.#restarts.get(client);
    this.#restarts.delete(client);
    restart?.();
  }

  /** Puts back what the setup left. */
  async fill(): Promise<void> {
    if (this.#prepared.options.store) return;
    for (const { path, bytes, lastModified } of this.#prepared.objects) {
      this.#stamp = lastModified;
      await this.inner.put(path, bytes);
    }
    this.#stamp = undefined;
  }

  async objects(): Promise<FinalObject[]> {
    const objects: FinalObject[] = [];
    for await (const { path, lastModified } of this.inner.list("")) {
      const found = await this.inner.get(path);
      if (found) objects.push({ path, bytes: found.bytes, lastModified });
    }
    return objects;
  }

  /** Runs a script without gates, one step after another. */
  async runAlone(script: Script): Promise<void> {
    const client = await this.#connect(script, script.client);
    await this.#play(client, script, script.client, script.steps, 0);
  }

  /** @throws {SetupRefused} Where a setup did not go as it was meant to. */
  expectSuccess(): void {
    const bad = this.history.find((event) =>
      event.type === "fail" || event.type === "info"
    );
    if (bad && bad.type !== "invoke" && !bad.reply?.ok) {
      throw new SetupRefused(
        `the engine refused the setup at ${bad.opId}: ${bad.reply?.error.message}`,
      );
    }
  }

  /** Every script at once, the scheduler deciding; then the effects that are still to come; then a last reading. */
  async race(): Promise<Run> {
    const { program, options } = this.#prepared;
    const clients: [Script, EngineClient][] = [];
    for (const script of program.scripts) {
      const client = await this.#connect(script, script.client);
      if (script.opensFirst ?? true) {
        await this.#step(client, script.client, `${script.client}.open`, {
          op: "open",
          request: {},
        }, "t");
      }
      clients.push([script, client]);
    }
    const all = clients.map(([script]) => script.client);
    // One after another, or all at once.
    const turns = options.inOrder?.map((name) => [name]) ?? [all];
    for (const turn of turns) {
      await this.#letRun(
        clients.filter(([script]) => turn.includes(script.client)),
      );
    }
    this.silenced.clear();
    if (options.finalRead ?? true) {
      const steps: Step[] = [
        { op: "open", request: {} },
        { op: "read", request: {} },
      ];
      await this.runAlone({ client: "final", steps, opensFirst: false });
    }
    const objects = await this.objects();
    const powerCut = await this.#afterCut;
    return {
      ...(powerCut && { powerCut }),
      program,
      made: this.decisions.made,
      vector: this.decisions.vector(),
      history: this.history,
      trace: this.trace,
      objects: new Map(objects.map((object) => [object.path, object])),
      steps: this.scheduler.steps,
      faults: (program.faults?.budget ?? 0) - this.faults.left +
        (powerCut ? 1 : 0),
    };
  }

  /** Lets clients run until all have ended, the scheduler deciding unless the machine is real. */
  async #letRun(
    clients: readonly (readonly [Script, EngineClient])[],
  ): Promise<void> {
    if (this.#prepared.options.host) {
      await Promise.all(
        clients.map(([script, client]) =>
          this.#play(client, script, script.client, script.steps, 0)
        ),
      );
      return;
    }
    this.#isOpen = true;
    for (const [script, client] of clients) this.#start(script, client);
    await this.scheduler.run();
    this.#isOpen = false;
  }

  /** Lets a client run; when it crashes, its next incarnation goes on. */
  #start(script: Script, first: EngineClient): void {
    const { client } = script;
    let at = 0;
    this.scheduler.enter(client);
    this.#restarts.set(client, () => {
      const again = `${client}+`;
      const rest = script.afterCrash ?? script.steps.slice(at);
      this.scheduler.enter(again);
      void this.#connect(script, again).then(async (next) => {
        const open: Step = { op: "open", request: {} };
        await this.#play(next, script, again, [open, ...rest], 0);
        this.scheduler.leave(again);
      });
    });
    void this.#play(first, script, client, script.steps, 0, (i) => at = i)
      .then(() => {
        this.#restarts.delete(client);
        this.scheduler.leave(client);
      });
  }

  async #connect(script: Script, name: string): Promise<EngineClient> {
    const { adapter, options } = this.#prepared;
    const handle = scheduledStore(this, name);
    return await adapter.connect({
      client: name,
      table: TABLE_URL,
      store: options.wrap ? options.wrap(handle, name) : handle,
      host: options.host ?? simulatedHost(this.scheduler, {
        client: name,
        seed: seedOf(name, options.seed ?? 1),
        ...(script.skewMs !== undefined && { skewMs: script.skewMs }),
      }),
    });
  }

  async #play(
    client: EngineClient,
    script: Script,
    name: string,
    steps: readonly Step[],
    from: number,
    progress: (i: number) => void = () => {},
  ): Promise<void> {
    let last: Reply | undefined;
    for (let i = from; i < steps.length; i++) {
      progress(i);
      const step = steps[i]!;
      if (step.op === "sleep") {
        if (this.#isOpen) {
          await this.scheduler.wait(
            name,
            `sleeps ${step.ms} ms`,
            this.scheduler.time + step.ms,
          );
        } else this.scheduler.advance(step.ms);
        continue;
      }
      if (step.op === "disturb") {
        const about = aboutDisturbance(step.what);
        if (this.#isOpen) await this.scheduler.wait(name, about);
        await disturb(this.inner, step.what);
        continue;
      }
      const call = callOf(step, last);
      if (!call) continue;
      const handle = "handle" in step ? step.handle ?? "t" : "t";
      last = await this.#step(client, name, `${name}.${i}`, call, handle);
    }
    void script;
  }

  async #step(
    client: EngineClient,
    name: string,
    opId: string,
    asked: OperationCall,
    handle: string,
  ): Promise<Reply> {
    const call = withAttribution(asked, opId);
    this.#running.set(name, opId);
    this.history.push({
      type: "invoke",
      client: name,
      opId,
      time: this.clock.tick(),
      handle,
      call,
    });
    const reply = await client.run(call.op, handle, call.request as never);
    const event = { client: name, opId, time: this.clock.tick() };
    if (reply.ok) this.history.push({ type: "ok", ...event, reply });
    else {
      const type = reply.outcome === "failed" ? "fail" : "info";
      this.history.push({ type, ...event, reply });
    }
    this.#running.delete(name);
    return reply;
  }
}

function callOf(
  step: Exclude<Step, { op: "sleep" } | { op: "disturb" }>,
  last: Reply | undefined,
): OperationCall | undefined {
  if (step.op !== "settle") return step;
  if (!last || last.ok || last.outcome !== "unknown") return undefined;
  const { token, attemptedVersion } = last;
  if (token === undefined || attemptedVersion === undefined) return undefined;
  return { op: "resolve", request: { token, attemptedVersion } };
}

function seedOf(name: string, seed: number): number {
  let hash = seed;
  for (const char of name) {
    hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
  }
  return hash >>> 0;
}
