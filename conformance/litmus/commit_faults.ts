/**
 * The C tests: a store that loses answers, answers late, refuses, lags, cuts and
 * dies. Whatever it does, a commit is there once or never, and what is said of it
 * is true.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  type AddFile,
  DeltaError,
  DeltaTable,
  faultOn,
  faultyStore,
  type ObjectStore,
  openStore,
  type Txn,
} from "../../src/mod.ts";
import { type Behaviour, startS3Server } from "../../testing/s3_server.ts";
import { type Script, scriptedStore } from "../../testing/scripted_store.ts";
import {
  column,
  type Lab,
  lab,
  type Litmus,
  outcomeOf,
  P2,
  rows,
  rowsOf,
  U,
  type Verb,
} from "./litmus_test_kit.ts";

/** All C tests. */
export const COMMIT_FAULTS: readonly Litmus[] = [
  { id: "C1", name: "lost-ack-append", run: lostAppend },
  { id: "C2", name: "lost-ack-delete", run: lostDelete },
  { id: "C3", name: "zombie", run: zombie },
  { id: "C4", name: "late-writer-after-cleanup", run: lateWriter },
  { id: "C5", name: "unknown-then-gc", run: unknownThenCleanup },
  { id: "C6", name: "409-storm", run: conflictStorm },
  { id: "C7", name: "412-unreadable", run: existsAndUnreadable },
  { id: "C8", name: "stale-list", run: staleList },
  { id: "C9", name: "paging", run: paging },
  { id: "C10", name: "truncated-get", run: truncatedGet },
  { id: "C11", name: "torn-local-commit", run: tornCommit },
  { id: "C12", name: "local-link-race", run: linkRace },
  { id: "C13", name: "mixed-committers", run: mixedCommitters },
  { id: "C14", name: "crash-anywhere", run: crashAnywhere },
  { id: "C15", name: "budget-spent", run: budgetSpent },
];

const DAY = 86_400_000;
const COMMIT = /_delta_log\/\d{20}\.json$/;
const FIRST = ["a,1", "a,2", "b,1"];
const nine: Verb = (t) => t.append(rows(["c", 9]));

function commitPath(version: number): string {
  return `_delta_log/${String(version).padStart(20, "0")}.json`;
}

async function pathsOf(store: ObjectStore, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { path } of store.list(prefix)) found.push(path);
  return found;
}

/** A store whose calls are another's, some replaced. */
function but(inner: ObjectStore, replaced: Partial<ObjectStore>): ObjectStore {
  return {
    url: inner.url,
    capabilities: inner.capabilities,
    get: (path, options) => inner.get(path, options),
    head: (path, options) => inner.head(path, options),
    list: (prefix, options) => inner.list(prefix, options),
    put: (path, bytes, options) => inner.put(path, bytes, options),
    putIfAbsent: (path, bytes, options) =>
      inner.putIfAbsent(path, bytes, options),
    delete: (paths, options) => inner.delete(paths, options),
    ...replaced,
  };
}

/** The error of what must fail. */
async function failureOf(run: Promise<unknown>): Promise<DeltaError> {
  const error = await run.then(() => undefined, (thrown) => thrown);
  assert.ok(error instanceof DeltaError, `it ended as ${error}`);
  return error;
}

// ---- answers of a real S3 server ------------------------------------------------

/** What becomes of a request that has its effect and whose answer is lost. */
const LOST: Readonly<Record<string, Behaviour>> = {
  "500": { status: 500, code: "InternalError", after: true },
  "503": { status: 503, code: "SlowDown", after: true },
  "429": { status: 429, code: "TooManyRequests", after: true },
  reset: "drop-after",
  timeout: "hang-after",
};

/** Runs a body with a store whose exclusive creates go through the S3 client to a server that follows a script. */
async function throughS3(
  made: Lab,
  script: readonly Behaviour[],
  body: (store: ObjectStore) => Promise<void>,
): Promise<number> {
  await using server = await startS3Server();
  const s3 = await openStore("s3://bucket/t", {
    environment: {},
    storage: {
      endpoint: server.endpoint,
      allow_http: "true",
      access_key_id: "k",
      secret_access_key: "s",
      timeout: "150ms",
    },
  });
  server.script.push(...script);
  try {
    await body(but(made.store, {
      putIfAbsent: async (path, bytes) => {
        const there = await made.store.get(path);
        if (there) server.objects.set(`t/${path}`, there.bytes);
        const outcome = await s3.putIfAbsent(path, bytes);
        const landed = server.objects.get(`t/${path}`);
        if (landed && !there) await made.store.put(path, landed);
        return outcome;
      },
    }));
  } finally {
    await s3.close?.();
  }
  return server.seen.length;
}

