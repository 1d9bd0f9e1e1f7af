/**
 * What the steps of the verification share: where they write, how tables are
 * opened, what every version of the main table held.
 *
 * @module
 */

import {
  DeltaTable,
  type Host,
  type ObjectStore,
  openStore,
  systemHost,
  type TableSnapshot,
} from "../../src/mod.ts";
import {
  encodeRow,
  rowsDigest,
} from "../../conformance/canonical/canonical_rows.ts";

/** What one version of a table held. */
export interface VersionDigest {
  /** Number of rows. */
  readonly rows: number;
  /** SHA-256 of the rows in the canonical encoding. */
  readonly sha256: string;
  /** The schema's JSON. */
  readonly schema: string;
}

/** Where the steps play, and what they leave for one another. */
export interface Stage {
  /** Folder of this run. */
  readonly base: string;
  /** Folder for steps with several processes: `base`, or a local folder where the store is memory. */
  readonly processBase: string;
  /** Storage options. */
  readonly storage: Record<string, string>;
  /** What the main table held, by version. */
  readonly versions: Map<number, VersionDigest>;
  /** Says what is going on. */
  progress(text: string): void;
}

/** What a step found: the sentence for its line, and facts for programs. */
export interface Finding {
  /** What was measured. */
  readonly measured: string;
  /** The same for programs. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** One step: it throws where something that it asserts does not hold. */
export interface Step {
  /** Name, for its line. */
  readonly name: string;
  /** Does it. */
  run(stage: Stage): Promise<Finding>;
}

/** A thing that the verification asserts did not hold. */
export class VerificationError extends Error {
  /** The class name, as JavaScript wants it. */
  override readonly name: string = "VerificationError";
}

/** Fails the step unless the condition holds. */
export function expect(condition: boolean, failure: string): asserts condition {
  if (!condition) throw new VerificationError(failure);
}

/** URL of the table that tells the story. */
export const mainTable = (stage: Stage): string =>
  `${stage.base}/neural_signals`;

/** Opens a table, uses it, closes it. */
export async function withTable<T>(
  stage: Stage,
  url: string,
  use: (table: DeltaTable) => Promise<T>,
): Promise<T> {
  const table = await DeltaTable.open(url, { storage: stage.storage });
  try {
    return await use(table);
  } finally {
    await table.close();
  }
}

/** Rows, digest and schema of a snapshot. */
export async function digestOf(
  snapshot: TableSnapshot,
): Promise<VersionDigest> {
  const texts: string[] = [];
  for await (const row of snapshot.rows()) {
    texts.push(
      encodeRow(
        snapshot.schema.fields.map((field) => row[field.name] ?? null),
        snapshot.schema,
      ),
    );
  }
  return {
    rows: texts.length,
    sha256: rowsDigest(texts),
    schema: snapshot.metadata.schemaString,
  };
}

/** Digest of one version of a table, from a handle of its own. */
export function digestAt(
  stage: Stage,
  url: string,
  version?: number,
): Promise<VersionDigest> {
  return withTable(stage, url, async (table) => {
    const snapshot = version === undefined
      ? table.snapshot
      : await table.at({ version });
    return await digestOf(snapshot);
  });
}

/** Whether two digests are of the same contents. */
export function same(a: VersionDigest, b: VersionDigest): boolean {
  return a.rows === b.rows && a.sha256 === b.sha256 && a.schema === b.schema;
}

/** A store rooted at a table, for a step that wraps it. */
export function storeOf(stage: Stage, url: string): Promise<ObjectStore> {
  return openStore(url, { storage: stage.storage });
}

/** The real machine, but a sleep takes no time: the clock jumps instead. */
export function impatientHost(): Host {
  let skipped = 0;
  return {
    ...systemHost,
    now: () => systemHost.now() + skipped,
    sleep: (ms) => {
      skipped += ms;
      return Promise.resolve();
    },
  };
}
