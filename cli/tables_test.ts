import { assert, assertEquals, assertRejects } from "@std/assert";
import { DeltaError } from "../src/errors.ts";
import { columnReader } from "../src/parquet/arrow_values.ts";
import { count } from "../src/scan/count.ts";
import { scan } from "../src/scan/read_scan.ts";
import { loadSnapshot } from "../src/snapshot/load_snapshot.ts";
import type { Snapshot } from "../src/snapshot/snapshot.ts";
import { openContext, type TableContext } from "../src/store/table_context.ts";
import { needs } from "../testing/needs.ts";
import {
  eachSharedTable,
  type ExpectedVersion,
} from "../testing/shared_tables.ts";
import {
  encoderOf,
  rowsDigest,
} from "../conformance/canonical/canonical_rows.ts";

/** What refusing the rows of a version looks like. */
const CODES: Readonly<Record<string, string>> = {
  "missing-data-file": "DELTA_FILE_NOT_FOUND",
  "corrupt-data-file": "DELTA_DATA_FILE_CORRUPT",
  "missing-deletion-vector": "DELTA_FILE_NOT_FOUND",
  "corrupt-deletion-vector": "DELTA_DELETION_VECTOR_CORRUPT",
  "unsupported-type-change": "DELTA_UNSUPPORTED_TYPE_CHANGE",
};

async function rowTexts(
  context: TableContext,
  snapshot: Snapshot,
): Promise<string[]> {
  const texts: string[] = [];
  const { fields } = snapshot.schema;
  for await (const batch of scan(context, snapshot)) {
    const columns = fields.map(({ type }, i) => {
      const read = columnReader(batch.data.children[i]!, type);
      const encode = encoderOf(type);
      return (row: number) => encode(read(row));
    });
    for (let row = 0; row < batch.numRows; row++) {
      texts.push(`[${columns.map((column) => column(row)).join(",")}]`);
    }
  }
  return texts;
}

async function checkVersion(
  context: TableContext,
  expected: ExpectedVersion,
): Promise<void> {
  const snapshot = await loadSnapshot(context, { version: expected.version });
  if (expected.error) {
    const error = await assertRejects(
      () => rowTexts(context, snapshot),
      DeltaError,
    );
    assertEquals(error.code, CODES[expected.error.class]);
    return;
  }
  if (expected.undecided) return;
  const texts = await rowTexts(context, snapshot);
  if (expected.totalRows === null) return;
  assertEquals(texts.length, expected.totalRows);
  assertEquals(rowsDigest(texts), expected.rowsSha256);
  assertEquals(await count(context, snapshot), expected.totalRows);
}

Deno.test({
  name: "scan() reads the rows of every version of every shared table",
  ...needs({ tables: true }),
  fn: async (t) => {
    let versions = 0;
    await eachSharedTable(async (table) => {
      if (table.error) return;
      await t.step(table.name, async () => {
        const context = await openContext(table.folder, { warn: () => {} });
        try {
          for (const expected of table.versions) {
            await checkVersion(context, expected);
            versions++;
          }
        } finally {
          await context.close();
        }
      });
    });
    assert(versions > 0, "there were tables, and none had a version");
  },
});
