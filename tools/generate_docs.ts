/**
 * `deno task docs`: pages and parts of pages that are made from the source.
 *
 * @module
 */

import { type CodeFacts, ERROR_CODES } from "../src/errors.ts";
import {
  TABLE_FEATURES,
  type TableFeature,
} from "../src/protocol/table_feature.ts";
import { conflictsPage } from "./conflicts_page.ts";
import { litmusPage } from "./litmus_page.ts";
import { pictures } from "./pictures.ts";
import { readReports, scopesSection, withScopes } from "./scopes_section.ts";
import { sqlPage } from "./sql_page.ts";

/**
 * Where each page that is generated, or has a generated part, lives, and its text.
 *
 * @param readme The README as it is: all but its table of features is kept.
 * @param litmus The page of litmus tests as it is: its part on scopes is kept.
 */
export async function generatedPages(
  readme: string,
  litmus: string,
): Promise<Readonly<Record<string, string>>> {
  return {
    "docs/conflicts.md": conflictsPage(),
    "docs/errors.md": errorsPage(ERROR_CODES),
    "docs/litmus.md": await litmusPage(litmus),
    "docs/sql.md": sqlPage(),
    ...pictures(),
    "README.md": withFeatures(readme, featureTable(TABLE_FEATURES)),
  };
}

const PART = /(<!-- features:[^>]*-->\n)[\s\S]*(<!-- end of features -->)/;

/** The README with another table of features. */
export function withFeatures(readme: string, table: string): string {
  if (!PART.test(readme)) throw new Error("README.md has no part for features");
  return readme.replace(
    PART,
    (_, head, tail) =>
      `${head}\n<!-- deno-fmt-ignore-start -->\n\n${table}\n<!-- deno-fmt-ignore-end -->\n\n${tail}`,
  );
}

const WRITTEN: Readonly<Record<TableFeature["write"], string>> = {
  yes: "yes",
  unused: "while unused",
  no: "**no**",
};

/** What there is to say of a feature beyond yes and no. */
const NOTES: Readonly<Record<string, string>> = {
  appendOnly:
    "whatever would remove or change rows is refused while it is on; optimize passes",
  invariants:
    "checked for every row written; one that cannot be evaluated stops the write by name",
  checkConstraints:
    "checked for every row written, and for the rows that are there when one is added",
  changeDataFeed:
    "read, and written by update, merge, delete and overwrite of a part",
  generatedColumns: "computed where left out, checked where given",
  columnMapping: "by name and by id; rename and drop",
  identityColumns: "rows are not added to a table with an identity column",
  deletionVectors:
    "inline, relative and absolute; written by delete, update and merge where the table enables them",
  timestampNtz: "microseconds, years 1 to 9999",
  v2Checkpoint:
    "JSON and Parquet, with and without sidecars; written where the table's policy says so",
  vacuumProtocolCheck: "vacuum checks the write protocol of every table",
  typeWidening:
    "at any depth; by an append that merges its schema, and by `alter.widenColumn`",
  "typeWidening-preview": "as the above",
  variantType: "decoded to a value; rows with variants are not written",
  "variantType-preview": "as the above",
  variantShredding: "put together on reading; not written",
  "variantShredding-preview": "as the above",
  domainMetadata: "unknown domains are kept; users' own are set and removed",
  rowTracking:
    "ids are given anew at every rebase; rows that are moved or updated take theirs along; the option `rowIds` of a read shows them",
  inCommitTimestamp:
    "used for time travel, history and the change feed; strictly increasing",
  clustering:
    "the clustering columns are kept; files are not clustered, so what optimize writes names no `clusteringProvider`",
  allowColumnDefaults: "given to rows that leave the column out",
  icebergCompatV1: "refused while its property is true",
  icebergCompatV2: "refused while its property is true",
  icebergCompatV3: "refused while its property is true",
  materializePartitionColumns: "rows are not added to partitioned tables",
  collations:
    "strings compare by their bytes; rows are not added to a column with a collation",
  "collations-preview": "as the above",
  checkpointProtection:
    "log cleanup and checkpoints of such tables follow rules that are not kept here",
  icebergWriterCompatV1: "Iceberg metadata is not written",
  icebergWriterCompatV3: "Iceberg metadata is not written",
  geospatial: "its types are not known",
  timestampNanos: "its type is not known",
  adaptiveMetadata: "its metadata tree is not read",
  catalogManaged: "commits belong to a catalog",
  "catalogOwned-preview": "as the above",
};

