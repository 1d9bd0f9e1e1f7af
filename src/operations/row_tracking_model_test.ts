import { assert, assertEquals } from "@std/assert";
import { changedTable, choices } from "../../testing/changed_table.ts";
import {
  columnsOfFile,
  liveFiles,
  rowsFrom,
  RowWatch,
  SCHEMA,
  trackedRows,
  TRACKING,
} from "../../testing/tracked_rows.ts";
import { appendSelect } from "./append_select.ts";
import { deleteRows } from "./delete.ts";
import { merge } from "./merge.ts";
import { optimize } from "./optimize.ts";
import { replaceWhere } from "./replace_where.ts";
import { restore } from "./restore.ts";
import { update } from "./update.ts";

const VECTORS = { "delta.enableDeletionVectors": "true" };
const FEED = { "delta.enableChangeDataFeed": "true" };

for (
  const [name, properties, partitionBy] of [
    ["files written anew", {}, []],
    ["deletion vectors", VECTORS, []],
    ["change data", { ...FEED, ...VECTORS }, []],
    ["partitions and change data", FEED, ["p"]],
    ["columns mapped by name", { "delta.columnMapping.mode": "name" }, ["p"]],
    [
      "columns mapped by id",
      { "delta.columnMapping.mode": "id", ...VECTORS },
      [],
    ],
    ["no statistics", { "delta.dataSkippingNumIndexedCols": "0" }, []],
    ["all statistics", { "delta.dataSkippingNumIndexedCols": "-1" }, ["p"]],
  ] as const
) {
  Deno.test(`rows keep their ids through random changes: ${name}`, async () => {
    for (const seed of [1, 2, 3]) {
      await randomChanges(seed, { ...TRACKING, ...properties }, partitionBy);
    }
  });
}

async function randomChanges(
  seed: number,
  properties: Readonly<Record<string, string>>,
  partitionBy: readonly string[],
): Promise<void> {
  const { below, one } = choices(seed);
  const table = await changedTable(SCHEMA, {
    properties,
    partitionBy,
    rows: rowsFrom(0, 12),
  });
  const { context } = table;
  const seen = new RowWatch(table);
  await seen.look();
  const versions = new Map([[1, new Map(seen.rows)]]);
  let next = 100;
  for (let step = 0; step < 25; step++) {
    const base = await table.load();
    const [divisor, rest] = [2 + below(3), below(2)];
    const picked = (key: string) => Number(key) % divisor === rest;
    const where = `id % ${divisor} = ${rest}`;
    const kind = one([
      "append",
      "update",
      "delete",
      "move",
      "merge",
      "optimize",
      "zorder",
      "replace",
      "select",
      "restore",
    ]);
    let written = (_key: string) => false;
    switch (kind) {
      case "append":
        await table.append(rowsFrom(next, 1 + below(5)));
        next += 5;
        break;
      case "update":
        written = picked;
        await update(context, base, { set: { v: { sql: "v + 1" } }, where });
        break;
      case "move":
        written = picked;
        await update(context, base, { set: { p: "z" }, where });
        break;
      case "delete":
        await deleteRows(context, base, {
          where: `id % 7 = ${below(7)}`,
        });
        break;
      case "merge": {
        const keys = [...seen.rows.keys()].filter(() => below(3) === 0);
        const fresh = next++;
        written = (key) => keys.includes(key) && Number(key) % 5 !== 0;
        await merge(context, base, {
          source: [...keys, fresh].map((id) => ({
            id: Number(id),
            p: "m",
            v: 7,
          })),
          on: ["id"],
          whenMatched: [
            { condition: "target.id % 5 = 0", delete: true },
            { condition: "target.id % 2 = 0", update: { v: 8 } },
            { update: { v: { sql: "source.v" } } },
          ],
          whenNotMatched: [{ insert: "all" }],
        });
        break;
      }
      case "optimize":
        await optimize(context, base);
        break;
      case "zorder": {
        const some = properties["delta.dataSkippingNumIndexedCols"] !== "0";
        await optimize(context, base, some ? { zOrderBy: ["v", "id"] } : {});
        break;
      }
      case "replace":
        await replaceWhere(
          context,
          base,
          [{ id: next, p: "r", v: 1 }],
          `id = ${next++} or id % 11 = ${below(11)}`,
          {},
        );
        break;
      case "select":
        await appendSelect(context, base, {
          where: `id < 100 and id % 6 = ${below(6)}`,
          add: { id: next },
        });
        next += 100;
        break;
      case "restore": {
        const [version, rows] = one([...versions]);
        await restore(context, base, { version });
        const now = await trackedRows(context, await table.load());
        assertEquals(now, rows, "restore() brings the ids back");
        seen.rows = now;
        break;
      }
    }
    try {
      await seen.look(written);
    } catch (error) {
      throw new Error(`seed ${seed}, step ${step}: ${kind} ${where}`, {
        cause: error,
      });
    }
    versions.set((await table.load()).version, new Map(seen.rows));
  }
  const hidden = Object.values((await table.load()).metadata.configuration)
    .filter((value) => /^_row-/.test(value));
  assertEquals(hidden.length, 2);
  for (const file of await liveFiles(table)) {
    for (const column of hidden) assert(!file.stats!.includes(column));
  }
  for (const path of await table.objects()) {
    if (!path.startsWith("_change_data/")) continue;
    const found = await columnsOfFile(table, { path });
    assertEquals(found.filter((column) => hidden.includes(column)), []);
  }
}
