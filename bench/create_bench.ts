/**
 * Speed of `create` beside GNU tar and zstd on the same tree, in turns in the same run, all to
 * /dev/shm, with the files in the page cache. Each ratio is the median of the rounds' ratios; more
 * than 1 means that ectar is faster. Processor time is the steadier figure where other programs run.
 *
 * @module
 */

import { directorySize, ECTAR, scratchDirectory } from "./places.ts";
import { median, type Run, run, shell } from "./measure.ts";
import { makeSmallFiles } from "./trees.ts";
import type { Finding, Options } from "./report.ts";

/** What is archived: paths below a directory. */
interface Tree {
  directory: string;
  paths: string[];
}

/** One comparison. */
interface Contest {
  what: string;
  goal: number;
  tree: Tree;
  /** More options of `create`. */
  ectarOptions: string[];
  /** Shell line of the peer; `OUT` is the file it writes. */
  peer: (tree: Tree) => string;
  /** Compare the bytes written in a second rather than the time. */
  perByteWritten?: boolean;
}

const TAR_ZSTD = ({ directory, paths }: Tree) =>
  `tar -C ${directory} -cf - ${paths.join(" ")} | zstd -3 -T0 -q -f -o "$OUT"`;
const TAR = ({ directory, paths }: Tree) => `tar -C ${directory} -cf "$OUT" ${paths.join(" ")}`;

/** Compares `create` with its peers. */
export async function benchCreate({ rounds }: Options): Promise<Finding[]> {
  const scratch = scratchDirectory("/dev/shm");
  try {
    const mixed = mixedTree();
    const findings = await compare(scratch, rounds, {
      what: "create, zstd 3, 10+4, mixed tree",
      goal: 0.9,
      tree: mixed,
      ectarOptions: [],
      peer: TAR_ZSTD,
    });
    findings.push(
      ...await compare(scratch, rounds, {
        what: "create --no-compression, 10+4, mixed tree, per byte written",
        goal: 0.5,
        tree: mixed,
        ectarOptions: ["--no-compression"],
        peer: TAR,
        perByteWritten: true,
      }),
    );
    const small = `${scratch}/small`;
    makeSmallFiles(small, 200_000, 4096);
    findings.push(
      ...await compare(scratch, rounds, {
        what: "create, zstd 3, 10+4, 200,000 files of 4 KiB",
        goal: 0.6,
        tree: { directory: scratch, paths: ["small"] },
        ectarOptions: [],
        peer: TAR_ZSTD,
      }),
    );
    return findings;
  } finally {
    Deno.removeSync(scratch, { recursive: true });
  }
}

async function compare(scratch: string, rounds: number, contest: Contest): Promise<Finding[]> {
  const { tree } = contest;
  const ours: Run[] = [];
  const theirs: Run[] = [];
  let ourBytes = 0;
  let theirBytes = 0;
  // Brings the files into the page cache.
  await run(shell(`tar -C ${tree.directory} -cf - ${tree.paths.join(" ")} | cat > /dev/null`));
  for (let round = 0; round < rounds; round++) {
    const file = `${scratch}/peer`;
    theirs.push(await run(shell(`OUT=${file}; ${contest.peer(tree)}`)));
    theirBytes = Deno.statSync(file).size;
    Deno.removeSync(file);

    const output = `${scratch}/shards`;
    Deno.mkdirSync(output);
    ours.push(await run(createCommand(output, tree, contest.ectarOptions)));
    ourBytes = directorySize(output);
    Deno.removeSync(output, { recursive: true });
  }
  const weight = contest.perByteWritten ? ourBytes / theirBytes : 1;
  const ratio = (figure: (run: Run) => number) =>
    median(ours.map((run, i) => weight * figure(theirs[i]) / figure(run)));
  const seconds = (runs: Run[]) => median(runs.map((run) => run.seconds)).toFixed(2);
  const cpu = (runs: Run[]) => median(runs.map((run) => run.cpuSeconds)).toFixed(2);
  return [{
    what: contest.what,
    value: ratio((run) => run.seconds),
    unit: "×",
    goal: contest.goal,
    better: "more",
    note: `${seconds(ours)} s beside ${seconds(theirs)} s; processor ${cpu(ours)} s beside ` +
      `${cpu(theirs)} s (${ratio((run) => run.cpuSeconds).toFixed(2)}×); ` +
      `${ourBytes} bytes with parity beside ${theirBytes}; peak ` +
      `${Math.round(Math.max(...ours.map((run) => run.peakBytes)) / 2 ** 20)} MiB`,
  }];
}

function createCommand(output: string, tree: Tree, options: string[]): string[] {
  const shards = ["--data-shards", "10", "--parity-shards", "4"];
  const { directory, paths } = tree;
  return [
    ...ECTAR,
    "create",
    "-q",
    "-o",
    `${output}/b`,
    ...shards,
    ...options,
    "-C",
    directory,
    ...paths,
  ];
}

/** Programs, libraries, texts, pictures: 1 to 2 GB on most systems. */
function mixedTree(): Tree {
  const paths = [`lib/${Deno.build.arch}-linux-gnu`, "lib/gcc", "share"];
  return { directory: "/usr", paths: paths.filter((path) => exists(`/usr/${path}`)) };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
