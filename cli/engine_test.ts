import { assert, assertEquals } from "@std/assert";
import { answer } from "./engine.ts";
import type { Session } from "./engine/operations.ts";

type Reply = Record<string, unknown>;

const field = (name: string, type: unknown, metadata = {}) => ({
  name,
  type,
  nullable: true,
  metadata,
});

const SCHEMA = {
  type: "struct",
  fields: [
    field("id", "long"),
    field("name", "string", { comment: "kept" }),
    field("price", "decimal(9,2)"),
  ],
};

let tables = 0;

/** A client of a fresh session, and a table of its own. */
function client() {
  const session: Session = { storage: {}, tables: new Map() };
  let id = 0;
  const ask = async (op: string, args: Reply = {}): Promise<Reply> => {
    const reply = await answer(
      session,
      JSON.stringify({ id: ++id, op, ...args }),
    );
    assertEquals(reply.id, id);
    return reply;
  };
  return { ask, table: `memory://engine-test/${++tables}` };
}

/** The same, with the table created and three rows in it. */
async function clientWithTable(configuration: Reply = {}) {
  const { ask, table } = client();
  const created = await ask("create", {
    table,
    handle: "t",
    schema: SCHEMA,
    configuration,
  });
  assertEquals([created.ok, created.version, created.created], [true, 0, true]);
  const rows = [["1", "kite", "1.50"], ["2", null, "-0.05"], [
    "3",
    "é😀",
    null,
  ]];
  const appended = await ask("append", { handle: "t", rows });
  assertEquals([appended.ok, appended.version], [true, 1]);
  return { ask, table, rows };
}

const kindOf = (reply: Reply) => (reply.error as Reply | undefined)?.kind;

Deno.test("hello answers who the engine is and what it has", async () => {
  const { ask } = client();
  const reply = await ask("hello", { protocol: 1, storage: {}, clientId: "x" });
  assertEquals([reply.ok, reply.engine, reply.protocol], [true, "litmus", 1]);
  assert((reply.capabilities as string[]).includes("append.txn"));
  assertEquals(kindOf(await ask("hello", { protocol: 2 })), "unsupported");
});

Deno.test("read gives back what append was given, by columns, predicate and digest", async () => {
  const { ask, rows } = await clientWithTable();
  // When read whole, in part, and by predicate,
  const whole = await ask("read", { handle: "t" });
  const columns = await ask("read", { handle: "t", columns: ["price", "id"] });
  const where = await ask("read", {
    handle: "t",
    where: ["and", [">", "id", "1"], ["isNull", "name"]],
  });
  const digest = await ask("read", { handle: "t", digest: true });
  // then the rows are the same, in the order asked for.
  const byId = (reply: Reply) =>
    JSON.parse((reply.rows as { text: string }).text).sort();
  assertEquals(byId(whole), rows);
  assertEquals([whole.version, whole.totalRows], [1, 3]);
  assertEquals(byId(columns), [
    [null, "3"],
    ["-0.05", "2"],
    ["1.50", "1"],
  ]);
  assertEquals(byId(where), [rows[1]]);
  assertEquals(digest.rows, undefined);
  assertEquals(
    digest.rowsSha256,
    "1cf39fef63adf7eb8dac1e4812d05758e0735cf9bbca82a47a88f70362035789",
  );
});

Deno.test("describe answers the table as the log has it, and leaves out what it lacks", async () => {
  const { ask } = await clientWithTable({ "delta.appendOnly": "true" });
  const reply = await ask("describe", { handle: "t" });
  assertEquals(reply.schema, SCHEMA);
  assertEquals(reply.configuration, { "delta.appendOnly": "true" });
  assertEquals(reply.protocol, { minReaderVersion: 1, minWriterVersion: 2 });
  assertEquals([reply.numFiles, reply.partitionColumns], [1, []]);
  assert(!("appTransactions" in reply) && !("domainMetadata" in reply));
  await ask("append", {
    handle: "t",
    rows: [["4", "x", "1.00"]],
    txn: { appId: "a", version: 7 },
  });
  const after = await ask("describe", { handle: "t" });
  assertEquals(after.appTransactions, { a: 7 });
});

