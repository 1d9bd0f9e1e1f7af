import { assert, assertEquals } from "@std/assert";
import type { ErrorCode } from "../../errors.ts";
import { fieldAt } from "../../schema/schema_path.ts";
import { loadSnapshot } from "../../snapshot/load_snapshot.ts";
import {
  add,
  field,
  MAPPED,
  refusal,
  rowsOf,
  tableOf,
  WIDENING,
} from "./alter_fixture_test.ts";
import { dropColumns, renameColumn } from "./columns.ts";
import { addConstraint } from "./constraints.ts";
import { addColumns } from "./new_columns.ts";
import { widenColumn } from "./widen_column.ts";

Deno.test("addColumns() puts columns where they are wanted, and old rows read null in them", async () => {
  // Given a table with a row and a nested column,
  const table = await tableOf([
    field("id", "long"),
    field("place", {
      type: "struct",
      fields: [field("zip", "string")],
    }),
  ]);
  await add(table, { id: 1n, place: { zip: "x" } });
  // when columns are added at the top, in front, and inside,
  const result = await addColumns(table.context, table.snapshot, {
    columns: [
      { name: "note", type: "string", comment: "why" },
      { name: "key", type: "integer", position: "first" },
      { name: "unit", type: "decimal(9,2)", position: { after: "ID" } },
      { name: ["place", "city"], type: "string", position: "first" },
    ],
  });
  table.snapshot = result.snapshot;
  // then they stand there, in one commit,
  assertEquals([result.committed, result.version], [true, 2]);
  assertEquals(
    result.snapshot.schema.fields.map((f) => f.name),
    ["key", "id", "unit", "place", "note"],
  );
  assertEquals(
    fieldAt(result.snapshot.schema, ["note"])!.metadata,
    { comment: "why" },
  );
  await add(table, { id: 2n, key: 7, place: { city: "Y", zip: "z" } });
  assertEquals(await rowsOf(table), [
    { key: 7, id: 2n, unit: null, place: { city: "Y", zip: "z" }, note: null },
    {
      key: null,
      id: 1n,
      unit: null,
      place: { city: null, zip: "x" },
      note: null,
    },
  ]);
  // and the old version is as it was.
  assertEquals(await rowsOf(table, 1), [{ id: 1n, place: { zip: "x" } }]);
});

Deno.test("addColumns() maps new columns", async () => {
  const table = await tableOf([field("id", "long")], MAPPED);
  await add(table, { id: 1n });
  const { snapshot } = await addColumns(table.context, table.snapshot, {
    columns: [{ name: "n", type: "integer" }],
  });
  table.snapshot = snapshot;
  const metadata = fieldAt(snapshot.schema, ["n"])!.metadata;
  assertEquals(metadata["delta.columnMapping.id"], 2);
  assert(/^col-/.test(String(metadata["delta.columnMapping.physicalName"])));
  assertEquals(
    snapshot.metadata.configuration["delta.columnMapping.maxColumnId"],
    "2",
  );
  await add(table, { id: 2n, n: 5 });
  assertEquals(await rowsOf(table), [{ id: 1n, n: null }, { id: 2n, n: 5 }]);
});

Deno.test("addColumns() gives no default: rows that are there would be taken to have it", async () => {
  const table = await tableOf([field("id", "long")]);
  const columns = [{ name: "n", type: "integer", default: "5" }];
  const error = await refusal(
    "DELTA_UNSUPPORTED_OPERATION",
    () => addColumns(table.context, table.snapshot, { columns } as never),
  );
  assert(error.message.includes("setDefault"), error.message);
  assertEquals((await loadSnapshot(table.context)).version, 0);
});

