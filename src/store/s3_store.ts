/**
 * S3 and its relatives behind the store interface, by the AWS SDK. Loaded for
 * `s3:` URLs only.
 *
 * Two clients. Reads and data writes share a pool of connections and are
 * repeated when the service is busy. The exclusive create has a client without
 * a pool and without retries, because a request that is silently sent again
 * would turn its own success into "exists": neither the SDK nor the runtime may
 * do so (Deno re-sends a PUT on a reused connection by itself).
 *
 * @module
 */

import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { throwIfAborted } from "../errors.ts";
import type { Host } from "../host.ts";
import type {
  ByteRange,
  CallOptions,
  CreateOutcome,
  GetOptions,
  ListOptions,
  ObjectMeta,
  ObjectStore,
  PutOutcome,
  StoreCapabilities,
  StoredObject,
} from "./object_store.ts";
import {
  causeOf,
  createOutcome,
  isDefinite,
  isMissingBucket,
  isMissingObject,
  putOutcome,
  readFailure,
  type S3Failure,
} from "./s3_answer.ts";
import { type Attempt, callWithin, repeat, type Repeated } from "./s3_call.ts";
import { type MultipartRequests, uploadInParts } from "./s3_multipart.ts";
import type { S3Settings } from "./s3_options.ts";
import { rejected, unavailable } from "./store_error.ts";
import { checkPath, checkRange, formatLocation } from "./store_path.ts";

const CAPABILITIES: StoreCapabilities = {
  exclusiveCreate: "probe",
  durable: true,
  ownClock: true,
  shared: true,
};

/** Most objects that one request may delete. */
const DELETE_BATCH = 1000;
const MIB = 1024 * 1024;

/**
 * The objects under a prefix of a bucket.
 *
 * @param bucket The bucket; it has to exist.
 * @param prefix Where the store is rooted; empty for the whole bucket.
 * @param settings Checked options, from `readS3Options`.
 * @param host Clock, sleep and randomness for timeouts and retries.
 */
export function s3Store(
  bucket: string,
  prefix: string,
  settings: S3Settings,
  host: Host,
): ObjectStore {
  return new S3Store(bucket, prefix, settings, host);
}

class S3Store implements ObjectStore {
  readonly url: string;
  readonly identity: string;
  readonly capabilities = CAPABILITIES;
  readonly #bucket: string;
  readonly #root: string;
  readonly #settings: S3Settings;
  readonly #host: Host;
  readonly #pooled: S3Client;
  readonly #commits: S3Client;
  /** Whether any answer has shown that the bucket is there. */
  #bucketSeen = false;

  constructor(
    bucket: string,
    prefix: string,
    settings: S3Settings,
    host: Host,
  ) {
    this.url = formatLocation("s3", bucket, prefix);
    this.identity = `${settings.endpoint ?? "aws"} ${bucket}`;
    this.#bucket = bucket;
    this.#root = prefix === "" ? "" : `${prefix}/`;
    this.#settings = settings;
    this.#host = host;
    this.#pooled = makeClient(settings, true);
    this.#commits = makeClient(settings, false);
  }

