import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeltaError } from "../errors.ts";
import { noValue } from "./expression_error.ts";
import { likeMatcher, likePrefix } from "./like.ts";

/** The definition, without any shortcut. */
function matches(text: readonly string[], pattern: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === "%") {
    return matches(text, rest) ||
      text.length > 0 && matches(text.slice(1), pattern);
  }
  if (first === "\\") {
    return text[0] === rest[0] && matches(text.slice(1), rest.slice(1));
  }
  return text.length > 0 && (first === "_" || first === text[0]) &&
    matches(text.slice(1), rest);
}

function generator(seed: number): (n: number) => number {
  let state = seed;
  return (n) => (state = (state * 1103515245 + 12345) % 2 ** 31) % n;
}

const LETTERS = ["a", "b", "%", "_", "\\", ".", "\n", "\u{1f600}"];

Deno.test("likeMatcher() says what the definition says, and likePrefix() what all matches start with", () => {
  const next = generator(7);
  const text = () =>
    Array.from({ length: next(6) }, () => LETTERS[next(LETTERS.length)]!);
  const pattern = () =>
    Array.from({ length: next(5) }, () => {
      const letter = LETTERS[next(LETTERS.length)]!;
      return letter === "\\" ? ["\\", ["%", "_", "\\"][next(3)]!] : [letter];
    }).flat();
  let found = 0;
  for (let i = 0; i < 20_000; i++) {
    const [t, p] = [text(), pattern()];
    const holds = likeMatcher(p.join(""), "\\")(t.join(""));
    assertEquals(holds, matches(t, p), JSON.stringify([t, p]));
    const { prefix, isAll } = likePrefix(p.join(""), "\\");
    const starts = t.join("").startsWith(prefix);
    if (holds) assert(starts, JSON.stringify([t, p]));
    if (isAll) assertEquals(holds, starts, JSON.stringify([t, p]));
    found += Number(holds);
  }
  assert(found > 1000, `${found}`);
});

Deno.test("likeMatcher() takes another escape, and refuses one before any other character", () => {
  assertEquals(likeMatcher("50!%", "!")("50%"), true);
  assertEquals(likeMatcher("50!%", "!")("500"), false);
  assertEquals(likeMatcher("a\\b", "!")("a\\b"), true);
  for (const pattern of ["a!b", "a!"]) {
    const error = assertThrows(() => likeMatcher(pattern, "!"), DeltaError);
    assertEquals(error.code, noValue("", "").code);
  }
});