Deno.test("addColumns() drops no part of a column in silence", async () => {
  const table = await tableOf([field("id", "long")]);
  for (
    const [part, word] of [
      [{ nulable: false }, "nulable"],
      [{ metadata: { CURRENT_DEFAULT: "1" } }, "CURRENT_DEFAULT"],
    ] as const
  ) {
    const columns = [{ name: "w", type: "long", ...part }];
    const error = await refusal(
      "DELTA_INVALID_ARGUMENT",
      () => addColumns(table.context, table.snapshot, { columns } as never),
    );
    assert(error.message.includes(word), error.message);
  }
  // The JSON of a field has metadata, and none is none.
  const columns = [{ name: "w", type: "long", metadata: {} }];
  const all = { columns } as never;
  const { version } = await addColumns(table.context, table.snapshot, all);
  assertEquals(version, 1);
});

Deno.test("addColumns() refuses what a table cannot have, and commits nothing", async () => {
  const table = await tableOf([
    field("id", "long"),
    field("tags", { type: "array", elementType: "string", containsNull: true }),
  ], { "delta.enableChangeDataFeed": "true" });
  const cases: [ErrorCode, Parameters<typeof addColumns>[2]["columns"][0]][] = [
    ["DELTA_INVALID_SCHEMA", { name: "ID", type: "long" }],
    ["DELTA_INVALID_SCHEMA", { name: "a b", type: "long" }],
    ["DELTA_INVALID_SCHEMA", { name: "", type: "long" }],
    ["DELTA_UNSUPPORTED_DATA_TYPE", { name: "a", type: "nothing" }],
    ["DELTA_UNSUPPORTED_OPERATION", {
      name: "a",
      type: "long",
      nullable: false,
    }],
    ["DELTA_COLUMN_NOT_FOUND", { name: ["b", "a"], type: "long" }],
    ["DELTA_COLUMN_NOT_FOUND", {
      name: "a",
      type: "long",
      position: { after: "zz" },
    }],
    ["DELTA_INVALID_ARGUMENT", { name: ["tags", "a"], type: "long" }],
    ["DELTA_INVALID_ARGUMENT", { name: ["id", "a"], type: "long" }],
    ["DELTA_UNSUPPORTED_OPERATION", { name: "_change_type", type: "long" }],
  ];
  for (const [code, column] of cases) {
    await refusal(
      code,
      () => addColumns(table.context, table.snapshot, { columns: [column] }),
    );
  }
  assertEquals((await loadSnapshot(table.context)).version, 0);
  const nothing = await addColumns(table.context, table.snapshot, {
    columns: [],
  });
  assertEquals([nothing.committed, nothing.outcome, nothing.version], [
    false,
    "nothing-to-do",
    0,
  ]);
});

Deno.test("renameColumn() reads old files under the new name, and old versions under the old", async () => {
  const table = await tableOf(
    [
      field("id", "long"),
      field("part", "string"),
      field("place", { type: "struct", fields: [field("zip", "string")] }),
    ],
    { ...MAPPED, "delta.dataSkippingStatsColumns": "id,place.zip" },
    ["part"],
  );
  await add(table, { id: 1n, part: "a", place: { zip: "x" } });
  for (
    const [column, to] of [
      ["ID", "key"],
      ["part", "p q"],
      [["place", "zip"], "post code"],
    ] as const
  ) {
    const done = await renameColumn(table.context, table.snapshot, {
      column,
      to,
    });
    assertEquals(done.committed, true);
    table.snapshot = done.snapshot;
  }
  assertEquals(table.snapshot.metadata.partitionColumns, ["p q"]);
  assertEquals(
    table.snapshot.metadata.configuration["delta.dataSkippingStatsColumns"],
    "key,place.`post code`",
  );
  await add(table, { key: 2n, "p q": "b", place: { "post code": "y" } });
  assertEquals(await rowsOf(table), [
    { key: 1n, "p q": "a", place: { "post code": "x" } },
    { key: 2n, "p q": "b", place: { "post code": "y" } },
  ]);
  assertEquals(await rowsOf(table, 1), [
    { id: 1n, part: "a", place: { zip: "x" } },
  ]);
  const same = await renameColumn(table.context, table.snapshot, {
    column: "key",
    to: "key",
  });
  assertEquals(same.committed, false);
});

