/**
 * Many reads at once, answers in order, never more than a few ahead.
 *
 * @module
 */

/**
 * Maps items with some calls in flight, and yields the results in the order of
 * the items. A failure ends the walk; calls already begun are left to end on
 * their own.
 *
 * @param limit How many calls may be in flight or waiting to be taken.
 */
export async function* orderedParallel<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  let next = 0;
  const begin = (): void => {
    const promise = map(items[next++]!);
    // Taken in order: until its turn comes, a failure must not be "unhandled".
    promise.catch(() => {});
    running.push(promise);
  };
  while (next < items.length && running.length < limit) begin();
  while (running.length > 0) {
    const result = await running.shift()!;
    if (next < items.length) begin();
    yield result;
  }
}
