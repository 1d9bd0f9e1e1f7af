/**
 * A prefix of a bucket and the two clients that reach it: how its requests are
 * addressed, sent, repeated, and what their failures are called.
 *
 * @module
 */

import {
  HeadBucketCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { throwIfAborted } from "../errors.ts";
import type { Host } from "../host.ts";
import type { CallOptions } from "./object_store.ts";
import {
  causeOf,
  isDefinite,
  isMissingBucket,
  readFailure,
  type S3Failure,
} from "./s3_answer.ts";
import { type Attempt, callWithin, repeat, type Repeated } from "./s3_call.ts";
import { makeClient } from "./s3_client.ts";
import type { S3Settings } from "./s3_options.ts";
import { rejected, unavailable } from "./store_error.ts";
import { formatLocation } from "./store_path.ts";

const MIB = 1024 * 1024;

/** Sends one request by the signal it is given; `stir` says that bytes have arrived. */
export type Send<T> = (signal: AbortSignal, stir: () => void) => Promise<T>;

/** Bucket, key and who pays, as every request on an object wants them. */
export interface ObjectAddress {
  /** The bucket. */
  readonly Bucket: string;
  /** The key, prefix included. */
  readonly Key: string;
  /** Whether the requester pays. */
  readonly RequestPayer?: "requester";
}

/** A prefix of a bucket. */
export class S3Bucket {
  /** Where it is, for messages. */
  readonly url: string;
  /** The bucket's name. */
  readonly name: string;
  /** What every key starts with: empty or ending in a slash. */
  readonly root: string;
  /** The options. */
  readonly settings: S3Settings;
  /** For reads and data writes: connections are used again. */
  readonly pooled: S3Client;
  /** For exclusive creates: a connection for each. */
  readonly commits: S3Client;
  readonly #host: Host;
  /** Whether any answer has shown that the bucket is there. */
  #seen = false;

  /** Takes bucket, prefix without slashes around it, options and host. */
  constructor(
    name: string,
    prefix: string,
    settings: S3Settings,
    host: Host,
  ) {
    this.url = formatLocation("s3", name, prefix);
    this.name = name;
    this.root = prefix === "" ? "" : `${prefix}/`;
    this.settings = settings;
    this.#host = host;
    this.pooled = makeClient(settings, true);
    this.commits = makeClient(settings, false);
  }

  /** Sends a request, and repeats it while the service is busy. */
  attempt<T>(
    signal: AbortSignal | undefined,
    send: Send<T>,
    bodyBytes = 0,
  ): Promise<Repeated<T>> {
    return repeat(
      this.#host,
      this.settings,
      signal,
      () => this.once(signal, send, bodyBytes),
    );
  }

  /** Sends a request once. */
  async once<T>(
    signal: AbortSignal | undefined,
    send: Send<T>,
    bodyBytes = 0,
  ): Promise<Attempt<T>> {
    const timeoutMs = this.settings.timeoutMs +
      Math.ceil(bodyBytes / MIB) * 1000;
    try {
      const value = await callWithin(this.#host, timeoutMs, signal, send);
      this.#seen = true;
      return { done: true, value };
    } catch (error) {
      return { done: false, failure: this.#failureOf(error) };
    }
  }

  /** The request that writes an object; conditional ones always carry a checksum. */
  write(
    path: string,
    bytes: Uint8Array,
    ifNoneMatch?: "*",
  ): PutObjectCommand {
    return new PutObjectCommand({
      ...this.object(path),
      ...this.customerKey(),
      ...this.encryption(),
      ...(ifNoneMatch === undefined ? this.checksum() : {
        IfNoneMatch: ifNoneMatch,
        ChecksumAlgorithm: this.settings.checksum,
      }),
      Body: bytes,
    });
  }

  /** An object's address. */
  object(path: string): ObjectAddress {
    return { Bucket: this.name, Key: this.root + path, ...this.payer() };
  }

  /** Who pays. */
  payer(): { readonly RequestPayer?: "requester" } {
    return this.settings.requesterPays ? { RequestPayer: "requester" } : {};
  }

  /** The checksum of what is not conditional: older relatives of S3 refuse some. */
  checksum(): Pick<PutObjectCommand["input"], "ChecksumAlgorithm"> {
    return this.settings.endpoint === undefined
      ? { ChecksumAlgorithm: this.settings.checksum }
      : {};
  }

  /** The customer's own key, which reads need as well. */
  customerKey(): {
    readonly SSECustomerAlgorithm?: string;
    readonly SSECustomerKey?: string;
  } {
    const key = this.settings.encryption.customerKey;
    return key === undefined
      ? {}
      : { SSECustomerAlgorithm: "AES256", SSECustomerKey: key };
  }

  /** How the service encrypts what is written. */
  encryption(): Pick<
    PutObjectCommand["input"],
    "ServerSideEncryption" | "SSEKMSKeyId"
  > {
    const { algorithm, kmsKeyId } = this.settings.encryption;
    return {
      ServerSideEncryption:
        algorithm as PutObjectCommand["input"]["ServerSideEncryption"],
      SSEKMSKeyId: kmsKeyId,
    };
  }

  /** Throws when the bucket itself is missing, which an answer without a body cannot tell. */
  async expectThere(what: string, options?: CallOptions): Promise<void> {
    if (this.#seen) return;
    const answer = await this.attempt(
      options?.signal,
      (signal) =>
        this.pooled.send(new HeadBucketCommand({ Bucket: this.name }), {
          abortSignal: signal,
        }),
    );
    if (answer.done || answer.failure.status !== 404) return;
    throw this.error(
      what,
      { ...answer.failure, name: "NoSuchBucket" },
      options,
    );
  }

  /** The error of a read or delete that failed for good. */
  error(what: string, failure: S3Failure, options?: CallOptions): Error {
    throwIfAborted(options?.signal, what);
    if (isMissingBucket(failure)) {
      return rejected(
        what,
        `there is no bucket ${this.name}`,
        causeOf(failure),
        "Make the bucket, or correct its name, the endpoint or the region",
      );
    }
    if (!isDefinite(failure)) {
      return unavailable(what, failure.text, causeOf(failure));
    }
    return rejected(what, failure.text, causeOf(failure), adviceFor(failure));
  }

  /** Closes every connection. */
  close(): void {
    this.pooled.destroy();
    this.commits.destroy();
  }

  #failureOf(error: unknown): S3Failure {
    const failure = readFailure(error, this.settings.secrets);
    if (!isMissingBucket(failure)) return failure;
    return { ...failure, text: `there is no bucket ${this.name}` };
  }
}

/** What to do about a refusal, where the usual advice would miss the point. */
function adviceFor(failure: S3Failure): string | undefined {
  if (failure.status === 301 || failure.status === 307) {
    return "The bucket is in another region: set the option region to it";
  }
  if (failure.status === undefined && /region/i.test(failure.text)) {
    return "Set the option region (AWS_REGION), or endpoint (AWS_ENDPOINT_URL) for a store that is not AWS's";
  }
  return undefined;
}
