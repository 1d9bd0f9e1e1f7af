/**
 * Histories written by hand: a log, a trace and a history that no engine made,
 * for checks to be tried on.
 *
 * @module
 */

import type { JudgedCheckpoint } from "../checkers/checkpoint_state.ts";
import {
  buildEvidence,
  commitPath,
  type Evidence,
  type Level,
} from "../checkers/evidence.ts";
import type { ModelRow } from "../checkers/rows.ts";
import type { FailureReply, SuccessReply } from "../engine_adapter.ts";
import {
  type HistoryEvent,
  LogicalClock,
  type OperationCall,
} from "../history/history.ts";
import { SUITE_SCHEMA } from "../simulation/program.ts";
import type { FinalObject } from "../simulation/run_program.ts";
import type { TraceEntry } from "../simulation/scheduled_store.ts";

/** A row of the suite's table. */
export function row(
  p: string | null,
  x: number | null,
  op: string,
  seq: number = 0,
  gen: number = 0,
): ModelRow {
  return { p, x: x === null ? null : String(x), op, seq, gen };
}

/** What a commit written by hand holds. */
export interface HandWrittenCommit {
  /** Files that it adds, by path, with their rows. */
  readonly add?: Readonly<Record<string, readonly ModelRow[]>>;
  /** Files that it removes. */
  readonly remove?: readonly string[];
  /** Whether its file actions change data; true by default. */
  readonly dataChange?: boolean;
  /** Other actions, as they stand in the log. */
  readonly more?: readonly object[];
  /** The version, where it is not the next. */
  readonly version?: number;
  /** Members of its commitInfo. */
  readonly info?: object;
  /** Members of every add. */
  readonly addMembers?: object;
  /** Leaves the data files out of the store. */
  readonly withoutData?: boolean;
}

const encoder = new TextEncoder();

/** A history in the making. */
export class HandWritten {
  readonly #clock = new LogicalClock();
  readonly #history: HistoryEvent[] = [];
  readonly #trace: TraceEntry[] = [];
  readonly #objects = new Map<string, FinalObject>();
  readonly #rows = new Map<string, readonly ModelRow[]>();
  readonly #checkpoints: JudgedCheckpoint[] = [];
  #next = 0;
  #ms: number = Date.UTC(2026, 0, 1);
  #powerCut: ReadonlyMap<string, FinalObject> | undefined;

  /** Begins with a table of the suite's schema at version 0, made by `setup.0`. */
  constructor(
    configuration: Readonly<Record<string, string>> = {},
    partitionColumns: readonly string[] = [],
    protocol: object = { minReaderVersion: 1, minWriterVersion: 2 },
  ) {
    const request = { schema: SUITE_SCHEMA, partitionColumns, configuration };
    this.invoke("setup.0", { op: "create", request });
    this.commit("setup.0", {
      more: [
        { protocol },
        {
          metaData: {
            id: "t",
            format: { provider: "parquet", options: {} },
            schemaString: JSON.stringify(SUITE_SCHEMA),
            partitionColumns,
            configuration,
          },
        },
      ],
    });
    this.ok("setup.0", { version: 0 });
  }

  /** A client opens handle `t` at a version. */
  open(client: string, version: number): this {
    this.invoke(`${client}.open`, { op: "open", request: {} });
    return this.ok(`${client}.open`, { version });
  }

  /** An operation begins. */
  invoke(opId: string, call: OperationCall, handle: string = "t"): this {
    const client = opId.split(".")[0]!;
    const time = this.#clock.tick();
    this.#history.push({ type: "invoke", client, opId, time, handle, call });
    return this;
  }

