/**
 * delta-rs beside the engine: a Python process with `deltalake`, one warm handle
 * per table.
 *
 * @module
 */

import { TextLineStream } from "./lines.ts";

/** The peer, once started. */
export interface DeltalakePeer {
  /** Name and version. */
  readonly name: string;
  /** Makes a table whose appends have so many rows. */
  create(url: string, rows: number): Promise<void>;
  /** Appends so many times; latencies in milliseconds. */
  append(url: string, commits: number): Promise<number[]>;
  /** Ends the process. */
  stop(): Promise<void>;
}

/** Starts the peer with the storage options of delta-rs. */
export async function startDeltalakePeer(
  python: string,
  storage: Record<string, string>,
): Promise<DeltalakePeer> {
  const script = new URL("deltalake_peer.py", import.meta.url).pathname;
  const child = new Deno.Command(python, {
    args: [script],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = child.stdout
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream())
    .getReader();
  const ask = async (
    request: Record<string, unknown>,
  ): Promise<Record<string, unknown>> => {
    await writer.write(
      new TextEncoder().encode(JSON.stringify(request) + "\n"),
    );
    const { value, done } = await lines.read();
    if (done) {
      throw new Error("the deltalake peer ended; its message stands above");
    }
    return JSON.parse(value) as Record<string, unknown>;
  };
  const hello = await ask({ op: "hello", storage });
  return {
    name: String(hello.name),
    async create(url, rows) {
      await ask({ op: "create", url, rows });
    },
    async append(url, commits) {
      return (await ask({ op: "append", url, commits })).samplesMs as number[];
    },
    async stop() {
      await writer.close();
      await lines.cancel();
      await child.status;
    },
  };
}