async function lostAnswers(verb: Verb, left: readonly string[]): Promise<void> {
  for (const [name, shape] of Object.entries(LOST)) {
    // Given a commit that lands, and whose first answers are lost,
    for (const times of [1, 3]) {
      const made = await lab(U);
      const script = Array.from({ length: times }, () => shape);
      const seen = await throughS3(made, script, async (store) => {
        const table = await made.open(undefined, store);
        const before = table.version;
        // then it is one commit, and known to be.
        assert.equal(await outcomeOf(verb(table)), "ok", name);
        assert.equal(table.version, before + 1, name);
        const after = await made.store.head(commitPath(before + 2));
        assert.equal(after, undefined, `${name}: a second commit`);
      });
      assert.deepEqual(await made.rows(), left, name);
      assert.ok(seen > 1, `${name}: the request was not repeated`);
    }
  }
}

async function lostAppend(): Promise<void> {
  await lostAnswers(nine, [...FIRST, "c,9"]);
}

async function lostDelete(): Promise<void> {
  await lostAnswers((t) => t.delete({ where: "x = 2" }), ["a,1", "b,1"]);
}

async function conflictStorm(): Promise<void> {
  const made = await lab(U);
  const conflict: Behaviour = {
    status: 409,
    code: "ConditionalRequestConflict",
  };
  const seen = await throughS3(
    made,
    [conflict, conflict, conflict],
    async (store) => {
      const table = await made.open(undefined, store);
      const before = table.version;
      assert.equal(await outcomeOf(nine(table)), "ok");
      assert.equal(table.version, before + 1);
    },
  );
  assert.equal(seen, 4);
  assert.deepEqual(await made.rows(), [...FIRST, "c,9"]);
}

// ---- zombies ----------------------------------------------------------------------

/** An append of whose requests nothing was heard, some of which may land yet. */
async function unheard(made: Lab) {
  const store = faultyStore(
    made.store,
    faultOn(
      { name: "putIfAbsent", path: COMMIT, times: Infinity },
      { kind: "zombie" },
    ),
  );
  const table = await made.open(undefined, store);
  const error = await failureOf(nine(table));
  assert.equal(error.outcome, "unknown");
  assert.equal(error.code, "DELTA_COMMIT_UNKNOWN");
  const { token, attemptedVersion } = error.context;
  assert.ok(typeof token === "string" && typeof attemptedVersion === "number");
  return { store, token, version: attemptedVersion };
}

async function zombie(): Promise<void> {
  // Nobody knew; then it lands, and is found.
  const landed = await lab(U);
  const late = await unheard(landed);
  assert.deepEqual(await landed.rows(), FIRST);
  await late.store.land();
  assert.deepEqual(await landed.rows(), [...FIRST, "c,9"]);
  const found = await (await landed.open()).resolve(late.token, late.version);
  assert.equal(found.committed, true);
  // Nobody knew, and it is fenced off first: it can never land.
  const fenced = await lab(U);
  const dead = await unheard(fenced);
  const told = await (await fenced.open()).resolve(dead.token, dead.version);
  assert.equal(told.committed, false);
  const outcomes = await dead.store.land();
  assert.ok(outcomes.length > 1 && outcomes.every((kind) => kind === "exists"));
  assert.deepEqual(await fenced.rows(), FIRST);
  const again = await (await fenced.open()).resolve(dead.token, dead.version);
  assert.equal(again.committed, false);
}

