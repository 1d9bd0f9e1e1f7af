/**
 * Commit files read until the answer can be believed: a cut answer must not be
 * taken for a cut file.
 *
 * @module
 */

import type { TableContext } from "../store/table_context.ts";
import { type FoundCommit, readWinner } from "./read_winner.ts";

/** How many readings of a commit that cannot be right are tried before it is believed. */
const READ_TRIES = 4;

/** How a commit file is read. */
export interface SettledRead {
  /** The table. */
  readonly context: TableContext;
  /** Our token: a file that carries it without being ours is read again. */
  readonly token: string;
  /** Whether a file with our token is ours, byte for byte. */
  readonly isOurs: (found: Extract<FoundCommit, { kind: "found" }>) => boolean;
  /** Waits between readings. */
  readonly pause: () => Promise<void>;
}

/** Reads a version; what looks torn, or like ours and yet not, is read again first. */
export async function readSettled(
  version: number,
  { context, token, isOurs, pause }: SettledRead,
): Promise<FoundCommit> {
  for (let tries = 1;; tries++) {
    const found = await readWinner(context, version);
    const isOdd = found.kind === "torn" || found.kind === "unreadable" ||
      (found.kind === "found" && found.token === token && !isOurs(found));
    if (!isOdd || tries === READ_TRIES) return found;
    await pause();
  }
}
