/**
 * C2, remove-liveness: a commit removes only what lives just before it. The
 * protocol does not say so, but no sound rebase does otherwise. Exempt are
 * tombstones of files that the log never added (deletion vector files).
 *
 * @module
 */

import type { Evidence } from "./evidence.ts";
import { keyOf } from "./replay.ts";
import { type Verdict, verdicts } from "./verdict.ts";

const found = verdicts("C2", "SAFETY");

/** See the module. */
export function checkRemoveLiveness(evidence: Evidence): Verdict[] {
  const out: Verdict[] = [];
  const everAdded = new Set<string>();
  const removedBy = new Map<string, number>();
  for (const commit of evidence.commits) {
    const { version } = commit;
    const live = evidence.states.get(version - 1)?.live ?? new Map();
    const livePaths = new Map(
      [...live.values()].map((file) => [file.path, keyOf(file)]),
    );
    const removed = new Set(commit.removes.map(keyOf));
    for (const remove of commit.removes) {
      const key = keyOf(remove);
      if (!live.has(key) && everAdded.has(remove.path)) {
        const by = removedBy.get(key);
        out.push(found({
          anomaly: "remove of a dead file",
          story: `Version ${version} removes ${remove.path}, which version ` +
            `${by ?? "before it"} had removed already: it was prepared on a ` +
            "state that was gone when it landed.",
          versions: [...(by === undefined ? [] : [by]), version],
          operations: [
            by === undefined ? undefined : evidence.authors.get(by),
            evidence.authors.get(version),
          ],
          rows: [remove.path],
        }));
      }
      removedBy.set(key, version);
    }
    for (const add of commit.adds) {
      const before = livePaths.get(add.path);
      if (
        before !== undefined && before !== keyOf(add) && !removed.has(before)
      ) {
        out.push(found({
          anomaly: "two deletion vectors",
          story: `Version ${version} adds ${add.path} with another deletion ` +
            "vector while the file lives with the old one.",
          versions: [version],
          operations: [evidence.authors.get(version)],
          rows: [add.path],
        }));
      }
      everAdded.add(add.path);
    }
  }
  return out;
}
