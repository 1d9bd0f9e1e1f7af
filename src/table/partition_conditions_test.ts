import { assertEquals } from "@std/assert";
import { DeltaError } from "../errors.ts";
import type { StructField } from "../schema/data_type.ts";
import { DeltaTable } from "../table.ts";

const field = (
  name: string,
  kind: "string" | "long" | "date",
): StructField => ({
  name,
  type: { kind },
  nullable: true,
  metadata: {},
});

const FIELDS = [field("p", "string"), field("n", "long"), field("d", "date")];
const ROWS = [
  { p: "axb", n: 1n, d: "2024-02-29" },
  { p: "axc", n: 7n, d: "2024-03-01" },
  { p: "a%b", n: 0n, d: null },
  { p: "7", n: null, d: "1970-01-01" },
  { p: null, n: -3n, d: "2024-02-29" },
];

const CONDITIONS = [
  "p LIKE 'a%b'",
  "p NOT LIKE 'a%b'",
  "p ILIKE 'A%C'",
  "p LIKE 'a\\%b'",
  "upper(p) = 'AXC'",
  "p || 'z' = 'axbz'",
  "length(p) = 3 AND n > 0",
  "n + 1 = 8 OR p IS NULL",
  "NOT (n > 0)",
  "n / 2 > 0.5",
  "10 / n > 1",
  "year(d) = 2024",
  "d >= DATE '2024-02-29' AND p IN ('axb', 'axc')",
  "d IS NULL OR n IS NULL",
  "CAST(p AS INT) = 7",
  "coalesce(p, 'none') = 'none'",
  "CASE WHEN n = 7 THEN true ELSE false END",
  "p BETWEEN 'a' AND 'axbz'",
  "1 = 1",
  "1 / 0 = 1",
  "NULL",
];

for (const mapping of ["none", "name"]) {
  Deno.test(`a condition on partition columns alone means what it means elsewhere, columns mapped by ${mapping}`, async () => {
    // Given the same rows in a table of partitions, one a file, and in one without,
    const make = async (name: string, partitionBy: string[]) => {
      const table = await DeltaTable.create(`memory://${mapping}/${name}`, {
        schema: { kind: "struct", fields: FIELDS.concat(field("id", "long")) },
        partitionBy,
        properties: { "delta.columnMapping.mode": mapping },
      });
      await table.append(ROWS.map((row, id) => ({ ...row, id })));
      return table;
    };
    const [apart, together] = await Promise.all([
      make("apart", ["p", "n", "d"]),
      make("together", []),
    ]);
    for (const where of CONDITIONS) {
      const wanted = await told(async () => await idsOf(together, where));
      // then reading, counting and deleting take the same rows, or fail alike.
      assertEquals(await told(() => idsOf(apart, where)), wanted, where);
      const count = await told(async () => await apart.count({ where }));
      assertEquals(
        count,
        Array.isArray(wanted) ? wanted.length : wanted,
        where,
      );
      const { version } = apart;
      const gone = await told(async () => {
        await apart.delete({ where });
        const left = await idsOf(apart, "true");
        if (apart.version > version) await apart.restore({ version });
        return ROWS.map((_, id) => id).filter((id) => !left.includes(id));
      });
      assertEquals(gone, wanted, where);
    }
    await apart.close();
    await together.close();
  });
}

async function idsOf(table: DeltaTable, where: string): Promise<number[]> {
  const rows = await Array.fromAsync(table.rows({ where, columns: ["id"] }));
  return rows.map(({ id }) => Number(id)).sort();
}

/** What a call gives, or the code of its error. */
async function told<T>(call: () => Promise<T>): Promise<T | string> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof DeltaError) return error.code;
    throw error;
  }
}
