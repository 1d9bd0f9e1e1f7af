import { assert, assertEquals, assertRejects } from "@std/assert";
import { maintainedTable, rowsOf } from "../../testing/maintained_table.ts";
import type { Action } from "../actions/action.ts";
import { parseCommit } from "../actions/commit_codec.ts";
import { DeltaError } from "../errors.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf } from "../store/table_context.ts";
import { writeCompaction } from "./compaction_writer.ts";
import { commitPath, compactionPath } from "./log_path.ts";

const encode = (text: string) => new TextEncoder().encode(text);

async function log(...commits: readonly (readonly string[])[]) {
  const store = memoryStore();
  const context = contextOf(store);
  for (const [version, lines] of commits.entries()) {
    await store.put(commitPath(version), encode(lines.join("\n")));
  }
  const text = async (start: number, end: number) => {
    const found = await store.get(compactionPath(start, end));
    return found && new TextDecoder().decode(found.bytes).split("\n");
  };
  return { store, context, text };
}

const add = (path: string, more = "") =>
  `{"add":{"path":"${path}","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true${more}}}`;
const remove = (path: string) =>
  `{"remove":{"path":"${path}","deletionTimestamp":5,"dataChange":true}}`;

Deno.test("writeCompaction() keeps the last word on each subject, as it was written", async () => {
  const { context, text } = await log(
    ['{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}'],
    [
      '{"commitInfo":{"operation":"WRITE"}}',
      add("a%20b"),
      add("again", ',"custom":123456789012345678901'),
      '{"txn":{"appId":"x","version":1}}',
      '{"domainMetadata":{"domain":"d","configuration":"1","removed":false}}',
    ],
    [
      remove("a b"),
      remove("below"),
      '{"cdc":{"path":"c","partitionValues":{},"size":1,"dataChange":false}}',
      '{"txn":{"appId":"x","version":2,"lastUpdated":12345678901234567890}}',
      '{"domainMetadata":{"domain":"d","configuration":"","removed":true}}',
    ],
  );
  const written = await writeCompaction(context, 1, 2);
  assertEquals(written.actions, 5);
  assertEquals(await text(1, 2), [
    '{"txn":{"appId":"x","version":2,"lastUpdated":12345678901234567890}}',
    '{"domainMetadata":{"domain":"d","configuration":"","removed":true}}',
    remove("a b"),
    add("again", ',"custom":123456789012345678901'),
    remove("below"),
    "",
  ]);
});

Deno.test("writeCompaction() tells files with different deletion vectors apart", async () => {
  const dv = (id: string) =>
    `,"deletionVector":{"storageType":"i","pathOrInlineDv":"${id}","sizeInBytes":1,"cardinality":1}`;
  const { context, text } = await log(
    [add("f")],
    [remove("f"), add("f", dv("one"))],
    [
      `{"remove":{"path":"f","dataChange":true${dv("one")}}}`,
      add("f", dv("two")),
    ],
  );
  await writeCompaction(context, 0, 2);
  const lines = (await text(0, 2))!.filter((line) => line !== "");
  assertEquals(lines.length, 3);
  assertEquals(lines.filter((line) => line.startsWith('{"add"')), [
    add("f", dv("two")),
  ]);
});

Deno.test("writeCompaction() writes nothing when a commit is missing, empty or cut", async () => {
  const made = await log([add("a")], [add("b")], [add("c")], [add("d")]);
  await made.store.delete([commitPath(2)]);
  for (
    const [start, end, code] of [
      [0, 3, "DELTA_VERSIONS_NOT_CONTIGUOUS"],
      [2, 3, "DELTA_VERSIONS_NOT_CONTIGUOUS"],
    ] as const
  ) {
    await assertRejects(
      () => writeCompaction(made.context, start, end),
      DeltaError,
      code,
    );
    assertEquals(await made.text(start, end), undefined);
  }
  for (const bytes of ["", "\n", '{"add":{"pa']) {
    await made.store.put(commitPath(2), encode(bytes));
    await assertRejects(
      () => writeCompaction(made.context, 1, 3),
      DeltaError,
      "DELTA_LOG_FILE_CORRUPT",
    );
    assertEquals(await made.text(1, 3), undefined);
  }
});

Deno.test("a compaction read in place of its commits gives the same state, at every version", async () => {
  const table = await maintainedTable({ partitioned: true });
  for (let i = 0; i < 4; i++) await table.append(rowsOf(i, i + 2, `p ${i}`));
  await table.overwrite(rowsOf(50, 52, "p 1"));
  await table.append(rowsOf(60, 61));
  const before = await table.hashes();
  const states = async () => {
    const { version } = await table.load();
    const all: unknown[] = [];
    for (let v = 0; v <= version; v++) {
      const state = await table.load(v);
      const tombstones = await state.tombstones();
      all.push({
        protocol: state.protocol,
        metadata: state.metadata,
        files: (await table.files(v)).map((f) => f.path).sort(),
        tombstones: tombstones.map((f) => f.path).sort(),
      });
    }
    return all;
  };
  const plain = await states();
  for (const [start, end] of [[0, 3], [4, 6], [0, 6], [2, 5]] as const) {
    await writeCompaction(table.context, start, end);
    assertEquals(await states(), plain, `${start} to ${end}`);
    assertEquals(await table.hashes(), before, `${start} to ${end}`);
  }
  assertEquals(table.warnings, []);
  // The compaction is really what was read.
  table.store.reset();
  await (await table.load(6)).files();
  const reads = table.store.calls.filter((c) => c.name === "get");
  assert(reads.some((c) => c.path === compactionPath(0, 6)));
  const text = (await table.store.get(compactionPath(0, 6)))!.bytes;
  const kinds = parseCommit(text, "").map((a: Action) => Object.keys(a)[0]);
  assert(!kinds.includes("commitInfo"));
});
