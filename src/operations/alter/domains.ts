/**
 * What people and applications note on a table: metadata domains of their own, a
 * name, a description.
 *
 * Source: Delta protocol, "Domain Metadata".
 *
 * @module
 */

import { withFeatures } from "../../protocol/protocol_for.ts";
import type { Snapshot } from "../../snapshot/snapshot.ts";
import type { TableContext } from "../../store/table_context.ts";
import { checkKnown, type OperationOptions } from "../write_options.ts";
import {
  type Alteration,
  type AlterResult,
  badArgument,
  beginAlteration,
  commitChange,
  COMMON_OPTIONS,
  unchanged,
} from "./alter_table.ts";

/** Options of {@link setDomain}. */
export interface SetDomainOptions extends OperationOptions {
  /** The domain's name; not one that begins with `delta.` */
  readonly domain: string;
  /** Its text. */
  readonly configuration: string;
}

/**
 * Sets the text of a metadata domain; the table gets the domainMetadata feature.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The domain and its text.
 * @throws {DeltaError} `DELTA_INVALID_ARGUMENT` for a domain of Delta's own,
 *   `DELTA_CONCURRENT_TRANSACTION` when another commit set it meanwhile.
 */
export async function setDomain(
  context: TableContext,
  base: Snapshot,
  options: SetDomainOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "set a metadata domain of",
  );
  const { domain, configuration } = options;
  checkKnown(
    options,
    ["domain", "configuration", ...COMMON_OPTIONS],
    alteration.what,
  );
  checkDomain(alteration, domain);
  if (typeof configuration !== "string") {
    throw badArgument(
      alteration,
      "its configuration is no text",
      "Give text, JSON for example",
    );
  }
  if (base.domains.get(domain)?.configuration === configuration) {
    return unchanged(alteration);
  }
  return await commitChange(alteration, {
    operation: "SET DOMAIN METADATA",
    parameters: { domain },
    protocol: withFeatures(base.protocol, ["domainMetadata"]),
    domain: { domain, configuration, removed: false },
  });
}

/** Options of {@link removeDomain}. */
export interface RemoveDomainOptions extends OperationOptions {
  /** The domain's name. */
  readonly domain: string;
}

/**
 * Removes a metadata domain; one that is not there needs no version.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The domain.
 * @throws {DeltaError} As {@link setDomain}.
 */
export async function removeDomain(
  context: TableContext,
  base: Snapshot,
  options: RemoveDomainOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(
    context,
    base,
    options,
    "remove a metadata domain of",
  );
  const { domain } = options;
  checkKnown(options, ["domain", ...COMMON_OPTIONS], alteration.what);
  checkDomain(alteration, domain);
  const known = base.domains.get(domain);
  if (!known) return unchanged(alteration);
  const { configuration } = known;
  return await commitChange(alteration, {
    operation: "REMOVE DOMAIN METADATA",
    parameters: { domain },
    domain: { domain, configuration, removed: true },
  });
}

function checkDomain(alteration: Alteration, domain: unknown): void {
  if (typeof domain !== "string" || domain === "") {
    throw badArgument(alteration, "no domain is named", "Name one");
  }
  if (!/^delta\./i.test(domain)) return;
  throw badArgument(
    alteration,
    `the domain ${domain} is the engines' own`,
    "Use a name that does not begin with delta.",
    { domain },
  );
}

/** Options of {@link setTableName}. */
export interface SetTableNameOptions extends OperationOptions {
  /** The name. */
  readonly name: string;
}

/**
 * Names the table, for people; where it lies stays.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The name.
 */
export async function setTableName(
  context: TableContext,
  base: Snapshot,
  options: SetTableNameOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(context, base, options, "name");
  checkKnown(options, ["name", ...COMMON_OPTIONS], alteration.what);
  const { name } = options;
  checkText(alteration, name, "name");
  return await commitChange(alteration, {
    operation: "UPDATE TABLE METADATA",
    parameters: { name },
    name,
  });
}

/** Options of {@link setTableDescription}. */
export interface SetTableDescriptionOptions extends OperationOptions {
  /** The description. */
  readonly description: string;
}

/**
 * Describes the table, for people.
 *
 * @param context The table.
 * @param base The version to change.
 * @param options The description.
 */
export async function setTableDescription(
  context: TableContext,
  base: Snapshot,
  options: SetTableDescriptionOptions,
): Promise<AlterResult> {
  const alteration = beginAlteration(context, base, options, "describe");
  checkKnown(options, ["description", ...COMMON_OPTIONS], alteration.what);
  const { description } = options;
  checkText(alteration, description, "description");
  return await commitChange(alteration, {
    operation: "UPDATE TABLE METADATA",
    parameters: { description },
    description,
  });
}

function checkText(alteration: Alteration, text: unknown, what: string): void {
  if (typeof text === "string") return;
  throw badArgument(alteration, `the ${what} is no text`, "Give text");
}
