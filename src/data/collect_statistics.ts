/**
 * Statistics of a data file while it is written: rows, nulls, smallest and
 * largest value of each leaf column, straight from Arrow's buffers.
 *
 * Every bound is safe to skip by: a minimum is never above a value of the file
 * and a maximum never below one, also where the JSON form is coarser than the
 * column (strings past 32 characters, microseconds). Where no such bound can be
 * written (NaN, infinities, a year past 9999) it is left out.
 *
 * Source: Delta protocol, "Per-file Statistics".
 *
 * @module
 */

import type { Data, RecordBatch } from "apache-arrow";
import type { DataType, StructType } from "../schema/data_type.ts";
import { foldCase, parseColumnList } from "../schema/schema_path.ts";
import { boundsOf } from "./column_bounds.ts";
import { validityOf } from "./validity.ts";

/** Which leaf columns get statistics. */
export interface StatisticsLimit {
  /** How many leaf columns, from the left; -1 means all. */
  readonly columns: number;
  /** Comma-separated column names; where given, they alone count. */
  readonly names?: string | undefined;
}

/** Collects the statistics of one file. */
export interface StatisticsCollector {
  /** Rows seen so far. */
  readonly numRecords: number;
  /** Looks at every row of a batch, whose columns are those of the schema. */
  observe(batch: RecordBatch): void;
  /**
   * The statistics as JSON text.
   *
   * @param tightBounds What `tightBounds` is to say; absent when `undefined`.
   */
  format(tightBounds?: boolean): string;
}

/**
 * Makes a collector for files whose columns are those of a schema.
 *
 * @param logical The file's columns by logical name, which `limit.names` speaks of.
 * @param physical The same tree by physical name, which statistics speak of.
 * @param limit Which leaf columns get statistics.
 * @returns The collector.
 */
export function statisticsCollector(
  logical: StructType,
  physical: StructType,
  limit: StatisticsLimit,
): StatisticsCollector {
  const root = structNode("", logical, physical, chooser(limit), []);
  let numRecords = 0;
  return {
    get numRecords() {
      return numRecords;
    },
    observe(batch) {
      numRecords += batch.numRows;
      root.fields.forEach((node, i) =>
        node?.observe(batch.data.children[i]!, batch.numRows, undefined)
      );
    },
    format(tightBounds) {
      const parts = [`"numRecords":${numRecords}`];
      const section = (name: string, text: string | undefined) => {
        if (text !== undefined) parts.push(`"${name}":${text}`);
      };
      section("minValues", root.format("min") ?? "{}");
      section("maxValues", root.format("max") ?? "{}");
      section("nullCount", root.format("nullCount") ?? "{}");
      if (tightBounds !== undefined) section("tightBounds", `${tightBounds}`);
      return `{${parts.join(",")}}`;
    },
  };
}

type Section = "min" | "max" | "nullCount";

/** A column, or a field of one. */
interface Node {
  readonly name: string;
  observe(data: Data, rows: number, parent: Uint8Array | undefined): void;
  format(section: Section): string | undefined;
}

/** Whether a leaf gets statistics; asked once per leaf, in schema order. */
type Chooser = (path: readonly string[]) => boolean;

function chooser(limit: StatisticsLimit): Chooser {
  if (limit.names !== undefined && limit.names.trim() !== "") {
    const key = (path: readonly string[]) => path.map(foldCase).join("\0");
    const wanted = parseColumnList(limit.names).map(key);
    return (path) => {
      const own = key(path);
      return wanted.some((name) => own === name || own.startsWith(`${name}\0`));
    };
  }
  let left = limit.columns < 0 ? Infinity : limit.columns;
  return () => left-- > 0;
}

function structNode(
  name: string,
  logical: StructType,
  physical: StructType,
  chosen: Chooser,
  path: readonly string[],
): Node & { readonly fields: readonly (Node | undefined)[] } {
  const fields = logical.fields.map((field, i): Node | undefined => {
    const twin = physical.fields[i]!;
    const here = [...path, field.name];
    if (field.type.kind === "struct") {
      const nested = twin.type as StructType;
      const node = structNode(twin.name, field.type, nested, chosen, here);
      return node.fields.some((child) => child) ? node : undefined;
    }
    if (field.type.kind === "void") return undefined;
    return chosen(here) ? leafNode(twin.name, field.type) : undefined;
  });
  return {
    name,
    fields,
    observe(data, rows, parent) {
      const valid = validityOf(data, rows, parent);
      fields.forEach((node, i) =>
        node?.observe(data.children[i]!, rows, valid)
      );
    },
    format(section) {
      const parts = fields.flatMap((node) => {
        const text = node?.format(section);
        return text === undefined
          ? []
          : `${JSON.stringify(node!.name)}:${text}`;
      });
      return parts.length === 0 ? undefined : `{${parts.join(",")}}`;
    },
  };
}

function leafNode(name: string, type: DataType): Node {
  const bounds = boundsOf(type);
  let nullCount = 0;
  return {
    name,
    observe(data, rows, parent) {
      const valid = validityOf(data, rows, parent);
      nullCount += countNulls(valid);
      bounds?.observe(data, rows, valid);
    },
    format: (section) =>
      section === "nullCount" ? `${nullCount}` : bounds?.[section](),
  };
}

function countNulls(valid: Uint8Array | undefined): number {
  if (!valid) return 0;
  let set = 0;
  for (let i = 0; i < valid.length; i++) set += valid[i]!;
  return valid.length - set;
}
