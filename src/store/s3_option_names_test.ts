import { assert, assertEquals } from "@std/assert";
import {
  canonicalName,
  ENVIRONMENT_NAMES,
  nearestName,
  OPTION_NAMES,
} from "./s3_option_names.ts";

/** Names as people paste them from other engines and AWS's tools. */
const PASTED: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: "access_key_id",
  access_key_id: "access_key_id",
  aws_access_key_id: "access_key_id",
  accessKeyId: "access_key_id",
  AWS_SECRET_ACCESS_KEY: "secret_access_key",
  Aws_Secret_Access_Key: "secret_access_key",
  AWS_SESSION_TOKEN: "session_token",
  aws_token: "session_token",
  token: "session_token",
  AWS_REGION: "region",
  region: "region",
  AWS_DEFAULT_REGION: "default_region",
  AWS_ENDPOINT_URL: "endpoint_url",
  AWS_ENDPOINT_URL_S3: "endpoint_url_s3",
  endpoint_url: "endpoint_url",
  aws_endpoint: "endpoint",
  endpoint: "endpoint",
  AWS_ALLOW_HTTP: "allow_http",
  allow_http: "allow_http",
  AWS_VIRTUAL_HOSTED_STYLE_REQUEST: "virtual_hosted_style_request",
  virtual_hosted_style_request: "virtual_hosted_style_request",
  AWS_S3_ADDRESSING_STYLE: "s3_addressing_style",
  forcePathStyle: "force_path_style",
  aws_conditional_put: "conditional_put",
  conditional_put: "conditional_put",
  aws_copy_if_not_exists: "copy_if_not_exists",
  AWS_S3_ALLOW_UNSAFE_RENAME: "s3_allow_unsafe_rename",
  AWS_S3_LOCKING_PROVIDER: "s3_locking_provider",
  DELTA_DYNAMO_TABLE_NAME: "dynamo_table_name",
  aws_skip_signature: "skip_signature",
  aws_unsigned_payload: "unsigned_payload",
  aws_checksum_algorithm: "checksum_algorithm",
  aws_disable_tagging: "disable_tagging",
  aws_s3_express: "s3_express",
  aws_request_payer: "request_payer",
  aws_server_side_encryption: "server_side_encryption",
  aws_sse_kms_key_id: "sse_kms_key_id",
  aws_sse_customer_key_base64: "sse_customer_key_base64",
  AWS_PROFILE: "profile",
  AWS_WEB_IDENTITY_TOKEN_FILE: "web_identity_token_file",
  AWS_ROLE_ARN: "role_arn",
  AWS_ROLE_SESSION_NAME: "role_session_name",
  AWS_IAM_ROLE_ARN: "iam_role_arn",
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "container_credentials_relative_uri",
  AWS_CONTAINER_CREDENTIALS_FULL_URI: "container_credentials_full_uri",
  AWS_EC2_METADATA_DISABLED: "ec2_metadata_disabled",
  aws_endpoint_url_sts: "endpoint_url_sts",
  AWS_FORCE_CREDENTIAL_LOAD: "force_credential_load",
  timeout: "timeout",
  connect_timeout: "connect_timeout",
  pool_idle_timeout: "pool_idle_timeout",
  pool_max_idle_per_host: "pool_max_idle_per_host",
  proxy_url: "proxy_url",
  user_agent: "user_agent",
  allow_invalid_certificates: "allow_invalid_certificates",
  certificate_path: "certificate_path",
  SSL_CERT_FILE: "certificate_path",
  OBJECT_STORE_CONCURRENCY_LIMIT: "object_store_concurrency_limit",
  max_retries: "max_retries",
  retry_timeout: "retry_timeout",
  "backoff_config.init_backoff": "backoff_config.init_backoff",
  "backoff_config.max_backoff": "backoff_config.max_backoff",
  "backoff_config.base": "backoff_config.base",
};

Deno.test("canonicalName() knows every name that people bring along, in any capitalisation", () => {
  for (const [pasted, name] of Object.entries(PASTED)) {
    for (
      const spelling of [pasted, pasted.toLowerCase(), pasted.toUpperCase()]
    ) {
      assertEquals(canonicalName(spelling), name, spelling);
    }
  }
});

Deno.test("canonicalName() knows nothing of other stores' options and slips", () => {
  for (
    const odd of [
      "azure_storage_account_name",
      "google_bucket",
      "regoin",
      "",
      "constructor",
    ]
  ) {
    assertEquals(canonicalName(odd), undefined, odd);
  }
});

Deno.test("nearestName() finds what a slip meant, and nothing for a stranger", () => {
  assertEquals(nearestName("AWS_REGOIN"), "region");
  assertEquals(nearestName("acces_key_id"), "access_key_id");
  assertEquals(nearestName("azure_storage_account_name"), undefined);
});

Deno.test("ENVIRONMENT_NAMES are plain variables, each once", () => {
  const variables = ENVIRONMENT_NAMES.map(([variable]) => variable);
  assertEquals(new Set(variables).size, variables.length);
  assert(variables.includes("AWS_ENDPOINT_URL_S3"));
  assert(!variables.some((variable) => /FSYNC|MULTIPART|\./.test(variable)));
  for (const [, name] of ENVIRONMENT_NAMES) assert(OPTION_NAMES.includes(name));
});
