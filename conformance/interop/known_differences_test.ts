import { DeltaTable, type Row, type StructType } from "../../src/mod.ts";
import { needs } from "../../testing/needs.ts";
import { difference, ourChanges } from "./compare.ts";
import { assertExpected } from "./expected_differences.ts";
import { startDeltalake, withFolder } from "./foreign_engine.ts";

// What random programs leave out, because the other engine is known to differ
// there: as long as it does.

const machine = needs({ python: true });
const deltalake = machine.ignore ? undefined : startDeltalake();
Deno.test.afterAll(async () => await deltalake?.close());

const SCHEMA: StructType = {
  kind: "struct",
  fields: [
    { name: "id", type: { kind: "long" }, nullable: true, metadata: {} },
    { name: "p", type: { kind: "string" }, nullable: true, metadata: {} },
  ],
};
const ROWS: readonly Row[] = [
  { id: 1n, p: "a:b" },
  { id: 2n, p: "c" },
  { id: 3n, p: "c" },
];

/** A table with a change feed, and what is done to it. */
interface Probe {
  readonly subject: string;
  readonly partitionBy?: readonly string[];
  readonly properties?: Readonly<Record<string, string>>;
  readonly change: (table: DeltaTable) => Promise<unknown>;
}

const PROBES: readonly Probe[] = [
  {
    subject: "changes of mapped columns",
    properties: { "delta.columnMapping.mode": "name" },
    change: (table) => table.append(ROWS),
  },
  {
    subject: "changes in folders whose names are escaped",
    partitionBy: ["p"],
    change: (table) => table.append(ROWS),
  },
  {
    subject: "changes by an overwrite after deletion vectors",
    properties: { "delta.enableDeletionVectors": "true" },
    change: async (table) => {
      await table.append(ROWS);
      await table.delete({ where: "id = 2" });
      await table.overwrite([{ id: 9n, p: "z" }]);
    },
  },
];

for (const { subject, change, ...options } of PROBES) {
  Deno.test({
    name: `deltalake is known to differ: ${subject}`,
    ...machine,
    fn: () =>
      withFolder(async (folder) => {
        await using table = await DeltaTable.create(folder, {
          schema: SCHEMA,
          ...options,
          properties: {
            "delta.enableChangeDataFeed": "true",
            ...options.properties,
          },
        });
        await change(table);
        const ours = await ourChanges(table, table.version, table.version);
        const theirs = await deltalake!
          .changes(folder, table.version, table.version);
        assertExpected("deltalake", subject, difference(ours, theirs));
      }),
  });
}
