import { assert, assertEquals } from "@std/assert";
import {
  FACTS,
  FILE_LOSERS,
  metadata,
  oursOf,
  PROTOCOL,
  winnerFrom,
} from "../../testing/conflict_matrix.ts";
import type { Metadata, Protocol } from "../actions/action.ts";
import type { Ours, TableFacts } from "./conflict_types.ts";
import { checkProtocol } from "./protocol_conflict.ts";

const APPEND = oursOf(FILE_LOSERS[0]!, "S");
const OLD: Protocol = { minReaderVersion: 1, minWriterVersion: 2 };

function answer(
  after: Protocol,
  before: Protocol = PROTOCOL,
  ours: Ours = APPEND,
  metadataAfter?: Metadata,
): string {
  const facts: TableFacts = { ...FACTS, protocol: before };
  const wrote = metadataAfter
    ? { protocol: after, metadata: metadataAfter }
    : { protocol: after };
  const result = checkProtocol(ours, winnerFrom(wrote), facts);
  return result.kind === "conflict" ? result.why : result.kind;
}

Deno.test("checkProtocol() passes a protocol that was written again, or as a list", () => {
  assertEquals(answer(PROTOCOL), "pass");
  const listed: Protocol = {
    minReaderVersion: 1,
    minWriterVersion: 7,
    writerFeatures: ["appendOnly", "invariants", "domainMetadata"],
  };
  assertEquals(answer(listed, OLD), "pass");
  assertEquals(
    answer({ minReaderVersion: 1, minWriterVersion: 4 }, OLD),
    "pass",
  );
});

Deno.test("checkProtocol() refuses what this engine cannot write, saying what", () => {
  const cases: [Protocol, string][] = [
    [{ ...PROTOCOL, minWriterVersion: 8 }, "writer version 8"],
    [{ minReaderVersion: 1, minWriterVersion: 99 }, "writer version 99"],
    [{ minReaderVersion: 1, minWriterVersion: 7 }, "a list of writer features"],
    [{ ...PROTOCOL, minReaderVersion: 4 }, "reader version 4"],
    [
      {
        ...PROTOCOL,
        writerFeatures: [...PROTOCOL.writerFeatures!, "newThing"],
      },
      "newThing",
    ],
    [
      { ...PROTOCOL, writerFeatures: PROTOCOL.writerFeatures!.slice(1) },
      "dropped appendOnly",
    ],
  ];
  for (const [protocol, part] of cases) {
    assert(answer(protocol).includes(part), answer(protocol));
  }
});

Deno.test("checkProtocol() looks at the metadata that came with the protocol", () => {
  const iceberg: Protocol = {
    ...PROTOCOL,
    writerFeatures: [...PROTOCOL.writerFeatures!, "icebergCompatV1"],
  };
  const used = metadata({ "delta.enableIcebergCompatV1": "true" });
  assert(answer(iceberg, PROTOCOL, APPEND, used).includes("icebergCompatV1"));
});

Deno.test("checkProtocol() lets row ids be asked for where rows are counted", () => {
  const before: Protocol = {
    ...PROTOCOL,
    writerFeatures: PROTOCOL.writerFeatures!.filter((f) => f !== "rowTracking"),
  };
  assertEquals(answer(PROTOCOL, before), "pass");
  const [file] = APPEND.staged.adds;
  const { stats: _, ...uncounted } = file!;
  const blind = { ...APPEND, staged: { ...APPEND.staged, adds: [uncounted] } };
  assert(answer(PROTOCOL, before, blind).includes("added rowTracking"));
});

Deno.test("checkProtocol() lets one of two change the protocol", () => {
  const ours = { ...APPEND, staged: { ...APPEND.staged, protocol: PROTOCOL } };
  assert(answer(PROTOCOL, PROTOCOL, ours).includes("changes too"));
});
