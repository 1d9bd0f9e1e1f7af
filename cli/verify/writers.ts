/**
 * Starts writers in processes of their own and follows what they say.
 *
 * @module
 */

import type { WriterOrder } from "./writer_process.ts";

/** One acknowledged commit. */
export interface Acknowledged {
  /** Which of the writer's batches. */
  readonly batch: number;
  /** The version it became. */
  readonly version: number;
  /** How many times the writer tried. */
  readonly attempts: number;
}

/** A writer in a process of its own. */
export class WriterProcess {
  /** What it was told. */
  readonly order: WriterOrder;
  /** What it has said so far. */
  readonly acknowledged: Acknowledged[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #said: Promise<void>;
  #onLine: () => void = () => {};
  #ready = false;

  /** Starts the process; it opens the table and waits. */
  constructor(order: WriterOrder) {
    this.order = order;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-check",
        "-A",
        script(),
        JSON.stringify(order),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#said = this.#follow();
  }

  /** Resolves when it has opened the table. */
  async ready(): Promise<void> {
    await this.#until(() => this.#ready);
  }

  /** Lets it write. */
  async start(): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(new Uint8Array([10]));
    await writer.close();
  }

  /** Resolves when it has said that so many batches are in. */
  async acknowledgedAtLeast(count: number): Promise<void> {
    await this.#until(() => this.acknowledged.length >= count);
  }

  /** Ends it at once, wherever it is. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Waits for its end; true when it ended well. */
  async ended(): Promise<
    { readonly success: boolean; readonly stderr: string }
  > {
    const [status, stderr] = await Promise.all([
      this.#child.status,
      new Response(this.#child.stderr).text(),
      this.#said,
    ]);
    return { success: status.success, stderr };
  }

  async #follow(): Promise<void> {
    let rest = "";
    for await (
      const chunk of this.#child.stdout.pipeThrough(new TextDecoderStream())
    ) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#take(JSON.parse(line));
    }
    this.#ready = true; // nothing more will come: wake who waits
    this.#ended = true;
    this.#onLine();
  }

  #ended = false;

  #take(said: { ready?: boolean } & Partial<Acknowledged>): void {
    if (said.ready) this.#ready = true;
    else this.acknowledged.push(said as Acknowledged);
    this.#onLine();
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done() && !this.#ended) {
      await new Promise<void>((resolve) => this.#onLine = resolve);
    }
  }
}

function script(): string {
  return new URL("writer_process.ts", import.meta.url).pathname;
}
