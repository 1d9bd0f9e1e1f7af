/**
 * `deno task bench`: commit throughput, beside the raw limit of the store and
 * beside delta-rs.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { commitBench, formatResult } from "./commit_bench.ts";
import { describeEnvironment, readEnvironment } from "./environment.ts";

const HELP =
  `deno task bench [--store URL] [--rounds 5] [--commits 60] [--rows 10000] [--json FILE] [--python PATH] [--no-peer]

  --store URL     where to write: memory://, a folder, s3://bucket/prefix (default memory://bench)
  --rounds N      interleaved rounds that count; one more warms up
  --commits N     1-row appends per round; a third of it for the large ones
  --rows N        rows of the large appends
  --json FILE     environment, figures and raw samples
  --python PATH   Python with deltalake for the peer (default: LITMUS_PYTHON)
  --no-peer       leave the peer out`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: Deno.args.filter((arg) => arg !== "--"),
    options: {
      store: { type: "string", default: "memory://bench" },
      rounds: { type: "string", default: "5" },
      commits: { type: "string", default: "60" },
      rows: { type: "string", default: "10000" },
      json: { type: "string" },
      python: { type: "string" },
      "no-peer": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const memory = values.store.startsWith("memory:");
  const python = values["no-peer"] || memory
    ? undefined
    : values.python ?? Deno.env.get("LITMUS_PYTHON");
  const environment = await readEnvironment();
  for (const line of describeEnvironment(environment)) console.log(line);
  console.log(`store     ${values.store}`);
  if (!python) {
    console.log(
      "peer      none: give --python (or LITMUS_PYTHON) a Python that has deltalake, and a store that it can reach",
    );
  }
  const result = await commitBench({
    store: values.store,
    storage: {}, // S3 takes its options from the environment, for both contenders
    rounds: positive("rounds", values.rounds),
    commitsPerRound: positive("commits", values.commits),
    largeRows: positive("rows", values.rows),
    python,
    progress: Deno.stderr.isTerminal()
      ? (text) =>
        Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[2K${text}`))
      : () => {},
  });
  if (Deno.stderr.isTerminal()) {
    Deno.stderr.writeSync(new TextEncoder().encode("\r\x1b[2K"));
  }
  console.log("");
  for (const line of formatResult(result)) console.log(line);
  if (values.json) {
    await Deno.writeTextFile(
      values.json,
      JSON.stringify({ environment, store: values.store, ...result }, null, 1) +
        "\n",
    );
  }
  return 0;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  console.error(
    `--${name} wants a whole number above 0, not ${text}\n\n${HELP}`,
  );
  Deno.exit(2);
}

if (import.meta.main) Deno.exit(await main());
