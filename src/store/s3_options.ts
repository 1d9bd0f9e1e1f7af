/**
 * Storage options: every name that people bring along from other Delta engines
 * and from AWS's tools, in any capitalisation, with or without `aws_`; what they
 * mean for the S3 client, and a clear refusal of what cannot be honoured.
 *
 * An option beats an environment variable. No value of an option is ever put
 * into a message, except of those that cannot be secret.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { DeltaError, shownName } from "../errors.ts";
import {
  canonicalName,
  ENVIRONMENT_NAMES,
  nearestName,
  type OptionName,
  type OptionValues as Values,
} from "./s3_option_names.ts";
import { endpointOf, hostOfService, isPathStyle } from "./s3_endpoint.ts";
import {
  invalidOption,
  parseBoolean,
  parseCount,
  parseDuration,
} from "./s3_option_value.ts";
import {
  mentionWhatIsIgnored,
  refuseWhatIsUnsafe,
} from "./s3_unheeded_options.ts";
import { oneLine } from "./store_error.ts";

/** Where requests' signatures come from. */
export type S3Credentials =
  | {
    readonly kind: "keys";
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string | undefined;
  }
  | { readonly kind: "anonymous" }
  | { readonly kind: "chain"; readonly profile: string | undefined };

/** Checksums that a write may carry. */
export type S3Checksum = "CRC32" | "CRC32C" | "SHA1" | "SHA256";

/** Server-side encryption of what is written. */
export interface S3Encryption {
  /** `AES256`, `aws:kms`, …; the bucket's default when undefined. */
  readonly algorithm: string | undefined;
  /** The KMS key. */
  readonly kmsKeyId: string | undefined;
  /** The customer's own key, base64. */
  readonly customerKey: string | undefined;
}

/** Everything the S3 store needs to know, checked. */
export interface S3Settings {
  /** Where the service is; AWS's own place when undefined. Without a slash at the end. */
  readonly endpoint: string | undefined;
  /** The region; left to the SDK's own chain when undefined. */
  readonly region: string | undefined;
  /** Whether the bucket is the first part of the path rather than of the host. */
  readonly pathStyle: boolean;
  /** Who signs. */
  readonly credentials: S3Credentials;
  /** The checksum on every write. */
  readonly checksum: S3Checksum;
  /** Whether the signature leaves out the body. */
  readonly unsignedPayload: boolean;
  /** Whether the requester pays. */
  readonly requesterPays: boolean;
  /** Server-side encryption. */
  readonly encryption: S3Encryption;
  /** How long a request may take; a write has a second more for each MiB. */
  readonly timeoutMs: number;
  /** How long a connection may take. */
  readonly connectTimeoutMs: number;
  /** Idle connections that are kept. */
  readonly maxIdle: number;
  /** Connections at the same time, of reads and data writes. */
  readonly concurrency: number;
  /** Retries of a read or data write. */
  readonly maxRetries: number;
  /** No retry later than this after the first attempt. */
  readonly retryTimeoutMs: number;
  /** First wait, longest wait and the growth between them. */
  readonly backoff: {
    readonly initialMs: number;
    readonly maxMs: number;
    readonly base: number;
  };
  /** What is added to the user agent. */
  readonly userAgent: string | undefined;
  /** Whether certificates go unchecked. */
  readonly anyCertificate: boolean;
  /** Certificates of authorities, PEM. */
  readonly certificates: string | undefined;
  /** Objects above this many bytes are written in parts. */
  readonly multipartBytes: number;
  /** Texts that no message may hold. */
  readonly secrets: readonly string[];
}

