/**
 * Runs a random program on this engine.
 *
 * @module
 */

import {
  col,
  DeltaError,
  DeltaTable,
  type Expression,
  lit,
  type Row,
  type StructField,
  type StructType,
  type Value,
} from "../../src/mod.ts";
import {
  FEATURES,
  poolColumn,
  type Program,
  type Step,
  type Values,
  type Which,
} from "./program.ts";
import { ADDED } from "./program_columns.ts";

/** What a program has made. */
export interface Ran {
  /** The newest version. */
  readonly version: number;
  /** The oldest version that vacuuming left whole. */
  readonly firstWhole: number;
  /** The first version of the newest change of the schema. */
  readonly schemaSince: number;
  /** Steps that did something, and those that this engine refused. */
  readonly told: readonly string[];
}

/** The table in the middle of a program. */
class Run {
  readonly table: DeltaTable;
  /** Columns by the name of the pool: what they are called now. */
  readonly names: Map<string, string>;
  readonly told: string[] = [];
  nextId = 1n;
  firstWhole = 0;
  schemaSince = 0;

  constructor(table: DeltaTable, columns: readonly string[]) {
    this.table = table;
    this.names = new Map(columns.map((name) => [name, name]));
  }

  /** Rows with new ids. */
  rows(values: readonly Values[]): Row[] {
    return values.map((row) => this.row(row, this.nextId++));
  }

  /** A row of the columns there are. */
  row(row: Values, id: bigint): Row {
    const present = [...this.names].map(([pool, name]) => [
      name,
      this.value(row, pool),
    ]);
    return { id, ...Object.fromEntries(present) };
  }

  value(row: Values, pool: string): Value {
    return row[pool] ?? null;
  }

  /** The schema's own fields, for a source whose rows may be null throughout. */
  get schema(): StructType {
    return this.table.schema;
  }

  predicate(which: Which): Expression | undefined {
    switch (which.by) {
      case "upTo":
        return col("id").le(
          BigInt(Math.floor(which.share * Number(this.nextId))),
        );
      case "modulo":
        return undefined;
      case "isNull": {
        const name = this.names.get(which.column);
        return name === undefined ? undefined : col(name).isNull();
      }
      case "equal": {
        const name = this.names.get(which.column);
        const value = which.values[which.column] ?? null;
        if (name === undefined || value === null) return undefined;
        return col(name).eq(lit(value));
      }
    }
  }

  where(which: Which): Expression | string {
    return this.predicate(which) ??
      `id % ${which.by === "modulo" ? which.divisor : 2} = 1`;
  }
}

const field = (name: string, type: StructField["type"]): StructField => ({
  name,
  type,
  nullable: true,
  metadata: {},
});

/** Makes the table of a program and runs its steps. */
export async function runProgram(
  program: Program,
  folder: string,
): Promise<Ran> {
  const { columns, features } = program;
  await using table = await DeltaTable.create(folder, {
    schema: {
      kind: "struct",
      fields: [
        field("id", { kind: "long" }),
        ...columns.map((name) => field(name, poolColumn(name).type)),
      ],
    },
    partitionBy: program.partitionBy,
    properties: Object.assign({}, ...features.map((name) => FEATURES[name])),
  });
  const run = new Run(table, columns);
  await table.append(run.rows(program.rows));
  for (const step of program.steps) await tryStep(run, step, program);
  const { firstWhole, schemaSince, told } = run;
  return { version: table.version, firstWhole, schemaSince, told };
}

async function tryStep(run: Run, step: Step, program: Program): Promise<void> {
  const before = run.table.version;
  const schema = run.table.schema;
  try {
    await STEPS[step.op](run, step as never, program);
    run.told.push(`${step.op} → ${run.table.version}`);
    if (run.table.schema !== schema && run.table.version > before) {
      run.schemaSince = run.table.version;
    }
  } catch (error) {
    if (!(error instanceof DeltaError) || !mayRefuse(error)) throw error;
    run.told.push(`${step.op} refused: ${error.code}`);
  }
}

/** Whether a program may be refused so: the engine does not honour a feature, or the schema stands in the way. */
function mayRefuse(error: DeltaError): boolean {
  return error.kind === "unsupported" || error.code === "DELTA_INVALID_SCHEMA";
}

type Of<Op extends Step["op"]> = Extract<Step, { readonly op: Op }>;

