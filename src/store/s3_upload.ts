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

/** The requests that write one object in parts. */
export function uploadRequests(
  bucket: S3Bucket,
  path: string,
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
    complete: (id, parts, signal) =>
      bucket.attempt(signal, async (ended) => {
        const command = new CompleteMultipartUploadCommand({
          ...key,
          UploadId: id,
          MultipartUpload: { Parts: [...parts] },
        });
        await client.send(command, { abortSignal: ended });
      }),
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
