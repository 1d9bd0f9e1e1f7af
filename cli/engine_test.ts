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

const MERGE = { handle: "t", rows: [], schema: SCHEMA, on: ["id"] };

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

/** The rows of a reply or of the table, in the order of their texts. */
const sorted = (reply: Reply): unknown[] =>
  JSON.parse((reply.rows as { text: string }).text)
    .sort((a: unknown, b: unknown) =>
      JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
    );

type Ask = (op: string, args?: Reply) => Promise<Reply>;

const rowsIn = async (ask: Ask): Promise<unknown[]> =>
  sorted(await ask("read", { handle: "t" }));

/** A reply that must be a success, without the commit's token. */
const done = (reply: Reply): Reply => {
  assertEquals(reply.ok, true, JSON.stringify(reply));
  const { id: _id, ok: _ok, token: _token, ...rest } = reply;
  return rest;
};

Deno.test("delete and update answer how many rows, and commit nothing for none", async () => {
  const { ask } = await clientWithTable();
  const none = { handle: "t", where: ["=", "id", "99"] };
  assertEquals(done(await ask("delete", none)), {
    version: 1,
    committed: false,
    deletedRows: 0,
  });
  assertEquals(
    done(await ask("update", { ...none, set: { name: { value: "x" } } })),
    { version: 1, committed: false, updatedRows: 0 },
  );
  // Values and sums are encoded by the column's type; plain numbers will do for sums.
  const update = {
    handle: "t",
    set: {
      id: { add: 10 },
      price: { add: "0.25" },
      name: { value: null },
    },
    where: ["<", "id", "3"],
  };
  assertEquals(done(await ask("update", update)), {
    version: 2,
    readVersion: 1,
    attempts: 1,
    updatedRows: 2,
  });
  assertEquals(await rowsIn(ask), [
    ["11", null, "1.75"],
    ["12", null, "0.20"],
    ["3", "é😀", null],
  ]);
  const some = { handle: "t", where: ["in", "id", ["11", "3"]] };
  const deleted = done(await ask("delete", some));
  assertEquals([deleted.version, deleted.deletedRows], [3, 2]);
  const rest = done(await ask("delete", { handle: "t" }));
  assertEquals(rest.version, 4);
  assertEquals(await rowsIn(ask), []);
});

Deno.test("merge does what its clauses say, and answers how many rows of each", async () => {
  const { ask } = await clientWithTable();
  const schema = {
    type: "struct",
    fields: [field("name", "string"), field("id", "long")],
  };
  const rows = [["one", "1"], ["two", "2"], ["four", "4"], ["five", "5"]];
  // Matched rows below 2 take the source's name, sources above 4 are inserted, others stay.
  const merged = done(
    await ask("merge", {
      handle: "t",
      schema,
      rows,
      on: ["id"],
      whenMatched: "update",
      whenMatchedCondition: ["<", ["target", "id"], "2"],
      whenNotMatched: "insert",
      whenNotMatchedCondition: ["!=", "name", "four"],
      whenNotMatchedBySource: "update",
      whenNotMatchedBySourceSet: { price: { value: "9.00" }, id: { add: 100 } },
    }),
  );
  assertEquals(merged, {
    version: 2,
    readVersion: 1,
    attempts: 1,
    inserted: 1,
    updated: 2,
    deleted: 0,
  });
  assertEquals(await rowsIn(ask), [
    ["1", "one", "1.50"],
    ["103", "é😀", "9.00"],
    ["2", null, "-0.05"],
    ["5", "five", null],
  ]);
  const second = done(
    await ask("merge", {
      handle: "t",
      schema,
      rows: [["x", "1"], ["y", "2"]],
      on: ["id"],
      whenMatched: "delete",
      whenMatchedCondition: ["=", ["source", "name"], "y"],
      whenNotMatchedBySource: "delete",
      whenNotMatchedBySourceCondition: [">", "id", "100"],
    }),
  );
  assertEquals([second.deleted, second.inserted, second.updated], [2, 0, 0]);
  const none = await ask("merge", {
    handle: "t",
    schema,
    rows: [["z", "77"]],
    on: ["id"],
    whenMatched: "update",
    whenMatchedSet: { name: { value: "q" } },
  });
  assertEquals([done(none).committed, none.version], [false, 3]);
});

