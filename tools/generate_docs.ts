/**
 * `deno task docs`: the pages under `docs` that are made from the source.
 *
 * @module
 */

import { type CodeFacts, ERROR_CODES } from "../src/errors.ts";

/** Where each generated page lives, and its text. */
export function generatedPages(): Readonly<Record<string, string>> {
  return { "docs/errors.md": errorsPage(ERROR_CODES) };
}

const ADVICE: Readonly<Record<CodeFacts["retry"], string>> = {
  never: "change the call",
  later: "the same call may pass later",
  rerun: "load the new snapshot and run the operation again",
  unknown: "ask the log: `resolve(token, version)`",
};

/** The page that lists every error code. */
export function errorsPage(
  codes: Readonly<Record<string, CodeFacts>>,
): string {
  const rows = Object.entries(codes).map(([code, facts]) => {
    const kind = facts.conflict
      ? `${facts.kind} (${facts.conflict})`
      : facts.kind;
    return `| \`${code}\` | ${kind} | ${facts.meaning} | ${
      ADVICE[facts.retry]
    } |`;
  });
  return `<!-- deno-fmt-ignore-file -->

# Errors

Every error of the engine is a \`DeltaError\`: a message that says what could not
be done, why, and what to do about it, and for programs a \`code\` of this list, a
\`kind\`, an \`outcome\` (\`failed\`: no effect, and never one; \`unknown\`: it may
have an effect, now or later), \`retry\`, \`context\` with paths and versions, and
the \`cause\`. No secret ever appears in one.

This page is made from the source by \`deno task docs\`.

| code | kind | meaning | what to do |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(generatedPages())) {
    await Deno.writeTextFile(new URL(`../${path}`, import.meta.url), text);
  }
}
