/**
 * The operations of this engine that tell of a table without changing it, apart
 * from `read`.
 *
 * @module
 */

import { columnReader } from "../../src/parquet/arrow_values.ts";
import { changesSchema, COMMIT_TIMESTAMP } from "../../src/mod.ts";
import type { Json, JsonSchema } from "../engine_adapter.ts";
import { encodeValue } from "./canonical.ts";
import type { Runs } from "./this_engine.ts";

/** The operations, by name. */
export const READS: Runs = {
  describe: async (client, handle) => {
    const { snapshot } = client.table(handle);
    const { metadata, protocol } = snapshot;
    let [numFiles, sizeInBytes] = [0, 0];
    for await (const { size } of snapshot.files()) {
      numFiles++;
      sizeInBytes += size;
    }
    return {
      version: snapshot.version,
      tableId: metadata.id,
      schema: JSON.parse(metadata.schemaString) as JsonSchema,
      partitionColumns: metadata.partitionColumns,
      configuration: { ...metadata.configuration },
      protocol: JSON.parse(JSON.stringify(protocol)) as Record<string, Json>,
      numFiles,
      sizeInBytes,
      appTransactions: Object.fromEntries(snapshot.appTransactions),
      domainMetadata: Object.fromEntries(
        [...snapshot.domains].map(([name, { configuration }]) => [
          name,
          configuration,
        ]),
      ),
    };
  },
  changes: async (client, handle, { from, to }) => {
    const table = client.table(handle);
    const { schema } = await table.at({ version: to });
    const fields = changesSchema(schema).fields
      .filter(({ name }) => name !== COMMIT_TIMESTAMP);
    const rows: Json[][] = [];
    for await (const batch of table.changes({ from, to })) {
      const readers = fields.map(({ name, type }) => {
        const i = batch.schema.fields.findIndex((f) => f.name === name);
        const read = columnReader(batch.data.children[i]!, type);
        return (row: number): Json => encodeValue(read(row), type);
      });
      for (let row = 0; row < batch.numRows; row++) {
        rows.push(readers.map((read) => read(row)));
      }
    }
    const columns = fields.map(({ name }) => name);
    return { version: table.version, rows, columns };
  },
};
