/**
 * The steps that put the guarantees to the test: atomicity, consistency of
 * readers, isolation of writers, durability.
 *
 * @module
 */

import { DeltaError, DeltaTable, faultyStore } from "../../src/mod.ts";
import { SIGNALS, signals } from "./neural_signals.ts";
import {
  digestAt,
  expect,
  type Finding,
  impatientHost,
  same,
  type Stage,
  storeOf,
  withTable,
} from "./stage.ts";
import { WriterProcess } from "./writers.ts";

/**
 * An append fails at its first store call, then at its second, and so on until
 * it runs untouched: once with that call alone failing, once with all from it on;
 * once before the call takes effect, once after. After each the table holds what
 * it held, or that and the whole append.
 */
export async function atomicity(stage: Stage): Promise<Finding> {
  let sweeps = 0;
  const outcomes = { failed: 0, unknown: 0, committed: 0 };
  for (const after of [false, true]) {
    for (const lasting of [false, true]) {
      for (let call = 1;; call++) {
        stage.progress(
          `call ${call} ${
            after ? "answered with an error after" : "failing before"
          } its effect${lasting ? ", and all later ones" : ""}`,
        );
        const attempt = await failingAppend(stage, { call, after, lasting });
        if (!attempt.struck) break;
        outcomes[attempt.outcome]++;
        sweeps++;
      }
    }
  }
  return {
    measured:
      `${sweeps} failing appends: ${outcomes.failed} failed, ${outcomes.committed} committed in spite of it, ${outcomes.unknown} unknown; each left all its rows or none, as it said`,
    facts: { sweeps, outcomes },
  };
}

/** One append to a table of its own that fails at one call; the table must be as the append says. */
async function failingAppend(stage: Stage, failing: Failing) {
  const url = `${stage.base}/atomicity-${failing.call}-${
    failing.after ? "after" : "before"
  }${failing.lasting ? "-lasting" : ""}`;
  await create(stage, url, 250);
  const before = await digestAt(stage, url);
  const attempt = await appendWithFailure(stage, url, 250, failing);
  const rows = await rowsFrom(stage, url, 250, 50);
  const now = await digestAt(stage, url);
  const what = `the append whose call ${failing.call} failed ${
    failing.after ? "after" : "before"
  } its effect said ${attempt.outcome}`;
  expect(
    rows === 0 || rows === 50,
    `${what}, and ${rows} of its 50 rows are there`,
  );
  expect(
    attempt.outcome !== "committed" || rows === 50,
    `${what}, and its rows are missing`,
  );
  expect(
    attempt.outcome !== "failed" || rows === 0,
    `${what}, and its rows are there`,
  );
  expect(rows === 50 || same(before, now), `${what}, and the table changed`);
  expect(now.rows === 250 + rows, `${what}: 250 rows became ${now.rows}`);
  expect(
    attempt.struck || attempt.outcome === "committed",
    `${what}, and nothing had failed`,
  );
  return attempt;
}

/** Which call fails, and how. */
interface Failing {
  /** Number of the call, the first is 1. */
  readonly call: number;
  /** Whether it takes effect first, and only the answer is an error. */
  readonly after: boolean;
  /** Whether every later call fails too. */
  readonly lasting: boolean;
}

async function appendWithFailure(
  stage: Stage,
  url: string,
  first: number,
  failing: Failing,
) {
  const inner = await storeOf(stage, url);
  const fault = { kind: failing.after ? "after" : "before" } as const;
  const store = faultyStore(
    inner,
    ({ ordinal }) =>
      ordinal === failing.call || (failing.lasting && ordinal > failing.call)
        ? fault
        : undefined,
  );
  const attempt = async (): Promise<"committed" | "failed" | "unknown"> => {
    try {
      const table = await DeltaTable.open(url, {
        store,
        host: impatientHost(),
        onWarning: () => {},
      });
      await table.append(signals(first, 50));
      return "committed";
    } catch (error) {
      if (error instanceof DeltaError) return error.outcome;
      throw error;
    }
  };
  const outcome = await attempt();
  await inner.close?.();
  return { outcome, struck: store.injected.length > 0 };
}

