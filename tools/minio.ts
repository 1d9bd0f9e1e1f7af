/**
 * `deno task minio`: a MinIO server for tests and benches, found where it is
 * or fetched, on loopback only.
 *
 * The server comes from the first of: `minio` on PATH, the cache, `docker
 * compose`, `go install`. A server built from source has a repair of
 * conditional writes that the last tagged image lacks, see `docker-compose.yml`.
 *
 * @module
 */

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import {
  mkdir,
  mkdtemp,
  open,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  CreateBucketCommand,
  HeadBucketCommand,
  S3Client,
} from "@aws-sdk/client-s3";

/** The bucket that tests use. */
export const BUCKET = "litmus-test";

/** What to start. */
export interface MinioOptions {
  /** Port on loopback; a free one by default. */
  readonly port?: number;
  /** Where the server keeps its objects; a temporary folder by default, removed at the end. */
  readonly folder?: string;
  /** Where its output goes; discarded by default. */
  readonly logFile?: string;
  /** Lets the server outlive this process. Default: no. */
  readonly detached?: boolean;
}

/** A running server. */
export interface Minio extends AsyncDisposable {
  /** `http://127.0.0.1:…`. */
  readonly endpoint: string;
  /** Its process. */
  readonly pid: number;
  /** What to put into the environment of tests: location and credentials. */
  readonly env: Readonly<Record<string, string>>;
  /** Settles when the server has ended by itself. */
  readonly ended: Promise<void>;
  /** Ends it. */
  stop(): Promise<void>;
}

const USER = "litmus";
const PASSWORD = "litmus-secret";

/** The environment that points tests at a server. */
export function environmentFor(endpoint: string): Record<string, string> {
  return {
    LITMUS_S3_URL: `s3://${BUCKET}/litmus`,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: USER,
    AWS_SECRET_ACCESS_KEY: PASSWORD,
    AWS_REGION: "us-east-1",
    AWS_ALLOW_HTTP: "true",
  };
}

/** Where downloaded and built tools are kept between runs. */
export function cacheFolder(): string {
  const home = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(home, "litmus");
}

/** The `minio` program where there is one: on PATH or in the cache. */
export function findMinio(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return [...folders, join(cacheFolder(), "bin")]
    .map((folder) => join(folder, "minio")).find(existsSync);
}

/** Builds the `minio` program into the cache with Go, which takes minutes. */
export async function buildMinio(): Promise<string | undefined> {
  const bin = join(cacheFolder(), "bin");
  await mkdir(bin, { recursive: true });
  const built = spawnSync("go", ["install", "github.com/minio/minio@latest"], {
    env: { ...process.env, GOBIN: bin },
    stdio: ["ignore", 2, 2],
  });
  return built.status === 0 ? join(bin, "minio") : undefined;
}

/**
 * Starts a server of its own and makes the bucket.
 *
 * @example
 * ```ts ignore
 * await using minio = await startMinio();
 * ```
 */
export async function startMinio(options: MinioOptions = {}): Promise<Minio> {
  const program = findMinio() ?? await buildMinio();
  if (!program) {
    throw new Error(
      "No MinIO: not on PATH, not in the cache, and `go install github.com/minio/minio@latest` failed. Install one of them",
    );
  }
  const port = options.port ?? await freePort();
  const folder = options.folder ??
    await mkdtemp(join(tmpdir(), "litmus-minio-"));
  const log = options.logFile ? await open(options.logFile, "w") : undefined;
  const output = log ? log.fd : "ignore";
  const child = spawn(
    program,
    [
      "server",
      folder,
      "--address",
      `127.0.0.1:${port}`,
      "--console-address",
      "127.0.0.1:0",
    ],
    {
      env: {
        ...process.env,
        MINIO_ROOT_USER: USER,
        MINIO_ROOT_PASSWORD: PASSWORD,
        MINIO_BROWSER: "off",
      },
      stdio: ["ignore", output, output],
      detached: options.detached ?? false,
    },
  );
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
    }
    await ended;
    if (!options.folder) await rm(folder, { recursive: true, force: true });
  };
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await makeBucket(endpoint, () => child.exitCode);
  } catch (error) {
    await stop();
    throw error;
  } finally {
    await log?.close();
  }
  if (options.detached) child.unref();
  return {
    endpoint,
    pid: child.pid!,
    env: environmentFor(endpoint),
    ended,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Waits until the server answers, then makes the bucket where there is none. */
async function makeBucket(
  endpoint: string,
  exitCode: () => number | null,
): Promise<void> {
  const client = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: USER, secretAccessKey: PASSWORD },
  });
  const deadline = Date.now() + 30_000;
  try {
    while (true) {
      if (exitCode() !== null) {
        throw new Error(`MinIO ended at once with status ${exitCode()}`);
      }
      try {
        await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
      } catch (error) {
        if (!isThere(error)) {
          if (Date.now() > deadline) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
          continue;
        }
      }
      await client.send(new HeadBucketCommand({ Bucket: BUCKET }));
      return;
    }
  } finally {
    client.destroy();
  }
}

