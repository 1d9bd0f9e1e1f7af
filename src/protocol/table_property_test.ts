import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { DeltaError } from "../errors.ts";
import {
  isInternalProperty,
  KNOWN_PROPERTIES,
  ROW_ID_COLUMN_KEY,
  ROW_VERSION_COLUMN_KEY,
  storedConfiguration,
  tableProperties,
  validateProperties,
  withRowTrackingColumns,
} from "./table_property.ts";

const DAY = 86_400_000;

Deno.test("tableProperties() has a default for every property that needs one", () => {
  const properties = tableProperties({});
  assertEquals(properties.checkpointInterval, 100);
  assertEquals(properties.logRetentionMs, 30 * DAY);
  assertEquals(properties.deletedFileRetentionMs, 7 * DAY);
  assertEquals(properties.setTransactionRetentionMs, undefined);
  assertEquals(properties.enableExpiredLogCleanup, true);
  assertEquals(properties.columnMappingMode, "none");
  assertEquals(properties.isolationLevel, "Serializable");
  assertEquals(properties.dataSkippingNumIndexedCols, 32);
  assertEquals(properties.dataSkippingStatsColumns, undefined);
  assertEquals(properties.targetFileSize, undefined);
  assertEquals(properties.codec, "zstd");
  assertEquals(properties.checkpointPolicy, "classic");
  assertEquals(properties.writeStatsAsJson, true);
  assertEquals(properties.writeStatsAsStruct, false);
  assertEquals(properties.appendOnly, false);
  assertEquals(properties.enableChangeDataFeed, false);
  assertEquals(properties.enableInCommitTimestamps, false);
  assertEquals(properties.inCommitTimestampEnablementVersion, undefined);
  assertEquals(properties.inCommitTimestampEnablementTimestamp, undefined);
  assertEquals(properties.enableDeletionVectors, false);
  assertEquals(properties.enableRowTracking, false);
  assertEquals(properties.enableTypeWidening, false);
  assertEquals(properties.randomizeFilePrefixes, false);
  assertEquals(properties.randomPrefixLength, 2);
});

Deno.test("tableProperties() reads the spellings of other engines", () => {
  const properties = tableProperties({
    "delta.isolationLevel": "writeSerializable",
    "delta.parquet.compression.codec": "NONE",
    "delta.checkpointPolicy": "V2",
    "delta.targetFileSize": "128mb",
    "delta.dataSkippingNumIndexedCols": "-1",
    "delta.appendOnly": "TRUE",
    "delta.enableChangeDataCapture": "true",
    "delta.inCommitTimestampEnablementTimestamp": "1795382606396",
  });
  assertEquals(properties.isolationLevel, "WriteSerializable");
  assertEquals(properties.codec, "uncompressed");
  assertEquals(properties.checkpointPolicy, "v2");
  assertEquals(properties.targetFileSize, 2 ** 27);
  assertEquals(properties.dataSkippingNumIndexedCols, -1);
  assertEquals(properties.appendOnly, true);
  assertEquals(properties.enableChangeDataFeed, true);
  assertEquals(properties.inCommitTimestampEnablementTimestamp, 1795382606396);
});

Deno.test("tableProperties() refuses a bad value only when it is asked for", () => {
  const properties = tableProperties({
    "delta.isolationLevel": "ReadCommitted",
    "delta.checkpointInterval": "0",
  });
  assertEquals(properties.appendOnly, false);
  const error = assertThrows(() => properties.isolationLevel, DeltaError);
  assertEquals(error.code, "DELTA_INVALID_CONFIGURATION");
  assert(error.message.includes("WriteSerializable"));
  assertThrows(() => properties.checkpointInterval, DeltaError);
});

Deno.test("validateProperties() accepts known properties, constraints, features and the user's own", () => {
  validateProperties({
    "delta.appendOnly": "true",
    "delta.columnMapping.mode": "name",
    "delta.constraints.positive": "id > 0",
    "delta.feature.deletionVectors": "supported",
    "delta.minReaderVersion": "3",
    "delta.dataSkippingStatsColumns": "a, `b.c`",
    "delta.parquet.format.version": "2.12.0",
    "owner": "anything",
  });
});

Deno.test("validateProperties() refuses what nobody knows, and says what is near", () => {
  const error = assertThrows(
    () => validateProperties({ "delta.appendonly": "true" }),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_UNKNOWN_CONFIGURATION");
  assert(error.message.includes("Spell it delta.appendOnly"));
  for (const key of ["delta.nope", "delta.feature.nope", "Delta.x"]) {
    const other = assertThrows(
      () => validateProperties({ [key]: "true" }),
      DeltaError,
    );
    assertEquals(other.code, "DELTA_UNKNOWN_CONFIGURATION");
  }
});

Deno.test("validateProperties() refuses values that are not legal, and keys that engines keep", () => {
  for (
    const [key, value] of [
      ["delta.appendOnly", "yes"],
      ["delta.checkpointInterval", "0"],
      ["delta.logRetentionDuration", "interval 1 month"],
      ["delta.isolationLevel", "ReadCommitted"],
      ["delta.columnMapping.mode", "both"],
      ["delta.columnMapping.maxColumnId", "5"],
      ["delta.parquet.compression.codec", "zip"],
      ["delta.parquet.format.version", "3.0.0"],
      ["delta.targetFileSize", "big"],
      ["delta.dataSkippingStatsColumns", "a,,b"],
      ["delta.feature.deletionVectors", "maybe"],
      ["delta.constraints.c", " "],
    ] as const
  ) {
    const error = assertThrows(
      () => validateProperties({ [key]: value }),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_INVALID_CONFIGURATION", key);
  }
});

Deno.test("storedConfiguration() leaves out what only asks for a protocol", () => {
  assertEquals(
    storedConfiguration({
      "delta.feature.deletionVectors": "supported",
      "delta.minReaderVersion": "1",
      "delta.minWriterVersion": "2",
      "delta.appendOnly": "true",
      "owner": "me",
    }),
    { "delta.appendOnly": "true", "owner": "me" },
  );
  assert(KNOWN_PROPERTIES.includes("delta.appendOnly"));
});

Deno.test("storedConfiguration() keeps values of known properties without the blanks around them", () => {
  assertEquals(
    storedConfiguration({
      "delta.enableInCommitTimestamps": " TRUE ",
      "delta.constraints.c": " a > 1",
      "owner": " me ",
    }),
    {
      "delta.enableInCommitTimestamps": "TRUE",
      "delta.constraints.c": " a > 1",
      "owner": " me ",
    },
  );
});

Deno.test("withRowTrackingColumns() names the hidden columns once, and only where rows are tracked", () => {
  const uuid = () => "0-1";
  const off = { "delta.enableRowTracking": "false" };
  assertStrictEquals(withRowTrackingColumns(off, uuid), off);
  const on = withRowTrackingColumns(
    { "delta.enableRowTracking": "true" },
    uuid,
  );
  assertEquals(on, {
    "delta.enableRowTracking": "true",
    [ROW_ID_COLUMN_KEY]: "_row-id-col-0-1",
    [ROW_VERSION_COLUMN_KEY]: "_row-commit-version-col-0-1",
  });
  assertStrictEquals(withRowTrackingColumns(on, () => "2"), on);
  assert(isInternalProperty(ROW_ID_COLUMN_KEY));
  assert(!isInternalProperty("delta.appendOnly"));
  assert(!isInternalProperty("my.own"));
});
