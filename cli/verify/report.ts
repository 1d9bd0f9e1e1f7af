/**
 * What the verification prints: a line a step, a line of progress while one
 * runs, and the JSON of it all.
 *
 * @module
 */

/** How a step ended. */
export interface StepResult {
  /** Name of the step. */
  readonly name: string;
  /** Whether everything it asserts held. */
  readonly ok: boolean;
  /** What was measured, or what went wrong. */
  readonly measured: string;
  /** Facts for programs. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/** Prints steps as they go. */
export class Reporter {
  readonly #colours: boolean;
  readonly #progress: boolean;
  readonly #width: number;

  /** @param names Names of all steps, so that the lines align. */
  constructor(names: readonly string[]) {
    this.#colours = Deno.stdout.isTerminal() && !Deno.noColor;
    this.#progress = Deno.stderr.isTerminal();
    this.#width = Math.max(...names.map((name) => name.length));
  }

  /** Shows what a step is doing, where somebody watches. */
  progress(name: string, text: string): void {
    if (!this.#progress) return;
    this.#write(`\r\x1b[2K${name.padEnd(this.#width)}  ${text}`);
  }

  /** Prints the line of a step. */
  line(result: StepResult): void {
    if (this.#progress) this.#write("\r\x1b[2K");
    const mark = result.ok ? this.#paint("ok  ", 32) : this.#paint("FAIL", 31);
    const seconds = (result.durationMs / 1000).toFixed(1);
    console.log(
      `${mark}  ${
        result.name.padEnd(this.#width)
      }  ${result.measured} (${seconds} s)`,
    );
  }

  #paint(text: string, colour: number): string {
    return this.#colours ? `\x1b[${colour}m${text}\x1b[0m` : text;
  }

  #write(text: string): void {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  }
}
