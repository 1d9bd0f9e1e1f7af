/**
 * A Parquet file's footer, whole: rows, row groups, byte ranges, statistics,
 * the schema with its physical and logical types, key-values.
 *
 * Source: Apache Parquet, `parquet.thrift`.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { type ByteSource, TAIL_BYTES } from "./byte_source.ts";
import { ThriftReader, WIRE } from "./thrift_compact.ts";

/** How a leaf's values are stored. */
export type PhysicalType =
  | "BOOLEAN"
  | "INT32"
  | "INT64"
  | "INT96"
  | "FLOAT"
  | "DOUBLE"
  | "BYTE_ARRAY"
  | "FIXED_LEN_BYTE_ARRAY";

/** The physical types, by their number in the file. */
export const PHYSICAL_TYPES: readonly PhysicalType[] = [
  "BOOLEAN",
  "INT32",
  "INT64",
  "INT96",
  "FLOAT",
  "DOUBLE",
  "BYTE_ARRAY",
  "FIXED_LEN_BYTE_ARRAY",
];

/** What a leaf's or group's values mean; `kind` is the file format's name. */
export interface LogicalType {
  /** `STRING`, `MAP`, `LIST`, `DECIMAL`, `TIMESTAMP`, …; `UNKNOWN(n)` for one not known here. */
  readonly kind: string;
  /** Of a time or timestamp. */
  readonly unit?: "MILLIS" | "MICROS" | "NANOS";
  /** Of a time or timestamp: whether it is of an instant. */
  readonly isAdjustedToUtc?: boolean;
  /** Of an integer. */
  readonly bitWidth?: number;
  /** Of an integer. */
  readonly isSigned?: boolean;
  /** Of a decimal. */
  readonly scale?: number;
  /** Of a decimal. */
  readonly precision?: number;
}

/** One node of the schema, in depth-first order. */
export interface SchemaElement {
  /** Its name. */
  readonly name: string;
  /** How its values are stored; `undefined` for a group. */
  readonly physicalType: PhysicalType | undefined;
  /** Bytes of a fixed-length value. */
  readonly typeLength: number | undefined;
  /** Whether it must be there, may be null, or repeats. */
  readonly repetition: "required" | "optional" | "repeated";
  /** How many of the following nodes are its children. */
  readonly childCount: number;
  /** What the values mean, in the older enumeration. */
  readonly convertedType: number | undefined;
  /** Scale of a decimal. */
  readonly scale: number | undefined;
  /** Precision of a decimal. */
  readonly precision: number | undefined;
  /** The field's id. */
  readonly fieldId: number | undefined;
  /** What the values mean. */
  readonly logicalType: LogicalType | undefined;
  /** The logical type as it is encoded. */
  readonly logicalBytes: Uint8Array | undefined;
}

/** A leaf of the schema: a column in Parquet's sense. */
export interface ParquetLeaf {
  /** Names from the top level down, as in `["arr", "list", "element"]`. */
  readonly path: readonly string[];
  /** Its node. */
  readonly element: SchemaElement;
  /** Its nodes from the top level down, itself last. */
  readonly ancestors: readonly SchemaElement[];
}

/** What a footer says of a column chunk's values; bytes are as stored, PLAIN. */
export interface ChunkStatistics {
  /** Least value, or a bound below it. */
  readonly min: Uint8Array | undefined;
  /** Greatest value, or a bound above it. */
  readonly max: Uint8Array | undefined;
  /** Number of nulls. */
  readonly nullCount: number | undefined;
  /** Whether `min` and `max` are of the old, ambiguously ordered fields. */
  readonly deprecated: boolean;
}

/** One column's part of a row group. */
export interface ColumnChunk {
  /** The path of its leaf. */
  readonly path: readonly string[];
  /** Number of its physical type. */
  readonly type: number;
  /** Number of its codec. */
  readonly codec: number;
  /** Numbers of the encodings it uses. */
  readonly encodings: readonly number[];
  /** Values, nulls among them. */
  readonly valueCount: number;
  /** Bytes once decompressed. */
  readonly uncompressedBytes: number;
  /** First byte in the file. */
  readonly start: number;
  /** One past the last byte in the file. */
  readonly end: number;
  /** Where the first data page starts in the file. */
  readonly dataPageOffset: number;
  /** Where the dictionary page starts, if there is one. */
  readonly dictionaryPageOffset: number | undefined;
  /** What is known of its values. */
  readonly statistics: ChunkStatistics | undefined;
}

/** A run of rows, stored column by column. */
export interface RowGroup {
  /** Its rows. */
  readonly rowCount: number;
  /** Position in the file of its first row. */
  readonly firstRow: number;
  /** Bytes once decompressed. */
  readonly byteCount: number;
  /** Its chunks, one per leaf, in the leaves' order. */
  readonly columns: readonly ColumnChunk[];
}

