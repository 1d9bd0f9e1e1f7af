/**
 * The forms of LIKE: `%` is any text, `_` any one character.
 *
 * @module
 */

import { noValue } from "./expression_error.ts";

/** A part of a form: a text as it is, any text, or any one character. */
type Part = string | typeof ANY_TEXT | typeof ANY_ONE;

const ANY_TEXT = Symbol("%");
const ANY_ONE = Symbol("_");

/**
 * Makes the test of a form.
 *
 * @param pattern The form.
 * @param escape The character that takes the meaning from the next one.
 * @throws {DeltaError} `DELTA_EXPRESSION_FAILED` where it stands before any other character.
 */
export function likeMatcher(
  pattern: string,
  escape: string,
): (text: string) => boolean {
  const parts = partsOf(pattern, escape);
  const [first, second] = parts;
  if (parts.length === 0) return (text) => text === "";
  if (typeof first === "string") {
    if (parts.length === 1) return (text) => text === first;
    if (parts.length === 2 && second === ANY_TEXT) {
      return (text) => text.startsWith(first);
    }
  }
  const source = parts.map((part) =>
    part === ANY_TEXT
      ? ".*"
      : part === ANY_ONE
      ? "."
      : (part as string).replace(/[\\^$.*+?()[\]{}|\/-]/g, "\\$&")
  ).join("");
  const expression = new RegExp(`^${source}$`, "su");
  return (text) => expression.test(text);
}

/** What every text of a form starts with, and whether nothing else is asked of it. */
export function likePrefix(
  pattern: string,
  escape: string,
): { readonly prefix: string; readonly isAll: boolean } {
  const [first, second, ...rest] = partsOf(pattern, escape);
  const prefix = typeof first === "string" ? first : "";
  const open = typeof first === "string" ? second : first;
  const more = typeof first === "string" ? rest.length : second ? 1 : 0;
  return { prefix, isAll: open === ANY_TEXT && more === 0 };
}

function partsOf(pattern: string, escape: string): readonly Part[] {
  const parts: Part[] = [];
  let text = "";
  const characters = [...pattern];
  const flush = (part?: Part) => {
    if (text !== "") parts.push(text);
    text = "";
    if (part && !(part === ANY_TEXT && parts.at(-1) === ANY_TEXT)) {
      parts.push(part);
    }
  };
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    if (character === escape) {
      const next = characters[++i];
      if (next !== "%" && next !== "_" && next !== escape) {
        throw noValue(
          `LIKE ${JSON.stringify(pattern)}`,
          `${escape} stands before ${next ?? "the end"}, not before % or _`,
        );
      }
      text += next;
    } else if (character === "%") flush(ANY_TEXT);
    else if (character === "_") flush(ANY_ONE);
    else text += character;
  }
  flush();
  return parts;
}
