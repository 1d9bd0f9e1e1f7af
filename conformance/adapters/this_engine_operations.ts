/**
 * The operations of this engine that change rows, files and schemas.
 *
 * @module
 */

import {
  col,
  type DataType,
  lit,
  parseSchema,
  type StructType,
  type TableAlter,
} from "../../src/mod.ts";
import type {
  AlterChange,
  JsonField,
  JsonSet,
  SuccessReply,
} from "../engine_adapter.ts";
import { decodeRow, decodeValue } from "./canonical.ts";
import type { Runs } from "./this_engine.ts";

/** Options that the engine has beyond its operations. */
export const OPTIONAL: readonly string[] = [
  "overwrite.where",
  "overwrite.partitions",
  "optimize.where",
];

/** What an operation of the engine reports; the members that the protocol knows. */
interface Report {
  readonly outcome: string;
  readonly version: number;
  readonly readVersion?: number;
  readonly attempts?: number;
  readonly token?: string;
}

function told(report: Report): Omit<SuccessReply, "ok"> {
  const { outcome, version, readVersion, attempts, token } = report;
  if (outcome === "already-applied") {
    return { version, committed: false, skipped: true };
  }
  if (outcome !== "committed") return { version, committed: false };
  return {
    version,
    ...(readVersion !== undefined && { readVersion }),
    ...(attempts !== undefined && { attempts }),
    ...(token !== undefined && token !== "" && { token }),
  };
}

function typeOf(schema: StructType, name: string): DataType {
  const field = schema.fields.find((f) => f.name === name);
  return field?.type ?? { kind: "string" };
}

function assignments(
  set: Readonly<Record<string, JsonSet>>,
  schema: StructType,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(set).map(([name, change]) => [
      name,
      "value" in change
        ? lit(decodeValue(change.value, typeOf(schema, name)))
        : col(name).plus(added(change.add, typeOf(schema, name))),
    ]),
  );
}

function added(by: number, type: DataType) {
  return lit(type.kind === "long" ? BigInt(by) : by);
}

/** The operations, by name. */
export const moreOperations: Runs = {
  appendSelect: async (client, handle, request) => {
    const where = client.where(handle, request.where);
    const { add } = request;
    return told(await client.table(handle).appendSelect({ where, add }));
  },
  delete: async (client, handle, request) => {
    const where = client.where(handle, request.where);
    return told(await client.table(handle).delete({ where }));
  },
  update: async (client, handle, request) => {
    const table = client.table(handle);
    const where = client.where(handle, request.where);
    const set = assignments(request.set, table.schema);
    return told(await table.update({ set, where }));
  },
  merge: async (client, handle, request) => {
    const table = client.table(handle);
    const schema = parseSchema(JSON.stringify(request.schema));
    const { on, whenMatched, whenNotMatched, whenNotMatchedBySource } = request;
    return told(
      await table.merge({
        source: request.rows.map((row) => decodeRow(row, schema)),
        sourceSchema: schema,
        on,
        ...(whenMatched === "update" && { whenMatched: [{ update: "all" }] }),
        ...(whenMatched === "delete" && { whenMatched: [{ delete: true }] }),
        ...(whenNotMatched && { whenNotMatched: [{ insert: "all" }] }),
        ...(whenNotMatchedBySource &&
          { whenNotMatchedBySource: [{ delete: true }] }),
      }),
    );
  },
  optimize: async (client, handle, request) => {
    const where = client.where(handle, request.where);
    const { targetSizeBytes, zOrderBy } = request;
    const report = await client.table(handle)
      .optimize({ where, targetSizeBytes, zOrderBy });
    return told(report);
  },
  vacuum: async (client, handle, request) => {
    const { mode, retentionHours, dryRun = false, enforceRetention } = request;
    const table = client.table(handle);
    const { files } = await table
      .vacuum({ mode, retentionHours, dryRun, enforceRetention });
    // A vacuum looks at the newest version; the handle stays where it is.
    return { deleted: files, version: table.version, committed: false };
  },
  restore: async (client, handle, { version, timestampMs: timestamp }) =>
    told(await client.table(handle).restore({ version, timestamp })),
  alter: async (client, handle, request) =>
    told(await altered(client.table(handle).alter, request)),
  compactLog: async (client, handle) => {
    const table = client.table(handle);
    await table.compactLog();
    return { version: table.version, committed: false };
  },
  cleanup: async (client, handle) => {
    const table = client.table(handle);
    await table.cleanup();
    return { version: table.version, committed: false };
  },
};

function altered(alter: TableAlter, change: AlterChange): Promise<Report> {
  if (change.addColumns) {
    return alter.addColumns({ columns: change.addColumns.map(newColumn) });
  }
  if (change.renameColumn) {
    const { from, to } = change.renameColumn;
    return alter.renameColumn({ column: from, to });
  }
  if (change.dropColumns) {
    return alter.dropColumns({ columns: change.dropColumns });
  }
  if (change.widenColumn) {
    const { name, type } = change.widenColumn;
    return alter.widenColumn({ column: name, type: type as string });
  }
  if (change.setProperties) {
    return alter.setProperties({ properties: change.setProperties });
  }
  if (change.unsetProperties) {
    return alter.unsetProperties({ properties: change.unsetProperties });
  }
  if (change.setNotNull) return alter.setNotNull({ column: change.setNotNull });
  if (change.dropNotNull) {
    return alter.dropNotNull({ column: change.dropNotNull });
  }
  if (change.addConstraint) return alter.addConstraint(change.addConstraint);
  if (change.dropConstraint) {
    return alter.dropConstraint({ name: change.dropConstraint });
  }
  if (change.addFeature) {
    return alter.addFeature({ feature: change.addFeature });
  }
  if (change.dropFeature) {
    return alter.dropFeature({ feature: change.dropFeature });
  }
  if (change.setDomain) return alter.setDomain(change.setDomain);
  if (change.removeDomain) {
    return alter.removeDomain({ domain: change.removeDomain });
  }
  throw new TypeError("alter was asked for no change");
}

function newColumn({ name, type, nullable }: JsonField) {
  return { name, type: type as string, nullable };
}
