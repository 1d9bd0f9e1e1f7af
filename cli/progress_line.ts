/**
 * How far a long command is.
 *
 * @module
 */

import process from "node:process";

/** A line that tells how far a command is. */
export interface ProgressLine {
  /** Shows it, if the last time is long enough ago. */
  show(text: string): void;
  /** Takes it away. */
  clear(): void;
}

/** A line that is written over on a terminal, and now and then elsewhere. */
export function progressLine(): ProgressLine {
  const isTerminal = process.stderr.isTTY ?? false;
  let last = 0;
  return {
    show: (text) => {
      const now = performance.now();
      if (now - last < (isTerminal ? 100 : 10_000)) return;
      last = now;
      process.stderr.write(
        isTerminal ? `\r\x1b[2K${text.slice(0, 110)}` : `${text}\n`,
      );
    },
    clear: () => {
      if (isTerminal) process.stderr.write("\r\x1b[2K");
    },
  };
}
