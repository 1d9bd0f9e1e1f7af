/**
 * The steps that tell the main table's story: basic operations, time travel,
 * schema evolution, overwrite, checkpoint, and that no earlier version changed.
 *
 * @module
 */

import { DeltaError, DeltaTable, type ObjectStore } from "../../src/mod.ts";
import {
  SIGNALS,
  signals,
  SIGNALS_WITH_TEMPERATURE,
  signalsWithTemperature,
} from "./neural_signals.ts";
import {
  digestAt,
  digestOf,
  expect,
  type Finding,
  mainTable,
  same,
  type Stage,
  storeOf,
  withTable,
} from "./stage.ts";

/** Creates the table with 250 rows and appends five times: versions 0 to 5, 250 to 900 rows. */
export async function basicOperations(stage: Stage): Promise<Finding> {
  const url = mainTable(stage);
  const table = await DeltaTable.create(url, {
    storage: stage.storage,
    schema: SIGNALS,
    data: signals(0, 250),
  });
  const seen: [number, number][] = [[table.version, await table.count()]];
  let next = 250;
  for (const count of [200, 150, 150, 100, 50]) {
    const report = await table.append(signals(next, count));
    next += count;
    seen.push([report.version, await table.count()]);
  }
  await table.close();
  const wanted = [[0, 250], [1, 450], [2, 600], [3, 750], [4, 850], [5, 900]];
  expect(
    JSON.stringify(seen) === JSON.stringify(wanted),
    `versions and rows are ${JSON.stringify(seen)}, wanted ${
      JSON.stringify(wanted)
    }`,
  );
  for (const [version, rows] of seen) {
    const digest = await digestAt(stage, url, version);
    expect(
      digest.rows === rows,
      `version ${version} reads ${digest.rows} rows, wanted ${rows}`,
    );
    stage.versions.set(version, digest);
  }
  return {
    measured:
      `6 versions (0 to 5), 250 to 900 rows, 8 columns; 3→4 took 750 to 850 rows`,
    facts: { versions: seen },
  };
}

/** Opens every version by number and by time. */
export async function timeTravel(stage: Stage): Promise<Finding> {
  const url = mainTable(stage);
  return await withTable(stage, url, async (table) => {
    const times: { version: number; timestamp: number }[] = [];
    for await (const commit of table.history()) {
      times.push({ version: commit.version, timestamp: commit.timestamp });
    }
    times.sort((a, b) => a.version - b.version);
    for (const { version, timestamp } of times) {
      stage.progress(`version ${version}`);
      const byTime = await table.at({ timestamp });
      expect(
        byTime.version === version,
        `the time of version ${version} finds version ${byTime.version}`,
      );
      expect(
        same(await digestOf(byTime), stage.versions.get(version)!),
        `version ${version} reads otherwise than when it was written`,
      );
    }
    const beyond = times.at(-1)!.version + 1;
    await expectError(
      () => table.at({ version: beyond }),
      "DELTA_VERSION_NOT_FOUND",
    );
    await expectError(
      () => table.at({ timestamp: times[0]!.timestamp - 60_000 }),
      "DELTA_TIMESTAMP_OUT_OF_RANGE",
    );
    return {
      measured:
        `${times.length} versions by number and by time, each as it was written; outside the history refused`,
      facts: { times },
    };
  });
}

/** Appends rows that have a ninth column: version 6. */
export async function schemaEvolution(stage: Stage): Promise<Finding> {
  const url = mainTable(stage);
  return await withTable(stage, url, async (table) => {
    await expectError(
      () => table.append(signalsWithTemperature(900, 50)),
      "DELTA_SCHEMA_MISMATCH",
    );
    const report = await table.append(signalsWithTemperature(900, 50), {
      mergeSchema: true,
    });
    expect(
      report.version === 6,
      `the append that adds a column made version ${report.version}, wanted 6`,
    );
    const names = table.schema.fields.map((field) => field.name);
    expect(
      names.length === 9 && names[8] === "temperature",
      `the columns are ${names.join(", ")}`,
    );
    const digest = await digestAt(stage, url);
    let withValue = 0;
    for await (const row of table.rows({ columns: ["temperature"] })) {
      if (row.temperature !== null) withValue++;
    }
    expect(
      digest.rows === 950 && withValue === 50,
      `${digest.rows} rows, ${withValue} with a temperature; wanted 950 and 50`,
    );
    stage.versions.set(6, digest);
    return {
      measured:
        `version 6 has 9 columns and 950 rows, 900 of them null in the new one; without mergeSchema refused`,
      facts: { version: 6, columns: names },
    };
  });
}

