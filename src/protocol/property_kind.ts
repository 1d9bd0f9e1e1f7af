/**
 * What the text of a table property may say: intervals, sizes, levels, and what
 * is legal, in words.
 *
 * Source: Delta protocol, "Table Properties"; the keys of Delta Spark and delta-rs.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import { parseColumnList } from "../schema/schema_path.ts";

/** How much a commit minds what others did meanwhile. */
export type IsolationLevel =
  | "Serializable"
  | "WriteSerializable"
  | "SnapshotIsolation";

/** Compression of Parquet files, as the Parquet codec names it. */
export type CompressionCodec =
  | "zstd"
  | "snappy"
  | "gzip"
  | "uncompressed"
  | "lz4"
  | "lz4_raw"
  | "brotli";

/** Milliseconds in a day. */
export const DAY = 86_400_000;
const LEVELS = [
  "Serializable",
  "WriteSerializable",
  "SnapshotIsolation",
] as const;
const CODECS: readonly CompressionCodec[] = [
  "zstd",
  "snappy",
  "gzip",
  "uncompressed",
  "lz4",
  "lz4_raw",
  "brotli",
];

/**
 * Reads a calendar interval as milliseconds: `interval 1 week 2 days`, `7 days`,
 * `12 hours`. Months and years have no one length.
 *
 * @returns Undefined when the text is no such interval.
 */
export function parseInterval(text: string): number | undefined {
  const words = text.trim().toLowerCase().replace(/^interval\s+/, "");
  const parts = [...words.matchAll(/(-?\d+(?:\.\d+)?)\s*([a-z]+)/g)];
  const rest = words.replace(/(-?\d+(?:\.\d+)?)\s*([a-z]+)/g, "");
  if (parts.length === 0 || rest.trim() !== "") return undefined;
  let ms = 0;
  for (const [, amount, unit] of parts) {
    const size = UNITS[unit!.replace(/s$/, "")];
    if (size === undefined) return undefined;
    ms += Number(amount) * size;
  }
  return ms >= 0 ? Math.round(ms) : undefined;
}

const UNITS: Readonly<Record<string, number>> = {
  microsecond: 0.001,
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: DAY,
  week: 7 * DAY,
};

/** How a property's text is read, and what is legal, in words. */
export interface Kind<T> {
  /** Reads it; undefined when it is not legal. */
  readonly parse: (text: string) => T | undefined;
  /** What is legal, for messages. */
  readonly legal: string;
}

/** `true` or `false`. */
export const boolean: Kind<boolean> = {
  parse: (text) => ({ true: true, false: false })[text.toLowerCase()],
  legal: "true or false",
};

/** An integer from a lowest one on. */
export function integerFrom(min: number, legal: string): Kind<number> {
  return {
    parse: (text) => {
      const number = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
      return Number.isSafeInteger(number) && number >= min ? number : undefined;
    },
    legal,
  };
}

/** 1 or more. */
export const positive: Kind<number> = integerFrom(1, "an integer of 1 or more");
/** 0 or more. */
export const natural: Kind<number> = integerFrom(0, "an integer of 0 or more");
/** -1 or more. */
export const fromMinusOne: Kind<number> = integerFrom(
  -1,
  "an integer of -1 or more",
);

/** A calendar interval, as milliseconds. */
export const interval: Kind<number> = {
  parse: parseInterval,
  legal:
    'an interval such as "interval 2 weeks" or "12 hours", without months and years',
};

/** A size in bytes. */
export const bytes: Kind<number> = {
  parse: (text) => {
    const match = /^(\d+)\s*([kmgt]?)b?$/i.exec(text);
    if (!match) return undefined;
    const power = ["", "k", "m", "g", "t"].indexOf(match[2]!.toLowerCase());
    const size = Number(match[1]) * 1024 ** power;
    return Number.isSafeInteger(size) && size > 0 ? size : undefined;
  },
  legal: 'a number of bytes, such as "134217728" or "128mb"',
};

/** An isolation level, in any capitalisation. */
export const isolation: Kind<IsolationLevel> = {
  parse: (text) =>
    LEVELS.find((level) => level.toLowerCase() === text.toLowerCase()),
  legal: LEVELS.join(", "),
};

/** A compression codec. */
export const codec: Kind<CompressionCodec> = {
  parse: (text) => {
    const name = text.toLowerCase();
    return name === "none" ? "uncompressed" : CODECS.find((c) => c === name);
  },
  legal: CODECS.join(", "),
};

/** A checkpoint policy. */
export const policy: Kind<"classic" | "v2"> = {
  parse: (text) =>
    (["classic", "v2"] as const).find((name) => name === text.toLowerCase()),
  legal: "classic, v2",
};

/** A column mapping mode. */
export const mode: Kind<string> = {
  parse: (text) =>
    ["none", "name", "id"].find((name) => name === text.toLowerCase()),
  legal: "none, name, id",
};

/** A list of columns, as text. */
export const columns: Kind<string> = {
  parse: (text) => {
    try {
      parseColumnList(text);
      return text;
    } catch (cause) {
      if (cause instanceof DeltaError) return undefined;
      throw cause;
    }
  },
  legal: "column names separated by commas",
};

/** A Parquet format version. */
export const version: Kind<string> = {
  parse: (text) => /^(1\.0\.0|2\.\d+\.\d+)$/.test(text) ? text : undefined,
  legal: "1.0.0, or 2.x.y",
};

/** Anything. */
export const text: Kind<string> = { parse: (text) => text, legal: "text" };

/** Nothing: engines set it, users do not. */
export const internal: Kind<string> = {
  parse: () => undefined,
  legal: "set by engines only",
};
