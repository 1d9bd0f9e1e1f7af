import { assert, assertEquals, assertRejects } from "@std/assert";
import { fileStore, type FileSystem } from "../../src/store/mod.ts";
import { storeContract } from "../store_contract/contract.ts";
import {
  type SimulatedFileSystem,
  simulatedFileSystem,
  SURVIVORS,
  type Survivors,
} from "./simulated_file_system.ts";

const now = () => Date.UTC(2026, 0, 1);
const text = (value: string) => new TextEncoder().encode(value);
const make = () => simulatedFileSystem({ now });

/** A file with contents that are synced or not; its name is not. */
async function write(
  disk: FileSystem,
  path: string,
  contents: string,
  isSynced: boolean,
): Promise<void> {
  const file = await disk.createFile(path);
  await file.write(text(contents));
  if (isSynced) await file.sync();
  await file.close();
}

/** What a name holds; nothing where there is none. */
async function at(
  disk: FileSystem,
  path: string,
): Promise<string | undefined> {
  try {
    return new TextDecoder().decode((await disk.read(path)).bytes);
  } catch (error) {
    assertEquals((error as { code?: string }).code, "ENOENT");
    return undefined;
  }
}

/** What names hold after a power cut. */
async function after(
  prepare: (disk: SimulatedFileSystem) => Promise<void>,
  paths: readonly string[],
  survivors?: Survivors,
): Promise<(string | undefined)[]> {
  const disk = make();
  await prepare(disk);
  disk.powerCut(survivors);
  return await Promise.all(paths.map((path) => at(disk, path)));
}

for (const { name, applies, run } of storeContract) {
  Deno.test(`a folder on the simulated disk ${name}`, async () => {
    const disk = make();
    const store = (folder: string) =>
      Promise.resolve(fileStore(`/${folder}`, { fileSystem: disk }));
    const { capabilities } = await store("probe");
    if (applies && !applies(capabilities)) return;
    await run(store);
  });
}

Deno.test("what was never synced is gone: contents and names apart", async () => {
  const cases: [boolean, boolean, string | undefined][] = [
    [true, true, "abc"],
    [false, true, ""],
    [true, false, undefined],
    [false, false, undefined],
  ];
  for (const [contents, name, left] of cases) {
    const found = await after(async (disk) => {
      await write(disk, "/f", "abc", contents);
      if (name) await disk.syncDirectory("/");
    }, ["/f"]);
    assertEquals(found, [left], `${contents} ${name}`);
  }
});

Deno.test("only what was written before a sync is safe by it", async () => {
  const found = await after(async (disk) => {
    const file = await disk.createFile("/f");
    await file.write(text("abc"));
    await file.sync();
    await file.write(text("def"));
    await disk.syncDirectory("/");
  }, ["/f"]);
  assertEquals(found, ["abc"]);
});

Deno.test("a link, a rename and an unlink last from the directory's sync on", async () => {
  const old = async (disk: SimulatedFileSystem) => {
    await write(disk, "/a", "abc", true);
    await write(disk, "/b", "xyz", true);
    await disk.syncDirectory("/");
  };
  const changes: [
    (disk: SimulatedFileSystem) => Promise<void>,
    (string | undefined)[],
  ][] = [
    [(disk) => disk.link("/a", "/c"), ["abc", "xyz", "abc"]],
    [(disk) => disk.rename("/a", "/b"), [undefined, "abc", undefined]],
    [(disk) => disk.unlink("/a"), [undefined, "xyz", undefined]],
  ];
  const names = ["/a", "/b", "/c"];
  for (const [change, changed] of changes) {
    const unsynced = await after(async (disk) => {
      await old(disk);
      await change(disk);
      assertEquals(
        await Promise.all(names.map((name) => at(disk, name))),
        changed,
      );
    }, names);
    assertEquals(unsynced, ["abc", "xyz", undefined]);
    const synced = await after(async (disk) => {
      await old(disk);
      await change(disk);
      await disk.syncDirectory("/");
    }, names);
    assertEquals(synced, changed);
  }
});

Deno.test("a file in a directory whose own name is not synced is gone with it", async () => {
  for (const isSynced of [true, false]) {
    const found = await after(async (disk) => {
      await disk.makeDirectory("/d");
      await write(disk, "/d/f", "abc", true);
      await disk.syncDirectory("/d");
      if (isSynced) await disk.syncDirectory("/");
    }, ["/d/f"]);
    assertEquals(found, [isSynced ? "abc" : undefined]);
  }
});

