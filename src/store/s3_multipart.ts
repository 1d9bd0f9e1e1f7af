/**
 * Writes a large object in parts: all of it becomes visible at the last request,
 * or nothing does.
 *
 * @module
 */

import type { CreateOutcome } from "./object_store.ts";
import { causeOf, type S3Failure } from "./s3_answer.ts";
import type { Attempt, Repeated } from "./s3_call.ts";

/** The four requests of an upload; `Part` is what the service wants to see again. */
export interface MultipartRequests<Part> {
  /** Begins; gives the upload's id. */
  begin(signal: AbortSignal | undefined): Promise<Repeated<string>>;
  /** Sends one part; numbers start at 1. */
  send(
    id: string,
    number: number,
    bytes: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<Repeated<Part>>;
  /** Puts the parts together: the moment of effect. */
  complete(
    id: string,
    parts: readonly Part[],
    signal: AbortSignal | undefined,
  ): Promise<Repeated<void>>;
  /** Drops the upload and its parts. */
  abandon(id: string): Promise<Repeated<void>>;
}

/** Most parts that an upload may have. */
const MAX_PARTS = 10_000;
const AT_A_TIME = 4;

/** Uploads; whatever fails, the parts are dropped again as far as the service lets us. */
export async function uploadInParts<Part>(
  requests: MultipartRequests<Part>,
  bytes: Uint8Array,
  partBytes: number,
  signal: AbortSignal | undefined,
): Promise<Repeated<void>> {
  const begun = await requests.begin(signal);
  // An upload that was begun and never completed has no effect on any object.
  if (!begun.done) return { ...begun, ambiguous: false };
  const id = begun.value;
  const sent = await sendParts(requests, id, bytes, partBytes, signal);
  if (!sent.done) {
    await requests.abandon(id);
    return { ...sent, ambiguous: false };
  }
  const completed = await requests.complete(id, sent.value, signal);
  if (!completed.done) await requests.abandon(id);
  return completed;
}

/**
 * Creates in parts: the condition binds at the last request alone, whose failure
 * is what `outcomeOf` tells of. Where an earlier one failed there is no object,
 * and never will be.
 */
export async function createInParts<Part>(
  requests: MultipartRequests<Part>,
  bytes: Uint8Array,
  partBytes: number,
  signal: AbortSignal | undefined,
  outcomeOf: (failure: S3Failure) => CreateOutcome,
): Promise<CreateOutcome> {
  let isCompleting = false;
  const answer = await uploadInParts(
    {
      ...requests,
      complete: (id, parts, ended) => {
        isCompleting = true;
        return requests.complete(id, parts, ended);
      },
    },
    bytes,
    partBytes,
    signal,
  );
  if (answer.done) return { kind: "created" };
  if (isCompleting) return outcomeOf(answer.failure);
  return {
    kind: "rejected",
    reason: answer.failure.text,
    cause: causeOf(answer.failure),
  };
}

async function sendParts<Part>(
  requests: MultipartRequests<Part>,
  id: string,
  bytes: Uint8Array,
  partBytes: number,
  signal: AbortSignal | undefined,
): Promise<Attempt<Part[]>> {
  const size = Math.max(partBytes, Math.ceil(bytes.length / MAX_PARTS));
  const count = Math.ceil(bytes.length / size);
  const parts = new Array<Part>(count);
  const stop = new AbortController();
  const both = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  let failed: (Attempt<never> & { done: false }) | undefined;
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count && failed === undefined) {
      const i = next++;
      const part = bytes.subarray(i * size, (i + 1) * size);
      const sent = await requests.send(id, i + 1, part, both);
      if (sent.done) {
        parts[i] = sent.value;
      } else if (failed === undefined) {
        failed = { done: false, failure: sent.failure };
        stop.abort(new Error("another part failed"));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_A_TIME, count) }, work));
  return failed ?? { done: true, value: parts };
}