/** The table of features, every "no" written out. */
export function featureTable(features: readonly TableFeature[]): string {
  const rows = features.map(({ name, kind, read, write }) => {
    const reads = kind === "writer"
      ? "nothing to do"
      : read === "yes"
      ? "yes"
      : "**no**";
    return `| \`${name}\` | ${reads} | ${WRITTEN[write]} | ${
      NOTES[name] ?? ""
    } |`;
  });
  return [
    "| table feature | read | write | notes |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

const ADVICE: Readonly<Record<CodeFacts["retry"], string>> = {
  never: "change the call",
  later: "the same call may pass later",
  rerun: "load the new snapshot and run the operation again",
  unknown: "ask the log: `resolve(token, version)`",
};

/** What to do where another call would be no better; by kind. */
const NEVER: Readonly<Partial<Record<CodeFacts["kind"], string>>> = {
  corrupt:
    "repair the table, or read or restore a version that does not need what is broken",
  internal: "report it, with the whole message",
  store:
    "see what the store says in the message; location, permissions and credentials first",
  unsupported: "use another engine for it, or do without",
};

/** What each of these asks for is not what its kind does. */
const BY_CODE: Readonly<Record<string, string>> = {
  DELTA_STORE_NOT_EXCLUSIVE: "use a store that honours the condition",
  DELTA_STORE_UNSUPPORTED: "use a store or file system that has it",
  DELTA_ABORTED: "call again if it is still wanted",
};

function advice(code: string, facts: CodeFacts): string {
  return BY_CODE[code] ??
    (facts.retry === "never" ? NEVER[facts.kind] : undefined) ??
    ADVICE[facts.retry];
}

/** The page that lists every error code. */
export function errorsPage(
  codes: Readonly<Record<string, CodeFacts>>,
): string {
  const rows = Object.entries(codes).map(([code, facts]) => {
    const kind = facts.conflict
      ? `${facts.kind} (${facts.conflict})`
      : facts.kind;
    return `| \`${code}\` | ${kind} | ${facts.meaning} | ${
      advice(code, facts)
    } |`;
  });
  return `<!-- deno-fmt-ignore-file -->

# Errors

Every error of the engine is a \`DeltaError\`: a message that says what could not
be done, why, and what to do about it, and for programs a \`code\` of this list, a
\`kind\`, an \`outcome\` (\`failed\`: no effect, and never one; \`unknown\`: it may
have an effect, now or later), \`retry\` (\`never\`, \`later\`, \`rerun\`, \`unknown\`),
\`context\` with paths and versions, and the \`cause\`. No secret ever appears in one.

This page is made from the source by \`deno task docs\`.

| code | kind | meaning | what to do |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}

if (import.meta.main) {
  const at = (path: string): URL => new URL(`../${path}`, import.meta.url);
  const readme = await Deno.readTextFile(at("README.md"));
  const current = await Deno.readTextFile(at("docs/litmus.md")).catch(() => "");
  // `--scopes FILE…`: the part on scopes anew, from reports of the suite.
  const [option, ...files] = Deno.args;
  const litmus = option === "--scopes"
    ? withScopes(current, scopesSection(await readReports(files)))
    : current;
  for (
    const [path, text] of Object.entries(await generatedPages(readme, litmus))
  ) {
    await Deno.writeTextFile(at(path), text);
  }
}
