/**
 * Other engines as child processes: Spark and deltalake, each behind a line of
 * JSON per request and per reply, one process for all that a test file asks.
 *
 * @module
 */

import { join } from "node:path";
import { tmpdir } from "node:os";
import type { JsonValue } from "../../src/mod.ts";
import { pythonCommand, sparkCommand } from "../../testing/needs.ts";

/** Rows as another engine sees them, in the canonical encoding. */
export interface Contents {
  /** How many. */
  readonly totalRows: number;
  /** Their digest. */
  readonly rowsSha256: string;
  /** The texts of the first thousand, in order. */
  readonly rows: readonly string[];
  /** The schema as the engine gives it, parsed. */
  readonly schema: SchemaJson;
}

/** A schema's JSON. */
export interface SchemaJson {
  /** Its columns. */
  readonly fields: readonly JsonValue[];
}

/** What an engine answered: what was asked for, or its refusal. */
export type Answer<T> =
  | ({ readonly ok: true } & T)
  | { readonly ok: false; readonly error: string };

/** An engine that is not ours, running. */
export class ForeignEngine {
  /** Its name, for messages. */
  readonly name: string;
  readonly #process: Deno.ChildProcess;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array>;
  readonly #replies: ReadableStreamDefaultReader<string>;
  #rest = "";

  /**
   * Starts an engine.
   *
   * @param name For messages.
   * @param command The program and its arguments.
   */
  constructor(name: string, command: readonly string[]) {
    this.name = name;
    this.#process = new Deno.Command(command[0]!, {
      args: command.slice(1),
      stdin: "piped",
      stdout: "piped",
      stderr: Deno.env.get("LITMUS_VERBOSE") ? "inherit" : "null",
    }).spawn();
    this.#requests = this.#process.stdin.getWriter();
    this.#replies = this.#process.stdout
      .pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Reads versions of a table, in the order asked for; the newest where none is named. */
  async read(
    table: string,
    versions: readonly number[],
  ): Promise<readonly Answer<Contents>[]> {
    const reply = this.#must<{ readonly versions: Answer<Contents>[] }>(
      await this.#ask({ op: "read", table, versions }),
    );
    return reply.versions;
  }

  /** Reads the change feed of versions, both included, without the commits' times. */
  async changes(
    table: string,
    from: number,
    to: number,
  ): Promise<Answer<Contents>> {
    const range = { from_version: from, to_version: to };
    return await this.#ask({ op: "changes", table, ...range });
  }

  /** Runs something the engine does in its own way. */
  async run(
    op: string,
    body: Readonly<Record<string, unknown>>,
  ): Promise<Record<string, unknown>> {
    return this.#must<Record<string, unknown>>(
      await this.#ask({ op, ...body }),
    );
  }

  /** Ends the engine. */
  async close(): Promise<void> {
    await this.#requests.close();
    while (!(await this.#replies.read()).done);
    await this.#process.status;
  }

  #must<T>(answer: Answer<T>): T {
    if (answer.ok) return answer;
    throw new Error(`${this.name}: ${answer.error}`);
  }

  async #ask<T>(request: object): Promise<Answer<T>> {
    const line = `${JSON.stringify(request)}\n`;
    await this.#requests.write(new TextEncoder().encode(line));
    const deadline = setTimeout(() => this.#process.kill("SIGKILL"), 180_000);
    try {
      return JSON.parse(await this.#line()) as Answer<T>;
    } finally {
      clearTimeout(deadline);
    }
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        return line;
      }
      const { done, value } = await this.#replies.read();
      if (done) {
        throw new Error(
          `${this.name} ended or hung; LITMUS_VERBOSE=1 shows what it says`,
        );
      }
      this.#rest += value;
    }
  }
}

const script = (name: string): string => join(import.meta.dirname!, name);

/** deltalake, where the machine has it; see `needs({ python: true })`. */
export function startDeltalake(): ForeignEngine {
  return new ForeignEngine("deltalake", [
    pythonCommand()!,
    script("deltalake_runner.py"),
  ]);
}

/** Spark, where the machine has it; see `needs({ spark: true })`. */
export function startSpark(): ForeignEngine {
  const { python, jars } = sparkCommand()!;
  return new ForeignEngine("Spark", [python, script("spark_reader.py"), jars]);
}

/** A folder for tables, for `use` to fill. */
export async function withFolder<T>(
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir({
    dir: tmpdir(),
    prefix: "litmus-interop-",
  });
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
