/**
 * What became of a commit whose outcome nobody knew. Looking is not enough: a
 * request may still be under way. So where the version is free, a harmless
 * empty commit takes it, and nothing can land there any more.
 *
 * @module
 */

import type { CommitInfo } from "../actions/action.ts";
import { formatCommit } from "../actions/commit_codec.ts";
import { DeltaError, throwIfAborted } from "../errors.ts";
import { listLog } from "../log/log_listing.ts";
import { commitPath } from "../log/log_path.ts";
import { selectLogSegments } from "../log/log_segment.ts";
import { checkWritable } from "../protocol/support.ts";
import { tableProperties } from "../protocol/table_property.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { proveExclusive } from "../store/exclusivity_probe.ts";
import type { TableContext } from "../store/table_context.ts";
import { ENGINE_INFO, hasInCommitTimestamps } from "./commit_bytes.ts";
import { DEFAULT_LIMITS } from "./commit_loop.ts";
import { readWinner } from "./read_winner.ts";
import { defaultRules, type RebaseRules } from "./rebase_rules.ts";

/** What became of a commit, for ever. */
export interface ResolvedCommit {
  /** Whether the version holds the commit with the token. */
  readonly committed: boolean;
  /** The version. */
  readonly version: number;
}

/** Options of {@link resolveCommit}. */
export interface ResolveOptions {
  /** Cancels. */
  readonly signal?: AbortSignal | undefined;
  /** The decisions; the sound ones by default. */
  readonly rules?: RebaseRules | undefined;
}

/**
 * Tells for certain whether a commit took effect; asking again gives the same
 * answer. Where the version is free it is taken by an empty commit.
 *
 * @param token The token of the `DELTA_COMMIT_UNKNOWN` error's context.
 * @param version Its `attemptedVersion`.
 * @throws {DeltaError} `DELTA_COMMIT_UNKNOWN` while nobody can tell: the store
 * does not answer, the version's file is torn, has been cleaned up or stands where
 * the log was, or it is version 0, which no empty commit may take. `DELTA_INVALID_ARGUMENT` for a
 * version that cannot have been attempted.
 */
export async function resolveCommit(
  context: TableContext,
  token: string,
  version: number,
  options: ResolveOptions = {},
): Promise<ResolvedCommit> {
  const { signal, rules = defaultRules } = options;
  checkAsked(context, token, version);
  const startedAt = context.host.now();
  // Drawn once: a fence whose answer was lost is found by its own token.
  const fenceToken = context.host.uuid();
  let trouble: unknown;
  for (let tries = 0;; tries++) {
    throwIfAborted(
      signal,
      `Cannot resolve version ${version} of ${context.url}`,
    );
    const found = await readWinner(context, version);
    if (found.kind === "found") {
      const committed = found.token === token;
      if (committed && await isCutOff(context, version, signal)) {
        const why = `the log no longer reaches back to ${
          commitPath(version)
        }, which may have landed after it was cleaned`;
        throw unknown(context, token, version, why);
      }
      return { committed, version };
    }
    if (found.kind === "torn") {
      throw unknown(context, token, version, found.why);
    }
    if (found.kind === "unreadable") trouble = found.cause;
    else {
      const base = await fenceBase(context, token, version, signal);
      if (base) {
        await proveExclusive(context.store, "", context.host, signal);
        const attempts = { version, sent: tries + 1, ambiguous: true };
        const outcome = await rules.writeCommit(
          context.store,
          commitPath(version),
          fenceBytes(context, base, fenceToken, rules),
          attempts,
        );
        if (outcome.kind === "created") return { committed: false, version };
        if (outcome.kind === "rejected") {
          throw unknown(context, token, version, outcome.reason);
        }
        trouble = outcome;
      }
    }
    if (context.host.now() - startedAt > DEFAULT_LIMITS.deadlineMs) {
      const why = "the store does not answer for certain";
      throw unknown(context, token, version, why, trouble);
    }
    const full = Math.min(5_000, 20 * 2 ** Math.min(tries, 10));
    await context.host.sleep(full * (0.5 + context.host.random() / 2), signal);
  }
}