/** Readers read all the while that a writer appends: only whole commits, never an older version after a newer one. */
export async function consistency(stage: Stage): Promise<Finding> {
  const url = `${stage.base}/consistency`;
  await create(stage, url, 40);
  let writing = true;
  const versions = new Set<number>();
  const read = async (): Promise<number> => {
    let reads = 0;
    let newest = -1;
    while (writing || reads === 0) {
      await withTable(stage, url, async (table) => {
        const rows = await rowCount(table);
        expect(
          rows === 40 * (table.version + 1),
          `a reader of version ${table.version} saw ${rows} rows, wanted ${
            40 * (table.version + 1)
          }`,
        );
        expect(
          table.version >= newest,
          `a reader saw version ${table.version} after ${newest}`,
        );
        newest = table.version;
        versions.add(table.version);
      });
      reads++;
    }
    return reads;
  };
  const write = async (): Promise<void> => {
    try {
      await withTable(stage, url, async (table) => {
        for (let i = 1; i <= 25; i++) {
          stage.progress(`append ${i} of 25`);
          await table.append(signals(i * 40, 40));
        }
      });
    } finally {
      writing = false;
    }
  };
  const [, ...reads] = await Promise.all([write(), read(), read(), read()]);
  const total = (reads as number[]).reduce((a, b) => a + b, 0);
  return {
    measured:
      `3 readers read ${total} times during 25 appends: ${versions.size} versions seen, each whole, none going back`,
    facts: { reads: total, versionsSeen: versions.size },
  };
}

/** Eight writers in one process, five appends each. */
export async function isolationInProcess(stage: Stage): Promise<Finding> {
  const url = `${stage.base}/isolation`;
  await create(stage, url, 10);
  const writers = Array.from({ length: 8 }, (_, i) => i);
  const reports = await Promise.all(
    writers.map((writer) =>
      withTable(stage, url, async (table) => {
        const mine = [];
        for (let i = 0; i < 5; i++) {
          mine.push(
            await table.append(
              signals(1000 + writer * 100 + i * 10, 10, `writer-${writer}`),
            ),
          );
        }
        return mine;
      })
    ),
  );
  const versions = reports.flat().map((report) => report.version);
  const attempts = reports.flat().reduce(
    (sum, report) => sum + report.attempts,
    0,
  );
  await expectEveryCommit(stage, url, versions, 10, writers.length * 5, 10);
  return {
    measured:
      `8 writers in one process: 40 appends, 40 versions of their own, 410 rows each once, ${attempts} attempts`,
    facts: { versions: versions.length, attempts },
  };
}

/** Four writers in processes of their own, started together. */
export async function isolationOfProcesses(stage: Stage): Promise<Finding> {
  const url = `${stage.processBase}/processes`;
  await create(stage, url, 10);
  const batches = 8;
  const writers = Array.from({ length: 4 }, (_, i) =>
    new WriterProcess({
      url,
      storage: stage.storage,
      session: `process-${i}`,
      firstRow: 10_000 * (i + 1),
      batches,
      rowsPerBatch: 10,
    }));
  stage.progress("starting 4 processes");
  await Promise.all(writers.map((writer) => writer.ready()));
  stage.progress("4 processes write");
  await Promise.all(writers.map((writer) => writer.start()));
  const ends = await Promise.all(writers.map((writer) => writer.ended()));
  const failed = ends.find((end) => !end.success);
  expect(
    failed === undefined,
    `a writer process failed: ${failed?.stderr.slice(0, 500)}`,
  );
  const acknowledged = writers.flatMap((writer) => writer.acknowledged);
  const attempts = acknowledged.reduce((sum, ack) => sum + ack.attempts, 0);
  await expectEveryCommit(
    stage,
    url,
    acknowledged.map((ack) => ack.version),
    10,
    4 * batches,
    10,
  );
  return {
    measured:
      `4 processes: ${acknowledged.length} appends, as many versions, each row once, ${attempts} attempts${
        where(stage)
      }`,
    facts: { versions: acknowledged.length, attempts },
  };
}

/**
 * What was acknowledged is there when the table is opened from the store alone,
 * and a writer that is killed leaves whole commits and nothing else.
 */