Deno.test("dropColumns() takes values out for good, whatever column comes later", async () => {
  const table = await tableOf([
    field("id", "long"),
    field("old", "string"),
    field("place", {
      type: "struct",
      fields: [field("zip", "string"), field("city", "string")],
    }),
  ], MAPPED);
  await add(table, { id: 1n, old: "secret", place: { zip: "x", city: "c" } });
  const dropped = await dropColumns(table.context, table.snapshot, {
    columns: ["old", ["place", "zip"]],
  });
  table.snapshot = dropped.snapshot;
  assertEquals(await rowsOf(table), [{ id: 1n, place: { city: "c" } }]);
  const back = await addColumns(table.context, table.snapshot, {
    columns: [{ name: "old", type: "string" }],
  });
  table.snapshot = back.snapshot;
  assertEquals(await rowsOf(table), [
    { id: 1n, place: { city: "c" }, old: null },
  ]);
  assertEquals(await rowsOf(table, 1), [
    { id: 1n, old: "secret", place: { zip: "x", city: "c" } },
  ]);
});

Deno.test("renameColumn() and dropColumns() refuse what would change the meaning of something", async () => {
  const plain = await tableOf([field("id", "long"), field("b", "long")]);
  for (
    const work of [
      () =>
        renameColumn(plain.context, plain.snapshot, { column: "b", to: "c" }),
      () => dropColumns(plain.context, plain.snapshot, { columns: ["b"] }),
    ]
  ) {
    const error = await refusal("DELTA_UNSUPPORTED_OPERATION", work);
    assert(error.message.includes("delta.columnMapping.mode"), error.message);
  }
  const table = await tableOf(
    [
      field("id", "long"),
      field("p", "long"),
      field("s", { type: "struct", fields: [field("a", "long")] }),
    ],
    MAPPED,
    ["p"],
  );
  const constrained = await addConstraint(table.context, table.snapshot, {
    name: "positive",
    expression: "s.a > 0 AND s.a <> 5",
  });
  table.snapshot = constrained.snapshot;
  const { context, snapshot } = table;
  const used = await refusal(
    "DELTA_UNSUPPORTED_OPERATION",
    () => renameColumn(context, snapshot, { column: ["s", "a"], to: "b" }),
  );
  assert(used.message.includes("the constraint positive"), used.message);
  const cases: [ErrorCode, () => Promise<unknown>][] = [
    [
      "DELTA_UNSUPPORTED_OPERATION",
      () => dropColumns(context, snapshot, { columns: ["s"] }),
    ],
    [
      "DELTA_UNSUPPORTED_OPERATION",
      () => dropColumns(context, snapshot, { columns: ["p"] }),
    ],
    [
      "DELTA_INVALID_SCHEMA",
      () =>
        dropColumns(context, snapshot, { columns: ["id"] }).then(() =>
          renameColumn(context, snapshot, { column: "id", to: "P" })
        ),
    ],
    [
      "DELTA_COLUMN_NOT_FOUND",
      () => dropColumns(context, snapshot, { columns: ["zz"] }),
    ],
    [
      "DELTA_INVALID_SCHEMA",
      () => renameColumn(context, snapshot, { column: "id", to: "" }),
    ],
  ];
  for (const [code, work] of cases) await refusal(code, work);
  const passed = await dropColumns(context, snapshot, {
    columns: ["zz"],
    ifExists: true,
  });
  assertEquals(passed.committed, false);
});

Deno.test("dropColumns() leaves at least one field everywhere", async () => {
  const table = await tableOf([
    field("id", "long"),
    field("s", { type: "struct", fields: [field("a", "long")] }),
  ], MAPPED);
  for (const columns of [["id", "s"], [["s", "a"]]]) {
    await refusal(
      "DELTA_UNSUPPORTED_OPERATION",
      () => dropColumns(table.context, table.snapshot, { columns }),
    );
  }
});

