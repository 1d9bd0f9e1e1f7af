/**
 * The state of a table without its files: protocol, metadata, application
 * transactions and metadata domains. Pure: fed newest first, the first word on
 * each wins.
 *
 * Source: Delta protocol, "Action Reconciliation".
 *
 * @module
 */

import type {
  Action,
  CommitInfo,
  DomainMetadata,
  Metadata,
  Protocol,
  Txn,
} from "../actions/action.ts";

/** What a replay without files comes to. */
export interface CoreState {
  /** The newest protocol, if the log has one. */
  readonly protocol: Protocol | undefined;
  /** The newest metadata, if the log has one. */
  readonly metadata: Metadata | undefined;
  /** The newest version of each application. */
  readonly transactions: ReadonlyMap<string, Txn>;
  /** The newest configuration of each domain; removed ones left out. */
  readonly domains: ReadonlyMap<string, DomainMetadata>;
}

/** Gathers {@link CoreState}; feed it the log's files newest first. */
export class CoreReplay {
  #protocol: Protocol | undefined;
  #metadata: Metadata | undefined;
  readonly #transactions = new Map<string, Txn>();
  readonly #domains = new Map<string, DomainMetadata>();

  /** Takes what one file of the log says, unless a newer file said it. */
  visitFile(actions: readonly Action[]): void {
    // From the end: inside one file the last word counts.
    for (let i = actions.length - 1; i >= 0; i--) this.#visit(actions[i]!);
  }

  /** What the files came to. */
  finish(): CoreState {
    const domains = new Map<string, DomainMetadata>();
    for (const [name, domain] of this.#domains) {
      if (!domain.removed) domains.set(name, domain);
    }
    return {
      protocol: this.#protocol,
      metadata: this.#metadata,
      transactions: new Map(this.#transactions),
      domains,
    };
  }

  #visit(action: Action): void {
    if ("protocol" in action) this.#protocol ??= action.protocol;
    else if ("metaData" in action) this.#metadata ??= action.metaData;
    else if ("txn" in action) {
      keepFirst(this.#transactions, action.txn.appId, action.txn);
    } else if ("domainMetadata" in action) {
      keepFirst(
        this.#domains,
        action.domainMetadata.domain,
        action.domainMetadata,
      );
    }
  }
}

/** Whether an action is one that {@link CoreReplay} or the head of a version looks at. */
export function isCore(action: Action): boolean {
  return "protocol" in action || "metaData" in action || "txn" in action ||
    "domainMetadata" in action;
}

/** The in-commit timestamp that a commit carries, if any. */
export function inCommitTimestampOf(
  info: CommitInfo | undefined,
): number | undefined {
  const time = info?.inCommitTimestamp;
  return Number.isSafeInteger(time) ? time : undefined;
}

/** Metadata with every field that the protocol demands, whatever an old writer left out. */
export function completeMetadata(metadata: Metadata): Metadata {
  return {
    ...metadata,
    format: metadata.format ?? { provider: "parquet", options: {} },
    partitionColumns: metadata.partitionColumns ?? [],
    configuration: metadata.configuration ?? {},
  };
}

function keepFirst<T>(map: Map<string, T>, key: string, value: T): void {
  if (!map.has(key)) map.set(key, value);
}
