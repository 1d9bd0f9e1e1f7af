/**
 * Functions of dates and timestamps, with UTC for the time zone.
 *
 * @module
 */

import type { DataType } from "../schema/data_type.ts";
import {
  civilFromDays,
  daysFromCivil,
  daysIn,
  MICROS_PER_DAY,
} from "../schema/time.ts";
import type { Value } from "../schema/value.ts";
import { floorDivide } from "./cast_value.ts";
import { noValue, unsupported } from "./expression_error.ts";
import {
  fill,
  type FunctionRule,
  strict,
  strictly,
  writtenText,
} from "./function_rule.ts";

const DATE: DataType = { kind: "date" };
const INTEGER: DataType = { kind: "integer" };
const TIMESTAMP: DataType = { kind: "timestamp" };

const MICROS = {
  HOUR: 3_600_000_000n,
  MINUTE: 60_000_000n,
  SECOND: 1_000_000n,
  MILLISECOND: 1_000n,
  MICROSECOND: 1n,
} as const;

/** What a format calls a part of the calendar. */
const CALENDAR: Readonly<Record<string, (days: number) => number>> = {
  YEAR: (days) => days - dayOfYear(days) + 1,
  QUARTER: (days) => {
    const { year, month } = civilFromDays(days);
    return daysFromCivil(year, month - (month - 1) % 3, 1)!;
  },
  MONTH: (days) => days - civilFromDays(days).day + 1,
  WEEK: (days) => days - weekday(days),
};
const ALIASES: Readonly<Record<string, string>> = {
  YYYY: "YEAR",
  YY: "YEAR",
  MON: "MONTH",
  MM: "MONTH",
  DD: "DAY",
};

const ofDate = (compute: (days: number) => number): FunctionRule =>
  strict(["date"], INTEGER, compute);

const ofClock = (unit: bigint, size: bigint): FunctionRule =>
  strict(
    ["timestamp"],
    INTEGER,
    (micros: bigint) =>
      Number(floorDivide(micros, unit) % size + size) %
      Number(size),
  );

/** The functions, by name. */
export const TIME_FUNCTIONS: Readonly<Record<string, FunctionRule>> = {
  year: ofDate((days) => civilFromDays(days).year),
  quarter: ofDate((days) => Math.ceil(civilFromDays(days).month / 3)),
  month: ofDate((days) => civilFromDays(days).month),
  day: ofDate((days) => civilFromDays(days).day),
  dayofyear: ofDate(dayOfYear),
  dayofweek: ofDate((days) => (weekday(days) + 1) % 7 + 1),
  weekday: ofDate(weekday),
  weekofyear: ofDate((days) => {
    // The week belongs to the year of its Thursday.
    const thursday = days - weekday(days) + 3;
    return Math.ceil(dayOfYear(thursday) / 7);
  }),
  hour: ofClock(MICROS.HOUR, 24n),
  minute: ofClock(MICROS.MINUTE, 60n),
  second: ofClock(MICROS.SECOND, 60n),
  to_date: strict(["date"], DATE, (days: number) => days),
  to_timestamp: strict(["timestamp"], TIMESTAMP, (micros: bigint) => micros),
  date_add: strict(["date", "integer"], DATE, shifted),
  date_sub: strict(
    ["date", "integer"],
    DATE,
    (days: number, by: number) => shifted(days, -by),
  ),
  datediff: strict(["date", "date"], INTEGER, (a: number, b: number) => a - b),
  add_months: strict(["date", "integer"], DATE, addMonths),
  last_day: strict(["date"], DATE, (days: number) => {
    const { year, month, day } = civilFromDays(days);
    return days - day + daysIn(year, month);
  }),
  unix_date: strict(["date"], INTEGER, (days: number) => days),
  unix_micros: strict(["timestamp"], { kind: "long" }, (m: bigint) => m),
  date_trunc: {
    arity: [2, 2],
    bind: ([format, arg], name) => {
      writtenText(format!, name);
      return {
        args: [format!, fill(arg!, "timestamp", name)],
        type: TIMESTAMP,
      };
    },
    compile: ([, read], { args, name }) => {
      const truncate = truncation(writtenText(args[0]!, name));
      return truncate ? strictly([read!], truncate) : () => null;
    },
  },
  trunc: {
    arity: [2, 2],
    bind: ([arg, format], name) => {
      writtenText(format!, name);
      return { args: [fill(arg!, "date", name), format!], type: DATE };
    },
    compile: ([read], { args, name }) => {
      const unit = CALENDAR[unitNamed(writtenText(args[1]!, name))];
      return unit ? strictly([read!], unit) : () => null;
    },
  },
  date_format: {
    arity: [2, 2],
    bind: ([arg, format], name) => {
      writer(writtenText(format!, name) ?? "");
      return {
        args: [fill(arg!, "timestamp", name), format!],
        type: { kind: "string" },
      };
    },
    compile: ([read], { args, name }) => {
      const format = writtenText(args[1]!, name);
      return format === undefined
        ? () => null
        : strictly([read!], writer(format));
    },
  },
};

