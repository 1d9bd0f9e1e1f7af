import { assert, assertEquals, assertRejects } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { memoryStore } from "../store/memory_store.ts";
import { buildBatch } from "./build_column.ts";
import { bytesSource, objectSource } from "./byte_source.ts";
import { readFooter } from "./footer.ts";
import { writeParquet } from "./parquet_codec.ts";
import { EVERY_TYPE, field, schemaOf } from "./parquet_fixture_test.ts";

const ORDERS = schemaOf(field("id", "long"), field("name", "string"));

async function ordersFile(
  rows: number,
  rowGroupRows: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const batch = buildBatch(
    ORDERS,
    Array.from({ length: rows }, (_, i) => ({
      id: i % 10 === 3 ? null : BigInt(i),
      name: `n${String(i).padStart(5, "0")}`,
    })),
  );
  const options = { codec: "snappy", rowGroupRows };
  return (await writeParquet(batch.schema, [batch], options)).bytes;
}

const longOf = (bytes: Uint8Array | undefined) =>
  new DataView(bytes!.slice().buffer).getBigInt64(0, true);
const textOf = (bytes: Uint8Array | undefined) =>
  new TextDecoder().decode(bytes);

Deno.test("readFooter() tells row groups, byte ranges and statistics", async () => {
  const bytes = await ordersFile(100, 40);
  const footer = await readFooter(bytesSource("f", bytes));
  assertEquals(footer.rowCount, 100);
  assertEquals(
    footer.rowGroups.map((g) => [g.firstRow, g.rowCount]),
    [[0, 40], [40, 40], [80, 20]],
  );
  const [id, name] = footer.rowGroups[1]!.columns;
  assertEquals(longOf(id!.statistics?.min), 40n);
  assertEquals(longOf(id!.statistics?.max), 79n);
  assertEquals(id!.statistics?.nullCount, 4);
  assertEquals(textOf(name!.statistics?.min), "n00040");
  assertEquals(textOf(name!.statistics?.max), "n00079");
  assertEquals(name!.statistics?.deprecated, false);
  const ranges = footer.rowGroups.flatMap((g) => g.columns);
  ranges.reduce((end, { start, end: next }) => {
    assert(start >= end && next > start && next < bytes.length);
    return next;
  }, 4);
});

Deno.test("readFooter() tells physical and logical types", async () => {
  const batch = buildBatch(EVERY_TYPE, []);
  const { bytes } = await writeParquet(batch.schema, [], { codec: "zstd" });
  const { leaves } = await readFooter(bytesSource("f", bytes));
  const typeOf = (path: string) => {
    const leaf = leaves.find((l) => l.path.join("/") === path)!;
    return [leaf.element.physicalType, leaf.element.logicalType];
  };
  assertEquals(typeOf("i8"), ["INT32", {
    kind: "INTEGER",
    bitWidth: 8,
    isSigned: true,
  }]);
  assertEquals(typeOf("text"), ["BYTE_ARRAY", { kind: "STRING" }]);
  assertEquals(typeOf("day"), ["INT32", { kind: "DATE" }]);
  assertEquals(typeOf("at"), ["INT64", {
    kind: "TIMESTAMP",
    unit: "MICROS",
    isAdjustedToUtc: true,
  }]);
  assertEquals(typeOf("wall"), ["INT64", {
    kind: "TIMESTAMP",
    unit: "MICROS",
    isAdjustedToUtc: false,
  }]);
  assertEquals(typeOf("d9"), ["INT32", {
    kind: "DECIMAL",
    precision: 9,
    scale: 2,
  }]);
  assertEquals(typeOf("d38")[0], "FIXED_LEN_BYTE_ARRAY");
  assertEquals(typeOf("lists/list/element/list/element"), ["INT32", undefined]);
});

Deno.test("readFooter() reads a footer larger than the first read", async () => {
  // Given a file whose footer takes more than 64 KiB,
  const bytes = await ordersFile(1500, 2);
  const length = new DataView(bytes.buffer).getUint32(bytes.length - 8, true);
  assert(length > 64 * 1024);
  // when it is read, from memory and from a store,
  const store = memoryStore();
  await store.put("big.parquet", bytes);
  const source = await objectSource(store, "big.parquet");
  for (const each of [bytesSource("f", bytes), source]) {
    // then all of it is there.
    assertEquals((await readFooter(each)).rowGroups.length, 750);
  }
});

Deno.test("readFooter() refuses what is no Parquet file, by name", async (t) => {
  const bytes = await ordersFile(10, 10);
  const encrypted = bytes.slice();
  encrypted.set(new TextEncoder().encode("PARE"), bytes.length - 4);
  const longFooter = bytes.slice();
  new DataView(longFooter.buffer).setUint32(
    bytes.length - 8,
    bytes.length,
    true,
  );
  const cases: [string, Uint8Array, string][] = [
    ["nothing", new Uint8Array(0), "DELTA_DATA_FILE_CORRUPT"],
    ["a few bytes", bytes.slice(0, 8), "DELTA_DATA_FILE_CORRUPT"],
    [
      "text",
      new TextEncoder().encode("x".repeat(99)),
      "DELTA_DATA_FILE_CORRUPT",
    ],
    ["a footer longer than the file", longFooter, "DELTA_DATA_FILE_CORRUPT"],
    ["an encrypted footer", encrypted, "DELTA_UNSUPPORTED_OPERATION"],
  ];
  for (const [name, content, code] of cases) {
    await t.step(name, async () => {
      const error = await assertRejects(
        () => readFooter(bytesSource("odd.parquet", content)),
        DeltaError,
      );
      assertEquals(error.code, code);
      assert(error.message.includes("odd.parquet"));
    });
  }
});

Deno.test("readFooter() survives a flip of any bit of the footer", async () => {
  const bytes = await ordersFile(30, 10);
  const footer = new DataView(bytes.buffer).getUint32(bytes.length - 8, true);
  let refused = 0;
  for (let at = bytes.length - 8 - footer; at < bytes.length; at++) {
    for (const bit of [0, 3, 7]) {
      const damaged = bytes.slice();
      damaged[at]! ^= 1 << bit;
      try {
        await readFooter(bytesSource("f", damaged));
      } catch (error) {
        if (!(error instanceof DeltaError)) throw error;
        refused++;
      }
    }
  }
  assert(refused > 100, `only ${refused} were noticed`);
});
