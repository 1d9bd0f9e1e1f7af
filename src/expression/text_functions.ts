/**
 * Functions of texts. A text's length and places count characters (code
 * points), from 1.
 *
 * @module
 */

import type { DataType } from "../schema/data_type.ts";
import type { Value } from "../schema/value.ts";
import type { BoundExpression } from "./bound.ts";
import { unsupported } from "./expression_error.ts";
import { fill, type FunctionRule, strict, strictly } from "./function_rule.ts";

const STRING: DataType = { kind: "string" };
const INTEGER: DataType = { kind: "integer" };
const BOOLEAN: DataType = { kind: "boolean" };

/** Past this many characters a text is not repeated or padded. */
const LONGEST = 2 ** 26;

const utf8 = new TextEncoder();

/** The functions, by name. */
export const TEXT_FUNCTIONS: Readonly<Record<string, FunctionRule>> = {
  upper: strict(["text"], STRING, (s: string) => s.toUpperCase()),
  lower: strict(["text"], STRING, (s: string) => s.toLowerCase()),
  length: overBytes(characters, (b) => b.length),
  octet_length: overBytes((s) => utf8.encode(s).length, (b) => b.length),
  trim: strict(["text"], STRING, (s: string) => s.replace(/^ +| +$/g, "")),
  ltrim: strict(["text"], STRING, (s: string) => s.replace(/^ +/, "")),
  rtrim: strict(["text"], STRING, (s: string) => s.replace(/ +$/, "")),
  substring: strict(
    ["text", "integer", "integer"],
    STRING,
    substring,
    2,
    3,
  ),
  left: strict(
    ["text", "integer"],
    STRING,
    (s: string, n: number) => substring(s, 1, n),
  ),
  right: strict(
    ["text", "integer"],
    STRING,
    (s: string, n: number) => n <= 0 ? "" : substring(s, -n, n),
  ),
  concat: {
    arity: [0, Infinity],
    bind(args, name) {
      if (args.some((arg) => arg.type.kind === "array")) {
        throw unsupported(`${name}()`, "it is not known for arrays");
      }
      if (args.length > 0 && args.every(isBinary)) {
        return { args, type: { kind: "binary" } };
      }
      return { args: args.map((arg) => fill(arg, "text", name)), type: STRING };
    },
    compile: (args, { type }) =>
      strictly(
        args,
        type.kind === "binary"
          ? joined
          : (...texts: string[]) => texts.join(""),
      ),
  },
  concat_ws: {
    arity: [1, Infinity],
    bind: (args, name) => ({
      args: args.map((arg) => fill(arg, "text", name)),
      type: STRING,
    }),
    compile: ([separator, ...rest]) => (row) => {
      const between = separator!(row);
      if (between === null) return null;
      return rest.map((read) => read(row)).filter((s) => s !== null)
        .join(between as string);
    },
  },
  replace: strict(
    ["text"],
    STRING,
    (s: string, search: string, by = "") =>
      search === "" ? s : s.replaceAll(search, () => by),
    2,
    3,
  ),
  startswith: strict(
    ["text", "text"],
    BOOLEAN,
    (s: string, t: string) => s.startsWith(t),
  ),
  endswith: strict(
    ["text", "text"],
    BOOLEAN,
    (s: string, t: string) => s.endsWith(t),
  ),
  contains: strict(
    ["text", "text"],
    BOOLEAN,
    (s: string, t: string) => s.includes(t),
  ),
  instr: strict(["text", "text"], INTEGER, (s: string, t: string) => {
    const at = s.indexOf(t);
    return at < 0 ? 0 : characters(s.slice(0, at)) + 1;
  }),
  reverse: strict(["text"], STRING, (s: string) => [...s].reverse().join("")),
  repeat: strict(
    ["text", "integer"],
    STRING,
    (s: string, n: number) => s.repeat(bounded(n, s.length)),
  ),
  lpad: strict(
    ["text", "integer", "text"],
    STRING,
    (s: string, n: number, by = " ") => padding(s, n, by) + cut(s, n),
    2,
    3,
  ),
  rpad: strict(
    ["text", "integer", "text"],
    STRING,
    (s: string, n: number, by = " ") => cut(s, n) + padding(s, n, by),
    2,
    3,
  ),
};

/** A function of texts that takes binary too, as it is. */
function overBytes(
  ofText: (text: string) => number,
  ofBytes: (bytes: Uint8Array) => number,
): FunctionRule {
  return {
    arity: [1, 1],
    bind: ([arg], name) => ({
      args: [isBinary(arg!) ? arg! : fill(arg!, "text", name)],
      type: INTEGER,
    }),
    compile: (args) =>
      strictly(
        args,
        (value: string | Uint8Array): Value =>
          typeof value === "string" ? ofText(value) : ofBytes(value),
      ),
  };
}

function isBinary(arg: BoundExpression): boolean {
  return arg.type.kind === "binary";
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** From a place, counted from 1 or from the end where negative; 0 is 1. */
function substring(text: string, at: number, length = Infinity): string {
  if (length <= 0) return "";
  const all = [...text];
  const start = at > 0 ? at - 1 : at < 0 ? all.length + at : 0;
  // A place before the start uses up some of the length.
  const end = start + length;
  return end <= 0 ? "" : all.slice(Math.max(0, start), end).join("");
}

function cut(text: string, length: number): string {
  return substring(text, 1, length);
}

function padding(text: string, length: number, by: string): string {
  const missing = length - characters(text);
  if (missing <= 0 || by === "") return "";
  const unit = [...by];
  const times = Math.ceil(bounded(missing, 1) / unit.length);
  return cut(by.repeat(times), missing);
}

function bounded(times: number, each: number): number {
  if (times * each <= LONGEST) return Math.max(0, times);
  throw unsupported("a text so long", `it has over ${LONGEST} characters`);
}
