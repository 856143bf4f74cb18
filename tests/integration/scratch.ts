/**
 * A directory that a test may fill, removed afterwards.
 *
 * @module
 */

/** Runs `test` with a fresh directory. */
export async function withScratch(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "ectar-test-" });
  try {
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
