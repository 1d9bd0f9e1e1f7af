import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Script, scriptedStore } from "../../testing/scripted_store.ts";
import { virtualHost } from "../../testing/virtual_host.ts";
import type { Action, AddFile, RemoveFile } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import { parseSchema } from "../schema/schema_json.ts";
import { memoryStore } from "../store/memory_store.ts";
import { bytesSource } from "../parquet/byte_source.ts";
import { readFooter } from "../parquet/footer.ts";
import { contextOf, readBytes } from "../store/table_context.ts";
import {
  readCheckpointCore,
  readCheckpointFiles,
  readCheckpointTombstones,
} from "./checkpoint_reader.ts";
import {
  type CheckpointOptions,
  type CheckpointState,
  writeCheckpoint,
} from "./checkpoint_writer.ts";
import { fileAt, FileBatchBuilder } from "./file_batch.ts";
import { LAST_CHECKPOINT_PATH } from "./log_path.ts";

const DAY = 86_400_000;
const NOW = 1_700_000_000_000;
const SCHEMA = JSON.stringify({
  type: "struct",
  fields: [
    { name: "p", type: "date", nullable: true, metadata: {} },
    { name: "x", type: "long", nullable: true, metadata: {} },
    { name: "d", type: "decimal(20,2)", nullable: true, metadata: {} },
  ],
});
const CLASSIC: CheckpointOptions = {
  policy: "classic",
  statsAsJson: true,
  statsAsStruct: false,
  tombstoneRetentionMs: 7 * DAY,
};

function add(i: number): AddFile {
  return {
    path: `f${i}`,
    partitionValues: { p: i % 2 ? null : "2024-02-29" },
    size: i,
    modificationTime: NOW,
    dataChange: true,
    stats:
      `{"numRecords":1,"minValues":{"x":${i},"d":1.5},"maxValues":{"x":9007199254740993,"d":123456789012345678.25},"nullCount":{"x":0,"d":0}}`,
    ...(i % 3 === 0 ? { tags: { a: "b" } } : {}),
    ...(i % 5 === 0 ? { baseRowId: i, defaultRowCommitVersion: 2 } : {}),
  };
}

function state(
  over: Partial<CheckpointState> = {},
  files = 20,
): CheckpointState {
  const builder = new FileBatchBuilder();
  for (let i = 0; i < files; i++) builder.add(add(i));
  return {
    version: 7,
    protocol: { minReaderVersion: 1, minWriterVersion: 2 },
    metadata: {
      id: "t",
      format: { provider: "parquet", options: {} },
      schemaString: SCHEMA,
      partitionColumns: ["p"],
      configuration: { k: "v" },
    },
    schema: parseSchema(SCHEMA),
    transactions: new Map([["a", { appId: "a", version: 9, lastUpdated: 3 }]]),
    domains: new Map(),
    files: builder.finish((i) => i === 4),
    tombstones: [],
    ...over,
  };
}

