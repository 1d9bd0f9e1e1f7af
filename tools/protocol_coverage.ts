/**
 * `docs/protocol_coverage.md` against the tree: what it names exists, and it
 * leaves no chapter of the protocol out.
 *
 * @module
 */

import type { SourceFile } from "./tidy.ts";

/** Chapters of the protocol that ask something of readers or writers. */
export const CHAPTERS: readonly string[] = [
  "Data Files",
  "Deletion Vector Files",
  "Change Data Files",
  "Delta Log Entries",
  "Checkpoints",
  "Sidecar Files",
  "Log Compaction Files",
  "Last Checkpoint File",
  "Version Checksum File",
  "Change Metadata",
  "Add File and Remove File",
  "Writer Requirements for AddCDCFile",
  "Reader Requirements for AddCDCFile",
  "Transaction Identifiers",
  "Protocol Evolution",
  "Commit Provenance Information",
  "Reader Requirements for Domain Metadata",
  "Writer Requirements for Domain Metadata",
  "Sidecar File Information",
  "Action Reconciliation",
  "Table Features",
  "Writer Requirements for Column Mapping",
  "Reader Requirements for Column Mapping",
  "Reader Requirements for Deletion Vectors",
  "Writer Requirement for Deletion Vectors",
  "Catalog-managed tables",
  "Writer Requirements for IcebergCompatV1",
  "Writer Requirement for IcebergCompatV2",
  "Timestamp without timezone (TimestampNtz)",
  "V2 Checkpoint Table Feature",
  "Reader Requirements for Row Tracking",
  "Writer Requirements for Row Tracking",
  "Writer Requirements for Vacuum Protocol Check",
  "Writer Requirements for Clustered Table",
  "Writer Requirements for Variant Data Type",
  "Reader Requirements for Variant Data Type",
  "Writer Requirements for Variant Shredding",
  "Reader Requirements for Variant Shredding",
  "Writer Requirements for In-Commit Timestamps",
  "Recommendations for Readers of Tables with In-Commit Timestamps",
  "Writer Requirements for Type Widening",
  "Reader Requirements for Type Widening",
  "Creation of New Log Entries",
  "Consistency Between Table Metadata and Data Files",
  "Delta Log Entries (writers)",
  "Metadata Cleanup",
  "Append-only Tables",
  "Column Invariants",
  "CHECK Constraints",
  "Generated Columns",
  "Default Columns",
  "Identity Columns",
  "Writer Version Requirements",
  "Reader Version Requirements",
  "Table Properties",
  "Deletion Vector Format",
  "Per-file Statistics",
  "Partition Value Serialization",
  "Schema Serialization Format",
  "Delta Data Type to Parquet Type Mappings",
];

/** What a requirement may be. */
export const STATES: readonly string[] = [
  "kept",
  "refused",
  "partly",
  "not used",
];

/** One requirement of the page. */
export interface Requirement {
  /** Its chapter of the protocol. */
  readonly chapter: string;
  /** `R`, `W` or `RW`. */
  readonly who: string;
  /** Modules that keep it, from `src`. */
  readonly modules: readonly string[];
  /** Tests: a path, and words of the test's title. */
  readonly tests: readonly (readonly [path: string, words: string])[];
  /** Its state. */
  readonly state: string;
}

/** The requirements of a page. */
export function parseCoverage(page: string): Requirement[] {
  const requirements: Requirement[] = [];
  let chapter = "";
  for (const line of page.split("\n")) {
    if (line.startsWith("## ")) chapter = line.slice(3);
    if (!/^\| (?:R|W|RW) \|/.test(line)) continue;
    const cells = line.split(" | ");
    const [modules = "", tests = "", state = ""] = cells.slice(-3);
    requirements.push({
      chapter,
      who: cells[0]!.slice(2),
      modules: [...modules.matchAll(/`([^`]+)`/g)].map((m) => m[1]!),
      tests: [...tests.matchAll(/`([^`]+)`: "([^"]+)"/g)]
        .map((m) => [m[1]!, m[2]!] as const),
      state: /^\*\*([^*]+)\*\*/.exec(state)?.[1] ?? "",
    });
  }
  return requirements;
}

/** What a page names that is not there, and what it leaves out. */
export function checkCoverage(
  page: string,
  files: readonly SourceFile[],
): string[] {
  const texts = new Map(files.map((file) => [file.path, file.text]));
  const requirements = parseCoverage(page);
  const covered = new Set(requirements.map((r) => r.chapter));
  const complaints = CHAPTERS.filter((chapter) => !covered.has(chapter))
    .map((chapter) => `${chapter}: no requirement`);
  for (const { chapter, modules, tests, state } of requirements) {
    const complain = (what: string) => complaints.push(`${chapter}: ${what}`);
    if (!CHAPTERS.includes(chapter)) complain("no chapter of the protocol");
    if (!STATES.includes(state)) complain(`no state "${state}"`);
    if (modules.length === 0) complain("no module");
    if (tests.length === 0) complain("no test");
    for (const path of modules) {
      if (!texts.has(`src/${path}`)) complain(`no module src/${path}`);
    }
    for (const [path, words] of tests) {
      const text = texts.get(path);
      if (text === undefined) complain(`no test file ${path}`);
      else if (!text.includes(words)) complain(`no test "${words}" in ${path}`);
    }
  }
  return complaints;
}
