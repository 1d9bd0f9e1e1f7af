import { assert, assertEquals, assertRejects } from "@std/assert";
import { changedTable } from "../../testing/changed_table.ts";
import {
  assertTracked,
  columnsOfFile,
  liveFiles,
  rowsFrom,
  RowWatch,
  SCHEMA,
  trackedRows,
  TRACKING,
} from "../../testing/tracked_rows.ts";
import { Transaction } from "../commit/transaction.ts";
import { DeltaError } from "../errors.ts";
import {
  ROW_ID_COLUMN_KEY,
  ROW_VERSION_COLUMN_KEY,
} from "../protocol/table_property.ts";
import { addColumns } from "./alter/new_columns.ts";
import { setProperties } from "./alter/properties.ts";
import { append } from "./append.ts";
import { deleteRows } from "./delete.ts";
import { merge } from "./merge.ts";
import { optimize } from "./optimize.ts";
import { overwrite } from "./overwrite.ts";
import { restore } from "./restore.ts";
import { update } from "./update.ts";

const VECTORS = { "delta.enableDeletionVectors": "true" };

Deno.test("an update that lost a race writes its rows with the version that it becomes", async () => {
  const table = await changedTable(SCHEMA, {
    properties: TRACKING,
    rows: rowsFrom(0, 3),
  });
  const seen = new RowWatch(table);
  await seen.look();
  const base = await table.load();
  await table.append(rowsFrom(10, 2));
  await seen.look();
  const won = await update(table.context, base, {
    set: { v: 5 },
    where: "id = 1",
  });
  assertEquals([won.version, won.attempts], [3, 2]);
  await seen.look((key) => key === "1");
});

Deno.test("rows that a table had before it tracked them keep the ids that they are given", async () => {
  const table = await changedTable(SCHEMA, { rows: rowsFrom(0, 4) });
  const { context } = table;
  await table.append(rowsFrom(4, 2));
  await setProperties(context, await table.load(), { properties: TRACKING });
  const first = await trackedRows(context, await table.load());
  assertEquals(new Set([...first.values()].map((row) => row.rowId)).size, 6);
  const base = await table.load();
  const moved = await update(context, base, { set: { v: 1 }, where: "id = 1" });
  await optimize(context, moved.snapshot);
  const last = await trackedRows(context, await table.load());
  assertTracked(first, last, moved.version, (key) => key === "1", 100n);
});

Deno.test("ids are unique where tracking was off for a while, and rows moved", async () => {
  const table = await changedTable(SCHEMA, {
    properties: TRACKING,
    rows: rowsFrom(0, 6),
  });
  const { context } = table;
  const change = async (where: string) =>
    await update(context, await table.load(), { set: { v: 1 }, where });
  await change("id = 1");
  const off = { "delta.enableRowTracking": "false" };
  await setProperties(context, await table.load(), { properties: off });
  await change("id = 2");
  await table.append(rowsFrom(6, 2));
  await setProperties(context, await table.load(), { properties: TRACKING });
  const before = await trackedRows(context, await table.load());
  assertEquals(new Set([...before.values()].map((r) => r.rowId)).size, 8);
  const { version } = await change("id = 3");
  const after = await trackedRows(context, await table.load());
  assertTracked(before, after, version, (key) => key === "3", 100n);
});

Deno.test("restore() gives files the ids that they were given after the version it goes to", async () => {
  const table = await changedTable(SCHEMA, { rows: rowsFrom(0, 4) });
  const { context } = table;
  await setProperties(context, await table.load(), { properties: TRACKING });
  const [given] = await liveFiles(table);
  await update(context, await table.load(), { set: { v: 1 } });
  await restore(context, await table.load(), { version: 1 });
  const [back] = await liveFiles(table);
  assertEquals(back!.path, given!.path);
  assertEquals(
    [back!.baseRowId, back!.defaultRowCommitVersion],
    [given!.baseRowId, given!.defaultRowCommitVersion],
  );
});

