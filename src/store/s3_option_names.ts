/**
 * The names of storage options. Capitals, underscores, hyphens and a leading
 * `aws_` make no difference: `AWS_ACCESS_KEY_ID`, `access_key_id` and
 * `accessKeyId` are one option.
 *
 * @module
 */

/** Each option, the further names it goes by, and environment variables that are not `AWS_` and its name. */
const OPTIONS = {
  access_key_id: [],
  secret_access_key: [],
  session_token: ["token"],
  region: [],
  default_region: [],
  endpoint: [],
  endpoint_url: [],
  endpoint_url_s3: [],
  allow_http: [],
  virtual_hosted_style_request: [],
  s3_addressing_style: ["addressing_style"],
  force_path_style: ["s3_force_path_style"],
  conditional_put: [],
  copy_if_not_exists: [],
  s3_allow_unsafe_rename: ["allow_unsafe_rename"],
  s3_locking_provider: ["locking_provider"],
  dynamo_table_name: ["delta_dynamo_table_name", "dynamo_lock_table_name"],
  skip_signature: [],
  unsigned_payload: [],
  checksum_algorithm: [],
  disable_tagging: [],
  s3_express: [],
  request_payer: [],
  server_side_encryption: [],
  sse_kms_key_id: [],
  sse_bucket_key_enabled: [],
  sse_customer_key_base64: [],
  profile: [],
  web_identity_token_file: [],
  role_arn: [],
  role_session_name: [],
  iam_role_arn: [],
  container_credentials_relative_uri: [],
  container_credentials_full_uri: [],
  container_authorization_token_file: [],
  ec2_metadata_disabled: [],
  endpoint_url_sts: ["sts_endpoint"],
  force_credential_load: [],
  timeout: [],
  connect_timeout: [],
  pool_idle_timeout: [],
  pool_max_idle_per_host: [],
  proxy_url: [],
  user_agent: [],
  allow_invalid_certificates: [],
  certificate_path: ["ssl_cert_file"],
  object_store_concurrency_limit: [],
  max_retries: [],
  retry_timeout: [],
  "backoff_config.init_backoff": [],
  "backoff_config.max_backoff": [],
  "backoff_config.base": [],
  multipart_bytes: [],
  fsync: [],
} as const satisfies Record<string, readonly string[]>;

/** An option by its one name. */
export type OptionName = keyof typeof OPTIONS;

/** Options and their values. */
export type OptionValues = ReadonlyMap<OptionName, string>;

/** Every option by its one name. */
export const OPTION_NAMES = Object.keys(OPTIONS) as readonly OptionName[];

const byFoldedName: ReadonlyMap<string, OptionName> = new Map(
  OPTION_NAMES.flatMap((name) =>
    [name, ...OPTIONS[name]].flatMap((spelling) => [
      [fold(spelling), name] as const,
      [fold(`aws_${spelling}`), name] as const,
    ])
  ),
);

const OTHER_VARIABLES: readonly (readonly [string, OptionName])[] = [
  ["SSL_CERT_FILE", "certificate_path"],
  ["DELTA_DYNAMO_TABLE_NAME", "dynamo_table_name"],
  ["OBJECT_STORE_CONCURRENCY_LIMIT", "object_store_concurrency_limit"],
];

// Too plain to be meant for us when they stand in an environment.
const NOT_FROM_ENVIRONMENT: ReadonlySet<OptionName> = new Set([
  "fsync",
  "multipart_bytes",
  "dynamo_table_name",
  "certificate_path",
  "object_store_concurrency_limit",
  "backoff_config.init_backoff",
  "backoff_config.max_backoff",
  "backoff_config.base",
]);

/** Environment variables that are looked at, and the option each stands for. */
export const ENVIRONMENT_NAMES: readonly (readonly [string, OptionName])[] = [
  ...OPTION_NAMES.filter((name) => !NOT_FROM_ENVIRONMENT.has(name)).map(
    (name) => [`AWS_${name.toUpperCase()}`, name] as const,
  ),
  ...OTHER_VARIABLES,
];

/** The one name of an option, or `undefined` for one that nobody knows. */
export function canonicalName(spelling: string): OptionName | undefined {
  return byFoldedName.get(fold(spelling));
}

/** The known name that a mistyped one is closest to, if any is close. */
export function nearestName(spelling: string): OptionName | undefined {
  const wanted = fold(spelling);
  let best: OptionName | undefined;
  let least = Math.max(2, Math.floor(wanted.length / 5)) + 1;
  for (const [folded, name] of byFoldedName) {
    const distance = editDistance(wanted, folded);
    if (distance >= least) continue;
    least = distance;
    best = name;
  }
  return best;
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, "");
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
