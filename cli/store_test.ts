import { assert, assertEquals } from "@std/assert";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { needs } from "../testing/needs.ts";
import { startS3Server } from "../testing/s3_server.ts";
import { store } from "./store.ts";

/** Runs the command without its output on the screen; gives status, lines and card. */
async function judged(...args: string[]) {
  const folder = await mkdtemp(join(tmpdir(), "litmus-card-"));
  const file = join(folder, "card.json");
  const lines: string[] = [];
  const { log, error } = console;
  console.log = console.error = (line: string) => void lines.push(line);
  try {
    const status = await store([...args, "--json", file]);
    const text = await readFile(file, "utf8").catch(() => "{}");
    return { status, shown: lines.join("\n"), card: JSON.parse(text) };
  } finally {
    Object.assign(console, { log, error });
    await rm(folder, { recursive: true });
  }
}

Deno.test("store() finds memory safe for one process", async () => {
  const { status, shown, card } = await judged("memory://");
  assertEquals(status, 0);
  assert(shown.includes("100 created, 3,100 exists"));
  assert(shown.includes("A probe refutes, it never proves"));
  assert(shown.includes("one process only"));
  assertEquals(card.safe, true);
  assert(card.properties.length > 20);
});

Deno.test("store() finds a folder safe and leaves it as it was", async () => {
  const folder = await mkdtemp(join(tmpdir(), "litmus-judged-"));
  const { status, card } = await judged(folder, "--option", "fsync=false");
  assertEquals([status, card.safe], [0, true]);
  assertEquals(await readdir(folder), []);
  await rm(folder, { recursive: true });
});

Deno.test("store() finds a server that ignores If-None-Match unsafe", async () => {
  await using server = await startS3Server();
  server.ignoresConditions = true;
  const { status, shown, card } = await judged(
    "s3://bucket/prefix",
    ...["--endpoint", server.endpoint],
    ...[
      "allow_http=true",
      "access_key_id=k",
      "secret_access_key=s",
      "max_retries=0",
    ].flatMap((option) => ["--option", option]),
  );
  assertEquals(status, 1);
  assertEquals(card.safe, false);
  assert(/FAIL +gives one winner to each of 100 keys/.test(shown), shown);
  assert(shown.includes("Not safe for Delta commits"));
});

Deno.test({
  name: "store() finds MinIO safe, through two endpoints, and cleans up",
  ...needs({ s3: true }),
  fn: async () => {
    const url = process.env.LITMUS_S3_URL!;
    const endpoint = process.env.AWS_ENDPOINT_URL ?? "";
    const other = endpoint.replace("127.0.0.1", "localhost");
    const { status, shown, card } = await judged(
      url,
      ...["--endpoint", endpoint, "--endpoint", other],
    );
    assertEquals(status, 0, shown);
    assertEquals(card.endpoints, [endpoint, other]);
    assert(!shown.includes("FAIL") && !shown.includes("left behind"));
    assert(/ok +gives one winner to each of 10 keys under 16/.test(shown));
  },
});

Deno.test("store() says how it is called", async () => {
  assertEquals((await judged()).status, 2);
  assertEquals((await judged("memory://", "/tmp")).status, 2);
  assertEquals((await judged("/tmp", "--endpoint", "http://x")).status, 2);
  assertEquals((await judged("s3://b", "--option", "x")).status, 2);
  const nine = Array.from({ length: 9 }, () => ["--endpoint", "http://x"]);
  assertEquals((await judged("s3://b", ...nine.flat())).status, 2);
  assert((await judged("--help")).shown.includes("--endpoint URL"));
});

Deno.test("store() tells of a wrong option without a stack", async () => {
  const { status, shown } = await judged("memory://", "--option", "nosuch=1");
  assertEquals(status, 2);
  assert(shown.includes("nosuch"), shown);
});
