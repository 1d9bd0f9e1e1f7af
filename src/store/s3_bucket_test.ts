import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { systemHost } from "../host.ts";
import { readFailure } from "./s3_answer.ts";
import { S3Bucket } from "./s3_bucket.ts";
import { readS3Options } from "./s3_options.ts";

const bucketOf = (storage: Record<string, string>, prefix = "a/b"): S3Bucket =>
  new S3Bucket(
    "bucket",
    prefix,
    readS3Options(
      "bucket",
      { access_key_id: "k", secret_access_key: "s", region: "r", ...storage },
      {},
      () => {},
    ),
    systemHost,
  );

const failure = (status: number, name: string) =>
  readFailure({ name, message: "m", $metadata: { httpStatusCode: status } });

Deno.test("S3Bucket addresses objects under its prefix, and names who pays", () => {
  assertEquals(bucketOf({}).object("c").Key, "a/b/c");
  assertEquals(bucketOf({}, "").object("c").Key, "c");
  assertEquals(bucketOf({}).url, "s3://bucket/a/b");
  assertEquals(
    bucketOf({ request_payer: "requester" }).object("c").RequestPayer,
    "requester",
  );
});

Deno.test("S3Bucket puts a checksum on every conditional write, and on others where AWS is meant", () => {
  const bytes = new Uint8Array(1);
  const aws = bucketOf({});
  assertEquals(aws.write("c", bytes).input.ChecksumAlgorithm, "CRC32");
  const other = bucketOf({
    endpoint: "https://x",
    checksum_algorithm: "SHA256",
  });
  assertEquals(other.write("c", bytes).input.ChecksumAlgorithm, undefined);
  const create = other.write("c", bytes, "*").input;
  assertEquals([create.ChecksumAlgorithm, create.IfNoneMatch], ["SHA256", "*"]);
});

Deno.test("S3Bucket hands encryption on to what it writes", () => {
  const { input } = bucketOf({
    server_side_encryption: "aws:kms",
    sse_kms_key_id: "key",
    sse_customer_key_base64: "Yw==",
  }).write("c", new Uint8Array(1));
  assertEquals(
    [input.ServerSideEncryption, input.SSEKMSKeyId, input.SSECustomerKey],
    ["aws:kms", "key", "Yw=="],
  );
});

Deno.test("S3Bucket names failures: missing bucket, other region, refusal, silence, cancel", () => {
  const bucket = bucketOf({});
  const cases: readonly (readonly [number, string, string, string])[] = [
    [404, "NoSuchBucket", "DELTA_STORE_REJECTED", "no bucket bucket"],
    [301, "PermanentRedirect", "DELTA_STORE_REJECTED", "region"],
    [403, "AccessDenied", "DELTA_STORE_REJECTED", "AccessDenied"],
    [503, "SlowDown", "DELTA_STORE_UNAVAILABLE", "SlowDown"],
  ];
  for (const [status, name, code, part] of cases) {
    const error = bucket.error("Cannot x", failure(status, name));
    assert(error instanceof DeltaError);
    assertEquals(error.code, code);
    assert(error.message.includes(part), error.message);
  }
  const signal = AbortSignal.abort();
  const aborted = assertThrows(
    () => bucket.error("Cannot x", failure(503, "SlowDown"), { signal }),
    DeltaError,
  );
  assertEquals(aborted.code, "DELTA_ABORTED");
});
