import { assertEquals } from "@std/assert";
import type { AlterChange, JsonPredicate } from "../engine_adapter.ts";
import type { OperationCall } from "../history/history.ts";
import { HandWritten, row } from "../support/hand_written.ts";
import type { Level } from "./evidence.ts";
import { CHECKS, judge } from "./judge.ts";
import type { ModelRow } from "./rows.ts";
import { formatVerdict } from "./verdict.ts";

const append = (...xs: (readonly [string | null, number, string])[]) =>
  ({
    op: "append",
    request: {
      rows: xs.map(([p, x, op], i) => [p, String(x), op, i, 0]),
    },
  }) as const satisfies OperationCall;
const remove = (where?: JsonPredicate): OperationCall => ({
  op: "delete",
  request: where ? { where } : {},
});
const bump = (where?: JsonPredicate): OperationCall => ({
  op: "update",
  request: {
    set: { x: { add: 1 }, gen: { add: 1 } },
    ...(where && { where }),
  },
});
const alter = (request: AlterChange): OperationCall => ({
  op: "alter",
  request,
});
const OPTIMIZE: OperationCall = { op: "optimize", request: {} };
const READ: OperationCall = { op: "read", request: {} };
const OPEN: OperationCall = { op: "open", request: {} };
const COLUMNS = ["p", "x", "op", "seq", "gen"];
const IN_A: JsonPredicate = ["=", "p", "a"];

const a = row("a", 1, "s.1");
const b = row("b", 2, "s.1", 1);

/** A table with rows a and b in files fa and fb, two clients at version 1. */
function ab(
  configuration: Record<string, string> = {},
  partitions: string[] = [],
): HandWritten {
  return new HandWritten(configuration, partitions)
    .invoke("s.1", append(["a", 1, "s.1"], ["b", 2, "s.1"]))
    .commit("s.1", { add: { fa: [a], fb: [b] } })
    .ok("s.1", { version: 1 })
    .open("w1", 1).open("w2", 1);
}

/** An operation that runs alone and commits. */
function done(
  h: HandWritten,
  opId: string,
  call: OperationCall,
  commit: Parameters<HandWritten["commit"]>[1],
  version: number,
  readVersion?: number,
): HandWritten {
  return h.invoke(opId, call).commit(opId, commit)
    .ok(opId, { version, ...(readVersion !== undefined && { readVersion }) });
}

/** Two rows of a table that tracks them, moved to another file by a commit that says that it kept their ids. */
function movedRows(hidden: readonly ModelRow[]): HandWritten {
  const h = new HandWritten(
    {
      "delta.enableRowTracking": "true",
      "delta.rowTracking.materializedRowIdColumnName": "_id",
      "delta.rowTracking.materializedRowCommitVersionColumnName": "_v",
    },
    [],
    {
      minReaderVersion: 1,
      minWriterVersion: 7,
      writerFeatures: ["rowTracking", "domainMetadata"],
    },
  );
  const file = (baseRowId: number, defaultRowCommitVersion: number) => ({
    addMembers: {
      baseRowId,
      defaultRowCommitVersion,
      stats: '{"numRecords":2}',
    },
    more: [{
      domainMetadata: {
        domain: "delta.rowTracking",
        configuration: JSON.stringify({ rowIdHighWaterMark: baseRowId + 1 }),
        removed: false,
      },
    }],
  });
  done(h, "s.1", append(["a", 1, "s.1"], ["b", 2, "s.1"]), {
    add: { f1: [a, b] },
    ...file(0, 1),
  }, 1);
  return done(h, "m.0", OPTIMIZE, {
    remove: ["f1"],
    add: { f2: [{ ...a, ...hidden[0] }, { ...b, ...hidden[1] }] },
    dataChange: false,
    info: { tags: { "delta.rowTracking.preserved": "true" } },
    ...file(2, 2),
  }, 2);
}

interface Case {
  readonly name: string;
  readonly expected: readonly string[];
  readonly level?: Level;
  readonly make: () => HandWritten;
}

