/**
 * The types a Delta column may have.
 *
 * Source: Delta protocol, "Schema Serialization Format".
 *
 * @module
 */

/** A JSON value, as field metadata and unknown log content hold them. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** The types without parameters, by the protocol's names. */
export type PrimitiveName =
  | "string"
  | "long"
  | "integer"
  | "short"
  | "byte"
  | "float"
  | "double"
  | "boolean"
  | "binary"
  | "date"
  | "timestamp"
  | "timestamp_ntz"
  | "variant"
  | "void";

/** A type without parameters. */
export interface PrimitiveType {
  /** The protocol's name. */
  readonly kind: PrimitiveName;
}

/** A signed decimal number. */
export interface DecimalType {
  /** Tells the type. */
  readonly kind: "decimal";
  /** Digits in all, 1 to 38. */
  readonly precision: number;
  /** Digits after the point, 0 to `precision`. */
  readonly scale: number;
}

/** A list. */
export interface ArrayType {
  /** Tells the type. */
  readonly kind: "array";
  /** Type of the elements. */
  readonly elementType: DataType;
  /** Whether an element may be null. */
  readonly containsNull: boolean;
}

/** A map. */
export interface MapType {
  /** Tells the type. */
  readonly kind: "map";
  /** Type of the keys, never null. */
  readonly keyType: DataType;
  /** Type of the values. */
  readonly valueType: DataType;
  /** Whether a value may be null. */
  readonly valueContainsNull: boolean;
}

/** One field of a struct, or one column of a table. */
export interface StructField {
  /** The logical name. */
  readonly name: string;
  /** Its type. */
  readonly type: DataType;
  /** Whether it may be null. */
  readonly nullable: boolean;
  /** Column metadata: column mapping, invariants, generation expressions, comments. */
  readonly metadata: Readonly<Record<string, JsonValue>>;
}

/** A struct; a table's schema is one. */
export interface StructType {
  /** Tells the type. */
  readonly kind: "struct";
  /** The fields, in order. */
  readonly fields: readonly StructField[];
}

/** Any type a column may have, told apart by `kind`. */
export type DataType =
  | PrimitiveType
  | DecimalType
  | ArrayType
  | MapType
  | StructType;

/** Whether two types are the same, field names, nullability and all, metadata aside. */
export function sameType(a: DataType, b: DataType): boolean {
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case "decimal": {
      const other = b as DecimalType;
      return a.precision === other.precision && a.scale === other.scale;
    }
    case "array": {
      const other = b as ArrayType;
      return a.containsNull === other.containsNull &&
        sameType(a.elementType, other.elementType);
    }
    case "map": {
      const other = b as MapType;
      return a.valueContainsNull === other.valueContainsNull &&
        sameType(a.keyType, other.keyType) &&
        sameType(a.valueType, other.valueType);
    }
    case "struct": {
      const other = (b as StructType).fields;
      return a.fields.length === other.length && a.fields.every((field, i) => {
        const twin = other[i]!;
        return field.name === twin.name && field.nullable === twin.nullable &&
          sameType(field.type, twin.type);
      });
    }
    default:
      return true;
  }
}

/** A type in SQL's words, for messages: `decimal(9,2)`, `array<long>`. */
export function typeName(type: DataType): string {
  switch (type.kind) {
    case "decimal":
      return `decimal(${type.precision},${type.scale})`;
    case "array":
      return `array<${typeName(type.elementType)}>`;
    case "map":
      return `map<${typeName(type.keyType)},${typeName(type.valueType)}>`;
    case "struct":
      return `struct<${
        type.fields.map((f) => `${f.name}:${typeName(f.type)}`).join(",")
      }>`;
    default:
      return type.kind;
  }
}
