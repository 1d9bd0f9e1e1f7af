import { assert, assertEquals } from "@std/assert";
import {
  featureNamed,
  featuresOf,
  hasFeature,
  TABLE_FEATURES,
} from "./table_feature.ts";

const legacy = (minReaderVersion: number, minWriterVersion: number) =>
  [...featuresOf({ minReaderVersion, minWriterVersion })].sort();

Deno.test("TABLE_FEATURES names each feature once, with what it requires among them", () => {
  const names = TABLE_FEATURES.map((feature) => feature.name);
  assertEquals(new Set(names).size, names.length);
  for (const feature of TABLE_FEATURES) {
    for (const name of feature.requires) assert(names.includes(name), name);
    // What cannot be read cannot be written either.
    if (feature.read === "no") assertEquals(feature.write, "no");
  }
});

Deno.test("featureNamed() knows the legacy alias, and nothing that nobody knows", () => {
  assertEquals(
    featureNamed("timestampWithoutTimezone"),
    featureNamed("timestampNtz"),
  );
  assertEquals(featureNamed("featureFromTheFuture"), undefined);
});

Deno.test("featuresOf() reads the ladder of legacy versions", () => {
  assertEquals(legacy(1, 1), []);
  assertEquals(legacy(1, 2), ["appendOnly", "invariants"]);
  assertEquals(legacy(1, 4), [
    "appendOnly",
    "changeDataFeed",
    "checkConstraints",
    "generatedColumns",
    "invariants",
  ]);
  assert(!legacy(1, 5).includes("columnMapping"));
  assert(legacy(2, 5).includes("columnMapping"));
  assert(legacy(2, 6).includes("identityColumns"));
  assert(!legacy(2, 5).includes("identityColumns"));
});

Deno.test("featuresOf() takes what version 7 lists, and implies nothing for writers", () => {
  const protocol = {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ["timestampWithoutTimezone"],
    writerFeatures: ["timestampWithoutTimezone", "nobodyKnows"],
  };
  assertEquals([...featuresOf(protocol)], ["timestampNtz", "nobodyKnows"]);
  assert(hasFeature(protocol, "timestampNtz"));
  assert(!hasFeature(protocol, "appendOnly"));
});
