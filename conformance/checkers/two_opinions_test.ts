import { assert, assertEquals, assertMatch } from "@std/assert";
import { thisEngine } from "../adapters/this_engine.ts";
import type { EngineAdapter, Reply } from "../engine_adapter.ts";
import { formatReport, runSuite } from "../run_suite.ts";

/** An engine that evaluates a refused update again, and says that it did not. */
function toldTheOldVersion(): EngineAdapter {
  const engine = thisEngine();
  return {
    ...engine,
    connect: async (options) => {
      const client = await engine.connect(options);
      let read: number | undefined;
      return {
        close: () => client.close(),
        run: async (op, handle, request): Promise<Reply> => {
          const reply = await client.run(op, handle, request);
          if (op === "open" && reply.ok) read = reply.version;
          if (op !== "update" || reply.ok) return reply;
          await client.run("refresh", handle, {});
          const again = await client.run(op, handle, request);
          return again.ok && read !== undefined
            ? { ...again, readVersion: read }
            : again;
        },
      };
    },
  };
}

Deno.test("the suite fails where the judge's two opinions differ", async () => {
  // Given two updates of the same rows, each right, and one told as it was not,
  const report = await runSuite(toldTheOldVersion(), {
    suites: ["exhaustive"],
    scope: "update a ‖ update a, partitioned, Serializable",
  });
  // when replay finds nothing and the cycle search a lost update,
  const { verdicts } = report.failures[0]!;
  // then that is a failure of its own kind.
  assertEquals(
    verdicts.map(({ check, class: kind }) => [check, kind]),
    [["opinions", "JUDGE"]],
  );
  assertEquals(report.safetyViolations, 0);
  assert(report.disagreements > 0);
  const text = formatReport(report);
  assertMatch(
    text,
    /opinions JUDGE the judge's two opinions differ: .*G-single/,
  );
  assertMatch(text, /where the judge's two opinions differ$/);
  assertMatch(text, /w2.0 ok version/);
});