Deno.test("append applies an application's version once, and merges a schema when asked", async () => {
  const { ask } = await clientWithTable();
  const append = {
    handle: "t",
    rows: [["4", "x", "1.00"]],
    txn: { appId: "a", version: 1 },
  };
  assertEquals((await ask("append", append)).version, 2);
  const again = await ask("append", append);
  assertEquals([again.ok, again.skipped, again.version], [true, true, 2]);
  // A schema with a new column is refused, unless it is to be merged.
  const wider = {
    handle: "t",
    schema: {
      type: "struct",
      fields: [field("size", "integer"), field("id", "long")],
    },
    rows: [[5, "5"]],
  };
  assertEquals(kindOf(await ask("append", wider)), "invalid");
  const merged = await ask("append", { ...wider, mergeSchema: true });
  assertEquals([merged.ok, merged.version], [true, 3]);
  const read = await ask("read", { handle: "t", where: ["=", "id", "5"] });
  assertEquals((read.rows as { text: string }).text, '[["5",null,null,5]]');
});

Deno.test("a handle stays at its version until it is refreshed or commits", async () => {
  const { ask, table } = await clientWithTable();
  assertEquals((await ask("open", { table, handle: "old" })).version, 1);
  await ask("overwrite", { handle: "t", rows: [["9", "new", null]] });
  assertEquals((await ask("read", { handle: "old" })).totalRows, 3);
  assertEquals((await ask("refresh", { handle: "old" })).version, 2);
  assertEquals((await ask("read", { handle: "old" })).totalRows, 1);
  const travelled = await ask("open", { table, handle: "v1", version: 1 });
  assertEquals([travelled.ok, travelled.version], [true, 1]);
  assertEquals((await ask("read", { handle: "v1" })).totalRows, 3);
});

Deno.test("history is newest first, and checkpoint and resolve answer", async () => {
  const { ask } = await clientWithTable();
  const history = await ask("history", { handle: "t", limit: 1 });
  const commits = history.commits as Reply[];
  assertEquals([commits.length, commits[0]!.version], [1, 1]);
  assertEquals((await ask("checkpoint", { handle: "t" })).version, 1);
  const { token } = await ask("append", {
    handle: "t",
    rows: [["4", null, null]],
  });
  const resolved = await ask("resolve", {
    handle: "t",
    token,
    attemptedVersion: 2,
  });
  assertEquals([resolved.committed, resolved.version], [true, 2]);
  assertEquals((await ask("close", { handle: "t" })).ok, true);
  assertEquals(kindOf(await ask("read", { handle: "t" })), "invalid");
});

Deno.test("what cannot be done is refused in the protocol's words", async () => {
  const { ask, table } = await clientWithTable();
  const cases: readonly (readonly [string, Reply, string])[] = [
    ["create", { table, handle: "x", schema: SCHEMA }, "exists"],
    [
      "create",
      { table, handle: "x", schema: SCHEMA, mode: "perhaps" },
      "invalid",
    ],
    ["open", { table: `${table}-not-there`, handle: "x" }, "not-found"],
    ["open", { table, handle: "x", version: 99 }, "invalid"],
    ["open", { table, handle: "x", timestampMs: 1 }, "invalid"],
    ["open", { table, handle: "x", version: 1, timestampMs: 1 }, "invalid"],
    ["open", { table, handle: "x", vresion: 1 }, "invalid"],
    ["read", { handle: "t", columns: ["nobody"] }, "invalid"],
    ["read", { handle: "t", where: ["=", "nobody", "1"] }, "invalid"],
    ["append", { handle: "t", rows: [["1", "x"]] }, "invalid"],
    ["append", { handle: "t", rows: [[1, "x", null]] }, "invalid"],
    ["append", { handle: "t" }, "invalid"],
    [
      "overwrite",
      { handle: "t", rows: [], where: ["=", "id", "1"] },
      "unsupported",
    ],
    ["vacuum", { handle: "t" }, "unsupported"],
    ["constructor", {}, "unsupported"],
  ];
  for (const [op, args, kind] of cases) {
    const reply = await ask(op, args);
    assertEquals(
      [reply.ok, reply.outcome, kindOf(reply)],
      [false, "failed", kind],
      `${op} ${JSON.stringify(args)}: ${JSON.stringify(reply)}`,
    );
  }
  // Nothing of it was written.
  assertEquals((await ask("refresh", { handle: "t" })).version, 1);
});

Deno.test("the process answers malformed lines, goes on, and ends with its input", async () => {
  // Given the process,
  const main = new URL("main.ts", import.meta.url).pathname;
  await using child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", main, "engine"],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  // when lines that are no requests come before one that is,
  const writer = child.stdin.getWriter();
  const lines = ["{", "[]", "", '{"id":7,"op":"hello"}'];
  await writer.write(new TextEncoder().encode(lines.join("\n")));
  await writer.close();
  const text = await new Response(child.stdout).text();
  // then each has its reply, and the status is 0.
  const replies = text.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(replies.map((reply) => reply.id), [null, null, 7]);
  assertEquals(replies.map(kindOf), ["invalid", "invalid", undefined]);
  assertEquals((await child.status).code, 0);
});