/**
 * Whether the log can no longer rebuild a version that it has gone beyond. A
 * request that was under way while the log was cleaned lands there, and no
 * reader ever sees it: its bytes prove nothing.
 */
async function isCutOff(
  context: TableContext,
  version: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const listing = await listLog(context, signal ? { signal } : {});
  if (listing.latest === undefined || listing.latest <= version) return false;
  try {
    return selectLogSegments(context.url, listing, version).length === 0;
  } catch (error) {
    if (error instanceof DeltaError) return true;
    throw error;
  }
}

/** A commit without a token is nobody's: no token may be taken for its. */
function checkAsked(
  context: TableContext,
  token: string,
  version: number,
): void {
  const why = typeof token !== "string" || token === ""
    ? "no token is given"
    : !Number.isSafeInteger(version) || version < 0
    ? `a version is an integer from 0, not ${JSON.stringify(version)}`
    : undefined;
  if (why === undefined) return;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: `Cannot resolve a commit of ${context.url}`,
    why,
    fix: "Give the error's context.token and context.attemptedVersion",
    context: { table: context.url },
  });
}

/**
 * The state that a fence may stand on, just read: an old one could put a
 * commit back where cleanup took it. `undefined` when the version is taken by now.
 */
async function fenceBase(
  context: TableContext,
  token: string,
  version: number,
  signal: AbortSignal | undefined,
): Promise<Snapshot | undefined> {
  if (version === 0) {
    const why = "no table is there, and no empty commit may create one";
    throw unknown(context, token, version, why);
  }
  const latest = await loadSnapshot(context, { signal });
  if (latest.version === version - 1) {
    if (latest.emptyCommits.includes(latest.version)) {
      const why = `${commitPath(latest.version)} holds nothing`;
      throw unknown(context, token, version, why);
    }
    checkWritable(latest.protocol, latest.metadata, latest.schema, {
      operation: "append",
    });
    return latest;
  }
  if (latest.version >= version) {
    const head = await context.store.head(commitPath(version), { signal });
    if (head) return undefined;
    const why = `${commitPath(version)} has been cleaned up`;
    throw unknown(context, token, version, why);
  }
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what: `Cannot resolve version ${version} of ${context.url}`,
    why:
      `the table is at version ${latest.version}, so nobody can have tried ${version}`,
    fix: "Ask for the attemptedVersion of the error",
    context: { table: context.url, version, latest: latest.version },
  });
}

function fenceBytes(
  context: TableContext,
  base: Snapshot,
  token: string,
  rules: RebaseRules,
): Uint8Array {
  const now = context.host.now();
  const commitInfo: CommitInfo = {
    ...(hasInCommitTimestamps(base.metadata)
      ? {
        inCommitTimestamp: rules.inCommitTimestamp(
          now,
          base.inCommitTimestamp,
          undefined,
        ),
      }
      : {}),
    timestamp: now,
    operation: "FENCE",
    operationParameters: {},
    readVersion: base.version,
    isolationLevel: tableProperties(base.metadata.configuration).isolationLevel,
    isBlindAppend: false,
    engineInfo: ENGINE_INFO,
    txnId: token,
  };
  return formatCommit([{ commitInfo }]);
}

function unknown(
  context: TableContext,
  token: string,
  version: number,
  why: string,
  cause?: unknown,
): DeltaError {
  return new DeltaError("DELTA_COMMIT_UNKNOWN", {
    what: `Cannot resolve version ${version} of ${context.url}`,
    why,
    fix: "Ask again later, and keep the data files until then",
    outcome: "unknown",
    context: { table: context.url, token, attemptedVersion: version },
    ...(cause === undefined ? {} : { cause }),
  });
}
