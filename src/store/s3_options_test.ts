import { assert, assertEquals, assertThrows } from "@std/assert";
import { writeFile } from "node:fs/promises";
import { DeltaError } from "../errors.ts";
import {
  checkOptionNames,
  readS3Options,
  type S3Settings,
} from "./s3_options.ts";

const read = (
  storage: Record<string, string>,
  environment: Record<string, string> = {},
  warn: (message: string) => void = () => {},
): S3Settings => readS3Options("bucket", storage, environment, warn);

function refusal(
  storage: Record<string, string>,
  environment: Record<string, string> = {},
): string {
  const error = assertThrows(() => read(storage, environment), DeltaError);
  assertEquals(error.code, "DELTA_STORE_OPTION_INVALID");
  return error.message;
}

Deno.test("readS3Options() takes the options of the story unchanged: warned of, and safe", () => {
  const warnings: string[] = [];
  const settings = read(
    {
      AWS_ENDPOINT_URL: "http://localhost:9000",
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_REGION: "us-east-1",
      AWS_ALLOW_HTTP: "true",
      AWS_S3_ALLOW_UNSAFE_RENAME: "true",
    },
    {},
    (message) => warnings.push(message),
  );
  assertEquals(settings.endpoint, "http://localhost:9000");
  assertEquals(settings.pathStyle, true);
  assertEquals(settings.credentials, {
    kind: "keys",
    accessKeyId: "key",
    secretAccessKey: "secret",
    sessionToken: undefined,
  });
  assertEquals(warnings.length, 1);
  assert(warnings[0]!.includes("AWS_S3_ALLOW_UNSAFE_RENAME"));
  // Not asked for, not warned of.
  read({ aws_s3_allow_unsafe_rename: "false" }, {}, () => assert(false));
});

Deno.test("readS3Options() lets an option beat the environment, by whatever name", () => {
  const environment = {
    AWS_REGION: "from-environment",
    AWS_ENDPOINT_URL_S3: "https://from.environment",
    AWS_ALLOW_HTTP: "true",
  };
  assertEquals(read({}, environment).region, "from-environment");
  const settings = read(
    { region: "from-option", endpoint: "http://from.option" },
    environment,
  );
  assertEquals(settings.region, "from-option");
  assertEquals(settings.endpoint, "http://from.option");
  // An empty variable is an unset one.
  assertEquals(read({}, { AWS_REGION: "" }).region, undefined);
});

Deno.test("readS3Options() knows the region: given, default, or us-east-1 where there is an endpoint", () => {
  assertEquals(read({ region: "auto" }).region, "auto");
  assertEquals(read({}, { AWS_DEFAULT_REGION: "eu-x-1" }).region, "eu-x-1");
  assertEquals(read({ endpoint: "https://x" }).region, "us-east-1");
  assertEquals(read({}).region, undefined);
});

Deno.test("readS3Options() takes key, secret and token from one source", () => {
  const environment = {
    AWS_ACCESS_KEY_ID: "ek",
    AWS_SECRET_ACCESS_KEY: "es",
    AWS_SESSION_TOKEN: "et",
  };
  const fromOptions = read(
    { access_key_id: "k", secret_access_key: "s" },
    environment,
  );
  assertEquals(fromOptions.credentials, {
    kind: "keys",
    accessKeyId: "k",
    secretAccessKey: "s",
    sessionToken: undefined,
  });
  const fromEnvironment = read({}, environment);
  assert(fromEnvironment.credentials.kind === "keys");
  assertEquals(fromEnvironment.credentials.sessionToken, "et");
  assertEquals(fromEnvironment.secrets, ["es", "et"]);
  assert(
    refusal({ access_key_id: "k" }, environment).includes("secret_access_key"),
  );
  assert(refusal({ secret_access_key: "hush" }).includes("access_key_id"));
});

Deno.test("readS3Options() leaves credentials to the SDK's chain where nothing is given", () => {
  assertEquals(read({}).credentials, { kind: "chain", profile: undefined });
  assertEquals(
    read({ profile: "p" }, {
      AWS_ACCESS_KEY_ID: "k",
      AWS_SECRET_ACCESS_KEY: "s",
    }).credentials,
    {
      kind: "chain",
      profile: "p",
    },
  );
  assertEquals(read({ skip_signature: "true" }).credentials, {
    kind: "anonymous",
  });
});

Deno.test("readS3Options() refuses what would cost safety, with the reason", () => {
  assert(refusal({ AWS_S3_LOCKING_PROVIDER: "dynamodb" }).includes("DynamoDB"));
  assert(
    refusal({}, { AWS_S3_LOCKING_PROVIDER: "dynamodb" }).includes("DynamoDB"),
  );
  assert(
    refusal({ DELTA_DYNAMO_TABLE_NAME: "t" }).includes(
      "DELTA_DYNAMO_TABLE_NAME",
    ),
  );
  assert(refusal({ conditional_put: "disabled" }).includes("two writers"));
  assert(refusal({ aws_conditional_put: "dynamo:t" }).includes("etag"));
  read({ aws_conditional_put: "ETag" });
});

