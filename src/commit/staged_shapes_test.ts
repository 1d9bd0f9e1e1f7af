import { assert, assertEquals, assertRejects } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { memoryStore } from "../store/memory_store.ts";
import { DeltaTable } from "../table.ts";

const FILE = {
  path: "a.parquet",
  partitionValues: {},
  size: 1,
  modificationTime: 1,
  dataChange: true,
};
const METADATA = {
  id: "t",
  format: { provider: "parquet", options: {} },
  schemaString: '{"type":"struct","fields":[]}',
  partitionColumns: [],
  configuration: {},
};
const WRONG: readonly unknown[] = [undefined, null, 5, true, [], "x", {
  a: 1,
}, () => 1];

/** For each way to stage an action: one that is well-formed, and what may be wrong with it. */
const STAGED: Readonly<Record<string, Record<string, unknown>>> = {
  add: FILE,
  remove: { path: "a.parquet", dataChange: true, deletionTimestamp: 1 },
  cdc: FILE,
  setTxn: { appId: "a", version: 1 },
  setDomain: { domain: "mine", configuration: "{}", removed: false },
  setMetadata: METADATA,
  setProtocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: [] },
};

Deno.test("a transaction commits no action that its readers could not parse", async (t) => {
  const schema = { type: "struct", fields: [] } as const;
  for (const [stage, good] of Object.entries(STAGED)) {
    await t.step(stage, async () => {
      const store = memoryStore();
      const properties = { "delta.feature.domainMetadata": "supported" };
      const made = await DeltaTable.create("memory://", {
        store,
        schema: JSON.stringify(schema),
        properties,
      });
      const bad = [
        ...WRONG,
        ...Object.keys(good).flatMap((field) =>
          WRONG.map((value) => ({ ...good, [field]: value }))
        ),
      ];
      for (const action of bad) {
        const { version } = await made.refresh();
        const attempt = async () => {
          // deno-lint-ignore no-explicit-any
          const transaction: any = made.transaction();
          transaction[stage](action);
          await transaction.commit();
        };
        try {
          await attempt();
        } catch (error) {
          assert(error instanceof DeltaError, `${stage}: ${error}`);
          assertEquals((await made.refresh()).version, version);
        }
        // Whatever landed is read, from its first line on.
        await DeltaTable.open("memory://", { store });
      }
    });
  }
});

Deno.test("an append refuses an application version that is none, and the table stays", async () => {
  const store = memoryStore();
  const schema = '{"type":"struct","fields":[]}';
  const table = await DeltaTable.create("memory://", { store, schema });
  for (const txn of [null, 5, {}, { version: 1 }, { appId: 5, version: 1 }]) {
    const error = await assertRejects(
      // deno-lint-ignore no-explicit-any
      () => table.append([{}], { txn: txn as any }),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_INVALID_ARGUMENT");
  }
  assertEquals((await DeltaTable.open("memory://", { store })).version, 0);
});
