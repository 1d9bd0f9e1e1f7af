/**
 * Reads the commit file of a version for the commit loop: what is there, as a
 * value, because a file that cannot be read is no proof of anything.
 *
 * @module
 */

import type { Action } from "../actions/action.ts";
import { isBlankCommit, parseCommit } from "../actions/commit_codec.ts";
import { DeltaError } from "../errors.ts";
import { commitPath } from "../log/log_path.ts";
import type { TableContext } from "../store/table_context.ts";

/** What was found where a version's commit should be. */
export type FoundCommit =
  | {
    readonly kind: "found";
    /** The file's bytes. */
    readonly bytes: Uint8Array;
    /** Its actions. */
    readonly actions: readonly Action[];
    /** Its token, where it carries one. */
    readonly token: string | undefined;
  }
  | { readonly kind: "absent" }
  | {
    /** Nothing, or a line that is cut: nobody's proof, and nothing to build on. */
    readonly kind: "torn";
    /** What is wrong with it. */
    readonly why: string;
    /** The file's bytes. */
    readonly bytes: Uint8Array;
  }
  | {
    /** The store did not give it, or not whole. */
    readonly kind: "unreadable";
    /** Why. */
    readonly cause: unknown;
  };

/** Reads the commit of a version once; store errors are the value `unreadable`. */
export async function readWinner(
  context: TableContext,
  version: number,
): Promise<FoundCommit> {
  const path = commitPath(version);
  try {
    const object = await context.store.get(path);
    if (object === undefined) return { kind: "absent" };
    const { bytes, size } = object;
    if (bytes.length !== size) {
      return {
        kind: "unreadable",
        cause: new Error(`${path}: ${bytes.length} of ${size} bytes came`),
      };
    }
    return parseFound(bytes, path);
  } catch (cause) {
    return { kind: "unreadable", cause };
  }
}

function parseFound(bytes: Uint8Array, path: string): FoundCommit {
  if (isBlankCommit(bytes)) {
    return { kind: "torn", why: `${path} holds nothing`, bytes };
  }
  try {
    const actions = parseCommit(bytes, path);
    return { kind: "found", bytes, actions, token: tokenOf(actions) };
  } catch (cause) {
    if (!(cause instanceof DeltaError)) throw cause;
    return { kind: "torn", why: cause.details.why, bytes };
  }
}

/** The token of a commit's actions. */
export function tokenOf(actions: readonly Action[]): string | undefined {
  for (const action of actions) {
    if ("commitInfo" in action) return action.commitInfo.txnId;
  }
  return undefined;
}
