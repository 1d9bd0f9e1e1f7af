/**
 * Every table feature that has a name: who must know it, since which protocol
 * version it is implied, what it drags along, and what this engine does with it.
 *
 * Source: Delta protocol, "Table Features" and "Valid Feature Names in Table Features".
 *
 * @module
 */

import type { Protocol } from "../actions/action.ts";

/** What this engine does with tables that list a feature. */
export type Support =
  /** All of its duties are done. */
  | "yes"
  /** Tables that list it without using it are fine; where it is used the call is refused by name. */
  | "unused"
  /** Refused by name. */
  | "no";

/** One table feature. */
export interface TableFeature {
  /** Its name in the protocol action. */
  readonly name: string;
  /** Whether readers must know it too. */
  readonly kind: "writer" | "reader-writer";
  /** Versions that imply it; undefined where it must always be listed. */
  readonly legacy?: {
    /** Lowest reader version. */
    readonly reader: number;
    /** Lowest writer version. */
    readonly writer: number;
  };
  /** Features that must be listed beside it. */
  readonly requires: readonly string[];
  /** Whether its tables are read. */
  readonly read: "yes" | "no";
  /** Whether its tables are written. */
  readonly write: Support;
}

type Options = Partial<
  Pick<TableFeature, "legacy" | "requires" | "read" | "write">
>;

const feature = (
  kind: TableFeature["kind"],
  name: string,
  options: Options = {},
): TableFeature => ({
  name,
  kind,
  requires: [],
  read: "yes",
  write: "yes",
  ...options,
});

const writer = (name: string, options: Options = {}) =>
  feature("writer", name, options);

const both = (name: string, options: Options = {}) =>
  feature("reader-writer", name, options);

const since = (reader: number, writer: number): Options => ({
  legacy: { reader, writer },
});

const refused: Options = { read: "no", write: "no" };
const unused: Options = { write: "unused" };
const domain: Options = { requires: ["domainMetadata"] };
const mapping: Options = { requires: ["columnMapping"] };

/** All features known by name, in the order of the protocol's versions and chapters. */
export const TABLE_FEATURES: readonly TableFeature[] = [
  writer("appendOnly", since(1, 2)),
  writer("invariants", since(1, 2)),
  writer("checkConstraints", since(1, 3)),
  writer("changeDataFeed", since(1, 4)),
  writer("generatedColumns", since(1, 4)),
  both("columnMapping", since(2, 5)),
  writer("identityColumns", { ...since(1, 6), ...unused }),
  both("deletionVectors"),
  both("timestampNtz"),
  both("v2Checkpoint"),
  both("vacuumProtocolCheck"),
  both("typeWidening"),
  both("typeWidening-preview"),
  both("variantType", unused),
  both("variantType-preview", unused),
  both("variantShredding", unused),
  both("variantShredding-preview", unused),
  writer("domainMetadata"),
  writer("rowTracking", domain),
  writer("inCommitTimestamp"),
  writer("clustering", domain),
  writer("allowColumnDefaults"),
  writer("icebergCompatV1", { ...mapping, ...unused }),
  writer("icebergCompatV2", { ...mapping, ...unused }),
  writer("icebergCompatV3", {
    requires: ["columnMapping", "rowTracking"],
    write: "unused",
  }),
  writer("materializePartitionColumns", unused),
  writer("collations", { ...domain, ...unused }),
  writer("collations-preview", { ...domain, ...unused }),
  writer("checkpointProtection", { write: "no" }),
  writer("icebergWriterCompatV1", { write: "no" }),
  writer("icebergWriterCompatV3", { write: "no" }),
  both("catalogManaged", { requires: ["inCommitTimestamp"], ...refused }),
  both("catalogOwned-preview", { requires: ["inCommitTimestamp"], ...refused }),
  both("geospatial", refused),
  both("timestampNanos", refused),
  both("adaptiveMetadata", refused),
];

const BY_NAME: ReadonlyMap<string, TableFeature> = new Map(
  TABLE_FEATURES.map((feature) => [feature.name, feature]),
);

/** The feature of a name, the legacy spelling `timestampWithoutTimezone` included; undefined when nobody knows it. */
export function featureNamed(name: string): TableFeature | undefined {
  return BY_NAME.get(
    name === "timestampWithoutTimezone" ? "timestampNtz" : name,
  );
}

/**
 * The features a protocol puts in force: those it lists, and those its versions
 * imply. Names nobody knows are left in.
 */
export function featuresOf(protocol: Protocol): ReadonlySet<string> {
  const names = new Set<string>();
  const { minReaderVersion: reader, minWriterVersion: writer } = protocol;
  for (const { name, legacy } of TABLE_FEATURES) {
    if (!legacy) continue;
    // A feature that readers must know is in force only where they are told.
    const byWriter = writer < 7 && writer >= legacy.writer;
    const byReader = legacy.reader === 2 && reader === 2;
    if (legacy.reader === 1 ? byWriter : byReader) names.add(name);
  }
  for (const name of protocol.readerFeatures ?? []) names.add(canonical(name));
  for (const name of protocol.writerFeatures ?? []) names.add(canonical(name));
  return names;
}

/** Whether a protocol puts a feature in force. */
export function hasFeature(protocol: Protocol, name: string): boolean {
  return featuresOf(protocol).has(name);
}

function canonical(name: string): string {
  return featureNamed(name)?.name ?? name;
}