/** What a footer says. */
export interface ParquetFooter {
  /** Rows of the file. */
  readonly rowCount: number;
  /** The schema's nodes in depth-first order, the root first. */
  readonly schema: readonly SchemaElement[];
  /** The schema's leaves, in order. */
  readonly leaves: readonly ParquetLeaf[];
  /** The row groups, in order. */
  readonly rowGroups: readonly RowGroup[];
  /** Key-value metadata. */
  readonly keyValues: ReadonlyMap<string, string>;
  /** What wrote the file. */
  readonly createdBy: string | undefined;
  /** Whether a leaf is of the old timestamp type INT96. */
  readonly hasInt96: boolean;
}

/**
 * Reads a file's footer: one read of the last 64 KiB, and one more where the
 * footer is larger.
 *
 * @throws {DeltaError} `DELTA_DATA_FILE_CORRUPT`, naming the file.
 */
export async function readFooter(source: ByteSource): Promise<ParquetFooter> {
  const { name, size } = source;
  if (size < 12) throw damaged(name, `it has only ${size} bytes`);
  const tail = await source.read(Math.max(0, size - TAIL_BYTES), size);
  const length = footerLength(name, tail, size);
  const bytes = length + 8 <= tail.length
    ? tail.subarray(tail.length - 8 - length, tail.length - 8)
    : await source.read(size - 8 - length, size - 8);
  return parseFooter(name, bytes, size - 8 - length);
}

/**
 * Parses a footer's bytes.
 *
 * @param name The file's name, for messages.
 * @param bytes The footer, without its length and magic number.
 * @param dataEnd Where the footer starts in the file: no chunk reaches further.
 */
export function parseFooter(
  name: string,
  bytes: Uint8Array,
  dataEnd: number,
): ParquetFooter {
  try {
    const footer = readFileMetaData(new ThriftReader(bytes));
    checkFooter(footer, dataEnd);
    return footer;
  } catch (error) {
    if (error instanceof DeltaError) throw error;
    throw damaged(
      name,
      `its footer is garbled: ${(error as Error).message}`,
      error,
    );
  }
}

/** The error of a file that cannot be read. */
export function damaged(
  name: string,
  why: string,
  cause?: unknown,
): DeltaError {
  return new DeltaError("DELTA_DATA_FILE_CORRUPT", {
    what: `Cannot read ${name}`,
    why,
    fix: "Restore the file from a copy: it is cut or damaged",
    context: { path: name },
    cause,
  });
}

function footerLength(name: string, tail: Uint8Array, size: number): number {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const magic = String.fromCharCode(...tail.subarray(tail.length - 4));
  if (magic === "PARE") {
    throw new DeltaError("DELTA_UNSUPPORTED_OPERATION", {
      what: `Cannot read ${name}`,
      why: "its footer is encrypted",
      fix: "Read it with an engine that has the keys",
      context: { path: name },
    });
  }
  if (magic !== "PAR1") {
    throw damaged(name, "it does not end as a Parquet file does");
  }
  const length = view.getUint32(tail.length - 8, true);
  if (length > size - 12) {
    throw damaged(
      name,
      `its footer claims ${length} bytes, and the file has ${size}`,
    );
  }
  return length;
}

function readFileMetaData(thrift: ThriftReader): ParquetFooter {
  let rowCount = -1;
  let schema: SchemaElement[] = [];
  let groups: RawRowGroup[] = [];
  let createdBy: string | undefined;
  const keyValues = new Map<string, string>();
  thrift.struct((id, type) => {
    if (id === 2 && type === WIRE.list) {
      schema = thrift.list(WIRE.struct, () => readSchemaElement(thrift));
    } else if (id === 3 && type === WIRE.i64) rowCount = thrift.integer();
    else if (id === 4 && type === WIRE.list) {
      groups = thrift.list(WIRE.struct, () => readRowGroup(thrift));
    } else if (id === 5 && type === WIRE.list) {
      thrift.list(WIRE.struct, () => readKeyValue(thrift, keyValues));
    } else if (id === 6 && type === WIRE.binary) createdBy = thrift.string();
    else return false;
    return true;
  });
  const leaves = leavesOf(schema);
  let firstRow = 0;
  const rowGroups = groups.map((group) => {
    const placed = { ...group, firstRow };
    firstRow += group.rowCount;
    return placed;
  });
  return {
    rowCount,
    schema,
    leaves,
    rowGroups,
    keyValues,
    createdBy,
    hasInt96: leaves.some((leaf) => leaf.element.physicalType === "INT96"),
  };
}

