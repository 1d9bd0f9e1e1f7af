import { assert, assertEquals, assertRejects } from "@std/assert";
import { column, columns } from "../../../testing/built_table.ts";
import { changedTable } from "../../../testing/changed_table.ts";
import { Transaction } from "../../commit/transaction.ts";
import { DeltaError } from "../../errors.ts";
import { col } from "../../expression/predicate.ts";
import { buildBatch } from "../../parquet/build_column.ts";
import { overwritePartitions } from "../dynamic_overwrite.ts";
import { replaceWhere } from "../replace_where.ts";
import { beginChange, commitChange, unchanged } from "./change_result.ts";
import { deleteFrom, orAbort } from "./delete_from.ts";
import { peekSchema, redefined } from "./new_schema.ts";
import { checkNotAppendOnly, removeAll } from "./removes.ts";
import { keepsFeed, RowChanges, usesVectors } from "./row_changes.ts";
import { enforcerOf, outdated } from "./row_enforcer.ts";
import { rowsFound, searchRows } from "./search.ts";

const SCHEMA = columns(column("id", "long"), column("p", "string"));
const ROWS = [{ id: 1, p: "a" }, { id: 2, p: "a" }, { id: 3, p: "b" }];

Deno.test("searchRows() takes files whole where partitions decide, and opens them where not", async () => {
  const table = await changedTable(SCHEMA, { partitionBy: ["p"], rows: ROWS });
  const base = await table.load();
  const search = (where: Parameters<typeof searchRows>[3]) =>
    searchRows(
      table.context,
      base,
      new Transaction(table.context, base),
      where,
      undefined,
    );
  const whole = await search(col("p").eq("a"));
  assertEquals(whole.map((file) => [file.positions, file.found]), [
    [undefined, 2],
  ]);
  const part = await search(col("id").eq(2));
  assertEquals([...part[0]!.positions!], [1]);
  assertEquals(rowsFound(await search(undefined)), 3);
  assertEquals(
    rowsFound([{ add: whole[0]!.add, positions: undefined, found: undefined }]),
    undefined,
  );
});

Deno.test("RowChanges drops everything it put when the work throws", async () => {
  const table = await changedTable(SCHEMA, {
    properties: { "delta.enableChangeDataFeed": "true" },
    rows: ROWS,
  });
  const base = await table.load();
  const before = await table.objects();
  const changes = new RowChanges(table.context, base, {
    recordsChanges: keepsFeed(base),
    targetFileSize: 1,
  });
  await assertRejects(
    () =>
      orAbort(changes, async () => {
        await changes.insert(buildBatch(base.schema, [{ id: 9n }]));
        throw new TypeError("the work failed");
      }),
    TypeError,
  );
  assertEquals(await table.objects(), before);
  assertEquals(usesVectors(base), false);
});

Deno.test("commitChange() names everything that was staged", async () => {
  const table = await changedTable(SCHEMA, { rows: ROWS });
  const base = await table.load();
  const transaction = beginChange(
    table.context,
    base,
    "DELETE",
    {},
    {},
    "delete",
  );
  const files = await searchRows(
    table.context,
    base,
    transaction,
    col("id").lt(3),
    undefined,
  );
  const changes = new RowChanges(table.context, base, {
    recordsChanges: false,
  });
  const staged = await deleteFrom(changes, files);
  const result = await commitChange(table.context, transaction, {
    staged,
    counts: { deleted: 2 },
    operationMetrics: { numDeletedRows: 2, nobodyKnows: undefined },
    startedAt: table.context.host.now(),
  });
  assertEquals([result.version, result.metrics.numCopiedRows], [2, 1]);
  const [info] = await table.actions(2);
  assert("commitInfo" in info!);
  assertEquals(info.commitInfo.operationMetrics!["numDeletedRows"], "2");
  assertEquals("nobodyKnows" in info.commitInfo.operationMetrics!, false);
  assertEquals(
    unchanged(table.context, base, "nothing-to-do", 0).metrics.numDeletedRows,
    0,
  );
});

Deno.test("outdated() are the generated columns that nobody sets", async () => {
  const table = await changedTable(columns(
    column("id", "long"),
    column("twice", "long", { "delta.generationExpression": "id * 2" }),
  ));
  const base = await table.load();
  const enforcer = enforcerOf(table.context, base);
  const value = { kind: "literal", value: 1n, type: { kind: "long" } } as const;
  const set = (index: number) => ({ index, inside: [], value });
  assertEquals([...outdated(enforcer, [set(0)], base)], ["twice"]);
  assertEquals([...outdated(enforcer, [set(1)], base)], []);
});

Deno.test("redefined() is the same object where nothing changes, and refuses a lost partition", async () => {
  const table = await changedTable(SCHEMA, { partitionBy: ["p"], rows: ROWS });
  const base = await table.load();
  const { schema } = await peekSchema([{ id: 1n, p: "x" }]);
  assertEquals(redefined(table.context, base, schema, undefined), base);
  const error = await assertRejects(
    async () => {
      const lost = await peekSchema([{ id: 1n }]);
      redefined(table.context, base, lost.schema, undefined);
    },
    DeltaError,
  );
  assertEquals(error.code, "DELTA_INVALID_ARGUMENT");
  checkNotAppendOnly(table.context, base);
  assertEquals((await removeAll(table.context, base, undefined)).length, 2);
});

Deno.test("replaceWhere() and overwritePartitions() conflict with a row added where they looked", async () => {
  const table = await changedTable(SCHEMA, { partitionBy: ["p"], rows: ROWS });
  const base = await table.load();
  await table.append([{ id: 4, p: "a" }]);
  for (
    const replace of [
      () => replaceWhere(table.context, base, [], "p = 'a'", {}),
      () => overwritePartitions(table.context, base, [{ id: 5, p: "a" }], {}),
    ]
  ) {
    const error = await assertRejects(replace, DeltaError);
    assertEquals(error.conflict, "ConcurrentAppend");
  }
  await replaceWhere(table.context, base, [], "p = 'b'", {});
  assertEquals((await table.rows()).length, 3);
});
