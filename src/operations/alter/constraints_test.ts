import { assert, assertEquals } from "@std/assert";
import type { ErrorCode } from "../../errors.ts";
import { hasFeature } from "../../protocol/table_feature.ts";
import { loadSnapshot } from "../../snapshot/load_snapshot.ts";
import { append } from "../append.ts";
import { add, field, refusal, rowsOf, tableOf } from "./alter_fixture_test.ts";
import {
  addConstraint,
  dropConstraint,
  dropNotNull,
  setNotNull,
} from "./constraints.ts";

const PLACE = field("place", {
  type: "struct",
  fields: [field("zip", "string")],
});

Deno.test("addConstraint() promises what every row keeps already", async () => {
  const table = await tableOf([field("id", "long"), field("name", "string")]);
  await add(table, { id: 1n, name: "a" }, { id: 5n, name: null });
  const done = await addConstraint(table.context, table.snapshot, {
    name: "Small",
    expression: "id BETWEEN 1 AND 5",
  });
  assertEquals([done.committed, done.version, done.readVersion], [true, 2, 1]);
  const { metadata, protocol } = await loadSnapshot(table.context);
  assertEquals(metadata.configuration, {
    "delta.constraints.small": "id BETWEEN 1 AND 5",
  });
  assert(hasFeature(protocol, "checkConstraints"));
  // The same again is no change; another condition under the name is refused.
  const again = await addConstraint(table.context, done.snapshot, {
    name: "small",
    expression: "id BETWEEN 1 AND 5",
  });
  assertEquals(again.committed, false);
  await refusal(
    "DELTA_INVALID_ARGUMENT",
    () =>
      addConstraint(table.context, done.snapshot, {
        name: "SMALL",
        expression: "id > 0",
      }),
  );
});

Deno.test("addConstraint() shows a row that breaks it, null included", async () => {
  const table = await tableOf([field("id", "long"), field("name", "string")]);
  await add(table, { id: 1n, name: "a" }, { id: null, name: "b" });
  await add(table, { id: 7n, name: "c" });
  const broken: [string, string][] = [
    ["id > 0", "{id = null}"],
    ["id IS NULL OR id < 5", "{id = 7}"],
    ["name <> 'c' AND length(name) = 1", '{name = "c"}'],
  ];
  for (const [expression, row] of broken) {
    const error = await refusal(
      "DELTA_VIOLATE_CONSTRAINT",
      () =>
        addConstraint(table.context, table.snapshot, { name: "c", expression }),
    );
    assertEquals(error.context.row, row);
    assert(error.message.includes(expression));
  }
  const cases: [ErrorCode, string, string][] = [
    ["DELTA_COLUMN_NOT_FOUND", "c", "zz > 0"],
    ["DELTA_UNSUPPORTED_EXPRESSION", "c", "id >"],
    ["DELTA_UNSUPPORTED_EXPRESSION", "c", "id"],
    ["DELTA_UNSUPPORTED_EXPRESSION", "c", "frobnicate(id) > 0"],
    ["DELTA_INVALID_ARGUMENT", "", "id > 0"],
    ["DELTA_INVALID_ARGUMENT", "c", " "],
  ];
  for (const [code, name, expression] of cases) {
    await refusal(
      code,
      () => addConstraint(table.context, table.snapshot, { name, expression }),
    );
  }
  assertEquals((await loadSnapshot(table.context)).version, 2);
});

Deno.test("addConstraint() and setNotNull() lose to rows that they did not look at", async () => {
  for (const isCheck of [true, false]) {
    const table = await tableOf([field("id", "long")]);
    await add(table, { id: 1n });
    // Given a snapshot that does not know of an append,
    await append(table.context, table.snapshot, [{ id: isCheck ? -1n : null }]);
    // when a promise is made on it, then it fails by name, and is not kept.
    const error = await refusal(
      "DELTA_CONCURRENT_APPEND",
      () =>
        isCheck
          ? addConstraint(table.context, table.snapshot, {
            name: "c",
            expression: "id > 0",
          })
          : setNotNull(table.context, table.snapshot, { column: "id" }),
    );
    assertEquals([error.outcome, error.retry], ["failed", "rerun"]);
    assertEquals((await loadSnapshot(table.context)).version, 2);
  }
});

Deno.test("dropConstraint() drops one, and knows those that are not there", async () => {
  const table = await tableOf([field("id", "long")]);
  const added = await addConstraint(table.context, table.snapshot, {
    name: "c",
    expression: "id > 0",
  });
  const { context } = table;
  await refusal(
    "DELTA_INVALID_ARGUMENT",
    () => dropConstraint(context, added.snapshot, { name: "d" }),
  );
  const none = await dropConstraint(context, added.snapshot, {
    name: "d",
    ifExists: true,
  });
  assertEquals(none.committed, false);
  const dropped = await dropConstraint(context, added.snapshot, { name: "C" });
  assertEquals(dropped.snapshot.metadata.configuration, {});
  table.snapshot = dropped.snapshot;
  await add(table, { id: -1n });
  assertEquals(await rowsOf(table), [{ id: -1n }]);
});

Deno.test("setNotNull() looks at every row first; dropNotNull() takes it back", async () => {
  const table = await tableOf([field("id", "long"), field("p", "string")], {}, [
    "p",
  ]);
  await add(table, { id: 1n, p: "a" }, { id: 2n, p: null });
  const { context } = table;
  const error = await refusal(
    "DELTA_NOT_NULL_CONSTRAINT_VIOLATED",
    () => setNotNull(context, table.snapshot, { column: "P" }),
  );
  assert(error.message.includes("{p = null}"), error.message);
  const set = await setNotNull(context, table.snapshot, { column: "id" });
  table.snapshot = set.snapshot;
  assertEquals([set.committed, set.snapshot.schema.fields[0]!.nullable], [
    true,
    false,
  ]);
  await refusal(
    "DELTA_NOT_NULL_CONSTRAINT_VIOLATED",
    () => add(table, { id: null, p: "b" }),
  );
  const same = await setNotNull(context, table.snapshot, { column: "id" });
  assertEquals(same.committed, false);
  const dropped = await dropNotNull(context, table.snapshot, { column: "id" });
  table.snapshot = dropped.snapshot;
  await add(table, { id: null, p: "b" });
  assertEquals((await rowsOf(table)).length, 3);
});

Deno.test("setNotNull() goes into structs whose parents have values, and not into lists", async () => {
  const list = field("l", {
    type: "array",
    elementType: { type: "struct", fields: [field("a", "long")] },
    containsNull: true,
  });
  const table = await tableOf([PLACE, list]);
  const { context } = table;
  await add(table, { place: { zip: "x" }, l: [] });
  await refusal(
    "DELTA_UNSUPPORTED_OPERATION",
    () => setNotNull(context, table.snapshot, { column: ["place", "zip"] }),
  );
  const outer = await setNotNull(context, table.snapshot, { column: "place" });
  const inner = await setNotNull(context, outer.snapshot, {
    column: ["place", "zip"],
  });
  assertEquals(inner.version, 3);
  await refusal(
    "DELTA_UNSUPPORTED_OPERATION",
    () =>
      setNotNull(context, table.snapshot, { column: ["l", "element", "a"] }),
  );
  await refusal(
    "DELTA_COLUMN_NOT_FOUND",
    () => dropNotNull(context, table.snapshot, { column: "zz" }),
  );
});
