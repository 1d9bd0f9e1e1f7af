import { assert, assertEquals, assertRejects } from "@std/assert";
import { readBody } from "./s3_body.ts";

async function* chunks(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield new TextEncoder().encode(part);
}

const signal = new AbortController().signal;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

Deno.test("readBody() puts the pieces together and says that bytes arrive", async () => {
  let stirs = 0;
  const answer = { Body: chunks("ab", "cde"), ContentLength: 5 };
  const found = await readBody(answer, undefined, signal, () => stirs++);
  assertEquals([text(found.bytes), found.size, stirs], ["abcde", 5, 2]);
});

Deno.test("readBody() refuses a body that is shorter or longer than announced", async () => {
  for (const ContentLength of [4, 6]) {
    const answer = { Body: chunks("abcde"), ContentLength };
    await assertRejects(
      () => readBody(answer, undefined, signal, () => {}),
      Error,
      "cut",
    );
  }
});

Deno.test("readBody() takes the object's size from the range that was sent", async () => {
  const answer = {
    Body: chunks("cd"),
    ContentLength: 2,
    ContentRange: "bytes 2-3/10",
  };
  const found = await readBody(answer, { start: 2, end: 4 }, signal, () => {});
  assertEquals([text(found.bytes), found.size], ["cd", 10]);
});

Deno.test("readBody() cuts a whole object to the range that was asked for", async () => {
  const answer = { Body: chunks("abcde"), ContentLength: 5 };
  const found = await readBody(answer, { start: 3, end: 90 }, signal, () => {});
  assertEquals([text(found.bytes), found.size], ["de", 5]);
});

Deno.test("readBody() stops when the call is over", async () => {
  const reason = new Error("over");
  const answer = { Body: chunks("a", "b"), ContentLength: 2 };
  const thrown = await assertRejects(() =>
    readBody(answer, undefined, AbortSignal.abort(reason), () => {})
  );
  assert(thrown === reason);
});