Deno.test("of what was not synced a cut may leave names, or all", async () => {
  const unsynced = (disk: SimulatedFileSystem) =>
    write(disk, "/f", "abc", false);
  const left = [];
  for (const survivors of SURVIVORS) {
    left.push(...await after(unsynced, ["/f"], survivors));
  }
  assertEquals(left, [undefined, "", "abc"]);
});

Deno.test("what a power cut left is there after the next", async () => {
  const disk = make();
  await write(disk, "/f", "abc", false);
  disk.powerCut("all");
  disk.powerCut();
  assertEquals(await at(disk, "/f"), "abc");
});

Deno.test("a disk that does not sync keeps nothing that was acknowledged", async () => {
  const disk = simulatedFileSystem({ now, syncs: false });
  await write(disk, "/f", "abc", true);
  await disk.syncDirectory("/");
  disk.powerCut();
  assertEquals(await at(disk, "/f"), undefined);
});

Deno.test("names that are taken or missing are refused as a real disk does", async () => {
  const disk = make();
  await write(disk, "/f", "abc", true);
  await disk.makeDirectory("/d");
  const cases: [string, () => Promise<unknown>][] = [
    ["EEXIST", () => disk.createFile("/f")],
    ["EEXIST", () => disk.link("/f", "/d")],
    ["EEXIST", () => disk.makeDirectory("/d")],
    ["ENOENT", () => disk.createFile("/none/f")],
    ["ENOENT", () => disk.link("/none", "/g")],
    ["ENOENT", () => disk.rename("/none", "/g")],
    ["ENOENT", () => disk.rename("/f", "/none/f")],
    ["ENOENT", () => disk.unlink("/none")],
    ["EISDIR", () => disk.read("/d")],
    ["EISDIR", () => disk.rename("/f", "/d")],
    ["ENOENT", () => disk.readDirectory("/none")],
    ["ENOENT", () => disk.syncDirectory("/none")],
  ];
  for (const [code, call] of cases) {
    await assertRejects(call, Error, code);
  }
});

/** The disk, failing for ever from one of its calls on, power lost before it. */
function failingAt(
  disk: SimulatedFileSystem,
  call: number,
  survivors: Survivors,
): { readonly fileSystem: FileSystem; readonly calls: () => number } {
  let calls = 0;
  const gate = () => {
    if (calls++ === call) disk.powerCut(survivors);
    if (calls > call) throw new Error("there is no power");
  };
  const gated = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (from, name) => {
        const value = from[name as keyof T];
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          gate();
          const made: unknown = await value.apply(from, args);
          return name === "createFile" ? gated(made as object) : made;
        };
      },
    });
  return { fileSystem: gated(disk as FileSystem), calls: () => calls };
}

/** Writes, cut at every call that they make: what each was told, and what is left. */
async function cutEverywhere(
  look: (
    told: readonly boolean[],
    left: readonly (string | undefined)[],
  ) => void,
): Promise<number> {
  let cuts = 0;
  for (const survivors of SURVIVORS) {
    for (let call = 0;; call++) {
      const disk = make();
      const { fileSystem, calls } = failingAt(disk, call, survivors);
      const store = fileStore("/t", { fileSystem });
      const told: boolean[] = [];
      for (
        const write of [
          () => store.put("p=a/f", text("data")),
          () => store.putIfAbsent("log/0", text("first")),
          () => store.putIfAbsent("log/1", text("second")),
        ]
      ) {
        try {
          const outcome = await write();
          told.push(
            outcome.kind === "created" || outcome.kind === "written",
          );
        } catch {
          told.push(false);
        }
      }
      if (calls() <= call) break;
      cuts++;
      const names = ["/t/p=a/f", "/t/log/0", "/t/log/1"];
      look(told, await Promise.all(names.map((name) => at(disk, name))));
    }
  }
  return cuts;
}

Deno.test("cut at any call, what was acknowledged is there, and nothing is half there", async () => {
  const whole = ["data", "first", "second"];
  const acknowledged = new Set<number>();
  const cuts = await cutEverywhere((told, left) => {
    acknowledged.add(told.filter(Boolean).length);
    whole.forEach((contents, i) => {
      if (told[i]) assertEquals(left[i], contents);
      else assert(left[i] === undefined || left[i] === contents, left[i]);
    });
  });
  assert(cuts > 20, `${cuts} cuts`);
  assertEquals([...acknowledged].sort(), [0, 1, 2]);
});
