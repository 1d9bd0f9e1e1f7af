import { assert, assertThrows } from "@std/assert";
import { DeltaError } from "../../src/errors.ts";
import { checkArguments, type Forms } from "./arguments.ts";

const FORMS: Forms = {
  table: "text",
  "version?": "natural",
  "txn?": "txn",
  "storage?": "strings",
  "columns?": "names",
};

Deno.test("checkArguments() takes what an operation takes", () => {
  checkArguments("open", { id: 1, op: "open", table: "a" }, FORMS);
  checkArguments("open", {
    table: "a",
    version: 0,
    txn: { appId: "x", version: 1 },
    storage: { a: "b" },
    columns: null,
  }, FORMS);
});

Deno.test("checkArguments() names what is unknown, missing or of another form", () => {
  const cases: readonly (readonly [Record<string, never> | object, string])[] =
    [
      [{}, '"table" is missing'],
      [{ table: null }, '"table"'],
      [{ table: 1 }, '"table" is not a text'],
      [{ table: "a", vresion: 1 }, '"vresion"'],
      [{ table: "a", version: -1 }, '"version"'],
      [{ table: "a", version: "1" }, '"version"'],
      [{ table: "a", txn: { appId: "x" } }, '"txn"'],
      [{ table: "a", txn: { appId: "x", version: 1, more: 1 } }, '"txn"'],
      [{ table: "a", storage: { a: 1 } }, '"storage"'],
      [{ table: "a", columns: ["a", 1] }, '"columns"'],
      [{ table: "a", toString: 1 }, '"toString"'],
    ];
  for (const [request, part] of cases) {
    const error = assertThrows(
      () => checkArguments("open", request as Record<string, never>, FORMS),
      DeltaError,
    );
    assert(error.message.includes(part), `${error.message} lacks ${part}`);
  }
});