async function lateWriter(): Promise<void> {
  const setup = { ...P2, rows: [rows(["a", 0])] };
  const age = async (made: Lab): Promise<void> => {
    for (let x = 1; x < 8; x++) {
      made.host.advance(10 * DAY);
      await (await made.open()).append(rows(["a", x]));
    }
    await (await made.open()).checkpoint();
    made.host.advance(40 * DAY);
    await (await made.open()).append(rows(["a", 8]));
    await (await made.open()).checkpoint();
    await (await made.open()).cleanup();
  };
  // Given a writer that stands at version 1 while the log is cleaned past 2,
  const made = await lab(setup);
  const stale = await made.open();
  const taken = commitPath(stale.version + 1);
  await age(made);
  assert.equal(await made.store.head(taken), undefined, "2 was cleaned");
  const before = await made.rows();
  // then it lands behind the newest version or refuses, and 2 stays gone.
  const outcome = await outcomeOf(stale.append(rows(["late", 1])));
  assert.equal(await made.store.head(taken), undefined, "2 was reborn");
  assert.deepEqual(
    await made.rows(),
    outcome === "ok" ? [...before, "late,1"].sort() : before,
  );
  // And a request that was under way all the while lands under the checkpoint:
  const second = await lab(setup);
  const late = await unheard(second);
  const fence = commitPath(late.version);
  await age(second);
  const expected = await second.rows();
  assert.equal(await second.store.head(fence), undefined);
  await late.store.land();
  assert.ok(await second.store.head(fence), "it is reborn");
  // no reader sees it, and nobody is told that it is committed.
  assert.deepEqual(await second.rows(), expected);
  const error = await failureOf(
    (await second.open()).resolve(late.token, late.version),
  );
  assert.equal(error.code, "DELTA_COMMIT_UNKNOWN");
  assert.deepEqual(await second.rows(), expected);
}

async function unknownThenCleanup(): Promise<void> {
  const made = await lab(P2);
  const before = new Set(await pathsOf(made.store));
  const late = await unheard(made);
  // The data files of a commit that may yet land stay where they are,
  const data = (await pathsOf(made.store)).filter((path) => !before.has(path));
  assert.ok(data.some((path) => path.endsWith(".parquet")));
  // also when others clean up,
  await (await made.open()).vacuum({ dryRun: false });
  await late.store.land();
  // so what lands can be read.
  assert.deepEqual(await made.rows(), [...FIRST, "c,9"]);
}

// ---- reads that fail or lag ---------------------------------------------------------

async function existsAndUnreadable(): Promise<void> {
  for (const reads of ["lies", "throws", "lost-request"] as Script[]) {
    for (const lasting of [false, true]) {
      // Given a version that another writer took and that cannot be read,
      const made = await lab(U);
      const rival = await made.open();
      let failing = 0;
      const store = scriptedStore(
        made.store,
        ({ name, path }) =>
          name === "get" && path === commitPath(2) && failing > 0 &&
            (lasting || failing-- > 0)
            ? reads
            : "ok",
      );
      const table = await made.open(undefined, store);
      await rival.append(rows(["r", 1]));
      failing = 3;
      const where = `${reads}${lasting ? " for good" : ""}`;
      if (lasting) {
        // then nobody steps over it,
        const error = await failureOf(nine(table));
        assert.equal(error.outcome, "unknown", where);
        assert.equal(await made.store.head(commitPath(3)), undefined, where);
        assert.deepEqual(await made.rows(), [...FIRST, "r,1"]);
      } else {
        // and once it can be read the commit goes on behind it.
        assert.equal(await outcomeOf(nine(table)), "ok", where);
        assert.equal(table.version, 3);
        assert.deepEqual(await made.rows(), [...FIRST, "c,9", "r,1"]);
      }
    }
  }
}

/** A store whose listings leave some objects out. */
function hiding(inner: ObjectStore, hidden: ReadonlySet<string>): ObjectStore {
  return but(inner, {
    list: async function* (prefix, options) {
      for await (const object of inner.list(prefix, options)) {
        if (!hidden.has(object.path)) yield object;
      }
    },
  });
}

async function staleList(): Promise<void> {
  for (const missing of [1, 2, 3]) {
    const made = await lab(U);
    for (let x = 1; x <= 3; x++) await nine(await made.open());
    const newest = Array.from(
      { length: missing },
      (_, i) => commitPath(4 - i),
    );
    // Given listings that lack the newest commits, a writer adapts to them all,
    const table = await made.open(
      undefined,
      hiding(made.store, new Set(newest)),
    );
    assert.equal(
      await outcomeOf(table.append(rows(["z", 1]))),
      "ok",
      `${missing}`,
    );
    assert.equal(table.version, 5);
    assert.deepEqual(await made.rows(), [
      ...FIRST,
      "c,9",
      "c,9",
      "c,9",
      "z,1",
    ]);
    // and one that lists a commit behind a gap is not believed.
    const gap = hiding(made.store, new Set([commitPath(4)]));
    const seen = await made.open(undefined, gap).then(rowsOf)
      .catch((error: DeltaError) => error.code);
    if (typeof seen !== "string") assert.deepEqual(seen, await made.rows());
    else assert.match(seen, /^DELTA_/);
  }
}

