import { assertEquals, assertRejects } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { memoryStore } from "../store/memory_store.ts";
import { bytesSource, objectSource, TAIL_BYTES } from "./byte_source.ts";

function counting(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => (from + i) % 251);
}

async function storeWith(size: number) {
  const store = memoryStore();
  await store.put("f", Uint8Array.from(counting(0, size)));
  const requests: string[] = [];
  return {
    requests,
    store: {
      ...store,
      get: (...args: Parameters<typeof store.get>) => {
        requests.push("get");
        return store.get(...args);
      },
      head: (...args: Parameters<typeof store.head>) => {
        requests.push("head");
        return store.head(...args);
      },
    },
  };
}

for (const size of [1, 1000, TAIL_BYTES, TAIL_BYTES + 1, 3 * TAIL_BYTES]) {
  for (const hint of [size, undefined, size + 100, size - 1, 10 * size]) {
    Deno.test(`objectSource() reads ${size} bytes when the log says ${hint}`, async () => {
      const { store } = await storeWith(size);
      const source = await objectSource(store, "f", { size: hint });
      assertEquals(source.size, size);
      for (const [start, end] of [[0, size], [0, 1], [size - 1, size]]) {
        const bytes = await source.read(start!, end!);
        assertEquals([...bytes], counting(start!, end!));
      }
    });
  }
}

Deno.test("objectSource() reads a small file in one request", async () => {
  const { store, requests } = await storeWith(1000);
  const source = await objectSource(store, "f", { size: 1000 });
  await source.read(0, 1000);
  await source.read(500, 700);
  assertEquals(requests, ["get"]);
});

Deno.test("objectSource() names a file that is not there", async () => {
  const { store } = await storeWith(10);
  for (const size of [undefined, 10]) {
    const error = await assertRejects(
      () => objectSource(store, "gone", { size, name: "t/gone.parquet" }),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_FILE_NOT_FOUND");
    assertEquals(error.message.includes("t/gone.parquet"), true);
  }
});

Deno.test("read() throws beyond the end instead of giving less", async () => {
  const { store } = await storeWith(10);
  const sources = [
    bytesSource("m", new Uint8Array(10)),
    await objectSource(store, "f"),
  ];
  for (const source of sources) {
    for (const [start, end] of [[0, 11], [-1, 3], [5, 4], [11, 12]]) {
      const error = await assertRejects(
        () => source.read(start!, end!),
        DeltaError,
      );
      assertEquals(error.code, "DELTA_DATA_FILE_CORRUPT");
    }
  }
});
