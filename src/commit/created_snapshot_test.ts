import { assertEquals } from "@std/assert";
import { memoryStore } from "../store/memory_store.ts";
import { contextOf } from "../store/table_context.ts";
import { loadSnapshot } from "../snapshot/load_snapshot.ts";
import { stateOf } from "../snapshot/snapshot.ts";
import { commitPath } from "../log/log_path.ts";
import { defaultRules } from "./rebase_rules.ts";
import { buildCommit } from "./commit_bytes.ts";
import { createdSnapshot } from "./created_snapshot.ts";
import { virtualHost } from "../../testing/virtual_host.ts";

Deno.test("createdSnapshot() is what a reader of version 0 would load", async () => {
  // Given a create that holds everything a commit may hold,
  const host = virtualHost();
  const context = contextOf(memoryStore(undefined, host), { host });
  const built = buildCommit(
    {
      table: "memory://t",
      token: "tok",
      readVersion: undefined,
      level: "Serializable",
      operation: "create",
      claim: "none",
      staged: {
        adds: [{
          path: "f",
          partitionValues: {},
          size: 1,
          modificationTime: 1,
          dataChange: true,
          stats: '{"numRecords":2}',
        }],
        removes: [],
        cdc: [],
        txns: [{ appId: "a", version: 1 }],
        domains: [
          { domain: "d", configuration: "{}", removed: false },
          { domain: "gone", configuration: "{}", removed: true },
        ],
        metadata: {
          id: "t",
          format: { provider: "parquet", options: {} },
          schemaString: '{"type":"struct","fields":[]}',
          partitionColumns: [],
          configuration: { "delta.enableInCommitTimestamps": "true" },
        },
        protocol: {
          minReaderVersion: 3,
          minWriterVersion: 7,
          readerFeatures: [],
          writerFeatures: [
            "domainMetadata",
            "inCommitTimestamp",
            "rowTracking",
          ],
        },
      },
      reads: {
        wholeTable: false,
        predicates: [],
        files: new Set(),
        appIds: new Set(),
      },
      provenance: {
        operation: "CREATE TABLE",
        operationParameters: {},
        operationMetrics: undefined,
        userMetadata: undefined,
      },
    },
    undefined,
    0,
    host.now(),
    defaultRules,
    undefined,
  );
  await context.store.putIfAbsent(commitPath(0), built.bytes);
  // when the snapshot is made of it, and read by another,
  const created = createdSnapshot(context, built);
  const loaded = await loadSnapshot(context);
  // then both say the same.
  assertEquals(stateOf(created), stateOf(loaded));
  assertEquals((await created.files()).count, 1);
});