/** Replaces the contents: version 7. */
export async function overwrite(stage: Stage): Promise<Finding> {
  const url = mainTable(stage);
  return await withTable(stage, url, async (table) => {
    const report = await table.overwrite(signalsWithTemperature(10_000, 120));
    expect(
      report.version === 7,
      `the overwrite made version ${report.version}, wanted 7`,
    );
    const digest = await digestAt(stage, url);
    const wanted = SIGNALS_WITH_TEMPERATURE.fields.length;
    expect(
      digest.rows === 120 && table.schema.fields.length === wanted,
      `${digest.rows} rows in ${table.schema.fields.length} columns`,
    );
    stage.versions.set(7, digest);
    return {
      measured: `version 7 holds the 120 new rows and no other`,
      facts: { version: 7, rows: 120 },
    };
  });
}

/** A checkpoint changes nothing: read with it, and with every checkpoint hidden. */
export async function checkpointEquivalence(stage: Stage): Promise<Finding> {
  const url = mainTable(stage);
  await withTable(stage, url, (table) => table.checkpoint());
  const store = await storeOf(stage, url);
  const names: string[] = [];
  for await (const object of store.list("_delta_log/")) names.push(object.path);
  const checkpoints = names.filter((name) => name.includes(".checkpoint."));
  expect(checkpoints.length > 0, "no checkpoint was written");
  const withCheckpoint = await digestAt(stage, url);
  const table = await DeltaTable.open(url, {
    store: withoutCheckpoints(store),
  });
  const without = await digestOf(table.snapshot);
  await table.close();
  await store.close?.();
  expect(
    same(withCheckpoint, without),
    "the table reads otherwise from its checkpoint than from its commits",
  );
  expect(
    same(withCheckpoint, stage.versions.get(7)!),
    "the checkpoint changed the table",
  );
  return {
    measured:
      `${checkpoints.length} checkpoint, ${withCheckpoint.rows} rows from it as from the commits alone`,
    facts: { checkpoints },
  };
}

/** Every version still reads as it did when it was written. */
export async function earlierVersions(stage: Stage): Promise<Finding> {
  const url = mainTable(stage);
  for (const [version, digest] of stage.versions) {
    stage.progress(`version ${version}`);
    expect(
      same(await digestAt(stage, url, version), digest),
      `version ${version} reads otherwise than when it was written`,
    );
  }
  return {
    measured: `${stage.versions.size} versions read as when they were written`,
    facts: { versions: Object.fromEntries(stage.versions) },
  };
}

/** The same store with checkpoints and their hint out of sight. */
function withoutCheckpoints(store: ObjectStore): ObjectStore {
  const hidden = (path: string) =>
    path.includes(".checkpoint.") || path.endsWith("_last_checkpoint");
  return {
    url: store.url,
    capabilities: store.capabilities,
    get: (path, options) =>
      hidden(path) ? Promise.resolve(undefined) : store.get(path, options),
    head: (path, options) =>
      hidden(path) ? Promise.resolve(undefined) : store.head(path, options),
    async *list(prefix, options) {
      for await (const object of store.list(prefix, options)) {
        if (!hidden(object.path)) yield object;
      }
    },
    put: (path, bytes, options) => store.put(path, bytes, options),
    putIfAbsent: (path, bytes, options) =>
      store.putIfAbsent(path, bytes, options),
    delete: (paths, options) => store.delete(paths, options),
  };
}

async function expectError(
  act: () => Promise<unknown>,
  code: string,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof DeltaError && error.code === code) return;
    throw error;
  }
  expect(false, `nothing was refused, wanted ${code}`);
}
