/**
 * What an action must look like to be written: a commit that no reader can parse
 * would end the table. Callers without types may stage anything.
 *
 * Source: Delta protocol, "Actions".
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type { StagedActions } from "./staged_actions.ts";

type Body = Readonly<Record<string, unknown>>;

/** What is legal for a field, in words, and whether a value is. */
interface Kind {
  readonly name: string;
  readonly holds: (value: unknown) => boolean;
}

const TEXT: Kind = { name: "text", holds: (v) => typeof v === "string" };
const NAME: Kind = {
  name: "text that is not empty",
  holds: (v) => typeof v === "string" && v !== "",
};
const FLAG: Kind = {
  name: "true or false",
  holds: (v) => typeof v === "boolean",
};
const INTEGER: Kind = { name: "an integer", holds: Number.isSafeInteger };
/** Lax writers leave times out, or count them in parts of a millisecond. */
const NUMBER: Kind = { name: "a number", holds: Number.isFinite };
const COUNT: Kind = {
  name: "an integer from 0",
  holds: (v) => Number.isSafeInteger(v) && (v as number) >= 0,
};
const RECORD: Kind = { name: "a record", holds: isRecord };
const LIST: Kind = {
  name: "a list of names",
  holds: (v) => Array.isArray(v) && v.every(TEXT.holds),
};
/** Partition values may be null. */
const VALUES: Kind = {
  name: "a record of texts or nulls",
  holds: (v) =>
    isRecord(v) &&
    Object.values(v).every((text) => text === null || TEXT.holds(text)),
};

const optional = (kind: Kind): Kind => ({
  name: kind.name,
  holds: (value) => value === undefined || value === null || kind.holds(value),
});

type Shape = readonly (readonly [field: string, kind: Kind])[];

const FILE: Shape = [["path", NAME], ["dataChange", FLAG]];

/** The actions' names and what each must hold. */
const SHAPES: Readonly<
  Record<keyof StagedActions, readonly [name: string, shape: Shape]>
> = {
  adds: ["add", [
    ...FILE,
    ["size", COUNT],
    ["partitionValues", VALUES],
    ["modificationTime", optional(NUMBER)],
    ["stats", optional(TEXT)],
    ["tags", optional(VALUES)],
    ["deletionVector", optional(RECORD)],
    ["baseRowId", optional(COUNT)],
    ["defaultRowCommitVersion", optional(COUNT)],
  ]],
  removes: ["remove", [
    ...FILE,
    ["deletionTimestamp", optional(NUMBER)],
    ["size", optional(COUNT)],
    ["partitionValues", optional(VALUES)],
    ["deletionVector", optional(RECORD)],
  ]],
  cdc: ["cdc", [...FILE, ["size", COUNT], ["partitionValues", VALUES]]],
  txns: ["txn", [
    ["appId", NAME],
    ["version", INTEGER],
    ["lastUpdated", optional(NUMBER)],
  ]],
  domains: ["domainMetadata", [
    ["domain", NAME],
    ["configuration", TEXT],
    ["removed", FLAG],
  ]],
  metadata: ["metaData", [
    ["id", TEXT],
    ["schemaString", TEXT],
    ["partitionColumns", LIST],
    ["configuration", VALUES],
    ["format", RECORD],
    ["name", optional(TEXT)],
    ["description", optional(TEXT)],
    ["createdTime", optional(NUMBER)],
  ]],
  protocol: ["protocol", [
    ["minReaderVersion", COUNT],
    ["minWriterVersion", COUNT],
    ["readerFeatures", optional(LIST)],
    ["writerFeatures", optional(LIST)],
  ]],
};

/**
 * Refuses an action that lacks what its kind must hold, or holds it as another
 * type.
 *
 * @param kind Where it is staged.
 * @param what What cannot be done, for the message.
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT`, naming the action and the field.
 */
export function checkShape(
  kind: keyof StagedActions,
  action: unknown,
  what: string,
): void {
  const [name, shape] = SHAPES[kind];
  const why = problemOf(action, name, shape);
  if (why === undefined) return;
  throw new DeltaError("DELTA_INVALID_ARGUMENT", {
    what,
    why,
    fix: "Stage actions as the protocol has them",
    context: { action: name },
  });
}

function problemOf(
  action: unknown,
  name: string,
  shape: Shape,
): string | undefined {
  if (!isRecord(action)) return `a staged ${name} is no action`;
  const wrong = shape.find(([field, kind]) => !kind.holds(action[field]));
  return wrong &&
    `the ${wrong[0]} of a staged ${name} is not ${wrong[1].name}`;
}

function isRecord(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
