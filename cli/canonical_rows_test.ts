import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import type { DataType, JsonValue } from "../src/schema/data_type.ts";
import { parseSchema } from "../src/schema/schema_json.ts";
import type { Value } from "../src/schema/value.ts";
import { needs, tablesFolder } from "../testing/needs.ts";
import { compareUtf8 } from "../src/store/store_path.ts";
import {
  encodeRow,
  encodeValue,
  rowsDigest,
  sortUtf8,
} from "../conformance/canonical/canonical_rows.ts";
import { decodeRow } from "./canonical_values.ts";

const EMPTY =
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

interface Expected {
  readonly versions: readonly {
    readonly version: number;
    readonly schema: JsonValue;
    readonly totalRows: number | null;
    readonly rowsSha256?: string;
    readonly rows?: readonly JsonValue[];
  }[];
}

Deno.test({
  name: "rows decoded and encoded again hash as the independent encoder's do",
  ...needs({ tables: true }),
  fn() {
    let compared = 0;
    for (const entry of Deno.readDirSync(tablesFolder()!)) {
      if (!entry.isDirectory) continue;
      const path = `${tablesFolder()}/${entry.name}/expected.json`;
      const expected: Expected = JSON.parse(Deno.readTextFileSync(path));
      for (const v of expected.versions) {
        // Given a version that lists its rows in full,
        if (!v.rows || !v.rowsSha256 || v.rows.length !== v.totalRows) continue;
        const schema = parseSchema(JSON.stringify(v.schema));
        // when each row goes through this engine's values and back,
        const texts = v.rows.map((json) => {
          const row = decodeRow(json, schema);
          return encodeRow(schema.fields.map((f) => row[f.name]!), schema);
        });
        // then neither a byte of a row nor the digest differs.
        assertEquals(
          [...texts],
          v.rows.map((row) => JSON.stringify(row)),
          `${entry.name} v${v.version}`,
        );
        assertEquals(rowsDigest(texts), v.rowsSha256, entry.name);
        compared++;
      }
    }
    assertEquals(compared > 500, true, `only ${compared} versions compared`);
  },
});

Deno.test("encodeValue() writes every type in its canonical form", () => {
  const cases: readonly (readonly [DataType, Value, string])[] = [
    [{ kind: "boolean" }, true, "true"],
    [{ kind: "integer" }, -7, "-7"],
    [{ kind: "long" }, -(2n ** 63n), '"-9223372036854775808"'],
    [{ kind: "double" }, -0, '"-0"'],
    [{ kind: "double" }, 1e21, '"1e+21"'],
    [{ kind: "double" }, NaN, '"NaN"'],
    [{ kind: "float" }, Math.fround(1.1), '"1.100000023841858"'],
    [decimal(9, 2), { unscaled: -5n, scale: 2 }, '"-0.05"'],
    [decimal(9, 3), { unscaled: -5n, scale: 2 }, '"-0.050"'],
    [decimal(9, 0), { unscaled: 12n, scale: 0 }, '"12"'],
    [{ kind: "string" }, 'a"\\\n\u0001é😀', '"a\\"\\\\\\n\\u0001é😀"'],
    [{ kind: "binary" }, new Uint8Array([0, 255]), '"00ff"'],
    [{ kind: "date" }, -1, '"1969-12-31"'],
    [{ kind: "date" }, -719529, '"-000001-12-31"'],
    [{ kind: "timestamp" }, -1n, '"-1"'],
    [{ kind: "void" }, null, "null"],
    [{ kind: "string" }, null, "null"],
    [
      {
        kind: "map",
        keyType: { kind: "integer" },
        valueType: { kind: "long" },
        valueContainsNull: true,
      },
      new Map<Value, Value>([[2, null], [10, 1n]]),
      '[[10,"1"],[2,null]]',
    ],
    [
      { kind: "variant" },
      {
        kind: "object",
        value: new Map([
          ["b", { kind: "int", value: 5n }],
          ["a", { kind: "array", value: [{ kind: "null" }] }],
        ]),
      },
      '["object",[["a",["array",[["null"]]]],["b",["int","5"]]]]',
    ],
  ];
  for (const [type, value, text] of cases) {
    assertEquals(encodeValue(value, type), text);
  }
});

Deno.test("rowsDigest() of no rows is that of the empty text, and order does not matter", () => {
  assertEquals(rowsDigest([]), EMPTY);
  const texts = Array.from({ length: 10_000 }, (_, i) => `[${i}]`);
  assertEquals(rowsDigest([...texts].reverse()), rowsDigest(texts));
});

Deno.test("sortUtf8() orders by bytes, beyond the basic plane too", () => {
  // Given texts whose UTF-16 order is not their UTF-8 order,
  const texts = [
    "\u{1f600}",
    "\uffee",
    "\ud7ff",
    "a",
    "\u{10ffff}",
    "",
    "\u{1f600}a",
  ];
  const bytewise = [...texts].sort((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b))
  );
  // then the sort and the comparison agree with the bytes.
  assertEquals(sortUtf8([...texts]), bytewise);
  for (const a of texts) {
    for (const b of texts) {
      assertEquals(
        Math.sign(compareUtf8(a, b)),
        Buffer.compare(Buffer.from(a), Buffer.from(b)),
      );
    }
  }
});

function decimal(precision: number, scale: number): DataType {
  return { kind: "decimal", precision, scale };
}
