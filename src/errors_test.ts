import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  DeltaError,
  ERROR_CODES,
  type ErrorCode,
  shownName,
  throwIfAborted,
} from "./errors.ts";

Deno.test("DeltaError reads what, why, fix and code, and carries what a program needs", () => {
  // Given the parts,
  const cause = new Error("underneath");
  const error = new DeltaError("DELTA_CONCURRENT_APPEND", {
    what: "Cannot commit version 8",
    why: "version 8 added part-3",
    fix: "Run the operation again",
    context: { winner: 8 },
    cause,
  });
  // then the message and the facts are there.
  assertEquals(
    error.message,
    "Cannot commit version 8: version 8 added part-3. Run the operation again [DELTA_CONCURRENT_APPEND]",
  );
  assertEquals(error.conflict, "ConcurrentAppend");
  assertEquals([error.kind, error.retry, error.outcome], [
    "conflict",
    "rerun",
    "failed",
  ]);
  assertEquals(error.cause, cause);
  assertEquals(error.context, { winner: 8 });
});

Deno.test("DeltaError says to ask the log when the outcome is unknown, whatever the code", () => {
  const error = new DeltaError("DELTA_STORE_UNAVAILABLE", {
    what: "a",
    why: "b",
    fix: "c",
    outcome: "unknown",
  });
  assertEquals([error.retry, error.outcome], ["unknown", "unknown"]);
});

Deno.test("ERROR_CODES names a conflict for every conflict, and only for those", () => {
  for (const [code, facts] of Object.entries(ERROR_CODES)) {
    assertEquals(facts.kind === "conflict", facts.conflict !== undefined, code);
    assert(/^DELTA_[A-Z_]+$/.test(code), code);
    assert(facts.meaning.length > 0, code);
  }
});

Deno.test("throwIfAborted() throws only when the signal has aborted, with its reason", () => {
  throwIfAborted(undefined, "x");
  throwIfAborted(new AbortController().signal, "x");
  const error = assertThrows(
    () => throwIfAborted(AbortSignal.abort("bored"), "Cannot append"),
    DeltaError,
    "Cannot append",
  );
  assertEquals(error.code, "DELTA_ABORTED" satisfies ErrorCode);
  assertEquals(error.cause, "bored");
});

Deno.test("shownName() shows what looks like a name", () => {
  assertEquals(shownName("backoff_config.base"), "backoff_config.base");
  for (const name of ["", "a b", "x".repeat(40), "bPxRfi/CYEXAMPLE"]) {
    assertEquals(shownName(name), "(name not shown)");
  }
});
