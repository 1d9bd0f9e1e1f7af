/**
 * At WriteSerializable a write is placed before the blind appends that it
 * passed unseen. A later winner that may have seen one of them stands after it
 * in every order, and before the write in the log: whoever commits behind both
 * risks a cycle of three, and may refuse. The matrix is pairwise and does not
 * say so.
 *
 * @module
 */

import { type Evidence, storedPath } from "./evidence.ts";
import type { JudgedCommit } from "./replay.ts";

/** The first winner that may have read what an earlier blind append wrote, those given being passed unseen. */
export function seesMissedAppend(
  winners: readonly JudgedCommit[],
  isMissed: (winner: JudgedCommit) => boolean,
  evidence: Evidence,
): boolean {
  let since: number | undefined;
  const paths = new Set<string>();
  for (const winner of winners) {
    if (isMissed(winner)) {
      since ??= winner.version;
      for (const { path } of winner.adds) paths.add(storedPath(path));
      continue;
    }
    if (since === undefined) continue;
    const touches = winner.removes.some(({ path }) =>
      paths.has(storedPath(path))
    );
    if (rearranges(winner)) {
      if (!touches) continue;
      for (const { path } of winner.adds) paths.add(storedPath(path));
    } else if (touches || maySee(winner, since, evidence)) return true;
  }
  return false;
}

function rearranges({ adds, removes }: JudgedCommit): boolean {
  const actions = [...adds, ...removes];
  return actions.length > 0 && actions.every(({ dataChange }) => !dataChange);
}

/** Deletes and updates depend on the files that they remove; of other writes their read version tells. */
function maySee(
  winner: JudgedCommit,
  since: number,
  evidence: Evidence,
): boolean {
  const author = evidence.authors.get(winner.version);
  const op = author === undefined
    ? undefined
    : evidence.operationById.get(author);
  if (!op || winner.adds.length + winner.removes.length === 0) return false;
  const kind = op.call.op;
  if (kind === "append" || kind === "delete" || kind === "update") return false;
  const read = op.success?.readVersion ?? winner.commitInfo?.readVersion;
  return typeof read !== "number" || read >= since;
}