function unitNamed(format: string | undefined): string {
  const name = (format ?? "").toUpperCase();
  return ALIASES[name] ?? name;
}

/** Cuts a timestamp down to the start of a unit; undefined for a unit nobody knows. */
function truncation(
  format: string | undefined,
): ((micros: bigint) => Value) | undefined {
  const name = unitNamed(format);
  const part = MICROS[name as keyof typeof MICROS] as bigint | undefined;
  if (part) return (micros) => floorDivide(micros, part) * part;
  const start = name === "DAY" ? (days: number) => days : CALENDAR[name];
  return start && ((micros) => {
    const days = Number(floorDivide(micros, MICROS_PER_DAY));
    return BigInt(start(days)) * MICROS_PER_DAY;
  });
}

/** Days since Monday. */
function weekday(days: number): number {
  return ((days + 3) % 7 + 7) % 7;
}

function dayOfYear(days: number): number {
  return days - daysFromCivil(civilFromDays(days).year, 1, 1)! + 1;
}

function shifted(days: number, by: number): number {
  const moved = days + by;
  if ((moved | 0) === moved) return moved;
  throw noValue("a date", `${by} days further there is none`);
}

function addMonths(days: number, by: number): number {
  const { year, month, day } = civilFromDays(days);
  const months = year * 12 + month - 1 + by;
  const y = Math.floor(months / 12);
  const m = months - y * 12 + 1;
  return daysFromCivil(y, m, Math.min(day, daysIn(y, m)))!;
}

/** Writes a timestamp by a pattern: years, months, days, hours, minutes, seconds and quoted text. */
function writer(pattern: string): (micros: bigint) => string {
  const parts = pattern.match(/'[^']*'|([A-Za-z])\1*|[^A-Za-z']+|'/g) ?? [];
  const writes = parts.map((part) => writerOf(part, pattern));
  return (micros) => writes.map((write) => write(micros)).join("");
}

const FIELDS: Readonly<Record<string, (micros: bigint) => number>> = {
  M: (micros) => civilFromDays(daysOf(micros)).month,
  d: (micros) => civilFromDays(daysOf(micros)).day,
  H: (micros) => clock(micros, MICROS.HOUR, 24n),
  m: (micros) => clock(micros, MICROS.MINUTE, 60n),
  s: (micros) => clock(micros, MICROS.SECOND, 60n),
};

function writerOf(
  part: string,
  pattern: string,
): (micros: bigint) => string {
  if (part.startsWith("'") && part.length > 1) {
    const text = part.slice(1, -1) || "'";
    return () => text;
  }
  if (!/[A-Za-z']/.test(part)) return () => part;
  if (part === "yyyy" || part === "y") {
    return (micros) => {
      const { year } = civilFromDays(daysOf(micros));
      if (year < 0 || year > 9999) {
        throw noValue(`the year ${year} as ${part}`, "it has not four digits");
      }
      return String(year).padStart(part.length, "0");
    };
  }
  const field = part.length <= 2 ? FIELDS[part[0]!] : undefined;
  if (field) {
    return (micros) => String(field(micros)).padStart(part.length, "0");
  }
  throw unsupported(
    `date_format() with ${JSON.stringify(pattern)}`,
    `${part} in a pattern is not known`,
  );
}

function daysOf(micros: bigint): number {
  return Number(floorDivide(micros, MICROS_PER_DAY));
}

function clock(micros: bigint, unit: bigint, size: bigint): number {
  return Number((floorDivide(micros, unit) % size + size) % size);
}