/** Storage options that the folder store knows. */
export interface FolderSettings {
  /** Whether to sync; `undefined` when the option is not given. */
  readonly fsync: boolean | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Checks the names of options given for a store that is not S3: people hand the
 * same record to every table.
 *
 * @throws {DeltaError} `DELTA_STORE_OPTION_INVALID`.
 */
export function checkOptionNames(
  storage: Readonly<Record<string, string>>,
): FolderSettings {
  const fsync = collect(storage).get("fsync");
  return {
    fsync: fsync === undefined ? undefined : parseBoolean("fsync", fsync),
  };
}

/**
 * What options and environment say about a bucket.
 *
 * @throws {DeltaError} `DELTA_STORE_OPTION_INVALID`.
 */
export function readS3Options(
  bucket: string,
  storage: Readonly<Record<string, string>>,
  environment: Environment,
  warn: (message: string) => void,
): S3Settings {
  const given = collect(storage);
  const around = fromEnvironment(environment);
  const values: Values = new Map([...around, ...given]);
  refuseWhatIsUnsafe(values);
  mentionWhatIsIgnored(values, warn);
  checkIdentity(given, around);
  const flag = (name: OptionName): boolean => {
    const value = values.get(name);
    return value !== undefined && parseBoolean(name, value);
  };
  const millis = (name: OptionName, fallback: number): number => {
    const value = values.get(name);
    return value === undefined ? fallback : parseDuration(name, value);
  };
  const count = (name: OptionName, fallback: number): number => {
    const value = values.get(name);
    return value === undefined ? fallback : parseCount(name, value);
  };
  const endpoint = endpointOf([given, around], flag("allow_http"));
  const pathStyle = isPathStyle(values, endpoint !== undefined);
  const credentials = readCredentials(given, around, flag("skip_signature"));
  const customerKey = values.get("sse_customer_key_base64");
  return {
    endpoint: endpoint && hostOfService(endpoint, bucket, pathStyle),
    region: values.get("region") ?? values.get("default_region") ??
      (endpoint === undefined ? undefined : "us-east-1"),
    pathStyle,
    credentials,
    checksum: readChecksum(values.get("checksum_algorithm")),
    unsignedPayload: flag("unsigned_payload"),
    requesterPays: readRequestPayer(values.get("request_payer")),
    encryption: {
      algorithm: values.get("server_side_encryption"),
      kmsKeyId: values.get("sse_kms_key_id"),
      customerKey,
    },
    timeoutMs: millis("timeout", 30_000),
    connectTimeoutMs: millis("connect_timeout", 5_000),
    maxIdle: count("pool_max_idle_per_host", 64),
    concurrency: count("object_store_concurrency_limit", 64),
    maxRetries: count("max_retries", 8),
    retryTimeoutMs: millis("retry_timeout", 180_000),
    backoff: {
      initialMs: millis("backoff_config.init_backoff", 100),
      maxMs: millis("backoff_config.max_backoff", 15_000),
      base: count("backoff_config.base", 2),
    },
    userAgent: values.get("user_agent"),
    anyCertificate: flag("allow_invalid_certificates"),
    certificates: readCertificates(values.get("certificate_path")),
    multipartBytes: count("multipart_bytes", 8 * 1024 * 1024),
    secrets: secretsOf(credentials, customerKey),
  };
}

function collect(storage: Readonly<Record<string, string>>): Values {
  const values = new Map<OptionName, string>();
  const spelled = new Map<OptionName, string>();
  for (const [key, value] of Object.entries(storage)) {
    const name = canonicalName(key);
    if (name === undefined) throw unknownOption(key);
    if (typeof value !== "string") {
      throw invalidOption(
        key,
        "its value is not text",
        "Give every option as text",
      );
    }
    const earlier = values.get(name);
    if (earlier !== undefined && earlier !== value) {
      throw invalidOption(
        key,
        `${spelled.get(name)} says something else, and both mean ${name}`,
        "Give the option once",
      );
    }
    if (value === "") continue;
    values.set(name, value);
    spelled.set(name, key);
  }
  return values;
}

function fromEnvironment(environment: Environment): Values {
  const values = new Map<OptionName, string>();
  for (const [variable, name] of ENVIRONMENT_NAMES) {
    const value = lookUp(environment, variable);
    if (value) values.set(name, value);
  }
  return values;
}

// Deno may have been told to keep a variable from the program: it is not set, then.
function lookUp(environment: Environment, name: string): string | undefined {
  try {
    return environment[name];
  } catch (error) {
    if (error instanceof Error && error.name === "NotCapable") return undefined;
    throw error;
  }
}

const IDENTITY: readonly OptionName[] = [
  "web_identity_token_file",
  "role_arn",
  "role_session_name",
  "iam_role_arn",
  "container_credentials_relative_uri",
  "container_credentials_full_uri",
  "container_authorization_token_file",
  "ec2_metadata_disabled",
  "endpoint_url_sts",
];

// The SDK's credential chain looks at the process's environment and nowhere else.
function checkIdentity(given: Values, around: Values): void {
  for (const name of IDENTITY) {
    const value = given.get(name);
    if (value === undefined || around.get(name) === value) continue;
    throw invalidOption(
      name,
      "the SDK's credential chain reads it from the environment only",
      `Set AWS_${name.toUpperCase()} in the environment of the process`,
    );
  }
}

function readCredentials(
  given: Values,
  around: Values,
  anonymous: boolean,
): S3Credentials {
  if (anonymous) return { kind: "anonymous" };
  // The three belong together: a token of one place does not fit keys of another.
  const source = [given, around].find((values) =>
    values.has("access_key_id") || values.has("secret_access_key")
  );
  const profile = given.get("profile");
  if (source === undefined || (profile !== undefined && source === around)) {
    return { kind: "chain", profile };
  }
  const accessKeyId = source.get("access_key_id");
  const secretAccessKey = source.get("secret_access_key");
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const missing = accessKeyId === undefined
      ? "access_key_id"
      : "secret_access_key";
    throw invalidOption(
      missing,
      "the other half of the key is given and this one is not",
      "Give access_key_id and secret_access_key together",
    );
  }
  const sessionToken = source.get("session_token");
  return { kind: "keys", accessKeyId, secretAccessKey, sessionToken };
}

function secretsOf(
  credentials: S3Credentials,
  customerKey: string | undefined,
): readonly string[] {
  const keys = credentials.kind === "keys"
    ? [credentials.secretAccessKey, credentials.sessionToken]
    : [];
  return [...keys, customerKey].filter((text) => text !== undefined);
}

function readChecksum(value: string | undefined): S3Checksum {
  const name = value?.toUpperCase() ?? "CRC32";
  const known = ["CRC32", "CRC32C", "SHA1", "SHA256"] as const;
  const found = known.find((checksum) => checksum === name);
  if (found) return found;
  throw invalidOption(
    "checksum_algorithm",
    "it is none of CRC32, CRC32C, SHA1, SHA256",
    "Set it to one of them",
  );
}

function readRequestPayer(value: string | undefined): boolean {
  if (value === undefined) return false;
  return value.toLowerCase() === "requester" ||
    parseBoolean("request_payer", value);
}

function readCertificates(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw invalidOption("certificate_path", oneLine(error), "Correct the path");
  }
}

function unknownOption(key: string): DeltaError {
  const nearest = nearestName(key);
  const option = shownName(key);
  return new DeltaError("DELTA_STORE_OPTION_INVALID", {
    what: `Cannot use the storage option ${option}`,
    why: "no store of this engine knows it, and ignoring it might not be safe",
    fix: nearest === undefined
      ? "Remove it; docs/storage_options.md lists the options that are known"
      : `Did you mean ${nearest}?`,
    context: { option },
  });
}