  async get(
    path: string,
    options?: GetOptions,
  ): Promise<StoredObject | undefined> {
    checkRange(options?.range, path);
    const what = this.#begin("read", path, options);
    const { start = 0, end = 0 } = options?.range ?? {};
    if (options?.range && start === end) {
      return await this.#empty(path, options);
    }
    const range = options?.range && `bytes=${start}-${end - 1}`;
    const answer = await this.#attempt(
      options?.signal,
      async (signal, stir) => {
        const output = await this.#pooled.send(
          new GetObjectCommand({
            ...this.#object(path),
            ...this.#customerKey(),
            Range: range,
          }),
          { abortSignal: signal },
        );
        return await readBody(output, options?.range, signal, stir);
      },
    );
    if (answer.done) return answer.value;
    if (answer.failure.status === 416) return await this.#empty(path, options);
    return this.#missing(what, answer.failure, options);
  }

  async head(
    path: string,
    options?: CallOptions,
  ): Promise<ObjectMeta | undefined> {
    const what = this.#begin("look at", path, options);
    const answer = await this.#attempt(
      options?.signal,
      (signal) =>
        this.#pooled.send(
          new HeadObjectCommand({
            ...this.#object(path),
            ...this.#customerKey(),
          }),
          { abortSignal: signal },
        ),
    );
    if (answer.done) {
      return {
        path,
        size: answer.value.ContentLength ?? 0,
        lastModified: answer.value.LastModified?.getTime() ?? 0,
      };
    }
    // The answer to HEAD has no body: it cannot tell which of the two is missing.
    if (answer.failure.status === 404) await this.#expectBucket(what, options);
    return this.#missing(what, answer.failure, options);
  }

  async *list(
    prefix: string,
    options?: ListOptions,
  ): AsyncGenerator<ObjectMeta> {
    const what = `Cannot list ${this.url}/${prefix}`;
    let token: string | undefined;
    do {
      throwIfAborted(options?.signal, what);
      const page = await this.#page(what, prefix, options, token);
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        // The root's own folder marker is no object of this store.
        if (Key === undefined || Key.length <= this.#root.length) continue;
        yield {
          path: Key.slice(this.#root.length),
          size: Size ?? 0,
          lastModified: LastModified?.getTime() ?? 0,
        };
      }
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async put(
    path: string,
    bytes: Uint8Array,
    options?: CallOptions,
  ): Promise<PutOutcome> {
    this.#begin("write", path, options);
    const body = new Uint8Array(bytes);
    const answer = body.length > this.#settings.multipartBytes
      ? await uploadInParts(
        this.#multipart(path),
        body,
        Math.max(this.#settings.multipartBytes, 5 * MIB),
        options?.signal,
      )
      : await this.#attempt(
        options?.signal,
        (signal) =>
          this.#pooled.send(this.#write(path, body), { abortSignal: signal }),
        body.length,
      );
    return answer.done
      ? { kind: "written" }
      : putOutcome(answer.failure, answer.ambiguous);
  }

  /**
   * One request, whatever its size (S3 takes 5 GiB): a conditional upload in
   * parts would be decided by its last request only, and some servers race there.
   */
  async putIfAbsent(
    path: string,
    bytes: Uint8Array,
    options?: CallOptions,
  ): Promise<CreateOutcome> {
    this.#begin("create", path, options);
    const body = new Uint8Array(bytes);
    // What the other client has learnt of the service's clock.
    this.#commits.config.systemClockOffset =
      this.#pooled.config.systemClockOffset;
    const answer = await this.#once(
      options?.signal,
      (signal) =>
        this.#commits.send(this.#write(path, body, "*"), {
          abortSignal: signal,
        }),
      body.length,
    );
    return answer.done ? { kind: "created" } : createOutcome(answer.failure);
  }

  async delete(
    paths: readonly string[],
    options?: CallOptions,
  ): Promise<void> {
    const first = paths[0];
    if (first === undefined) return;
    for (const path of paths) checkPath(path, this.url);
    throwIfAborted(options?.signal, `Cannot delete ${this.url}/${first}`);
    if (paths.length === 1) return await this.#deleteOne(first, options);
    for (let i = 0; i < paths.length; i += DELETE_BATCH) {
      await this.#deleteBatch(paths.slice(i, i + DELETE_BATCH), options);
    }
  }

  // deno-lint-ignore require-await
  async close(): Promise<void> {
    this.#pooled.destroy();
    this.#commits.destroy();
  }

  async #page(
    what: string,
    prefix: string,
    options: ListOptions | undefined,
    token: string | undefined,
  ): Promise<ListObjectsV2CommandOutput> {
    const after = options?.startAfter;
    const answer = await this.#attempt(
      options?.signal,
      (signal) =>
        this.#pooled.send(
          new ListObjectsV2Command({
            Bucket: this.#bucket,
            Prefix: this.#root + prefix,
            // Both at once confuse some servers.
            ...(token === undefined
              ? { StartAfter: after && this.#root + after }
              : { ContinuationToken: token }),
            ...this.#payer(),
          }),
          { abortSignal: signal },
        ),
    );
    if (answer.done) return answer.value;
    throw this.#readError(what, answer.failure, options);
  }

  async #deleteOne(path: string, options?: CallOptions): Promise<void> {
    const answer = await this.#attempt(
      options?.signal,
      (signal) =>
        this.#pooled.send(new DeleteObjectCommand(this.#object(path)), {
          abortSignal: signal,
        }),
    );
    if (answer.done || isMissingObject(answer.failure)) return;
    const what = `Cannot delete ${this.url}/${path}`;
    throw this.#readError(what, answer.failure, options);
  }

  async #deleteBatch(
    paths: readonly string[],
    options?: CallOptions,
  ): Promise<void> {
    const answer = await this.#attempt(options?.signal, async (signal) => {
      const output = await this.#pooled.send(
        new DeleteObjectsCommand({
          Bucket: this.#bucket,
          Delete: {
            Objects: paths.map((path) => ({ Key: this.#root + path })),
            Quiet: true,
          },
          ...this.#payer(),
        }),
        { abortSignal: signal },
      );
      const errors = (output.Errors ?? []).filter((error) =>
        error.Code !== "NoSuchKey"
      );
      if (errors.length > 0) throw deleteError(errors, paths.length);
    });
    if (answer.done) return;
    const what = `Cannot delete ${paths.length} objects of ${this.url}`;
    throw this.#readError(what, answer.failure, options);
  }

  #multipart(path: string): MultipartRequests<CompletedPart> {
    const key = { ...this.#object(path), ...this.#customerKey() };
    const checksum = this.#settings.endpoint === undefined
      ? { ChecksumAlgorithm: this.#settings.checksum }
      : {};
    return {
      begin: (signal) =>
        this.#attempt(signal, async (ended) => {
          const output = await this.#pooled.send(
            new CreateMultipartUploadCommand({
              ...key,
              ...checksum,
              ...this.#encryption(),
            }),
            { abortSignal: ended },
          );
          return output.UploadId!;
        }),
      send: (id, number, bytes, signal) =>
        this.#attempt(signal, async (ended) => {
          const output = await this.#pooled.send(
            new UploadPartCommand({
              ...key,
              ...checksum,
              UploadId: id,
              PartNumber: number,
              Body: bytes,
            }),
            { abortSignal: ended },
          );
          return completedPart(number, output);
        }, bytes.length),
      complete: (id, parts, signal) =>
        this.#attempt(signal, async (ended) => {
          await this.#pooled.send(
            new CompleteMultipartUploadCommand({
              ...key,
              UploadId: id,
              MultipartUpload: { Parts: [...parts] },
            }),
            { abortSignal: ended },
          );
        }),
      abandon: (id) =>
        this.#attempt(undefined, async (ended) => {
          await this.#pooled.send(
            new AbortMultipartUploadCommand({
              ...this.#object(path),
              UploadId: id,
            }),
            { abortSignal: ended },
          );
        }),
    };
  }

  #write(path: string, bytes: Uint8Array, ifNoneMatch?: "*"): PutObjectCommand {
    return new PutObjectCommand({
      ...this.#object(path),
      ...this.#customerKey(),
      ...this.#encryption(),
      ...(ifNoneMatch === undefined && this.#settings.endpoint !== undefined
        ? {}
        : { ChecksumAlgorithm: this.#settings.checksum }),
      Body: bytes,
      IfNoneMatch: ifNoneMatch,
    });
  }

  #object(path: string): ObjectKey {
    return { Bucket: this.#bucket, Key: this.#root + path, ...this.#payer() };
  }

  #payer(): { RequestPayer?: "requester" } {
    return this.#settings.requesterPays ? { RequestPayer: "requester" } : {};
  }

  #customerKey(): { SSECustomerAlgorithm?: string; SSECustomerKey?: string } {
    const key = this.#settings.encryption.customerKey;
    return key === undefined
      ? {}
      : { SSECustomerAlgorithm: "AES256", SSECustomerKey: key };
  }

  #encryption(): Pick<
    PutObjectCommand["input"],
    "ServerSideEncryption" | "SSEKMSKeyId"
  > {
    const { algorithm, kmsKeyId } = this.#settings.encryption;
    return {
      ServerSideEncryption:
        algorithm as PutObjectCommand["input"]["ServerSideEncryption"],
      SSEKMSKeyId: kmsKeyId,
    };
  }

  /** Refuses what must not be sent; gives the head of an error message. */
  #begin(doing: string, path: string, options?: CallOptions): string {
    checkPath(path, this.url);
    const what = `Cannot ${doing} ${this.url}/${path}`;
    throwIfAborted(options?.signal, what);
    return what;
  }

  /** A request that is repeated while the service is busy. */
  #attempt<T>(
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal, stir: () => void) => Promise<T>,
    bodyBytes = 0,
  ): Promise<Repeated<T>> {
    return repeat(
      this.#host,
      this.#settings,
      signal,
      () => this.#once(signal, run, bodyBytes),
    );
  }

  async #once<T>(
    signal: AbortSignal | undefined,
    run: (signal: AbortSignal, stir: () => void) => Promise<T>,
    bodyBytes = 0,
  ): Promise<Attempt<T>> {
    const timeoutMs = this.#settings.timeoutMs +
      Math.ceil(bodyBytes / MIB) * 1000;
    try {
      const value = await callWithin(this.#host, timeoutMs, signal, run);
      this.#bucketSeen = true;
      return { done: true, value };
    } catch (error) {
      return { done: false, failure: this.#read(error) };
    }
  }

  #read(error: unknown): S3Failure {
    const failure = readFailure(error, this.#settings.secrets);
    if (!isMissingBucket(failure)) return failure;
    return { ...failure, text: `there is no bucket ${this.#bucket}` };
  }

  async #empty(
    path: string,
    options?: GetOptions,
  ): Promise<StoredObject | undefined> {
    const meta = await this.head(path, { signal: options?.signal });
    return meta && { bytes: new Uint8Array(0), size: meta.size };
  }

  async #expectBucket(what: string, options?: CallOptions): Promise<void> {
    if (this.#bucketSeen) return;
    const answer = await this.#attempt(
      options?.signal,
      (signal) =>
        this.#pooled.send(new HeadBucketCommand({ Bucket: this.#bucket }), {
          abortSignal: signal,
        }),
    );
    if (answer.done || answer.failure.status !== 404) return;
    throw this.#readError(
      what,
      { ...answer.failure, name: "NoSuchBucket" },
      options,
    );
  }

  #missing(what: string, failure: S3Failure, options?: CallOptions): undefined {
    if (isMissingObject(failure)) return undefined;
    throw this.#readError(what, failure, options);
  }

  #readError(what: string, failure: S3Failure, options?: CallOptions): Error {
    throwIfAborted(options?.signal, what);
    if (isMissingBucket(failure)) {
      return rejected(
        what,
        `there is no bucket ${this.#bucket}`,
        causeOf(failure),
        "Make the bucket, or correct its name, the endpoint or the region",
      );
    }
    if (!isDefinite(failure)) {
      return unavailable(what, failure.text, causeOf(failure));
    }
    const elsewhere = failure.status === 301 || failure.status === 307;
    return rejected(
      what,
      failure.text,
      causeOf(failure),
      elsewhere
        ? "The bucket is in another region: set the option region to it"
        : undefined,
    );
  }
}

