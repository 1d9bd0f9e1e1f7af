import { assertEquals, assertRejects } from "@std/assert";
import type { Action, AddFile } from "../actions/action.ts";
import { formatCommit } from "../actions/commit_codec.ts";
import { DeltaError } from "../errors.ts";
import { commitPath } from "../log/log_path.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf, type TableContext } from "../store/table_context.ts";
import { readChangeRange } from "./change_range.ts";

const SCHEMA = '{"type":"struct","fields":[' +
  ["p", "x"].map((name) =>
    `{"name":"${name}","type":"string","nullable":true,"metadata":{}}`
  ).join(",") + "]}";

const definition = (partitionColumns: readonly string[]): Action[] => [
  { protocol: { minReaderVersion: 1, minWriterVersion: 4 } },
  {
    metaData: {
      id: "t",
      format: { provider: "parquet" },
      schemaString: SCHEMA,
      partitionColumns,
      configuration: { "delta.enableChangeDataFeed": "true" },
    },
  },
];

const add = (path: string): { add: AddFile } => ({
  add: {
    path,
    partitionValues: {},
    size: 1,
    modificationTime: 0,
    dataChange: true,
  },
});

async function tableOf(commits: readonly Action[][]): Promise<TableContext> {
  const context = contextOf(memoryStore(), { warn() {} });
  for (const [version, actions] of commits.entries()) {
    await context.store.put(commitPath(version), formatCommit(actions));
  }
  return context;
}

async function rangeOf(context: TableContext, from: number) {
  const to = await loadSnapshot(context);
  return await readChangeRange(context, { from, to }, undefined);
}

Deno.test("readChangeRange() lists where each version's changed rows are", async () => {
  const remove = { path: "a", dataChange: true };
  const context = await tableOf([
    [...definition([]), add("a"), {
      add: { ...add("c").add, dataChange: false },
    }],
    [{ remove }, add("b")],
    [{ remove: { ...remove, path: "b", dataChange: false } }],
  ]);
  const versions = await rangeOf(context, 0);
  assertEquals(
    versions.map(({ version, sources }) => [
      version,
      sources.map(({ kind, file }) => `${kind} ${file.path}`),
    ]),
    [[0, ["insert a"]], [1, ["insert b", "delete a"]], [2, []]],
  );
  // A file whose size the log does not give is asked for.
  assertEquals(versions[1]!.sources[1]!.file.size, 0);
});

Deno.test("readChangeRange() refuses a removed file of which nobody says the partition", async () => {
  const context = await tableOf([
    definition(["p"]),
    [{ remove: { path: "p=1/a", dataChange: true } }],
  ]);
  const error = await assertRejects(
    () => rangeOf(context, 0),
    DeltaError,
  ) as DeltaError;
  assertEquals(error.code, "DELTA_MISSING_CHANGE_DATA");
  assertEquals([error.context.version, error.context.path], [1, "p=1/a"]);
});

Deno.test("readChangeRange() names a commit of the range that is gone", async () => {
  const context = await tableOf([definition([]), [add("a")], [add("b")]]);
  const to = await loadSnapshot(context);
  await context.store.delete([commitPath(1)]);
  const error = await assertRejects(
    () => readChangeRange(context, { from: 0, to }, undefined),
    DeltaError,
  ) as DeltaError;
  assertEquals(error.code, "DELTA_MISSING_CHANGE_DATA");
  assertEquals(error.context.version, 1);
});
