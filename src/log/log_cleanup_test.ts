import { assert, assertEquals } from "@std/assert";
import { virtualHost } from "../../testing/virtual_host.ts";
import type { Action, AddFile } from "../actions/action.ts";
import { formatCommit } from "../actions/commit_codec.ts";
import { parseSchema } from "../schema/schema_json.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf } from "../store/table_context.ts";
import { type CheckpointState, writeCheckpoint } from "./checkpoint_writer.ts";
import { FileBatchBuilder } from "./file_batch.ts";
import { cleanLog } from "./log_cleanup.ts";
import {
  checkpointPath,
  commitPath,
  compactionPath,
  formatVersion,
  LOG_FOLDER,
} from "./log_path.ts";

const DAY = 86_400_000;
const MIDNIGHT = 1_700_006_400_000 - (1_700_006_400_000 % DAY);
const SCHEMA =
  '{"type":"struct","fields":[{"name":"x","type":"long","nullable":true,"metadata":{}}]}';

const PROTOCOL = { minReaderVersion: 1, minWriterVersion: 2 };
const METADATA = {
  id: "t",
  format: { provider: "parquet", options: {} },
  schemaString: SCHEMA,
  partitionColumns: [],
  configuration: {},
};

function file(version: number): AddFile {
  return {
    path: `f${version}`,
    partitionValues: {},
    size: 1,
    modificationTime: 1,
    dataChange: true,
  };
}

/** A table with one commit a day from version 0 to `days`, checkpoints where asked. */
async function table(
  days: number,
  checkpoints: readonly number[],
  policy: "classic" | "v2" = "classic",
) {
  const host = virtualHost(1, MIDNIGHT + 1_000);
  const store = memoryStore(undefined, host);
  const warnings: string[] = [];
  const context = contextOf(store, { host, warn: (m) => warnings.push(m) });
  for (let version = 0; version <= days; version++) {
    if (version > 0) host.advance(DAY);
    const actions: Action[] = version === 0
      ? [{ protocol: PROTOCOL }, { metaData: METADATA }]
      : [];
    await store.putIfAbsent(
      commitPath(version),
      formatCommit([...actions, { add: file(version) }]),
    );
    if (checkpoints.includes(version)) {
      await writeCheckpoint(context, stateAt(version), {
        policy,
        statsAsJson: true,
        statsAsStruct: false,
        tombstoneRetentionMs: 7 * DAY,
      });
    }
  }
  return { host, store, context, warnings };
}

function stateAt(version: number): CheckpointState {
  const builder = new FileBatchBuilder();
  for (let v = 0; v <= version; v++) builder.add(file(v));
  return {
    version,
    protocol: PROTOCOL,
    metadata: METADATA,
    schema: parseSchema(SCHEMA),
    transactions: new Map(),
    domains: new Map(),
    files: builder.finish(),
    tombstones: [],
  };
}

async function names(store: ReturnType<typeof memoryStore>): Promise<string[]> {
  const found: string[] = [];
  for await (const { path } of store.list(`${LOG_FOLDER}/`)) {
    found.push(path.slice(LOG_FOLDER.length + 1));
  }
  return found;
}

async function commits(store: ReturnType<typeof memoryStore>) {
  return (await names(store)).filter((n) => /^\d{20}\.json$/.test(n))
    .map((n) => Number(n.slice(0, 20)));
}

Deno.test("cleanLog() keeps the cut-off checkpoint, its commit and everything after", async () => {
  // Given a commit a day for 20 days, checkpoints at 5, 10, 15 and 20,
  const { context, store } = await table(20, [5, 10, 15, 20]);
  await store.put(`${LOG_FOLDER}/${formatVersion(4)}.crc`, new Uint8Array(1));
  await store.put(`${LOG_FOLDER}/${formatVersion(11)}.crc`, new Uint8Array(1));
  await store.put(compactionPath(2, 4), new Uint8Array(1));
  await store.put(compactionPath(12, 14), new Uint8Array(1));
  // when a week is kept: the cut-off is midnight of day 13, its commit is 12,
  const deleted = await cleanLog(context, { retentionMs: 7 * DAY });
  // then the log starts at checkpoint 10.
  assertEquals(await commits(store), [
    10,
    11,
    12,
    13,
    14,
    15,
    16,
    17,
    18,
    19,
    20,
  ]);
  const left = await names(store);
  assert(!left.some((n) => n.startsWith(formatVersion(5))));
  assert(left.includes(`${formatVersion(10)}.checkpoint.parquet`));
  assert(left.includes(`${formatVersion(11)}.crc`));
  assert(!left.includes(`${formatVersion(4)}.crc`));
  assert(left.includes(compactionPath(12, 14).slice(LOG_FOLDER.length + 1)));
  assert(!left.includes(compactionPath(2, 4).slice(LOG_FOLDER.length + 1)));
  assert(left.includes("_last_checkpoint"));
  // Commits 0 to 9, checkpoint 5, one checksum, one compaction.
  assertEquals(deleted, 13);
  assertEquals(await cleanLog(context, { retentionMs: 7 * DAY }), 0);
});

