import { assert, assertEquals } from "@std/assert";
import { hasFeature } from "../../protocol/table_feature.ts";
import { loadSnapshot } from "../../snapshot/load_snapshot.ts";
import { add, field, MAPPED, refusal, tableOf } from "./alter_fixture_test.ts";
import { addConstraint, dropConstraint } from "./constraints.ts";
import { setDomain } from "./domains.ts";
import { addFeature, dropFeature } from "./features.ts";
import { setProperties } from "./properties.ts";

const ID = [field("id", "long")];

Deno.test("addFeature() adds features with what they require, and tells readers where they must know", async () => {
  const table = await tableOf(ID);
  const { snapshot } = await addFeature(table.context, table.snapshot, {
    feature: ["rowTracking", "timestampNtz"],
  });
  assertEquals(snapshot.protocol, {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ["timestampNtz"],
    writerFeatures: [
      "appendOnly",
      "domainMetadata",
      "invariants",
      "rowTracking",
      "timestampNtz",
    ],
  });
  const again = await addFeature(table.context, snapshot, {
    feature: "domainMetadata",
  });
  assertEquals([again.committed, again.version], [false, 1]);
  table.snapshot = snapshot;
  await add(table, { id: 1n });
});

Deno.test("addFeature() refuses by name what this engine could not write any more", async () => {
  const table = await tableOf(ID);
  for (
    const feature of ["catalogManaged", "frobnicate", "typeWidening-preview"]
  ) {
    const error = await refusal(
      "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE",
      () =>
        addFeature(table.context, table.snapshot, {
          feature: ["deletionVectors", feature],
        }),
    );
    assertEquals(error.context.features, [feature]);
  }
  await refusal(
    "DELTA_INVALID_ARGUMENT",
    () => addFeature(table.context, table.snapshot, { feature: [] }),
  );
  assertEquals((await loadSnapshot(table.context)).version, 0);
});

Deno.test("dropFeature() drops a writer's feature of which nothing is left", async () => {
  const table = await tableOf(ID);
  const { context } = table;
  const added = await addConstraint(context, table.snapshot, {
    name: "c",
    expression: "id > 0",
  });
  const error = await refusal(
    "DELTA_UNSUPPORTED_OPERATION",
    () => dropFeature(context, added.snapshot, { feature: "checkConstraints" }),
  );
  assert(error.message.includes("Drop the constraints"), error.message);
  const without = await dropConstraint(context, added.snapshot, { name: "c" });
  const done = await dropFeature(context, without.snapshot, {
    feature: "checkConstraints",
  });
  // What is left is what version 2 says.
  assertEquals(done.snapshot.protocol, {
    minReaderVersion: 1,
    minWriterVersion: 2,
  });
});

Deno.test("dropFeature() leaves no trace of in-commit timestamps", async () => {
  const table = await tableOf(ID);
  const { context } = table;
  const on = await setProperties(context, table.snapshot, {
    properties: { "delta.enableInCommitTimestamps": "true" },
  });
  await refusal(
    "DELTA_UNSUPPORTED_OPERATION",
    () => dropFeature(context, on.snapshot, { feature: "inCommitTimestamp" }),
  );
  const off = await setProperties(context, on.snapshot, {
    properties: { "delta.enableInCommitTimestamps": "false" },
  });
  const done = await dropFeature(context, off.snapshot, {
    feature: "inCommitTimestamp",
  });
  assertEquals(done.snapshot.metadata.configuration, {});
  assert(!hasFeature(done.snapshot.protocol, "inCommitTimestamp"));
});

Deno.test("dropFeature() refuses what older versions, domains or other features need", async () => {
  const table = await tableOf(ID, {
    ...MAPPED,
    "delta.enableDeletionVectors": "true",
    "delta.enableRowTracking": "true",
    "delta.checkpointPolicy": "v2",
  });
  const { context, snapshot } = table;
  for (
    const feature of [
      "columnMapping",
      "deletionVectors",
      "v2Checkpoint",
      "rowTracking",
      "domainMetadata",
    ]
  ) {
    const error = await refusal(
      "DELTA_UNSUPPORTED_OPERATION",
      () => dropFeature(context, snapshot, { feature }),
    );
    assert(error.message.includes(feature), error.message);
  }
  await refusal(
    "DELTA_INVALID_ARGUMENT",
    () => dropFeature(context, snapshot, { feature: "timestampNtz" }),
  );
  const none = await dropFeature(context, snapshot, {
    feature: "timestampNtz",
    ifExists: true,
  });
  assertEquals(none.committed, false);
  const other = await tableOf(ID);
  const domain = await setDomain(other.context, other.snapshot, {
    domain: "app",
    configuration: "{}",
  });
  await refusal(
    "DELTA_UNSUPPORTED_OPERATION",
    () =>
      dropFeature(other.context, domain.snapshot, {
        feature: "domainMetadata",
      }),
  );
});
