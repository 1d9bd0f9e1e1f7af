import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import type { StructType } from "../schema/data_type.ts";
import { parseSchema } from "../schema/schema_json.ts";
import {
  featuresRequiring,
  featuresUsed,
  hasConstraints,
  protocolFor,
  upgradedProtocol,
  withFeatures,
  withoutFeature,
} from "./protocol_for.ts";

function schemaOf(type: unknown, metadata: unknown = {}): StructType {
  const field = { name: "a", type, nullable: true, metadata };
  return parseSchema(JSON.stringify({ type: "struct", fields: [field] }));
}

const LONG = schemaOf("long");
const NTZ = schemaOf({ type: "array", elementType: "timestamp_ntz" });
const versions = (minReaderVersion: number, minWriterVersion: number) => ({
  minReaderVersion,
  minWriterVersion,
});

Deno.test("protocolFor() is 1/2 for a plain table, and the least legacy version that is enough", () => {
  assertEquals(protocolFor(LONG, {}), versions(1, 2));
  assertEquals(
    protocolFor(LONG, { "delta.appendOnly": "true" }),
    versions(1, 2),
  );
  assertEquals(
    protocolFor(LONG, { "delta.enableChangeDataFeed": "true" }),
    versions(1, 4),
  );
  assertEquals(
    protocolFor(LONG, { "delta.columnMapping.mode": "name" }),
    versions(2, 5),
  );
  assertEquals(
    protocolFor(LONG, { "delta.constraints.c": "a > 0" }),
    versions(1, 3),
  );
});

Deno.test("protocolFor() lists features where legacy versions are not enough", () => {
  assertEquals(protocolFor(NTZ, {}), {
    ...versions(3, 7),
    readerFeatures: ["timestampNtz"],
    writerFeatures: ["timestampNtz"],
  });
  assertEquals(
    protocolFor(LONG, {
      "delta.enableRowTracking": "true",
      "delta.appendOnly": "true",
    }),
    {
      ...versions(1, 7),
      writerFeatures: ["appendOnly", "domainMetadata", "rowTracking"],
    },
  );
  assertEquals(
    protocolFor(LONG, {
      "delta.columnMapping.mode": "id",
      "delta.enableDeletionVectors": "true",
      "delta.checkpointPolicy": "v2",
      "delta.enableInCommitTimestamps": "true",
    }),
    {
      ...versions(3, 7),
      readerFeatures: ["columnMapping", "deletionVectors", "v2Checkpoint"],
      writerFeatures: [
        "columnMapping",
        "deletionVectors",
        "inCommitTimestamp",
        "v2Checkpoint",
      ],
    },
  );
});

Deno.test("protocolFor() obeys requests for features and versions", () => {
  assertEquals(
    protocolFor(LONG, { "delta.feature.clustering": "supported" }),
    { ...versions(1, 7), writerFeatures: ["clustering", "domainMetadata"] },
  );
  assertEquals(
    protocolFor(LONG, {
      "delta.minReaderVersion": "2",
      "delta.minWriterVersion": "5",
    }),
    versions(2, 5),
  );
  assertEquals(protocolFor(LONG, { "delta.minReaderVersion": "3" }), {
    ...versions(3, 7),
    readerFeatures: [],
    writerFeatures: [],
  });
  for (
    const bad of [
      { "delta.minReaderVersion": "4" },
      { "delta.minWriterVersion": "x" },
      { "delta.minReaderVersion": "3", "delta.minWriterVersion": "6" },
    ]
  ) assertThrows(() => protocolFor(LONG, bad), DeltaError);
});

Deno.test("featuresUsed() finds what columns use, at any depth", () => {
  const used = (type: unknown, metadata: unknown = {}) =>
    featuresUsed(schemaOf(type, metadata), {});
  assertEquals(used("variant"), ["variantType"]);
  assertEquals(
    used({ type: "map", keyType: "string", valueType: "timestamp_ntz" }),
    ["timestampNtz"],
  );
  assertEquals(
    used({
      type: "struct",
      fields: [{
        name: "b",
        type: "long",
        metadata: { "delta.invariants": "x" },
      }],
    }),
    ["invariants"],
  );
  assertEquals(used("long", { "delta.generationExpression": "b" }), [
    "generatedColumns",
  ]);
  assertEquals(used("long", { "delta.identity.start": 1 }), [
    "identityColumns",
  ]);
  assertEquals(used("long", { CURRENT_DEFAULT: "1" }), ["allowColumnDefaults"]);
  assertEquals(hasConstraints({ "delta.constraints.c": "x" }), true);
});