Deno.test("overwrite replaces rows of a predicate, partitions, or the schema", async () => {
  const { ask, table } = client();
  const schema = {
    type: "struct",
    fields: [field("p", "string"), field("x", "integer")],
  };
  await ask("create", {
    table,
    handle: "t",
    schema,
    partitionColumns: ["p"],
  });
  await ask("append", { handle: "t", rows: [["a", 1], ["b", 2], ["c", 3]] });
  const where = done(
    await ask("overwrite", {
      handle: "t",
      rows: [["a", 10]],
      where: ["=", "p", "a"],
    }),
  );
  assertEquals(where.version, 2);
  await ask("overwrite", {
    handle: "t",
    rows: [["b", 20]],
    partitions: "dynamic",
  });
  assertEquals(await rowsIn(ask), [["a", 10], ["b", 20], ["c", 3]]);
  const other = {
    type: "struct",
    fields: [field("p", "string"), field("y", "date")],
  };
  await ask("overwrite", {
    handle: "t",
    rows: [["z", "2024-02-29"]],
    schema: other,
    overwriteSchema: true,
  });
  assertEquals(await rowsIn(ask), [["z", "2024-02-29"]]);
  assertEquals((await ask("describe", { handle: "t" })).schema, other);
});

Deno.test("appendSelect copies rows of the table itself", async () => {
  const { ask } = await clientWithTable();
  const copied = done(
    await ask("appendSelect", {
      handle: "t",
      where: ["<=", "id", "2"],
      add: { id: 100, price: "1.00" },
    }),
  );
  assertEquals([copied.version, copied.readVersion], [2, 1]);
  assertEquals(await rowsIn(ask), [
    ["1", "kite", "1.50"],
    ["101", "kite", "2.50"],
    ["102", null, "0.95"],
    ["2", null, "-0.05"],
    ["3", "é😀", null],
  ]);
  const { commits } = await ask("history", { handle: "t", limit: 1 });
  assertEquals((commits as Reply[])[0]!.isBlindAppend, false);
});

Deno.test("maintenance operations keep the rows and say what they did", async () => {
  const { ask, rows } = await clientWithTable();
  await ask("append", { handle: "t", rows: [["4", "last", null]] });
  const all = [...rows, ["4", "last", null]];
  const optimized = done(await ask("optimize", { handle: "t" }));
  assertEquals(
    [optimized.version, optimized.filesAdded, optimized.filesRemoved],
    [3, 1, 2],
  );
  assertEquals(done(await ask("optimize", { handle: "t" })), {
    version: 3,
    committed: false,
    filesAdded: 0,
    filesRemoved: 0,
  });
  const ordered = done(
    await ask("optimize", { handle: "t", zOrderBy: ["id", "name"] }),
  );
  assertEquals(ordered.version, 4);
  assertEquals(await rowsIn(ask), all);
  // A dry run touches nothing; what the log no longer needs goes only when asked.
  const asked = { handle: "t", retentionHours: 0, enforceRetention: false };
  const dry = done(await ask("vacuum", { ...asked, dryRun: true }));
  assertEquals(await rowsIn(ask), all);
  const vacuumed = done(await ask("vacuum", { ...asked, mode: "lite" }));
  assertEquals(vacuumed.deleted, dry.deleted);
  assertEquals(await rowsIn(ask), all);
  for (const op of ["checkpoint", "compactLog", "cleanup"]) {
    assertEquals(done(await ask(op, { handle: "t" })), { version: 4 });
  }
});

