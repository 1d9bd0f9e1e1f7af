import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Protocol } from "../actions/action.ts";
import { parseCommit } from "../actions/commit_codec.ts";
import { DeltaError } from "../errors.ts";
import { parseSchema } from "../schema/schema_json.ts";
import { needs, tablesFolder } from "../../testing/needs.ts";
import {
  checkReadable,
  checkWritable,
  columnDefaults,
  type Operation,
} from "./support.ts";
import { TABLE_FEATURES } from "./table_feature.ts";

/** A protocol that lists features as the protocol wants it. */
function listing(...names: string[]): Protocol {
  const readers = names.filter((name) =>
    TABLE_FEATURES.some((f) => f.name === name && f.kind !== "writer")
  );
  return {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: readers,
    writerFeatures: names,
  };
}

const versions = (
  minReaderVersion: number,
  minWriterVersion: number,
): Protocol => ({ minReaderVersion, minWriterVersion });

function schemaOf(type: unknown = "long", metadata: unknown = {}) {
  const fields = [{ name: "a", type, metadata }, { name: "p", type: "string" }];
  return parseSchema(JSON.stringify({ type: "struct", fields }));
}

interface Write {
  readonly operation?: Operation;
  readonly configuration?: Record<string, string>;
  readonly partitionColumns?: readonly string[];
  readonly schema?: ReturnType<typeof schemaOf>;
}

function write(protocol: Protocol, given: Write = {}): void {
  const { configuration = {}, partitionColumns = [] } = given;
  checkWritable(
    protocol,
    { configuration, partitionColumns },
    given.schema ?? schemaOf(),
    { operation: given.operation ?? "append" },
  );
}

function refusal(run: () => void): DeltaError {
  return assertThrows(run, DeltaError);
}

Deno.test("checkReadable() reads versions 1 to 3 and refuses what comes after", () => {
  checkReadable(versions(1, 1));
  checkReadable(versions(2, 6));
  checkReadable(listing("deletionVectors", "columnMapping"));
  assertEquals(
    refusal(() => checkReadable(versions(4, 7))).code,
    "DELTA_UNSUPPORTED_READER_VERSION",
  );
});

Deno.test("checkReadable() names every feature it cannot read, and no writer feature", () => {
  const error = refusal(() =>
    checkReadable({
      ...versions(3, 7),
      readerFeatures: ["catalogManaged", "deletionVectors", "fromTheFuture"],
      writerFeatures: ["writerFromTheFuture"],
    })
  );
  assertEquals(error.code, "DELTA_UNSUPPORTED_FEATURES_FOR_READ");
  assertEquals(error.context["features"], ["catalogManaged", "fromTheFuture"]);
  assert(error.message.includes('"fromTheFuture"'));
});

Deno.test("checkReadable() refuses reader version 3 without its list, or with a writer below 7", () => {
  for (
    const protocol of [
      versions(3, 7),
      { ...versions(3, 6), readerFeatures: [] },
    ]
  ) {
    assertEquals(
      refusal(() => checkReadable(protocol)).code,
      "DELTA_INVALID_PROTOCOL",
    );
  }
});

Deno.test("checkWritable() writes every legacy version and every feature that is listed and unused", () => {
  for (
    const [reader, writer] of [[1, 1], [1, 2], [1, 4], [2, 5], [2, 6]] as const
  ) write(versions(reader, writer));
  for (const feature of TABLE_FEATURES) {
    if (feature.write === "no") {
      if (feature.read === "no") continue;
      const error = refusal(() => write(listing(feature.name)));
      assertEquals(error.code, "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE");
      assertEquals(error.context["features"], [feature.name]);
    } else write(listing(feature.name));
  }
});

Deno.test("checkWritable() refuses by name each feature that is used and not honoured", () => {
  const on = (key: string) => ({ configuration: { [key]: "true" } });
  const cases: [string, Write][] = [
    ["identityColumns", {
      schema: schemaOf("long", { "delta.identity.start": 1 }),
    }],
    ["variantType", { schema: schemaOf("variant") }],
    ["variantType-preview", {
      schema: schemaOf({ type: "array", elementType: "variant" }),
    }],
    ["variantShredding", on("delta.enableVariantShredding")],
    ["variantShredding-preview", on("delta.enableVariantShredding")],
    ["icebergCompatV1", on("delta.enableIcebergCompatV1")],
    ["icebergCompatV2", on("delta.enableIcebergCompatV2")],
    ["icebergCompatV3", on("delta.enableIcebergCompatV3")],
    ["materializePartitionColumns", { partitionColumns: ["p"] }],
    ["collations", {
      schema: schemaOf("string", { __COLLATIONS: { a: "icu.UNICODE" } }),
    }],
    ["collations-preview", {
      schema: schemaOf("string", { __COLLATIONS: { a: "icu.UNICODE" } }),
    }],
  ];
  // Given each feature that is fine while unused, when it is used, then it is named.
  const unused = TABLE_FEATURES.filter((f) => f.write === "unused");
  assertEquals(
    cases.map(([name]) => name).sort(),
    unused.map((f) => f.name).sort(),
  );
  for (const [name, given] of cases) {
    const error = refusal(() => write(listing(name), given));
    assertEquals(error.code, "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE", name);
    assertEquals(error.context["features"], [name]);
  }
});

