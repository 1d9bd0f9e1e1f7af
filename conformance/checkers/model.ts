/**
 * The model: what each operation makes of a table, as a pure function of the
 * state that it sees. This is what commits are compared with.
 *
 * @module
 */

import type {
  AlterChange,
  JsonField,
  JsonSchema,
  JsonSet,
  Requests,
} from "../engine_adapter.ts";
import type { OperationCall } from "../history/history.ts";
import { selects } from "./predicate.ts";
import type { TableState } from "./replay.ts";
import { canonical, type ModelRow, namedRows } from "./rows.ts";

/** What an operation is to make of a table; a member that is absent stays as it was. */
export interface Outcome {
  /** All rows. */
  readonly rows: readonly ModelRow[];
  /** The schema. */
  readonly schema?: JsonSchema;
  /** Partition columns. */
  readonly partitionColumns?: readonly string[];
  /** The properties. */
  readonly configuration?: Readonly<Record<string, string>>;
  /** Versions by application. */
  readonly txns?: ReadonlyMap<string, number>;
  /** Configuration by domain, of the users' domains. */
  readonly domains?: ReadonlyMap<string, string>;
}

/** What the model needs besides the state. */
export interface ModelContext {
  /** The state of another version, for restore. */
  readonly stateAt: (version: number) => TableState | undefined;
}

/**
 * What a state becomes by an operation.
 *
 * @returns `undefined` where the model does not know the operation.
 */
export function evaluateCall(
  call: OperationCall,
  state: TableState,
  context: ModelContext,
): Outcome | undefined {
  const { rows, schema } = state;
  switch (call.op) {
    case "create":
      return created(call.request, state);
    case "append":
      return appended(call.request, state);
    case "overwrite":
      return overwritten(call.request, state);
    case "appendSelect":
      return { rows: [...rows, ...selected(call.request, state)] };
    case "delete":
      return { rows: rows.filter((row) => !selects(call.request.where, row)) };
    case "update": {
      const { set, where } = call.request;
      return {
        rows: rows.map((row) =>
          selects(where, row) ? withSet(row, set, schema) : row
        ),
      };
    }
    case "merge":
      return { rows: merged(call.request, rows) };
    case "restore":
      return restored(call.request, context);
    case "alter":
      return altered(call.request, state);
    case "optimize":
    case "vacuum":
    case "resolve":
      return { rows };
    default:
      return undefined;
  }
}

function created(
  request: Requests["create"],
  state: TableState,
): Outcome | undefined {
  if (state.version >= 0 && request.mode !== "overwrite") return undefined;
  return {
    rows: [],
    schema: request.schema,
    partitionColumns: request.partitionColumns ?? [],
  };
}

function appended(request: Requests["append"], state: TableState): Outcome {
  const { txn } = request;
  if (txn && (state.txns.get(txn.appId) ?? -Infinity) >= txn.version) {
    return { rows: state.rows };
  }
  const incoming = request.schema ?? state.schema;
  const known = new Set(state.schema.fields.map((field) => field.name));
  const fields = request.mergeSchema
    ? [
      ...state.schema.fields,
      ...incoming.fields.filter((field) => !known.has(field.name)),
    ]
    : state.schema.fields;
  return {
    rows: [...state.rows, ...namedRows(request.rows, incoming)],
    schema: { type: "struct", fields },
    txns: txn ? new Map([...state.txns, [txn.appId, txn.version]]) : state.txns,
  };
}

function overwritten(
  request: Requests["overwrite"],
  state: TableState,
): Outcome {
  const rows = namedRows(request.rows, state.schema);
  const { where } = request;
  if (where) {
    const kept = state.rows.filter((row) => !selects(where, row));
    return { rows: [...kept, ...rows] };
  }
  if (request.partitions === "dynamic") {
    const partition = (row: ModelRow): string =>
      JSON.stringify(
        state.metadata?.partitionColumns.map((name) => row[name] ?? null),
      );
    const written = new Set(rows.map(partition));
    const kept = state.rows.filter((row) => !written.has(partition(row)));
    return { rows: [...kept, ...rows] };
  }
  return { rows };
}

