/**
 * How many commits a second can one writer make, and how far is that from what
 * the store allows?
 *
 * In every round, in shuffled order: appends of 1 row and of 10,000 rows, the
 * same appends with a checkpoint every 10 commits, and the raw limit: one PUT of
 * a file of the same size and then one conditional PUT of a commit of the same
 * size, through the very store object that the engine uses. Where Python has
 * `deltalake`, it appends the same rows in the same rounds.
 *
 * @module
 */

import {
  DeltaTable,
  type ObjectStore,
  openStore,
  tracedStore,
} from "../mod.ts";
import {
  type DeltalakePeer,
  startDeltalakePeer,
} from "./peers/deltalake_peer.ts";
import { formatTable, type Series, summarise, type Summary } from "./report.ts";
import { NEURAL_SCHEMA, neuralTable } from "./workloads.ts";

/** What a run measures. */
export interface CommitBenchOptions {
  /** Location under which the run makes a folder of its own. */
  readonly store: string;
  /** Storage options, as for `DeltaTable.open`. */
  readonly storage: Record<string, string>;
  /** Interleaved rounds; one more is run first and thrown away. */
  readonly rounds: number;
  /** Commits of 1 row per round; of 10,000 rows a third of it. */
  readonly commitsPerRound: number;
  /** Rows of the large appends. */
  readonly largeRows: number;
  /** Python with `deltalake`; without one the peer is left out. */
  readonly python: string | undefined;
  /** Told what is going on. */
  readonly progress: (text: string) => void;
}

/** What a run measured. */
export interface CommitBenchResult {
  /** Figures of every series. */
  readonly summaries: readonly Summary[];
  /** Raw samples of every series. */
  readonly series: readonly Series[];
  /** Engine over raw limit, the median of the rounds' ratios, by size of append. */
  readonly ratios: Readonly<Record<string, number>>;
  /** The peer's name and version, where one ran. */
  readonly peer: string | undefined;
  /** What was checked of the tables that the run wrote. */
  readonly checks: readonly string[];
}

interface Contender {
  readonly series: Series;
  readonly commits: number;
  run(): Promise<number[]>;
}

/** Runs the bench and cleans up after itself. */
export async function commitBench(
  options: CommitBenchOptions,
): Promise<CommitBenchResult> {
  const folder = `${
    options.store.replace(/\/+$/, "")
  }/litmus-bench-${crypto.randomUUID()}`;
  const sizes = [1, options.largeRows];
  const contenders: Contender[] = [];
  const checks: (() => Promise<string>)[] = [];
  const stores: ObjectStore[] = [];
  let peer: DeltalakePeer | undefined;
  try {
    if (options.python !== undefined) {
      peer = await startDeltalakePeer(options.python, options.storage);
    }
    for (const rows of sizes) {
      const commits = Math.max(
        1,
        Math.round(options.commitsPerRound / (rows === 1 ? 1 : 3)),
      );
      const plain = await engine(
        options,
        `${folder}/append-${rows}`,
        rows,
        commits,
        1_000_000,
      );
      const checkpointing = await engine(
        options,
        `${folder}/checkpoint-${rows}`,
        rows,
        commits,
        10,
      );
      contenders.push(
        plain.contender,
        checkpointing.contender,
        rawLimit(plain.store, plain.sizes, rows, commits),
      );
      checks.push(plain.check, checkpointing.check);
      stores.push(plain.store, checkpointing.store);
      if (peer) {
        contenders.push(
          await peerContender(peer, `${folder}/peer-${rows}`, rows, commits),
        );
      }
    }
    for (let round = 0; round <= options.rounds; round++) {
      for (const contender of shuffled(contenders)) {
        options.progress(
          `round ${round} of ${options.rounds}: ${contender.series.name}`,
        );
        const samples = await contender.run();
        if (round === 0) continue; // warm-up
        contender.series.samplesMs.push(...samples);
        contender.series.roundRates.push(
          samples.length / (sum(samples) / 1000),
        );
      }
    }
    const series = contenders.map((contender) => contender.series);
    const done: string[] = [];
    for (const check of checks) done.push(await check());
    return {
      summaries: series.map(summarise),
      series,
      ratios: Object.fromEntries(
        sizes.map((rows) => [`${rows} rows`, ratio(series, rows)]),
      ),
      peer: peer?.name,
      checks: done,
    };
  } finally {
    await peer?.stop();
    await removeFolder(folder, options.storage);
    for (const store of stores) await store.close?.();
  }
}

/** The table of a run and the line of two numbers. */
export function formatResult(result: CommitBenchResult): string[] {
  const lines = formatTable(result.summaries);
  lines.push("");
  for (const [size, value] of Object.entries(result.ratios)) {
    lines.push(
      `appends of ${size}: ${
        value.toFixed(2)
      } of the raw limit (median of the rounds)`,
    );
  }
  lines.push(...result.checks);
  const canonical = result.summaries[0]!;
  lines.push(
    `${canonical.perSecond.toFixed(1)} commits/s, p99 ${
      canonical.p99Ms.toFixed(2)
    } ms (${canonical.name})`,
  );
  return lines;
}