function context(decide: (name: string) => Script = () => "ok") {
  const host = virtualHost(1, NOW);
  const store = scriptedStore(
    memoryStore(undefined, host),
    (call) => decide(`${call.name} ${call.path}`),
  );
  return contextOf(store, { host, warn: () => {} });
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

function byPath(a: AddFile, b: AddFile): number {
  return a.size - b.size;
}

Deno.test("writeCheckpoint() keeps every file as it was, dead rows left out", async (t) => {
  const plans: [string, Partial<CheckpointOptions>][] = [
    ["classic", {}],
    ["classic, both statistics", { statsAsStruct: true }],
    ["V2", { policy: "v2" }],
    ["V2 with a classic name", { policy: "v2", classicName: true }],
  ];
  for (const [name, over] of plans) {
    await t.step(name, async () => {
      const table = context();
      const written = await writeCheckpoint(table, state(), {
        ...CLASSIC,
        ...over,
      });
      const batches = await all(readCheckpointFiles(table, written.checkpoint));
      const files = batches.flatMap((b) =>
        Array.from(b.rows, (r) => fileAt(b, r))
      );
      const expected = Array.from({ length: 20 }, (_, i) => add(i))
        .filter((_, i) => i !== 4);
      assertEquals(files.sort(byPath), expected);
      assertEquals(written.numOfAddFiles, 19);
    });
  }
});

Deno.test("writeCheckpoint() keeps every digit in statistics that are only a struct", async () => {
  const table = context();
  const written = await writeCheckpoint(table, state(), {
    ...CLASSIC,
    statsAsJson: false,
    statsAsStruct: true,
  });
  const [batch] = await all(readCheckpointFiles(table, written.checkpoint));
  assertEquals(
    fileAt(batch!, batch!.rows[3]!).stats,
    '{"numRecords":1,"minValues":{"x":3,"d":1.50},"maxValues":{"x":9007199254740993,"d":123456789012345678.25},"nullCount":{"x":0,"d":0}}',
  );
});

Deno.test("writeCheckpoint() keeps protocol, metadata, transactions and domains", async () => {
  const table = context();
  const domain = { domain: "d", configuration: "{}", removed: false };
  const given = state({ domains: new Map([["d", domain]]) });
  const written = await writeCheckpoint(table, given, CLASSIC);
  const core = await readCheckpointCore(table, written.checkpoint);
  const has = (action: Action) =>
    assert(
      core.some((a) => JSON.stringify(a) === JSON.stringify(action)),
      JSON.stringify(core),
    );
  has({ protocol: given.protocol });
  has({ txn: { appId: "a", version: 9, lastUpdated: 3 } });
  has({ domainMetadata: domain });
  assertEquals(core.find((a) => "metaData" in a), { metaData: given.metadata });
});

Deno.test("writeCheckpoint() leaves out what has expired", async () => {
  const table = context();
  const remove = (path: string, age: number): RemoveFile => ({
    path,
    dataChange: true,
    deletionTimestamp: NOW - age,
    stats: "{}",
    tags: { a: "b" },
  });
  const given = state({
    tombstones: [
      remove("young", DAY),
      remove("old", 8 * DAY),
      { path: "undated", dataChange: true },
    ],
    transactions: new Map([
      ["young", { appId: "young", version: 1, lastUpdated: NOW - DAY }],
      ["old", { appId: "old", version: 1, lastUpdated: NOW - 3 * DAY }],
      ["undated", { appId: "undated", version: 1 }],
    ]),
  });
  const options = { ...CLASSIC, transactionRetentionMs: 2 * DAY };
  const { checkpoint } = await writeCheckpoint(table, given, options);
  const tombstones = await all(readCheckpointTombstones(table, checkpoint));
  assertEquals(tombstones, [{
    path: "young",
    deletionTimestamp: NOW - DAY,
    dataChange: true,
  }]);
  const core = await readCheckpointCore(table, checkpoint);
  assertEquals(core.flatMap((a) => "txn" in a ? [a.txn.appId] : []), [
    "young",
    "undated",
  ]);
});

Deno.test("writeCheckpoint() writes lists of features where the protocol's versions demand them", async () => {
  const table = context();
  const protocol = {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: [],
    writerFeatures: ["appendOnly"],
  };
  const { checkpoint } = await writeCheckpoint(
    table,
    state({ protocol }),
    CLASSIC,
  );
  const core = await readCheckpointCore(table, checkpoint);
  assertEquals(core.find((a) => "protocol" in a), { protocol });
});

Deno.test("writeCheckpoint() advances the hint only when the checkpoint is there", async (t) => {
  for (const policy of ["classic", "v2"] as const) {
    for (const part of ["checkpoint", "_sidecars"]) {
      if (policy === "classic" && part === "_sidecars") continue;
      for (
        const fault of ["rejected", "lost-request", "lost-answer"] as const
      ) {
        await t.step(`${policy}, ${part}, ${fault}`, async () => {
          const table = context((call) =>
            call.startsWith("put ") && call.includes(part) ? fault : "ok"
          );
          await assertRejects(
            () => writeCheckpoint(table, state(), { ...CLASSIC, policy }),
            DeltaError,
          );
          assertEquals(await table.store.get(LAST_CHECKPOINT_PATH), undefined);
        });
      }
    }
  }
});

Deno.test("writeCheckpoint() gives the top of a V2 checkpoint the columns of files, empty", async () => {
  const table = context();
  const { checkpoint } = await writeCheckpoint(table, state(), {
    ...CLASSIC,
    policy: "v2",
    statsAsStruct: true,
  });
  const { path } = checkpoint.files[0]!;
  const bytes = await readBytes(table, path, "the checkpoint");
  const footer = await readFooter(bytesSource(path, bytes));
  const columns = new Set(footer.leaves.map((leaf) => leaf.path[0]));
  assertEquals(columns.has("add") && columns.has("remove"), true);
  assertEquals(footer.rowCount < 19, true);
});

Deno.test("writeCheckpoint() of a table without files has no sidecar", async () => {
  const table = context();
  const written = await writeCheckpoint(table, state({}, 0), {
    ...CLASSIC,
    policy: "v2",
  });
  assertEquals(await all(readCheckpointFiles(table, written.checkpoint)), []);
  assertEquals(written.size, 4);
  const paths: string[] = [];
  for await (const { path } of table.store.list("")) paths.push(path);
  assertEquals(paths.length, 2);
});
