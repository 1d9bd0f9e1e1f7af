/**
 * Stores with a defect: wrappers of the store interface that break one of its
 * promises, or let an engine seem to.
 *
 * @module
 */

import type {
  CreateOutcome,
  ObjectStore,
  PutOutcome,
  StoredObject,
} from "../../src/mod.ts";
import type * as arrow from "apache-arrow";
import { fromArrowSchema } from "../../src/parquet/arrow_schema.ts";
import { bytesSource } from "../../src/parquet/byte_source.ts";
import { readParquet, writeParquet } from "../../src/parquet/parquet_codec.ts";
import { takeRows } from "../../src/parquet/take_rows.ts";
import type { WrapStore } from "../simulation/run_program.ts";

/** Calls of a store that a defect replaces; each gets the store beneath. */
interface Replacements {
  readonly get?: (
    store: ObjectStore,
    path: string,
    options: Parameters<ObjectStore["get"]>[1],
  ) => Promise<StoredObject | undefined>;
  readonly put?: (
    store: ObjectStore,
    path: string,
    bytes: Uint8Array,
  ) => Promise<PutOutcome>;
  readonly putIfAbsent?: (
    store: ObjectStore,
    path: string,
    bytes: Uint8Array,
  ) => Promise<CreateOutcome>;
  readonly delete?: (
    store: ObjectStore,
    paths: readonly string[],
  ) => Promise<void>;
}

/** A store with some calls replaced. */
export function withCalls(
  store: ObjectStore,
  replaced: Replacements,
): ObjectStore {
  return {
    url: store.url,
    capabilities: store.capabilities,
    get: (path, options) =>
      replaced.get?.(store, path, options) ?? store.get(path, options),
    head: (path, options) => store.head(path, options),
    list: (prefix, options) => store.list(prefix, options),
    put: (path, bytes, options) =>
      replaced.put?.(store, path, bytes) ?? store.put(path, bytes, options),
    putIfAbsent: (path, bytes, options) =>
      replaced.putIfAbsent?.(store, path, bytes) ??
        store.putIfAbsent(path, bytes, options),
    delete: (paths, options) =>
      replaced.delete?.(store, paths) ?? store.delete(paths, options),
  };
}

const COMMIT = /^_delta_log\/\d{20}\.json$/;
const CHECKPOINT = /^_delta_log\/(\d{20})\.checkpoint\.parquet$/;
const CREATED: CreateOutcome = { kind: "created" };

/** A commit is written in two parts. */
export const inTwoParts: WrapStore = (store) =>
  withCalls(store, {
    putIfAbsent: async (below, path, bytes) => {
      if (!COMMIT.test(path)) return await below.putIfAbsent(path, bytes);
      const half = bytes.subarray(0, bytes.length >> 1);
      const first = await below.putIfAbsent(path, half);
      if (first.kind !== "created") return first;
      await below.put(path, bytes);
      return CREATED;
    },
  });

/** The condition of an exclusive create is ignored. */
export const lastWriterWins: WrapStore = (store) =>
  withCalls(store, {
    putIfAbsent: async (below, path, bytes) => {
      await below.put(path, bytes);
      return CREATED;
    },
  });

/** Looks first, then writes. */
export const existsThenPut: WrapStore = (store) =>
  withCalls(store, {
    putIfAbsent: async (below, path, bytes) => {
      if (await below.head(path)) return { kind: "exists" };
      await below.put(path, bytes);
      return CREATED;
    },
  });

/** Lines of commits, changed on the way in or out, for some clients. */
export function editingCommits(
  way: "read" | "written",
  edit: (line: Record<string, unknown>) => object | undefined,
  isOf: (client: string) => boolean = () => true,
  more: readonly object[] = [],
): WrapStore {
  const edited = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
    const lines = new TextDecoder().decode(bytes).split("\n")
      .filter((line) => line !== "")
      .flatMap((line) => {
        const kept = edit(JSON.parse(line));
        return kept ? [JSON.stringify(kept)] : [];
      });
    const text = [...lines, ...more.map((line) => JSON.stringify(line))];
    return new TextEncoder().encode(text.map((line) => line + "\n").join(""));
  };
  return (store, client) =>
    !isOf(client) ? store : withCalls(store, {
      ...(way === "read" && {
        get: async (below, path, options) => {
          const found = await below.get(path, options);
          if (!found || !COMMIT.test(path)) return found;
          return { ...found, bytes: padded(edited(found.bytes), found.size) };
        },
      }),
      ...(way === "written" && {
        putIfAbsent: (below, path, bytes) =>
          below.putIfAbsent(path, COMMIT.test(path) ? edited(bytes) : bytes),
      }),
    });
}