Deno.test("readS3Options() refuses unknown names and says which is near; no message holds a value", () => {
  assert(refusal({ AWS_REGOIN: "x" }).includes("Did you mean region?"));
  assert(
    refusal({ azure_storage_account_name: "x" }).includes("storage_options.md"),
  );
  const contradiction = refusal({
    token: "hush-1",
    AWS_SESSION_TOKEN: "hush-2",
  });
  assert(contradiction.includes("token") && !contradiction.includes("hush"));
  read({ token: "same", AWS_SESSION_TOKEN: "same" });
  assert(refusal({ allow_http: "hush" }).includes("neither"));
});

Deno.test("readS3Options() shows no name that may be a secret", () => {
  const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  for (const name of [secret, secret.replaceAll("/", "x"), "a b", "k=v"]) {
    const error = assertThrows(
      () => checkOptionNames({ [name]: "x" }),
      DeltaError,
    );
    assert(!error.message.includes(name), error.message);
    assert(!JSON.stringify(error.context).includes(name));
  }
  assert(refusal({ azure_name: "x" }).includes("azure_name"));
});

Deno.test("readS3Options() refuses options that only the environment can give, unless it gives them", () => {
  assert(refusal({ role_arn: "arn:x" }).includes("AWS_ROLE_ARN"));
  read({ role_arn: "arn:x" }, { AWS_ROLE_ARN: "arn:x" });
});

Deno.test("readS3Options() reads client, encryption and checksum options", async () => {
  const file = await Deno.makeTempFile();
  await writeFile(file, "PEM");
  const settings = read({
    timeout: "10s",
    connect_timeout: "250ms",
    max_retries: "3",
    retry_timeout: "1m",
    "backoff_config.init_backoff": "10ms",
    "backoff_config.max_backoff": "2s",
    "backoff_config.base": "3",
    pool_max_idle_per_host: "7",
    object_store_concurrency_limit: "9",
    user_agent: "me/1",
    allow_invalid_certificates: "true",
    certificate_path: file,
    checksum_algorithm: "sha256",
    unsigned_payload: "true",
    request_payer: "requester",
    server_side_encryption: "aws:kms",
    sse_kms_key_id: "kms",
    sse_customer_key_base64: "c2VjcmV0",
    multipart_bytes: "1000",
  });
  await Deno.remove(file);
  assertEquals(settings.timeoutMs, 10_000);
  assertEquals(settings.connectTimeoutMs, 250);
  assertEquals([settings.maxRetries, settings.retryTimeoutMs], [3, 60_000]);
  assertEquals(settings.backoff, { initialMs: 10, maxMs: 2000, base: 3 });
  assertEquals([settings.maxIdle, settings.concurrency], [7, 9]);
  assertEquals(settings.userAgent, "me/1");
  assertEquals([settings.anyCertificate, settings.certificates], [true, "PEM"]);
  assertEquals(settings.checksum, "SHA256");
  assertEquals([settings.unsignedPayload, settings.requesterPays], [
    true,
    true,
  ]);
  assertEquals(settings.encryption, {
    algorithm: "aws:kms",
    kmsKeyId: "kms",
    customerKey: "c2VjcmV0",
  });
  assertEquals(settings.secrets, ["c2VjcmV0"]);
  assertEquals(settings.multipartBytes, 1000);
  assert(refusal({ checksum_algorithm: "md5" }).includes("CRC32"));
  assert(refusal({ certificate_path: "/no/such/file" }).includes("ENOENT"));
});

Deno.test("readS3Options() says what it accepts and does not use", () => {
  const warnings: string[] = [];
  read(
    { copy_if_not_exists: "multipart", pool_idle_timeout: "5s" },
    {},
    (message) => warnings.push(message),
  );
  assertEquals(warnings.length, 2);
  assert(refusal({ proxy_url: "http://me:hush@proxy" }).includes("proxies"));
  assert(!refusal({ proxy_url: "http://me:hush@proxy" }).includes("hush"));
});

Deno.test("readS3Options() takes a variable that may not be read for unset", () => {
  const locked = new Proxy<Record<string, string>>({}, {
    get: () => {
      throw Object.assign(new Error("denied"), { name: "NotCapable" });
    },
  });
  assertEquals(read({}, locked).region, undefined);
});

Deno.test("checkOptionNames() knows S3's names for other stores too, and the folder's own", () => {
  assertEquals(checkOptionNames({ AWS_REGION: "x" }).fsync, undefined);
  assertEquals(checkOptionNames({ fsync: "false" }).fsync, false);
  assertThrows(() => checkOptionNames({ fsnyc: "false" }), DeltaError, "fsync");
});
