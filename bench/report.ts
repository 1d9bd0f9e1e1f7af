/**
 * Raw samples to the figures people read: rates, medians and tails.
 *
 * @module
 */

/** What one series of a round measured. */
export interface Series {
  /** Name of the series: who and what. */
  readonly name: string;
  /** Latency of every operation in milliseconds, in the order they ran. */
  readonly samplesMs: number[];
  /** Rate of each round, operations per second. */
  readonly roundRates: number[];
  /** Store requests per operation, where they were counted. */
  requestsPerOperation?: number;
}

/** The figures of a series. */
export interface Summary {
  /** Name of the series. */
  readonly name: string;
  /** How many operations were measured. */
  readonly count: number;
  /** Operations per second: the median of the rounds. */
  readonly perSecond: number;
  /** Slowest and fastest round. */
  readonly spread: readonly [number, number];
  /** Median latency in milliseconds. */
  readonly p50Ms: number;
  /** 95th percentile in milliseconds. */
  readonly p95Ms: number;
  /** 99th percentile in milliseconds. */
  readonly p99Ms: number;
  /** Store requests per operation, where they were counted. */
  readonly requestsPerOperation: number | undefined;
}

/** The value below which a share of the samples lies (nearest rank). */
export function percentile(samples: readonly number[], share: number): number {
  if (samples.length === 0) return NaN;
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[
    Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)
  ]!;
}

/** The figures of a series. */
export function summarise(series: Series): Summary {
  return {
    name: series.name,
    count: series.samplesMs.length,
    perSecond: percentile(series.roundRates, 0.5),
    spread: [Math.min(...series.roundRates), Math.max(...series.roundRates)],
    p50Ms: percentile(series.samplesMs, 0.5),
    p95Ms: percentile(series.samplesMs, 0.95),
    p99Ms: percentile(series.samplesMs, 0.99),
    requestsPerOperation: series.requestsPerOperation,
  };
}

/** A table of summaries, aligned for a terminal. */
export function formatTable(summaries: readonly Summary[]): string[] {
  const head = [
    "series",
    "commits/s",
    "slowest–fastest round",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "requests",
    "samples",
  ];
  const rows = summaries.map((s) => [
    s.name,
    s.perSecond.toFixed(1),
    `${s.spread[0].toFixed(1)}–${s.spread[1].toFixed(1)}`,
    s.p50Ms.toFixed(2),
    s.p95Ms.toFixed(2),
    s.p99Ms.toFixed(2),
    s.requestsPerOperation === undefined
      ? ""
      : s.requestsPerOperation.toFixed(2),
    String(s.count),
  ]);
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]!.length))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)
    ).join("  ");
  return [line(head), ...rows.map(line)];
}
