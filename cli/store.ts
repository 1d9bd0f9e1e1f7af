/**
 * `deno task store URL`: puts any object store through the store contract and
 * prints a verdict card.
 *
 * @module
 */

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { RACING_HANDLES } from "../conformance/store_contract/contract.ts";
import {
  formatProperty,
  inTurn,
  judgeStore,
  REFUTES,
} from "../conformance/store_contract/store_card.ts";
import type { MakeStore } from "../conformance/store_contract/contract_case.ts";
import { folderOf, openStore } from "../src/store/open_store.ts";
import { parseLocation } from "../src/store/store_path.ts";
import { DeltaError } from "../src/errors.ts";
import type { ObjectStore } from "../src/store/mod.ts";

const HELP =
  `deno task store URL [--endpoint URL]… [--option name=value]… [--json FILE]

  URL              memory://, a folder, s3://bucket/prefix; everything is written
                   under a name of its own below it, and removed again
  --endpoint URL   an endpoint of the bucket; given more than once (up to ${RACING_HANDLES}),
                   racers, readers and writers are spread over all of them
  --option n=v     a storage option, as tables take them; the AWS_* variables
                   say the rest
  --json FILE      the card for programs

The exit status is 1 where the store is not safe for Delta commits.`;

interface Arguments {
  readonly url: string;
  readonly endpoints: readonly string[];
  readonly storage: Readonly<Record<string, string>>;
  readonly json: string | undefined;
}

/** Judges a store; the exit status: 0 where commits are safe as far as was seen, 1 where not, 2 for a wrong call. */
export async function store(args: readonly string[]): Promise<number> {
  const given = readArguments(args);
  if (typeof given === "number") return given;
  const stage = new Scratch(given);
  try {
    const first = await stage.makers[0]!("first");
    const reached = given.endpoints.length > 1
      ? `, through ${given.endpoints.join(", ")}`
      : "";
    console.log(`the store at ${given.url}${reached}\n`);
    const card = await judgeStore(
      {
        url: given.url,
        endpoints: given.endpoints,
        capabilities: first.capabilities,
        makeStore: inTurn(stage.makers),
      },
      (property) => console.log(formatProperty(property)),
    );
    console.log(`\n${card.sentence}\n${REFUTES}`);
    if (given.json) {
      const text = JSON.stringify({ ...card, note: REFUTES }, null, 2);
      await writeFile(given.json, `${text}\n`);
    }
    return card.safe ? 0 : 1;
  } catch (error) {
    if (!(error instanceof DeltaError)) throw error;
    console.error(error.message);
    return 2;
  } finally {
    await stage.remove();
  }
}

/** Everything that is opened and written. */
class Scratch {
  /** One for each endpoint. */
  readonly makers: readonly MakeStore[];
  readonly #root: string;
  readonly #open = new Map<string, Promise<ObjectStore>>();
  readonly #openAt: (
    url: string,
    endpoint: string | undefined,
  ) => Promise<ObjectStore>;

  constructor({ url, endpoints, storage }: Arguments) {
    const run = `litmus-store-${crypto.randomUUID()}`;
    this.#root = url.endsWith("//")
      ? `${url}${run}`
      : `${url.replace(/\/+$/, "")}/${run}`;
    this.#openAt = (at, endpoint) => {
      const key = `${endpoint ?? ""} ${at}`;
      const found = this.#open.get(key) ??
        openStore(at, {
          storage: endpoint === undefined ? storage : { ...storage, endpoint },
        });
      this.#open.set(key, found);
      return found;
    };
    const through = endpoints.length === 0 ? [undefined] : endpoints;
    this.makers = through.map((endpoint) => (name: string) =>
      this.#openAt(`${this.#root}/${name}`, endpoint)
    );
  }

  /** Deletes what was written, and lets go of connections. */
  async remove(): Promise<void> {
    const parts = parseLocation(this.#root);
    const isFolder = parts.scheme === "" || parts.scheme === "file";
    const opened = await Promise.allSettled(this.#open.values());
    for (const one of opened) {
      if (one.status !== "fulfilled") continue;
      if (!isFolder) await removeAll(one.value);
      await one.value.close?.();
    }
    if (isFolder) {
      const folder = folderOf(parts, this.#root);
      await rm(join(folder), { recursive: true, force: true });
    }
  }
}

/** What cannot be removed is said, and changes no verdict. */
async function removeAll(store: ObjectStore): Promise<void> {
  try {
    const left: string[] = [];
    for await (const { path } of store.list("")) left.push(path);
    await store.delete(left);
  } catch (error) {
    console.error(`left behind under ${store.url}: ${String(error)}`);
  }
}

function readArguments(args: readonly string[]): Arguments | number {
  try {
    const { values, positionals } = parseArgs({
      args: args.filter((arg) => arg !== "--"),
      allowPositionals: true,
      options: {
        endpoint: { type: "string", multiple: true, default: [] },
        option: { type: "string", multiple: true, default: [] },
        json: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      console.log(HELP);
      return 0;
    }
    const [url] = positionals;
    if (url === undefined || positionals.length > 1) {
      throw new Error("One URL is needed");
    }
    if (values.endpoint.length > RACING_HANDLES) {
      throw new Error(`No more than ${RACING_HANDLES} endpoints race`);
    }
    if (values.endpoint.length > 0 && !/^s3a?:/i.test(url)) {
      throw new Error("Only s3: stores have endpoints");
    }
    return {
      url,
      endpoints: values.endpoint,
      storage: Object.fromEntries(values.option.map(splitOption)),
      json: values.json,
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
}

function splitOption(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new Error("--option wants name=value");
  return [text.slice(0, at), text.slice(at + 1)];
}

if (import.meta.main) process.exitCode = await store(process.argv.slice(2));
