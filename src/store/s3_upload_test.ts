import { assert, assertEquals } from "@std/assert";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isMultipartCreator } from "./object_store.ts";
import { openStore } from "./open_store.ts";

/** A server that knows nothing but uploads in parts; `fail` refuses a request by its query. */
async function withUploads(
  fail: (query: string) => number | undefined,
  body: (
    endpoint: string,
    seen: string[],
    parts: Map<string, number>,
  ) => Promise<void>,
): Promise<void> {
  const seen: string[] = [];
  const parts = new Map<string, number>();
  const server = createServer(async (request, response) => {
    let size = 0;
    for await (const chunk of request) size += chunk.length;
    const params = new URL(request.url ?? "", "http://x").searchParams;
    params.delete("x-id");
    const query = params.toString().replace(/=$/, "");
    const call = `${request.method} ${query}`;
    seen.push(call);
    const status = fail(call);
    if (status) return void response.writeHead(status).end();
    if (request.method === "PUT") {
      parts.set(query, size);
      return void response.writeHead(200, { etag: `"${size}"` }).end();
    }
    if (request.method === "DELETE") return void response.writeHead(204).end();
    response.writeHead(200).end(
      request.url?.includes("no-id")
        ? "<InitiateMultipartUploadResult></InitiateMultipartUploadResult>"
        : query === "uploads"
        ? "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>"
        : "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>",
    );
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  try {
    const { port } = server.address() as AddressInfo;
    await body(`http://127.0.0.1:${port}`, seen, parts);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const MIB = 1024 * 1024;
const open = (endpoint: string) =>
  openStore("s3://b/p", {
    environment: {},
    storage: {
      endpoint,
      allow_http: "true",
      access_key_id: "k",
      secret_access_key: "s",
      max_retries: "2",
      "backoff_config.init_backoff": "1ms",
    },
  });

Deno.test("a put above 8 MiB goes in parts, a create of the same size does not", () =>
  withUploads(() => undefined, async (endpoint, seen, parts) => {
    const store = await open(endpoint);
    const outcome = await store.put("a", new Uint8Array(20 * MIB));
    assertEquals(outcome.kind, "written");
    assertEquals([...parts.values()].sort((a, b) => a - b), [
      4 * MIB,
      8 * MIB,
      8 * MIB,
    ]);
    assertEquals(seen[0], "POST uploads");
    assertEquals(seen.at(-1), "POST uploadId=id");
    parts.clear();
    assertEquals(
      (await store.putIfAbsent("b", new Uint8Array(20 * MIB))).kind,
      "created",
    );
    assertEquals([...parts.values()], [20 * MIB]);
    await store.close?.();
  }));

Deno.test("an upload that fails for good is dropped, and says whether it may have had an effect", async () => {
  await withUploads(
    (call) => call.includes("partNumber=2") ? 403 : undefined,
    async (endpoint, seen) => {
      const store = await open(endpoint);
      assertEquals(
        (await store.put("a", new Uint8Array(20 * MIB))).kind,
        "rejected",
      );
      assertEquals(seen.at(-1), "DELETE uploadId=id");
      await store.close?.();
    },
  );
  await withUploads(
    (call) => call === "POST uploadId=id" ? 500 : undefined,
    async (endpoint, seen) => {
      const store = await open(endpoint);
      assertEquals(
        (await store.put("a", new Uint8Array(20 * MIB))).kind,
        "unknown",
      );
      assert(seen.filter((call) => call === "POST uploadId=id").length === 3);
      assertEquals(seen.at(-1), "DELETE uploadId=id");
      await store.close?.();
    },
  );
});

Deno.test("an upload that is given no id is an error, and deletes nothing", async () => {
  await withUploads(
    () => undefined,
    async (endpoint, seen) => {
      const store = await open(endpoint);
      const outcome = await store.put("no-id", new Uint8Array(9 * MIB));
      assert(outcome.kind !== "written");
      assert(!seen.some((call) => call.startsWith("DELETE")));
      await store.close?.();
    },
  );
});

Deno.test("a part that is refused for the moment is sent again", async () => {
  let first = true;
  await withUploads(
    (call) => {
      if (!call.includes("partNumber=1") || !first) return undefined;
      first = false;
      return 503;
    },
    async (endpoint) => {
      const store = await open(endpoint);
      assertEquals(
        (await store.put("a", new Uint8Array(9 * MIB))).kind,
        "written",
      );
      await store.close?.();
    },
  );
});

Deno.test("createInParts() puts its condition on the last request, and sends that once", async () => {
  for (
    const [status, kind] of [[412, "exists"], [409, "conflict"], [
      503,
      "unknown",
    ], [501, "rejected"]] as const
  ) {
    await withUploads(
      (call) => call === "POST uploadId=id" ? status : undefined,
      async (endpoint, seen) => {
        const store = await open(endpoint);
        assert(isMultipartCreator(store));
        const outcome = await store.createInParts("a", new Uint8Array(9 * MIB));
        assertEquals(outcome.kind, kind);
        assertEquals(
          seen.filter((call) => call === "POST uploadId=id").length,
          1,
        );
        await store.close?.();
      },
    );
  }
  await withUploads(() => undefined, async (endpoint, _, parts) => {
    const store = await open(endpoint);
    assert(isMultipartCreator(store));
    const outcome = await store.createInParts("a", new Uint8Array(9 * MIB));
    assertEquals(outcome.kind, "created");
    assertEquals(parts.size, 2);
    await store.close?.();
  });
});
