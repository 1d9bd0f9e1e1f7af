/**
 * Delta types to Arrow types and back.
 *
 * Each Delta type has one canonical Arrow type; reading accepts more (see
 * `arrow_values.ts`).
 *
 * Source: Delta protocol, "Schema Serialization Format" and "Column Mapping".
 *
 * @module
 */

import * as arrow from "apache-arrow";
import { DeltaError } from "../errors.ts";
import type {
  DataType,
  JsonValue,
  StructField,
  StructType,
} from "../schema/data_type.ts";

/** Arrow field metadata that holds the Parquet field id. */
export const FIELD_ID_KEY = "PARQUET:field_id";
/** Arrow field metadata that tells a variant from a struct. */
export const TYPE_KEY = "litmus.type";
/** Delta field metadata that holds the column's id. */
export const COLUMN_ID_KEY = "delta.columnMapping.id";
/** Delta field metadata that holds the ids of list elements, map keys and values. */
export const NESTED_IDS_KEY = "delta.columnMapping.nested.ids";

type NestedIds = Readonly<Record<string, JsonValue>>;

/** The canonical Arrow type of a Delta type. */
export function toArrowType(type: DataType): arrow.DataType {
  return arrowType(type, "", undefined);
}

/** The Arrow field of a Delta field, with its Parquet field id where it has one. */
export function toArrowField(field: StructField): arrow.Field {
  const id = field.metadata[COLUMN_ID_KEY];
  const nested = field.metadata[NESTED_IDS_KEY];
  const ids = typeof nested === "object" && nested !== null &&
      !Array.isArray(nested)
    ? nested as NestedIds
    : undefined;
  return arrowField(
    field.name,
    field.type,
    field.nullable,
    typeof id === "number" ? id : undefined,
    physicalNameOf(field),
    ids,
  );
}

/** The Arrow schema of a Delta schema. */
export function toArrowSchema(schema: StructType): arrow.Schema {
  return new arrow.Schema(schema.fields.map(toArrowField));
}

/**
 * The Delta schema of an Arrow schema; types that Delta lacks become the
 * narrowest type that holds them (`UInt32` becomes `long`).
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_DATA_TYPE`, naming the column.
 */
export function fromArrowSchema(schema: arrow.Schema): StructType {
  return {
    kind: "struct",
    fields: schema.fields.map((field) => fromArrowField(field, field.name)),
  };
}

/** The Delta type of an Arrow type; `path` names the column in errors. */
export function fromArrowType(type: arrow.DataType, path: string): DataType {
  switch (type.typeId) {
    case arrow.Type.Null:
      return { kind: "void" };
    case arrow.Type.Bool:
      return { kind: "boolean" };
    case arrow.Type.Int:
      return fromInt(type as arrow.Int);
    case arrow.Type.Float:
      return {
        kind: (type as arrow.Float).precision === arrow.Precision.DOUBLE
          ? "double"
          : "float",
      };
    case arrow.Type.Decimal: {
      const { precision, scale } = type as arrow.Decimal;
      if (precision < 1 || precision > 38 || scale < 0 || scale > precision) {
        throw unsupported(path, type);
      }
      return { kind: "decimal", precision, scale };
    }
    case arrow.Type.Utf8:
    case arrow.Type.LargeUtf8:
    case arrow.Type.Utf8View:
      return { kind: "string" };
    case arrow.Type.Binary:
    case arrow.Type.LargeBinary:
    case arrow.Type.BinaryView:
    case arrow.Type.FixedSizeBinary:
      return { kind: "binary" };
    case arrow.Type.Date:
      return { kind: "date" };
    case arrow.Type.Timestamp:
      return {
        kind: (type as arrow.Timestamp).timezone
          ? "timestamp"
          : "timestamp_ntz",
      };
    case arrow.Type.Dictionary:
      return fromArrowType((type as arrow.Dictionary).dictionary, path);
    case arrow.Type.List:
    case arrow.Type.LargeList:
    case arrow.Type.FixedSizeList: {
      const element = type.children[0] as arrow.Field;
      return {
        kind: "array",
        elementType: typeOfField(element, `${path}.element`),
        containsNull: element.nullable,
      };
    }
    case arrow.Type.Map: {
      const [key, value] = (type.children[0] as arrow.Field).type
        .children as arrow.Field[];
      return {
        kind: "map",
        keyType: typeOfField(key!, `${path}.key`),
        valueType: typeOfField(value!, `${path}.value`),
        valueContainsNull: value!.nullable,
      };
    }
    case arrow.Type.Struct:
      return {
        kind: "struct",
        fields: (type.children as arrow.Field[]).map((field) =>
          fromArrowField(field, `${path}.${field.name}`)
        ),
      };
    default:
      throw unsupported(path, type);
  }
}