  /** An operation is acknowledged. */
  ok(opId: string, reply: Omit<SuccessReply, "ok">): this {
    const client = opId.split(".")[0]!;
    const time = this.#clock.tick();
    this.#history.push({
      type: "ok",
      client,
      opId,
      time,
      reply: { ok: true, ...reply },
    });
    return this;
  }

  /** An operation fails for certain, by a conflict's name or another kind of error. */
  fail(opId: string, name: string, attemptedVersion?: number): this {
    return this.#end("fail", opId, {
      ok: false,
      outcome: "failed",
      ...(attemptedVersion !== undefined && { attemptedVersion }),
      error: /^[a-z]/.test(name)
        ? { kind: name, message: name }
        : { kind: "conflict", name, message: name },
    });
  }

  /** Nobody knows how an operation ended. */
  info(opId: string): this {
    return this.#end("info", opId, {
      ok: false,
      outcome: "unknown",
      error: { kind: "store", message: "no answer" },
    });
  }

  /** Time passes, by the store's clock. */
  wait(ms: number): this {
    this.#ms += ms;
    return this;
  }

  /** An operation's commit takes effect. */
  commit(opId: string, commit: HandWrittenCommit): this {
    const version = commit.version ?? this.#next;
    const dataChange = commit.dataChange ?? true;
    const { add = {}, remove = [], more = [], info, addMembers } = commit;
    for (const [path, rows] of Object.entries(add)) {
      if (!commit.withoutData) this.put(opId, path, "data");
      this.#rows.set(path, rows);
    }
    const adds = Object.keys(add).map((path) => ({
      add: {
        path,
        partitionValues: {},
        size: 4,
        modificationTime: 0,
        dataChange,
        ...addMembers,
      },
    }));
    const removes = remove.map((path) => ({
      remove: { path, dataChange, deletionTimestamp: this.#ms },
    }));
    const commitInfo = { operation: "X", ...info };
    const lines = [{ commitInfo }, ...more, ...removes, ...adds];
    const text = lines.map((line) => JSON.stringify(line) + "\n").join("");
    this.put(opId, commitPath(version), text);
    this.#next = version + 1;
    return this;
  }

  /** A data file with rows that no commit names as an add: change data. */
  file(path: string, rows: readonly ModelRow[]): this {
    this.#rows.set(path, rows);
    return this;
  }

  /** Something is written to the store. */
  put(opId: string, path: string, text: string): this {
    const bytes = encoder.encode(text);
    this.#record(opId, "putIfAbsent", path, [path], "created", bytes);
    this.#objects.set(path, { path, bytes, lastModified: this.#ms });
    return this;
  }

  /** Something is deleted from the store. */
  delete(opId: string, ...paths: string[]): this {
    this.#record(opId, "delete", paths[0]!, paths, "deleted", undefined);
    for (const path of paths) this.#objects.delete(path);
    return this;
  }

  /** A checkpoint is there. */
  checkpoint(
    checkpoint: Partial<JudgedCheckpoint> & { version: number },
  ): this {
    this.#checkpoints.push({
      path: `${commitPath(checkpoint.version).slice(0, -5)}.checkpoint.parquet`,
      live: new Set(),
      tombstones: new Set(),
      txns: new Map(),
      domains: new Map(),
      schemaStrings: [JSON.stringify(SUITE_SCHEMA)],
      protocols: ["1/2 - -"],
      foreign: [],
      ...checkpoint,
    });
    return this;
  }

  /** Power is lost: these paths are gone. */
  powerCut(...lost: string[]): this {
    this.#powerCut = new Map(
      [...this.#objects].filter(([path]) => !lost.includes(path)),
    );
    return this;
  }

  /** The evidence. */
  async evidence(level: Level = "Serializable"): Promise<Evidence> {
    return await buildEvidence({
      level,
      history: this.#history,
      trace: this.#trace,
      objects: this.#objects,
      rows: this.#rows,
      checkpoints: this.#checkpoints,
      ...(this.#powerCut && { afterPowerCut: this.#powerCut }),
      faults: 0,
    });
  }

  #end(type: "fail" | "info", opId: string, reply: FailureReply): this {
    const client = opId.split(".")[0]!;
    const time = this.#clock.tick();
    this.#history.push({ type, client, opId, time, reply });
    return this;
  }

  #record(
    opId: string,
    call: TraceEntry["call"],
    path: string,
    paths: readonly string[],
    effect: TraceEntry["effect"],
    bytes: Uint8Array | undefined,
  ): void {
    this.#trace.push({
      client: opId.split(".")[0]!,
      opId,
      call,
      path,
      paths,
      effect,
      fault: undefined,
      bytes,
      time: this.#clock.tick(),
      atMs: this.#ms += 10,
    });
  }
}
