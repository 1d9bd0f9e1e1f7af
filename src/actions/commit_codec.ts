/**
 * The text of a commit, of a compacted log file and of a JSON checkpoint: one
 * action per line, to actions and back.
 *
 * Source: Delta protocol, "Delta Log Entries" and "Actions".
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type { Action } from "./action.ts";

/** A parsed JSON object, not looked at yet. */
type Body = Record<string, unknown>;

/** What an action must hold, and what is filled in where old or lax writers left it out. */
const KNOWN: ReadonlyMap<string, (body: Body) => string | undefined> = new Map<
  string,
  (body: Body) => string | undefined
>([
  ["add", (body) => {
    body.partitionValues ??= {};
    body.dataChange ??= true;
    return checkFile(body);
  }],
  ["remove", (body) => {
    body.dataChange ??= true;
    return checkFile(body);
  }],
  ["cdc", (body) => {
    body.partitionValues ??= {};
    body.dataChange ??= false;
    return checkFile(body);
  }],
  ["metaData", checkMetadata],
  ["protocol", checkProtocol],
  [
    "txn",
    (body) =>
      missing(body, "appId", "string") ?? missing(body, "version", "number"),
  ],
  ["domainMetadata", (body) => {
    body.configuration ??= "";
    body.removed ??= false;
    return missing(body, "domain", "string");
  }],
  ["commitInfo", () => undefined],
  ["sidecar", (body) => missing(body, "path", "string")],
  ["checkpointMetadata", (body) => missing(body, "version", "number")],
]);

/**
 * Calls `visit` with every action of a log file, in order. Blank lines, unknown
 * actions and unknown fields are passed over; null fields are dropped;
 * `stats` stays the text it is.
 *
 * @param input The file's bytes, or its text.
 * @param name The file's name, for the error.
 * @param visit Is called once per action, with the line it stands on, from 1.
 * @throws {DeltaError} `DELTA_LOG_FILE_CORRUPT`, naming file and line, when a line is cut,
 *   is not a JSON object, or lacks what the action must have.
 */
export function forEachAction(
  input: Uint8Array | string,
  name: string,
  visit: (action: Action, line: number) => void,
): void {
  const text = typeof input === "string" ? input : decode(input, name);
  let line = 0;
  for (let start = 0; start < text.length;) {
    const feed = text.indexOf("\n", start);
    const end = feed < 0 ? text.length : feed;
    line++;
    const row = text.slice(start, end);
    start = end + 1;
    if (isBlank(row)) continue;
    visitLine(parseLine(row, name, line), name, line, visit);
  }
}

/**
 * All actions of a log file, in order; as {@link forEachAction}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const actions = parseCommit('{"txn":{"appId":"a","version":1}}\n', "0.json");
 * assert.deepEqual(actions, [{ txn: { appId: "a", version: 1 } }]);
 * ```
 */
export function parseCommit(
  input: Uint8Array | string,
  name: string,
): Action[] {
  const actions: Action[] = [];
  forEachAction(input, name, (action) => actions.push(action));
  return actions;
}

/**
 * Whether a commit file holds nothing: no byte, or blanks alone. No writer
 * means that; a write that was cut short does.
 */
export function isBlankCommit(bytes: Uint8Array): boolean {
  // What every other commit begins with.
  if (bytes[0] === 0x7b) return false;
  return isBlank(new TextDecoder().decode(bytes));
}

/** Writes actions one per line, commitInfo first, each line ended by a line feed. */
export function formatCommit(
  actions: readonly Action[],
): Uint8Array<ArrayBuffer> {
  const first = actions.filter((action) => "commitInfo" in action);
  const others = actions.filter((action) => !("commitInfo" in action));
  const lines = [...first, ...others].map((action) =>
    `${JSON.stringify(action)}\n`
  );
  return new TextEncoder().encode(lines.join(""));
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw corrupt(name, undefined, "it is not UTF-8 text", cause);
  }
}

function parseLine(row: string, name: string, line: number): Body {
  let json: unknown;
  try {
    json = JSON.parse(row);
  } catch (cause) {
    throw corrupt(name, line, "it is not JSON, or it is cut", cause);
  }
  if (!isObject(json)) throw corrupt(name, line, "it is not a JSON object");
  return json;
}

function visitLine(
  object: Body,
  name: string,
  line: number,
  visit: (action: Action, line: number) => void,
): void {
  let keys = 0;
  for (const _ in object) keys++;
  for (const key in object) {
    const check = KNOWN.get(key);
    const body = object[key];
    if (!check || body === null) continue;
    if (!isObject(body)) {
      throw corrupt(name, line, `its ${key} is not an object`);
    }
    dropNulls(body);
    const wrong = check(body);
    if (wrong) throw corrupt(name, line, `its ${key} ${wrong}`);
    const action = keys === 1 ? object : { [key]: body };
    visit(action as unknown as Action, line);
  }
}

/** An optional field that is null is the same as one that is absent, for every reader after us. */
function dropNulls(body: Body): void {
  for (const key in body) if (body[key] === null) delete body[key];
}

function checkFile(body: Body): string | undefined {
  if (typeof body.path !== "string" || body.path === "") return "has no path";
  return undefined;
}

function checkMetadata(body: Body): string | undefined {
  // Old tables leave these out, and are read as tables without columns or properties.
  body.schemaString ??= "";
  body.partitionColumns ??= [];
  body.configuration ??= {};
  body.format ??= { provider: "parquet", options: {} };
  body.id ??= "";
  if (!Array.isArray(body.partitionColumns)) {
    return "has partitionColumns that are no list";
  }
  if (!isObject(body.configuration)) {
    return "has a configuration that is no map";
  }
  return missing(body, "schemaString", "string");
}

function checkProtocol(body: Body): string | undefined {
  for (const list of ["readerFeatures", "writerFeatures"]) {
    if (body[list] !== undefined && !Array.isArray(body[list])) {
      return `has ${list} that are no list`;
    }
  }
  return missing(body, "minReaderVersion", "number") ??
    missing(body, "minWriterVersion", "number");
}

function missing(
  body: Body,
  field: string,
  type: "string" | "number",
): string | undefined {
  const found: string = typeof body[field];
  return found === type ? undefined : `has no ${field}`;
}

function isBlank(row: string): boolean {
  return row.length === 0 || row === "\r" || row.trim() === "";
}

function isObject(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function corrupt(
  name: string,
  line: number | undefined,
  why: string,
  cause?: unknown,
): DeltaError {
  return new DeltaError("DELTA_LOG_FILE_CORRUPT", {
    what: line === undefined
      ? `Cannot read ${name}`
      : `Cannot read line ${line} of ${name}`,
    why,
    fix: "Restore the file from a copy; without it the table cannot be read",
    context: line === undefined ? { file: name } : { file: name, line },
    cause,
  });
}
