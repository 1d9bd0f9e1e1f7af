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
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly size: number;
  readonly modificationTime: number;
  readonly dataChange: boolean;
  /** Statistics as JSON text, untouched: longs past 2^53 keep every digit. */
  readonly stats?: string;
  readonly tags?: Readonly<Record<string, string | null>>;
  readonly deletionVector?: DeletionVectorDescriptor;
  readonly baseRowId?: number;
  readonly defaultRowCommitVersion?: number;
  readonly clusteringProvider?: string;
}

/** Removes a logical file; kept as a tombstone until it expires. */
export interface RemoveFile {
  readonly path: string;
  readonly deletionTimestamp?: number;
  readonly dataChange: boolean;
  readonly extendedFileMetadata?: boolean;
  readonly partitionValues?: PartitionValues;
  readonly size?: number;
  readonly stats?: string;
  readonly tags?: Readonly<Record<string, string | null>>;
  readonly deletionVector?: DeletionVectorDescriptor;
  readonly baseRowId?: number;
  readonly defaultRowCommitVersion?: number;
}

/** A change data file of one version. Source: "Add CDC File". */
export interface AddCdcFile {
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly size: number;
  readonly dataChange: false;
  readonly tags?: Readonly<Record<string, string | null>>;
}

/** The table's metadata. Source: "Change Metadata". */
export interface Metadata {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly format: {
    readonly provider: string;
    readonly options?: Readonly<Record<string, string>>;
  };
  /** The schema as JSON text. */
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly createdTime?: number;
  readonly configuration: Readonly<Record<string, string>>;
}

/** What a reader and a writer must know. Source: "Protocol Evolution". */
export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  readonly readerFeatures?: readonly string[];
  readonly writerFeatures?: readonly string[];
}

/** An application's own version, recorded with its data. Source: "Transaction Identifiers". */
export interface Txn {
  readonly appId: string;
  readonly version: number;
  readonly lastUpdated?: number;
}

/** Configuration of a named domain. Source: "Domain Metadata". */
export interface DomainMetadata {
  readonly domain: string;
  readonly configuration: string;
  readonly removed: boolean;
}

/** Provenance of a commit: free-form but for a few fields. Source: "Commit Provenance Information". */
export interface CommitInfo {
  readonly timestamp?: number;
  readonly inCommitTimestamp?: number;
  readonly operation?: string;
  readonly operationParameters?: Readonly<Record<string, JsonValue>>;
  readonly readVersion?: number;
  readonly isolationLevel?: string;
  readonly isBlindAppend?: boolean;
  readonly operationMetrics?: Readonly<Record<string, string>>;
  readonly engineInfo?: string;
  readonly txnId?: string;
  readonly userMetadata?: string;
  readonly [key: string]: JsonValue | undefined;
}

/** A sidecar of a V2 checkpoint. Source: "Sidecar File Information". */
export interface Sidecar {
  readonly path: string;
  readonly sizeInBytes: number;
  readonly modificationTime: number;
  readonly tags?: Readonly<Record<string, string | null>>;
}

/** Head of a V2 checkpoint. Source: "Checkpoint Metadata". */
export interface CheckpointMetadata {
  readonly version: number;
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