type RawRowGroup = Omit<RowGroup, "firstRow">;

function readKeyValue(
  thrift: ThriftReader,
  into: Map<string, string>,
): void {
  let key = "";
  let value = "";
  thrift.struct((id, type) => {
    if (type !== WIRE.binary) return false;
    if (id === 1) key = thrift.string();
    else if (id === 2) value = thrift.string();
    else return false;
    return true;
  });
  into.set(key, value);
}

const REPETITIONS = ["required", "optional", "repeated"] as const;

function readSchemaElement(thrift: ThriftReader): SchemaElement {
  let name = "";
  const numbers: (number | undefined)[] = [];
  let logicalType: LogicalType | undefined;
  let logicalBytes: Uint8Array | undefined;
  thrift.struct((id, type) => {
    if (id === 4 && type === WIRE.binary) name = thrift.string();
    else if (id === 10 && type === WIRE.struct) {
      const start = thrift.position;
      logicalType = readLogicalType(thrift);
      logicalBytes = thrift.bytes.slice(start, thrift.position);
    } else if (id < 10 && type === WIRE.i32) numbers[id] = thrift.integer();
    else return false;
    return true;
  });
  const type = numbers[1];
  if (type !== undefined && PHYSICAL_TYPES[type] === undefined) {
    throw new Error(`column ${name} has the unknown type ${type}`);
  }
  return {
    name,
    physicalType: type === undefined ? undefined : PHYSICAL_TYPES[type],
    typeLength: numbers[2],
    repetition: REPETITIONS[numbers[3] ?? 0] ?? "required",
    childCount: numbers[5] ?? 0,
    convertedType: numbers[6],
    scale: numbers[7],
    precision: numbers[8],
    fieldId: numbers[9],
    logicalType,
    logicalBytes,
  };
}

const LOGICAL_KINDS: Readonly<Record<number, string>> = {
  1: "STRING",
  2: "MAP",
  3: "LIST",
  4: "ENUM",
  5: "DECIMAL",
  6: "DATE",
  7: "TIME",
  8: "TIMESTAMP",
  10: "INTEGER",
  11: "NULL",
  12: "JSON",
  13: "BSON",
  14: "UUID",
  15: "FLOAT16",
  16: "VARIANT",
  17: "GEOMETRY",
  18: "GEOGRAPHY",
};
const UNITS = ["MILLIS", "MICROS", "NANOS"] as const;

function readLogicalType(thrift: ThriftReader): LogicalType | undefined {
  let logical: LogicalType | undefined;
  thrift.struct((id, type) => {
    const kind = LOGICAL_KINDS[id] ?? `UNKNOWN(${id})`;
    if (type !== WIRE.struct) return false;
    logical = { kind, ...readLogicalParts(thrift, kind) };
    return true;
  });
  return logical;
}

function readLogicalParts(
  thrift: ThriftReader,
  kind: string,
): Omit<LogicalType, "kind"> {
  const parts: {
    -readonly [K in keyof LogicalType]: LogicalType[K];
  } = { kind };
  thrift.struct((id, type) => {
    const flag = type === WIRE.true || type === WIRE.false;
    if (kind === "DECIMAL" && type === WIRE.i32) {
      if (id === 1) parts.scale = thrift.integer();
      else parts.precision = thrift.integer();
    } else if (kind === "INTEGER" && id === 1 && type === WIRE.byte) {
      parts.bitWidth = thrift.byte();
    } else if (kind === "INTEGER" && flag) parts.isSigned = type === WIRE.true;
    else if (kind.startsWith("TIME") && flag) {
      parts.isAdjustedToUtc = type === WIRE.true;
    } else if (kind.startsWith("TIME") && id === 2 && type === WIRE.struct) {
      thrift.struct((unit) => {
        const name = UNITS[unit - 1];
        if (name !== undefined) parts.unit = name;
        return false;
      });
    } else return false;
    return true;
  });
  return parts;
}

function readRowGroup(thrift: ThriftReader): RawRowGroup {
  let columns: ColumnChunk[] = [];
  let byteCount = 0;
  let rowCount = -1;
  thrift.struct((id, type) => {
    if (id === 1 && type === WIRE.list) {
      columns = thrift.list(WIRE.struct, () => readColumnChunk(thrift));
    } else if (id === 2 && type === WIRE.i64) byteCount = thrift.integer();
    else if (id === 3 && type === WIRE.i64) rowCount = thrift.integer();
    else return false;
    return true;
  });
  return { columns, byteCount, rowCount };
}

