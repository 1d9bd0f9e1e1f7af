/**
 * Every litmus test of this room, and what each is about in a sentence.
 *
 * @module
 */

import { ANOMALIES } from "./anomalies.ts";
import { COMMIT_FAULTS } from "./commit_faults.ts";
import { INTERACTIONS } from "./interactions.ts";
import type { Litmus } from "./litmus_test_kit.ts";
import { UPKEEP } from "./log_upkeep.ts";

/** Every test, in the order of the ids. */
export const LITMUS_TESTS: readonly Litmus[] = [
  ...ANOMALIES,
  ...INTERACTIONS,
  ...COMMIT_FAULTS,
  ...UPKEEP,
];

/** What a test does, what may come of it, and what must not. */
export interface Story {
  /** `x ‖ y`: two operations prepared on one version; or what befalls one. */
  readonly what: string;
  /** What may be. */
  readonly allowed: string;
  /** What must not be. */
  readonly forbidden: string;
}

const story = (what: string, allowed: string, forbidden: string): Story => ({
  what,
  allowed,
  forbidden,
});

/** The stories by id. */
export const STORIES: Readonly<Record<string, Story>> = {
  A1: story("overwrite y ‖ overwrite z", "one commits", "the rows of both"),
  A2: story(
    "the same on an empty table",
    "one commits",
    "the rows of both: who replaces nothing has still read that there is nothing",
  ),
  A3: story(
    "an append that fails",
    "its rows are nowhere",
    "any version shows them",
  ),
  A4: story(
    "50 files in 5 partitions, readers all the while",
    "0 rows or 50",
    "anything between",
  ),
  A5: story("x = x + 1 ‖ x = x + 1", "one commits", "both, and one step only"),
  A6: story("update p=a ‖ merge into p=a", "one commits", "both"),
  A7: story(
    "blind append to p=a ‖ delete p=a",
    "at S the delete fails; at W and I the appended row stays",
    "at S: both, and the row alive",
  ),
  A8: story(
    "a handle reads twice, writers between",
    "the same rows",
    "two versions in one handle",
  ),
  A9: story(
    "copy a to b ‖ copy b to a",
    "one commits; at I both",
    "at S or W both: write skew",
  ),
  A10: story("merge inserts k ‖ merge inserts k", "one k", "two k"),
  A11: story(
    "blind append of k ‖ merge inserts k if absent",
    "at S one k; at W two",
    "at S two k",
  ),
  A12: story(
    "two writers, readers all the while",
    "states that follow from one another",
    "a reader with a alone and one with b alone",
  ),
  A13: story(
    "write, open again, read; by the hint and without it",
    "one's own write is there",
    "an older version after a newer one",
  ),
  A14: story(
    "one commit acknowledged, then another begins",
    "versions in that order",
    "the later one lower, or blind to the earlier",
  ),
  A15: story(
    "append ‖ restore",
    "the restore fails, or the exact rows of that version",
    "both, and the appended row there",
  ),
  B1: story("delete p=b ‖ blind append to a", "both", "the append fails"),
  B2: story("optimize ‖ blind append", "both", "the append fails"),
  B3: story(
    "optimize ‖ optimize",
    "the second fails or has nothing to do",
    "rows twice",
  ),
  B4: story(
    "optimize ‖ delete all, overwrite",
    "the second fails",
    "rows left over",
  ),
  B5: story("delete p=b ‖ optimize p=a", "both", "a false conflict"),
  B6: story(
    "update p=a ‖ update p=b",
    "both where partitioned, one where not",
    "a false conflict; or both in one file",
  ),
  B7: story(
    "delete row 1 ‖ delete row 2 of one file with deletion vectors",
    "one commits",
    "one path live twice; a delete lost",
  ),
  B8: story(
    "replace p=a ‖ replace p=a, of no row",
    "one commits",
    "the rows of both",
  ),
  B9: story(
    "append p=null ‖ delete p is null; ‖ delete p=a",
    "the first conflicts, the second does not",
    "the reverse; '' told from null",
  ),
  B10: story(
    "append without statistics ‖ delete x ≥ 500",
    "the delete fails",
    "it commits and misses a row",
  ),
  B11: story(
    "appends at the edge of what statistics say ‖ delete",
    "the delete fails wherever a row may match",
    "a row missed",
  ),
  B12: story(
    "append of x = −5 ‖ add CHECK x > 0",
    "one commits",
    "a row under a CHECK that it breaks, at any level",
  ),
  B13: story("add CHECK x > 0 ‖ update to −5", "one commits", "both"),
  B14: story(
    "set appendOnly ‖ delete",
    "the delete fails",
    "a delete from an append-only table",
  ),
  B15: story(
    "append that adds c1 ‖ append that adds c2",
    "one commits",
    "a column or the partitioning lost",
  ),
  B16: story(
    "rename, drop a column ‖ append",
    "the append fails",
    "a column of nulls; a dropped column back",
  ),
  B17: story(
    "widen a column ‖ append",
    "the append fails, or its rows are right",
    "the change of type lost",
  ),
  B18: story(
    "an unknown writer feature ‖ append",
    "the append fails",
    "a commit past a protocol nobody here knows",
  ),
  B19: story(
    "drop a feature ‖ what uses it",
    "the second fails",
    "traces of a feature that is gone",
  ),
  B20: story(
    "enable the change feed ‖ update",
    "the update fails",
    "changes that the feed cannot tell",
  ),
  B21: story(
    "enable in-commit timestamps ‖ append; clocks that fall back",
    "times rise strictly",
    "equal, falling or missing times",
  ),
  B22: story(
    "append 5 rows ‖ append 1 row, with row tracking",
    "ids apart",
    "ids that overlap",
  ),
  B23: story("one batch by two clients", "once", "twice"),
  B24: story(
    "batch 4 ‖ batch 5 of one application",
    "the second fails, or knows that it is behind",
    "4 landing behind 5 as if nothing were",
  ),
  B25: story("one domain set twice", "one commits", "one lost in silence"),
  B26: story("an action that nobody knows ‖ append", "both", "a parse error"),
  B27: story(
    "the levels by their names",
    "honoured, or refused aloud",
    "another level than asked for",
  ),
  B28: story(
    "isBlindAppend of every operation",
    "true only where nothing was read",
    "true of an insert from the table itself",
  ),
  B29: story(
    "4 creates at once",
    "one table id; every acknowledged row there",
    "two ids, two acknowledged",
  ),
  B30: story(
    "2 first appends to a table just made",
    "both rows",
    "an error that no retry cures; metadata twice",
  ),
  C1: story(
    "an append lands, its answer is 500, 503, 429, a reset or silence",
    "one commit, and acknowledged",
    "a second commit; “failed”",
  ),
  C2: story(
    "the same of a delete",
    "one commit, and acknowledged",
    "a conflict with itself",
  ),
  C3: story(
    "no answer, nothing to be seen, and it lands later",
    "“unknown”; what `resolve` says stays true",
    "“failed”, and there all the same",
  ),
  C4: story(
    "a writer, and a request, that come after their version was cleaned away",
    "behind the newest version, or refused",
    "a version number with a second content",
  ),
  C5: story(
    "an unknown outcome, then cleaning up",
    "the data files stay",
    "a version that names files that are gone",
  ),
  C6: story(
    "409 three times, then 200",
    "one commit, at its version",
    "“exists” without a look",
  ),
  C7: story(
    "412, then the commit cannot be read",
    "ask again, or “unknown”",
    "a step over a version nobody saw",
  ),
  C8: story(
    "listings without the newest 1 to 3 commits, or with a gap",
    "rebased; the gap refused",
    "a version skipped or overwritten",
  ),
  C9: story(
    "1,100 commits, more while they are listed",
    "all before the version read",
    "one missing in the middle",
  ),
  C10: story(
    "a commit's or checkpoint's body cut at every byte",
    "an error, a retry, or the log instead",
    "a part taken for the whole",
  ),
  C11: story(
    "a commit file torn at rest",
    "refused by name; of no bytes: a version of nothing, said aloud",
    "rows lost in silence; a commit on top",
  ),
  C12: story(
    "two processes on one folder",
    "one winner a version",
    "a commit overwritten",
  ),
  C13: story(
    "options that say others commit by a lock or by looking first",
    "refused before anything is sent",
    "two ways to commit on one table",
  ),
  C14: story(
    "the process dies at any call, restarts and does it again",
    "once",
    "half of it; twice; never",
  ),
  C15: story(
    "more losses than tries",
    "“failed” where the last try surely lost",
    "“failed” of a try that nobody answered",
  ),
  D1: story(
    "two writers write one checkpoint",
    "either",
    "an unreadable mixture",
  ),
  D2: story(
    "a hint that is absent, old, ahead, torn, wrong",
    "the same rows",
    "an error; an older state",
  ),
  D3: story(
    "what a checkpoint keeps: batches, domains, deletion vectors",
    "all of it",
    "a batch twice; a domain gone",
  ),
  D4: story(
    "a file added, removed, added again; checkpoints at each point",
    "live once",
    "lost, or dead and alive",
  ),
  D5: story("a damaged checkpoint", "the log is read instead", "wrong rows"),
  D6: story(
    "log cleanup and time travel",
    "exact, or refused by name",
    "a version in retention lost",
  ),
  D7: story(
    "vacuum between data and commit",
    "the file stays",
    "a commit that names a deleted file",
  ),
  D8: story(
    "vacuum and names with every odd character",
    "what nobody needs goes, and only that",
    "a live file deleted",
  ),
  D9: story(
    "vacuum by a clock a month ahead",
    "refused, or safe",
    "files of a version in retention gone",
  ),
  D10: story(
    "time travel by clocks that stand and fall",
    "later times, later versions",
    "a version that falls as time goes on",
  ),
  D11: story(
    "every version, through all upkeep",
    "the same rows for ever, or refused",
    "other rows",
  ),
  D12: story(
    "the change feed of every operation",
    "the difference of two versions",
    "a change missing or twice",
  ),
};
