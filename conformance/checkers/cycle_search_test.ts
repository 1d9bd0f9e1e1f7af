import { assert, assertEquals, assertMatch } from "@std/assert";
import { defaultRules } from "../../src/mod.ts";
import { thisEngine } from "../adapters/this_engine.ts";
import type { EngineAdapter, JsonPredicate } from "../engine_adapter.ts";
import type { OperationCall } from "../history/history.ts";
import { MUTANTS } from "../mutants/catalogue.ts";
import { mutated } from "../mutants/mutant.ts";
import { bump, IN_A, IN_B, P2, program } from "../mutants/scenarios.ts";
import { explore } from "../simulation/explore.ts";
import { SUITE_SCHEMA } from "../simulation/program.ts";
import { prepare, runPrepared } from "../simulation/run_program.ts";
import {
  HandWritten,
  type HandWrittenCommit,
  row,
} from "../support/hand_written.ts";
import { checkSerializability } from "./c05_serializability.ts";
import { type Anomaly, searchCycles } from "./cycle_search.ts";
import { evidenceOf, type Level } from "./evidence.ts";
import { judge } from "./judge.ts";
import type { ModelRow } from "./rows.ts";
import { compareOpinions } from "./two_opinions.ts";
import { formatVerdict } from "./verdict.ts";

const COLUMNS = ["p", "x", "op", "seq", "gen"];
const a = row("a", 1, "s.1");
const b = row("b", 2, "s.1", 1);
const c = row("c", 3, "s.1", 2);
/** A row one generation later. */
const next = (r: ModelRow, times = 1): ModelRow => ({
  ...r,
  x: String(Number(r.x) + times),
  gen: Number(r.gen) + times,
});
const copy = (r: ModelRow): ModelRow => ({ ...r, gen: Number(r.gen) + 1_000 });

const append = (...rows: readonly ModelRow[]): OperationCall => ({
  op: "append",
  request: { rows: rows.map((r) => COLUMNS.map((name) => r[name]!)) },
});
const remove = (where?: JsonPredicate): OperationCall => ({
  op: "delete",
  request: where ? { where } : {},
});
const update = (where?: JsonPredicate) => bump(where) as OperationCall;
const move = (from: string, to: string): OperationCall => ({
  op: "update",
  request: { set: { p: { value: to } }, where: ["=", "p", from] },
});
const select = (where: JsonPredicate): OperationCall => ({
  op: "appendSelect",
  request: { where, add: { gen: 1_000 } },
});
const insertMissing = (r: ModelRow): OperationCall => ({
  op: "merge",
  request: {
    rows: [COLUMNS.map((name) => r[name]!)],
    schema: SUITE_SCHEMA,
    on: ["x"],
    whenNotMatched: "insert",
  },
});
const READ: OperationCall = { op: "read", request: {} };
const OPTIMIZE: OperationCall = { op: "optimize", request: {} };

/** Rows a, b and c in files fa, fb and fc, at version 1, three clients there. */
const abc = () =>
  new HandWritten()
    .invoke("s.1", append(a, b, c))
    .commit("s.1", { add: { fa: [a], fb: [b], fc: [c] } })
    .ok("s.1", { version: 1 }).open("w1", 1).open("w2", 1).open("w3", 1);

type Done = readonly [
  opId: string,
  call: OperationCall,
  read: number,
  ...commits: (readonly [version: number, commit: HandWrittenCommit])[],
];

/** Operations that all began before any of them ended. */
function overlapping(...operations: readonly Done[]): HandWritten {
  const h = abc();
  for (const [opId, call] of operations) h.invoke(opId, call);
  const commits = operations.flatMap(([opId, , , ...list]) =>
    list.map(([version, commit]) => ({ opId, version, commit }))
  ).sort((one, other) => one.version - other.version);
  for (const { opId, version, commit } of commits) {
    h.commit(opId, { ...commit, version });
  }
  for (const [opId, , readVersion, ...list] of operations) {
    h.ok(opId, { version: list.at(-1)![0], readVersion });
  }
  return h;
}

const read = (h: HandWritten, version: number, ...rows: readonly ModelRow[]) =>
  h.invoke("w2.9", { op: "refresh", request: {} }).ok("w2.9", { version })
    .invoke("w2.10", READ).ok("w2.10", {
      version,
      columns: COLUMNS,
      rows: rows.map((r) => COLUMNS.map((name) => r[name]!)),
    });

interface Case {
  readonly name: string;
  /** What the cycle search says. */
  readonly anomaly: Anomaly | undefined;
  /** A check that sees it too. */
  readonly check: string | undefined;
  readonly level?: Level;
  readonly make: () => HandWritten;
}