Deno.test("widenColumn() reads old values in the wider type and records the change", async () => {
  const table = await tableOf(
    [
      field("a", "byte"),
      field("d", "decimal(4,2)"),
      field("l", { type: "array", elementType: "integer", containsNull: true }),
      field("day", "date"),
      field("p", "integer"),
    ],
    WIDENING,
    ["p"],
  );
  await add(table, { a: 1, d: "1.25", l: [7, null], day: "2024-02-29", p: 3 });
  for (
    const [column, type] of [
      ["a", "integer"],
      ["a", "long"],
      ["d", "decimal(10,4)"],
      [["l", "element"], "long"],
      ["day", "timestamp_ntz"],
      ["p", "long"],
    ] as const
  ) {
    const done = await widenColumn(table.context, table.snapshot, {
      column,
      type,
    });
    assertEquals(done.committed, true);
    table.snapshot = done.snapshot;
  }
  const { schema, protocol } = table.snapshot;
  assertEquals(fieldAt(schema, ["a"])!.metadata["delta.typeChanges"], [
    { fromType: "byte", toType: "integer" },
    { fromType: "integer", toType: "long" },
  ]);
  assertEquals(fieldAt(schema, ["l"])!.metadata["delta.typeChanges"], [
    { fromType: "integer", toType: "long", fieldPath: "element" },
  ]);
  assert(protocol.readerFeatures!.includes("timestampNtz"));
  await add(table, {
    a: 2n ** 40n,
    d: "123456.7890",
    l: [2n ** 40n],
    day: "2024-03-01T12:00:00",
    p: 2n ** 40n,
  });
  assertEquals(await rowsOf(table), [
    {
      a: 1n,
      d: { unscaled: 12500n, scale: 4 },
      l: [7n, null],
      day: 1709164800000000n,
      p: 3n,
    },
    {
      a: 2n ** 40n,
      d: { unscaled: 1234567890n, scale: 4 },
      l: [2n ** 40n],
      day: 1709294400000000n,
      p: 2n ** 40n,
    },
  ]);
  assertEquals((await rowsOf(table, 1))[0]!.a, 1);
});

Deno.test("widenColumn() refuses everything else", async () => {
  const off = await tableOf([field("a", "integer")]);
  const error = await refusal(
    "DELTA_UNSUPPORTED_OPERATION",
    () => widenColumn(off.context, off.snapshot, { column: "a", type: "long" }),
  );
  assert(error.message.includes("delta.enableTypeWidening"), error.message);
  const table = await tableOf(
    [field("a", "long"), field("s", "string"), field("p", "date")],
    WIDENING,
    ["p"],
  );
  const constrained = await addConstraint(table.context, table.snapshot, {
    name: "c",
    expression: "a > 0",
  });
  table.snapshot = constrained.snapshot;
  const { context, snapshot } = table;
  for (
    const [code, column, type] of [
      ["DELTA_UNSUPPORTED_TYPE_CHANGE", "a", "integer"],
      ["DELTA_UNSUPPORTED_TYPE_CHANGE", "a", "double"],
      ["DELTA_UNSUPPORTED_TYPE_CHANGE", "s", "long"],
      ["DELTA_UNSUPPORTED_OPERATION", "a", "decimal(20,0)"],
      ["DELTA_UNSUPPORTED_OPERATION", "p", "timestamp_ntz"],
      ["DELTA_COLUMN_NOT_FOUND", "zz", "long"],
    ] as const
  ) {
    await refusal(code, () => widenColumn(context, snapshot, { column, type }));
  }
  const same = await widenColumn(context, snapshot, {
    column: "a",
    type: "long",
  });
  assertEquals(same.committed, false);
});