Deno.test("upgradedProtocol() keeps the protocol that covers the change", () => {
  const ntz = protocolFor(NTZ, {});
  assertStrictEquals(upgradedProtocol(ntz, NTZ, {}), ntz);
  const preview = {
    ...versions(3, 7),
    readerFeatures: ["typeWidening-preview"],
    writerFeatures: ["typeWidening-preview"],
  };
  assertStrictEquals(
    upgradedProtocol(preview, LONG, { "delta.enableTypeWidening": "true" }),
    preview,
  );
});

Deno.test("upgradedProtocol() lists all that the legacy versions implied, and what is new", () => {
  assertEquals(upgradedProtocol(versions(1, 2), NTZ, {}), {
    ...versions(3, 7),
    readerFeatures: ["timestampNtz"],
    writerFeatures: ["appendOnly", "invariants", "timestampNtz"],
  });
  assertEquals(upgradedProtocol(versions(2, 5), NTZ, {}), {
    ...versions(3, 7),
    readerFeatures: ["columnMapping", "timestampNtz"],
    writerFeatures: [
      "appendOnly",
      "changeDataFeed",
      "checkConstraints",
      "columnMapping",
      "generatedColumns",
      "invariants",
      "timestampNtz",
    ],
  });
  assertEquals(
    upgradedProtocol(
      { ...versions(1, 7), writerFeatures: ["nobodyKnows"] },
      LONG,
      { "delta.enableRowTracking": "true" },
    ),
    {
      ...versions(1, 7),
      writerFeatures: ["domainMetadata", "nobodyKnows", "rowTracking"],
    },
  );
});

Deno.test("withFeatures() adds features and what they require, or nothing at all", () => {
  const plain = versions(1, 2);
  const tracked = withFeatures(plain, ["rowTracking"]);
  assertEquals(tracked, {
    ...versions(1, 7),
    writerFeatures: [
      "appendOnly",
      "domainMetadata",
      "invariants",
      "rowTracking",
    ],
  });
  assertStrictEquals(withFeatures(tracked, ["domainMetadata"]), tracked);
  assertStrictEquals(withFeatures(plain, ["appendOnly"]), plain);
  assertEquals(featuresRequiring(tracked, "domainMetadata"), ["rowTracking"]);
});

Deno.test("withoutFeature() is a legacy version again where that says what is left", () => {
  const checked = withFeatures(versions(1, 2), ["checkConstraints"]);
  assertEquals(checked.minWriterVersion, 7);
  assertEquals(withoutFeature(checked, "checkConstraints"), versions(1, 2));
  assertEquals(withoutFeature(versions(1, 3), "invariants"), {
    ...versions(1, 7),
    writerFeatures: ["appendOnly", "checkConstraints"],
  });
  const strange = {
    ...versions(3, 7),
    readerFeatures: ["vacuumProtocolCheck"],
    writerFeatures: ["someday", "vacuumProtocolCheck"],
  };
  assertEquals(withoutFeature(strange, "vacuumProtocolCheck"), {
    ...versions(1, 7),
    writerFeatures: ["someday"],
  });
});

Deno.test("withFeatures() leaves readers of version 2 what they know unlisted", () => {
  // As Spark writes a table that maps columns.
  const mapped = {
    ...versions(2, 7),
    writerFeatures: ["columnMapping", "invariants", "appendOnly"],
  };
  const tracked = withFeatures(mapped, ["rowTracking"]);
  assertEquals([tracked.minReaderVersion, tracked.readerFeatures], [
    2,
    undefined,
  ]);
  assertEquals(withoutFeature(tracked, "rowTracking").minReaderVersion, 2);
  const vectors = withFeatures(mapped, ["deletionVectors"]);
  assertEquals(vectors.readerFeatures, ["columnMapping", "deletionVectors"]);
});
