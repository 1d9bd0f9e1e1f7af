import { assert, assertEquals, assertThrows } from "@std/assert";
import { column, columns } from "../../testing/built_table.ts";
import { DeltaError } from "../errors.ts";
import { rowTrackingColumns, tracksRows } from "./row_tracking.ts";
import { checkWritable, type Operation } from "./support.ts";
import { ROW_ID_COLUMN_KEY, ROW_VERSION_COLUMN_KEY } from "./table_property.ts";

const ON: Readonly<Record<string, string>> = {
  "delta.enableRowTracking": "true",
};
const NAMED: Readonly<Record<string, string>> = {
  ...ON,
  [ROW_ID_COLUMN_KEY]: "_row-id-col-1",
  [ROW_VERSION_COLUMN_KEY]: "_row-commit-version-col-1",
};
const PROTOCOL = {
  minReaderVersion: 1,
  minWriterVersion: 7,
  writerFeatures: ["rowTracking", "domainMetadata"],
};

const write = (
  configuration: Readonly<Record<string, string>>,
  operation: Operation,
  ...names: readonly ReturnType<typeof column>[]
) =>
  checkWritable(
    PROTOCOL,
    { configuration, partitionColumns: [] },
    columns(...names),
    { operation },
  );

const why = (...args: Parameters<typeof write>): string => {
  const error = assertThrows(() => write(...args), DeltaError);
  assertEquals(error.code, "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE");
  assertEquals(error.context["features"], ["rowTracking"]);
  return error.message;
};

Deno.test("rowTrackingColumns() are those that a table names and uses", () => {
  const of = (configuration: typeof ON, protocol = PROTOCOL) => {
    const table = { protocol, metadata: { configuration } };
    return [
      tracksRows(table),
      rowTrackingColumns(table)?.map(({ name }) => name),
    ];
  };
  assertEquals(of(NAMED), [true, [
    "_row-id-col-1",
    "_row-commit-version-col-1",
  ]]);
  assertEquals(of(ON), [true, undefined]);
  assertEquals(of({ ...NAMED, "delta.enableRowTracking": "false" }), [
    false,
    undefined,
  ]);
  assertEquals(of(NAMED, { ...PROTOCOL, writerFeatures: [] }), [
    false,
    undefined,
  ]);
});

Deno.test("rows are not moved where their ids have no column to stand in, or are suspended", () => {
  const { [ROW_VERSION_COLUMN_KEY]: _, ...half } = NAMED;
  assert(why(half, "optimize").includes(ROW_VERSION_COLUMN_KEY));
  assert(why(ON, "optimize").includes(ROW_ID_COLUMN_KEY));
  const suspended = { ...NAMED, "delta.rowTrackingSuspended": "true" };
  assert(why(suspended, "optimize").includes("delta.rowTrackingSuspended"));
  // What moves no row needs no such column.
  for (const operation of ["append", "delete", "metadata"] as const) {
    write(ON, operation);
  }
  write(NAMED, "optimize");
  write({}, "optimize");
});

Deno.test("nothing is written where a column has the name of a hidden one", () => {
  const mapped = { "delta.columnMapping.physicalName": "_row-id-col-1" };
  for (
    const taken of [
      column("_row-id-col-1", "long"),
      column("_ROW-ID-COL-1", "string"),
      column("x", "long", mapped),
    ]
  ) {
    for (const operation of ["append", "metadata", "optimize"] as const) {
      const message = why(NAMED, operation, column("a", "long"), taken);
      assert(message.includes(`column ${taken.name}`), message);
      // Files that were written while it was on have the hidden column still.
      why({ ...NAMED, "delta.enableRowTracking": "false" }, operation, taken);
      write({}, operation, taken);
    }
  }
  const same = { ...NAMED, [ROW_VERSION_COLUMN_KEY]: "_row-id-col-1" };
  assert(why(same, "append").includes("the same"));
});