/** A commit is written with each of its adds twice. */
export const addingTwice: WrapStore = (store) =>
  withCalls(store, {
    putIfAbsent: async (below, path, bytes) => {
      if (!COMMIT.test(path)) return await below.putIfAbsent(path, bytes);
      const lines = new TextDecoder().decode(bytes).split("\n")
        .filter((line) => line !== "")
        .flatMap((line) => line.startsWith('{"add"') ? [line, line] : [line]);
      const text = lines.map((line) => line + "\n").join("");
      return await below.putIfAbsent(path, new TextEncoder().encode(text));
    },
  });

/** Bytes with line feeds at their end, so that their size does not tell. */
function padded(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(Math.max(size, bytes.length)).fill(10);
  out.set(bytes);
  return out;
}

/** Leaves out the files that a restore adds again: what was removed once stays so. */
export const neverReadded: WrapStore = (store, client) => {
  let isRestore = false;
  return editingCommits("read", (line) => {
    const info = line.commitInfo as { operation?: string } | undefined;
    if (info) isRestore = info.operation === "RESTORE";
    return isRestore && "add" in line ? undefined : line;
  })(store, client);
};

/** Checkpoints, changed before they are written. */
export function editingCheckpoints(
  edit: (path: string, bytes: Uint8Array) => Promise<[string, Uint8Array][]>,
): WrapStore {
  return (store) => {
    const write = async (
      below: ObjectStore,
      path: string,
      bytes: Uint8Array,
    ): Promise<void> => {
      for (const [to, body] of await edit(path, bytes)) {
        await below.put(to, body);
      }
    };
    return withCalls(store, {
      put: async (below, path, bytes) => {
        if (!CHECKPOINT.test(path)) return await below.put(path, bytes);
        await write(below, path, bytes);
        return { kind: "written" };
      },
      putIfAbsent: async (below, path, bytes) => {
        if (!CHECKPOINT.test(path)) return await below.putIfAbsent(path, bytes);
        await write(below, path, bytes);
        return CREATED;
      },
    });
  };
}

/** A checkpoint gets the name of the next version. */
export const checkpointAhead: WrapStore = editingCheckpoints((path, bytes) => {
  const next = Number(CHECKPOINT.exec(path)![1]) + 1;
  const name = String(next).padStart(20, "0");
  return Promise.resolve([[
    `_delta_log/${name}.checkpoint.parquet`,
    bytes,
  ]]);
});

/** A checkpoint is never written, and its hint is. */
export const hintOnly: WrapStore = editingCheckpoints(() =>
  Promise.resolve([])
);

/** A checkpoint loses its rows of one kind of action. */
export function checkpointWithout(action: string): WrapStore {
  return editingCheckpoints(async (path, bytes) => {
    const kept: arrow.RecordBatch[] = [];
    for await (const { batch } of readParquet(bytesSource(path, bytes))) {
      const { fields } = fromArrowSchema(batch.schema);
      const at = fields.findIndex((field) => field.name === action);
      const column = batch.data.children[at];
      const rows = Array.from({ length: batch.numRows }, (_, i) => i)
        .filter((i) => !column || !column.getValid(i));
      kept.push(takeRows(batch, Uint32Array.from(rows)));
    }
    const written = await writeParquet(kept[0]!.schema, kept, {
      codec: "snappy",
    });
    return [[path, written.bytes]];
  });
}

/** Whoever deletes files of the log deletes its newest checkpoint too. */
export const deletesCheckpoint: WrapStore = (store) =>
  withCalls(store, {
    delete: async (below, paths) => {
      const more: string[] = [];
      if (paths.some((path) => COMMIT.test(path))) {
        for await (const { path } of below.list("_delta_log/")) {
          if (CHECKPOINT.test(path)) more.push(path);
        }
      }
      await below.delete([...paths, ...more]);
    },
  });

/** Whoever deletes data files deletes all of them. */
export const deletesAllData: WrapStore = (store) =>
  withCalls(store, {
    delete: async (below, paths) => {
      const more: string[] = [];
      for await (const { path } of below.list("")) {
        if (!path.startsWith("_delta_log/")) more.push(path);
      }
      await below.delete([...new Set([...paths, ...more])]);
    },
  });