const STEPS: {
  readonly [Op in Step["op"]]: (
    run: Run,
    step: Of<Op>,
    program: Program,
  ) => Promise<unknown>;
} = {
  append: (run, { rows }) => run.table.append(run.rows(rows)),
  overwrite: (run, { rows }) => run.table.overwrite(run.rows(rows)),
  grow: async (run, { rows }) => {
    const added = ADDED.find((c) => !run.names.has(c.name));
    if (!added) return await run.table.append(run.rows(rows));
    const grown = run.rows(rows).map((row, i) => ({
      ...row,
      [added.name]: i === 0 ? sample(added.name) : null,
    }));
    await run.table.append(grown, { mergeSchema: true });
    run.names.set(added.name, added.name);
  },
  replaceWhere: async (run, { rows }) => {
    const from = run.nextId / 2n;
    await run.table.overwrite(run.rows(rows), { where: col("id").ge(from) });
  },
  replacePartitions: (run, { rows }) =>
    run.table.overwrite(run.rows(rows), { partitions: "dynamic" }),
  delete: (run, { which }) => run.table.delete({ where: run.where(which) }),
  update: async (run, { which, column, values }) => {
    const name = run.names.get(column);
    if (name === undefined) return;
    const set = { [name]: run.value(values, column) };
    await run.table.update({ set, where: run.where(which) });
  },
  merge: async (run, { rows, old, deletes }) => {
    const source = rows.map((row, i) =>
      run.row(row, i < old ? BigInt(i + 1) : run.nextId++)
    );
    await run.table.merge({
      source,
      sourceSchema: run.schema,
      on: ["id"],
      whenMatched: [
        ...(deletes ? [{ delete: true, condition: "target.id = 1" }] : []),
        { update: "all" },
      ],
      whenNotMatched: [{ insert: "all" }],
    });
  },
  restore: async (run, { share }) => {
    const span = run.table.version - run.firstWhole;
    const version = run.firstWhole + Math.floor(share * span);
    const before = run.table.schema;
    await run.table.restore({ version });
    if (run.table.schema !== before) rename(run);
  },
  rename: async (run, { column }, { features }) => {
    const name = run.names.get(column);
    if (name === undefined || !features.includes("mapping")) return;
    const to = `${name} ,=${run.table.version}`;
    await run.table.alter.renameColumn({ column: name, to });
    run.names.set(column, to);
  },
  drop: async (run, { column }, { features, partitionBy }) => {
    const name = run.names.get(column);
    if (name === undefined || !features.includes("mapping")) return;
    if (partitionBy.includes(column) || run.names.size === 1) return;
    await run.table.alter.dropColumns({ columns: [name] });
    run.names.delete(column);
  },
  widen: async (run, { column }, { features }) => {
    const name = run.names.get(column);
    const { widened } = poolColumn(column);
    if (name === undefined || !widened) return;
    if (!features.includes("widening")) return;
    await run.table.alter.widenColumn({ column: name, type: widened });
  },
  add: async (run) => {
    const added = ADDED.find((c) => !run.names.has(c.name));
    if (!added) return;
    const { name, type } = added;
    await run.table.alter.addColumns({ columns: [{ name, type }] });
    run.names.set(name, name);
  },
  optimize: (run) => run.table.optimize(),
  zorder: (run) => run.table.optimize({ zOrderBy: ["id"] }),
  checkpoint: (run) => run.table.checkpoint(),
  compactLog: (run) => run.table.compactLog(),
  vacuum: async (run) => {
    await run.table.vacuum({
      retentionHours: 0,
      enforceRetention: false,
      dryRun: false,
    });
    run.firstWhole = run.table.version;
  },
  constrain: async (run) => {
    const name = `positive_${run.table.version}`;
    await run.table.alter.addConstraint({ name, expression: "id > 0" });
  },
};

function sample(name: string): Value {
  return name === "new" ? "grown" : { a: 1, b: "grown" };
}

/** After a restore the columns are those of then: finds them by what they are called. */
function rename(run: Run): void {
  const present = new Set(run.table.schema.fields.map((f) => f.name));
  for (const [pool, name] of run.names) {
    if (!present.has(name)) run.names.delete(pool);
  }
  for (const name of present) {
    const pool = name.split(" ,=")[0]!;
    if (pool !== "id") run.names.set(pool, name);
  }
}
