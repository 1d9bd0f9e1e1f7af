/**
 * Names to files of the log, files to segments.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { parseLastCheckpoint } from "./last_checkpoint.ts";
import { sortLog } from "./log_listing.ts";
import {
  checkpointPath,
  commitPath,
  compactionPath,
  formatVersion,
  LOG_FOLDER,
  parseLogFile,
  sidecarPath,
  uuidCheckpointPath,
} from "./log_path.ts";
import {
  legalRange,
  replayFiles,
  selectLogSegment,
  selectLogSegments,
} from "./log_segment.ts";

const UUID = "3a0d65cd-4056-49b8-937b-95f9e3ee90e5";

function listing(...paths: readonly string[]): ReturnType<typeof sortLog> {
  return sortLog(paths.map((path) => ({ path, size: 9, lastModified: 1 })));
}

function commits(from: number, to: number): string[] {
  const paths: string[] = [];
  for (let v = from; v <= to; v++) paths.push(commitPath(v));
  return paths;
}

function partPath(version: number, part: number, parts: number): string {
  const ten = (n: number) => String(n).padStart(10, "0");
  return `${LOG_FOLDER}/${formatVersion(version)}.checkpoint.${ten(part)}.${
    ten(parts)
  }.parquet`;
}

Deno.test("parseLogFile() knows every name the protocol has, and no other", () => {
  const nameOf = (path: string): string => path.split("/").at(-1)!;
  const kinds = [
    commitPath(7),
    checkpointPath(7),
    partPath(7, 2, 3),
    uuidCheckpointPath(7, UUID, "json"),
    uuidCheckpointPath(7, UUID, "parquet"),
    compactionPath(3, 7),
  ].map((path) => parseLogFile(nameOf(path)));
  assertEquals(kinds.map((k) => k.kind), [
    "commit",
    "checkpoint",
    "checkpoint",
    "checkpoint",
    "checkpoint",
    "compaction",
  ]);
  for (
    const name of [
      "_last_checkpoint",
      "00000000000000000007.crc",
      "00000000000000000007.json.tmp",
      ".00000000000000000007.json.crc",
      "7.json",
      "99999999999999999999.json",
      "00000000000000000007.checkpoint.0000000004.0000000003.parquet",
      "00000000000000000009.00000000000000000007.compacted.json",
      `00000000000000000007.${UUID}.json`,
      "00000000000000000007.checkpoint.parquet.crc",
    ]
  ) assertEquals(parseLogFile(name).kind, "other", name);
  assertEquals(sidecarPath("a/b/c.parquet"), "_delta_log/_sidecars/c.parquet");
});

Deno.test("selectLogSegment() starts at the newest checkpoint at or below the version", () => {
  const log = listing(
    ...commits(0, 9),
    checkpointPath(3),
    checkpointPath(6),
    checkpointPath(9),
  );
  const starts = [2, 3, 5, 6, 8, 9].map((v) => {
    const segment = selectLogSegment("t", log, v);
    return [segment.checkpoint?.version, segment.commits.length];
  });
  assertEquals(starts, [[undefined, 3], [3, 0], [3, 2], [6, 0], [6, 2], [
    9,
    0,
  ]]);
});

Deno.test("selectLogSegments() offers older ways, best first, and no checkpoint without all its parts", () => {
  const log = listing(
    ...commits(0, 5),
    checkpointPath(2),
    partPath(4, 1, 2),
    partPath(4, 2, 2),
    partPath(4, 1, 3),
    partPath(4, 3, 3),
    uuidCheckpointPath(4, UUID, "json"),
  );
  const ways = selectLogSegments("t", log).map((s) =>
    s.checkpoint && [s.checkpoint.version, s.checkpoint.naming]
  );
  assertEquals(ways, [
    [4, "uuid"],
    [4, "multi-part"],
    [2, "classic"],
    undefined,
  ]);
  assertEquals(log.incomplete.length, 1);
});

Deno.test("selectLogSegment() names what is missing", () => {
  const cases: [readonly string[], number | undefined, string, string][] = [
    [[], undefined, "DELTA_TABLE_NOT_FOUND", ""],
    [
      [commitPath(0), commitPath(2)],
      undefined,
      "DELTA_VERSIONS_NOT_CONTIGUOUS",
      commitPath(1),
    ],
    [commits(1, 3), undefined, "DELTA_VERSIONS_NOT_CONTIGUOUS", commitPath(0)],
    [commits(0, 3), 4, "DELTA_VERSION_NOT_FOUND", "versions 0 to 3"],
    [
      [checkpointPath(2), ...commits(3, 5)],
      1,
      "DELTA_VERSION_NOT_FOUND",
      "versions 2 to 5",
    ],
    [
      [checkpointPath(2), ...commits(4, 5)],
      undefined,
      "DELTA_VERSIONS_NOT_CONTIGUOUS",
      commitPath(3),
    ],
    [
      [partPath(2, 1, 2)],
      undefined,
      "DELTA_CHECKPOINT_CORRUPT",
      partPath(2, 1, 2),
    ],
    [
      [partPath(2, 1, 2), ...commits(3, 4)],
      undefined,
      "DELTA_CHECKPOINT_CORRUPT",
      partPath(2, 1, 2),
    ],
  ];
  for (const [paths, version, code, words] of cases) {
    const error = assertThrows(
      () => selectLogSegment("t", listing(...paths), version),
      DeltaError,
    );
    assertEquals(error.code, code);
    assert(error.message.includes(words), error.message);
  }
});

Deno.test("replayFiles() lets the longest compactions stand for their commits", () => {
  const log = listing(
    ...commits(0, 9),
    compactionPath(1, 2),
    compactionPath(1, 5),
    compactionPath(4, 7),
    compactionPath(6, 7),
    compactionPath(8, 12),
  );
  const segment = selectLogSegment("t", log);
  const names = replayFiles(segment, true).map((f) =>
    f.kind === "commit" ? f.entry.version : [f.entry.start, f.entry.end]
  );
  assertEquals(names, [0, [1, 5], [6, 7], 8, 9]);
  assertEquals(replayFiles(segment, false).length, 10);
  // None that reaches past the version.
  const older = selectLogSegment("t", log, 4);
  assertEquals(older.compactions.map((c) => [c.start, c.end]), [[1, 2]]);
});

Deno.test("legalRange() is what can be rebuilt", () => {
  assertEquals(legalRange(listing(...commits(0, 4))), {
    earliest: 0,
    latest: 4,
  });
  assertEquals(
    legalRange(listing(checkpointPath(3), ...commits(2, 4))),
    { earliest: 3, latest: 4 },
  );
  assertEquals(legalRange(listing()), undefined);
});

Deno.test("parseLastCheckpoint() takes a version or nothing", () => {
  assertEquals(parseLastCheckpoint('{"version":3,"x":[]}'), { version: 3 });
  const torn = [
    "",
    "{",
    "null",
    "[]",
    "3",
    '{"version":1.5}',
    '{"version":"1"}',
  ];
  for (const text of torn) assertEquals(parseLastCheckpoint(text), undefined);
});
