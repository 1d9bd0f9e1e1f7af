/**
 * SQL text to an expression: the part of Spark's dialect that constraints,
 * generated columns, defaults and conditions are written in.
 *
 * A parser of binding powers: each operator binds what stands left of it when
 * its power is at least the power asked for. What is not read is refused with
 * the place where reading stopped.
 *
 * @module
 */

import { DeltaError } from "../errors.ts";
import type { DataType } from "../schema/data_type.ts";
import { castText } from "./cast_text.ts";
import type {
  ArithmeticOp,
  CaseBranch,
  CompareOp,
  Expression,
  LiteralExpression,
} from "./expression_tree.ts";
import { and, Call, Column, not, or } from "./predicate.ts";
import { hexLiteral, literal, numberLiteral } from "./sql_literal.ts";
import { type Token, tokensOf, unreadable } from "./sql_tokens.ts";
import { typeNamed } from "./sql_type.ts";

/** Binding powers, loosest first. */
const OR = 1, AND = 2, NOT = 3, TEST = 4, COMPARE = 5, SUM = 9;
const PRODUCT = 10, SIGN = 11, PART = 12;
/** How deep expressions may nest. */
const DEEPEST = 500;

const COMPARISONS: Readonly<Record<string, CompareOp>> = {
  "=": "=",
  "==": "=",
  "!=": "!=",
  "<>": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
  "<=>": "<=>",
};

const ARITHMETIC: Readonly<Record<string, readonly [ArithmeticOp, number]>> = {
  "+": ["+", SUM],
  "-": ["-", SUM],
  "*": ["*", PRODUCT],
  "/": ["/", PRODUCT],
  "%": ["%", PRODUCT],
  DIV: ["div", PRODUCT],
};

/** Functions that are called without brackets. */
const BARE_CALLS: ReadonlySet<string> = new Set([
  "CURRENT_DATE",
  "CURRENT_TIMESTAMP",
]);

/**
 * Reads an expression, in Spark's dialect. Strings, dates and times without a
 * zone are taken as UTC.
 *
 * @param text `` age >= 18 AND `home city`.zip LIKE '10%' ``.
 * @throws {DeltaError} `DELTA_UNSUPPORTED_EXPRESSION` where it is none, or one this engine does not know.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(parseSql("price * 2 > 10").kind, "compare");
 * ```
 */
export function parseSql(text: string): Expression {
  return new Parser(text).whole();
}

