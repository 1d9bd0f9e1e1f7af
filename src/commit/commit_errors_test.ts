import { assertEquals } from "@std/assert";
import { commitError, tornCommit, unknownCommit } from "./commit_errors.ts";

const CALL = {
  table: "memory://t",
  token: "tok",
  version: 4,
  readVersion: 2,
  attempts: 3,
};

Deno.test("commitError() carries what resolve() needs, and failed unless told", () => {
  const error = commitError(CALL, "DELTA_CONCURRENT_WRITE", {
    why: "w",
    fix: "f",
    context: { winner: 3 },
  });
  assertEquals(error.outcome, "failed");
  assertEquals(error.context, {
    table: "memory://t",
    token: "tok",
    attemptedVersion: 4,
    readVersion: 2,
    attempts: 3,
    winner: 3,
  });
});

Deno.test("unknownCommit() and tornCommit() never promise more than is known", () => {
  assertEquals(unknownCommit(CALL, "w", undefined).retry, "unknown");
  assertEquals(tornCommit(CALL, 4, "w", "unknown").outcome, "unknown");
  assertEquals(tornCommit(CALL, 5, "w", "failed").context.version, 5);
});
