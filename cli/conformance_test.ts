import { assert, assertEquals } from "@std/assert";
import { conformance } from "./conformance.ts";
import { mutants } from "./mutants.ts";
import { random } from "./random.ts";

type Command = (args: readonly string[]) => Promise<number>;

/** Status and what was written, without showing it. */
async function told(
  command: Command,
  line: string,
): Promise<[number, string]> {
  const lines: string[] = [];
  const { log, error } = console;
  console.log = console.error = (text: string) => void lines.push(text);
  try {
    return [await command(line.split(" ")), lines.join("\n")];
  } finally {
    Object.assign(console, { log, error });
  }
}

const WRONG: readonly (readonly [Command, string, string])[] = [
  [conformance, "--vector abc --scope A1", "a decision vector is"],
  [conformance, "--vector 1.0", "--vector is a run of one scope"],
  [conformance, "--scope no-such", "there is no scope no-such"],
  [conformance, "--suite random --scope A1", "there is no scope A1 in random"],
  [conformance, "--level Read", "there is no level Read: Serializable,"],
  [conformance, "--path x:y", "x:y is not a path"],
  [conformance, "--path 0:1", "--path is a case of one level"],
  [conformance, "--part 3/2", "3/2 is not a part like 1/2"],
  [conformance, "--suite races", "races needs a store"],
  [conformance, "--budget 0s", "0s is not a time like 60s"],
  [conformance, "--seed 99999999999999999999", "is not a seed"],
  [conformance, "--elle run.edn", "--elle goes with --check"],
  [conformance, "--json no/such/f.json", "there is no folder no/such"],
  [conformance, "--store ftp://x", "nothing is known of ftp"],
  [conformance, "--store deno.json/x", "deno.json"],
  [mutants, "--bogus", "Unknown option"],
  [mutants, "--only Q999", "there is no mutant Q999"],
  [mutants, "--seeds 0", "0 is not a number"],
  [random, "--bogus", "Unknown option"],
  [random, "--runs x", "x is not a number"],
];

for (const [command, line, why] of WRONG) {
  Deno.test(`${command.name} ${line} is refused with status 2, and why`, async () => {
    const [status, text] = await told(command, line);
    assertEquals(status, 2, text);
    assert(text.includes(why), text);
  });
}

Deno.test("conformance --scope runs the suites that have it, and no others", async () => {
  const [status, text] = await told(conformance, "--scope A1 --vector 0.0.0");
  assertEquals(status, 0, text);
  assert(/clean: 1 runs/.test(text), text);
});
