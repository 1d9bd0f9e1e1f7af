import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  DAY,
  type MaintainedTable,
  maintainedTable,
  rowsOf,
} from "../../testing/maintained_table.ts";
import type { AddFile } from "../actions/action.ts";
import { parseCommit } from "../actions/commit_codec.ts";
import { Transaction } from "../commit/transaction.ts";
import { inlineDeletionVector } from "../data/deletion_vector.ts";
import { RowSet } from "../data/roaring.ts";
import { DeltaError } from "../errors.ts";
import { commitPath } from "../log/log_path.ts";
import { append } from "./append.ts";
import { optimize } from "./optimize.ts";
import { removeOf } from "./shared/removes.ts";
import { restore, type RestoreOptions } from "./restore.ts";
import { vacuum } from "./vacuum.ts";

const run = async (table: MaintainedTable, options: RestoreOptions) =>
  await restore(table.context, await table.load(), options);

async function history(): Promise<MaintainedTable> {
  const table = await maintainedTable({ partitioned: true });
  await table.append([...rowsOf(0, 3, "a b"), ...rowsOf(3, 5, null)]);
  table.advance(1_000);
  await table.append(rowsOf(5, 7, "a b"));
  table.advance(1_000);
  await optimize(table.context, await table.load());
  table.advance(1_000);
  await table.overwrite(rowsOf(10, 12, "c"));
  table.advance(1_000);
  return table;
}

Deno.test("restore() makes each earlier version the newest one, and changes no version", async () => {
  const table = await history();
  const before = await table.hashes();
  for (let version = 0; version < before.length; version++) {
    const result = await run(table, { version });
    assertEquals(await table.rows(), await table.rows(version));
    const live = (await table.files()).map((f) => f.path).sort();
    const then = (await table.files(version)).map((f) => f.path).sort();
    assertEquals(live, then);
    assertEquals((await result.snapshot.files()).count, then.length);
  }
  assertEquals((await table.hashes()).slice(0, before.length), before);
});

Deno.test("restore() finds a version by time, and says what it did", async () => {
  const table = await history();
  const { lastModified } = (await table.store.head(commitPath(2)))!;
  const timestamp = new Date(lastModified + 500);
  const result = await run(table, { timestamp });
  assertEquals(result.metrics.restoredVersion, 2);
  assertEquals(result.metrics.filesRestored, 3);
  assertEquals(result.metrics.filesRemoved, 1);
  assertEquals(await table.ids(), [0, 1, 2, 3, 4, 5, 6]);
  const bytes = (await table.store.get(commitPath(result.version)))!.bytes;
  const [first] = parseCommit(bytes, "");
  assert("commitInfo" in first!);
  assertEquals(first.commitInfo.operation, "RESTORE");
  assertEquals(first.commitInfo.isBlindAppend, false);
  assertEquals(first.commitInfo.operationParameters, {
    version: null,
    timestamp: timestamp.toISOString(),
  });
});

Deno.test("restore() of what the table is already commits nothing", async () => {
  const table = await history();
  const { version } = await table.load();
  const result = await run(table, { version });
  assertEquals(result.outcome, "nothing-to-do");
  assertEquals((await table.load()).version, version);
});

Deno.test("restore() refuses a version that is not there, and a call without one", async () => {
  const table = await history();
  for (
    const [options, code] of [
      [{ version: 99 }, "DELTA_VERSION_NOT_FOUND"],
      [{ version: -1 }, "DELTA_INVALID_ARGUMENT"],
      [{ timestamp: 0 }, "DELTA_TIMESTAMP_OUT_OF_RANGE"],
      [{}, "DELTA_INVALID_ARGUMENT"],
      [{ version: 1, timestamp: 0 }, "DELTA_INVALID_ARGUMENT"],
      [{ to: 1 }, "DELTA_INVALID_ARGUMENT"],
    ] as const
  ) {
    await assertRejects(
      () => run(table, options as RestoreOptions),
      DeltaError,
      code,
    );
  }
});

Deno.test("restore() names files that vacuum took, and goes without them only when told to", async () => {
  const table = await history();
  const [gone] = (await table.files(2)).filter((f) =>
    f.partitionValues.p === null
  ) as [AddFile];
  await table.store.delete([decodeURIComponent(gone.path)]);
  const { version } = await table.load();
  const error = await assertRejects(
    () => run(table, { version: 2 }),
    DeltaError,
    "DELTA_FILE_NOT_FOUND",
  );
  assert(error.message.includes(gone.path), error.message);
  assertEquals((await table.load()).version, version);
  const result = await run(table, { version: 2, ignoreMissingFiles: true });
  assertEquals(result.metrics.missingFiles, [gone.path]);
  assertEquals(await table.ids(), [0, 1, 2, 5, 6]);
});

