/**
 * Jobs on every core: worker threads that each take the next job when they have
 * done one.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Answer, Job, JobOf, ResultOf } from "./worker.ts";

/** How jobs are run. */
export interface PoolOptions<Kind extends Job["kind"]> {
  /** Threads; as many as there are cores by default. */
  readonly workers?: number;
  /** Told when a worker takes a job. */
  readonly onStart?: (job: JobOf<Kind>, worker: number) => void;
  /** Told of each result as it comes; `false` lets no further job begin. */
  readonly onResult?: (
    result: ResultOf<Kind>,
    job: JobOf<Kind>,
  ) => boolean | void;
}

/** As many threads as there are cores. */
export function coreCount(): number {
  return Math.max(1, availableParallelism());
}

/** Runs jobs; resolves when all that began are done, rejects when one throws. */
export async function runJobs<Kind extends Job["kind"]>(
  jobs: readonly JobOf<Kind>[],
  options: PoolOptions<Kind> = {},
): Promise<void> {
  const count = Math.min(options.workers ?? coreCount(), jobs.length);
  let next = 0;
  let isOver = false;
  const work = async (name: number): Promise<void> => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url));
    try {
      while (!isOver && next < jobs.length) {
        const job = jobs[next++]!;
        options.onStart?.(job, name);
        const result = await ask(worker, job) as ResultOf<Kind>;
        if (options.onResult?.(result, job) === false) isOver = true;
      }
    } catch (error) {
      isOver = true;
      throw error;
    } finally {
      await worker.terminate();
    }
  };
  const all = Array.from({ length: count }, (_, i) => work(i + 1));
  const ends = await Promise.allSettled(all);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

function ask(worker: Worker, job: Job): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const answered = (answer: Answer): void => {
      worker.off("error", failed);
      if ("result" in answer) resolve(answer.result);
      else reject(new Error(answer.error));
    };
    const failed = (error: Error): void => {
      worker.off("message", answered);
      reject(error);
    };
    worker.once("message", answered);
    worker.once("error", failed);
    worker.postMessage(job);
  });
}
