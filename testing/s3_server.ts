/**
 * An S3 server of a page, in memory, that misbehaves by script: for tests of
 * what a client makes of lost answers, refusals and silence.
 *
 * @module
 */

import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What happens to a request.
 *
 * - `ok`: what S3 would do.
 * - `drop-before`, `drop-after`: the connection ends without an answer, before or after the effect.
 * - `hang-before`, `hang-after`: no answer ever.
 * - `cut`: half of a body, then the connection ends.
 * - `stall`: half of a body, then nothing.
 * - a status: no effect, and an error of that status and name; `after` for one with the effect.
 */
export type Behaviour =
  | "ok"
  | "drop-before"
  | "drop-after"
  | "hang-before"
  | "hang-after"
  | "cut"
  | "stall"
  | {
    readonly status: number;
    readonly code: string;
    readonly after?: boolean;
    readonly message?: string;
  };

/** A request as the server saw it. */
export interface SeenRequest {
  /** The method. */
  readonly method: string;
  /** Path with query, encoded. */
  readonly url: string;
  /** Decoded key. */
  readonly key: string;
  /** Header fields. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A running server; `await using` ends it. */
export interface S3Server extends AsyncDisposable {
  /** Its URL. */
  readonly endpoint: string;
  /** Every request so far. */
  readonly seen: readonly SeenRequest[];
  /** Objects by key. */
  readonly objects: Map<string, Uint8Array>;
  /** What the next requests meet, in order; `ok` when none is left. */
  readonly script: Behaviour[];
  /** Whether `If-None-Match` is ignored. */
  ignoresConditions: boolean;
}

/** Starts a server on a free loopback port, with any bucket. */
export async function startS3Server(): Promise<S3Server> {
  const seen: SeenRequest[] = [];
  const objects = new Map<string, Uint8Array>();
  const script: Behaviour[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const body = await readAll(request);
    const url = request.url ?? "";
    const path = decodeURIComponent(new URL(url, "http://x").pathname);
    const key = path.split("/").slice(2).join("/");
    seen.push({
      method: request.method ?? "",
      url,
      key,
      headers: { ...request.headers },
    });
    const behaviour = script.shift() ?? "ok";
    const drop = (): void => void request.socket.destroy();
    if (behaviour === "drop-before") return drop();
    if (behaviour === "hang-before") return;
    if (typeof behaviour === "object" && !behaviour.after) {
      return refuse(
        response,
        behaviour.status,
        behaviour.code,
        behaviour.message,
      );
    }
    const conditional = request.headers["if-none-match"] === "*" &&
      !self.ignoresConditions;
    if (request.method === "PUT") {
      if (conditional && objects.has(key)) {
        return refuse(response, 412, "PreconditionFailed");
      }
      objects.set(key, body);
    }
    if (request.method === "DELETE") objects.delete(key);
    if (behaviour === "drop-after") return drop();
    if (behaviour === "hang-after") return;
    if (typeof behaviour === "object") {
      return refuse(response, behaviour.status, behaviour.code);
    }
    reply(request, response, key, behaviour);
  };
  const reply = (
    request: IncomingMessage,
    response: ServerResponse,
    key: string,
    behaviour: Behaviour,
  ): void => {
    if (request.method === "PUT") {
      return void response.writeHead(200, { etag: '"e"' }).end();
    }
    if (request.method === "DELETE") return void response.writeHead(204).end();
    const found = objects.get(key);
    if (key === "") return void response.writeHead(200).end(listing(objects));
    if (!found) return refuse(response, 404, "NoSuchKey");
    response.writeHead(200, {
      "content-length": found.length,
      "last-modified": new Date(0).toUTCString(),
    });
    if (request.method === "HEAD") return void response.end();
    if (behaviour === "ok") return void response.end(found);
    response.write(found.subarray(0, found.length / 2), () => {
      if (behaviour === "cut") request.socket.destroy();
    });
  };
  const self = {
    endpoint: "",
    seen,
    objects,
    script,
    ignoresConditions: false,
    [Symbol.asyncDispose]: async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  self.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return self;
}

async function readAll(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

function refuse(
  response: ServerResponse,
  status: number,
  code: string,
  message = code,
): void {
  const body = status === 304
    ? ""
    : `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  response.writeHead(status, { "content-type": "application/xml" }).end(body);
}

function listing(objects: ReadonlyMap<string, Uint8Array>): string {
  const contents = [...objects].map(([key, bytes]) =>
    `<Contents><Key>${key}</Key><Size>${bytes.length}</Size><LastModified>2024-01-01T00:00:00.000Z</LastModified></Contents>`
  );
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${
    contents.join("")
  }</ListBucketResult>`;
}
