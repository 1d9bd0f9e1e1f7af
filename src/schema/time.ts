/**
 * Dates and timestamps as text: days and microseconds since 1970-01-01, in the
 * proleptic Gregorian calendar, for every year a 64-bit timestamp reaches.
 *
 * Source: Delta protocol, "Partition Value Serialization".
 *
 * @module
 */

import { DeltaError } from "../errors.ts";

/** Microseconds in a day. */
export const MICROS_PER_DAY = 86_400_000_000n;

const DATE = /^([+-]?\d{1,7})-(\d{1,2})-(\d{1,2})$/;
const TIMESTAMP =
  /^([+-]?\d{1,7}-\d{1,2}-\d{1,2})(?:[ Tt](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,12}))?)?\s*(Z|z|UTC|[+-]\d{1,2}(?::?\d{2}(?::?\d{2})?)?)?)?$/;

/**
 * Reads `yyyy-mm-dd` as days since 1970-01-01. Years past 9999 and before 0 carry a sign.
 *
 * @throws {DeltaError} `DELTA_VALUE_OUT_OF_RANGE` when the text is no date of the calendar.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(parseDate("1970-01-02"), 1);
 * ```
 */
export function parseDate(text: string): number {
  const match = DATE.exec(text.trim());
  const days = match &&
    daysFromCivil(Number(match[1]), Number(match[2]), Number(match[3]));
  if (days === null) throw notTime(text, "a date", "2024-02-29");
  return days;
}

/** Writes days since 1970-01-01 as `yyyy-mm-dd`; outside the years 0 to 9999 as `+yyyyyy-mm-dd` or `-yyyyyy-mm-dd`. */
export function formatDate(days: number): string {
  const { year, month, day } = civilFromDays(days);
  return `${formatYear(year)}-${two(month)}-${two(day)}`;
}

/**
 * Reads `yyyy-mm-dd[ hh:mm[:ss[.ffffff]]]`, with a blank or `T` between, as
 * microseconds since the epoch. Digits past the sixth are cut off.
 *
 * @param zone `utc`: a zone (`Z`, `+02:00`) is honoured, and its absence means UTC.
 *   `none`: a wall clock taken as UTC; only a zone of UTC is let through.
 * @throws {DeltaError} `DELTA_VALUE_OUT_OF_RANGE` when the text is no timestamp.
 */
export function parseTimestamp(text: string, zone: "utc" | "none"): bigint {
  const match = TIMESTAMP.exec(text.trim());
  if (!match) throw notTime(text, "a timestamp", "2024-02-29 12:30:00.000001");
  const days = parseDate(match[1]!);
  const [hour, minute, second] = [match[2], match[3], match[4]].map((part) =>
    Number(part ?? "0")
  ) as [number, number, number];
  if (hour > 23 || minute > 59 || second > 59) {
    throw notTime(text, "a timestamp", "2024-02-29 12:30:00");
  }
  const offset = zoneSeconds(match[6]);
  if (zone === "none" && offset !== 0) {
    throw notTime(text, "a timestamp without time zone", "2024-02-29 12:30:00");
  }
  const seconds = BigInt(hour * 3600 + minute * 60 + second - offset);
  const micros = BigInt((match[5] ?? "").slice(0, 6).padEnd(6, "0"));
  return BigInt(days) * MICROS_PER_DAY + seconds * 1_000_000n + micros;
}

/**
 * Milliseconds since the epoch of a time as callers give it: a `Date`, those
 * milliseconds, or text, in UTC where it names no zone. What is no time is NaN.
 *
 * @throws {DeltaError} `DELTA_VALUE_OUT_OF_RANGE` when a text is no timestamp.
 */
export function timeMs(time: Date | number | string): number {
  if (typeof time === "string") {
    return Number(parseTimestamp(time, "utc") / 1000n);
  }
  return time === null ? NaN : Number(time);
}

/** Whether a timestamp's text names a time zone. */
export function namesZone(text: string): boolean {
  return TIMESTAMP.exec(text.trim())?.[6] !== undefined;
}

/**
 * Writes microseconds since the epoch.
 *
 * @param zone `utc` (the default): ISO 8601 with six digits and `Z`, `1970-01-01T00:00:00.123456Z`.
 *   `none`: a wall clock, `1970-01-01 00:00:00.123456`, without the fraction where it is zero.
 */
export function formatTimestamp(
  micros: bigint,
  zone: "utc" | "none" = "utc",
): string {
  const inDay = ((micros % MICROS_PER_DAY) + MICROS_PER_DAY) % MICROS_PER_DAY;
  const date = formatDate(Number((micros - inDay) / MICROS_PER_DAY));
  const seconds = Number(inDay / 1_000_000n);
  const fraction = String(inDay % 1_000_000n).padStart(6, "0");
  const clock = [
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ].map(two).join(":");
  if (zone === "utc") return `${date}T${clock}.${fraction}Z`;
  return `${date} ${clock}${fraction === "000000" ? "" : `.${fraction}`}`;
}

/** Days since 1970-01-01 of a day of the calendar; null when there is no such day. */
export function daysFromCivil(
  year: number,
  month: number,
  day: number,
): number | null {
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) {
    return null;
  }
  // Years counted from March put the leap day last, so whole 400-year eras repeat.
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) -
    Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** A day of the calendar. */
export interface CivilDate {
  /** The year; 0 is the year before 1. */
  readonly year: number;
  /** The month, 1 to 12. */
  readonly month: number;
  /** The day of the month, from 1. */
  readonly day: number;
}

/** The day of the calendar that is so many days after 1970-01-01. */
export function civilFromDays(days: number): CivilDate {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra -
    (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const march = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * march + 2) / 5) + 1;
  const month = march < 10 ? march + 3 : march - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** How many days a month has. */
export function daysIn(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

function formatYear(year: number): string {
  if (year >= 0 && year <= 9999) return String(year).padStart(4, "0");
  const sign = year < 0 ? "-" : "+";
  return sign + String(Math.abs(year)).padStart(6, "0");
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

function zoneSeconds(zone: string | undefined): number {
  if (zone === undefined || /^(z|utc)$/i.test(zone)) return 0;
  const [, sign, hours, minutes, seconds] =
    /^([+-])(\d{1,2}):?(\d{2})?:?(\d{2})?$/.exec(zone)!;
  const size = Number(hours) * 3600 + Number(minutes ?? 0) * 60 +
    Number(seconds ?? 0);
  return sign === "-" ? -size : size;
}

function notTime(text: string, what: string, example: string): DeltaError {
  return new DeltaError("DELTA_VALUE_OUT_OF_RANGE", {
    what: `Cannot read ${JSON.stringify(text)} as ${what}`,
    why: "it does not have the form, or there is no such day or time",
    fix: `Write it like "${example}"`,
  });
}
