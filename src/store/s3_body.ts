/**
 * The body of an answer, whole or not at all.
 *
 * @module
 */

import type { ByteRange, StoredObject } from "./object_store.ts";

/** The part of a GET's answer that is looked at. */
export interface BodyAnswer {
  /** The stream of bytes. */
  readonly Body?: unknown;
  /** How many bytes it is to have. */
  readonly ContentLength?: number | undefined;
  /** Which bytes of how many; undefined when the whole object is sent. */
  readonly ContentRange?: string | undefined;
}

/** The whole body, or an error: never a part of it that looks whole. */
export async function readBody(
  output: BodyAnswer,
  range: ByteRange | undefined,
  signal: AbortSignal,
  stir: () => void,
): Promise<StoredObject> {
  const length = output.ContentLength;
  const chunks: Uint8Array[] = [];
  let received = 0;
  const body = output.Body as AsyncIterable<Uint8Array> | undefined;
  if (body !== undefined) {
    for await (const chunk of body) {
      if (signal.aborted) throw signal.reason;
      stir();
      chunks.push(chunk);
      received += chunk.length;
    }
  }
  if (length !== undefined && received !== length) {
    throw new Error(`the answer was cut after ${received} of ${length} bytes`);
  }
  const bytes = new Uint8Array(received);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  const total = /\/(\d+)$/.exec(output.ContentRange ?? "")?.[1];
  if (total !== undefined) return { bytes, size: Number(total) };
  // A server may answer a range with the whole object.
  return {
    bytes: range ? bytes.slice(range.start, range.end) : bytes,
    size: received,
  };
}