async function engine(
  options: CommitBenchOptions,
  url: string,
  rows: number,
  commits: number,
  checkpointInterval: number,
) {
  const store = tracedStore(await openStore(url, { storage: options.storage }));
  const table = await DeltaTable.create(url, {
    store,
    schema: NEURAL_SCHEMA,
    properties: { "delta.checkpointInterval": String(checkpointInterval) },
  });
  let seed = 0;
  const first = await table.append(neuralTable(rows, seed++));
  const [file] = await Array.fromAsync(table.files());
  const commit = await store.head(
    `_delta_log/${String(first.version).padStart(20, "0")}.json`,
  );
  if (!file || !commit) {
    throw new Error(`the first append of ${url} left no trace`);
  }
  const every = checkpointInterval > 1000
    ? "no checkpoint"
    : `checkpoint every ${checkpointInterval}`;
  const series: Series = {
    name: `litmus, ${label(rows)}, ${every}`,
    samplesMs: [],
    roundRates: [],
  };
  let appended = 1;
  const contender: Contender = {
    series,
    commits,
    async run() {
      const batches = Array.from(
        { length: commits },
        () => neuralTable(rows, seed++),
      );
      store.reset();
      const samples = await timed(batches, (batch) => table.append(batch));
      series.requestsPerOperation = store.calls.length / commits;
      appended += commits;
      return samples;
    },
  };
  return {
    store,
    sizes: { data: file.size, commit: commit.size },
    contender,
    async check() {
      const reopened = await DeltaTable.open(url, { storage: options.storage });
      const count = await reopened.count();
      if (count !== appended * rows) {
        throw new Error(
          `${url} holds ${count} rows after ${appended} appends of ${rows}: the run is void`,
        );
      }
      await reopened.close();
      return `checked: ${series.name}: ${count} rows after ${appended} appends`;
    },
  };
}

function rawLimit(
  store: ObjectStore,
  sizes: { readonly data: number; readonly commit: number },
  rows: number,
  commits: number,
): Contender {
  const data = crypto.getRandomValues(
    new Uint8Array(Math.min(sizes.data, 65_536)),
  );
  const file = new Uint8Array(sizes.data).map((_, i) => data[i % data.length]!);
  const commit = new Uint8Array(sizes.commit).fill(0x20);
  let next = 0;
  return {
    series: {
      name:
        `raw limit, PUT ${sizes.data} B + conditional PUT ${sizes.commit} B`,
      samplesMs: [],
      roundRates: [],
      requestsPerOperation: 2,
    },
    commits,
    run() {
      const turns = Array.from({ length: commits }, () => next++);
      return timed(turns, async (turn) => {
        const put = await store.put(`_raw/data-${rows}-${turn}`, file);
        const created = await store.putIfAbsent(
          `_raw/commit-${rows}-${turn}`,
          commit,
        );
        if (put.kind !== "written" || created.kind !== "created") {
          throw new Error(
            `the raw limit was answered ${put.kind} and ${created.kind}`,
          );
        }
      });
    },
  };
}

async function peerContender(
  peer: DeltalakePeer,
  url: string,
  rows: number,
  commits: number,
): Promise<Contender> {
  await peer.create(url, rows);
  return {
    series: {
      name: `${peer.name}, ${label(rows)}, warm handle`,
      samplesMs: [],
      roundRates: [],
    },
    commits,
    run: () => peer.append(url, commits),
  };
}

async function timed<T>(
  turns: readonly T[],
  act: (turn: T) => Promise<unknown>,
): Promise<number[]> {
  const samples: number[] = [];
  for (const turn of turns) {
    const start = performance.now();
    await act(turn);
    samples.push(performance.now() - start);
  }
  return samples;
}

function ratio(series: readonly Series[], rows: number): number {
  const ours = series.find((s) =>
    s.name === `litmus, ${label(rows)}, no checkpoint`
  )!;
  const raw = series[series.indexOf(ours) + 2]!;
  const ratios = ours.roundRates.map((rate, i) => rate / raw.roundRates[i]!)
    .sort((a, b) => a - b);
  return ratios[Math.floor((ratios.length - 1) / 2)]!;
}

async function removeFolder(
  folder: string,
  storage: Record<string, string>,
): Promise<void> {
  const store = await openStore(folder, { storage });
  const paths: string[] = [];
  for await (const object of store.list("")) paths.push(object.path);
  await store.delete(paths);
  await store.close?.();
}

const label = (rows: number) => rows === 1 ? "1 row" : `${rows} rows`;
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

function shuffled<T>(values: readonly T[]): T[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
