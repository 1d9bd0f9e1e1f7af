import { assert, assertEquals } from "@std/assert";
import { hasFeature } from "../../protocol/table_feature.ts";
import { loadSnapshot } from "../../snapshot/load_snapshot.ts";
import { field, refusal, tableOf } from "./alter_fixture_test.ts";
import {
  removeDomain,
  setDomain,
  setTableDescription,
  setTableName,
} from "./domains.ts";

const ID = [field("id", "long")];

Deno.test("setDomain() keeps an application's text, removeDomain() takes it away", async () => {
  const table = await tableOf(ID);
  const { context } = table;
  const entry = { domain: "app", configuration: '{"a":1}' };
  const done = await setDomain(context, table.snapshot, entry);
  assert(hasFeature(done.snapshot.protocol, "domainMetadata"));
  const read = await loadSnapshot(context);
  assertEquals(read.domains.get("app")?.configuration, '{"a":1}');
  const same = await setDomain(context, read, entry);
  assertEquals([same.committed, same.version], [false, 1]);
  const removed = await removeDomain(context, read, { domain: "app" });
  assertEquals((await loadSnapshot(context)).domains.size, 0);
  const none = await removeDomain(context, removed.snapshot, { domain: "app" });
  assertEquals(none.committed, false);
});

Deno.test("setDomain() refuses Delta's own domains, and loses to whoever set it first", async () => {
  const table = await tableOf(ID, {
    "delta.feature.domainMetadata": "supported",
  });
  const { context, snapshot } = table;
  for (const domain of ["", "delta.clustering", "Delta.x"]) {
    await refusal(
      "DELTA_INVALID_ARGUMENT",
      () => setDomain(context, snapshot, { domain, configuration: "{}" }),
    );
    await refusal(
      "DELTA_INVALID_ARGUMENT",
      () => removeDomain(context, snapshot, { domain }),
    );
  }
  await setDomain(context, snapshot, { domain: "app", configuration: "1" });
  await refusal(
    "DELTA_CONCURRENT_TRANSACTION",
    () => setDomain(context, snapshot, { domain: "app", configuration: "2" }),
  );
  const other = await setDomain(context, snapshot, {
    domain: "other",
    configuration: "3",
  });
  assertEquals(other.version, 2);
});

Deno.test("setTableName() and setTableDescription() change what people read", async () => {
  const table = await tableOf(ID);
  const { context } = table;
  const named = await setTableName(context, table.snapshot, { name: "orders" });
  const { snapshot } = await setTableDescription(context, named.snapshot, {
    description: "all of them",
  });
  assertEquals([snapshot.metadata.name, snapshot.metadata.description], [
    "orders",
    "all of them",
  ]);
  const same = await setTableName(context, snapshot, { name: "orders" });
  assertEquals(same.committed, false);
});
