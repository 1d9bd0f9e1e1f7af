/**
 * `deno task conformance --check FILE`: a saved run, judged again.
 *
 * @module
 */

import { readFile, writeFile } from "node:fs/promises";
import { formatVerdict } from "../conformance/checkers/verdict.ts";
import { elleOf } from "../conformance/history/elle.ts";
import {
  checkRun,
  parseRun,
  type SavedRun,
} from "../conformance/history/saved_run.ts";

/**
 * Judges a saved run.
 *
 * @param file What `--history` saved.
 * @param elle Where to write the run in Elle's shape, if anywhere.
 * @returns 0 where no check objects, 1 where one does, 2 where the file is no saved run.
 */
export async function checkSaved(
  file: string,
  elle?: string,
): Promise<number> {
  const saved = await load(file);
  if (typeof saved === "string") {
    console.error(saved);
    return 2;
  }
  const { evidence, verdicts } = await checkRun(saved);
  const { engine, program, replay } = saved.about;
  console.log(
    `${engine}, ${program}, judged at ${evidence.level}: ` +
      `${evidence.commits.length} versions, ` +
      `${evidence.operations.length} operations`,
  );
  for (const verdict of verdicts) console.log(formatVerdict(verdict));
  console.log(
    verdicts.length === 0 ? "clean" : `replay: deno task conformance ${replay}`,
  );
  if (elle !== undefined) await writeFile(elle, elleOf(evidence));
  return verdicts.some(({ class: kind }) =>
      kind === "SAFETY" || kind === "JUDGE"
    )
    ? 1
    : 0;
}

async function load(file: string): Promise<SavedRun | string> {
  try {
    return parseRun(await readFile(file, "utf8"));
  } catch (error) {
    if (error instanceof Error) return `${file}: ${error.message}`;
    throw error;
  }
}
