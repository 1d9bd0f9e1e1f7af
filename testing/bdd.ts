/**
 * The part of `@std/testing/bdd` that the tests use, over `Deno.test`: every
 * `it` is a test of its own, so sanitizers and `--filter` see it.
 *
 * @module
 */

type Body = (context: Deno.TestContext) => void | Promise<void>;

interface Suite {
  readonly name: string;
  readonly before: (() => void | Promise<void>)[];
  readonly after: (() => void | Promise<void>)[];
}

const open: Suite[] = [];

/** Groups tests under a name. */
export function describe(name: string, body: () => void): void {
  open.push({ name, before: [], after: [] });
  try {
    body();
  } finally {
    open.pop();
  }
}

/** One test; its name is that of the groups and its own. */
export function it(name: string, body: Body): void {
  const suites = [...open];
  Deno.test(
    [...suites.map((suite) => suite.name), name].join(" "),
    async (context) => {
      for (const suite of suites) for (const hook of suite.before) await hook();
      try {
        await body(context);
      } finally {
        for (const suite of suites.toReversed()) {
          for (const hook of suite.after) await hook();
        }
      }
    },
  );
}

/** Runs before each test of the group that is being described. */
export function beforeEach(hook: () => void | Promise<void>): void {
  open.at(-1)?.before.push(hook);
}

/** Runs after each test of the group that is being described. */
export function afterEach(hook: () => void | Promise<void>): void {
  open.at(-1)?.after.push(hook);
}
