import { assert, assertEquals, assertRejects } from "@std/assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  delayedStore,
  faultyStore,
  fileStore,
  memoryStore,
  type ObjectStore,
  openStore,
  type StoreCapabilities,
  systemHost,
  tracedStore,
} from "../../src/store/mod.ts";
import { type MakeStore, storeContract } from "./contract.ts";

/** A kind of store: runs a body with stores made at fresh roots, and cleans up. */
type Bench = (body: (make: MakeStore) => Promise<unknown>) => Promise<void>;

const onMemory: Bench = async (body) => {
  const stores = new Map<string, ObjectStore>();
  await body((name) => {
    const store = stores.get(name) ?? memoryStore();
    stores.set(name, store);
    return Promise.resolve(store);
  });
};

const onFolder = (fsync: boolean): Bench => async (body) => {
  const folder = await mkdtemp(join(tmpdir(), "litmus-contract-"));
  try {
    await body((name) =>
      Promise.resolve(fileStore(join(folder, name), { fsync }))
    );
  } finally {
    await rm(folder, { recursive: true });
  }
};

const onS3 = (url: string): Bench => async (body) => {
  const root = `${url.replace(/\/+$/, "")}/contract-${crypto.randomUUID()}`;
  const open: ObjectStore[] = [];
  try {
    await body(async (name) => {
      const store = await openStore(`${root}/${name}`);
      open.push(store);
      return store;
    });
  } finally {
    const all = await openStore(root);
    const left = await Array.fromAsync(all.list(""));
    await all.delete(left.map((object) => object.path));
    for (const store of [...open, all]) await store.close?.();
  }
};

const onWrapped: Bench = (body) =>
  onMemory((make) =>
    body(async (name) => {
      const slow = delayedStore(await make(name), { host: systemHost });
      return tracedStore(faultyStore(slow, () => undefined));
    })
  );

function contractOn(
  kind: string,
  bench: Bench,
  capabilities: StoreCapabilities,
  ignore = false,
): void {
  for (const { name, applies, run } of storeContract) {
    Deno.test({
      name: `the store in ${kind} ${name}`,
      ignore: ignore || (applies !== undefined && !applies(capabilities)),
      fn: () => bench(run),
    });
  }
}

contractOn("memory", onMemory, memoryStore().capabilities);
contractOn("memory behind wrappers", onWrapped, memoryStore().capabilities);
contractOn("a folder", onFolder(true), fileStore(".").capabilities);
contractOn(
  "a folder without syncs",
  onFolder(false),
  fileStore(".", { fsync: false }).capabilities,
);

const s3 = Deno.env.get("LITMUS_S3_URL");
if (s3 === undefined) {
  console.warn(
    "THE STORE CONTRACT IS NOT RUN ON S3: start a MinIO with `deno task minio`, " +
      "set the AWS_* variables that it prints, and LITMUS_S3_URL=s3://litmus-test/contract.",
  );
}
contractOn(
  "S3",
  onS3(s3 ?? "s3://unset"),
  { exclusiveCreate: "probe", durable: true, ownClock: true, shared: true },
  s3 === undefined,
);

Deno.test("the contract fails a store whose exclusive create is not one", async () => {
  // given a store that writes whatever is there,
  const lying = (inner: ObjectStore): ObjectStore => ({
    url: inner.url,
    capabilities: inner.capabilities,
    get: (path, options) => inner.get(path, options),
    head: (path, options) => inner.head(path, options),
    list: (prefix, options) => inner.list(prefix, options),
    put: (path, bytes, options) => inner.put(path, bytes, options),
    delete: (paths, options) => inner.delete(paths, options),
    putIfAbsent: async (path, bytes, options) => {
      await inner.put(path, bytes, options);
      return { kind: "created" };
    },
  });
  const failed: string[] = [];
  // when the contract is run on it,
  for (const { name, run } of storeContract) {
    try {
      await onMemory((make) => run(async (at) => lying(await make(at))));
    } catch {
      failed.push(name);
    }
  }
  // then the cases on exclusive creates find it out.
  assert(failed.some((name) => name.includes("32 racers")));
  assert(failed.some((name) => name.includes("finds it")));
});

Deno.test("the contract fails a store that lists in the order of UTF-16", async () => {
  const order = storeContract.find(({ name }) => name.includes("surrogates"))!;
  await assertRejects(() =>
    onMemory((make) =>
      order.run(async (name) => {
        const inner = await make(name);
        return {
          ...tracedStore(inner),
          list: async function* (prefix, options) {
            const all = await Array.fromAsync(inner.list(prefix, options));
            yield* all.sort((a, b) => a.path < b.path ? -1 : 1);
          },
        };
      })
    )
  );
});

Deno.test("every case of the contract has a name of its own", () => {
  const names = storeContract.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
});
