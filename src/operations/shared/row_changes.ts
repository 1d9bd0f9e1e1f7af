/**
 * Rows of existing files deleted or replaced, and new rows beside them: files
 * rewritten or given deletion vectors, change data files written, everything
 * kept back until one commit names it.
 *
 * Source: Delta protocol, "Deletion Vectors", "Add CDC File" and "Row Tracking".
 *
 * @module
 */

import type { RecordBatch } from "apache-arrow";
import type { AddCdcFile, AddFile, RemoveFile } from "../../actions/action.ts";
import { decodePath } from "../../actions/file_key.ts";
import { RowSet } from "../../data/roaring.ts";
import { type FoundRows, splitFile } from "../../data/rewrite_file.ts";
import { withHidden, withoutHidden } from "../../data/stable_row_ids.ts";
import {
  type ChangeFileWriter,
  changeFileWriter,
  type ChangeType,
} from "../../data/write_change_files.ts";
import {
  type DataFileWriter,
  dataFileWriter,
  deleteOrphans,
} from "../../data/write_data_files.ts";
import {
  type FileDeletion,
  writeDeletionVectors,
} from "../../data/write_deletion_vectors.ts";
import type { RowEnforcer } from "../../data/enforce_rows.ts";
import {
  type RowTrackingColumns,
  rowTrackingColumns,
} from "../../protocol/row_tracking.ts";
import { hasFeature } from "../../protocol/table_feature.ts";
import { tableProperties } from "../../protocol/table_property.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";
import { checkRewritable } from "./check_rewritable.ts";
import { enforcerOf } from "./row_enforcer.ts";
import { removeOf } from "./removes.ts";

/** A file of which every live row is touched, known without opening it. */
export interface WholeFile {
  /** The file. */
  readonly add: AddFile;
  /** There are no positions: every row. */
  readonly positions: undefined;
  /** How many live rows it has, where its statistics tell. */
  readonly found: number | undefined;
}

/** Rows of a file that a change touches. */
export type TouchedFile = FoundRows | WholeFile;

/** Rows and what happened to them. */
export interface RowChange {
  /** What happened. */
  readonly type: ChangeType;
  /** The rows, all columns of the table. */
  readonly batch: RecordBatch;
}

/** Rows that take the place of touched ones. */
export interface NewRows {
  /** The rows, all columns of the table. */
  readonly batch: RecordBatch;
  /** Which of the touched rows each was; all of them in order by default. */
  readonly from?: Uint32Array | undefined;
}

/** What becomes of touched rows. */
export interface EditedRows {
  /** The rows that take their place; none where they are deleted. */
  readonly rows: readonly NewRows[];
  /** The same as changes, for the change feed. */
  readonly changes: readonly RowChange[];
}

/**
 * Decides what becomes of touched rows.
 *
 * @param touched Some of a file's touched rows, in the file's order, all columns.
 * @param first Which of all touched rows of the file the first one is.
 */
export type RowEdit = (touched: RecordBatch, first: number) => EditedRows;

/** How the changes are made. */
export interface RowChangesOptions {
  /** Whether the change feed gets every changed row of this version. */
  readonly recordsChanges: boolean;
  /** Size at which a data file is closed; the table's by default. */
  readonly targetFileSize?: number | undefined;
  /** Cancels the work. */
  readonly signal?: AbortSignal | undefined;
}

/** Actions of changes that no commit names yet, and their figures. */
export interface StagedChanges {
  /** Files that become live. */
  readonly adds: readonly AddFile[];
  /** Files that become tombstones. */
  readonly removes: readonly RemoveFile[];
  /** Change data files. */
  readonly cdc: readonly AddCdcFile[];
  /** Every file that was put, as the store names it. */
  readonly stored: readonly string[];
  /** Rows that were written again only because they shared a file. */
  readonly copiedRows: number;
  /** How many of the adds are new data files. */
  readonly newFiles: number;
  /** Bytes of the new data files. */
  readonly newBytes: number;
  /** Files that are gone altogether. */
  readonly goneFiles: number;
  /** Their bytes. */
  readonly goneBytes: number;
  /** Files that got a deletion vector, or a larger one. */
  readonly vectors: number;
  /** Deletion vectors that were replaced or went with their file. */
  readonly oldVectors: number;
}

/** Deleting rows, as an edit. */
export const DELETE_ROWS: RowEdit = (touched) => ({
  rows: [],
  changes: [{ type: "delete", batch: touched }],
});

/** Whether rows are deleted by deletion vectors on this table. */
export function usesVectors(snapshot: Snapshot): boolean {
  return hasFeature(snapshot.protocol, "deletionVectors") &&
    tableProperties(snapshot.metadata.configuration).enableDeletionVectors;
}

/** Whether this table keeps a feed of changed rows. */
export function keepsFeed(snapshot: Snapshot): boolean {
  return tableProperties(snapshot.metadata.configuration).enableChangeDataFeed;
}

/** Makes changes to rows of a version, file by file. */
export class RowChanges {
  readonly #context: TableContext;
  readonly #base: Snapshot;
  readonly #options: RowChangesOptions;
  readonly #vectors: boolean;
  readonly #tracking: RowTrackingColumns | undefined;
  readonly #enforce: RowEnforcer;
  readonly #removes: RemoveFile[] = [];
  readonly #deletions: FileDeletion[] = [];
  readonly #vectorPaths: string[] = [];
  readonly #now: number;
  #writer: DataFileWriter | undefined;
  #changes: ChangeFileWriter | undefined;
  #inserted = 0;
  #copiedRows = 0;
  #goneBytes = 0;
  #goneFiles = 0;
  #oldVectors = 0;

