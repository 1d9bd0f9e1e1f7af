import { assert, assertEquals } from "@std/assert";
import { HeadBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { startS3Server } from "../../testing/s3_server.ts";
import { makeClient } from "./s3_client.ts";
import { readS3Options } from "./s3_options.ts";

const settings = (storage: Record<string, string>) =>
  readS3Options("bucket", { allow_http: "true", ...storage }, {}, () => {});
const keys = { access_key_id: "k", secret_access_key: "s" };

Deno.test("makeClient() sends each request once: retries belong to the store", async () => {
  await using server = await startS3Server();
  for (const pooled of [true, false]) {
    const client = makeClient(
      settings({ endpoint: server.endpoint, ...keys }),
      pooled,
    );
    server.script.push({ status: 503, code: "SlowDown" });
    const before = server.seen.length;
    const error = await client.send(new HeadBucketCommand({ Bucket: "b" }))
      .then(() => undefined, (thrown) => thrown);
    assertEquals(error.$metadata.httpStatusCode, 503);
    assertEquals(server.seen.length, before + 1);
    client.destroy();
  }
});

Deno.test("makeClient() keeps connections for the pool only", async () => {
  await using server = await startS3Server();
  const connection = async (pooled: boolean): Promise<unknown> => {
    const client = makeClient(
      settings({ endpoint: server.endpoint, ...keys }),
      pooled,
    );
    await client.send(
      new PutObjectCommand({ Bucket: "b", Key: "a", Body: "x" }),
    );
    client.destroy();
    return server.seen.at(-1)?.headers.connection;
  };
  assertEquals(await connection(true), "keep-alive");
  assertEquals(await connection(false), "close");
});

Deno.test("makeClient() addresses the bucket by path or by host, and names its user", async () => {
  await using server = await startS3Server();
  const client = makeClient(
    settings({ endpoint: server.endpoint, user_agent: "me/1", ...keys }),
    true,
  );
  await client.send(
    new PutObjectCommand({ Bucket: "b", Key: "a b", Body: "x" }),
  );
  assert(server.seen[0]?.url.startsWith("/b/a%20b"));
  assert(String(server.seen[0]?.headers["user-agent"]).includes("me/1"));
  client.destroy();
  const virtual = makeClient(
    settings({
      endpoint: "http://s3.example",
      virtual_hosted_style_request: "true",
      ...keys,
    }),
    true,
  );
  assertEquals(virtual.config.forcePathStyle, false);
  virtual.destroy();
});

Deno.test("makeClient() asks AWS itself for every checksum, and others for what they must", async () => {
  const aws = makeClient(settings({ region: "eu-x-1", ...keys }), true);
  assertEquals(await aws.config.requestChecksumCalculation(), "WHEN_SUPPORTED");
  assertEquals(await aws.config.region(), "eu-x-1");
  const other = makeClient(
    settings({ endpoint: "https://other", ...keys }),
    true,
  );
  assertEquals(
    await other.config.requestChecksumCalculation(),
    "WHEN_REQUIRED",
  );
  aws.destroy();
  other.destroy();
});