Deno.test("restore brings a version's rows back", async () => {
  const { ask, rows } = await clientWithTable();
  await ask("delete", { handle: "t" });
  const restored = done(await ask("restore", { handle: "t", version: 1 }));
  assertEquals([restored.version, restored.readVersion], [3, 2]);
  assertEquals(await rowsIn(ask), rows);
  const { commits } = await ask("history", { handle: "t" });
  const { timestampMs } = (commits as Reply[])[1]!;
  const again = done(await ask("restore", { handle: "t", timestampMs }));
  assertEquals(again.version, 4);
  assertEquals(await rowsIn(ask), []);
});

Deno.test("alter changes columns, constraints, properties, features and domains", async () => {
  const { ask } = await clientWithTable({
    "delta.columnMapping.mode": "name",
    "delta.enableTypeWidening": "true",
  });
  const changes: readonly Reply[] = [
    { addColumns: [field("n", "short", { comment: "small" })] },
    { renameColumn: { from: "name", to: "title" } },
    { dropColumns: ["price"] },
    { widenColumn: { name: "n", type: "long" } },
    { setNotNull: "id" },
    { dropNotNull: ["id"] },
    { addConstraint: { name: "positive", expression: "id > 0" } },
    { dropConstraint: "positive" },
    { setProperties: { owner: "me", "delta.appendOnly": "false" } },
    { unsetProperties: ["owner"] },
    { setDomain: { domain: "mine", configuration: "{}" } },
    { removeDomain: "mine" },
    { addFeature: "vacuumProtocolCheck" },
    { dropFeature: "vacuumProtocolCheck" },
  ];
  let version = 1;
  for (const change of changes) {
    const reply = done(await ask("alter", { handle: "t", ...change }));
    assertEquals(reply.version, ++version, JSON.stringify(change));
  }
  const described = await ask("describe", { handle: "t" });
  const { fields } = described.schema as { fields: Reply[] };
  assertEquals(
    fields.map((f) => [f.name, f.type]),
    [["id", "long"], ["title", "string"], ["n", "long"]],
  );
  assertEquals(await rowsIn(ask), [
    ["1", "kite", null],
    ["2", null, null],
    ["3", "é😀", null],
  ]);
  const same = await ask("alter", {
    handle: "t",
    setProperties: { "delta.appendOnly": "false" },
  });
  assertEquals([done(same).committed, same.version], [false, version]);
});

Deno.test("changes are the columns of the last version, the change and its version", async () => {
  const { ask } = await clientWithTable({
    "delta.enableChangeDataFeed": "true",
  });
  await ask("update", {
    handle: "t",
    set: { name: { value: "kites" } },
    where: ["=", "id", "1"],
  });
  await ask("delete", { handle: "t", where: ["=", "id", "2"] });
  const feed = await ask("changes", { handle: "t", from: 2, to: 3 });
  assertEquals(sorted(feed), [
    ["1", "kite", "1.50", "update_preimage", "2"],
    ["1", "kites", "1.50", "update_postimage", "2"],
    ["2", null, "-0.05", "delete", "3"],
  ]);
  const inserts = await ask("changes", { handle: "t", from: 0, to: 1 });
  assertEquals(sorted(inserts).length, 3);
});

