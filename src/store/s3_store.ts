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
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
} from "@aws-sdk/client-s3";
import { throwIfAborted } from "../errors.ts";
import type { Host } from "../host.ts";
import type {
  CallOptions,
  CreateOutcome,
  GetOptions,
  ListOptions,
  MultipartCreator,
  ObjectMeta,
  ObjectStore,
  PutOutcome,
  StoreCapabilities,
  StoredObject,
} from "./object_store.ts";
import {
  createOutcome,
  isMissingObject,
  putOutcome,
  type S3Failure,
} from "./s3_answer.ts";
import { readBody } from "./s3_body.ts";
import { S3Bucket } from "./s3_bucket.ts";
import { createInParts, uploadInParts } from "./s3_multipart.ts";
import type { S3Settings } from "./s3_options.ts";
import { uploadRequests } from "./s3_upload.ts";
import { checkPath, checkRange } from "./store_path.ts";

const CAPABILITIES: StoreCapabilities = {
  exclusiveCreate: "probe",
  durable: true,
  ownClock: true,
  shared: true,
};

/** Most objects that one request may delete. */
const DELETE_BATCH = 1000;
/** Smallest part that S3 takes, the last one apart. */
const LEAST_PART_BYTES = 5 * 1024 * 1024;

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
  return new S3Store(new S3Bucket(bucket, prefix, settings, host));
}

class S3Store implements MultipartCreator {
  readonly url: string;
  readonly identity: string;
  readonly capabilities = CAPABILITIES;
  readonly #bucket: S3Bucket;

  constructor(bucket: S3Bucket) {
    this.url = bucket.url;
    this.identity = `${bucket.settings.endpoint ?? "aws"} ${bucket.name}`;
    this.#bucket = bucket;
  }

