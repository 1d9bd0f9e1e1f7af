/**
 * Which protocol a table needs: for a new one the least that covers what it
 * uses, for an old one the least that adds what is new.
 *
 * Source: Delta protocol, "Table Features for New and Existing Tables".
 *
 * @module
 */

import type { Protocol } from "../actions/action.ts";
import { DeltaError } from "../errors.ts";
import { mapFields } from "../schema/column_mapping.ts";
import type { DataType, StructType } from "../schema/data_type.ts";
import {
  featureNamed,
  featuresOf,
  type TableFeature,
} from "./table_feature.ts";
import { type Configuration, tableProperties } from "./table_property.ts";

/**
 * The protocol of a new table: 1/2, higher legacy versions where they are
 * enough, else 7 with the features listed that the schema and the properties
 * use. `delta.feature.<name>`, `delta.minReaderVersion` and
 * `delta.minWriterVersion` are obeyed.
 *
 * @throws {DeltaError} `DELTA_INVALID_CONFIGURATION` for versions that are out of range or do not go together.
 */
export function protocolFor(
  schema: StructType,
  configuration: Configuration,
): Protocol {
  const features = closure([
    ...featuresUsed(schema, configuration),
    ...requestedFeatures(configuration),
  ]);
  const asked = requestedVersions(configuration);
  const listed = asked.writer >= 7 || asked.reader >= 3 ||
    features.some((feature) => !feature.legacy);
  if (listed) return listedProtocol(features, asked.reader);
  return {
    minReaderVersion: Math.max(
      asked.reader,
      ...features.map((feature) => feature.legacy!.reader),
    ),
    minWriterVersion: Math.max(
      asked.writer,
      ...features.map((feature) => feature.legacy!.writer),
    ),
  };
}

/**
 * The protocol of a table whose schema or properties are about to change: the
 * very same object when it covers them, else with what they use added. A table
 * that leaves the legacy versions lists every feature they implied.
 */
export function upgradedProtocol(
  protocol: Protocol,
  schema: StructType,
  configuration: Configuration,
): Protocol {
  const has = featuresOf(protocol);
  const needed = closure(
    featuresUsed(schema, configuration).filter((name) =>
      !has.has(name) && !has.has(`${name}-preview`)
    ),
  );
  if (needed.every((feature) => has.has(feature.name))) return protocol;
  const all = closure([...has, ...needed.map((feature) => feature.name)]);
  const unknown = [...has].filter((name) => !featureNamed(name));
  return listedProtocol(all, protocol.minReaderVersion, unknown);
}

/**
 * A protocol with features added and all that they require: the very same object
 * when it has them. Names nobody knows are left out: check them first.
 */
export function withFeatures(
  protocol: Protocol,
  names: readonly string[],
): Protocol {
  const has = featuresOf(protocol);
  const wanted = closure(names);
  if (wanted.every((feature) => has.has(feature.name))) return protocol;
  const all = closure([...has, ...wanted.map((feature) => feature.name)]);
  const unknown = [...has].filter((name) => !featureNamed(name));
  return listedProtocol(all, protocol.minReaderVersion, unknown);
}

/**
 * A protocol without a feature; legacy versions again where they say what is
 * left. Whether the table can do without it is the caller's question.
 */
export function withoutFeature(protocol: Protocol, name: string): Protocol {
  const names = [...featuresOf(protocol)].filter((other) => other !== name);
  const legacy = LEGACY_PROTOCOLS.find((candidate) => {
    const implied = featuresOf(candidate);
    return implied.size === names.length &&
      names.every((other) => implied.has(other));
  });
  if (legacy) return legacy;
  const known = names.flatMap((other) => featureNamed(other) ?? []);
  const unknown = names.filter((other) => !featureNamed(other));
  const reader = Math.min(2, protocol.minReaderVersion);
  return listedProtocol(known, reader, unknown);
}

/** The protocols without lists, least first. */
const LEGACY_PROTOCOLS: readonly Protocol[] = [
  [1, 2],
  [1, 3],
  [1, 4],
  [2, 5],
  [2, 6],
].map(([minReaderVersion, minWriterVersion]) => ({
  minReaderVersion: minReaderVersion!,
  minWriterVersion: minWriterVersion!,
}));

/** The features listed that require a feature: it cannot go before they do. */
export function featuresRequiring(
  protocol: Protocol,
  name: string,
): readonly string[] {
  return [...featuresOf(protocol)].filter((other) =>
    featureNamed(other)?.requires.includes(name)
  );
}