const lostUpdate = () =>
  overlapping(
    ["w1.0", update(IN_A), 1, [2, { remove: ["fa"], add: { f1: [next(a)] } }]],
    ["w2.0", update(IN_A), 1, [3, { remove: ["fa"], add: { f2: [next(a)] } }]],
  );

const writeSkew = () =>
  overlapping(
    ["w1.0", move("a", "b"), 1, [2, {
      remove: ["fa"],
      add: { f1: [{ ...a, p: "b" }] },
    }]],
    ["w2.0", move("b", "a"), 1, [3, {
      remove: ["fb"],
      add: { f2: [{ ...b, p: "a" }] },
    }]],
  );

const missedAppend = () => {
  const late = row("a", 5, "w1.0");
  return overlapping(
    ["w1.0", append(late), 1, [2, { add: { f1: [late] } }]],
    ["w2.0", select(IN_A), 1, [3, { add: { f2: [copy(a)] } }]],
  );
};

const CASES: readonly Case[] = [
  {
    name: "one after the other",
    anomaly: undefined,
    check: undefined,
    make: () =>
      overlapping(
        ["w1.0", update(IN_A), 1, [2, {
          remove: ["fa"],
          add: { f1: [next(a)] },
        }]],
        ["w2.0", update(IN_A), 2, [3, {
          remove: ["f1"],
          add: { f2: [next(a, 2)] },
        }]],
      ),
  },
  {
    name: "what came went again",
    anomaly: undefined,
    check: undefined,
    make: () => {
      const late = row("a", 5, "w1.0");
      return overlapping(
        ["w1.0", append(late), 1, [2, { add: { f1: [late] } }]],
        ["w1.1", remove(["=", "x", "5"]), 2, [3, { remove: ["f1"] }]],
        ["w2.0", update(IN_A), 1, [4, {
          remove: ["fa"],
          add: { f2: [next(a)] },
        }]],
      );
    },
  },
  {
    name: "rows that were only moved",
    anomaly: undefined,
    check: undefined,
    make: () =>
      overlapping(
        ["w1.0", OPTIMIZE, 1, [2, {
          remove: ["fa", "fb"],
          add: { f1: [a, b] },
          dataChange: false,
        }]],
        ["w2.0", select(IN_A), 1, [3, { add: { f2: [copy(a)] } }]],
      ),
  },
  {
    name: "a lost update",
    anomaly: "G-single",
    check: "C5",
    make: lostUpdate,
  },
  {
    name: "an update lost to a delete of the old row",
    anomaly: "G-single",
    check: "C5",
    make: () =>
      overlapping(
        ["w1.0", update(IN_A), 1, [2, {
          remove: ["fa"],
          add: { f1: [next(a)] },
        }]],
        ["w2.0", remove(IN_A), 1, [3, { remove: ["fa"] }]],
      ),
  },
  {
    name: "a delete undone by a rewrite",
    anomaly: "G-single",
    check: "C5",
    make: () =>
      overlapping(
        ["w1.0", remove(IN_A), 1, [2, { remove: ["fa"] }]],
        ["w2.0", OPTIMIZE, 1, [3, {
          remove: ["fa", "fb"],
          add: { f1: [a, b] },
          dataChange: false,
        }]],
      ),
  },
  {
    name: "a write skew: each moves what the other looks at",
    anomaly: "G2-item",
    check: "C5",
    make: writeSkew,
  },
  {
    name: "two merges that each insert what is missing",
    anomaly: "G2",
    check: "C5",
    make: () => {
      const [one, two] = [row("c", 9, "w1.0"), row("d", 9, "w2.0")];
      return overlapping(
        ["w1.0", insertMissing(one), 1, [2, { add: { f1: [one] } }]],
        ["w2.0", insertMissing(two), 1, [3, { add: { f2: [two] } }]],
      );
    },
  },
  {
    name: "an INSERT … SELECT that missed an append to its own list",
    anomaly: "G-single",
    check: "C5",
    make: missedAppend,
  },
  {
    name: "a cycle of three",
    anomaly: "G2-item",
    check: "C5",
    make: () =>
      overlapping(
        ["w1.0", move("a", "b"), 1, [2, {
          remove: ["fa"],
          add: { f1: [{ ...a, p: "b" }] },
        }]],
        ["w2.0", move("b", "c"), 1, [3, {
          remove: ["fb"],
          add: { f2: [{ ...b, p: "c" }] },
        }]],
        ["w3.0", move("c", "a"), 1, [4, {
          remove: ["fc"],
          add: { f3: [{ ...c, p: "a" }] },
        }]],
      ),
  },
  {
    name: "a phantom: only the order of the log is broken",
    anomaly: undefined,
    check: "C5",
    make: () => {
      const late = row("a", 5, "w1.0");
      return overlapping(
        ["w1.0", append(late), 1, [2, { add: { f1: [late] } }]],
        ["w2.0", remove(IN_A), 1, [3, { remove: ["fa"] }]],
      );
    },
  },
  {
    name:
      "a read of what was deleted meanwhile: only the order of the log is broken",
    anomaly: undefined,
    check: "C5",
    make: () =>
      overlapping(
        ["w1.0", remove(["=", "gen", 0]), 1, [2, {
          remove: ["fa", "fb", "fc"],
        }]],
        ["w2.0", select(IN_A), 1, [3, { add: { f2: [copy(a)] } }]],
      ),
  },
  {
    name: "a delete and a copy that each missed the other",
    anomaly: "G2",
    check: "C5",
    make: () =>
      overlapping(
        ["w1.0", remove(IN_A), 1, [2, { remove: ["fa"] }]],
        ["w2.0", select(IN_A), 1, [3, { add: { f2: [copy(a)] } }]],
      ),
  },
  {
    name: "a phantom beside a delete that was undone meanwhile",
    anomaly: undefined,
    check: "C5",
    make: () => {
      const late = row("a", 5, "w1.2");
      return overlapping(
        ["w1.0", remove(IN_A), 1, [2, { remove: ["fa"] }]],
        [
          "w1.1",
          { op: "restore", request: { version: 1 } },
          2,
          [3, { add: { fa: [a] } }],
        ],
        ["w1.2", append(late), 3, [4, { add: { f1: [late] } }]],
        ["w2.0", remove(IN_A), 1, [5, { remove: ["fa"] }]],
      );
    },
  },
  {
    name: "an effect that its commit left out",
    anomaly: undefined,
    check: "C5",
    make: () =>
      overlapping(
        ["w1.0", update(IN_A), 1, [2, {
          remove: ["fa"],
          add: { f1: [next(a)] },
        }]],
        ["w2.0", update(IN_A), 1, [3, {}]],
      ),
  },
  {
    name: "dirty writes: two commits around another's",
    anomaly: "G0",
    check: "C5",
    make: () =>
      overlapping(
        ["w1.0", update(), 1, [2, { remove: ["fa"], add: { f1: [next(a)] } }], [
          4,
          { remove: ["fb"], add: { f3: [next(b)] } },
        ]],
        ["w2.0", update(), 2, [3, {
          remove: ["f1", "fb"],
          add: { f2: [next(a, 2), next(b)] },
        }]],
      ),
  },
  {
    name: "circular flow: each reads what the other wrote",
    anomaly: "G1c",
    check: "C5",
    make: () =>
      overlapping(
        ["w1.0", update(), 3, [2, { remove: ["fa"], add: { f1: [next(a)] } }], [
          4,
          {
            remove: ["fb", "f2"],
            add: { f3: [next(b), next(copy(next(a)))] },
          },
        ]],
        ["w2.0", select(IN_A), 2, [3, { add: { f2: [copy(next(a))] } }]],
      ),
  },
  {
    name: "a read of what was reported as failed",
    anomaly: "G1a",
    check: "C4",
    make: () => {
      const late = row("a", 5, "w1.0");
      const h = abc().invoke("w1.0", append(late))
        .commit("w1.0", { add: { f1: [late] } }).fail("w1.0", "store");
      return read(h, 2, a, b, c, late);
    },
  },
  {
    name: "a read between two writes of one operation",
    anomaly: "G1b",
    check: "C4",
    make: () =>
      read(
        overlapping(
          ["w1.0", update(IN_A), 1, [2, {
            remove: ["fa"],
            add: { f1: [next(a)] },
          }], [3, { remove: ["f1"], add: { f2: [next(a, 2)] } }]],
        ),
        2,
        next(a),
        b,
        c,
      ),
  },
  {
    name: "a read of half a commit",
    anomaly: "G-single",
    check: "C8",
    make: () =>
      read(
        overlapping(["w1.0", update(), 1, [2, {
          remove: ["fa", "fb", "fc"],
          add: { f1: [next(a), next(b), next(c)] },
        }]]),
        2,
        next(a),
        b,
        c,
      ),
  },
  {
    name: "a lost update",
    anomaly: "G-single",
    check: "C6",
    level: "WriteSerializable",
    make: lostUpdate,
  },
  {
    name: "a write skew",
    anomaly: "G2-item",
    check: "C6",
    level: "WriteSerializable",
    make: writeSkew,
  },
  {
    name: "a blind append missed, which the level permits",
    anomaly: undefined,
    check: undefined,
    level: "WriteSerializable",
    make: missedAppend,
  },
  {
    name: "a lost update",
    anomaly: "G-single",
    check: "C7",
    level: "SnapshotIsolation",
    make: lostUpdate,
  },
  {
    name: "a write skew, which the level permits",
    anomaly: undefined,
    check: undefined,
    level: "SnapshotIsolation",
    make: writeSkew,
  },
];

