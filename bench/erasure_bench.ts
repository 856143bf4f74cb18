/**
 * Speed of the erasure code on one thread: every kernel, and the plain TypeScript loop that is their
 * reference. GB/s are 10^9 bytes of data (k · length) a second, the best of many short runs, since
 * other programs may share the processor. "decode" makes m - k lost data shards (at most k) from
 * the rest; "check" compares all m shards with one another.
 *
 *     deno run bench/erasure_bench.ts
 *
 * @module
 */
import { fastestKernel, KERNEL_NAMES, type KernelName } from "../src/erasure/kernel/kernel.ts";
import { parityMatrix, shardNumbers } from "../src/erasure/matrix.ts";
import { ReedSolomon } from "../src/erasure/reed_solomon.ts";
import { combineReference } from "../src/erasure/reference.ts";
import { xxh64 } from "../src/zstd/xxh64.ts";
import type { Finding } from "./report.ts";

const KIB = 1024;
const SECONDS_PER_FIGURE = 0.3;

const SHAPES: [k: number, m: number, length: number][] = [
  [10, 14, 4 * KIB],
  [10, 14, 64 * KIB],
  [10, 14, 256 * KIB],
  [10, 14, 1024 * KIB],
  [2, 3, 256 * KIB],
  [17, 20, 256 * KIB],
  [200, 256, 64 * KIB],
];

/** Goals on the machine ectar is developed on, for 10 + 4 at 256 KiB. */
const ENCODE_GOAL_GBPS = 6;
const DECODE_GOAL_RATIO = 0.8;

function gigabytesPerSecond(
  bytes: number,
  run: () => void,
  seconds = SECONDS_PER_FIGURE,
): number {
  const repeats = Math.max(1, Math.floor(1e6 / bytes));
  const start = performance.now();
  let best = Infinity;
  do {
    const before = performance.now();
    for (let i = 0; i < repeats; i++) run();
    best = Math.min(best, (performance.now() - before) / repeats);
  } while (performance.now() - start < seconds * 1000);
  return bytes / best / 1e6;
}

interface Speeds {
  encode: number;
  decode: number;
  check: number;
}

function kernelSpeeds(kernel: KernelName, k: number, m: number, length: number): Speeds {
  const codec = ReedSolomon.create(k, m, { kernel });
  const batch = codec.allocateBatch(length);
  for (let i = 0; i < k; i++) fillRandom(batch.shard(i));
  const bytes = k * length;
  const all = shardNumbers(0, m);
  const lost = all.slice(0, Math.min(k, m - k));
  const present = all.slice(lost.length);
  return {
    encode: gigabytesPerSecond(bytes, () => codec.encode(batch, length)),
    decode: gigabytesPerSecond(bytes, () => codec.reconstruct(batch, present, lost, length)),
    check: gigabytesPerSecond(bytes, () => {
      if (codec.firstInconsistency(batch, all, length) !== undefined) throw new Error("wrong");
    }),
  };
}

/** Bytes of data per second that the fastest kernel encodes, in calls of `length` a shard. */
export function encodingSpeed(k: number, m: number, length: number, seconds: number): number {
  const codec = ReedSolomon.create(k, m);
  const batch = codec.allocateBatch(length);
  for (let i = 0; i < k; i++) fillRandom(batch.shard(i));
  return 1e9 * gigabytesPerSecond(k * length, () => codec.encode(batch, length), seconds);
}

function referenceSpeed(k: number, m: number): number {
  const length = 4 * KIB;
  const sources = Array.from({ length: k }, () => fillRandom(new Uint8Array(length)));
  const targets = Array.from({ length: m - k }, () => new Uint8Array(length));
  const matrix = parityMatrix(k, m);
  return gigabytesPerSecond(k * length, () => combineReference(matrix, sources, targets));
}

function fillRandom(bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.random() * 256;
  return bytes;
}

function line(...cells: (string | number)[]): void {
  const text = cells.map((cell) => typeof cell === "number" ? cell.toFixed(3) : cell);
  console.log(text.map((cell, i) => i === 0 ? cell.padEnd(20) : cell.padStart(13)).join(""));
}

/** The figures that have goals: 10 + 4 in stretches of 256 KiB. */
export function benchKernel(): Finding[] {
  const [k, m, length] = [10, 14, 256 * KIB];
  const { encode, decode } = kernelSpeeds(fastestKernel(), k, m, length);
  const scalar = kernelSpeeds("scalar", k, m, length).encode;
  return [{
    what: "Reed-Solomon encoding, 10+4, beside a scalar loop",
    value: encode / scalar,
    unit: "×",
    goal: undefined,
    better: "more",
    note: `${fastestKernel()}: ${encode.toFixed(2)} GB/s of data beside ${scalar.toFixed(3)}`,
  }, {
    what: "Reed-Solomon decoding, 4 of 14 lost, beside encoding",
    value: decode / encode,
    unit: "×",
    goal: DECODE_GOAL_RATIO,
    better: "more",
    note: `${decode.toFixed(2)} GB/s of data`,
  }];
}

if (import.meta.main) {
  line(
    "k+parity, length",
    "kernel",
    "encode GB/s",
    "decode GB/s",
    "dec/enc",
    "check GB/s",
    "x scalar",
  );
  for (const [k, m, length] of SHAPES) {
    const shape = `${k}+${m - k}, ${length / KIB} KiB`;
    const reference = referenceSpeed(k, m);
    for (const kernel of KERNEL_NAMES) {
      const { encode, decode, check } = kernelSpeeds(kernel, k, m, length);
      line(shape, kernel, encode, decode, decode / encode, check, encode / reference);
      if (k === 10 && length === 256 * KIB && kernel === "relaxed-simd") {
        const met = encode >= ENCODE_GOAL_GBPS && decode >= DECODE_GOAL_RATIO * encode;
        line(
          "",
          `goal of ${ENCODE_GOAL_GBPS} GB/s, decode ${DECODE_GOAL_RATIO}: ${
            met ? "met" : "MISSED"
          }`,
        );
      }
    }
    line(shape, "TypeScript", reference, "", "", "", 1);
  }
  const data = fillRandom(new Uint8Array(4 * KIB * KIB));
  console.log(`xxh64 ${gigabytesPerSecond(data.length, () => xxh64(data)).toFixed(1)} GB/s`);
}