Deno.test("checkWritable() refuses by name the rules that it cannot evaluate, and no others", () => {
  const constraint = (sql: string) => ({
    configuration: { "delta.constraints.c": sql },
  });
  const column = (key: string, text: string) => ({
    schema: schemaOf("long", { [key]: text }),
  });
  const invariant = (sql: string) =>
    column(
      "delta.invariants",
      JSON.stringify({ expression: { expression: sql } }),
    );
  const generated = (sql: string) => column("delta.generationExpression", sql);
  write(listing("invariants"), invariant("a > 3"));
  write(listing("checkConstraints"), constraint("a > 0 AND a % 2 = 0"));
  write(listing("generatedColumns"), generated("year(DATE '2024-01-01')"));
  const cases: [string, Write, string][] = [
    ["invariants", invariant("soundex(a) = 1"), "invariant of a"],
    ["invariants", column("delta.invariants", "{}"), "invariant"],
    ["checkConstraints", constraint("b > 0"), "constraint c (b > 0)"],
    ["checkConstraints", constraint("a >"), "constraint c (a >)"],
    ["checkConstraints", constraint("a + 1"), "not boolean"],
    ["generatedColumns", generated("now()"), "column a, generated as now()"],
    ["generatedColumns", generated("a + 1"), "a is generated itself"],
  ];
  for (const [feature, given, wanted] of cases) {
    const error = refusal(() => write(listing(feature), given));
    assertEquals(error.code, "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE");
    assertEquals(error.context["features"], [feature]);
    assert(error.message.includes(wanted), error.message);
    // Where no row is written it stands in nobody's way.
    write(listing(feature), { ...given, operation: "delete" });
  }
});

Deno.test("checkWritable() minds the features that legacy versions imply, from the version on", () => {
  const constrained = { configuration: { "delta.constraints.c": "f(a)" } };
  write(versions(1, 2), constrained);
  assertEquals(
    refusal(() => write(versions(1, 3), constrained)).context["features"],
    ["checkConstraints"],
  );
  const identity = { schema: schemaOf("long", { "delta.identity.start": 1 }) };
  write(versions(2, 5), identity);
  assertThrows(() => write(versions(2, 6), identity), DeltaError);
});

Deno.test("checkWritable() asks nothing of rows when none are added", () => {
  const constrained = { configuration: { "delta.constraints.c": "f(a)" } };
  for (const operation of ["metadata", "delete", "vacuum"] as const) {
    write(versions(1, 3), { ...constrained, operation });
  }
});

Deno.test("checkWritable() names all that it refuses at once", () => {
  const error = refusal(() =>
    write(listing("nobodyKnows", "checkpointProtection"))
  );
  assertEquals(
    [...error.context["features"] as string[]].sort(),
    ["checkpointProtection", "nobodyKnows"],
  );
});

Deno.test("checkWritable() holds append-only tables to their word, where the feature is in force", () => {
  const configuration = { "delta.appendOnly": "true" };
  write(versions(1, 2), { configuration });
  write(versions(1, 2), { configuration, operation: "optimize" });
  for (const operation of ["overwrite", "delete", "update", "merge"] as const) {
    assertEquals(
      refusal(() => write(versions(1, 2), { configuration, operation })).code,
      "DELTA_CANNOT_MODIFY_APPEND_ONLY",
    );
  }
  write(listing(), { configuration, operation: "overwrite" });
});

Deno.test("checkWritable() refuses writers it does not know, and protocols that break the protocol", () => {
  assertEquals(
    refusal(() => write(versions(1, 8))).code,
    "DELTA_UNSUPPORTED_WRITER_VERSION",
  );
  for (
    const protocol of [
      versions(1, 7),
      { ...listing("deletionVectors"), writerFeatures: [] },
      { ...listing("deletionVectors"), readerFeatures: [] },
      { ...versions(1, 7), writerFeatures: ["columnMapping"] },
    ]
  ) {
    assertEquals(
      refusal(() => write(protocol)).code,
      "DELTA_INVALID_PROTOCOL",
    );
  }
  write({ ...versions(2, 7), writerFeatures: ["columnMapping"] });
});

Deno.test("columnDefaults() lists the columns with a default", () => {
  const schema = schemaOf("long", { CURRENT_DEFAULT: "42" });
  assertEquals(columnDefaults(schema), [{ path: ["a"], expression: "42" }]);
});

Deno.test({
  name: "checkReadable() decides as the engines behind every real table do",
  ...needs({ tables: true }),
  fn() {
    const refusedClasses = [
      "unsupported-reader-version",
      "unsupported-reader-feature",
      "catalog-managed",
    ];
    let [read, refused] = [0, 0];
    for (const { name, isDirectory } of Deno.readDirSync(tablesFolder()!)) {
      if (!isDirectory) continue;
      const folder = `${tablesFolder()}/${name}`;
      const expected = JSON.parse(
        Deno.readTextFileSync(`${folder}/expected.json`),
      );
      for (const { protocol } of expected.versions) {
        checkReadable(protocol);
        read++;
      }
      if (!refusedClasses.includes(expected.error?.class)) continue;
      const protocol = lastProtocol(`${folder}/table/_delta_log`);
      assertThrows(() => checkReadable(protocol), DeltaError);
      refused++;
    }
    assert(read > 700 && refused >= 8, `${read} read, ${refused} refused`);
  },
});

function lastProtocol(log: string): Protocol {
  const names = [...Deno.readDirSync(log)].map((entry) => entry.name)
    .filter((name) => /^\d{20}\.json$/.test(name)).sort();
  const protocols = names.flatMap((name) =>
    parseCommit(Deno.readFileSync(`${log}/${name}`), name)
      .flatMap((action) => "protocol" in action ? [action.protocol] : [])
  );
  return protocols.at(-1)!;
}
