import { assert, assertEquals } from "@std/assert";
import type { ErrorCode } from "../../errors.ts";
import { hasFeature } from "../../protocol/table_feature.ts";
import { fieldAt } from "../../schema/schema_path.ts";
import { eachFile } from "../../snapshot/file_set.ts";
import { loadSnapshot } from "../../snapshot/load_snapshot.ts";
import { append } from "../append.ts";
import {
  add,
  field,
  MAPPED,
  refusal,
  rowsOf,
  type Table,
  tableOf,
} from "./alter_fixture_test.ts";
import { renameColumn } from "./columns.ts";
import { setProperties, unsetProperties } from "./properties.ts";

const ID = [field("id", "long")];

async function set(table: Table, properties: Record<string, string>) {
  const done = await setProperties(table.context, table.snapshot, {
    properties,
  });
  table.snapshot = done.snapshot;
  return done;
}

Deno.test("setProperties() adds the features that properties need, and what those require", async () => {
  const cases: [Record<string, string>, string[], string[]][] = [
    [{ "delta.appendOnly": "true" }, [], []],
    [{ "delta.enableChangeDataFeed": "true" }, [], ["changeDataFeed"]],
    [{ "delta.enableDeletionVectors": "true" }, ["deletionVectors"], []],
    [{ "delta.checkpointPolicy": "v2" }, ["v2Checkpoint"], []],
    [{ "delta.enableTypeWidening": "true" }, ["typeWidening"], []],
    [{ "delta.enableInCommitTimestamps": "true" }, [], ["inCommitTimestamp"]],
    [{ "delta.enableRowTracking": "true" }, [], [
      "domainMetadata",
      "rowTracking",
    ]],
    [{ "delta.feature.clustering": "supported" }, [], [
      "clustering",
      "domainMetadata",
    ]],
  ];
  for (const [properties, shared, writers] of cases) {
    const table = await tableOf(ID);
    const { snapshot } = await set(table, properties);
    const { protocol } = snapshot;
    assertEquals(protocol.readerFeatures ?? [], shared);
    if (shared.length + writers.length === 0) {
      assertEquals(protocol.minWriterVersion, 2);
      continue;
    }
    assertEquals(protocol.minReaderVersion, shared.length > 0 ? 3 : 1);
    // The features that version 2 implied stay.
    assertEquals(
      protocol.writerFeatures,
      ["appendOnly", "invariants", ...shared, ...writers].sort(),
    );
  }
});

Deno.test("setProperties() maps the columns of a table by the names they have", async () => {
  const table = await tableOf([
    field("id", "long"),
    field("place", { type: "struct", fields: [field("zip", "string")] }),
  ]);
  await add(table, { id: 1n, place: { zip: "x" } });
  await set(table, MAPPED);
  const { schema, metadata } = table.snapshot;
  assertEquals(fieldAt(schema, ["place", "zip"])!.metadata, {
    "delta.columnMapping.id": 3,
    "delta.columnMapping.physicalName": "zip",
  });
  assertEquals(
    metadata.configuration["delta.columnMapping.maxColumnId"],
    "3",
  );
  const { snapshot } = await renameColumn(table.context, table.snapshot, {
    column: "id",
    to: "key",
  });
  table.snapshot = snapshot;
  await add(table, { key: 2n, place: { zip: "y" } });
  assertEquals(await rowsOf(table), [
    { key: 1n, place: { zip: "x" } },
    { key: 2n, place: { zip: "y" } },
  ]);
});

Deno.test("setProperties() says from which version and time on commits carry their own", async () => {
  const table = await tableOf(ID);
  await add(table, { id: 1n });
  const { snapshot } = await set(table, {
    "delta.enableInCommitTimestamps": "true",
  });
  const { configuration } = snapshot.metadata;
  assertEquals(
    configuration["delta.inCommitTimestampEnablementVersion"],
    "2",
  );
  assertEquals(
    configuration["delta.inCommitTimestampEnablementTimestamp"],
    String(snapshot.inCommitTimestamp),
  );
  const off = await set(table, { "delta.enableInCommitTimestamps": "false" });
  assertEquals(off.snapshot.metadata.configuration, {
    "delta.enableInCommitTimestamps": "false",
  });
});