class Parser {
  readonly #sql: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(sql: string) {
    this.#sql = sql;
    this.#tokens = tokensOf(sql);
  }

  whole(): Expression {
    const expression = this.#expression(0);
    if (this.#peek().kind !== "end") throw this.#unexpected();
    return expression;
  }

  #expression(power: number): Expression {
    if (++this.#depth > DEEPEST) throw this.#fault("it nests too deep");
    let left = this.#prefix();
    for (;;) {
      const further = this.#infix(left, power);
      if (!further) break;
      left = further;
    }
    this.#depth--;
    return left;
  }

  /** The expression with the next operator taken in; undefined where none binds it. */
  #infix(left: Expression, power: number): Expression | undefined {
    const word = this.#operator();
    if (word === "OR" && OR >= power) {
      this.#next++;
      return or(...flat("or", left), ...flat("or", this.#expression(AND)));
    }
    if (word === "AND" && AND >= power) {
      this.#next++;
      return and(...flat("and", left), ...flat("and", this.#expression(NOT)));
    }
    if (TEST >= power) {
      const test = this.#test(left, word);
      if (test) return test;
    }
    if (Object.hasOwn(COMPARISONS, word) && COMPARE >= power) {
      this.#next++;
      const right = this.#expression(COMPARE + 1);
      return { kind: "compare", op: COMPARISONS[word]!, left, right };
    }
    if (word === "||" && SUM >= power) {
      this.#next++;
      return new Call("concat", [left, this.#expression(SUM + 1)]);
    }
    const [op, binds] = Object.hasOwn(ARITHMETIC, word)
      ? ARITHMETIC[word]!
      : [undefined, 0];
    if (op && binds >= power) {
      this.#next++;
      const right = this.#expression(binds + 1);
      return { kind: "arithmetic", op, left, right };
    }
    if (word === "::" && PART >= power) {
      this.#next++;
      return { kind: "cast", arg: left, type: this.#type() };
    }
    return undefined;
  }

  /** IS, IN, BETWEEN and LIKE after an operand. */
  #test(left: Expression, word: string): Expression | undefined {
    if (word === "IS") {
      this.#next++;
      return this.#is(left);
    }
    const negated = word === "NOT";
    const name = negated ? this.#wordAt(1) : word;
    if (!["IN", "BETWEEN", "LIKE", "ILIKE"].includes(name)) return undefined;
    this.#next += negated ? 2 : 1;
    const test = name === "IN"
      ? this.#in(left)
      : name === "BETWEEN"
      ? this.#between(left)
      : this.#like(left, name === "ILIKE");
    return negated ? not(test) : test;
  }

  #is(left: Expression): Expression {
    const negated = this.#took("NOT");
    const word = this.#word();
    let test: Expression;
    if (word === "NULL") test = { kind: "isNull", arg: left };
    else if (word === "TRUE" || word === "FALSE") {
      const right = literal(word === "TRUE", { kind: "boolean" });
      test = { kind: "compare", op: "<=>", left, right };
    } else if (word === "UNKNOWN") test = { kind: "isNull", arg: left };
    else if (word === "DISTINCT" && this.#took("FROM")) {
      const right = this.#expression(COMPARE + 1);
      test = not({ kind: "compare", op: "<=>", left, right });
    } else throw this.#unexpected(-1);
    return negated ? not(test) : test;
  }

  #in(arg: Expression): Expression {
    this.#expect("(");
    return { kind: "in", arg, values: this.#list() };
  }

  #between(left: Expression): Expression {
    const low = this.#expression(COMPARE);
    this.#expect("AND");
    const high = this.#expression(COMPARE);
    return and(
      { kind: "compare", op: ">=", left, right: low },
      { kind: "compare", op: "<=", left, right: high },
    );
  }

  #like(arg: Expression, ignoreCase: boolean): Expression {
    const pattern = this.#expression(COMPARE + 1);
    const escape = this.#took("ESCAPE") ? this.#text() : undefined;
    if (escape !== undefined && [...escape].length !== 1) {
      throw this.#fault("ESCAPE takes one character");
    }
    const lower = (e: Expression) => ignoreCase ? new Call("lower", [e]) : e;
    return {
      kind: "like",
      arg: lower(arg),
      pattern: lower(pattern),
      ...(escape !== undefined && { escape }),
    };
  }

  #prefix(): Expression {
    const token = this.#peek();
    this.#next++;
    switch (token.kind) {
      case "number":
        return this.#reading(() => numberLiteral(token.text));
      case "text":
        return this.#texts(token.text);
      case "name":
        return this.#path(token.text);
      case "word":
        return this.#startingWith(token.text);
      case "symbol":
        if (token.text === "(") {
          const inner = this.#expression(0);
          this.#expect(")");
          return inner;
        }
        if (token.text === "!") return not(this.#expression(NOT));
        if (token.text === "+") return this.#expression(SIGN);
        if (token.text === "-") return this.#negative();
    }
    throw this.#unexpected(-1);
  }

  #negative(): Expression {
    const token = this.#peek();
    if (token.kind === "number") {
      this.#next++;
      return this.#reading(() => numberLiteral(`-${token.text}`));
    }
    return new Call("negative", [this.#expression(SIGN)]);
  }

  /** What a bare word starts: a keyword's construct, a typed literal, a call, or a column. */
  #startingWith(text: string): Expression {
    const word = text.toUpperCase();
    const { kind, text: following } = this.#peek();
    const opens = kind === "symbol" && following === "(";
    if (kind === "text") {
      const typed = this.#typed(word, following);
      if (typed) return typed;
    }
    if (opens) {
      this.#next++;
      return this.#call(word);
    }
    switch (word) {
      case "NULL":
        return literal(null, { kind: "void" });
      case "TRUE":
      case "FALSE":
        return literal(word === "TRUE", { kind: "boolean" });
      case "NOT":
        return not(this.#expression(NOT));
      case "CASE":
        return this.#case();
      case "INTERVAL":
        if (kind !== "end" && kind !== "symbol") {
          throw this.#fault("INTERVAL is not known");
        }
    }
    if (BARE_CALLS.has(word)) return new Call(word, []);
    return this.#path(text);
  }

  /** `DATE '…'` and its like. */
  #typed(word: string, text: string): Expression | undefined {
    if (word === "X") {
      this.#next++;
      return this.#reading(() => hexLiteral(text));
    }
    if (!/^(DATE|TIMESTAMP(_NTZ|_LTZ)?)$/.test(word)) {
      if (word === "INTERVAL") throw this.#fault("INTERVAL is not known");
      return undefined;
    }
    this.#next++;
    const type = typeNamed(word, [])!;
    return this.#reading(() => literal(castText(text, type), type));
  }

  #call(word: string): Expression {
    switch (word) {
      case "CAST":
      case "TRY_CAST": {
        const arg = this.#expression(0);
        this.#expect("AS");
        const type = this.#type();
        this.#expect(")");
        return {
          kind: "cast",
          arg,
          type,
          ...(word === "TRY_CAST" && { safe: true }),
        };
      }
      case "NOT": {
        this.#next--;
        return not(this.#expression(NOT));
      }
      case "EXTRACT": {
        const part = this.#word();
        this.#expect("FROM");
        const arg = this.#expression(0);
        this.#expect(")");
        return new Call(part, [arg]);
      }
      case "IF":
      case "IIF": {
        const [when, then, otherwise, ...more] = this.#list();
        if (!when || !then || !otherwise || more.length > 0) {
          throw this.#fault("IF takes three arguments");
        }
        return { kind: "case", branches: [{ when, then }], otherwise };
      }
      default:
        return new Call(word, this.#list());
    }
  }

  #case(): Expression {
    const subject = this.#isWord("WHEN") ? undefined : this.#expression(0);
    const branches: CaseBranch<Expression>[] = [];
    while (this.#took("WHEN")) {
      const test = this.#expression(0);
      this.#expect("THEN");
      const when: Expression = subject
        ? { kind: "compare", op: "=", left: subject, right: test }
        : test;
      branches.push({ when, then: this.#expression(0) });
    }
    if (branches.length === 0) throw this.#unexpected();
    const otherwise = this.#took("ELSE") ? this.#expression(0) : undefined;
    this.#expect("END");
    return { kind: "case", branches, ...(otherwise && { otherwise }) };
  }

  /** Expressions up to the closing bracket; `a FROM b FOR c` counts as three. */
  #list(): Expression[] {
    const list: Expression[] = [];
    if (this.#took(")")) return list;
    do list.push(this.#expression(0)); while (
      this.#took(",") || this.#took("FROM") || this.#took("FOR")
    );
    this.#expect(")");
    return list;
  }

  #path(first: string): Expression {
    const path = [first];
    while (this.#took(".")) {
      const token = this.#peek();
      if (token.kind !== "word" && token.kind !== "name") {
        throw this.#unexpected();
      }
      path.push(token.text);
      this.#next++;
    }
    return new Column(path);
  }

  #texts(first: string): Expression {
    let text = first;
    while (this.#peek().kind === "text") text += this.#text();
    return literal(text, { kind: "string" });
  }

  #type(): DataType {
    const start = this.#peek();
    const name = this.#word();
    const parameters: number[] = [];
    if (this.#took("(")) {
      do parameters.push(Number(this.#peek().text)), this.#next++; while (
        this.#took(",")
      );
      this.#expect(")");
    }
    const type = typeNamed(name, parameters);
    if (type) return type;
    throw unreadable(
      this.#sql,
      start.at,
      `${start.text} is not a type this engine casts to`,
    );
  }

  #reading(read: () => LiteralExpression): LiteralExpression {
    try {
      return read();
    } catch (cause) {
      if (!(cause instanceof DeltaError)) throw cause;
      throw this.#fault(cause.details.what);
    }
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  /** The operator that may follow an operand: a symbol, or a bare word in capitals. */
  #operator(): string {
    const token = this.#peek();
    if (token.kind === "symbol") return token.text;
    return token.kind === "word" ? token.text.toUpperCase() : "";
  }

  #wordAt(ahead: number): string {
    const token = this.#tokens[this.#next + ahead];
    return token?.kind === "word" ? token.text.toUpperCase() : "";
  }

  #isWord(word: string): boolean {
    return this.#wordAt(0) === word;
  }

  #word(): string {
    const word = this.#wordAt(0);
    if (word === "") throw this.#unexpected();
    this.#next++;
    return word;
  }

  #text(): string {
    const token = this.#peek();
    if (token.kind !== "text") throw this.#unexpected();
    this.#next++;
    return token.text;
  }

  #took(wanted: string): boolean {
    const isIt = this.#operator() === wanted;
    if (isIt) this.#next++;
    return isIt;
  }

  #expect(wanted: string): void {
    if (!this.#took(wanted)) throw this.#unexpected(0, wanted);
  }

  #unexpected(offset = 0, wanted?: string): DeltaError {
    const token = this.#tokens[this.#next + offset]!;
    const found = token.kind === "end"
      ? "it ends"
      : `${JSON.stringify(token.text)} is not expected`;
    const why = wanted ? `${found} where ${wanted} should stand` : found;
    return unreadable(this.#sql, token.at, why);
  }

  #fault(why: string): DeltaError {
    const at = this.#tokens[Math.max(0, this.#next - 1)]!.at;
    return unreadable(this.#sql, at, why);
  }
}

function flat(kind: "and" | "or", arg: Expression): readonly Expression[] {
  return arg.kind === kind ? arg.args : [arg];
}