export async function durability(stage: Stage): Promise<Finding> {
  const url = `${stage.processBase}/durability`;
  await create(stage, url, 10);
  let acknowledged = 0;
  let commits = 0;
  const rounds = 6;
  for (let round = 0; round < rounds; round++) {
    const writer = new WriterProcess({
      url,
      storage: stage.storage,
      session: `killed-${round}`,
      firstRow: 100_000 * (round + 1),
      batches: 10_000,
      rowsPerBatch: 10,
    });
    stage.progress(`killing writer ${round + 1} of ${rounds}`);
    await writer.ready();
    await writer.start();
    await writer.acknowledgedAtLeast(1 + round * 2);
    await new Promise((resolve) => setTimeout(resolve, (round * 7) % 20));
    writer.kill();
    await writer.ended();
    const landed = await sessionBatches(stage, url, `killed-${round}`, 10);
    expect(
      landed.whole >= writer.acknowledged.length &&
        landed.whole <= writer.acknowledged.length + 1 && landed.torn === 0,
      `a writer was killed after ${writer.acknowledged.length} acknowledged appends: ${landed.whole} whole and ${landed.torn} torn are there`,
    );
    acknowledged += writer.acknowledged.length;
    commits += landed.whole;
  }
  const digest = await digestAt(stage, url);
  expect(
    digest.rows === 10 + commits * 10,
    `${digest.rows} rows after ${commits} commits of 10`,
  );
  return {
    measured:
      `${rounds} writers killed: ${acknowledged} acknowledged appends all there, ${
        commits - acknowledged
      } unacknowledged landed whole, none torn${where(stage)}`,
    facts: { rounds, acknowledged, commits },
  };
}

const where = (stage: Stage): string =>
  stage.processBase === stage.base
    ? ""
    : " (in a temporary folder: processes cannot share memory)";

async function create(stage: Stage, url: string, rows: number): Promise<void> {
  const table = await DeltaTable.create(url, {
    storage: stage.storage,
    schema: SIGNALS,
    data: signals(0, rows),
  });
  await table.close();
}

/** Every acknowledged version is one of its own, without gaps, and every row is there once. */
async function expectEveryCommit(
  stage: Stage,
  url: string,
  versions: readonly number[],
  firstRows: number,
  commits: number,
  rowsEach: number,
): Promise<void> {
  const sorted = [...versions].sort((a, b) => a - b);
  expect(
    sorted.length === commits &&
      sorted.every((version, i) => version === i + 1),
    `the acknowledged versions are ${
      sorted.join(", ")
    }; wanted 1 to ${commits}`,
  );
  await withTable(stage, url, async (table) => {
    expect(
      table.version === commits,
      `the table is at version ${table.version}, wanted ${commits}`,
    );
    const stamps = new Set<unknown>();
    let rows = 0;
    for await (const row of table.rows({ columns: ["timestamp"] })) {
      stamps.add(row.timestamp);
      rows++;
    }
    const wanted = firstRows + commits * rowsEach;
    expect(
      rows === wanted && stamps.size === wanted,
      `${rows} rows, ${stamps.size} different; wanted ${wanted}`,
    );
  });
}

async function rowCount(table: DeltaTable): Promise<number> {
  let rows = 0;
  for await (const batch of table.scan({ columns: ["channel"] })) {
    rows += batch.numRows;
  }
  return rows;
}

/** How many of the rows from `first` on are in the table. */
async function rowsFrom(
  stage: Stage,
  url: string,
  first: number,
  count: number,
): Promise<number> {
  const wanted = new Set(signals(first, count).map((row) => row.timestamp));
  return await withTable(stage, url, async (table) => {
    let found = 0;
    for await (const row of table.rows({ columns: ["timestamp"] })) {
      if (wanted.has(row.timestamp!)) found++;
    }
    return found;
  });
}

/** How many whole and how many torn batches a session left. */
async function sessionBatches(
  stage: Stage,
  url: string,
  session: string,
  rowsPerBatch: number,
) {
  return await withTable(stage, url, async (table) => {
    const stamps: bigint[] = [];
    for await (
      const row of table.rows({ columns: ["timestamp", "session_id"] })
    ) {
      if (row.session_id === session) stamps.push(row.timestamp as bigint);
    }
    stamps.sort((a, b) => a < b ? -1 : 1);
    const distinct = new Set(stamps).size;
    const whole = Math.floor(stamps.length / rowsPerBatch);
    return {
      whole,
      torn: stamps.length - whole * rowsPerBatch + (stamps.length - distinct),
    };
  });
}