function readColumnChunk(thrift: ThriftReader): ColumnChunk {
  let chunk: ColumnChunk | undefined;
  thrift.struct((id, type) => {
    if (id === 1 && type === WIRE.binary) {
      throw new Error("a column's bytes are in another file");
    }
    if (id !== 3 || type !== WIRE.struct) return false;
    chunk = readColumnMetaData(thrift);
    return true;
  });
  if (chunk === undefined) throw new Error("a column chunk has no metadata");
  return chunk;
}

function readColumnMetaData(thrift: ThriftReader): ColumnChunk {
  const numbers: (number | undefined)[] = [];
  let encodings: number[] = [];
  let path: string[] = [];
  let statistics: ChunkStatistics | undefined;
  thrift.struct((id, type) => {
    if (type === WIRE.i32 || type === WIRE.i64) numbers[id] = thrift.integer();
    else if (id === 2 && type === WIRE.list) {
      encodings = thrift.list(WIRE.i32, () => thrift.integer());
    } else if (id === 3 && type === WIRE.list) {
      path = thrift.list(WIRE.binary, () => thrift.string());
    } else if (id === 12 && type === WIRE.struct) {
      statistics = readStatistics(thrift);
    } else return false;
    return true;
  });
  const dataPageOffset = numbers[9] ?? -1;
  const dictionary = numbers[11];
  // Some writers give offset 0, or one behind the data, for "no dictionary".
  const dictionaryPageOffset =
    dictionary !== undefined && dictionary >= 4 && dictionary < dataPageOffset
      ? dictionary
      : undefined;
  const start = dictionaryPageOffset ?? dataPageOffset;
  return {
    path,
    type: numbers[1] ?? -1,
    codec: numbers[4] ?? 0,
    encodings,
    valueCount: numbers[5] ?? -1,
    uncompressedBytes: numbers[6] ?? 0,
    start,
    end: start + (numbers[7] ?? -1),
    dataPageOffset,
    dictionaryPageOffset,
    statistics,
  };
}

function readStatistics(thrift: ThriftReader): ChunkStatistics {
  const bytes: (Uint8Array | undefined)[] = [];
  let nullCount: number | undefined;
  thrift.struct((id, type) => {
    if (type === WIRE.binary) bytes[id] = thrift.binary().slice();
    else if (id === 3 && type === WIRE.i64) nullCount = thrift.integer();
    else return false;
    return true;
  });
  const deprecated = bytes[5] === undefined && bytes[6] === undefined &&
    (bytes[1] !== undefined || bytes[2] !== undefined);
  return {
    min: bytes[6] ?? bytes[2],
    max: bytes[5] ?? bytes[1],
    nullCount,
    deprecated,
  };
}

function leavesOf(schema: readonly SchemaElement[]): ParquetLeaf[] {
  const leaves: ParquetLeaf[] = [];
  let next = 1;
  const visit = (ancestors: readonly SchemaElement[]): void => {
    const element = schema[next++];
    if (element === undefined) throw new Error("its schema ends too early");
    if (ancestors.length > 100) throw new Error("its schema nests too deeply");
    const own = [...ancestors, element];
    if (element.physicalType !== undefined) {
      const path = own.map(({ name }) => name);
      leaves.push({ path, element, ancestors: own });
    } else for (let i = 0; i < element.childCount; i++) visit(own);
  };
  if (schema.length === 0) throw new Error("it has no schema");
  for (let i = 0; i < schema[0]!.childCount; i++) visit([]);
  if (next !== schema.length) throw new Error("its schema has stray nodes");
  return leaves;
}

/** The rows add up, every chunk is of its leaf, and lies before the footer. */
function checkFooter(footer: ParquetFooter, dataEnd: number): void {
  const { leaves, rowGroups } = footer;
  let rows = 0;
  for (const group of rowGroups) {
    if (!(group.rowCount >= 0)) throw new Error("a row group has no row count");
    rows += group.rowCount;
    if (group.columns.length !== leaves.length) {
      throw new Error(
        `a row group has ${group.columns.length} columns of ${leaves.length}`,
      );
    }
    group.columns.forEach((chunk, i) => {
      if (PHYSICAL_TYPES[chunk.type] !== leaves[i]!.element.physicalType) {
        throw new Error(`column ${leaves[i]!.path.join(".")} changes its type`);
      }
      if (
        !(chunk.start >= 4) || !(chunk.end >= chunk.start) ||
        chunk.end > dataEnd || chunk.dataPageOffset > chunk.end ||
        !(chunk.valueCount >= 0)
      ) {
        throw new Error(
          `column ${
            leaves[i]!.path.join(".")
          } lies at bytes ${chunk.start} to ${chunk.end} of ${dataEnd}`,
        );
      }
    });
  }
  if (rows !== footer.rowCount) {
    throw new Error(
      `it claims ${footer.rowCount} rows, and its row groups have ${rows}`,
    );
  }
}