Deno.test("setProperties() gives ids to the rows that are there when it turns row tracking on", async () => {
  const table = await tableOf(ID);
  await add(table, { id: 1n }, { id: 2n });
  await add(table, { id: 3n });
  const done = await set(table, { "delta.enableRowTracking": "true" });
  assertEquals(done.metrics.files, 2);
  // One version has the property, every id, and the highest of them.
  const snapshot = await loadSnapshot(table.context);
  assertEquals(snapshot.version, 3);
  const files = [...eachFile(await snapshot.files())];
  const ids = files.map((file) => [
    file.baseRowId,
    JSON.parse(file.stats!).numRecords,
    file.defaultRowCommitVersion,
    file.dataChange,
  ]).sort();
  assert(
    JSON.stringify(ids) === "[[0,1,3,false],[1,2,3,false]]" ||
      JSON.stringify(ids) === "[[0,2,3,false],[2,1,3,false]]",
    JSON.stringify(ids),
  );
  assertEquals(
    snapshot.domains.get("delta.rowTracking")?.configuration,
    '{"rowIdHighWaterMark":2}',
  );
  const { configuration } = snapshot.metadata;
  assert(
    configuration["delta.rowTracking.materializedRowIdColumnName"]!.length > 20,
  );
  await add(table, { id: 4n });
  assertEquals((await rowsOf(table)).length, 4);
  const after = [...eachFile(await table.snapshot.files())];
  assert(after.some((file) => file.baseRowId === 3));
});

Deno.test("setProperties() loses to a file that it did not give ids", async () => {
  const table = await tableOf(ID);
  await append(table.context, table.snapshot, [{ id: 1n }]);
  await refusal(
    "DELTA_CONCURRENT_APPEND",
    () => set(table, { "delta.enableRowTracking": "true" }),
  );
});

Deno.test("setProperties() passes behind an append when it promises nothing of rows", async () => {
  const table = await tableOf(ID);
  await append(table.context, table.snapshot, [{ id: 1n }]);
  const done = await set(table, { "delta.appendOnly": "true" });
  assertEquals([done.version, done.readVersion], [2, 0]);
  assertEquals(await rowsOf(table), [{ id: 1n }]);
});

Deno.test("setProperties() refuses what no table can become, and commits nothing", async () => {
  const mapped = await tableOf(ID, MAPPED);
  const plain = await tableOf([...ID, field("_change_type", "string")]);
  const cases: [Table, ErrorCode, Record<string, string>][] = [
    [mapped, "DELTA_UNSUPPORTED_OPERATION", {
      "delta.columnMapping.mode": "none",
    }],
    [mapped, "DELTA_UNSUPPORTED_OPERATION", {
      "delta.columnMapping.mode": "id",
    }],
    [plain, "DELTA_UNSUPPORTED_OPERATION", {
      "delta.columnMapping.mode": "id",
    }],
    [plain, "DELTA_UNSUPPORTED_OPERATION", { "delta.constraints.c": "id > 0" }],
    [plain, "DELTA_UNSUPPORTED_OPERATION", { "delta.minWriterVersion": "4" }],
    [plain, "DELTA_UNSUPPORTED_OPERATION", {
      "delta.enableChangeDataFeed": "true",
    }],
    [plain, "DELTA_UNSUPPORTED_OPERATION", {
      "delta.enableRowTracking": "true",
      "delta.rowTrackingSuspended": "true",
    }],
    [plain, "DELTA_UNKNOWN_CONFIGURATION", { "delta.appendonly": "true" }],
    [plain, "DELTA_INVALID_CONFIGURATION", { "delta.appendOnly": "maybe" }],
    [plain, "DELTA_INVALID_CONFIGURATION", {
      "delta.columnMapping.maxColumnId": "9",
    }],
    [plain, "DELTA_COLUMN_NOT_FOUND", {
      "delta.dataSkippingStatsColumns": "id,zz",
    }],
    [plain, "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE", {
      "delta.enableIcebergCompatV1": "true",
    }],
    [plain, "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE", {
      "delta.feature.catalogManaged": "supported",
    }],
  ];
  for (const [table, code, properties] of cases) {
    await refusal(code, () => set(table, properties));
    assertEquals((await loadSnapshot(table.context)).version, 0);
  }
});

Deno.test("unsetProperties() gives defaults back and keeps features", async () => {
  const table = await tableOf(ID, {
    "delta.enableDeletionVectors": "true",
    "my.own": "x",
  });
  const { context, snapshot } = table;
  await refusal(
    "DELTA_INVALID_ARGUMENT",
    () => unsetProperties(context, snapshot, { properties: ["zz"] }),
  );
  await refusal(
    "DELTA_INVALID_CONFIGURATION",
    () =>
      unsetProperties(context, snapshot, {
        properties: ["delta.columnMapping.maxColumnId"],
        ifExists: true,
      }),
  );
  const none = await unsetProperties(context, snapshot, {
    properties: ["zz"],
    ifExists: true,
  });
  assertEquals(none.committed, false);
  const done = await unsetProperties(context, snapshot, {
    properties: ["delta.enableDeletionVectors", "my.own"],
  });
  assertEquals(done.snapshot.metadata.configuration, {});
  assert(hasFeature(done.snapshot.protocol, "deletionVectors"));
  const mapped = await tableOf(ID, MAPPED);
  await refusal(
    "DELTA_UNSUPPORTED_OPERATION",
    () =>
      unsetProperties(mapped.context, mapped.snapshot, {
        properties: ["delta.columnMapping.mode"],
      }),
  );
});