  /**
   * Begins with no change.
   *
   * @param base The version whose rows change.
   */
  constructor(
    context: TableContext,
    base: Snapshot,
    options: RowChangesOptions,
  ) {
    this.#context = context;
    this.#base = base;
    this.#options = options;
    this.#vectors = usesVectors(base);
    this.#tracking = rowTrackingColumns(base);
    this.#enforce = enforcerOf(context, base);
    this.#now = context.host.now();
    if (options.recordsChanges) {
      this.#changes = changeFileWriter(context, base, {
        signal: options.signal,
      });
    }
  }

  /** Whether the feed gets every changed row. */
  get recordsChanges(): boolean {
    return this.#options.recordsChanges;
  }

  /**
   * Changes rows of one file.
   *
   * @param file The file, and which of its rows.
   * @param edit What becomes of them.
   * @param edits Whether the edit gives rows, so that the touched rows must be read.
   * @throws {DeltaError} `DELTA_UNSUPPORTED_FEATURES_FOR_WRITE` where rows would move and must not: see `checkRewritable`.
   */
  async change(
    file: TouchedFile,
    edit: RowEdit,
    edits: boolean,
  ): Promise<void> {
    const whole = file.positions === undefined;
    const copies = !whole && !this.#vectors;
    if (edits || copies) {
      checkRewritable(this.#base, `Cannot change rows of ${this.#context.url}`);
    }
    if (edits || copies || this.#changes) {
      await this.#read(file, edit, copies);
    }
    if (whole || copies) this.#drop(file.add);
    else this.#hide(file);
  }

  /**
   * Adds rows; they are checked first, and columns that they lack filled in.
   *
   * @param recompute Generated columns whose values in the batch are old.
   */
  async insert(
    batch: RecordBatch,
    recompute?: ReadonlySet<string>,
  ): Promise<void> {
    const rows = this.#enforce(batch, {
      firstRow: this.#inserted,
      recompute,
    });
    this.#inserted += rows.numRows;
    await this.#write(this.#hiding(rows, undefined));
    await this.#changes?.write("insert", rows);
  }

  /** Tells the change feed, where it is kept, of rows that somebody else writes. */
  async record({ type, batch }: RowChange): Promise<void> {
    await this.#changes?.write(type, batch);
  }

  /** Writes out everything that is left, and answers with the actions. */
  async finish(): Promise<StagedChanges> {
    const written = await this.#writer?.finish() ?? [];
    const cdc = await this.#changes?.finish() ?? [];
    const hidden = await writeDeletionVectors(
      this.#context,
      this.#base.metadata.configuration,
      this.#deletions,
      this.#vectorPaths,
      this.#options.signal,
    );
    const paths = [...written, ...cdc].map((file) => decodePath(file.path));
    return {
      adds: [...hidden, ...written],
      removes: this.#removes,
      cdc,
      stored: [...paths, ...this.#vectorPaths],
      copiedRows: this.#copiedRows,
      newFiles: written.length,
      newBytes: written.reduce((sum, add) => sum + add.size, 0),
      goneFiles: this.#goneFiles,
      goneBytes: this.#goneBytes,
      vectors: hidden.length,
      oldVectors: this.#oldVectors,
    };
  }

  /** Drops everything and deletes what was put; never throws. Only while no commit can name it. */
  async abort(): Promise<void> {
    await this.#writer?.abort();
    await this.#changes?.abort();
    await deleteOrphans(this.#context, this.#vectorPaths);
  }

  async #read(file: TouchedFile, edit: RowEdit, copies: boolean) {
    const parts = splitFile(this.#context, this.#base, file, {
      keeps: copies,
      tracking: this.#tracking,
      signal: this.#options.signal,
    });
    for await (const { touched, firstTouched, kept } of parts) {
      if (kept) {
        this.#copiedRows += kept.numRows;
        await this.#write(kept);
      }
      if (!touched) continue;
      const shown = this.#tracking
        ? withoutHidden(touched, this.#base.schema)
        : touched;
      const { rows, changes } = edit(shown, firstTouched);
      for (const { batch, from } of rows) {
        await this.#write(this.#hiding(batch, touched, from));
      }
      for (const { type, batch } of changes) {
        await this.#changes?.write(type, batch);
      }
    }
  }

  /** Rows as they are written: where rows are tracked, with the ids of those that they were. */
  #hiding(
    rows: RecordBatch,
    before: RecordBatch | undefined,
    from?: Uint32Array,
  ): RecordBatch {
    return this.#tracking
      ? withHidden(rows, this.#tracking, before, from)
      : rows;
  }

  async #write(rows: RecordBatch): Promise<void> {
    if (rows.numRows === 0) return;
    const { targetFileSize, signal } = this.#options;
    this.#writer ??= dataFileWriter(this.#context, this.#base, {
      targetFileSize,
      hidden: this.#tracking,
      signal,
    });
    await this.#writer.write(rows);
  }

  #drop(add: AddFile): void {
    this.#removes.push(removeOf(add, this.#now));
    this.#goneFiles++;
    this.#goneBytes += add.size;
    if (add.deletionVector) this.#oldVectors++;
  }

  #hide(file: TouchedFile): void {
    const { add, positions, deleted, rowCount } = file as FoundRows;
    const fresh = RowSet.of(positions!);
    this.#deletions.push({
      add,
      rowCount,
      deleted: deleted ? deleted.union(fresh) : fresh,
    });
    this.#removes.push(removeOf(add, this.#now));
    if (add.deletionVector) this.#oldVectors++;
  }
}