Deno.test("rows stay where they are in a table whose hidden columns have no names", async () => {
  const table = await changedTable(SCHEMA, {
    properties: { ...TRACKING, ...VECTORS },
    rows: rowsFrom(0, 4),
  });
  const { context } = table;
  const base = await table.load();
  const {
    [ROW_ID_COLUMN_KEY]: _,
    [ROW_VERSION_COLUMN_KEY]: __,
    ...configuration
  } = base.metadata.configuration;
  const broken = new Transaction(context, base, { operation: "WRITE" });
  broken.setMetadata({ ...base.metadata, configuration });
  await broken.commit();
  const before = await table.objects();
  const nameless = await table.load();
  for (
    const move of [
      () => update(context, nameless, { set: { v: 1 } }),
      () => optimize(context, nameless, { zOrderBy: ["id"] }),
      () =>
        merge(context, nameless, {
          source: rowsFrom(1, 1),
          on: ["id"],
          whenMatched: [{ update: "all" }],
        }),
    ]
  ) {
    const error = await assertRejects(move, DeltaError);
    assertEquals(error.code, "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE");
    assertEquals(error.context["features"], ["rowTracking"]);
  }
  assertEquals(await table.objects(), before);
  await deleteRows(context, nameless, { where: "id = 1" });
  await table.append(rowsFrom(7, 1));
  assertEquals((await table.rows()).length, 4);
  // Setting the property once more names them.
  await setProperties(context, await table.load(), { properties: TRACKING });
  await update(context, await table.load(), { set: { v: 1 } });
});

Deno.test("no column takes the name of a hidden one", async () => {
  for (const properties of [{}, { "delta.columnMapping.mode": "name" }]) {
    const table = await changedTable(SCHEMA, {
      properties: { ...TRACKING, ...properties },
      rows: rowsFrom(0, 1),
    });
    const base = await table.load();
    const name = base.metadata.configuration[ROW_ID_COLUMN_KEY]!;
    const row = { id: 9, p: "a", v: 1, [name]: 5 };
    for (
      const take of [
        () => append(table.context, base, [row], { mergeSchema: true }),
        () => overwrite(table.context, base, [row], { overwriteSchema: true }),
        () =>
          addColumns(table.context, base, {
            columns: [{ name, type: "long" }],
          }),
      ]
    ) {
      const error = await assertRejects(take, DeltaError);
      assertEquals(error.context["features"], ["rowTracking"]);
    }
    assertEquals((await table.load()).version, base.version);
  }
});

Deno.test("commits say that they kept row ids, where rows are tracked", async () => {
  const infoOf = async (properties: Readonly<Record<string, string>>) => {
    const table = await changedTable(SCHEMA, {
      properties,
      rows: rowsFrom(0, 2),
    });
    await update(table.context, await table.load(), {
      set: { v: 1 },
      where: "id = 1",
    });
    return await Promise.all([0, 1, 2].map(async (version) => {
      const [first] = await table.actions(version);
      assert("commitInfo" in first!);
      return first.commitInfo["tags"];
    }));
  };
  const kept = { "delta.rowTracking.preserved": "true" };
  assertEquals(await infoOf(TRACKING), [kept, kept, kept]);
  const none = [undefined, undefined, undefined];
  assertEquals(await infoOf({}), none);
  assertEquals(
    await infoOf({ "delta.feature.rowTracking": "supported" }),
    none,
  );
});

Deno.test("appended files have no hidden columns, and files of moved rows have both", async () => {
  const table = await changedTable(SCHEMA, {
    properties: TRACKING,
    rows: rowsFrom(0, 3),
  });
  const base = await table.load();
  const hidden = [ROW_ID_COLUMN_KEY, ROW_VERSION_COLUMN_KEY].map((key) =>
    base.metadata.configuration[key]!
  );
  const [appended] = await liveFiles(table);
  assertEquals(await columnsOfFile(table, appended!), ["id", "p", "v"]);
  await deleteRows(table.context, base, { where: "id = 1" });
  const [moved] = await liveFiles(table);
  assertEquals(await columnsOfFile(table, moved!), ["id", "p", "v", ...hidden]);
});
