/**
 * The actions of the log, one type each, spelled as the protocol spells them.
 *
 * Source: Delta protocol, "Actions".
 *
 * @module
 */

import type { JsonValue } from "../schema/data_type.ts";

/** Where the deleted rows of a data file are written down. Source: "Deletion Vector Descriptor Schema". */
export interface DeletionVectorDescriptor {
  /** `u` relative with a UUID, `i` inline, `p` absolute path. */
  readonly storageType: "u" | "i" | "p";
  /** Path, or the bitmap itself in Z85. */
  readonly pathOrInlineDv: string;
  /** Byte where the vector starts in its file; absent for inline ones. */
  readonly offset?: number;
  /** Size of the serialised vector in bytes. */
  readonly sizeInBytes: number;
  /** Number of deleted rows. */
  readonly cardinality: number;
}

/** Partition column (physical name) to serialised value; null is a null. */
export type PartitionValues = Readonly<Record<string, string | null>>;

/** Adds a logical file. Source: "Add File and Remove File". */
export interface AddFile {
  /** URI of the data file, relative to the table or absolute, percent-encoded. */
  readonly path: string;
  /** Partition column to serialised value. */
  readonly partitionValues: PartitionValues;
  /** Size of the file in bytes. */
  readonly size: number;
  /** When the file was made, in epoch milliseconds. */
  readonly modificationTime: number;
  /** Whether rows change by it; false for what is only rearranged. */
  readonly dataChange: boolean;
  /** Statistics as JSON text, untouched: longs past 2^53 keep every digit. */
  readonly stats?: string;
  /** Free-form facts about the file. */
  readonly tags?: Readonly<Record<string, string | null>>;
  /** Which of its rows are deleted. */
  readonly deletionVector?: DeletionVectorDescriptor;
  /** Row id of the file's first row. */
  readonly baseRowId?: number;
  /** First version that added the path. */
  readonly defaultRowCommitVersion?: number;
  /** Who clustered the file. */
  readonly clusteringProvider?: string;
}

/** Removes a logical file; kept as a tombstone until it expires. */
export interface RemoveFile {
  /** URI of the data file, as its add spelled it. */
  readonly path: string;
  /** When it was removed, in epoch milliseconds. */
  readonly deletionTimestamp?: number;
  /** Whether rows change by it; false for what is only rearranged. */
  readonly dataChange: boolean;
  /** Whether `partitionValues`, `size` and `tags` are there. */
  readonly extendedFileMetadata?: boolean;
  /** Partition column to serialised value. */
  readonly partitionValues?: PartitionValues;
  /** Size of the file in bytes. */
  readonly size?: number;
  /** Statistics as JSON text. */
  readonly stats?: string;
  /** Free-form facts about the file. */
  readonly tags?: Readonly<Record<string, string | null>>;
  /** Which of its rows were deleted. */
  readonly deletionVector?: DeletionVectorDescriptor;
  /** Row id of the file's first row. */
  readonly baseRowId?: number;
  /** First version that added the path. */
  readonly defaultRowCommitVersion?: number;
}

/** A change data file of one version. Source: "Add CDC File". */
export interface AddCdcFile {
  /** URI of the change data file. */
  readonly path: string;
  /** Partition column to serialised value. */
  readonly partitionValues: PartitionValues;
  /** Size of the file in bytes. */
  readonly size: number;
  /** Always false: the table is not changed by it. */
  readonly dataChange: false;
  /** Free-form facts about the file. */
  readonly tags?: Readonly<Record<string, string | null>>;
}

/** The table's metadata. Source: "Change Metadata". */
export interface Metadata {
  /** The table's GUID. */
  readonly id: string;
  /** The table's name, by its user. */
  readonly name?: string;
  /** What the table is for, by its user. */
  readonly description?: string;
  /** Encoding of the data files. */
  readonly format: {
    /** Its name: `parquet`. */
    readonly provider: string;
    /** Its options. */
    readonly options?: Readonly<Record<string, string>>;
  };
  /** The schema as JSON text. */
  readonly schemaString: string;
  /** Names of the partition columns, logical, in order. */
  readonly partitionColumns: readonly string[];
  /** When the action was made, in epoch milliseconds. */
  readonly createdTime?: number;
  /** The table's properties. */
  readonly configuration: Readonly<Record<string, string>>;
}

/** What a reader and a writer must know. Source: "Protocol Evolution". */
export interface Protocol {
  /** Lowest reader version that may read. */
  readonly minReaderVersion: number;
  /** Lowest writer version that may write. */
  readonly minWriterVersion: number;
  /** Features that readers must know; there exactly when the reader version is 3. */
  readonly readerFeatures?: readonly string[];
  /** Features that writers must know; there exactly when the writer version is 7. */
  readonly writerFeatures?: readonly string[];
}

/** An application's own version, recorded with its data. Source: "Transaction Identifiers". */
export interface Txn {
  /** The application. */
  readonly appId: string;
  /** Its own version. */
  readonly version: number;
  /** When it was recorded, in epoch milliseconds. */
  readonly lastUpdated?: number;
}

/** Configuration of a named domain. Source: "Domain Metadata". */
export interface DomainMetadata {
  /** The domain's name; `delta.` ones belong to engines. */
  readonly domain: string;
  /** The domain's content. */
  readonly configuration: string;
  /** Whether this removes the domain. */
  readonly removed: boolean;
}

/** Provenance of a commit: free-form but for a few fields. Source: "Commit Provenance Information". */
export interface CommitInfo {
  /** The writer's clock, in epoch milliseconds. */
  readonly timestamp?: number;
  /** The version's own time, in epoch milliseconds. */
  readonly inCommitTimestamp?: number;
  /** What was done. */
  readonly operation?: string;
  /** How. */
  readonly operationParameters?: Readonly<Record<string, JsonValue>>;
  /** The version it was based on. */
  readonly readVersion?: number;
  /** How much it minded what others did. */
  readonly isolationLevel?: string;
  /** Whether it read nothing and only added. */
  readonly isBlindAppend?: boolean;
  /** How much was done, as text. */
  readonly operationMetrics?: Readonly<Record<string, string>>;
  /** Who did it. */
  readonly engineInfo?: string;
  /** The commit's own token. */
  readonly txnId?: string;
  /** Free text of the caller. */
  readonly userMetadata?: string;
  /** Whatever else a writer put there. */
  readonly [key: string]: JsonValue | undefined;
}

/** A sidecar of a V2 checkpoint. Source: "Sidecar File Information". */
export interface Sidecar {
  /** The file's name, or its URI, percent-encoded. */
  readonly path: string;
  /** Its size. */
  readonly sizeInBytes: number;
  /** When it was made, in epoch milliseconds. */
  readonly modificationTime: number;
  /** Free-form facts about it. */
  readonly tags?: Readonly<Record<string, string | null>>;
}

/** Head of a V2 checkpoint. Source: "Checkpoint Metadata". */
export interface CheckpointMetadata {
  /** The checkpoint's version. */
  readonly version: number;
  /** Free-form facts about it. */
  readonly tags?: Readonly<Record<string, string | null>>;
}

/** One line of a commit, as it is on the wire: an object with one key. */
export type Action =
  | { readonly add: AddFile }
  | { readonly remove: RemoveFile }
  | { readonly cdc: AddCdcFile }
  | { readonly metaData: Metadata }
  | { readonly protocol: Protocol }
  | { readonly txn: Txn }
  | { readonly domainMetadata: DomainMetadata }
  | { readonly commitInfo: CommitInfo }
  | { readonly sidecar: Sidecar }
  | { readonly checkpointMetadata: CheckpointMetadata };
