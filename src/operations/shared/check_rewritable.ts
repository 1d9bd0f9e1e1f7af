/**
 * Whether this engine may write a table's rows to other files and change
 * nothing else by it.
 *
 * Source: Delta protocol, "Row Tracking", "Variant Data Type" and
 * "Materialize Partition Columns".
 *
 * @module
 */

import { DeltaError } from "../../errors.ts";
import { checkWritable } from "../../protocol/support.ts";
import { hasFeature } from "../../protocol/table_feature.ts";
import { tableProperties } from "../../protocol/table_property.ts";
import type { DataType } from "../../schema/data_type.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";

/**
 * Refuses to rewrite what a rewrite would break, by name: rows whose ids must
 * stay and cannot, variants, partition values that must stand in the files.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_FEATURES_FOR_WRITE`, and as `checkWritable`.
 */
export function checkRewritable(base: Snapshot, what: string): void {
  const { protocol, metadata, schema } = base;
  checkWritable(protocol, metadata, schema, { operation: "optimize" });
  const isTracked = tableProperties(metadata.configuration).enableRowTracking;
  if (isTracked && !hasFeature(protocol, "rowTracking")) {
    throw refused(
      what,
      "rowTracking",
      "delta.enableRowTracking is true, and the protocol lacks the feature",
    );
  }
  const variant = schema.fields.find((field) => holdsVariant(field.type));
  if (variant) {
    throw refused(what, "variantType", `column ${variant.name} holds variants`);
  }
  const materialised = hasFeature(protocol, "materializePartitionColumns");
  if (materialised && metadata.partitionColumns.length > 0) {
    throw refused(
      what,
      "materializePartitionColumns",
      "partition values must stand in the files",
    );
  }
}

function holdsVariant(type: DataType): boolean {
  switch (type.kind) {
    case "variant":
      return true;
    case "struct":
      return type.fields.some((field) => holdsVariant(field.type));
    case "array":
      return holdsVariant(type.elementType);
    case "map":
      return holdsVariant(type.keyType) || holdsVariant(type.valueType);
    default:
      return false;
  }
}

function refused(what: string, feature: string, why: string): DeltaError {
  return new DeltaError("DELTA_UNSUPPORTED_FEATURES_FOR_WRITE", {
    what,
    why: `this engine cannot honour ${feature} (${why})`,
    fix: "Use an engine that supports what the table demands",
    context: { features: [feature] },
  });
}
