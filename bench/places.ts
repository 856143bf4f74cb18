/**
 * Where the benchmarks find ectar and put their data.
 *
 * @module
 */

/** How ectar is started. */
export const ECTAR: readonly string[] = [Deno.execPath(), "run", "-A", projectPath("cli.ts")];

/** Memory as a file system, so that nothing waits for a disk; about 6 GB are needed. */
export const TMPFS: string = Deno.env.get("ECTAR_BENCH_TMPFS") ?? "/dev/shm";

/** A disk, for what is too large for memory. */
export const DISK: string = Deno.env.get("TMPDIR") ?? "/tmp";

/** Where programs to compare with are built; no part of the repository. */
export const CACHE: string = projectPath(".ci/cache");

/** Path of something in the project. */
export function projectPath(name: string): string {
  return new URL(`../${name}`, import.meta.url).pathname;
}

/** Calls `use` with a new directory below `parent`, and removes it with all that is in it then. */
export async function withScratch<T>(
  parent: string,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = Deno.makeTempDirSync({ dir: parent, prefix: "ectar-bench-" });
  try {
    return await use(directory);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/** Bytes of the files directly in a directory whose names match. */
export function directorySize(directory: string, names = /(?:)/): number {
  let bytes = 0;
  for (const { name } of Deno.readDirSync(directory)) {
    if (names.test(name)) bytes += Deno.statSync(`${directory}/${name}`).size;
  }
  return bytes;
}

/** Whether there is something of this name. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
