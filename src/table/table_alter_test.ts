import { assertEquals } from "@std/assert";
import type { AlterResult } from "../operations/alter/alter_table.ts";
import { createTable } from "../operations/create.ts";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf } from "../store/table_context.ts";
import { TableAlter } from "./table_alter.ts";

Deno.test("TableAlter hands each change to the table that made it", async () => {
  // Given the changes of a table, and a table that notes what it is asked to run,
  const context = contextOf(memoryStore());
  let { snapshot } = await createTable(context, {
    schema: { type: "struct", fields: [] },
    properties: {
      "delta.columnMapping.mode": "name",
      "delta.enableTypeWidening": "true",
    },
  });
  const versions: number[] = [];
  const alter = new TableAlter(async (run, options) => {
    const { snapshot: next, ...report }: AlterResult = await run(
      context,
      snapshot,
      options,
    );
    snapshot = next;
    versions.push(report.version);
    return { ...report, requests: 0 };
  });
  // when each is called,
  await alter.addColumns({
    columns: [{ name: "a", type: "integer" }, { name: "b", type: "date" }],
  });
  await alter.renameColumn({ column: "a", to: "n" });
  await alter.dropColumns({ columns: ["b"] });
  await alter.widenColumn({ column: "n", type: "long" });
  await alter.setNotNull({ column: "n" });
  await alter.dropNotNull({ column: "n" });
  await alter.addConstraint({ name: "positive", expression: "n > 0" });
  await alter.dropConstraint({ name: "positive" });
  await alter.setProperties({ properties: { owner: "me" } });
  await alter.unsetProperties({ properties: ["owner"] });
  await alter.setDomain({ domain: "d", configuration: "{}" });
  await alter.removeDomain({ domain: "d" });
  await alter.addFeature({ feature: "vacuumProtocolCheck" });
  await alter.dropFeature({ feature: "vacuumProtocolCheck" });
  await alter.setTableName({ name: "numbers" });
  await alter.setTableDescription({ description: "some" });
  // then each made a version, and the last one is what they come to.
  assertEquals(versions, Array.from({ length: 16 }, (_, i) => i + 1));
  assertEquals(
    snapshot.schema.fields.map((f) => [f.name, f.type.kind, f.nullable]),
    [["n", "long", true]],
  );
  assertEquals(snapshot.metadata.name, "numbers");
  assertEquals(snapshot.metadata.description, "some");
});
