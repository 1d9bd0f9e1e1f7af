import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { needs, tablesFolder } from "../../testing/needs.ts";
import type { Action } from "./action.ts";
import {
  forEachAction,
  formatCommit,
  isBlankCommit,
  parseCommit,
} from "./commit_codec.ts";

const ADD: Action = {
  add: {
    path: "f",
    partitionValues: { p: null },
    size: 1,
    modificationTime: 2,
    dataChange: true,
    stats: '{"numRecords":1,"minValues":{"l":9223372036854775807}}',
  },
};
const INFO: Action = { commitInfo: { operation: "WRITE", é: "\n" } };

const parse = (text: string) => parseCommit(text, "00.json");

Deno.test("parseCommit() reads what formatCommit() writes, commitInfo first", () => {
  const bytes = formatCommit([ADD, INFO]);
  const text = new TextDecoder().decode(bytes);
  assertEquals(text.split("\n").length, 3);
  assert(text.endsWith("\n"));
  assertEquals(parseCommit(bytes, "00.json"), [INFO, ADD]);
});

Deno.test("parseCommit() keeps statistics as the text they are", () => {
  const [action] = parseCommit(formatCommit([ADD]), "00.json");
  assert(action && "add" in action);
  assert(action.add.stats!.includes("9223372036854775807"));
});

Deno.test("parseCommit() passes over blank lines, unknown actions and unknown fields", () => {
  const text =
    '\n{"nobody":{"knows":1}}\r\n  \n{"txn":{"appId":"a","version":1,"more":{}}}\n\n{}';
  assertEquals(parse(text).map((action) => Object.keys(action)[0]), ["txn"]);
});

Deno.test("parseCommit() reads a file without a final line feed, and an empty one", () => {
  assertEquals(parse('{"txn":{"appId":"a","version":1}}').length, 1);
  assertEquals(parse(""), []);
});

Deno.test("parseCommit() takes null for absent", () => {
  const [action] = parse(
    '{"add":{"path":"f","size":1,"modificationTime":2,"stats":null,"deletionVector":null,"partitionValues":{"p":null}},"remove":null}',
  );
  assertEquals(action as unknown, {
    add: {
      path: "f",
      size: 1,
      modificationTime: 2,
      partitionValues: { p: null },
      dataChange: true,
    },
  });
});

Deno.test("parseCommit() reads metadata of old tables that lacks its schema", () => {
  const [action] = parse('{"metaData":{"id":"x","partitionColumns":[]}}');
  assert(action && "metaData" in action);
  assertEquals(action.metaData.schemaString, "");
  assertEquals(action.metaData.configuration, {});
});

Deno.test("parseCommit() names file and line of what it cannot read", () => {
  const cases = [
    '{"add":{"path":"f"',
    "[1]",
    "7",
    '{"add":[]}',
    '{"add":{"size":1}}',
    '{"remove":{}}',
    '{"metaData":{"schemaString":5}}',
    '{"metaData":{"partitionColumns":"a"}}',
    '{"protocol":{"minReaderVersion":"1","minWriterVersion":2}}',
    '{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":"x"}}',
    '{"txn":{"appId":"a"}}',
    '{"domainMetadata":{}}',
  ];
  for (const line of cases) {
    const error = assertThrows(
      () => parse(`{"commitInfo":{}}\n${line}`),
      DeltaError,
    );
    assertEquals(error.code, "DELTA_LOG_FILE_CORRUPT", line);
    assertEquals(error.context, { file: "00.json", line: 2 }, line);
  }
});

Deno.test("forEachAction() refuses bytes that are not UTF-8", () => {
  const error = assertThrows(
    () => forEachAction(Uint8Array.of(0x7b, 0xff), "00.json", () => {}),
    DeltaError,
  );
  assertEquals(error.code, "DELTA_LOG_FILE_CORRUPT");
});

Deno.test("forEachAction() tells the line of each action", () => {
  const lines: number[] = [];
  const text = '\n{"txn":{"appId":"a","version":1}}\n\n{"commitInfo":{}}';
  forEachAction(text, "00.json", (_, line) => lines.push(line));
  assertEquals(lines, [2, 4]);
});

Deno.test("forEachAction() visits two actions that share a line", () => {
  const text =
    '{"txn":{"appId":"a","version":1},"commitInfo":{"operation":"X"}}';
  assertEquals(parse(text).map((action) => Object.keys(action)), [
    ["txn"],
    ["commitInfo"],
  ]);
});

Deno.test({
  name: "parseCommit() reads every commit of every real table but the cut one",
  ...needs({ tables: true }),
  fn() {
    let commits = 0;
    const refused: string[] = [];
    for (const { name, isDirectory } of Deno.readDirSync(tablesFolder()!)) {
      const log = `${tablesFolder()}/${name}/table/_delta_log`;
      if (!isDirectory || !isFolder(log)) continue;
      for (const file of Deno.readDirSync(log)) {
        if (!/^\d{20}\.json$/.test(file.name)) continue;
        try {
          parseCommit(Deno.readFileSync(`${log}/${file.name}`), file.name);
          commits++;
        } catch (error) {
          assert(error instanceof DeltaError);
          refused.push(`${name}: ${error.code}`);
        }
      }
    }
    assertEquals(refused, [
      "derived-truncated-commit-a: DELTA_LOG_FILE_CORRUPT",
    ]);
    assert(commits > 800, `only ${commits} commits`);
  },
});

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("isBlankCommit() knows a file that holds nothing from one that says little", () => {
  const is = (text: string) => isBlankCommit(new TextEncoder().encode(text));
  for (const text of ["", "\n", " \t\r\n", "\ufeff\n"]) {
    assertEquals(is(text), true, JSON.stringify(text));
  }
  for (const text of ["{}", "\n{}\n", '{"later":{}}', "\0\0", "x"]) {
    assertEquals(is(text), false, JSON.stringify(text));
  }
});