for (const { name, anomaly, check, level = "Serializable", make } of CASES) {
  Deno.test(`both opinions at ${level} on ${name}`, async () => {
    const evidence = await make().evidence(level);
    const cycle = searchCycles(evidence);
    assertEquals(cycle?.anomaly, anomaly, cycle?.because.join("\n"));
    const said = judge(evidence);
    const text = said.map(formatVerdict).join("\n");
    const checks = new Set<string>(said.map((verdict) => verdict.check));
    if (check === undefined) assertEquals(text, "");
    else assert(checks.has(check), text);
    assert(!checks.has("opinions"), text);
  });
}

Deno.test("a cycle is told by its operations and by what made it one", async () => {
  const cycle = searchCycles(await lostUpdate().evidence());
  assertEquals(cycle, {
    anomaly: "G-single",
    operations: ["w2.0", "w1.0"],
    versions: [2, 3],
    because: ["w2.0 -rw-> w1.0 (s.1/0)", "w1.0 -ww-> w2.0 (s.1/0)"],
  });
});

Deno.test("a cycle that the replay does not see is a failure of the judge", async () => {
  const [verdict] = compareOpinions(await lostUpdate().evidence(), []);
  assertEquals([verdict?.check, verdict?.class], ["opinions", "JUDGE"]);
  assertMatch(formatVerdict(verdict!), /two opinions differ: The cycle search/);
});

