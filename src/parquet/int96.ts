/**
 * The old timestamp type INT96, decoded to microseconds.
 *
 * Without a hint the decoder makes nanoseconds of it, which wrap silently
 * outside the years 1677 to 2262. A file that carries an Arrow schema with
 * microseconds in those places is decoded to them.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import * as arrow from "apache-arrow";
import type { ParquetLeaf } from "./footer.ts";

/**
 * The value of the key `ARROW:schema` that makes INT96 columns microseconds.
 *
 * @param schema The Arrow schema that the decoder makes of the file by itself.
 * @param leaves The file's leaves, in order.
 */
export function microsecondHint(
  schema: arrow.Schema,
  leaves: readonly ParquetLeaf[],
): string {
  let next = 0;
  const visit = (field: arrow.Field): arrow.Field => {
    const children = (field.type.children ?? []) as arrow.Field[];
    if (children.length === 0) {
      const leaf = leaves[next++];
      return leaf?.element.physicalType === "INT96"
        ? withType(
          field,
          new arrow.Timestamp(arrow.TimeUnit.MICROSECOND, "UTC"),
        )
        : field;
    }
    return withType(field, withChildren(field.type, children.map(visit)));
  };
  const hinted = new arrow.Schema(schema.fields.map(visit));
  return Buffer.from(arrow.tableToIPC(new arrow.Table(hinted), "stream"))
    .toString("base64");
}

function withType(field: arrow.Field, type: arrow.DataType): arrow.Field {
  return new arrow.Field(field.name, type, field.nullable, field.metadata);
}

function withChildren(
  type: arrow.DataType,
  children: arrow.Field[],
): arrow.DataType {
  switch (type.typeId) {
    case arrow.Type.List:
      return new arrow.List(children[0]!);
    case arrow.Type.Map:
      return new arrow.Map_(children[0]!, (type as arrow.Map_).keysSorted);
    default:
      return new arrow.Struct(children);
  }
}
