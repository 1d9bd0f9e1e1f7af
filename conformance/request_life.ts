/**
 * What a run assumes of its store: that no request lives for hours. A commit
 * request that is on its way while the log is cleaned may bring a version back
 * that is gone, whoever sent it; no writer can take it back. Such runs are made
 * by a clock that jumps, and are not held against an engine.
 *
 * @module
 */

import type { Run } from "./simulation/run_program.ts";
import { START_MS } from "./simulation/run_program.ts";

/** How long a request may be on its way. */
const LONGEST_MS = 3_600_000;
const COMMIT =
  /^(putIfAbsent|late effect of putIfAbsent) _delta_log\/\d{20}\.json$/;

/** Whether a commit request outlived a cleanup of the log. */
export function outlivesCleanup({ steps, trace }: Run): boolean {
  const isCleaned = trace.some(({ effect, path }) =>
    effect === "deleted" && /^_delta_log\/\d{20}\./.test(path)
  );
  if (!isCleaned) return false;
  // A client waits at its next gate as soon as one has opened.
  const since = new Map<string, number>();
  return steps.some(({ client, about, time }) => {
    const sent = since.get(client) ?? START_MS;
    since.set(client, time);
    return COMMIT.test(about) && time - sent > LONGEST_MS;
  });
}
