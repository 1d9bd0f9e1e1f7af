/**
 * A simulated disk that may lose power once, at any call that changes it: the
 * decision vector says at which, and what is left then.
 *
 * @module
 */

import type { FileSystem } from "../../src/store/mod.ts";
import type { Decisions } from "./decisions.ts";
import {
  type SimulatedFileSystem,
  simulatedFileSystem,
  SURVIVORS,
} from "./simulated_file_system.ts";

/** What a failing disk stands in. */
export interface PowerSupply {
  /** The run. */
  readonly decisions: Decisions;
  /** The clock of modification times. */
  readonly now: () => number;
  /** Whether power may be lost now. */
  readonly mayFail: () => boolean;
  /** Told when power was lost; nothing that was under way goes on. */
  readonly onCut: () => void;
  /** Whether syncing does anything; true by default. */
  readonly syncs?: boolean;
}

/** The calls that change what is on the disk, or whether it stays. */
const CHANGES = [
  "createFile",
  "link",
  "rename",
  "unlink",
  "makeDirectory",
  "syncDirectory",
] as const;

/** Makes one. */
export function failingDisk(power: PowerSupply): FileSystem {
  const disk = simulatedFileSystem({
    now: power.now,
    ...(power.syncs !== undefined && { syncs: power.syncs }),
  });
  let wasCut = false;
  const goesOn = async (about: string): Promise<void> => {
    if (wasCut || !power.mayFail()) return;
    const choice = power.decisions.choose(
      SURVIVORS.length + 1,
      `power at ${about}: stays | lost, left is ${SURVIVORS.join(" | ")}`,
    );
    if (choice === 0) return;
    wasCut = true;
    disk.powerCut(SURVIVORS[choice - 1]!);
    power.onCut();
    await new Promise<never>(() => {}); // nobody is there to go on
  };
  const gated = { ...disk } as Record<string, unknown>;
  for (const name of CHANGES) {
    const call = disk[name] as (...paths: string[]) => Promise<unknown>;
    gated[name] = async (...paths: string[]) => {
      await goesOn(`${name} ${paths.join(" ")}`);
      return await call(...paths);
    };
  }
  gated.createFile = createFile(disk, goesOn);
  return gated as unknown as FileSystem;
}

function createFile(
  disk: SimulatedFileSystem,
  goesOn: (about: string) => Promise<void>,
): FileSystem["createFile"] {
  return async (path) => {
    await goesOn(`createFile ${path}`);
    const file = await disk.createFile(path);
    return {
      write: async (bytes) => {
        await goesOn(`write ${path}`);
        await file.write(bytes);
      },
      sync: async () => {
        await goesOn(`sync ${path}`);
        await file.sync();
      },
      close: () => file.close(),
    };
  };
}
