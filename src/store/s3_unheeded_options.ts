/**
 * Storage options of other engines that are known here and not heeded: refused
 * where that could cost safety, else said to have no effect.
 *
 * @module
 */

import type { OptionName, OptionValues as Values } from "./s3_option_names.ts";
import { invalidOption, parseBoolean } from "./s3_option_value.ts";

/** Refuses options that ask for what would cost safety, or cannot be done. */
export function refuseWhatIsUnsafe(values: Values): void {
  const lock = values.get("s3_locking_provider");
  if (
    (lock !== undefined && lock.toLowerCase() !== "none") ||
    values.has("dynamo_table_name")
  ) {
    throw invalidOption(
      lock === undefined
        ? "DELTA_DYNAMO_TABLE_NAME"
        : "AWS_S3_LOCKING_PROVIDER",
      "commits here are exclusive by conditional PUT and take no lock in DynamoDB; a writer with the lock and one without would overwrite each other's commits",
      "Have every writer of the table use conditional PUT, then remove the option",
    );
  }
  const conditional = values.get("conditional_put")?.toLowerCase();
  if (conditional !== undefined && conditional !== "etag") {
    throw invalidOption(
      "conditional_put",
      conditional === "disabled"
        ? "without conditional PUT two writers can win the same version"
        : "only etag is known",
      "Remove the option or set it to etag",
    );
  }
  const express = values.get("s3_express");
  if (express !== undefined && parseBoolean("s3_express", express)) {
    throw invalidOption(
      "s3_express",
      "directory buckets list what is in them in no order, and a log is read in its order",
      "Keep the table in a general purpose bucket and remove the option",
    );
  }
  if (values.has("proxy_url")) {
    throw invalidOption(
      "proxy_url",
      "this client does not speak to proxies",
      "Reach the store directly, or give the proxy as endpoint if it passes requests on",
    );
  }
}

/** Says of every option that has no effect that it has none. */
export function mentionWhatIsIgnored(
  values: Values,
  warn: (message: string) => void,
): void {
  const unsafe = values.get("s3_allow_unsafe_rename");
  if (
    unsafe !== undefined && parseBoolean("s3_allow_unsafe_rename", unsafe)
  ) {
    warn(
      "AWS_S3_ALLOW_UNSAFE_RENAME has no effect: every commit is an exclusive create, so concurrent writers stay safe. Remove the option.",
    );
  }
  for (const [name, why] of WITHOUT_EFFECT) {
    if (values.has(name)) warn(`${name} has no effect: ${why}.`);
  }
}

const WITHOUT_EFFECT: readonly (readonly [OptionName, string])[] = [
  ["copy_if_not_exists", "no commit here copies anything"],
  [
    "pool_idle_timeout",
    "idle connections are kept until the server closes them",
  ],
  ["disable_tagging", "nothing that is written here has tags"],
  [
    "sse_bucket_key_enabled",
    "whether a bucket key is used is the bucket's own setting",
  ],
  [
    "force_credential_load",
    "credentials are looked up when the first request needs them",
  ],
];
