/**
 * The collection of tables with expected contents, for tests: found beside the
 * repository or by `LITMUS_TABLES`; see `needs({ tables: true })`.
 *
 * @module
 */

import { existsSync } from "node:fs";
import {
  cp,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { tablesFolder } from "./needs.ts";

/** What a version of a table must be. */
export interface ExpectedVersion {
  /** The version. */
  readonly version: number;
  /** How many rows it has; null where they cannot be read. */
  readonly totalRows: number | null;
  /** Digest of its rows in canonical encoding. */
  readonly rowsSha256: string | null;
  /** Why the rows must be refused. */
  readonly error?: { readonly class: string };
  /** Why the version is not to be compared. */
  readonly undecided?: string;
}

/** A table of the collection. */
export interface SharedTable {
  /** Its name. */
  readonly name: string;
  /** Its folder, with nothing left to fill in. */
  readonly folder: string;
  /** Why the whole table must be refused. */
  readonly error?: { readonly class: string };
  /** Its versions with expectations. */
  readonly versions: readonly ExpectedVersion[];
}

/** Calls back with every unpacked table, in the order of their names. */
export async function eachSharedTable(
  visit: (table: SharedTable) => Promise<void>,
): Promise<void> {
  const root = tablesFolder()!;
  for (const name of (await readdir(root)).sort()) {
    const folder = join(root, name, "table");
    if (!existsSync(folder)) continue;
    const text = await readFile(join(root, name, "expected.json"), "utf8");
    const expected = JSON.parse(text) as Omit<SharedTable, "folder">;
    const copy = await filledIn(folder);
    try {
      await visit({ ...expected, folder: copy ?? folder });
    } finally {
      if (copy) await rm(join(copy, ".."), { recursive: true, force: true });
    }
  }
}

/** A copy with the table's URI where the log has a placeholder; `undefined` where it has none. */
async function filledIn(folder: string): Promise<string | undefined> {
  const log = join(folder, "_delta_log");
  if (!existsSync(log)) return undefined;
  const texts = new Map<string, string>();
  for (const name of await readdir(log)) {
    if (!name.endsWith(".json")) continue;
    const text = await readFile(join(log, name), "utf8");
    if (text.includes("{{TABLE_URI}}")) texts.set(name, text);
  }
  if (texts.size === 0) return undefined;
  const copy = join(await mkdtemp(join(tmpdir(), "litmus-tables-")), "table");
  await cp(folder, copy, { recursive: true });
  const uri = pathToFileURL(copy).href;
  for (const [name, text] of texts) {
    const path = join(copy, "_delta_log", name);
    await rm(path);
    await writeFile(path, text.replaceAll("{{TABLE_URI}}", uri));
  }
  return copy;
}