async function paging(): Promise<void> {
  // Given a log of 1,100 commits, each with a row of its own,
  const made = await lab(U);
  const [file] = await Array.fromAsync((await made.open()).files());
  const bytes = (await made.store.get(file!.path))!.bytes;
  const add = (version: number): AddFile => ({
    ...file!,
    path: `${version}.parquet`,
  });
  const put = async (version: number): Promise<void> => {
    const txn: Txn = { appId: `app-${version}`, version };
    const text = [{ commitInfo: { operation: "WRITE" } }, { txn }, {
      add: add(version),
    }].map((action) => JSON.stringify(action)).join("\n");
    await made.store.putIfAbsent(
      commitPath(version),
      new TextEncoder().encode(`${text}\n`),
    );
  };
  await made.store.put("x", bytes);
  for (let version = 2; version <= 1100; version++) await put(version);
  // when commits go on while the log is listed, page by page,
  let next = 1101;
  let seen = 0;
  const busy = but(made.store, {
    list: async function* (prefix, options) {
      for await (const object of made.store.list(prefix, options)) {
        if (++seen % 250 === 0) await put(next++);
        yield object;
      }
    },
  });
  const table = await made.open(undefined, busy);
  assert.ok(seen > 1000);
  // then the reader sees a version, with all before it and nothing behind it.
  assert.ok(table.version >= 1100 && table.version < next);
  const files = await Array.fromAsync(table.files());
  assert.equal(files.length, table.version);
}

/** A store that gives only the first bytes of one object. */
function cutting(
  inner: ObjectStore,
  path: string,
  length: number,
  times = Infinity,
): ObjectStore {
  let left = times;
  return but(inner, {
    get: async (at, options) => {
      const found = await inner.get(at, options);
      if (found === undefined || at !== path || left-- <= 0) return found;
      return { bytes: found.bytes.slice(0, length), size: found.size };
    },
  });
}

/** A handle from before a commit, which is then to be had in part only, twice. */
async function openedBefore(
  made: Lab,
  path: string,
  length: number,
): Promise<DeltaTable> {
  const { bytes } = (await made.store.get(path))!;
  await made.store.delete([path]);
  const store = cutting(made.store, path, length, 2);
  const table = await made.open(undefined, store);
  await made.store.put(path, bytes);
  return table;
}

async function truncatedGet(): Promise<void> {
  const made = await lab(U);
  await (await made.open()).append(rows(["c", 1]));
  const expected = await made.rows();
  const path = commitPath(2);
  const whole = (await made.store.get(path))!.bytes.length;
  // Given the body of a commit that breaks off, at every byte,
  for (let length = 0; length < whole; length++) {
    for (const times of [1, Infinity]) {
      const store = cutting(made.store, path, length, times);
      // then nobody acts on the part: it is an error, or whole at the next try.
      const seen = await made.open(undefined, store).then(rowsOf)
        .catch((error: DeltaError) => error.code);
      if (typeof seen === "string") assert.match(seen, /^DELTA_/);
      else assert.deepEqual(seen, expected, `${length} of ${whole} bytes`);
    }
    // And a writer that meets it as the winner does not build on it.
    if (length % 16 > 0) continue;
    const stale = await openedBefore(made, path, length);
    assert.equal(await outcomeOf(nine(stale)), "ok");
    assert.equal(stale.version, 3);
    await made.store.delete([commitPath(3)]);
  }
  // Given a checkpoint that breaks off, the log is read in its place.
  await (await made.open()).checkpoint();
  const checkpoint = (await pathsOf(made.store, "_delta_log/"))
    .find((name) => name.includes(".checkpoint"))!;
  const size = (await made.store.get(checkpoint))!.bytes.length;
  for (let length = 0; length < size; length++) {
    if (length > 32 && length < size - 32 && length % 101 > 0) continue;
    const seen = await made.open(
      undefined,
      cutting(made.store, checkpoint, length),
    ).then(rowsOf).catch((error: DeltaError) => error.code);
    if (typeof seen === "string") assert.match(seen, /^DELTA_/);
    else assert.deepEqual(seen, expected, `${length} of ${size} bytes`);
  }
}

