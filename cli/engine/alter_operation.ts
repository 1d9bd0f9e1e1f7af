/**
 * `alter` of the engine protocol: one change of a table's definition, named by
 * the one argument beside the handle.
 *
 * @module
 */

import type { AlterReport, NewColumn, TableAlter } from "../../src/mod.ts";
import type { JsonValue } from "../../src/schema/data_type.ts";
import {
  checkArguments,
  type Forms,
  invalid,
  type JsonObject,
} from "./arguments.ts";
import {
  type Answer,
  committed,
  type Operation,
  type Session,
  tableOf,
  writes,
} from "./session.ts";

/** A change: how its argument looks, and what is done with it. */
interface Change {
  /** Its members, where it is an object of named ones. */
  readonly forms?: Forms;
  /** Runs it. */
  readonly run: (alter: TableAlter, argument: never) => Promise<AlterReport>;
}

type Column = string | readonly string[];

/** The changes, by name. */
const CHANGES: Readonly<Record<string, Change>> = {
  addColumns: {
    run: (alter, columns: readonly JsonObject[]) =>
      alter.addColumns({ columns: columns.map(newColumn) }),
  },
  renameColumn: {
    forms: { from: "column", to: "text" },
    run: (alter, { from, to }: { from: Column; to: string }) =>
      alter.renameColumn({ column: from, to }),
  },
  dropColumns: {
    run: (alter, columns: readonly Column[]) => alter.dropColumns({ columns }),
  },
  widenColumn: {
    forms: { name: "column", type: "json" },
    run: (alter, { name, type }: { name: Column; type: JsonValue }) =>
      alter.widenColumn({ column: name, type }),
  },
  setProperties: {
    run: (alter, properties: Readonly<Record<string, string>>) =>
      alter.setProperties({ properties }),
  },
  unsetProperties: {
    run: (alter, properties: readonly string[]) =>
      alter.unsetProperties({ properties }),
  },
  setNotNull: {
    run: (alter, column: Column) => alter.setNotNull({ column }),
  },
  dropNotNull: {
    run: (alter, column: Column) => alter.dropNotNull({ column }),
  },
  addConstraint: {
    forms: { name: "text", expression: "text" },
    run: (alter, options: { name: string; expression: string }) =>
      alter.addConstraint(options),
  },
  dropConstraint: {
    run: (alter, name: string) => alter.dropConstraint({ name }),
  },
  addFeature: {
    run: (alter, feature: string) => alter.addFeature({ feature }),
  },
  dropFeature: {
    run: (alter, feature: string) => alter.dropFeature({ feature }),
  },
  setDomain: {
    forms: { domain: "text", configuration: "text" },
    run: (alter, options: { domain: string; configuration: string }) =>
      alter.setDomain(options),
  },
  removeDomain: {
    run: (alter, domain: string) => alter.removeDomain({ domain }),
  },
};

/** The changes that there are, by name. */
export const ALTER_CHANGES: readonly string[] = Object.keys(CHANGES);

/** The operation. */
export const ALTER_OPERATION: Operation = writes({
  handle: "text",
  "addColumns?": "objects",
  "renameColumn?": "object",
  "dropColumns?": "columns",
  "widenColumn?": "object",
  "setProperties?": "strings",
  "unsetProperties?": "names",
  "setNotNull?": "column",
  "dropNotNull?": "column",
  "addConstraint?": "object",
  "dropConstraint?": "text",
  "addFeature?": "text",
  "dropFeature?": "text",
  "setDomain?": "object",
  "removeDomain?": "text",
}, alter);

async function alter(session: Session, request: JsonObject): Promise<Answer> {
  const table = tableOf(session, request);
  const given = ALTER_CHANGES.filter((name) =>
    request[name] !== undefined && request[name] !== null
  );
  const [name] = given;
  if (name === undefined || given.length > 1) {
    throw invalid("alter", `it takes one of ${ALTER_CHANGES.join(", ")}`);
  }
  const { forms, run } = CHANGES[name]!;
  const argument = request[name]!;
  if (forms) checkArguments(`alter ${name}`, argument as JsonObject, forms);
  return committed(await run(table.alter, argument as never));
}

/** A field of a Delta schema as a column to add. */
function newColumn(field: JsonObject): NewColumn {
  const op = "alter addColumns";
  checkArguments(op, field, {
    name: "column",
    type: "json",
    "nullable?": "boolean",
    "metadata?": "object",
  });
  const { name, type, nullable } = field;
  const { comment, CURRENT_DEFAULT, ...others } =
    (field.metadata ?? {}) as JsonObject;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) {
    throw invalid(op, `it does not take the metadata ${unknown}`);
  }
  return {
    name: name as Column,
    type: type!,
    nullable: (nullable ?? undefined) as boolean | undefined,
    comment: comment as string | undefined,
    // The engine says why it takes none.
    default: CURRENT_DEFAULT as undefined,
  };
}