interface ObjectKey {
  readonly Bucket: string;
  readonly Key: string;
  readonly RequestPayer?: "requester";
}

function makeClient(settings: S3Settings, pooled: boolean): S3Client {
  const agent = {
    keepAlive: pooled,
    maxSockets: pooled ? settings.concurrency : Infinity,
    maxFreeSockets: settings.maxIdle,
  };
  const client = new S3Client({
    ...credentialsOf(settings),
    ...(settings.region === undefined ? {} : { region: settings.region }),
    ...(settings.endpoint === undefined ? {} : {
      endpoint: settings.endpoint,
      // Older relatives of S3 refuse checksums that they do not know.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    }),
    ...(settings.userAgent === undefined
      ? {}
      : { customUserAgent: settings.userAgent }),
    forcePathStyle: settings.pathStyle,
    // Retries are ours, on the host's clock; see `repeat`.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: settings.connectTimeoutMs,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent({
        ...agent,
        rejectUnauthorized: !settings.anyCertificate,
        ...(settings.certificates === undefined
          ? {}
          : { ca: settings.certificates }),
      }),
    },
  });
  if (settings.unsignedPayload) leaveBodyUnsigned(client);
  return client;
}

function credentialsOf(settings: S3Settings): S3ClientConfig {
  const { credentials } = settings;
  if (credentials.kind === "keys") {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    return {
      credentials: {
        accessKeyId,
        secretAccessKey,
        ...(sessionToken === undefined ? {} : { sessionToken }),
      },
    };
  }
  if (credentials.kind === "anonymous") {
    return {
      credentials: { accessKeyId: "", secretAccessKey: "" },
      signer: { sign: (request) => Promise.resolve(request) },
    };
  }
  return credentials.profile === undefined
    ? {}
    : { profile: credentials.profile };
}