/** Whether an Arrow field holds variants. */
export function isVariantField(field: arrow.Field): boolean {
  if (field.metadata.get(TYPE_KEY) === "variant") return true;
  const extension = field.metadata.get("ARROW:extension:name");
  return extension === "arrow.parquet.variant" ||
    extension === "parquet.variant";
}

const VARIANT_TYPE = new arrow.Struct([
  new arrow.Field("metadata", new arrow.Binary(), false),
  new arrow.Field("value", new arrow.Binary(), false),
]);

function arrowType(
  type: DataType,
  path: string,
  ids: NestedIds | undefined,
): arrow.DataType {
  switch (type.kind) {
    case "byte":
      return new arrow.Int8();
    case "short":
      return new arrow.Int16();
    case "integer":
      return new arrow.Int32();
    case "long":
      return new arrow.Int64();
    case "float":
      return new arrow.Float32();
    case "double":
      return new arrow.Float64();
    case "decimal":
      return new arrow.Decimal(type.scale, type.precision, 128);
    case "string":
      return new arrow.Utf8();
    case "binary":
      return new arrow.Binary();
    case "boolean":
      return new arrow.Bool();
    case "date":
      return new arrow.DateDay();
    case "timestamp":
      return new arrow.Timestamp(arrow.TimeUnit.MICROSECOND, "UTC");
    case "timestamp_ntz":
      return new arrow.Timestamp(arrow.TimeUnit.MICROSECOND);
    case "void":
      return new arrow.Null();
    case "variant":
      return VARIANT_TYPE;
    case "struct":
      return new arrow.Struct(type.fields.map(toArrowField));
    case "array":
      return new arrow.List(
        nestedField("element", type.elementType, type.containsNull, path, ids),
      );
    case "map":
      return new arrow.Map_(
        new arrow.Field(
          "entries",
          new arrow.Struct([
            nestedField("key", type.keyType, false, path, ids),
            nestedField(
              "value",
              type.valueType,
              type.valueContainsNull,
              path,
              ids,
            ),
          ]),
          false,
        ) as arrow.Field,
      );
  }
}

function nestedField(
  name: string,
  type: DataType,
  nullable: boolean,
  parent: string,
  ids: NestedIds | undefined,
): arrow.Field {
  const path = `${parent}.${name}`;
  const id = ids?.[path];
  return arrowField(
    name,
    type,
    nullable,
    typeof id === "number" ? id : undefined,
    path,
    ids,
  );
}

function arrowField(
  name: string,
  type: DataType,
  nullable: boolean,
  id: number | undefined,
  path: string,
  ids: NestedIds | undefined,
): arrow.Field {
  const metadata = new Map<string, string>();
  if (id !== undefined) metadata.set(FIELD_ID_KEY, String(id));
  if (type.kind === "variant") metadata.set(TYPE_KEY, "variant");
  return new arrow.Field(
    name,
    arrowType(type, path, ids),
    // A column of nulls alone cannot promise to have none.
    nullable || type.kind === "void",
    metadata,
  );
}

function physicalNameOf(field: StructField): string {
  const name = field.metadata["delta.columnMapping.physicalName"];
  return typeof name === "string" ? name : field.name;
}

function fromArrowField(field: arrow.Field, path: string): StructField {
  const id = field.metadata.get(FIELD_ID_KEY);
  return {
    name: field.name,
    type: typeOfField(field, path),
    nullable: field.nullable,
    metadata: id === undefined ? {} : { [COLUMN_ID_KEY]: Number(id) },
  };
}

function typeOfField(field: arrow.Field, path: string): DataType {
  return isVariantField(field)
    ? { kind: "variant" }
    : fromArrowType(field.type, path);
}

function fromInt(type: arrow.Int): DataType {
  switch (type.bitWidth) {
    case 8:
      return { kind: type.isSigned ? "byte" : "short" };
    case 16:
      return { kind: type.isSigned ? "short" : "integer" };
    case 32:
      return { kind: type.isSigned ? "integer" : "long" };
    default:
      return type.isSigned
        ? { kind: "long" }
        : { kind: "decimal", precision: 20, scale: 0 };
  }
}

function unsupported(path: string, type: arrow.DataType): DeltaError {
  return new DeltaError("DELTA_UNSUPPORTED_DATA_TYPE", {
    what: `Cannot use the Arrow column ${path}`,
    why: `its type ${type} has no Delta type`,
    fix: "Cast the column to a type that Delta has, such as long or string",
    context: { column: path, type: String(type) },
  });
}
