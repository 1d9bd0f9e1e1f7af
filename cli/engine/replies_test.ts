import { assertEquals } from "@std/assert";
import { DeltaError } from "../../src/errors.ts";
import { failure, parseRequest } from "./replies.ts";

Deno.test("parseRequest() answers what is no request, with the id where there is one", () => {
  const idOf = (line: string) => {
    const parsed = parseRequest(line);
    return "reply" in parsed ? parsed.reply.id : parsed;
  };
  assertEquals(idOf("{"), null);
  assertEquals(idOf("[1]"), null);
  assertEquals(idOf('{"op":"hello"}'), null);
  assertEquals(idOf('{"id":1.5,"op":"hello"}'), null);
  assertEquals(idOf('{"id":7}'), 7);
  assertEquals(idOf('{"id":7,"op":"hello"}'), {
    id: 7,
    op: "hello",
    body: { id: 7, op: "hello" },
  });
});

Deno.test("failure() says kind, name, code and outcome, and what settles an unknown one", () => {
  const parts = { what: "a", why: "b", fix: "c" };
  const conflict = failure(
    1,
    new DeltaError("DELTA_CONCURRENT_APPEND", parts),
    true,
  );
  assertEquals(conflict, {
    id: 1,
    ok: false,
    outcome: "failed",
    error: {
      kind: "conflict",
      name: "ConcurrentAppend",
      code: "DELTA_CONCURRENT_APPEND",
      message: "a: b. c [DELTA_CONCURRENT_APPEND]",
    },
  });
  const unknown = failure(
    2,
    new DeltaError("DELTA_COMMIT_UNKNOWN", {
      ...parts,
      outcome: "unknown",
      context: { token: "t", attemptedVersion: 8 },
    }),
    true,
  );
  assertEquals([unknown.outcome, unknown.token, unknown.attemptedVersion], [
    "unknown",
    "t",
    8,
  ]);
});

Deno.test("failure() of a stray error promises nothing of a write", () => {
  assertEquals(failure(1, new TypeError("x"), true).outcome, "unknown");
  assertEquals(failure(1, new TypeError("x"), false).outcome, "failed");
});
