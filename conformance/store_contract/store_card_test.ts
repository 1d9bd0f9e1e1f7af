import { assert, assertEquals } from "@std/assert";
import {
  memoryStore,
  type ObjectStore,
  type StoreCapabilities,
} from "../../src/store/mod.ts";
import type { MakeStore } from "./contract_case.ts";
import { inTurn, judgeStore, type StoreCard } from "./store_card.ts";

const SHARED: StoreCapabilities = {
  ...memoryStore().capabilities,
  exclusiveCreate: "probe",
  shared: true,
};

/** Memory stores by name, each changed by a lie. */
function onMemory(
  lie: (store: ObjectStore) => ObjectStore = (store) => store,
  inner = new Map<string, ObjectStore>(),
): MakeStore {
  const made = new Map<string, ObjectStore>();
  return (name) => {
    const base = inner.get(name) ?? memoryStore();
    inner.set(name, base);
    const store = made.get(name) ?? lie(base);
    made.set(name, store);
    return Promise.resolve(store);
  };
}

/** A store whose calls are another's, some replaced. */
function but(
  inner: ObjectStore,
  replaced: Partial<ObjectStore>,
): ObjectStore {
  return {
    url: inner.url,
    capabilities: SHARED,
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

const judge = (makeStore: MakeStore): Promise<StoreCard> =>
  judgeStore({ url: "test:", endpoints: [], capabilities: SHARED, makeStore });

const failedOf = (card: StoreCard): string[] =>
  card.properties.filter(({ verdict }) => verdict === "FAIL")
    .map(({ name }) => name);

/** Looks, and then writes: exclusive as long as nobody races. */
const looksThenWrites = (inner: ObjectStore): ObjectStore =>
  but(inner, {
    putIfAbsent: async (path, bytes, options) => {
      if (await inner.head(path, options)) return { kind: "exists" };
      const copy = bytes.slice();
      await Promise.resolve();
      await inner.put(path, copy);
      return { kind: "created" };
    },
  });

Deno.test("judgeStore() calls a store safe where nothing failed, and says what was counted", async () => {
  const seen: string[] = [];
  const card = await judgeStore(
    {
      url: "test:",
      endpoints: [],
      capabilities: SHARED,
      makeStore: onMemory((store) => but(store, {})),
    },
    ({ name }) => void seen.push(name),
  );
  assertEquals(failedOf(card), []);
  assert(card.safe && card.sentence.startsWith("Safe for Delta commits"));
  assertEquals(seen, card.properties.map(({ name }) => name));
  const race = card.properties.find(({ name }) => name.includes("32 racers"));
  assertEquals(
    race?.measured,
    "100 keys, 32 racers: 100 created, 3,100 exists",
  );
  const parts = card.properties.filter(({ breaks }) => breaks === "parts");
  assert(parts.every(({ verdict }) => verdict === "not offered"));
});

Deno.test("judgeStore() finds the store that looks and then writes", async () => {
  const card = await judge(onMemory(looksThenWrites));
  assert(!card.safe);
  assert(failedOf(card)[0]!.includes("32 racers"), `${failedOf(card)}`);
  assert(card.sentence.startsWith("Not safe for Delta commits: it fails"));
  const race = card.properties[0]!;
  assert(race.measured.startsWith("100 keys of 100 had two winners or more"));
  // One after the other it is as good as any.
  assert(!failedOf(card).some((name) => name.includes("finds it")));
});

Deno.test("judgeStore() finds a store that is exclusive at each endpoint and not between them", async () => {
  const inner = new Map<string, ObjectStore>();
  // Each endpoint has one door, and knows nothing of the other's.
  const endpoint = (): MakeStore =>
    onMemory((store) => {
      const taken = new Set<string>();
      return but(store, {
        putIfAbsent: async (path, bytes, options) => {
          if (taken.has(path)) return { kind: "exists" };
          taken.add(path);
          const copy = bytes.slice();
          if (await store.head(path, options)) return { kind: "exists" };
          await store.put(path, copy);
          return { kind: "created" };
        },
        delete: async (paths) => {
          for (const path of paths) taken.delete(path);
          await store.delete(paths);
        },
      });
    }, inner);
  const one = await judge(endpoint());
  assert(!failedOf(one).some((name) => name.includes("32 racers")));
  const two = await judge(inTurn([endpoint(), endpoint()]));
  assert(failedOf(two).some((name) => name.includes("32 racers")));
  assert(!two.safe);
});

Deno.test("judgeStore() finds listings that lag, and answers that nobody remembers", async () => {
  const lagging = await judge(onMemory((store) => {
    let newest = "";
    return but(store, {
      putIfAbsent: async (path, bytes, options) => {
        newest = path;
        return await store.putIfAbsent(path, bytes, options);
      },
      list: async function* (prefix, options) {
        const hidden = newest;
        newest = "";
        for await (const object of store.list(prefix, options)) {
          if (object.path !== hidden) yield object;
        }
      },
    });
  }));
  assert(failedOf(lagging).some((name) => name.startsWith("lists an object")));
  const forgetful = await judge(onMemory((store) => {
    const absent = new Set<string>();
    return but(store, {
      head: async (path, options) => {
        if (absent.has(path)) return undefined;
        const found = await store.head(path, options);
        if (!found) absent.add(path);
        return found;
      },
    });
  }));
  assert(
    failedOf(forgetful).some((name) => name.startsWith("reads an object")),
  );
  assert(!lagging.safe && !forgetful.safe);
});

Deno.test("judgeStore() tells a store unfit for tables from one unsafe for commits", async () => {
  const card = await judge(onMemory((store) =>
    but(store, {
      get: async (path, options) => {
        const found = await store.get(path, {});
        return found && options?.range
          ? { ...found, bytes: found.bytes.slice(options.range.start) }
          : found;
      },
    })
  ));
  assert(!card.safe && card.sentence.startsWith("Not fit for Delta tables"));
});

Deno.test("judgeStore() holds uploads in parts against other engines only", async () => {
  const card = await judge(onMemory((store) => ({
    ...but(store, {}),
    createInParts: looksThenWrites(store).putIfAbsent,
  })));
  assert(card.safe && card.sentence.includes("commit by uploads in parts"));
  assert(failedOf(card).every((name) => name.includes("uploads in parts")));
  assert(failedOf(card).length > 0);
});

Deno.test("judgeStore() refuses a store without exclusive create", async () => {
  const none: StoreCapabilities = { ...SHARED, exclusiveCreate: "none" };
  const card = await judgeStore({
    url: "test:",
    endpoints: [],
    capabilities: none,
    makeStore: onMemory((store) => but(store, { capabilities: none })),
  });
  assert(!card.safe && card.sentence.includes("no exclusive create"));
});
