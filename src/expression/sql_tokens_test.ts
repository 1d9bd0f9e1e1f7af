import { assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { tokensOf, unreadable } from "./sql_tokens.ts";

Deno.test("tokensOf() tells words, names, texts, numbers and symbols apart", () => {
  const tokens = tokensOf("größe<=>`a``b`.c2||'x' -- end\n*1.5e3D /* no */!=.5")
    .map(({ kind, text }) => `${kind} ${text}`);
  assertEquals(tokens, [
    "word größe",
    "symbol <=>",
    "name a`b",
    "symbol .",
    "word c2",
    "symbol ||",
    "text x",
    "symbol *",
    "number 1.5e3D",
    "symbol !=",
    "number .5",
    "end ",
  ]);
});

Deno.test("tokensOf() refuses what starts no word, and what is not closed", () => {
  for (const sql of ["a # b", "'open", "`open", '"open', "x'\\'"]) {
    const error = assertThrows(() => tokensOf(sql), DeltaError, "character");
    assertEquals(error.code, unreadable("", 0, "").code);
  }
});
