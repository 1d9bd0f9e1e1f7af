import { assert, assertEquals, assertThrows } from "@std/assert";
import { buildTable, column, columns } from "../../testing/built_table.ts";
import { DeltaError } from "../errors.ts";
import { commitPath } from "../log/log_path.ts";
import { type GatheredTransaction, TransactionRun } from "./transaction_run.ts";

async function gathered(): Promise<GatheredTransaction> {
  const { context, snapshot } = await buildTable({
    schema: columns(column("id", "long")),
    files: [],
  });
  return {
    context,
    base: snapshot,
    options: {},
    staged: {
      adds: [],
      removes: [],
      cdc: [],
      txns: [],
      domains: [],
      metadata: undefined,
      protocol: undefined,
    },
    reads: {
      wholeTable: false,
      predicates: [],
      files: new Set(),
      appIds: new Set(),
    },
    addsConstraint: false,
  };
}

Deno.test("commit() of nothing makes an empty version, unless something was read", async () => {
  const request = await gathered();
  const base = request.base!.version;
  const read = { ...request.reads, wholeTable: true };
  const none = await new TransactionRun({ ...request, reads: read }).commit({});
  assertEquals([none.outcome, none.version], ["nothing-to-do", base]);
  const empty = await new TransactionRun(request).commit({});
  assertEquals([empty.outcome, empty.version], ["committed", base + 1]);
  assertEquals([empty.readVersion, empty.attempts], [base, 1]);
  assert(await request.context.store.head(commitPath(base + 1)));
});

Deno.test("check() refuses what may not be committed, and sends nothing", async () => {
  const request = await gathered();
  const domain = { domain: "mine", configuration: "", removed: false };
  const staged = { ...request.staged, domains: [domain] };
  const error = assertThrows(
    () => new TransactionRun({ ...request, staged }).check(),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_UNSUPPORTED_OPERATION", error.message);
});
