/**
 * A bound predicate in words, for the message of a conflict.
 *
 * @module
 */

import type { BoundPredicate } from "../expression/bind.ts";
import { type DataType, typeName } from "../schema/data_type.ts";
import { formatDecimal } from "../schema/decimal.ts";
import { formatPath } from "../schema/schema_path.ts";
import { formatDate, formatTimestamp } from "../schema/time.ts";
import type { Decimal } from "../schema/value.ts";

/** What any node of an expression may hold. */
interface Node {
  readonly kind: string;
  readonly [part: string]: unknown;
}

/** The predicate, close to SQL; what has no short form goes by its kind. */
export function describePredicate(predicate: BoundPredicate): string {
  return describe(predicate as unknown as Node);
}

function describe(node: Node): string {
  switch (node.kind) {
    case "column":
      return formatPath(node["path"] as readonly string[]);
    case "literal":
      return describeValue(node["value"], typeOf(node));
    case "compare":
      return `${part(node, "left")} ${node["op"]} ${part(node, "right")}`;
    case "and":
    case "or":
      return parts(node).map((arg) =>
        arg.kind === "and" || arg.kind === "or"
          ? `(${describe(arg)})`
          : describe(arg)
      ).join(node.kind === "and" ? " AND " : " OR ") ||
        (node.kind === "and" ? "TRUE" : "FALSE");
    case "not":
      return `NOT (${part(node, "arg")})`;
    case "isNull":
      return `${part(node, "arg")} IS NULL`;
    case "in": {
      const type = (node["by"] ?? node["type"]) as DataType | undefined;
      const values = (node["values"] as readonly unknown[])
        .map((value) => describeValue(value, type));
      return `${part(node, "arg")} IN (${values.join(", ")})`;
    }
    case "arithmetic":
      return `(${part(node, "left")} ${node["op"]} ${part(node, "right")})`;
    case "like":
      return `${part(node, "arg")} LIKE ${part(node, "pattern")}`;
    case "call":
      return `${node["name"]}(${parts(node).map(describe).join(", ")})`;
    case "cast":
      return `CAST(${part(node, "arg")} AS ${typeName(typeOf(node)!)})`;
    default:
      return `${node.kind}(${parts(node).map(describe).join(", ")})`;
  }
}

function part(node: Node, name: string): string {
  return describe(node[name] as Node);
}

function parts(node: Node): readonly Node[] {
  const args = node["args"] ?? (node["arg"] === undefined ? [] : [node["arg"]]);
  return args as readonly Node[];
}

function typeOf(node: Node): DataType | undefined {
  return node["type"] as DataType | undefined;
}

function describeValue(value: unknown, type: DataType | undefined): string {
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  if (value instanceof Uint8Array) return `a value of ${value.length} bytes`;
  if (type?.kind === "date" && typeof value === "number") {
    return `DATE '${formatDate(value)}'`;
  }
  if (type?.kind.startsWith("timestamp") && typeof value === "bigint") {
    return `TIMESTAMP '${formatTimestamp(value)}'`;
  }
  if (type?.kind === "decimal" && value !== null) {
    return formatDecimal(value as Decimal);
  }
  return String(value);
}
