/**
 * Changes of a table's definition: `table.alter`. Each is one commit, and moves
 * the table's handle to it; one that finds the table as wanted commits nothing.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { DeltaTable } from "../table.ts";
 *
 * const table = await DeltaTable.create("memory://lake/altered", {
 *   schema: { type: "struct", fields: [] },
 * });
 * await table.alter.addColumns({ columns: [{ name: "id", type: "long" }] });
 * assert.equal(table.schema.fields[0]?.name, "id");
 * ```
 *
 * @module
 */

import type { AlterResult } from "../operations/alter/alter_table.ts";
import {
  dropColumns,
  type DropColumnsOptions,
  renameColumn,
  type RenameColumnOptions,
} from "../operations/alter/columns.ts";
import {
  addConstraint,
  type AddConstraintOptions,
  dropConstraint,
  type DropConstraintOptions,
  dropNotNull,
  type NotNullOptions,
  setNotNull,
} from "../operations/alter/constraints.ts";
import {
  dropDefault,
  type DropDefaultOptions,
  setDefault,
  type SetDefaultOptions,
} from "../operations/alter/defaults.ts";
import {
  removeDomain,
  type RemoveDomainOptions,
  setDomain,
  type SetDomainOptions,
  setTableDescription,
  type SetTableDescriptionOptions,
  setTableName,
  type SetTableNameOptions,
} from "../operations/alter/domains.ts";
import {
  addFeature,
  type AddFeatureOptions,
  dropFeature,
  type DropFeatureOptions,
} from "../operations/alter/features.ts";
import {
  addColumns,
  type AddColumnsOptions,
} from "../operations/alter/new_columns.ts";
import {
  setProperties,
  type SetPropertiesOptions,
  unsetProperties,
  type UnsetPropertiesOptions,
} from "../operations/alter/properties.ts";
import {
  widenColumn,
  type WidenColumnOptions,
} from "../operations/alter/widen_column.ts";
import type { OperationOptions } from "../operations/write_options.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { TableContext } from "../store/table_context.ts";

/** What a change of a table's definition did. */
export type AlterReport = Omit<AlterResult, "snapshot"> & {
  /** Store calls from the call to its answer. */
  readonly requests: number;
};

/** A change of a table's definition. */
export type Alter<Options extends OperationOptions> = (
  context: TableContext,
  base: Snapshot,
  options: Options,
) => Promise<AlterResult>;

/** Runs a change on the version that a handle points at, and moves the handle. */
export type RunAlter = <Options extends OperationOptions>(
  alter: Alter<Options>,
  options: Options,
) => Promise<AlterReport>;

/** Changes of one table's definition. Get it from `table.alter`. */
export class TableAlter {
  readonly #run: RunAlter;

  /**
   * Made by the table.
   *
   * @param run Runs a change.
   */
  constructor(run: RunAlter) {
    this.#run = run;
  }

  /** Adds columns; rows that are there read null in them. */
  addColumns(options: AddColumnsOptions): Promise<AlterReport> {
    return this.#run(addColumns, options);
  }

  /** Gives a column another name; the table must map columns. */
  renameColumn(options: RenameColumnOptions): Promise<AlterReport> {
    return this.#run(renameColumn, options);
  }

  /** Takes columns out of the table; the table must map columns. */
  dropColumns(options: DropColumnsOptions): Promise<AlterReport> {
    return this.#run(dropColumns, options);
  }

  /** Gives a column a wider type; the table must have `delta.enableTypeWidening`. */
  widenColumn(options: WidenColumnOptions): Promise<AlterReport> {
    return this.#run(widenColumn, options);
  }

  /** Makes a column refuse nulls, once no row has been found to have one. */
  setNotNull(options: NotNullOptions): Promise<AlterReport> {
    return this.#run(setNotNull, options);
  }

  /** Lets a column be null. */
  dropNotNull(options: NotNullOptions): Promise<AlterReport> {
    return this.#run(dropNotNull, options);
  }

  /** Gives a column a default, for rows written from then on. */
  setDefault(options: SetDefaultOptions): Promise<AlterReport> {
    return this.#run(setDefault, options);
  }

  /** Takes a column's default away. */
  dropDefault(options: DropDefaultOptions): Promise<AlterReport> {
    return this.#run(dropDefault, options);
  }

  /** Adds a CHECK constraint, once every row has been found to keep it. */
  addConstraint(options: AddConstraintOptions): Promise<AlterReport> {
    return this.#run(addConstraint, options);
  }

  /** Drops a CHECK constraint. */
  dropConstraint(options: DropConstraintOptions): Promise<AlterReport> {
    return this.#run(dropConstraint, options);
  }

  /** Sets table properties, and what they turn on. */
  setProperties(options: SetPropertiesOptions): Promise<AlterReport> {
    return this.#run(setProperties, options);
  }

  /** Unsets table properties: their defaults hold again. */
  unsetProperties(options: UnsetPropertiesOptions): Promise<AlterReport> {
    return this.#run(unsetProperties, options);
  }

  /** Adds table features, and what they require. */
  addFeature(options: AddFeatureOptions): Promise<AlterReport> {
    return this.#run(addFeature, options);
  }

  /** Drops a table feature of which nothing is left. */
  dropFeature(options: DropFeatureOptions): Promise<AlterReport> {
    return this.#run(dropFeature, options);
  }

  /** Sets the text of a metadata domain. */
  setDomain(options: SetDomainOptions): Promise<AlterReport> {
    return this.#run(setDomain, options);
  }

  /** Removes a metadata domain. */
  removeDomain(options: RemoveDomainOptions): Promise<AlterReport> {
    return this.#run(removeDomain, options);
  }

  /** Names the table, for people. */
  setTableName(options: SetTableNameOptions): Promise<AlterReport> {
    return this.#run(setTableName, options);
  }

  /** Describes the table, for people. */
  setTableDescription(
    options: SetTableDescriptionOptions,
  ): Promise<AlterReport> {
    return this.#run(setTableDescription, options);
  }
}
