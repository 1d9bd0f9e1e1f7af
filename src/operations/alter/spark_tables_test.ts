import { assert, assertEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { fieldAt } from "../../schema/schema_path.ts";
import type { Row } from "../../schema/value.ts";
import { loadSnapshot } from "../../snapshot/load_snapshot.ts";
import { memoryStore } from "../../store/memory_store.ts";
import { contextOf } from "../../store/table_context.ts";
import {
  add,
  MAPPED,
  refusal,
  rowsOf,
  type Table,
} from "./alter_fixture_test.ts";
import { dropColumns, renameColumn } from "./columns.ts";
import { addConstraint, dropConstraint, setNotNull } from "./constraints.ts";
import { addFeature, dropFeature } from "./features.ts";
import { addColumns } from "./new_columns.ts";
import { setProperties } from "./properties.ts";
import { widenColumn } from "./widen_column.ts";

const TABLES = join(
  import.meta.dirname!,
  "../../../conformance/golden/tables",
);

/** A copy, in memory, of a table that Spark wrote. */
async function sparkTable(name: string): Promise<Table> {
  const folder = join(TABLES, name, "table");
  const store = memoryStore();
  const entries = await readdir(folder, {
    recursive: true,
    withFileTypes: true,
  });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = relative(folder, file).split(sep).join("/");
    await store.put(path, new Uint8Array(await readFile(file)));
  }
  const context = contextOf(store);
  return { context, snapshot: await loadSnapshot(context) };
}

const without = (rows: readonly Row[], ...names: string[]) =>
  rows.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([n]) => !names.includes(n)))
  );

const ignore = !existsSync(TABLES);

Deno.test({
  name: "columns of a table that Spark maps are renamed, dropped and added on",
  ignore,
}, async () => {
  const table = await sparkTable("spark-column-mapping");
  const before = await rowsOf(table);
  const renamed = await renameColumn(table.context, table.snapshot, {
    column: "id",
    to: "key",
  });
  const dropped = await dropColumns(table.context, renamed.snapshot, {
    columns: [["s", "y"]],
  });
  const added = await addColumns(table.context, dropped.snapshot, {
    columns: [{ name: "id", type: "string" }],
  });
  const tracked = await addFeature(table.context, added.snapshot, {
    feature: "rowTracking",
  });
  const { minReaderVersion, readerFeatures } = tracked.snapshot.protocol;
  assertEquals([minReaderVersion, readerFeatures], [2, undefined]);
  const after = await rowsOf(table);
  const keys = (rows: readonly Row[], name: string) =>
    rows.map((row) => String(row[name])).sort();
  assertEquals(keys(after, "key"), keys(before, "id"));
  assert(after.every((row) => row.id === null));
  assert(after.every((row) => row.s === null || !("y" in (row.s as Row))));
});

Deno.test({
  name: "a column that Spark's generated column is computed from stays",
  ignore,
}, async () => {
  const table = await sparkTable("spark-generated");
  const before = await rowsOf(table);
  const { snapshot } = await setProperties(table.context, table.snapshot, {
    properties: MAPPED,
  });
  for (const column of ["id", "at"]) {
    const error = await refusal(
      "DELTA_UNSUPPORTED_OPERATION",
      () => renameColumn(table.context, snapshot, { column, to: "other" }),
    );
    assert(error.message.includes("generated column"), error.message);
  }
  const dropped = await dropColumns(table.context, snapshot, {
    columns: ["double_id"],
  });
  const renamed = await renameColumn(table.context, dropped.snapshot, {
    column: "id",
    to: "key",
  });
  table.snapshot = renamed.snapshot;
  assertEquals(
    without(await rowsOf(table), "key").length,
    before.length,
  );
});