/** Names of the features that a schema and properties use, unsorted, each once; what they require is not in. */
export function featuresUsed(
  schema: StructType,
  configuration: Configuration,
): readonly string[] {
  const properties = tableProperties(configuration);
  const isTrue = (key: string) =>
    configuration[key]?.trim().toLowerCase() === "true";
  const used: readonly (readonly [string, boolean])[] = [
    ["appendOnly", properties.appendOnly],
    ["checkConstraints", hasConstraints(configuration)],
    ["changeDataFeed", properties.enableChangeDataFeed],
    ["columnMapping", properties.columnMappingMode !== "none"],
    ["deletionVectors", properties.enableDeletionVectors],
    ["v2Checkpoint", properties.checkpointPolicy === "v2"],
    ["typeWidening", properties.enableTypeWidening],
    ["rowTracking", properties.enableRowTracking],
    ["inCommitTimestamp", properties.enableInCommitTimestamps],
    ["variantShredding", isTrue("delta.enableVariantShredding")],
    ["icebergCompatV1", isTrue("delta.enableIcebergCompatV1")],
    ["icebergCompatV2", isTrue("delta.enableIcebergCompatV2")],
    ["icebergCompatV3", isTrue("delta.enableIcebergCompatV3")],
  ];
  const names = used.filter(([, uses]) => uses).map(([name]) => name);
  return [...new Set([...names, ...featuresOfSchema(schema)])];
}

/** Whether any CHECK constraint is set. */
export function hasConstraints(configuration: Configuration): boolean {
  return Object.keys(configuration).some((key) =>
    key.startsWith("delta.constraints.")
  );
}

const BY_METADATA: readonly (readonly [string, string])[] = [
  ["delta.invariants", "invariants"],
  ["delta.generationExpression", "generatedColumns"],
  ["delta.identity.start", "identityColumns"],
  ["CURRENT_DEFAULT", "allowColumnDefaults"],
];

function featuresOfSchema(schema: StructType): readonly string[] {
  const names = new Set<string>();
  mapFields(schema, (field) => {
    for (const [key, name] of BY_METADATA) {
      if (field.metadata[key] !== undefined) names.add(name);
    }
    for (const name of featuresOfType(field.type)) names.add(name);
    return field;
  });
  return [...names];
}

function featuresOfType(type: DataType): readonly string[] {
  switch (type.kind) {
    case "timestamp_ntz":
      return ["timestampNtz"];
    case "variant":
      return ["variantType"];
    case "array":
      return featuresOfType(type.elementType);
    case "map":
      return [
        ...featuresOfType(type.keyType),
        ...featuresOfType(type.valueType),
      ];
    default:
      return [];
  }
}

/** The features that properties `delta.feature.<name>` ask for. */
export function requestedFeatures(
  configuration: Configuration,
): readonly string[] {
  return Object.keys(configuration)
    .filter((key) => key.startsWith("delta.feature."))
    .map((key) => key.slice("delta.feature.".length));
}

function requestedVersions(
  configuration: Configuration,
): { reader: number; writer: number } {
  const reader = Number(configuration["delta.minReaderVersion"] ?? "1");
  const writer = Number(configuration["delta.minWriterVersion"] ?? "2");
  const legal = Number.isInteger(reader) && Number.isInteger(writer) &&
    reader >= 1 && reader <= 3 && writer >= 1 && writer <= 7;
  if (!legal) {
    throw badVersions(configuration, "readers are 1 to 3, writers 1 to 7");
  }
  if (
    reader === 3 && writer < 7 &&
    configuration["delta.minWriterVersion"] !== undefined
  ) throw badVersions(configuration, "reader 3 needs writer 7");
  return { reader, writer: Math.max(writer, 2) };
}

function badVersions(configuration: Configuration, why: string): DeltaError {
  const [reader, writer] = ["delta.minReaderVersion", "delta.minWriterVersion"]
    .map((key) => `${key}=${configuration[key] ?? "(not given)"}`);
  return new DeltaError("DELTA_INVALID_CONFIGURATION", {
    what: `Cannot use ${reader} with ${writer}`,
    why,
    fix: "Leave both out: the engine picks the least that the table needs",
  });
}

/** The features of some names and all that they require, each once, sorted; names nobody knows are left out. */
function closure(names: readonly string[]): readonly TableFeature[] {
  const found = new Map<string, TableFeature>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const feature = featureNamed(name);
    if (!feature || found.has(feature.name)) continue;
    found.set(feature.name, feature);
    open.push(...feature.requires);
  }
  return [...found.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

function listedProtocol(
  features: readonly TableFeature[],
  reader: number,
  unknown: readonly string[] = [],
): Protocol {
  const shared = features.filter((f) => f.kind === "reader-writer");
  const writerFeatures = [...features.map((f) => f.name), ...unknown].sort();
  // Readers of version 2 know the shared features that are as old, unlisted.
  const byVersion = reader < 3 &&
    shared.every((f) => (f.legacy?.reader ?? 3) <= reader);
  if (byVersion) {
    const minReaderVersion = shared.length === 0 ? 1 : reader;
    return { minReaderVersion, minWriterVersion: 7, writerFeatures };
  }
  return {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: shared.map((f) => f.name),
    writerFeatures,
  };
}
