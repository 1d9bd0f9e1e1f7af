/**
 * Table features added, with everything they depend on, and dropped, where
 * nothing of them is left.
 *
 * Source: Delta protocol, "Table Features" and "Supported Features".
 *
 * @module
 */

import { DeltaError } from "../../errors.ts";
import {
  featuresRequiring,
  featuresUsed,
  withFeatures,
  withoutFeature,
} from "../../protocol/protocol_for.ts";
import { featureNamed, hasFeature } from "../../protocol/table_feature.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";
import { checkKnown, type OperationOptions } from "../write_options.ts";
import {
  type Alteration,
  type AlterResult,
  badArgument,
  beginAlteration,
  commitChange,
  COMMON_OPTIONS,
  refused,
  unchanged,
} from "./alter_table.ts";

/** Options of {@link addFeature}. */
export interface AddFeatureOptions extends OperationOptions {
  /** The feature, or several. */
  readonly feature: string | readonly string[];
}

/**
 * Adds table features, and what they require; the protocol's versions rise as far
 * as they must. A feature that is added is not in use yet: properties turn it on.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The features.
 * @throws {DeltaError} `DELTA_UNSUPPORTED_FEATURES_FOR_WRITE` naming those that nobody
 *   knows or that this engine does not write; `DELTA_PROTOCOL_CHANGED`.
 */
export async function addFeature(
  context: TableContext,
  base: Snapshot,
  options: AddFeatureOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "add a feature to",
  );
  checkKnown(options, ["feature", ...COMMON_OPTIONS], alteration.what);
  const names = typeof options.feature === "string"
    ? [options.feature]
    : options.feature;
  if (!Array.isArray(names) || names.length === 0) {
    throw badArgument(alteration, "no feature is named", "Name one");
  }
  checkAddable(alteration, names);
  return await commitChange(alteration, {
    operation: "ADD FEATURE",
    parameters: { featureName: names.join(",") },
    protocol: withFeatures(base.protocol, names),
  });
}

/**
 * Refuses features that this engine must not put on a table: it could not write
 * it any more.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_FEATURES_FOR_WRITE`.
 */
export function checkAddable(
  alteration: Alteration,
  names: readonly string[],
): void {
  const reasons = names.flatMap((name) => {
    const why = whyNotAddable(name);
    return why === undefined ? [] : [`${name} (${why})`];
  });
  if (reasons.length === 0) return;
  throw new DeltaError("DELTA_UNSUPPORTED_FEATURES_FOR_WRITE", {
    what: alteration.what,
    why: `this engine does not write ${reasons.join(", ")}`,
    fix: "Leave it out, or use an engine that has it",
    context: { features: names.filter((n) => whyNotAddable(n) !== undefined) },
  });
}

function whyNotAddable(name: string): string | undefined {
  const feature = featureNamed(name);
  if (!feature) return "nobody here knows it";
  if (feature.name.endsWith("-preview")) return "it is a preview";
  return feature.write === "no" ? "not supported" : undefined;
}

/** Options of {@link dropFeature}. */
export interface DropFeatureOptions extends OperationOptions {
  /** The feature. */
  readonly feature: string;
  /** Whether one that the table does not have is passed over; refused by default. */
  readonly ifExists?: boolean | undefined;
}

/**
 * Drops a table feature of which nothing is left. What readers must know too
 * cannot be dropped, as older versions need it, save `vacuumProtocolCheck`.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The feature.
 * @throws {DeltaError} `DELTA_UNSUPPORTED_OPERATION` saying what is left or why it must
 *   stay; `DELTA_INVALID_ARGUMENT` when the table does not have it.
 */
export async function dropFeature(
  context: TableContext,
  base: Snapshot,
  options: DropFeatureOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "drop a feature of",
  );
  checkKnown(
    options,
    ["feature", "ifExists", ...COMMON_OPTIONS],
    alteration.what,
  );
  const name = featureNamed(options.feature)?.name ?? options.feature;
  if (typeof name !== "string" || !hasFeature(base.protocol, name)) {
    if (options.ifExists) return unchanged(alteration);
    throw badArgument(
      alteration,
      `it does not have the feature ${String(name)}`,
      "Name one that it has",
      { feature: name },
    );
  }
  const left = whatIsLeft(base, name);
  if (left) {
    throw refused(alteration, left.why, left.fix, { feature: name });
  }
  return await commitChange(alteration, {
    operation: "DROP FEATURE",
    parameters: { featureName: name },
    protocol: withoutFeature(base.protocol, name),
    configuration: withoutTraces(base, name),
  });
}

/** Why a feature has to stay. */
interface Obstacle {
  readonly why: string;
  readonly fix: string;
}

/** Features whose last trace a property or the schema is, and how it goes away. */
const DROPPABLE: Readonly<Record<string, string>> = {
  appendOnly: "Set delta.appendOnly to false first",
  invariants: "Take the invariants out of the schema first",
  checkConstraints: "Drop the constraints first",
  changeDataFeed: "Set delta.enableChangeDataFeed to false first",
  generatedColumns: "Overwrite the table with a schema without such columns",
  identityColumns: "Overwrite the table with a schema without such columns",
  inCommitTimestamp: "Set delta.enableInCommitTimestamps to false first",
  allowColumnDefaults: "Take the defaults out of the schema first",
  domainMetadata: "Remove the domains first",
  icebergCompatV1: "Set delta.enableIcebergCompatV1 to false first",
  icebergCompatV2: "Set delta.enableIcebergCompatV2 to false first",
  icebergCompatV3: "Set delta.enableIcebergCompatV3 to false first",
  vacuumProtocolCheck: "",
};

function whatIsLeft(base: Snapshot, name: string): Obstacle | undefined {
  const requiring = featuresRequiring(base.protocol, name);
  if (requiring.length > 0) {
    return {
      why: `${requiring.join(" and ")} need${
        requiring.length > 1 ? "" : "s"
      } ${name}`,
      fix: "Drop that first, where it can be dropped",
    };
  }
  const fix = DROPPABLE[name];
  if (fix === undefined) return { why: whyItStays(name), fix: WITH_ANOTHER };
  const domains = [...base.domains.keys()];
  if (name === "domainMetadata" && domains.length > 0) {
    return { why: `the table has the domains ${domains.join(", ")}`, fix };
  }
  const used = featuresUsed(base.schema, base.metadata.configuration);
  return used.includes(name)
    ? { why: `the table still uses ${name}`, fix }
    : undefined;
}

const WITH_ANOTHER =
  "Leave it, or drop it with an engine that rewrites the table or its history";

function whyItStays(name: string): string {
  switch (name) {
    case "rowTracking":
      return "rowTracking has given its files row ids, which would have to be taken from every one";
    case "clustering":
      return "clustering is noted in its files and in a domain of its own";
    case "materializePartitionColumns":
      return "this engine does not know how its files were written";
  }
  return featureNamed(name)?.kind === "reader-writer"
    ? `readers of its older versions need ${name}, so its history would have to be cut`
    : `this engine does not know what ${name} leaves behind`;
}

/** The properties, without what only the feature put there. */
function withoutTraces(
  { metadata: { configuration } }: Snapshot,
  name: string,
): Readonly<Record<string, string>> {
  const traces = name === "inCommitTimestamp"
    ? (key: string) => /^delta\.(enableI|i)nCommitTimestamp/.test(key)
    : () => false;
  return Object.fromEntries(
    Object.entries(configuration).filter(([key]) =>
      key !== `delta.feature.${name}` && !traces(key)
    ),
  );
}
