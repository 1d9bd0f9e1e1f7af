import { assertEquals } from "@std/assert";
import { column, columns } from "../../../testing/built_table.ts";
import { changedTable } from "../../../testing/changed_table.ts";
import { bindPredicate } from "../../expression/bind.ts";
import { and, col, type Expression } from "../../expression/predicate.ts";
import { bindMerge, isInsertOnly, mergeParameters } from "./merge_clauses.ts";
import { indexSource, mergeCondition } from "./merge_keys.ts";
import { Matcher } from "./merge_match.ts";
import { insertedRows, insertsOf } from "./merge_rows.ts";
import { mapColumns, mergeScope, qualified } from "./merge_scope.ts";
import { readSource } from "./merge_source.ts";

const TARGET = columns(
  column("id", "long"),
  column("p", "string"),
  column("n", "integer"),
);
const SOURCE = columns(column("id", "integer"), column("extra", "string"));
const scope = mergeScope(TARGET, SOURCE);
const at = (...path: [string, ...string[]]): Expression => col(...path);

Deno.test("qualified() puts bare columns under the first side that has them", () => {
  const under = (path: [string, ...string[]], sides = BOTH) => {
    const found = qualified(at(...path), scope, sides);
    return found.kind === "column" ? found.path : [];
  };
  const BOTH = ["target", "source"] as ("target" | "source")[];
  assertEquals(under(["id"]), ["target", "id"]);
  assertEquals(under(["extra"]), ["source", "extra"]);
  assertEquals(under(["Source", "id"]), ["source", "id"]);
  assertEquals(under(["id"], ["source"]), ["source", "id"]);
});

Deno.test("mapColumns() reaches every part of an expression, and leaves values alone", () => {
  const value = { kind: "column", path: ["not", "me"] };
  const expression: Expression = {
    kind: "case",
    branches: [{
      when: col("a").in([1, 2]),
      then: col("b").cast({ kind: "long" }),
    }],
    otherwise: { kind: "literal", value },
  };
  const mapped = JSON.stringify(
    mapColumns(expression, (path) => ["x", ...path]),
  );
  assertEquals(mapped.includes('["x","a"]'), true);
  assertEquals(mapped.includes('["x","b"]'), true);
  assertEquals(mapped.includes('["not","me"]'), true);
});

Deno.test("mergeCondition() parts equalities of both sides from the rest", () => {
  const condition = mergeCondition(
    and(
      col("source", "id").eq(col("target", "id")),
      col("target", "p").eq("a"),
      col("target", "n").eq(3),
    ),
    scope,
  );
  assertEquals(condition.keys.length, 1);
  assertEquals(condition.targetOnly.length, 2);
  const bound = bindPredicate(condition.targetOnly[0]!, TARGET);
  assertEquals(bound.kind, "compare");
});

Deno.test("indexSource() bounds the rows that may match, and says that none can", async () => {
  const condition = mergeCondition(["id"], mergeScope(TARGET, TARGET));
  const rows = await readSource([{ id: 3 }, { id: 9 }, {}], TARGET, TARGET);
  assertEquals(indexSource(rows, condition, []).bounds?.kind, "and");
  assertEquals(indexSource(rows, condition, ["id"]).bounds?.kind, "and");
  const nobody = await readSource([{ id: null }], TARGET, TARGET);
  assertEquals(indexSource(nobody, condition, []).bounds, {
    kind: "or",
    args: [],
  });
});

Deno.test("readSource() gives shared columns the target's type and others their own", async () => {
  const { schema, batch } = await readSource(
    [{ ID: 1, extra: "x" }, { id: 2 }],
    TARGET,
    undefined,
  );
  assertEquals(
    schema.fields.map(({ name, type }) => [name, type.kind]),
    [["id", "long"], ["extra", "string"]],
  );
  assertEquals(batch.numRows, 2);
});

Deno.test("Matcher tells what happens to rows, and which source rows matched", async () => {
  const table = await changedTable(TARGET, {
    rows: [{ id: 1, n: 1 }, { id: 2, n: 2 }, { id: 3, n: 3 }],
  });
  const base = await table.load();
  const options = {
    source: [{ id: 2, n: 20 }, { id: 8, n: 80 }],
    on: ["id"],
    whenMatched: [{ update: "all" as const }],
    whenNotMatched: [{ insert: "all" as const }],
    whenNotMatchedBySource: [{ delete: true, condition: "n = 3" }],
  };
  const bound = await bindMerge(table.context, base, options, "Cannot test");
  const index = indexSource(bound.source, bound.condition, []);
  const plan = { ...bound, index, candidates: undefined };
  const matcher = new Matcher(table.context, base, plan);
  const add = (await table.actions(1)).flatMap((a) => "add" in a ? a.add : []);
  const matched = await matcher.match(add[0]!, undefined);
  assertEquals([...matched!.file.positions!], [1, 2]);
  assertEquals([...matched!.clauses], [0, 1]);
  assertEquals([...matcher.matchedSource], [1, 0]);
  const inserts = insertsOf(bound, Uint32Array.of(1));
  const [batch] = [...insertedRows(base.schema, bound, inserts)];
  assertEquals(batch!.schema.fields.map((field) => field.name), ["id", "n"]);
  assertEquals(isInsertOnly(options), false);
  assertEquals(
    mergeParameters(options, bound.scope)["predicate"],
    '["(target.id = source.id)"]',
  );
});
