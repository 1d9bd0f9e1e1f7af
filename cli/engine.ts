/**
 * `deno task engine`: this engine behind the engine protocol. One JSON object
 * per line in, one reply per request out, in order; standard error is a log.
 *
 * @module
 */

import process from "node:process";
import { checkArguments } from "./engine/arguments.ts";
import { linesOf } from "./engine/lines.ts";
import { OPERATIONS, type Session } from "./engine/operations.ts";
import {
  failure,
  formatReply,
  parseRequest,
  type Reply,
  unsupported,
} from "./engine/replies.ts";

const HELP = `deno task engine

Speaks the engine protocol: one JSON object per line on standard input, one
reply per request on standard output, in order; standard error is a log. The end
of the input ends it. docs/engine_protocol.md tells the operations:

  ${columnsOf(Object.keys(OPERATIONS))}

  echo '{"id":1,"op":"hello"}' | deno task engine
`;

/** Words in lines of six. */
function columnsOf(words: readonly string[]): string {
  const lines: string[] = [];
  for (let at = 0; at < words.length; at += 6) {
    lines.push(words.slice(at, at + 6).join(" "));
  }
  return lines.join("\n  ");
}

/** Speaks the protocol on standard input and output until the input ends. */
export async function engine(args: readonly string[]): Promise<number> {
  if (args.length === 1 && ["--help", "-h"].includes(args[0]!)) {
    process.stdout.write(HELP);
    return 0;
  }
  if (args.length > 0) {
    process.stderr.write(
      `engine: takes no arguments, got ${args.join(" ")}; try --help\n`,
    );
    return 2;
  }
  const session: Session = { storage: {}, tables: new Map() };
  for await (const line of linesOf(process.stdin)) {
    if (line.trim() === "") continue;
    await writeLine(formatReply(await answer(session, line)));
  }
  for (const table of session.tables.values()) await table.close();
  return 0;
}

/** Answers one line, whatever it holds. */
export async function answer(session: Session, line: string): Promise<Reply> {
  const request = parseRequest(line);
  if ("reply" in request) return request.reply;
  const { id, op, body } = request;
  const operation = Object.hasOwn(OPERATIONS, op) ? OPERATIONS[op] : undefined;
  if (!operation) return unsupported(id, `the operation ${op}`);
  try {
    checkArguments(op, body, operation.forms);
    return { id, ok: true, ...await operation.run(session, body) };
  } catch (error) {
    return failure(id, error, operation.writes);
  }
}

function writeLine(text: string): Promise<void> {
  return new Promise((resolve, reject) =>
    process.stdout.write(
      `${text}\n`,
      (error) => error ? reject(error) : resolve(),
    )
  );
}