function selected(
  request: Requests["appendSelect"],
  { rows, schema }: TableState,
): ModelRow[] {
  const set = Object.fromEntries(
    Object.entries(request.add ?? {}).map(([name, add]) => [name, { add }]),
  );
  return rows.filter((row) => selects(request.where, row))
    .map((row) => withSet(row, set, schema));
}

function withSet(
  row: ModelRow,
  set: Readonly<Record<string, JsonSet>>,
  schema: JsonSchema,
): ModelRow {
  const changed = Object.entries(set).map(([name, change]) => {
    const type = schema.fields.find((field) => field.name === name)?.type ??
      "string";
    const before = row[name] ?? null;
    const value = "value" in change
      ? change.value
      : before === null
      ? null
      : type === "long"
      ? String(BigInt(before as string) + BigInt(change.add))
      : Number(before) + change.add;
    return [name, canonical(value, type)] as const;
  });
  return { ...row, ...Object.fromEntries(changed) };
}

function merged(
  request: Requests["merge"],
  target: readonly ModelRow[],
): ModelRow[] {
  const source = namedRows(request.rows, request.schema);
  const matches = (a: ModelRow, b: ModelRow): boolean =>
    request.on.every((name) =>
      (a[name] ?? null) !== null && a[name] === b[name]
    );
  const out: ModelRow[] = [];
  for (const row of target) {
    const match = source.find((candidate) => matches(row, candidate));
    if (!match) {
      if (request.whenNotMatchedBySource !== "delete") out.push(row);
    } else if (request.whenMatched === "update") out.push({ ...row, ...match });
    else if (request.whenMatched !== "delete") out.push(row);
  }
  if (request.whenNotMatched === "insert") {
    out.push(
      ...source.filter((row) => !target.some((other) => matches(other, row))),
    );
  }
  return out;
}

function restored(
  request: Requests["restore"],
  context: ModelContext,
): Outcome | undefined {
  if (request.version === undefined) return undefined;
  const then = context.stateAt(request.version);
  if (!then) return undefined;
  return { rows: then.rows, schema: then.schema };
}

function altered(
  change: AlterChange,
  state: TableState,
): Outcome | undefined {
  const { rows, schema } = state;
  const configuration = { ...state.metadata?.configuration };
  const withFields = (fields: readonly JsonField[]): JsonSchema => ({
    type: "struct",
    fields,
  });
  if (change.setProperties) {
    return {
      rows,
      configuration: { ...configuration, ...change.setProperties },
    };
  }
  if (change.unsetProperties) {
    for (const name of change.unsetProperties) delete configuration[name];
    return { rows, configuration };
  }
  if (change.addConstraint) {
    const { name, expression } = change.addConstraint;
    configuration[`delta.constraints.${name.toLowerCase()}`] = expression;
    return { rows, configuration };
  }
  if (change.dropConstraint !== undefined) {
    delete configuration[
      `delta.constraints.${change.dropConstraint.toLowerCase()}`
    ];
    return { rows, configuration };
  }
  if (change.addColumns) {
    return {
      rows,
      schema: withFields([...schema.fields, ...change.addColumns]),
    };
  }
  if (change.dropColumns) {
    const gone = new Set(change.dropColumns);
    return {
      rows: rows.map((row) =>
        Object.fromEntries(
          Object.entries(row).filter(([name]) => !gone.has(name)),
        )
      ),
      schema: withFields(schema.fields.filter((f) => !gone.has(f.name))),
    };
  }
  if (change.renameColumn) {
    const { from, to } = change.renameColumn;
    const named = (name: string): string => name === from ? to : name;
    return {
      rows: rows.map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [named(name), value]),
        )
      ),
      schema: withFields(
        schema.fields.map((f) => ({ ...f, name: named(f.name) })),
      ),
    };
  }
  if (change.widenColumn) {
    const { name, type } = change.widenColumn;
    return {
      rows: rows.map((row) => ({
        ...row,
        [name]: canonical(row[name] ?? null, type),
      })),
      schema: withFields(
        schema.fields.map((f) => f.name === name ? { ...f, type } : f),
      ),
    };
  }
  if (change.setDomain) {
    const { domain, configuration: text } = change.setDomain;
    return { rows, domains: new Map([...state.domains, [domain, text]]) };
  }
  if (change.removeDomain !== undefined) {
    const domains = new Map(state.domains);
    domains.delete(change.removeDomain);
    return { rows, domains };
  }
  return { rows };
}
