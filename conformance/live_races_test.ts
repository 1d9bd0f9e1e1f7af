import { assert, assertEquals } from "@std/assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileStore, memoryStore, openStore } from "../src/store/mod.ts";
import { needs } from "../testing/needs.ts";
import { thisEngine } from "./adapters/this_engine.ts";
import { formatVerdict } from "./checkers/verdict.ts";
import { litmusScopes } from "./litmus/scopes.ts";
import { heldHandles, isHeld, type OpenStore } from "./live_races.ts";
import { lastWriterWins } from "./mutants/store_defects.ts";
import { raceProcesses } from "./process_races.ts";
import { formatReport, runSuite } from "./run_suite.ts";

/** Runs a body with fresh folders, and removes them. */
async function onFolder(body: (open: OpenStore) => Promise<void>) {
  const root = await mkdtemp(join(tmpdir(), "litmus-live-"));
  let places = 0;
  try {
    await body(() => {
      const url = join(root, `${++places}`);
      return Promise.resolve({
        store: fileStore(url),
        url,
        remove: () => rm(url, { recursive: true, force: true }),
      });
    });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

const onS3: OpenStore = async () => {
  const root = Deno.env.get("LITMUS_S3_URL")!.replace(/\/+$/, "");
  const url = `${root}/live-${crypto.randomUUID()}`;
  const store = await openStore(url);
  return {
    store,
    url,
    remove: async () => {
      const left = await Array.fromAsync(store.list(""));
      await store.delete(left.map(({ path }) => path));
      await store.close?.();
    },
  };
};

const held = litmusScopes(thisEngine()).filter(({ program, level }) =>
  isHeld(program) && level === "Serializable"
);

async function allHeld(open: OpenStore, ids: readonly string[]) {
  const found: string[] = [];
  let runs = 0;
  for (const scope of held.filter(({ id }) => ids.includes(id))) {
    for (
      const { run, verdicts } of await heldHandles(scope, thisEngine(), open)
    ) {
      runs++;
      assert(run.history.length > 6, scope.program.name);
      found.push(
        ...verdicts.map((v) => `${scope.program.name} ${formatVerdict(v)}`),
      );
    }
  }
  return { runs, found };
}

Deno.test("litmus tests by held handles end on a folder as in memory, in both orders", async () => {
  await onFolder(async (open) => {
    const ids = [...new Set(held.map(({ id }) => id))];
    assert(ids.length > 40);
    const { runs, found } = await allHeld(open, ids);
    assertEquals(found, []);
    assertEquals(runs, 2 * held.length);
  });
});

Deno.test({
  name: "litmus tests by held handles end on S3 as in memory",
  ...needs({ s3: true }),
  fn: async () => {
    const { found } = await allHeld(onS3, [
      "A5",
      "A7",
      "B1",
      "B3",
      "B7",
      "B12",
    ]);
    assertEquals(found, []);
  },
});

Deno.test("held handles find a store whose last writer wins", async () => {
  const open: OpenStore = () =>
    Promise.resolve({
      store: lastWriterWins(memoryStore(), "w1"),
      remove: () => Promise.resolve(),
    });
  const { found } = await allHeld(open, ["A5"]);
  assert(found.some((story) => story.includes("C1 SAFETY")), found.join("\n"));
  assert(found.some((story) => story.includes("ends otherwise")));
});

Deno.test("processes race on a folder, one is killed, and the log is whole", async () => {
  await onFolder(async (open) => {
    const round = await raceProcesses(open, {
      seed: 3,
      processes: 3,
      steps: 4,
      killed: 1,
    });
    assert(round);
    assertEquals(round.verdicts.map(formatVerdict), []);
    // All have opened the table, and those that were left have done what they were told.
    const answers = round.history.filter(({ type, client }) =>
      type !== "invoke" && client.startsWith("p")
    );
    assert(answers.length >= 3 + 2 * 4, `${answers.length} answers`);
    assert(round.counts.acknowledged >= 3);
  });
});

Deno.test("runSuite() runs the live suites on the store that it is given, and says so", async () => {
  await onFolder(async (openStore) => {
    const report = await runSuite(thisEngine(), {
      suites: ["held", "races", "processes"],
      budgetMs: 3_000,
      openStore,
      storeKind: "folder",
    });
    assertEquals(report.failures.map(({ program }) => program), []);
    assertEquals(report.store, "folder");
    assert(report.heldHandles.runs > 0 && report.races > 0);
    assertEquals(report.processes.length >= 1, true);
    const text = formatReport(report);
    for (const suite of ["held", "races", "processes"]) {
      assert(new RegExp(`^${suite} .* on the store`, "m").test(text), text);
    }
  });
});
