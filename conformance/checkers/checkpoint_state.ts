/**
 * Checkpoints as the judge reads them: the Parquet files' actions, put together
 * to the state that they claim.
 *
 * Source: Delta protocol, "Checkpoints", "V2 Spec", "Checkpoint Schema".
 *
 * @module
 */

import { fromArrowSchema } from "../../src/parquet/arrow_schema.ts";
import { columnReader } from "../../src/parquet/arrow_values.ts";
import { bytesSource } from "../../src/parquet/byte_source.ts";
import { readParquet } from "../../src/parquet/parquet_codec.ts";
import type { Json } from "../engine_adapter.ts";
import type { FinalObject } from "../simulation/run_program.ts";

/** A checkpoint, put together. */
export interface JudgedCheckpoint {
  /** Its version. */
  readonly version: number;
  /** Its path, or that of its first part. */
  readonly path: string;
  /** Why it cannot be read; nothing where it can. */
  readonly trouble?: string;
  /** Live files: path and deletion vector's id. */
  readonly live: ReadonlySet<string>;
  /** Removed files that it still knows. */
  readonly tombstones: ReadonlySet<string>;
  /** Versions by application. */
  readonly txns: ReadonlyMap<string, number>;
  /** Configuration by domain. */
  readonly domains: ReadonlyMap<string, string>;
  /** Ids of metadata actions. */
  readonly schemaStrings: readonly string[];
  /** Protocol actions. */
  readonly protocols: readonly string[];
  /** Names of actions that a checkpoint may not hold. */
  readonly foreign: readonly string[];
}

type Plain = { readonly [key: string]: unknown };

const CLASSIC =
  /^_delta_log\/(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet$/;
const V2 = /^_delta_log\/(\d{20})\.checkpoint\.[0-9a-f-]{36}\.(parquet|json)$/;

/** Every complete checkpoint in a store. */
export async function readCheckpoints(
  objects: ReadonlyMap<string, FinalObject>,
): Promise<JudgedCheckpoint[]> {
  const groups = new Map<string, FinalObject[]>();
  for (const object of objects.values()) {
    const classic = CLASSIC.exec(object.path);
    const v2 = V2.exec(object.path);
    const group = classic
      ? `${classic[1]} ${classic[3] ?? ""}`
      : v2
      ? object.path
      : undefined;
    if (group === undefined) continue;
    groups.set(group, [...groups.get(group) ?? [], object]);
  }
  const checkpoints: JudgedCheckpoint[] = [];
  for (const parts of groups.values()) {
    const wanted = Number(CLASSIC.exec(parts[0]!.path)?.[3] ?? 1);
    if (parts.length < wanted) continue; // An incomplete one is ignored.
    checkpoints.push(await readCheckpoint(parts, objects));
  }
  return checkpoints.sort((a, b) => a.version - b.version);
}

async function readCheckpoint(
  parts: readonly FinalObject[],
  objects: ReadonlyMap<string, FinalObject>,
): Promise<JudgedCheckpoint> {
  const { path } = parts[0]!;
  const version = Number(/\d{20}/.exec(path)![0]);
  try {
    const actions: Plain[] = [];
    for (const part of parts) actions.push(...await actionsOf(part));
    const sidecars = actions.flatMap((action) =>
      action.sidecar ? [action.sidecar as Plain] : []
    );
    for (const sidecar of sidecars) {
      const name = String(sidecar.path);
      const object = objects.get(
        name.includes("/") ? name : `_delta_log/_sidecars/${name}`,
      );
      if (!object) throw new Error(`its sidecar ${name} is not there`);
      actions.push(...await actionsOf(object));
    }
    return stateOf(version, path, actions);
  } catch (error) {
    const trouble = error instanceof Error ? error.message : String(error);
    return { ...stateOf(version, path, []), trouble };
  }
}

async function actionsOf({ path, bytes }: FinalObject): Promise<Plain[]> {
  if (path.endsWith(".json")) {
    return new TextDecoder().decode(bytes).split("\n")
      .filter((line) => line.trim() !== "")
      .map((line): Plain => JSON.parse(line));
  }
  const actions: Plain[] = [];
  for await (const { batch } of readParquet(bytesSource(path, bytes))) {
    const { fields } = fromArrowSchema(batch.schema);
    const readers = fields.map((field, i) =>
      columnReader(batch.data.children[i]!, field.type)
    );
    for (let row = 0; row < batch.numRows; row++) {
      fields.forEach((field, i) => {
        const value = readers[i]!(row);
        if (value !== null) actions.push({ [field.name]: value });
      });
    }
  }
  return actions;
}

const MAY_HOLD = new Set([
  "add",
  "remove",
  "metaData",
  "protocol",
  "txn",
  "domainMetadata",
  "sidecar",
  "checkpointMetadata",
]);

function stateOf(
  version: number,
  path: string,
  actions: readonly Plain[],
): JudgedCheckpoint {
  const all = (name: string): Plain[] =>
    actions.flatMap((action) => action[name] ? [action[name] as Plain] : []);
  return {
    version,
    path,
    live: new Set(all("add").map(fileKeyOf)),
    tombstones: new Set(all("remove").map(fileKeyOf)),
    txns: new Map(
      all("txn").map((txn) => [String(txn.appId), Number(txn.version)]),
    ),
    domains: new Map(
      all("domainMetadata").filter((d) => d.removed !== true)
        .map((d) => [String(d.domain), String(d.configuration)]),
    ),
    schemaStrings: all("metaData").map((m) => String(m.schemaString)),
    protocols: all("protocol").map((p) =>
      protocolText({
        minReaderVersion: Number(p.minReaderVersion),
        minWriterVersion: Number(p.minWriterVersion),
        readerFeatures: p.readerFeatures as readonly string[] | null,
        writerFeatures: p.writerFeatures as readonly string[] | null,
      })
    ),
    foreign: [
      ...new Set(actions.flatMap((action) => Object.keys(action))),
    ].filter((name) => !MAY_HOLD.has(name)),
  };
}

function fileKeyOf(file: Plain): string {
  const dv = file.deletionVector as Plain | null | undefined;
  if (!dv) return String(file.path);
  return `${file.path}#${dv.storageType}${dv.pathOrInlineDv}@${
    dv.offset ?? ""
  }`;
}

/** A protocol as a text that equal ones share. */
export function protocolText(protocol: {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  readonly readerFeatures?: readonly Json[] | null;
  readonly writerFeatures?: readonly Json[] | null;
}): string {
  const { minReaderVersion, minWriterVersion } = protocol;
  const features = (list: readonly Json[] | null | undefined): string =>
    list ? [...list].sort().join(",") : "-";
  return `${minReaderVersion}/${minWriterVersion} ${
    features(protocol.readerFeatures)
  } ${features(protocol.writerFeatures)}`;
}
