/**
 * The SDK's client, set up as the settings say: with a pool of connections, or
 * with a connection for each request.
 *
 * @module
 */

import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { S3Settings } from "./s3_options.ts";

/** A client that sends each request once; `pooled` says whether connections are used again. */
export function makeClient(settings: S3Settings, pooled: boolean): S3Client {
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