const isThere = (error: unknown): boolean =>
  error instanceof Error &&
  /^Bucket(AlreadyOwnedByYou|AlreadyExists)$/.test(error.name);

/** A port on loopback that was free a moment ago. */
export function freePort(wanted: number = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

const stateFile = (): string => join(cacheFolder(), "minio.json");

interface State {
  readonly pid?: number;
  readonly endpoint?: string;
  readonly compose?: boolean;
}

async function main(args: readonly string[]): Promise<number> {
  const words = args.filter((arg) => arg !== "--");
  if (words.includes("--help")) {
    console.log("deno task minio [--detach | stop]");
    return 0;
  }
  if (words.includes("stop")) return await stopDetached();
  const detached = words.includes("--detach");
  const unknown = words.find((w) => w !== "--detach" && w !== "start");
  if (unknown) {
    console.error(
      `minio: unknown argument ${unknown}; start, --detach or stop`,
    );
    return 2;
  }
  await mkdir(cacheFolder(), { recursive: true });
  const running = detached ? await runningState() : undefined;
  if (running?.endpoint) {
    announce(running.endpoint);
    console.error("Was running already, until: deno task minio stop");
    return 0;
  }
  const port = await freePort(9000).catch(() => freePort());
  const logFile = join(cacheFolder(), "minio.log");
  if (!findMinio() && compose("up", "--detach", "--wait") === 0) {
    return await holdCompose(detached);
  }
  const minio = await startMinio({
    port,
    logFile,
    detached,
    ...(detached ? { folder: join(cacheFolder(), "minio-data") } : {}),
  });
  announce(minio.endpoint);
  if (detached) {
    const state: State = { pid: minio.pid, endpoint: minio.endpoint };
    await writeFile(stateFile(), JSON.stringify(state));
    console.error("Runs until: deno task minio stop");
    return 0;
  }
  console.error("Runs until Ctrl-C");
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void minio.stop());
  }
  await minio.ended;
  await minio.stop();
  return 0;
}

function announce(endpoint: string): void {
  const env = environmentFor(endpoint);
  console.error(`MinIO at ${endpoint}, bucket ${BUCKET}`);
  console.error(`credentials ${USER} / ${PASSWORD}; paste:`);
  for (const [name, value] of Object.entries(env)) {
    console.log(`export ${name}=${value}`);
  }
}

function compose(...args: readonly string[]): number | null {
  const file = fileURLToPath(new URL("../docker-compose.yml", import.meta.url));
  return spawnSync("docker", ["compose", "-f", file, ...args], {
    stdio: ["ignore", 2, 2],
  }).status;
}

async function holdCompose(detached: boolean): Promise<number> {
  announce("http://127.0.0.1:9000");
  await writeFile(stateFile(), JSON.stringify({ compose: true }));
  if (detached) return 0;
  await new Promise<void>((resolve) => process.once("SIGINT", () => resolve()));
  return compose("down") ?? 1;
}

/** Whether the process is still the server, and not another that got its number. */
function isMinio(pid: number): boolean {
  const ps = spawnSync("ps", ["-p", String(pid), "-o", "command="]);
  return ps.status === 0 && ps.stdout.toString().includes("minio server");
}

/** What the last `--detach` wrote down, if anything. */
async function readState(): Promise<State | undefined> {
  try {
    return JSON.parse(await readFile(stateFile(), "utf8"));
  } catch {
    return undefined;
  }
}

/** The server of an earlier `--detach` that is still there: two would share one folder, and `stop` would know of one. */
async function runningState(): Promise<State | undefined> {
  const state = await readState();
  return state?.pid && isMinio(state.pid) ? state : undefined;
}

async function stopDetached(): Promise<number> {
  const state = await readState();
  if (!state) {
    console.error("minio: none was started with --detach");
    return 1;
  }
  await rm(stateFile(), { force: true });
  if (state.compose) return compose("down") ?? 1;
  if (!isMinio(state.pid!)) {
    console.error(`minio: process ${state.pid} has ended already`);
    return 0;
  }
  process.kill(state.pid!, "SIGTERM");
  return 0;
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
