/**
 * What one version of a table is, in the words of the engine protocol.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Protocol } from "../../src/actions/action.ts";
import type { TableSnapshot } from "../../src/mod.ts";
import { sortUtf8 } from "../../conformance/canonical/canonical_rows.ts";

/** The answer to `describe`. */
export async function describeSnapshot(
  snapshot: TableSnapshot,
): Promise<Readonly<Record<string, unknown>>> {
  const { metadata } = snapshot;
  const files = await filesOf(snapshot);
  const appTransactions = Object.fromEntries(snapshot.appTransactions);
  const domainMetadata = Object.fromEntries(
    [...snapshot.domains].map(([name, domain]) => [name, domain.configuration]),
  );
  return {
    version: snapshot.version,
    tableId: metadata.id,
    schema: metadata.schemaString
      ? JSON.parse(metadata.schemaString)
      : { type: "struct", fields: [] },
    partitionColumns: metadata.partitionColumns,
    configuration: metadata.configuration,
    protocol: protocolOf(snapshot.protocol),
    ...files,
    ...(snapshot.appTransactions.size > 0 ? { appTransactions } : {}),
    ...(snapshot.domains.size > 0 ? { domainMetadata } : {}),
  };
}

async function filesOf(snapshot: TableSnapshot): Promise<{
  readonly numFiles: number;
  readonly sizeInBytes: number;
  readonly filesSha256: string;
}> {
  const paths: string[] = [];
  let sizeInBytes = 0;
  for await (const file of snapshot.files()) {
    paths.push(file.path);
    sizeInBytes += file.size;
  }
  const text = sortUtf8(paths).join("\n");
  const filesSha256 = createHash("sha256").update(text).digest("hex");
  return { numFiles: paths.length, sizeInBytes, filesSha256 };
}

/** The protocol, with lists of features only where the log has them. */
function protocolOf(protocol: Protocol): Protocol {
  const { minReaderVersion, minWriterVersion } = protocol;
  const { readerFeatures, writerFeatures } = protocol;
  return {
    minReaderVersion,
    minWriterVersion,
    ...(readerFeatures ? { readerFeatures } : {}),
    ...(writerFeatures ? { writerFeatures } : {}),
  };
}