Deno.test("cleanLog() deletes nothing without a checkpoint to stand on", async (t) => {
  const expectAll = async (made: Awaited<ReturnType<typeof table>>) => {
    assertEquals(await cleanLog(made.context, { retentionMs: 7 * DAY }), 0);
    assertEquals((await commits(made.store)).length, 21);
  };
  await t.step("none at all", async () => expectAll(await table(20, [])));
  await t.step(
    "only young ones",
    async () => expectAll(await table(20, [15, 20])),
  );
  await t.step("a damaged one", async () => {
    const made = await table(20, [10]);
    const whole = (await made.store.get(checkpointPath(10)))!.bytes;
    await made.store.put(checkpointPath(10), whole.slice(0, -9));
    await expectAll(made);
    assertEquals(made.warnings.length, 1);
  });
});

Deno.test("cleanLog() falls back to an older checkpoint that can be read", async () => {
  const { context, store } = await table(20, [5, 10]);
  await store.put(checkpointPath(10), new Uint8Array([1, 2, 3]));
  await cleanLog(context, { retentionMs: 7 * DAY });
  assertEquals((await commits(store))[0], 5);
});

Deno.test("cleanLog() refuses to act on a clock far from the store's", async () => {
  for (const skew of [30 * DAY, -30 * DAY]) {
    const { store, host } = await table(20, [5, 10]);
    const wrong = { ...host, now: () => host.now() + skew };
    const warnings: string[] = [];
    const context = contextOf(store, {
      host: wrong,
      warn: (m) => warnings.push(m),
    });
    assertEquals(await cleanLog(context, { retentionMs: 7 * DAY }), 0);
    assertEquals((await commits(store)).length, 21);
    assertEquals(warnings.length, 1);
    assert(!(await names(store)).some((name) => name.startsWith(".")));
  }
});

Deno.test("cleanLog() cleans a table that was idle for long", async () => {
  const { context, store, host, warnings } = await table(20, [5, 10, 20]);
  host.advance(60 * DAY);
  assert(await cleanLog(context, { retentionMs: 7 * DAY }) > 0);
  assertEquals(await commits(store), [20]);
  assertEquals(warnings, []);
});

Deno.test("cleanLog() trusts no commit that is younger than one after it", async () => {
  // Given commit 0 copied today, and the rest old by their times,
  const { context, store } = await table(20, [5, 10]);
  const zero = (await store.get(commitPath(0)))!.bytes;
  await store.put(commitPath(0), zero);
  assertEquals(await cleanLog(context, { retentionMs: 7 * DAY }), 0);
});

Deno.test("cleanLog() keeps sidecars that a checkpoint names, and young ones", async () => {
  // Given V2 checkpoints at 5, 10, 15 and 20, an old orphan and a young one,
  const { context, store, host } = await table(20, [5, 10, 15, 20], "v2");
  const orphan = `${LOG_FOLDER}/_sidecars/young.parquet`;
  await store.put(orphan, new Uint8Array(1));
  const before = (await names(store)).filter((n) => n.startsWith("_sidecars/"));
  assertEquals(before.length, 5);
  await cleanLog(context, { retentionMs: 7 * DAY });
  // then only the sidecar of checkpoint 5 is gone,
  const after = (await names(store)).filter((n) => n.startsWith("_sidecars/"));
  assertEquals(after.length, 4);
  assert(after.includes("_sidecars/young.parquet"));
  // and the orphan goes when it is old, with the sidecar of checkpoint 10.
  host.advance(3 * DAY);
  await store.putIfAbsent(commitPath(21), formatCommit([{ add: file(21) }]));
  await cleanLog(context, { retentionMs: 7 * DAY });
  const later = (await names(store)).filter((n) => n.startsWith("_sidecars/"));
  assertEquals(later.length, 2);
  assert(!later.includes("_sidecars/young.parquet"));
});
