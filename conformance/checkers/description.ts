/**
 * What `describe` answers beside the version that it is of.
 *
 * @module
 */

import type { SuccessReply } from "../engine_adapter.ts";
import type { Operation } from "../history/history.ts";
import { protocolText } from "./checkpoint_state.ts";
import type { Evidence } from "./evidence.ts";
import type { LoggedProtocol, TableState } from "./replay.ts";
import type { Finding } from "./verdict.ts";

/** What of an answer to `describe` is not so; members that the engine left out are not looked at. */
export function checkDescription(
  op: Operation,
  evidence: Evidence,
): Finding[] {
  const { success } = op;
  if (op.call.op !== "describe" || success?.version === undefined) return [];
  const state = evidence.states.get(success.version);
  if (!state?.metadata) return [];
  const claimed = claims(success);
  const wrong = Object.entries(truth(state)).filter(([name, value]) =>
    claimed[name] !== undefined && claimed[name] !== value
  );
  if (wrong.length === 0) return [];
  return [{
    anomaly: "described wrongly",
    story: `${op.opId} was told of version ${success.version} that ${
      wrong.map(([name, value]) =>
        `${name} is ${claimed[name]}, which is ${value}`
      ).join("; ")
    }.`,
    versions: [success.version],
    operations: [op.opId],
  }];
}

type Texts = Readonly<Record<string, string | undefined>>;

function claims(reply: SuccessReply): Texts {
  const { protocol } = reply;
  return {
    "the table's id": reply.tableId,
    "the schema": reply.schema && sorted(reply.schema),
    "the partitioning": reply.partitionColumns?.join(","),
    "the configuration": reply.configuration && sorted(reply.configuration),
    "the protocol": protocol &&
      protocolText(protocol as unknown as LoggedProtocol),
    "the number of files": reply.numFiles?.toString(),
    "their size": reply.sizeInBytes?.toString(),
    "txn": reply.appTransactions && sorted(reply.appTransactions),
    "the domains": reply.domainMetadata && sorted(reply.domainMetadata),
  };
}

function truth(state: TableState): Texts {
  const { metadata, protocol, schema, live, txns, domains } = state;
  const files = [...live.values()];
  return {
    "the table's id": metadata!.id,
    "the schema": sorted(schema),
    "the partitioning": metadata!.partitionColumns.join(","),
    "the configuration": sorted(metadata!.configuration),
    "the protocol": protocol && protocolText(protocol),
    "the number of files": files.length.toString(),
    "their size": files.reduce((n, { size }) => n + size, 0).toString(),
    "txn": sorted(Object.fromEntries(txns)),
    "the domains": sorted(Object.fromEntries(domains)),
  };
}

/** JSON with the members of every object in order. */
function sorted(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, part: unknown) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(
          Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1),
        )
        : part,
  );
}
