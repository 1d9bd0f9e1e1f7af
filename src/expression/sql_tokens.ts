/**
 * The words of an SQL expression, in Spark's dialect: names in backticks, texts
 * in either quotes with backslash escapes, numbers with a letter for their type.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";

/** A word of the text. */
export interface Token {
  /** What it is; a quoted name is no keyword. */
  readonly kind: "word" | "name" | "text" | "number" | "symbol" | "end";
  /** As written; names and texts without quotes and escapes. */
  readonly text: string;
  /** Where it starts. */
  readonly at: number;
}

const SKIP = /(?:\s+|--[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER =
  /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?:BD|[LSYDF])?(?![\p{L}\p{N}_])/iuy;
const NAME = /`((?:[^`]|``)+)`/y;
const TEXT = /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"/y;
const RAW = /r('[^']*'|"[^"]*")/iy;
/** Characters of a text that a message quotes. */
const MOST_QUOTED = 200;
const SYMBOL = /<=>|<>|<=|>=|!=|==|\|\||::|->|[-+*\/%=<>!(),.\[\]&|^~?:;]/y;

/**
 * Splits a text into words.
 *
 * @throws {DeltaError} `DELTA_UNSUPPORTED_EXPRESSION` at a character that starts none.
 */
export function tokensOf(sql: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = skip(sql, 0);
  while (at < sql.length) {
    const [token, end] = next(sql, at);
    tokens.push(token);
    at = skip(sql, end);
  }
  tokens.push({ kind: "end", text: "", at });
  return tokens;
}

/** The error of a text that this engine does not read as an expression. */
export function unreadable(sql: string, at: number, why: string): DeltaError {
  return new DeltaError("DELTA_UNSUPPORTED_EXPRESSION", {
    what: `Cannot read the expression ${excerpt(sql)}`,
    why: `${why} at character ${at + 1}`,
    fix:
      "Use comparisons, AND, OR, NOT, IN, BETWEEN, LIKE, IS NULL, arithmetic, CAST, CASE and plain functions",
    context: { expression: sql, at },
  });
}

/** An expression for a message: the whole text where it is short. */
function excerpt(sql: string): string {
  const { length } = sql;
  return length <= MOST_QUOTED
    ? JSON.stringify(sql)
    : `${JSON.stringify(sql.slice(0, MOST_QUOTED))}… (${length} characters)`;
}

function next(sql: string, at: number): [Token, number] {
  const raw = match(RAW, sql, at);
  if (raw) {
    const text = raw[1]!.slice(1, -1);
    return [{ kind: "text", text, at }, at + raw[0].length];
  }
  const text = match(TEXT, sql, at);
  if (text) {
    return [
      { kind: "text", text: unescaped(text[0]), at },
      at + text[0].length,
    ];
  }
  for (
    const [kind, pattern] of [
      ["number", NUMBER],
      ["word", WORD],
      ["symbol", SYMBOL],
    ] as const
  ) {
    const found = match(pattern, sql, at);
    if (found) return [{ kind, text: found[0], at }, at + found[0].length];
  }
  const name = match(NAME, sql, at);
  if (name) {
    const text = name[1]!.replaceAll("``", "`");
    return [{ kind: "name", text, at }, at + name[0].length];
  }
  const what = JSON.stringify(String.fromCodePoint(sql.codePointAt(at)!));
  throw unreadable(sql, at, `${what} starts no word, or is not closed,`);
}

function skip(sql: string, at: number): number {
  return at + (match(SKIP, sql, at)?.[0].length ?? 0);
}

function match(
  pattern: RegExp,
  sql: string,
  at: number,
): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(sql);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "0": "\0",
  b: "\b",
  n: "\n",
  r: "\r",
  t: "\t",
  Z: "\x1a",
  // For LIKE: these keep their backslash.
  "%": "\\%",
  "_": "\\_",
};

/** A quoted text without its quotes and escapes. */
function unescaped(quoted: string): string {
  const quote = quoted[0]!;
  return quoted.slice(1, -1).replaceAll(
    /\\(u[0-9a-f]{4}|U[0-9a-f]{8}|[0-3][0-7]{2}|[\s\S])|''|""/gi,
    (found: string, escape: string | undefined) => {
      if (escape === undefined) return found[0] === quote ? quote : found;
      if (escape.length === 3) {
        return String.fromCharCode(parseInt(escape, 8));
      }
      return escape.length > 3
        ? String.fromCodePoint(parseInt(escape.slice(1), 16))
        : ESCAPES[escape] ?? escape;
    },
  );
}
