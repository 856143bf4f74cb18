/**
 * The erasure code on one thread beside other programs', in turns. Encoding 10+4: in stretches of one
 * cell, 4 KiB of each shard, where every call's overhead counts; and in those that `create` encodes
 * at once. par2 is a whole program for files, so `create` as a whole stands beside it.
 *
 * @module
 */

import { createCommand, SHARDS } from "./archives.ts";
import { freshDirectory, inTurns, speedFigure } from "./compare.ts";
import { encodingSpeed } from "./erasure_bench.ts";
import { median } from "./median.ts";
import { buildPeers, type Peer, peerSpeed } from "./peers.ts";
import { TMPFS, withScratch } from "./places.ts";
import type { Options } from "./options.ts";
import type { Finding } from "./report.ts";
import { makeLargeFile } from "./trees.ts";

const K = 10;
const PARITY = 4;
const KIB = 1024;
/** One cell, and as many as a writer of 14 shards encodes at once. */
const LENGTHS = [4 * KIB, 292 * 4 * KIB];
const GOALS: Record<string, number> = {
  "ISA-L, AVX2": 0.55,
  "zfec": 10,
  "reed-solomon-erasure without SIMD": 5,
};
const PAR2_BYTES = 64 * 2 ** 20;
const PAR2_ROUNDS = 3;

/** Compares the erasure code with its peers. */
export async function benchPeers({ rounds, kernelSeconds }: Options): Promise<Finding[]> {
  const peers = await buildPeers();
  const findings: Finding[] = [];
  for (const length of LENGTHS) {
    findings.push(...await compareKernels(peers, length, rounds, kernelSeconds));
  }
  findings.push(await besidePar2(Math.min(rounds, PAR2_ROUNDS)));
  return findings;
}

async function compareKernels(
  peers: Peer[],
  length: number,
  rounds: number,
  seconds: number,
): Promise<Finding[]> {
  const ours: number[] = [];
  const theirs = peers.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    ours.push(encodingSpeed(K, K + PARITY, length, seconds));
    for (const [i, peer] of peers.entries()) {
      if (peer.command === undefined) continue;
      const shape: [number, number, number, number] = [K, PARITY, length, seconds];
      theirs[i].push(await peerSpeed(peer.command, peer.more, shape));
    }
  }
  return peers.map(({ name, command, obstacle }, i) => {
    const what = `Reed-Solomon encoding, 10+4, ${length / KIB} KiB a call, beside ${name}`;
    if (command === undefined) return { what, skipped: obstacle };
    const gigabytes = (speeds: number[]) => (median(speeds) / 1e9).toFixed(2);
    return {
      what,
      value: median(ours.map((speed, round) => speed / theirs[i][round])),
      unit: "×",
      goal: GOALS[name],
      better: "more",
      note: `${gigabytes(ours)} beside ${gigabytes(theirs[i])} GB/s of data`,
    };
  });
}

/** A file with four blocks of parity for ten. */
function besidePar2(rounds: number): Promise<Finding> {
  const what = "create --no-compression of one file of 64 MiB, 10+4, beside par2, one thread";
  return withScratch(TMPFS, async (scratch) => {
    const tree = makeLargeFile(scratch, PAR2_BYTES);
    const output = `${scratch}/output`;
    const around = freshDirectory(output);
    const blocks = ["-b10", "-c4", "-n1", "-t1", `-B${scratch}`];
    const par2 = ["par2", "create", "-q", "-q", ...blocks, `${output}/parity.par2`];
    try {
      const { ours, theirs } = await inTurns(rounds, {
        theirs: { command: [...par2, `${scratch}/${tree.paths[0]}`], ...around },
        ours: {
          command: createCommand(tree, output, [...SHARDS, "--no-compression"]),
          ...around,
        },
      });
      return speedFigure(what, undefined, ours, theirs, "; ectar's start included");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return { what, skipped: "par2 is not installed" };
    }
  });
}