Deno.test("a lost update or write skew that the search does not see is a failure of the judge", async () => {
  const blind = () => undefined;
  for (const make of [lostUpdate, writeSkew]) {
    const evidence = await make().evidence();
    const [verdict] = compareOpinions(evidence, judge(evidence), blind);
    assertEquals([verdict?.check, verdict?.class], ["opinions", "JUDGE"]);
    assertEquals(verdict!.operations, ["w1.0", "w2.0"]);
  }
  // What only breaks the order of the log is for the replay alone.
  const phantom = CASES.find(({ name }) => name.startsWith("a phantom"))!;
  const evidence = await phantom.make().evidence();
  assertEquals(compareOpinions(evidence, judge(evidence), blind), []);
});

/** How often C5 objects, and how often a cycle is found, over every run of two scripts. */
async function opinions(
  engine: EngineAdapter,
  scripts: Parameters<typeof program>[2] = [[bump(IN_A)], [bump(IN_A)]],
) {
  const prepared = await prepare(program("two", P2, scripts), engine);
  let [c5, cycles, runs] = [0, 0, 0];
  await explore(async (vector) => {
    const run = await runPrepared(prepared, vector);
    const evidence = await evidenceOf(run, "Serializable");
    const said = judge(evidence);
    assert(
      said.every(({ check }) => check !== "opinions"),
      said.map(formatVerdict).join("\n"),
    );
    runs++;
    if (checkSerializability(evidence).length > 0) c5++;
    if (searchCycles(evidence)) cycles++;
    return { made: run.made, fingerprint: "" };
  });
  return { c5, cycles, runs };
}

Deno.test("replay and cycle search agree that this engine loses no update", async () => {
  const { c5, cycles, runs } = await opinions(thisEngine());
  assert(runs >= 6);
  assertEquals([c5, cycles], [0, 0]);
});

Deno.test("replay and cycle search agree on every lost update of a mutant", async () => {
  const { c5, cycles } = await opinions(
    mutated(MUTANTS.find(({ id }) => id === "Q31")!),
  );
  assert(c5 > 0);
  assertEquals(cycles, c5);
});

Deno.test("replay and cycle search agree on every write skew of a mutant", async () => {
  const move = (from: JsonPredicate, to: string) => ({
    op: "update" as const,
    request: { set: { p: { value: to } }, where: from },
  });
  const rules = {
    ...defaultRules,
    checkAppends: () => ({ kind: "pass" as const }),
  };
  const { c5, cycles } = await opinions(
    thisEngine({ rules }),
    [[move(IN_A, "b")], [move(IN_B, "a")]],
  );
  assert(c5 > 0);
  assertEquals(cycles, c5);
});