async function tornCommit(): Promise<void> {
  const made = await lab(U);
  const before = await made.open();
  await (await made.open()).append(rows(["c", 1]));
  const path = commitPath(2);
  const whole = (await made.store.get(path))!.bytes.slice();
  const text = new TextDecoder().decode(whole);
  const contents = [" \n\n"];
  for (let length = 0; length < text.length; length += 3) {
    // A file that ends with a line is a smaller commit: no reader can tell. So
    // no store may leave one, and the folder's never does.
    const part = text.slice(0, length);
    if (length === 0 || !isWhole(part)) contents.push(part);
  }
  for (const content of contents) {
    await made.store.put(path, new TextEncoder().encode(content));
    const warnings: string[] = [];
    const reading = DeltaTable.open("memory://litmus", {
      store: made.store,
      host: made.host,
      onWarning: (warning) => void warnings.push(String(warning)),
    });
    if (content.trim() !== "") {
      // A cut line is refused by the file's name,
      const error = await failureOf(reading);
      assert.equal(error.code, "DELTA_LOG_FILE_CORRUPT", content);
      assert.ok(error.message.includes(path));
    } else {
      // nothing at all, or blanks, is a version of nothing, and said,
      assert.deepEqual(await rowsOf(await reading), FIRST);
      assert.ok(warnings.some((warning) => warning.includes(path)));
      await failureOf(nine(await reading));
    }
    // and neither is built on.
    const error = await failureOf(
      nine(await made.open(before.version).catch(() => before)),
    );
    assert.equal(error.code, "DELTA_LOG_FILE_CORRUPT");
    assert.equal(await made.store.head(commitPath(3)), undefined);
  }
}

/** Whether each line of a text is whole JSON. */
function isWhole(text: string): boolean {
  return text.split("\n").every((line) => {
    try {
      return line === "" || typeof JSON.parse(line) === "object";
    } catch {
      return false;
    }
  });
}

// ---- processes ------------------------------------------------------------------------

async function linkRace(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "litmus-c12-"));
  try {
    const table = await DeltaTable.create(folder, {
      schema: {
        kind: "struct",
        fields: [column("p", "string"), column("x", "long")],
      },
    });
    // Given two processes that append to one folder,
    const program = fileURLToPath(
      new URL("./appender_process.ts", import.meta.url),
    );
    const count = 10;
    const told = await Promise.all(["one", "two"].map(async (name) => {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ["run", "-A", "--no-check", program, folder, name, String(count)],
        { cwd: fileURLToPath(new URL("../..", import.meta.url)) },
      );
      return JSON.parse(stdout) as number[];
    }));
    // then every version has one winner, and every row is there once.
    assert.deepEqual(
      told.flat().sort((a, b) => a - b),
      Array.from({ length: 2 * count }, (_, i) => i + 1),
    );
    await table.refresh();
    const expected = ["one", "two"].flatMap((name) =>
      Array.from({ length: count }, (_, x) => `${name},${x}`)
    );
    assert.deepEqual(await rowsOf(table), expected.sort());
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function mixedCommitters(): Promise<void> {
  // What says that other writers of the table commit by a lock or by looking
  // first is refused before anything is sent.
  const options: Record<string, string>[] = [
    { AWS_S3_LOCKING_PROVIDER: "dynamodb" },
    { DELTA_DYNAMO_TABLE_NAME: "locks" },
    { conditional_put: "disabled" },
    { conditional_put: "dynamo:locks" },
  ];
  await using server = await startS3Server();
  for (const option of options) {
    const error = await failureOf(DeltaTable.open("s3://bucket/t", {
      storage: {
        ...option,
        endpoint: server.endpoint,
        allow_http: "true",
        access_key_id: "k",
        secret_access_key: "s",
      },
    }));
    assert.equal(error.code, "DELTA_STORE_OPTION_INVALID");
    assert.equal(server.seen.length, 0);
  }
}

// ---- deaths ------------------------------------------------------------------------------

interface Repeatable {
  readonly name: string;
  /** The operation; said twice it must have been done once. */
  readonly verb: Verb;
  readonly rows: readonly string[];
}