Deno.test("an operation on a stale handle conflicts by its name in Delta's terms", async () => {
  const { ask, table } = await clientWithTable();
  await ask("open", { table, handle: "stale" });
  await ask("delete", { handle: "t", where: ["=", "id", "1"] });
  const reply = await ask("update", {
    handle: "stale",
    set: { name: { value: "x" } },
    where: ["=", "id", "1"],
  });
  assertEquals([reply.ok, reply.outcome, kindOf(reply)], [
    false,
    "failed",
    "conflict",
  ]);
  const { name } = reply.error as { name: string };
  assert(["ConcurrentDeleteRead", "ConcurrentDeleteDelete"].includes(name));
  // After a refresh it finds nothing to do.
  await ask("refresh", { handle: "stale" });
  const again = await ask("update", {
    handle: "stale",
    set: { name: { value: "x" } },
    where: ["=", "id", "1"],
  });
  assertEquals([again.ok, again.committed], [true, false]);
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
    ["overwrite", { handle: "t", rows: [], partitions: "some" }, "invalid"],
    ["overwrite", {
      handle: "t",
      rows: [["9", "outside", null]],
      where: ["=", "id", "1"],
    }, "invalid"],
    ["update", { handle: "t", set: { nobody: { value: "1" } } }, "invalid"],
    ["update", { handle: "t", set: { id: { twice: 2 } } }, "invalid"],
    ["update", { handle: "t", set: { name: { add: 1 } } }, "invalid"],
    ["update", { handle: "t", set: { id: { value: 1 } } }, "invalid"],
    ["update", { handle: "t", set: {} }, "invalid"],
    ["delete", { handle: "t", where: ["like", "name", "k%"] }, "invalid"],
    ["appendSelect", { handle: "t", add: { name: 1 } }, "invalid"],
    ["merge", { ...MERGE, whenMatched: "insert" }, "invalid"],
    ["merge", { ...MERGE, whenNotMatched: "update" }, "invalid"],
    ["merge", { ...MERGE, whenNotMatchedBySource: "update" }, "invalid"],
    ["merge", { ...MERGE, whenMatchedSet: { id: { value: "1" } } }, "invalid"],
    ["merge", MERGE, "invalid"],
    ["merge", { ...MERGE, on: ["nobody"], whenMatched: "delete" }, "invalid"],
    ["restore", { handle: "t" }, "invalid"],
    ["restore", { handle: "t", version: 0, timestampMs: 0 }, "invalid"],
    ["restore", { handle: "t", version: 7 }, "invalid"],
    ["vacuum", { handle: "t", mode: "deep" }, "invalid"],
    ["vacuum", { handle: "t", retentionHours: 0 }, "invalid"],
    ["optimize", { handle: "t", zOrderBy: ["nobody"] }, "invalid"],
    ["changes", { handle: "t", from: 0, to: 1 }, "invalid"],
    ["alter", { handle: "t" }, "invalid"],
    ["alter", {
      handle: "t",
      setNotNull: "id",
      addFeature: "appendOnly",
    }, "invalid"],
    ["alter", { handle: "t", addColumns: [{ name: "x" }] }, "invalid"],
    ["alter", { handle: "t", renameColumn: { from: "id" } }, "invalid"],
    ["alter", { handle: "t", setNotNull: "name" }, "invalid"],
    ["alter", { handle: "t", addFeature: "catalogManaged" }, "unsupported"],
    ["repair", { handle: "t" }, "unsupported"],
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
  const table = "memory://engine-test/child";
  const requests = [
    { id: 7, op: "hello" },
    { id: 8, op: "create", table, handle: "t", schema: SCHEMA },
    { id: 9, op: "append", handle: "t", rows: [["1", "a", null]] },
    { id: 10, op: "update", handle: "t", set: { id: { add: 1 } } },
    { id: 11, op: "read", handle: "t" },
    { id: 12, op: "delete", handle: "t", where: ["=", "id", "9"] },
  ];
  const lines = ["{", "[]", "", ...requests.map((r) => JSON.stringify(r))];
  await writer.write(new TextEncoder().encode(lines.join("\n")));
  await writer.close();
  const text = await new Response(child.stdout).text();
  // then each has its reply, and the status is 0.
  const replies = text.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(
    replies.map((reply) => reply.id),
    [null, null, 7, 8, 9, 10, 11, 12],
  );
  assertEquals(replies.slice(0, 3).map(kindOf), [
    "invalid",
    "invalid",
    undefined,
  ]);
  for (const op of requests.map((request) => request.op)) {
    assert(replies[2].capabilities.includes(op), op);
  }
  assertEquals(replies[6].rows, [["2", "a", null]]);
  assertEquals([replies[7].committed, replies[7].version], [false, 2]);
  assertEquals((await child.status).code, 0);
});
