/** One world from its seed. */

import { runFilesWorld } from "./files_world.ts";
import { runTapeWorld } from "./tape_world.ts";
import { Random } from "./random.ts";

const WORLDS: Record<string, (random: Random, tell: (line: string) => void) => Promise<void>> = {
  files: runFilesWorld,
  tapes: runTapeWorld,
};

/** How a world ended. */
export interface SeedResult {
  /** Which kind it was. */
  world: string;
  /** What was wrong, or undefined. */
  error: unknown;
  /** What was in it and what was done to it. */
  lines: string[];
}

/** Runs the world of a seed; `world` chooses its kind instead of the seed. */
export async function runSeed(seed: number, world?: string): Promise<SeedResult> {
  const random = new Random(seed);
  const chosen = random.pick(Object.keys(WORLDS));
  const kind = world ?? chosen;
  const lines: string[] = [];
  try {
    await WORLDS[kind](random, (line) => lines.push(line));
    return { world: kind, error: undefined, lines };
  } catch (error) {
    return { world: kind, error, lines };
  }
}
