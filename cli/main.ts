/**
 * The command line: `litmus <command>`.
 *
 * @module
 */

import process from "node:process";

/** A command: its arguments to its exit status. */
type Command = (args: string[]) => Promise<number>;

/** Each command, loaded when it is asked for. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  conformance: async () => (await import("./conformance.ts")).conformance,
  engine: async () => (await import("./engine.ts")).engine,
  mutants: async () => (await import("./mutants.ts")).mutants,
  random: async () => (await import("./random.ts")).random,
  store: async () => (await import("./store.ts")).store,
  verify: async () => (await import("./verify.ts")).verify,
};

const USAGE = `usage: litmus <command> [arguments]

  verify       the main job, end to end: atomicity, isolation, time travel, durability
  conformance  an engine through the conformance suite
  random       random programs on every core, judged one by one
  mutants      whether the suite sees planted defects: the kill table
  store        whether an object store is safe for Delta commits: a verdict card
  engine       speaks the engine protocol on standard input and output
`;

/**
 * Runs one command.
 *
 * @param args The command's name, then its arguments.
 * @returns The exit status: 0 where all is well, 2 where the command is unknown.
 */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args.filter((arg, i) => i > 0 || arg !== "--");
  if (name === undefined || name === "help" || name === "--help") {
    process.stdout.write(USAGE);
    return name === undefined ? 2 : 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) {
    process.stderr.write(`litmus: unknown command ${name}\n${USAGE}`);
    return 2;
  }
  const command = await load();
  return await command(rest.filter((arg) => arg !== "--"));
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
