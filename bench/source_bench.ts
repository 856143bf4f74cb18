/**
 * How fast a directory becomes a tar stream, next to GNU tar on the same tree in the same run. Both
 * streams end in a pipe or in memory: tar does not read files when its archive is /dev/null.
 *
 *     deno run -A bench/source_bench.ts DIRECTORY [ROUNDS]
 *
 * @module
 */

import { LinuxFileTree } from "../ffi/file_tree.ts";
import { openLocalSource, type TarSource } from "../src/archive/tar_source.ts";
import { openWorkerSource } from "../src/archive/tar_source_worker_backed.ts";
import { packPaths } from "../src/tree/name_list.ts";
import { toBytes } from "../src/tree/path_text.ts";

const [directory, rounds = "3"] = Deno.args;
if (directory === undefined) {
  console.error("usage: source_bench.ts DIRECTORY [ROUNDS]");
  Deno.exit(2);
}

const options = {
  groups: [{ base: toBytes(directory), paths: packPaths(["."]) }],
  chunkSize: 2 ** 30,
  frameSize: 4 * 2 ** 20,
};

async function drain(source: TarSource): Promise<string> {
  const start = performance.now();
  for (let frame = await source.next(); frame !== undefined; frame = await source.next()) {
    source.release(frame.slot);
  }
  const seconds = (performance.now() - start) / 1000;
  const { members, tarBytes } = source.totals!;
  await source.close();
  return figures(seconds, members, tarBytes);
}

function figures(seconds: number, members: number, bytes: number): string {
  return `${seconds.toFixed(2)} s  ${Math.round(members / seconds)} members/s  ` +
    `${Math.round(bytes / seconds / 1e6)} MB/s`;
}

async function gnuTar(flags: string): Promise<string> {
  const start = performance.now();
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `tar ${flags} -C "$0" -cf - . | wc -c`, directory],
  }).output();
  const seconds = (performance.now() - start) / 1000;
  return `${seconds.toFixed(2)} s  ${
    Math.round(Number(new TextDecoder().decode(stdout)) / seconds / 1e6)
  } MB/s`;
}

for (let round = 1; round <= Number(rounds); round++) {
  console.log(`round ${round}`);
  console.log("  in this thread    ", await drain(openLocalSource(new LinuxFileTree(), options)));
  console.log("  in a Worker       ", await drain(await openWorkerSource(options)));
  console.log("  tar               ", await gnuTar("--format=posix"));
  console.log("  tar, with xattrs  ", await gnuTar("--format=posix --xattrs --acls"));
}
const { rss } = Deno.memoryUsage();
console.log(`resident at the end: ${Math.round(rss / 2 ** 20)} MiB`);