Deno.test({
  name:
    "a table that Spark clusters keeps its clustering columns, whatever they are called",
  ignore,
}, async () => {
  const table = await sparkTable("spark-clustered");
  const before = await rowsOf(table);
  const domain = table.snapshot.domains.get("delta.clustering")!;
  const [[column]] = JSON.parse(domain.configuration).clusteringColumns;
  const mapped = await setProperties(table.context, table.snapshot, {
    properties: MAPPED,
  });
  const error = await refusal(
    "DELTA_UNSUPPORTED_OPERATION",
    () => dropColumns(table.context, mapped.snapshot, { columns: [column] }),
  );
  assert(error.message.includes("clustered"), error.message);
  const renamed = await renameColumn(table.context, mapped.snapshot, {
    column,
    to: "cluster key",
  });
  assertEquals(
    renamed.snapshot.domains.get("delta.clustering")!.configuration,
    domain.configuration,
  );
  table.snapshot = renamed.snapshot;
  await add(table, { id: 99n });
  assertEquals((await rowsOf(table)).length, before.length + 1);
});

Deno.test({
  name:
    "constraints that Spark wrote are dropped, and new ones added to its tables",
  ignore,
}, async () => {
  const table = await sparkTable("spark-constraints");
  const { context, snapshot } = table;
  await refusal(
    "DELTA_INVALID_ARGUMENT",
    () =>
      addConstraint(context, snapshot, {
        name: "POSITIVE",
        expression: "id > 5",
      }),
  );
  await refusal(
    "DELTA_VIOLATE_CONSTRAINT",
    () =>
      addConstraint(context, snapshot, { name: "no", expression: "id < 0" }),
  );
  const dropped = await dropConstraint(context, snapshot, { name: "positive" });
  const added = await addConstraint(context, dropped.snapshot, {
    name: "again",
    expression: "id > 0 AND (s.a IS NULL OR s.a > -1000)",
  });
  assertEquals(added.snapshot.metadata.configuration, {
    "delta.constraints.again": "id > 0 AND (s.a IS NULL OR s.a > -1000)",
  });
  const same = await setNotNull(context, added.snapshot, { column: "id" });
  assertEquals(same.committed, false);
});

Deno.test({
  name:
    "a column that Spark widened is widened further, and remembers both changes",
  ignore,
}, async () => {
  const table = await sparkTable("spark-type-widening");
  const before = await rowsOf(table);
  const wider = await widenColumn(table.context, table.snapshot, {
    column: ["l", "element"],
    type: "long",
  });
  const changes = fieldAt(wider.snapshot.schema, ["l"])!
    .metadata["delta.typeChanges"] as unknown[];
  assertEquals(changes.slice(-2), [
    { fromType: "byte", toType: "integer", fieldPath: "element" },
    { fromType: "integer", toType: "long", fieldPath: "element" },
  ]);
  table.snapshot = wider.snapshot;
  const after = await rowsOf(table);
  assertEquals(
    after.map((row) => String(row.l)).sort(),
    before.map((row) => String(row.l)).sort(),
  );
});

Deno.test({
  name: "what Spark turned on is not turned on again, and what it left off is",
  ignore,
}, async () => {
  const tracked = await sparkTable("spark-row-tracking");
  const same = await setProperties(tracked.context, tracked.snapshot, {
    properties: { "delta.enableRowTracking": "true" },
  });
  assertEquals(same.committed, false);
  const timed = await sparkTable("spark-in-commit-timestamps");
  const on = await setProperties(timed.context, timed.snapshot, {
    properties: { "delta.appendOnly": "true" },
  });
  assert(
    on.snapshot.inCommitTimestamp! > timed.snapshot.inCommitTimestamp!,
  );
  const off = await setProperties(timed.context, on.snapshot, {
    properties: { "delta.enableInCommitTimestamps": "false" },
  });
  const { snapshot } = await dropFeature(timed.context, off.snapshot, {
    feature: "inCommitTimestamp",
  });
  assertEquals(snapshot.protocol, { minReaderVersion: 1, minWriterVersion: 2 });
});