Deno.test("restore() within retention works after vacuum", async () => {
  const table = await history();
  table.advance(6 * DAY);
  const base = await table.load();
  await vacuum(table.context, base, { dryRun: false });
  await run(table, { version: 1 });
  assertEquals(await table.ids(), [0, 1, 2, 3, 4]);
});

Deno.test("restore() takes deletion vectors back and forth", async () => {
  const table = await maintainedTable({
    properties: { "delta.enableDeletionVectors": "true" },
  });
  await table.append(rowsOf(0, 4));
  for (const rows of [[0], [0, 1]]) {
    const [file] = await table.files() as [AddFile];
    const transaction = new Transaction(table.context, await table.load());
    transaction.remove(removeOf(file, table.host.now()));
    transaction.add({
      ...file,
      deletionVector: inlineDeletionVector(RowSet.of(rows)),
    });
    await transaction.commit();
  }
  for (const [version, ids] of [[1, 4], [3, 2], [2, 3]] as const) {
    await run(table, { version });
    assertEquals((await table.ids()).length, ids);
    assertEquals((await table.files()).length, 1);
  }
});

Deno.test("restore() takes schema and properties back, and keeps the protocol and what applications recorded", async () => {
  const table = await maintainedTable();
  await table.append(rowsOf(0, 2));
  const base = await table.load();
  const { snapshot } = await append(
    table.context,
    base,
    [{ id: 9, p: "x", v: "y", t: new Date(0) }] as never,
    { mergeSchema: true, txn: { appId: "app", version: 7 } },
  );
  const transaction = new Transaction(table.context, snapshot);
  transaction.setMetadata({
    ...snapshot.metadata,
    configuration: { "delta.enableDeletionVectors": "true", mine: "1" },
  });
  transaction.setProtocol({
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ["deletionVectors"],
    writerFeatures: ["deletionVectors", "domainMetadata"],
  });
  transaction.setDomain({
    domain: "mine",
    configuration: "{}",
    removed: false,
  });
  await transaction.commit();
  const result = await run(table, { version: 1 });
  const now = await table.load();
  assertEquals(now.metadata, base.metadata);
  assertEquals(now.schema.fields.length, 3);
  assertEquals(now.protocol.minWriterVersion, 7);
  assertEquals(now.protocol.readerFeatures, ["deletionVectors"]);
  assertEquals(now.transactions.get("app")?.version, 7);
  assert(now.domains.has("mine"));
  assertEquals(result.snapshot.metadata, base.metadata);
  assertEquals(await table.ids(), [0, 1]);
});

Deno.test("restore() leaves in-commit timestamps on", async () => {
  const table = await maintainedTable();
  await table.append(rowsOf(0, 2));
  const base = await table.load();
  const transaction = new Transaction(table.context, base);
  transaction.setMetadata({
    ...base.metadata,
    configuration: { "delta.enableInCommitTimestamps": "true" },
  });
  transaction.setProtocol({
    minReaderVersion: 1,
    minWriterVersion: 7,
    writerFeatures: ["appendOnly", "inCommitTimestamp", "invariants"],
  });
  const { snapshot: enabled } = await transaction.commit();
  await table.append(rowsOf(2, 3));
  await run(table, { version: 1 });
  const now = await table.load();
  assertEquals(now.metadata.configuration, enabled.metadata.configuration);
  assert(now.inCommitTimestamp! > enabled.inCommitTimestamp!);
  assertEquals(await table.ids(), [0, 1]);
});

Deno.test("restore() is refused on an append-only table", async () => {
  const table = await maintainedTable({
    properties: { "delta.appendOnly": "true" },
  });
  await table.append(rowsOf(0, 2));
  await assertRejects(
    () => run(table, { version: 0 }),
    DeltaError,
    "DELTA_CANNOT_MODIFY_APPEND_ONLY",
  );
});

Deno.test("restore() behind an append is refused (A15), an append behind restore() commits", async () => {
  const table = await maintainedTable();
  await table.append(rowsOf(0, 2));
  const held = await table.load();
  await table.append(rowsOf(2, 3));
  const error = await assertRejects(
    () => restore(table.context, held, { version: 0 }),
    DeltaError,
  );
  assertEquals(error.kind, "conflict");
  assertEquals(await table.ids(), [0, 1, 2]);
  const fresh = await table.load();
  await restore(table.context, fresh, { version: 0 });
  await table.append(rowsOf(3, 4), fresh);
  assertEquals(await table.ids(), [3]);
});