const txn = { appId: "job", version: 7 };

/** Operations that a restarted process repeats: by their `txn`, or because the second finds nothing to do. */
const REPEATABLE: readonly Repeatable[] = [
  {
    name: "append",
    verb: (t) => t.append(rows(["c", 9]), { txn }),
    rows: ["a,1", "a,2", "a,3", "b,1", "c,9"],
  },
  {
    name: "overwrite",
    verb: (t) => t.overwrite(rows(["c", 9]), { txn }),
    rows: ["c,9"],
  },
  {
    name: "delete",
    verb: (t) => t.delete({ where: "x = 2" }),
    rows: ["a,1", "a,3", "b,1"],
  },
  {
    name: "merge",
    verb: (t) =>
      t.merge({
        source: rows(["c", 9]),
        on: ["p", "x"],
        whenNotMatched: [{ insert: "all" }],
      }),
    rows: ["a,1", "a,2", "a,3", "b,1", "c,9"],
  },
  {
    name: "optimize",
    verb: (t) => t.optimize(),
    rows: ["a,1", "a,2", "a,3", "b,1"],
  },
  {
    name: "checkpoint",
    verb: (t) => t.checkpoint(),
    rows: ["a,1", "a,2", "a,3", "b,1"],
  },
];

async function crashAnywhere(): Promise<void> {
  for (const { name, verb, rows: left } of REPEATABLE) {
    for (const when of ["crash-before", "crash-after"] as const) {
      for (let at = 1;; at++) {
        const made = await lab({
          ...P2,
          rows: [rows(["a", 1], ["a", 2], ["b", 1]), rows(["a", 3])],
          properties: { "delta.checkpointInterval": "3" },
        });
        const before = await made.rows();
        let isOpen = false;
        let opened = 0;
        const store = scriptedStore(
          made.store,
          ({ ordinal }) => isOpen && ordinal === opened + at ? when : "ok",
        );
        const table = await made.open(undefined, store);
        opened = store.calls.length;
        isOpen = true;
        // When the process dies at its nth call,
        let isDone = false;
        void verb(table).then(() => isDone = true, () => isDone = true);
        while (!isDone && !store.crashed) {
          await new Promise<void>((resolve) => setTimeout(resolve, 1));
        }
        const where = `${name}, ${when} of call ${at}`;
        // then it was done whole or not at all,
        const seen = JSON.stringify(await made.rows());
        assert.ok(
          [before, left].some((state) => JSON.stringify(state) === seen),
          `${where}: ${seen}`,
        );
        // and another process that does it again does it once.
        assert.match(
          await outcomeOf(verb(await made.open())),
          /^(ok|nothing)$/,
          where,
        );
        assert.deepEqual(await made.rows(), left, where);
        if (!store.crashed) break;
      }
    }
  }
}

// ---- patience ------------------------------------------------------------------------------

async function budgetSpent(): Promise<void> {
  for (const lastIsLost of [false, true]) {
    // Given a writer that may try three times, and a rival who is faster every time,
    const made = await lab(U);
    const rival = await made.open();
    let tries = 0;
    const store = but(made.store, {
      putIfAbsent: async (path, bytes, options) => {
        if (!COMMIT.test(path)) {
          return await made.store.putIfAbsent(path, bytes, options);
        }
        tries++;
        if (lastIsLost && tries === 3) {
          // The last answer never comes; the request may land yet.
          return { kind: "unknown", reason: "by script" };
        }
        await rival.append(rows(["r", tries]));
        return await made.store.putIfAbsent(path, bytes, options);
      },
    });
    const table = await made.open(undefined, store);
    const [file] = await Array.fromAsync(table.files());
    const error = await failureOf(
      table.transaction({ operation: "WRITE", limits: { maxAttempts: 3 } })
        .add({ ...file!, path: "ours.parquet" }).commit(),
    );
    assert.equal(tries, 3);
    // then it says failed where the last try is known to have lost, and unknown where not.
    assert.equal(error.outcome, lastIsLost ? "unknown" : "failed");
    assert.equal(
      error.code,
      lastIsLost ? "DELTA_COMMIT_UNKNOWN" : "DELTA_CONCURRENT_WRITE",
    );
    const files = await Array.fromAsync((await made.open()).files());
    assert.ok(files.every(({ path }) => path !== "ours.parquet"));
  }
}