  async get(
    path: string,
    options?: GetOptions,
  ): Promise<StoredObject | undefined> {
    const range = options?.range;
    checkRange(range, path);
    const what = this.#begin("read", path, options);
    if (range && range.start === range.end) {
      return await this.#empty(path, options);
    }
    const bucket = this.#bucket;
    const answer = await bucket.attempt(
      options?.signal,
      async (ended, stir) => {
        const command = new GetObjectCommand({
          ...bucket.object(path),
          ...bucket.customerKey(),
          Range: range && `bytes=${range.start}-${range.end - 1}`,
        });
        const output = await bucket.pooled.send(command, {
          abortSignal: ended,
        });
        return await readBody(output, range, ended, stir);
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
    const bucket = this.#bucket;
    const answer = await bucket.attempt(
      options?.signal,
      (ended) =>
        bucket.pooled.send(
          new HeadObjectCommand({
            ...bucket.object(path),
            ...bucket.customerKey(),
          }),
          { abortSignal: ended },
        ),
    );
    if (answer.done) {
      const { ContentLength, LastModified } = answer.value;
      return { path, size: ContentLength ?? 0, lastModified: ms(LastModified) };
    }
    if (answer.failure.status === 404) await bucket.expectThere(what, options);
    return this.#missing(what, answer.failure, options);
  }

  async *list(
    prefix: string,
    options?: ListOptions,
  ): AsyncGenerator<ObjectMeta> {
    const what = `Cannot list ${this.url}/${prefix}`;
    const root = this.#bucket.root.length;
    let token: string | undefined;
    do {
      throwIfAborted(options?.signal, what);
      const page = await this.#page(what, prefix, options, token);
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        // The root's own folder marker is no object of this store.
        if (Key === undefined || Key.length <= root) continue;
        const path = Key.slice(root);
        yield { path, size: Size ?? 0, lastModified: ms(LastModified) };
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
    const bucket = this.#bucket;
    const { multipartBytes } = bucket.settings;
    const body = new Uint8Array(bytes);
    const answer = body.length > multipartBytes
      ? await uploadInParts(
        uploadRequests(bucket, path),
        body,
        Math.max(multipartBytes, LEAST_PART_BYTES),
        options?.signal,
      )
      : await bucket.attempt(
        options?.signal,
        (ended) =>
          bucket.pooled.send(bucket.write(path, body), { abortSignal: ended }),
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
    const { commits, pooled } = this.#bucket;
    const body = new Uint8Array(bytes);
    // What the other client has learnt of the service's clock.
    commits.config.systemClockOffset = pooled.config.systemClockOffset;
    const command = this.#bucket.write(path, body, "*");
    const answer = await this.#bucket.once(
      options?.signal,
      (ended) => commits.send(command, { abortSignal: ended }),
      body.length,
    );
    return answer.done ? { kind: "created" } : createOutcome(answer.failure);
  }

  async createInParts(
    path: string,
    bytes: Uint8Array,
    options?: CallOptions,
  ): Promise<CreateOutcome> {
    this.#begin("create", path, options);
    const { commits, pooled } = this.#bucket;
    commits.config.systemClockOffset = pooled.config.systemClockOffset;
    return await createInParts(
      uploadRequests(this.#bucket, path, "*"),
      new Uint8Array(bytes),
      LEAST_PART_BYTES,
      options?.signal,
      createOutcome,
    );
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
    this.#bucket.close();
  }

  async #page(
    what: string,
    prefix: string,
    options: ListOptions | undefined,
    token: string | undefined,
  ): Promise<ListObjectsV2CommandOutput> {
    const bucket = this.#bucket;
    const after = options?.startAfter;
    const command = new ListObjectsV2Command({
      Bucket: bucket.name,
      Prefix: bucket.root + prefix,
      // Both at once confuse some servers.
      ...(token === undefined
        ? { StartAfter: after && bucket.root + after }
        : { ContinuationToken: token }),
      ...bucket.payer(),
    });
    const answer = await bucket.attempt(
      options?.signal,
      (ended) => bucket.pooled.send(command, { abortSignal: ended }),
    );
    if (answer.done) return answer.value;
    throw bucket.error(what, answer.failure, options);
  }

  async #deleteOne(path: string, options?: CallOptions): Promise<void> {
    const bucket = this.#bucket;
    const command = new DeleteObjectCommand(bucket.object(path));
    const answer = await bucket.attempt(
      options?.signal,
      (ended) => bucket.pooled.send(command, { abortSignal: ended }),
    );
    if (answer.done || isMissingObject(answer.failure)) return;
    const what = `Cannot delete ${this.url}/${path}`;
    throw bucket.error(what, answer.failure, options);
  }

  async #deleteBatch(
    paths: readonly string[],
    options?: CallOptions,
  ): Promise<void> {
    const bucket = this.#bucket;
    const Objects = paths.map((path) => ({ Key: bucket.root + path }));
    const command = new DeleteObjectsCommand({
      Bucket: bucket.name,
      Delete: { Objects, Quiet: true },
      ...bucket.payer(),
    });
    const answer = await bucket.attempt(options?.signal, async (ended) => {
      const output = await bucket.pooled.send(command, { abortSignal: ended });
      const errors = (output.Errors ?? []).filter((error) =>
        error.Code !== "NoSuchKey"
      );
      if (errors.length > 0) throw deleteError(errors, paths.length);
    });
    if (answer.done) return;
    const what = `Cannot delete ${paths.length} objects of ${this.url}`;
    throw bucket.error(what, answer.failure, options);
  }

  /** Refuses what must not be sent; gives the head of an error message. */
  #begin(doing: string, path: string, options?: CallOptions): string {
    checkPath(path, this.url);
    const what = `Cannot ${doing} ${this.url}/${path}`;
    throwIfAborted(options?.signal, what);
    return what;
  }

  async #empty(
    path: string,
    options?: GetOptions,
  ): Promise<StoredObject | undefined> {
    const meta = await this.head(path, { signal: options?.signal });
    return meta && { bytes: new Uint8Array(0), size: meta.size };
  }

  #missing(what: string, failure: S3Failure, options?: CallOptions): undefined {
    if (isMissingObject(failure)) return undefined;
    throw this.#bucket.error(what, failure, options);
  }
}

function ms(time: Date | undefined): number {
  return time?.getTime() ?? 0;
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
