/**
 * Who moves next. Clients run until each waits at a gate; the scheduler opens
 * one gate at a time, as the decision vector says.
 *
 * A store call passes two gates: request → effect, and effect → response. A
 * sleep is a gate that opens by moving the clock. Nothing else may keep a client
 * waiting: a run in which one does, or in which something moves while every gate
 * is shut, is refused, because it could not be replayed.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Decisions } from "./decisions.ts";

/** A thing that waits to happen. */
export interface Gate {
  /** Which client waits; `world` for effects that outlived their request. */
  readonly client: string;
  /** What happens when it opens, for the story of the run. */
  readonly about: string;
  /** Clock time at which it may open, for sleeps; others may open at once. */
  readonly at?: number;
  /** Opens it. */
  open(): void;
}

/** One step of a run, for its story. */
export interface Step {
  /** Who moved. */
  readonly client: string;
  /** What happened. */
  readonly about: string;
  /** Virtual time, ms since the epoch. */
  readonly time: number;
}

/** A run that could not be replayed, or that never ends. */
export class SimulationError extends Error {
  /** The class name, as JavaScript wants it. */
  override readonly name: string = "SimulationError";
}

/** Bounds of a run. */
export interface SchedulerLimits {
  /** Steps after which a run is taken not to end. */
  readonly maxSteps: number;
  /** How often a run may turn away from a client that could go on; more make the choice canonical. */
  readonly maxPreemptions: number;
  /** Whether each step waits another turn, to see that nothing moves outside the gates. */
  readonly isStrict: boolean;
}

/** The bounds used unless a caller says otherwise. */
export const DEFAULT_LIMITS: SchedulerLimits = {
  maxSteps: 20_000,
  maxPreemptions: Infinity,
  isStrict: true,
};

/** Opens gates one at a time. */
export class Scheduler {
  readonly #decisions: Decisions;
  readonly #limits: SchedulerLimits;
  readonly #gates: Gate[] = [];
  readonly #crashed = new Set<string>();
  readonly #active = new Set<string>();
  readonly #steps: Step[] = [];
  #moves = 0;
  #time: number;
  #last: string | undefined;
  #preemptions = 0;

  /**
   * @param decisions The run.
   * @param startTime Virtual time at its start, ms since the epoch.
   * @param limits Bounds.
   */
  constructor(
    decisions: Decisions,
    startTime: number,
    limits: SchedulerLimits = DEFAULT_LIMITS,
  ) {
    this.#decisions = decisions;
    this.#time = startTime;
    this.#limits = limits;
  }

  /** Virtual time, ms since the epoch. */
  get time(): number {
    return this.#time;
  }

  /** Moves the clock while nobody runs: a table grows old as it is set up. */
  advance(ms: number): void {
    this.#time += ms;
  }

  /** What happened, in order. */
  get steps(): readonly Step[] {
    return this.#steps;
  }

  /** Gates that wait now. */
  get waiting(): number {
    return this.#gates.length;
  }

  /** Waits at a gate; resolves when the scheduler opens it, never when the client has crashed. */
  wait(client: string, about: string, at?: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.#crashed.has(client)) return;
      this.#moves++;
      this.#gates.push({
        client,
        about,
        ...(at === undefined ? {} : { at }),
        open: resolve,
      });
    });
  }

  /** Lets something happen later, whoever is still alive then: an effect that outlived its request. */
  later(about: string, effect: () => void): void {
    this.#gates.push({ client: "world", about, open: effect });
  }

  /** The client stops where it is: none of its gates ever opens. */
  crash(client: string): void {
    this.#crashed.add(client);
    this.#active.delete(client);
    for (let i = this.#gates.length - 1; i >= 0; i--) {
      if (this.#gates[i]!.client === client) this.#gates.splice(i, 1);
    }
  }

  /** The client begins to run: from now on it must wait at a gate whenever the scheduler moves. */
  enter(client: string): void {
    this.#active.add(client);
  }

  /** The client has finished. */
  leave(client: string): void {
    this.#active.delete(client);
    this.#moves++;
  }

  /** Whether the client has crashed. */
  hasCrashed(client: string): boolean {
    return this.#crashed.has(client);
  }

  /** Whether any effect that outlived its request is still to come. */
  hasLateEffects(): boolean {
    return this.#gates.some((gate) => gate.client === "world");
  }

  /**
   * Runs until every client has left or crashed and no gate waits.
   *
   * @throws {SimulationError} When a run does not end, or something moves outside the gates.
   */
  async run(): Promise<void> {
    for (;;) {
      await this.#settle();
      if (this.#gates.length === 0 && this.#active.size === 0) return;
      if (this.#steps.length >= this.#limits.maxSteps) {
        throw new SimulationError(
          `no end after ${this.#limits.maxSteps} steps`,
        );
      }
      const gate = this.#pick();
      if (gate.at !== undefined) this.#time = Math.max(this.#time, gate.at);
      this.#steps.push({
        client: gate.client,
        about: gate.about,
        time: this.#time,
      });
      gate.open();
    }
  }

  /**
   * Lets every client run to its next gate: one turn of the event loop ends all
   * microtasks. Whoever then waits for something that is no gate, or moves after
   * that, has escaped.
   */
  async #settle(): Promise<void> {
    await turn();
    const moves = this.#moves;
    const lost = [...this.#active].filter((client) =>
      !this.#gates.some((gate) => gate.client === client)
    );
    if (lost.length > 0) {
      throw new SimulationError(
        `${lost.join(", ")} waits for something that is no gate: timer- or ` +
          "thread-driven code escaped the gates",
      );
    }
    if (!this.#limits.isStrict) return;
    await turn();
    if (this.#moves !== moves) {
      throw new SimulationError(
        "something moved while every gate was shut: it escaped the gates",
      );
    }
  }

  #pick(): Gate {
    const order = this.#inOrder();
    const stays = order[0]!.client === this.#last;
    const free = !stays || this.#preemptions < this.#limits.maxPreemptions;
    const index = free
      ? this.#decisions.choose(
        order.length,
        `who moves: ${order.map(name).join(" | ")}`,
      )
      : 0;
    const gate = order[index]!;
    if (stays && gate.client !== this.#last && gate.client !== "world") {
      this.#preemptions++;
    }
    this.#last = gate.client === "world" ? this.#last : gate.client;
    this.#gates.splice(this.#gates.indexOf(gate), 1);
    return gate;
  }

  /**
   * The gates that may open, canonical first: the client that moved last, then
   * the others by name; calls before sleeps, and of the sleeps of one client
   * only the earliest; what outlived its request comes last.
   */
  #inOrder(): Gate[] {
    const rank = (gate: Gate): number =>
      gate.client === "world"
        ? 3
        : gate.at !== undefined
        ? 2
        : gate.client === this.#last
        ? 0
        : 1;
    const earliest = Math.min(
      ...this.#gates.flatMap((gate) => gate.at === undefined ? [] : [gate.at]),
    );
    const eligible = this.#gates.filter((gate) =>
      gate.at === undefined || gate.at === earliest
    );
    return eligible
      .map((gate, index) => ({ gate, index }))
      .sort((a, b) =>
        rank(a.gate) - rank(b.gate) ||
        (a.gate.client < b.gate.client
          ? -1
          : a.gate.client > b.gate.client
          ? 1
          : a.index - b.index)
      )
      .map(({ gate }) => gate);
  }
}

const name = (gate: Gate): string => `${gate.client} ${gate.about}`;

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => resolve()));
}
