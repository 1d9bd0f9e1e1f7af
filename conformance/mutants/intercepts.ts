/**
 * Defects planted between the suite and the engine.
 *
 * @module
 */

import type { JsonRow, Reply } from "../engine_adapter.ts";

/** Writes rows in a commit each, and answers as for one. */
export async function oneByOne(
  rows: readonly JsonRow[],
  write: (rows: readonly JsonRow[]) => Promise<Reply>,
): Promise<Reply> {
  let last: Reply = { ok: true, committed: false };
  for (const row of rows) {
    last = await write([row]);
    if (!last.ok) return last;
  }
  return last;
}

/** Opens, and then opens the version before what was found. */
export async function openBefore(
  open: () => Promise<Reply>,
  openAt: (version: number) => Promise<Reply>,
): Promise<Reply> {
  const found = await open();
  if (!found.ok || !found.version) return found;
  return await openAt(found.version - 1);
}

/** Says which version a handle is at, without looking for a newer one. */
export async function fromCache(read: () => Promise<Reply>): Promise<Reply> {
  const found = await read();
  return found.ok && found.version !== undefined
    ? { ok: true, version: found.version }
    : found;
}
