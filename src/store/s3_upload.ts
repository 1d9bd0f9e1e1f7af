/**
 * The four requests of an upload in parts.
 *
 * @module
 */

import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { S3Bucket } from "./s3_bucket.ts";
import type { MultipartRequests } from "./s3_multipart.ts";

/**
 * The requests that write one object in parts.
 *
 * @param ifNoneMatch `"*"` where the last of them may only create: it is sent
 *   once then, as every exclusive create is.
 */
export function uploadRequests(
  bucket: S3Bucket,
  path: string,
  ifNoneMatch?: "*",
): MultipartRequests<CompletedPart> {
  const object = bucket.object(path);
  const key = { ...object, ...bucket.customerKey() };
  const client = bucket.pooled;
  return {
    begin: (signal) =>
      bucket.attempt(signal, async (ended) => {
        const command = new CreateMultipartUploadCommand({
          ...key,
          ...bucket.checksum(),
          ...bucket.encryption(),
        });
        const output = await client.send(command, { abortSignal: ended });
        // Without its id, the request that drops an upload would delete the object.
        if (!output.UploadId) throw new Error("the upload was given no id");
        return output.UploadId;
      }),
    send: (id, number, bytes, signal) =>
      bucket.attempt(signal, async (ended) => {
        const command = new UploadPartCommand({
          ...key,
          ...bucket.checksum(),
          UploadId: id,
          PartNumber: number,
          Body: bytes,
        });
        const output = await client.send(command, { abortSignal: ended });
        return completedPart(number, output);
      }, bytes.length),
    complete: async (id, parts, signal) => {
      const command = new CompleteMultipartUploadCommand({
        ...key,
        UploadId: id,
        MultipartUpload: { Parts: [...parts] },
        ...(ifNoneMatch === undefined ? {} : { IfNoneMatch: ifNoneMatch }),
      });
      const send = async (ended: AbortSignal): Promise<void> => {
        const by = ifNoneMatch === undefined ? client : bucket.commits;
        await by.send(command, { abortSignal: ended });
      };
      if (ifNoneMatch === undefined) return await bucket.attempt(signal, send);
      return { ...await bucket.once(signal, send), ambiguous: false };
    },
    abandon: (id) =>
      bucket.attempt(undefined, async (ended) => {
        const command = new AbortMultipartUploadCommand({
          ...object,
          UploadId: id,
        });
        await client.send(command, { abortSignal: ended });
      }),
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
