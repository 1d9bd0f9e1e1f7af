/**
 * Properties: a claim for a title, inputs from fast-check, and when it fails
 * the smallest input found and a line that fails the same way again.
 *
 * `SEED` picks the inputs, `REPLAY_PATH` goes straight to one of them, and
 * `LITMUS_RUNS` says how many inputs a property is tried on.
 *
 * @module
 */

import fc from "fast-check";

/** How a property is tried. */
export interface PropertyOptions {
  /** Inputs where `LITMUS_RUNS` does not say; 100 by default. */
  readonly runs?: number | undefined;
  /** A seed to begin with where `SEED` does not say; another one each time by default. */
  readonly seed?: number | undefined;
}

/** Makes the inputs; what is handed in goes to `fc.commands`, for replays. */
export type Arbitraries<Inputs extends unknown[]> = (
  replayPath: string | undefined,
) => { readonly [I in keyof Inputs]: fc.Arbitrary<Inputs[I]> };

/** Where to begin: what a failure printed, or nothing. */
export interface Replay {
  /** The seed. */
  readonly seed: number | undefined;
  /** Which input of the seed, by its way of shrinking. */
  readonly path: string | undefined;
  /** Which commands of a program are run. */
  readonly replayPath: string | undefined;
}

/** A property that does not hold, the line to try it again in its message. */
export class PropertyFailure extends Error {
  override readonly name: string = "PropertyFailure";
}

/**
 * Registers a property as a test.
 *
 * @param title The claim.
 * @param arbitraries The inputs.
 * @param run Throws where the claim does not hold.
 */
export function property<Inputs extends [unknown, ...unknown[]]>(
  title: string,
  arbitraries: Arbitraries<Inputs>,
  run: (...inputs: Inputs) => Promise<void>,
  options: PropertyOptions = {},
): void {
  Deno.test(title, async () => {
    const { env } = Deno;
    await checkProperty(title, arbitraries, run, {
      ...options,
      runs: Number(env.get("LITMUS_RUNS") ?? options.runs ?? 100),
      replay: readReplay(env.get("SEED"), env.get("REPLAY_PATH")),
    });
  });
}

/** Reads what a failure printed. */
export function readReplay(
  seed: string | undefined,
  path: string | undefined,
): Replay {
  const [shrinks, commands] = (path ?? "").trim().split(/\s+/);
  return {
    seed: seed === undefined ? undefined : Number(seed),
    path: shrinks || undefined,
    replayPath: commands,
  };
}

/**
 * Tries a property.
 *
 * @throws {PropertyFailure} With the smallest input that was found to break it.
 */
export async function checkProperty<Inputs extends [unknown, ...unknown[]]>(
  title: string,
  arbitraries: Arbitraries<Inputs>,
  run: (...inputs: Inputs) => Promise<void>,
  options: PropertyOptions & { readonly replay: Replay },
): Promise<void> {
  const { runs = 100, replay: { path, replayPath } } = options;
  const seed = options.replay.seed ?? options.seed ??
    crypto.getRandomValues(new Int32Array(1))[0]!;
  const claim = fc.asyncProperty(...arbitraries(replayPath), run);
  const details = await fc.check(claim as fc.IAsyncProperty<Inputs>, {
    seed,
    numRuns: runs,
    endOnFailure: path !== undefined,
    ...(path !== undefined && { path }),
  });
  if (!details.failed) return;
  throw new PropertyFailure(failureText(title, details), {
    cause: details.errorInstance,
  });
}

function failureText<Inputs>(
  title: string,
  details: fc.RunDetails<Inputs>,
): string {
  const { seed, counterexample, counterexamplePath, numRuns, numShrinks } =
    details;
  const input = fc.stringify(counterexample);
  const commands = /replayPath="([^"]*)"/.exec(input)?.[1];
  const path = [counterexamplePath, commands].filter(Boolean).join(" ");
  const { errorInstance } = details;
  const error = errorInstance instanceof Error
    ? errorInstance.stack ?? errorInstance.message
    : String(errorInstance);
  return [
    `${title}: does not hold after ${numRuns} runs and ${numShrinks} shrinks`,
    `Again: SEED=${seed} REPLAY_PATH="${path}" ` +
    `deno task test --filter ${quoted(title)}`,
    `Input: ${input}`,
    error,
  ].join("\n");
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
