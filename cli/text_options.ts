/**
 * Options of a command that are texts all of them, and `--help`.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";

/** The options given, by name; what is not given is not there. */
export type TextOptions = Readonly<Record<string, string | undefined>>;

/** The first of these files that has no folder to be written to: told before a long run, not after it. */
export function withoutFolder(
  files: readonly (string | undefined)[],
): string | undefined {
  return files.find((file) => file !== undefined && !existsSync(dirname(file)));
}

/**
 * Reads options; an exit status where there is nothing left to do: 0 after
 * help, 2 for a wrong call.
 *
 * @param args What stands behind the command's name.
 * @param names The options that it has.
 * @param help What `--help` shows.
 */
export function readTextOptions(
  args: readonly string[],
  names: readonly string[],
  help: string,
): TextOptions | number {
  const text = { type: "string" } as const;
  const texts = Object.fromEntries(names.map((name) => [name, text]));
  try {
    const { values: { help: wantsHelp, ...values } } = parseArgs({
      args: [...args],
      options: { ...texts, help: { type: "boolean" } },
    });
    if (!wantsHelp) return values as TextOptions;
    console.log(help);
    return 0;
  } catch (error) {
    return refuse((error as Error).message, help);
  }
}

/** Says why a call is wrong, and how it is right; the exit status of a wrong call. */
export function refuse(why: string, help: string): number {
  console.error(`${why}\n\n${help}`);
  return 2;
}
