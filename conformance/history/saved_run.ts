/**
 * A run as a file, to be judged again later: the history, the store's trace and
 * what the store held in the end. Nothing of the engine is needed to check it.
 *
 * The file is NDJSON. Its first line says what it is about; then come the
 * events of the history, as {@link formatHistory} writes them, the calls of the
 * trace and the objects, bytes in base64:
 *
 * ```text
 * {"type":"run","format":1,"level":"Serializable","engine":"litmus","replay":"--suite …",…}
 * {"type":"invoke","client":"w1","opId":"w1.0","time":12,…}
 * {"type":"call","client":"w1","call":"putIfAbsent","path":"_delta_log/…","bytes":"eyJ…",…}
 * {"type":"object","path":"_delta_log/…","lastModified":1767225600000,"bytes":"eyJ…"}
 * ```
 *
 * @module
 */

import { Buffer } from "node:buffer";
import {
  buildEvidence,
  type Evidence,
  type EvidenceSource,
  type Level,
  sourceOf,
} from "../checkers/evidence.ts";
import { judge } from "../checkers/judge.ts";
import type { Verdict } from "../checkers/verdict.ts";
import type { SuiteReport } from "../run_suite.ts";
import type { FinalObject, Run } from "../simulation/run_program.ts";
import type { TraceEntry } from "../simulation/scheduled_store.ts";
import { formatHistory, parseHistory } from "./history_file.ts";

/** What a saved run is about. */
export interface AboutRun {
  /** The engine. */
  readonly engine: string;
  /** The program, by name or as JSON. */
  readonly program: string;
  /** The arguments that make the run again. */
  readonly replay: string;
}

/** A run that was saved. */
export interface SavedRun {
  /** What it is about. */
  readonly about: AboutRun;
  /** What is judged. */
  readonly source: EvidenceSource;
}

/** What a file of the future may have otherwise. */
const FORMAT = 1;

/** Writes a run as the text of a file. */
export function formatRun({ about, source }: SavedRun): string {
  const { level, faults, powerCutAt, afterPowerCut } = source;
  const head = { type: "run", format: FORMAT, level, faults, powerCutAt };
  const line = (value: object): string => JSON.stringify(value) + "\n";
  return [
    line({ ...head, isPowerCut: afterPowerCut !== undefined, ...about }),
    formatHistory(source.history),
    ...source.trace.map((call) =>
      line({ type: "call", ...call, bytes: toText(call.bytes) })
    ),
    ...[...source.objects.values()].map((object) =>
      line({ type: "object", ...object, bytes: toText(object.bytes) })
    ),
    ...[...afterPowerCut?.values() ?? []].map((object) =>
      line({ type: "left", ...object, bytes: toText(object.bytes) })
    ),
  ].join("");
}

/**
 * Reads what {@link formatRun} wrote.
 *
 * @throws {SyntaxError} Saying which line is not one of a saved run.
 */
export function parseRun(text: string): SavedRun {
  const lines = text.split("\n").map((line, i) => parseLine(line, i + 1));
  const head = lines[0] as Partial<Head> | undefined;
  if (head?.type !== "run" || head.format !== FORMAT || !head.level) {
    throw new SyntaxError(
      `line 1 is not that of a saved run of format ${FORMAT}`,
    );
  }
  const of = <T>(type: string): T[] =>
    lines.filter((line) => line?.type === type) as T[];
  const objects = (type: string): Map<string, FinalObject> =>
    new Map(
      of<Packed<FinalObject>>(type).map(({ path, bytes, lastModified }) => [
        path,
        { path, lastModified, bytes: toBytes(bytes)! },
      ]),
    );
  const { engine = "", program = "", replay = "", faults, powerCutAt } = head;
  return {
    about: { engine, program, replay },
    source: {
      level: head.level,
      history: parseHistory(
        text.split("\n").map((line, i) => isEvent(lines[i]) ? line : "")
          .join("\n"),
      ),
      trace: of<Packed<TraceEntry>>("call").map(unpackCall),
      objects: objects("object"),
      ...(faults !== undefined && { faults }),
      ...(head.isPowerCut && { afterPowerCut: objects("left") }),
      ...(powerCutAt !== undefined && { powerCutAt }),
    },
  };
}

/** Keeps the runs of a report's failures, those that are at hand; `save` answers where. */
export function saveFailures(
  report: SuiteReport,
  save: (text: string) => string,
): SuiteReport {
  const failures = report.failures.map((failure) => {
    const run = failure.run?.() as Run | undefined;
    if (!run) return failure;
    const { program, replay } = failure;
    const about = { engine: report.engine, program, replay };
    const source = sourceOf(run, levelOf(run));
    return { ...failure, saved: save(formatRun({ about, source })) };
  });
  return { ...report, failures };
}

/** The level of a run: the one that its table asks for. */
function levelOf({ program }: Run): Level {
  const { configuration = {} } = program.setup;
  const level = configuration["delta.isolationLevel"] ?? "Serializable";
  return level as Level;
}

/** Judges a saved run again. */
export async function checkRun(
  saved: SavedRun,
): Promise<{ evidence: Evidence; verdicts: Verdict[] }> {
  const evidence = await buildEvidence(saved.source);
  return { evidence, verdicts: judge(evidence) };
}

/**
 * What every check says of a saved run.
 *
 * @param text The file's.
 * @throws {SyntaxError} Where it is no saved run.
 */
export async function checkSavedRun(
  text: string,
): Promise<readonly Verdict[]> {
  return (await checkRun(parseRun(text))).verdicts;
}

type Line = { readonly type?: unknown };

interface Head extends AboutRun {
  readonly type: "run";
  readonly format: number;
  readonly level: Level;
  readonly faults?: number;
  readonly powerCutAt?: number;
  readonly isPowerCut: boolean;
}

/** Something with its bytes as text. */
type Packed<T extends { bytes: Uint8Array | undefined }> =
  & Omit<T, "bytes">
  & { readonly bytes?: string };

const EVENTS: ReadonlySet<unknown> = new Set(["invoke", "ok", "fail", "info"]);
const KINDS: ReadonlySet<unknown> = new Set(["run", "call", "object", "left"]);

const isEvent = (line: Line | undefined): boolean => EVENTS.has(line?.type);

function parseLine(line: string, number: number): Line | undefined {
  if (line.trim() === "") return undefined;
  try {
    const parsed = JSON.parse(line) as Line;
    if (isEvent(parsed) || KINDS.has(parsed.type)) return parsed;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new SyntaxError(`line ${number} is not one of a saved run`);
}

function unpackCall(packed: Packed<TraceEntry>): TraceEntry {
  const { client, call, path, paths, effect, fault, opId, time, atMs } = packed;
  const bytes = toBytes(packed.bytes);
  return { client, call, path, paths, effect, fault, bytes, opId, time, atMs };
}

const toText = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes).toString("base64");

const toBytes = (text: string | undefined): Uint8Array | undefined =>
  text === undefined ? undefined : new Uint8Array(Buffer.from(text, "base64"));