function leaveBodyUnsigned(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { headers: Record<string, string> };
      request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
      return next(args);
    },
    { step: "build", name: "unsignedPayload" },
  );
}

/** The whole body, or an error: never a part of it that looks whole. */
async function readBody(
  output: GetObjectCommandOutput,
  range: ByteRange | undefined,
  signal: AbortSignal,
  stir: () => void,
): Promise<StoredObject> {
  const length = output.ContentLength;
  const chunks: Uint8Array[] = [];
  let received = 0;
  const body = output.Body as unknown as AsyncIterable<Uint8Array> | undefined;
  if (body !== undefined) {
    for await (const chunk of body) {
      if (signal.aborted) throw signal.reason;
      stir();
      chunks.push(chunk);
      received += chunk.length;
    }
  }
  if (length !== undefined && received !== length) {
    throw new Error(`the answer was cut after ${received} of ${length} bytes`);
  }
  const bytes = new Uint8Array(received);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  const total = /\/(\d+)$/.exec(output.ContentRange ?? "")?.[1];
  if (total !== undefined) return { bytes, size: Number(total) };
  // A server may answer a range with the whole object.
  return {
    bytes: range ? bytes.slice(range.start, range.end) : bytes,
    size: received,
  };
}

function completedPart(number: number, output: CompletedPart): CompletedPart {
  return {
    PartNumber: number,
    ETag: output.ETag,
    ChecksumCRC32: output.ChecksumCRC32,
    ChecksumCRC32C: output.ChecksumCRC32C,
    ChecksumSHA1: output.ChecksumSHA1,
    ChecksumSHA256: output.ChecksumSHA256,
  };
}

/** What a batch could not delete, shaped as the client's own errors are. */
function deleteError(
  errors: readonly { Code?: string | undefined; Key?: string | undefined }[],
  asked: number,
): Error {
  const busy = ["InternalError", "SlowDown", "ServiceUnavailable"];
  const lasting = errors.find((error) => !busy.includes(error.Code ?? ""));
  const shown = lasting ?? errors[0]!;
  return Object.assign(
    new Error(
      `${errors.length} of ${asked} were kept, among them ${shown.Key}`,
    ),
    {
      name: shown.Code ?? "Error",
      $metadata: { httpStatusCode: lasting ? 403 : 503 },
    },
  );
}