const CASES: readonly Case[] = [
  {
    name: "clean: a batch that was there already, read at a later version",
    expected: [],
    make: () => {
      const batch = (op: string): OperationCall => ({
        op: "append",
        request: {
          rows: [["a", "5", op, 0, 0]],
          txn: { appId: "app", version: 1 },
        },
      });
      const h = done(ab(), "w1.0", batch("w1.0"), {
        add: { f1: [row("a", 5, "w1.0")] },
        more: [{ txn: { appId: "app", version: 1 } }],
      }, 2);
      done(h, "w1.1", OPTIMIZE, {
        remove: ["fa", "f1"],
        add: { f2: [a, row("a", 5, "w1.0")] },
        dataChange: false,
      }, 3);
      h.invoke("w2.0", batch("w2.0"))
        .ok("w2.0", { version: 2, committed: false, skipped: true });
      return h.invoke("w2.1", READ).ok("w2.1", {
        version: 3,
        columns: COLUMNS,
        rows: [
          ["a", "1", "s.1", 0, 0],
          ["b", "2", "s.1", 1, 0],
          ["a", "5", "w1.0", 0, 0],
        ],
      });
    },
  },
  {
    name: "clean: appends, a delete, an update, a read",
    expected: [],
    make: () => {
      let h = ab();
      h = done(h, "w1.0", append(["a", 5, "w1.0"]), {
        add: { fc: [row("a", 5, "w1.0")] },
      }, 2);
      h = done(h, "w1.1", remove(["=", "p", "b"]), { remove: ["fb"] }, 3);
      h = done(h, "w1.2", bump(IN_A), {
        remove: ["fa", "fc"],
        add: { fd: [row("a", 2, "s.1", 0, 1), row("a", 6, "w1.0", 0, 1)] },
      }, 4);
      return h.invoke("w1.3", READ).ok("w1.3", {
        version: 4,
        columns: COLUMNS,
        rows: [["a", "6", "w1.0", 0, 1], ["a", "2", "s.1", 0, 1]],
      });
    },
  },
  {
    name: "a version overwritten by another commit",
    expected: ["C1", "C4"],
    make: () =>
      ab().invoke("w1.0", append(["a", 5, "w1.0"])).invoke(
        "w2.0",
        append(["a", 6, "w2.0"]),
      )
        .commit("w1.0", { add: { f1: [row("a", 5, "w1.0")] } })
        .commit("w2.0", { add: { f2: [row("a", 6, "w2.0")] }, version: 2 })
        .ok("w1.0", { version: 2 }).ok("w2.0", { version: 2 }),
  },
  {
    name: "a version skipped",
    expected: ["C1"],
    make: () =>
      done(ab(), "w1.0", append(["a", 5, "w1.0"]), {
        add: { f1: [row("a", 5, "w1.0")] },
        version: 3,
      }, 3),
  },
  {
    name: "a line that is cut",
    expected: ["C1"],
    make: () =>
      ab().invoke("w1.0", OPTIMIZE).put(
        "w1.0",
        "_delta_log/00000000000000000002.json",
        '{"commitInfo":{}}\n{"add":{"pa',
      ).ok("w1.0", { version: 2 }),
  },
  {
    name: "two metadata actions in one commit",
    expected: ["C1"],
    make: () =>
      done(
        ab(),
        "w1.0",
        alter({ setDomain: { domain: "u", configuration: "1" } }),
        {
          more: [
            {
              domainMetadata: {
                domain: "u",
                configuration: "1",
                removed: false,
              },
            },
            {
              domainMetadata: {
                domain: "u",
                configuration: "1",
                removed: false,
              },
            },
          ],
        },
        2,
      ),
  },
  {
    name: "a rewrite that removes files another rewrite removed: rows doubled",
    expected: ["C2", "C3", "C4", "C5"],
    make: () => {
      const h = done(ab(), "w1.0", OPTIMIZE, {
        remove: ["fa", "fb"],
        add: { f1: [a, b] },
        dataChange: false,
      }, 2);
      return done(h, "w2.0", OPTIMIZE, {
        remove: ["fa", "fb"],
        add: { f2: [a, b] },
        dataChange: false,
      }, 3);
    },
  },
  {
    name: "a delete of files a rewrite removed: nothing deleted",
    expected: ["C2", "C5"],
    make: () => {
      const h = done(ab(), "w1.0", OPTIMIZE, {
        remove: ["fa", "fb"],
        add: { f1: [a, b] },
        dataChange: false,
      }, 2);
      return done(h, "w2.0", remove(), { remove: ["fa", "fb"] }, 3);
    },
  },
  {
    name: "a remove of a dead file that changes nothing",
    expected: ["C2"],
    make: () => {
      const h = done(
        ab(),
        "w1.0",
        remove(["=", "p", "b"]),
        { remove: ["fb"] },
        2,
      );
      return done(h, "w2.0", remove(["=", "p", "b"]), { remove: ["fb"] }, 3);
    },
  },
  {
    name: "a rearrangement that loses a row",
    expected: ["C3", "C5"],
    make: () =>
      done(ab(), "w1.0", OPTIMIZE, {
        remove: ["fa", "fb"],
        add: { f1: [a] },
        dataChange: false,
      }, 2),
  },
  {
    name: "a rearrangement by an operation nobody knows",
    expected: ["C3"],
    make: () =>
      ab().commit("zz.0", {
        remove: ["fa", "fb"],
        add: { f1: [a] },
        dataChange: false,
      }),
  },
  {
    name: "G1a: told failed, and there",
    expected: ["C4"],
    make: () =>
      ab().invoke("w1.0", append(["a", 5, "w1.0"])).commit("w1.0", {
        add: { f1: [row("a", 5, "w1.0")] },
      }).fail("w1.0", "invalid"),
  },
  {
    name: "one append, two commits of the same file",
    expected: ["C4"],
    make: () => {
      const h = ab().invoke("w1.0", remove(["=", "p", "z"]));
      return h.commit("w1.0", {}).commit("w1.0", {}).ok("w1.0", { version: 3 });
    },
  },
  {
    name: "acknowledged and nowhere",
    expected: ["C4"],
    make: () =>
      ab().invoke("w1.0", append(["a", 5, "w1.0"])).ok("w1.0", { version: 2 }),
  },
  {
    name: "unknown, and committed once: allowed",
    expected: ["C18"],
    make: () =>
      ab().invoke("w1.0", append(["a", 5, "w1.0"])).commit("w1.0", {
        add: { f1: [row("a", 5, "w1.0")] },
      }).info("w1.0"),
  },
  {
    name: "lost update",
    expected: ["C4", "C5"],
    make: () => {
      const after = (gen: number) => row("a", 2, "s.1", 0, gen);
      const h = done(ab(), "w1.0", bump(IN_A), {
        remove: ["fa"],
        add: { f1: [after(1)] },
      }, 2);
      return done(h, "w2.0", bump(IN_A), { add: { f2: [after(1)] } }, 3);
    },
  },
  {
    name: "a phantom: a delete that missed a committed append",
    expected: ["C5"],
    make: () => {
      const h = done(ab(), "w1.0", append(["a", 9, "w1.0"]), {
        add: { f1: [row("a", 9, "w1.0")] },
      }, 2);
      return done(h, "w2.0", remove(IN_A), { remove: ["fa"] }, 3);
    },
  },
  {
    name: "the same phantom at WriteSerializable: allowed",
    expected: [],
    level: "WriteSerializable",
    make: () => {
      const h = done(
        ab(),
        "w1.0",
        append(["a", 9, "w1.0"]),
        { add: { f1: [row("a", 9, "w1.0")] } },
        2,
        1,
      );
      return done(h, "w2.0", remove(IN_A), { remove: ["fa"] }, 3, 1);
    },
  },
  {
    name: "a delete that missed a committed update, at WriteSerializable",
    expected: ["C6"],
    level: "WriteSerializable",
    make: () => {
      const h = done(
        ab(),
        "w1.0",
        bump(["=", "p", "b"]),
        { remove: ["fb"], add: { f1: [row("b", 3, "s.1", 1, 1)] } },
        2,
        1,
      );
      return done(
        h,
        "w2.0",
        remove([">=", "x", "3"]),
        { add: {}, remove: [] },
        3,
        1,
      );
    },
  },
  {
    name: "the anomaly that the pairwise matrix admits: op < b < u < op",
    expected: ["C6"],
    level: "WriteSerializable",
    make: () => {
      const c = row("a", 9, "w1.0");
      let h = done(
        ab(),
        "w1.0",
        append(["a", 9, "w1.0"]),
        { add: { f1: [c] } },
        2,
        1,
      );
      h = done(
        h,
        "w2.0",
        { op: "appendSelect", request: { where: IN_A, add: { gen: 100 } } },
        {
          add: { f2: [{ ...a, gen: 100 }, { ...c, gen: 100 }] },
        },
        3,
        2,
      );
      // It saw neither the append nor the copies: its predicate takes only the old ones.
      return done(
        h,
        "w3.0",
        remove(["and", IN_A, ["<", "gen", 50]]),
        { remove: ["fa"] },
        4,
        1,
      );
    },
  },
  {
    name: "write skew at SnapshotIsolation: allowed",
    expected: [],
    level: "SnapshotIsolation",
    make: () => {
      const h = done(
        ab(),
        "w1.0",
        { op: "appendSelect", request: { where: IN_A, add: { gen: 100 } } },
        { add: { f1: [{ ...a, gen: 100 }] } },
        2,
        1,
      );
      return done(
        h,
        "w2.0",
        { op: "appendSelect", request: { where: IN_A, add: { gen: 200 } } },
        { add: { f2: [{ ...a, gen: 200 }] } },
        3,
        1,
      );
    },
  },
  {
    name: "two committers of one row at SnapshotIsolation",
    expected: ["C4", "C7"],
    level: "SnapshotIsolation",
    make: () => {
      const h = done(
        ab(),
        "w1.0",
        bump(IN_A),
        { remove: ["fa"], add: { f1: [row("a", 2, "s.1", 0, 1)] } },
        2,
        1,
      );
      return done(
        h,
        "w2.0",
        bump(IN_A),
        { add: { f2: [row("a", 2, "s.1", 0, 1)] } },
        3,
        1,
      );
    },
  },
  {
    name: "G1b: half a commit read",
    expected: ["C8"],
    make: () =>
      ab().invoke("w1.0", READ).ok("w1.0", {
        version: 1,
        columns: COLUMNS,
        rows: [["a", "1", "s.1", 0, 0]],
      }),
  },
  {
    name: "an orphan read",
    expected: ["C8"],
    make: () =>
      ab().invoke("w1.0", READ).ok("w1.0", {
        version: 1,
        columns: COLUMNS,
        rows: [["a", "1", "s.1", 0, 0], ["b", "2", "s.1", 1, 0], [
          "a",
          "7",
          "w9.0",
          0,
          0,
        ]],
      }),
  },
  {
    name: "long fork: two readers see different halves",
    expected: ["C8"],
    make: () => {
      let h = done(ab(), "w1.0", append(["a", 5, "w1.0"]), {
        add: { f1: [row("a", 5, "w1.0")] },
      }, 2);
      h = done(h, "w2.0", append(["a", 6, "w2.0"]), {
        add: { f2: [row("a", 6, "w2.0")] },
      }, 3);
      h.invoke("r1.0", READ).ok("r1.0", {
        columns: COLUMNS,
        rows: [["a", "1", "s.1", 0, 0], ["b", "2", "s.1", 1, 0], [
          "a",
          "5",
          "w1.0",
          0,
          0,
        ]],
      });
      return h.invoke("r2.0", READ).ok("r2.0", {
        columns: COLUMNS,
        rows: [["a", "1", "s.1", 0, 0], ["b", "2", "s.1", 1, 0], [
          "a",
          "6",
          "w2.0",
          0,
          0,
        ]],
      });
    },
  },
  {
    name: "a reader that goes back",
    expected: ["C9"],
    make: () => {
      const h = ab().invoke("w1.0", append(["a", 5, "w1.0"])).commit("w1.0", {
        add: { f1: [row("a", 5, "w1.0")] },
      });
      h.invoke("r1.0", OPEN).ok("r1.0", { version: 2 });
      h.invoke("w2.0", { op: "refresh", request: {} });
      h.invoke("r1.1", OPEN).ok("r1.1", { version: 1 });
      return h.ok("w2.0", { version: 2 }).ok("w1.0", { version: 2 });
    },
  },
  {
    name: "read skew: a handle that moved by itself",
    expected: ["C9"],
    make: () => {
      const h = done(ab(), "w2.0", remove(), { remove: ["fa", "fb"] }, 2);
      h.invoke("w1.0", READ).ok("w1.0", {
        version: 1,
        columns: COLUMNS,
        rows: [["a", "1", "s.1", 0, 0], ["b", "2", "s.1", 1, 0]],
      });
      return h.invoke("w1.1", READ).ok("w1.1", {
        version: 2,
        columns: COLUMNS,
        rows: [],
      });
    },
  },
  {
    name: "stale read: acknowledged before, not seen",
    expected: ["C10"],
    make: () => {
      const h = done(ab(), "w1.0", append(["a", 5, "w1.0"]), {
        add: { f1: [row("a", 5, "w1.0")] },
      }, 2);
      return h.invoke("r1.0", OPEN).ok("r1.0", { version: 1 });
    },
  },
  {
    name: "a false conflict: blind append refused by an append",
    expected: ["C11"],
    make: () => {
      const h = done(ab(), "w1.0", append(["a", 5, "w1.0"]), {
        add: { f1: [row("a", 5, "w1.0")] },
      }, 2);
      return h.invoke("w2.0", append(["a", 6, "w2.0"])).fail(
        "w2.0",
        "ConcurrentAppend",
        2,
      );
    },
  },
  {
    name: "a justified conflict: delete refused by an append in its predicate",
    expected: [],
    make: () => {
      const h = done(ab(), "w1.0", append(["a", 5, "w1.0"]), {
        add: { f1: [row("a", 5, "w1.0")] },
      }, 2);
      return h.invoke("w2.0", remove(IN_A)).fail("w2.0", "ConcurrentAppend", 2);
    },
  },
  {
    name: "a conflict by the wrong name",
    expected: ["C11"],
    make: () => {
      const h = done(ab(), "w1.0", append(["a", 5, "w1.0"]), {
        add: { f1: [row("a", 5, "w1.0")] },
      }, 2);
      return h.invoke("w2.0", remove(IN_A)).fail("w2.0", "MetadataChanged", 2);
    },
  },
  {
    name: "a timestamp that finds too old a version",
    expected: ["C13"],
    make: () => {
      const h = done(ab(), "w1.0", append(["a", 5, "w1.0"]), {
        add: { f1: [row("a", 5, "w1.0")] },
      }, 2);
      return h.invoke("r1.0", {
        op: "open",
        request: { timestampMs: Date.UTC(2027, 0, 1) },
      }).ok("r1.0", { version: 1 });
    },
  },
  {
    name: "a version that reads twice and differs",
    expected: ["C13", "C8"],
    make: () => {
      const rows = [["a", "1", "s.1", 0, 0], ["b", "2", "s.1", 1, 0]];
      const h = ab().invoke("w1.0", READ).ok("w1.0", {
        version: 1,
        columns: COLUMNS,
        rows,
      });
      return h.invoke("w2.0", READ).ok("w2.0", {
        version: 1,
        columns: COLUMNS,
        rows: rows.slice(1),
      });
    },
  },
  {
    name: "a good checkpoint",
    expected: [],
    make: () => ab().checkpoint({ version: 1, live: new Set(["fa", "fb"]) }),
  },
  {
    name: "a checkpoint that drops a file",
    expected: ["C14"],
    make: () => ab().checkpoint({ version: 1, live: new Set(["fa"]) }),
  },
  {
    name: "a checkpoint that drops a txn",
    expected: ["C14"],
    make: () => {
      const call: OperationCall = {
        op: "append",
        request: {
          rows: [["a", "5", "w1.0", 0, 0]],
          txn: { appId: "app", version: 1 },
        },
      };
      const h = done(ab(), "w1.0", call, {
        add: { f1: [row("a", 5, "w1.0")] },
        more: [{ txn: { appId: "app", version: 1 } }],
      }, 2);
      return h.checkpoint({ version: 2, live: new Set(["fa", "fb", "f1"]) });
    },
  },
  {
    name: "a checkpoint of a version that is not there",
    expected: ["C14"],
    make: () => ab().checkpoint({ version: 5 }),
  },
  {
    name: "a commit that names a file that is not there",
    expected: ["C15"],
    make: () =>
      done(ab(), "w1.0", append(["a", 5, "w1.0"]), {
        add: { f1: [row("a", 5, "w1.0")] },
        withoutData: true,
      }, 2),
  },
  {
    name: "a vacuum that deletes a file in retention",
    expected: ["C15"],
    make: () => {
      const h = done(
        ab(),
        "w1.0",
        remove(["=", "p", "b"]),
        { remove: ["fb"] },
        2,
      );
      return h.invoke("v.0", { op: "vacuum", request: {} }).delete("v.0", "fb")
        .ok("v.0", {});
    },
  },
  {
    name: "a vacuum that deletes a young file that nobody named yet",
    expected: ["C15"],
    make: () =>
      ab().put("w9.0", "young", "data").invoke("v.0", {
        op: "vacuum",
        request: {},
      }).delete("v.0", "young").ok("v.0", {}),
  },
  {
    name: "a cleanup without a checkpoint",
    expected: ["C15"],
    make: () =>
      ab().wait(90 * 86_400_000).delete(
        "w1.0",
        "_delta_log/00000000000000000000.json",
      ),
  },
  {
    name: "an acknowledged commit that power took",
    expected: ["C16"],
    make: () =>
      done(ab(), "w1.0", append(["a", 5, "w1.0"]), {
        add: { f1: [row("a", 5, "w1.0")] },
      }, 2).powerCut("_delta_log/00000000000000000002.json"),
  },
  {
    name: "a committed file that power took",
    expected: ["C16"],
    make: () =>
      done(ab(), "w1.0", append(["a", 5, "w1.0"]), {
        add: { f1: [row("a", 5, "w1.0")] },
      }, 2).powerCut("f1"),
  },
  {
    name: "a row that breaks a constraint",
    expected: ["C17"],
    make: () =>
      done(
        ab({ "delta.constraints.positive": "x > 0" }),
        "w1.0",
        append(["a", -5, "w1.0"]),
        { add: { f1: [row("a", -5, "w1.0")] } },
        2,
      ),
  },
  {
    name: "a delete on an append-only table",
    expected: ["C17"],
    make: () =>
      done(
        ab({ "delta.appendOnly": "true" }),
        "w1.0",
        remove(["=", "p", "b"]),
        { remove: ["fb"] },
        2,
      ),
  },
  {
    name: "in-commit timestamps that fall",
    expected: ["C17"],
    make: () => {
      const h = new HandWritten({ "delta.enableInCommitTimestamps": "true" });
      h.invoke("w1.0", append(["a", 5, "w1.0"])).commit("w1.0", {
        add: { f1: [row("a", 5, "w1.0")] },
        info: { inCommitTimestamp: 2000 },
      }).ok("w1.0", { version: 1 });
      return h.invoke("w1.1", append(["a", 6, "w1.1"])).commit("w1.1", {
        add: { f2: [row("a", 6, "w1.1")] },
        info: { inCommitTimestamp: 1999 },
      }).ok("w1.1", { version: 2 });
    },
  },
  {
    name: "row ids given twice",
    expected: ["C17"],
    make: () => {
      const members = {
        baseRowId: 0,
        defaultRowCommitVersion: 1,
        stats: '{"numRecords":1}',
      };
      const mark = {
        domainMetadata: {
          domain: "delta.rowTracking",
          configuration: '{"rowIdHighWaterMark":0}',
          removed: false,
        },
      };
      const h = new HandWritten({}, [], {
        minReaderVersion: 1,
        minWriterVersion: 7,
        writerFeatures: ["rowTracking", "domainMetadata"],
      });
      h.invoke("w1.0", append(["a", 5, "w1.0"])).commit("w1.0", {
        add: { f1: [row("a", 5, "w1.0")] },
        addMembers: members,
        more: [mark],
      }).ok("w1.0", { version: 1 });
      return h.invoke("w1.1", append(["a", 6, "w1.1"])).commit("w1.1", {
        add: { f2: [row("a", 6, "w1.1")] },
        addMembers: members,
        more: [mark],
      }).ok("w1.1", { version: 2 });
    },
  },
  {
    name: "rows that were moved and kept their ids",
    expected: [],
    make: () => movedRows([{ _id: "0", _v: "1" }, { _id: "1", _v: "1" }]),
  },
  {
    name: "a row id that two rows share",
    expected: ["C17"],
    make: () => movedRows([{ _id: "0", _v: "1" }, { _id: "0", _v: "1" }]),
  },
  {
    name: "a row that lost its id on the way to another file",
    expected: ["C17"],
    make: () => movedRows([{ _v: "1" }, { _id: "1", _v: "1" }]),
  },
  {
    name: "a row that was moved and says that it was written",
    expected: ["C17"],
    make: () => movedRows([{ _id: "0", _v: "1" }, { _id: "1" }]),
  },
  {
    name: "a txn that does not rise",
    expected: ["C17", "C5"],
    make: () => {
      const call = (id: string): OperationCall => ({
        op: "append",
        request: {
          rows: [["a", "5", id, 0, 0]],
          txn: { appId: "app", version: 1 },
        },
      });
      const more = [{ txn: { appId: "app", version: 1 } }];
      const h = done(ab(), "w1.0", call("w1.0"), {
        add: { f1: [row("a", 5, "w1.0")] },
        more,
      }, 2);
      return done(h, "w2.0", call("w2.0"), {
        add: { f2: [row("a", 5, "w2.0")] },
        more,
      }, 3);
    },
  },
  {
    name: "a change feed that tells another change",
    expected: ["C17"],
    make: () => {
      const h = ab({ "delta.enableChangeDataFeed": "true" });
      h.invoke("w1.0", remove(["=", "p", "b"]));
      h.file("_change_data/c1", [{ ...a, _change_type: "delete" }]);
      return h.commit("w1.0", {
        remove: ["fb"],
        more: [{
          cdc: {
            path: "_change_data/c1",
            partitionValues: {},
            size: 4,
            dataChange: false,
          },
        }],
      }).ok("w1.0", { version: 2 });
    },
  },
  {
    name: "a commit on a protocol that nobody knows",
    expected: ["C17"],
    make: () => {
      const h = new HandWritten({}, [], {
        minReaderVersion: 1,
        minWriterVersion: 7,
        writerFeatures: ["someday"],
      });
      return done(h, "w1.0", append(["a", 5, "w1.0"]), {
        add: { f1: [row("a", 5, "w1.0")] },
      }, 1);
    },
  },
  {
    name: "a blind flag that is untrue",
    expected: ["C17"],
    make: () =>
      done(
        ab(),
        "w1.0",
        { op: "appendSelect", request: { where: IN_A, add: { gen: 100 } } },
        { add: { f1: [{ ...a, gen: 100 }] }, info: { isBlindAppend: true } },
        2,
      ),
  },
  {
    name: "an operation that never ends",
    expected: ["C18"],
    make: () => ab().invoke("w1.0", append(["a", 5, "w1.0"])),
  },
];

for (const { name, expected, level, make } of CASES) {
  Deno.test(`the judge on ${name}`, async () => {
    const verdicts = judge(await make().evidence(level ?? "Serializable"));
    const checks = [...new Set(verdicts.map((verdict) => verdict.check))]
      .sort();
    assertEquals(checks, [...expected], verdicts.map(formatVerdict).join("\n"));
  });
}

Deno.test("every check has a hand-written history that it rejects", () => {
  const rejecting = new Set(CASES.flatMap(({ expected }) => expected));
  assertEquals(Object.keys(CHECKS).filter((id) => !rejecting.has(id)), []);
});
