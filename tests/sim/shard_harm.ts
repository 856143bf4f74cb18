/** Everything that can happen to shard files, to chosen shards or to any. */

import { MAX_SUBSETS } from "../../src/chunk/recover_subsets.ts";
import { binomial } from "../../src/erasure/subsets.ts";
import type { Pile, PileShard } from "../unit/recovery/memory_shards.ts";
import type { Random } from "./random.ts";
import type { KnownArchive } from "./shard_set.ts";

/** What can happen to one shard file. */
const HARMS = [
  "delete",
  "truncate",
  "empty",
  "append",
  "flip",
  "garble",
  "zero",
  "zfec header",
  "hole",
  "gone",
  "foreign",
  "other chunk",
  "stale copy",
] as const;

/** Harms shards of a pile, keeping a line for each. */
export class ShardHarm {
  /** What was done, for the report of a failing seed. */
  readonly log: string[] = [];
  readonly #random: Random;
  readonly #pile: Pile;
  readonly #stranger: KnownArchive;
  readonly #mayIntrude: boolean;

  /** @param stranger another archive of the same k and m */
  constructor(random: Random, pile: Pile, stranger: KnownArchive) {
    this.#random = random;
    this.#pile = pile;
    this.#stranger = stranger;
    // With shards from the chunk before and a copy of each victim, all choices must be tried.
    const { k, m } = stranger.shape;
    this.#mayIntrude = binomial(m + 2 * (m - k), k) <= MAX_SUBSETS;
  }

  /** Does anything to a shard; all of it may be lost. */
  anything(chunk: number, shard: number, allowForeign: boolean): void {
    const found = this.#pile.at(chunk, shard);
    if (found === undefined) return;
    const harm = this.#random.pick(HARMS);
    if ((harm === "other chunk" || harm === "stale copy") && !this.#mayIntrude) return;
    if (harm === "foreign" && !allowForeign) return;
    this.log.push(`chunk ${chunk} shard ${shard}: ${harm}`);
    this.#apply(harm, found);
  }

  /** Damages bytes `start` to `end` of a shard file's payload. */
  range(chunk: number, shard: number, headerBytes: number, start: number, end: number): void {
    const found = this.#pile.at(chunk, shard);
    if (found === undefined) return;
    const kind = this.#random.pick(["flip", "garble", "zero", "hole"] as const);
    this.log.push(`chunk ${chunk} shard ${shard}: ${kind} ${start} to ${end}`);
    this.#damage(kind, found, headerBytes + start, headerBytes + end);
  }

  /** Gives a shard another name; its own header still tells what it is. */
  misname(chunk: number): void {
    const shards = this.#pile.shards.filter((shard) => shard.chunk === chunk);
    if (shards.length < 2) return;
    const [a, b] = this.#random.sample(shards, 2);
    this.log.push(`chunk ${chunk}: shards ${a.shard} and ${b.shard} swap their names`);
    [a.shard, b.shard] = [b.shard, a.shard];
  }

  #apply(harm: typeof HARMS[number], found: PileShard): void {
    const random = this.#random;
    const { bytes } = found;
    switch (harm) {
      case "delete":
        return this.#pile.remove((shard) => shard === found);
      case "truncate":
        found.bytes = bytes.slice(0, random.int(0, Math.max(0, bytes.length - 1)));
        return;
      case "empty":
        found.bytes = new Uint8Array(0);
        return;
      case "append":
        found.bytes = new Uint8Array([...bytes, ...random.bytes(random.int(1, 5000))]);
        return;
      case "zfec header":
        if (bytes.length > 0) {
          bytes[random.int(0, Math.min(3, bytes.length - 1))] ^= random.int(1, 255);
        }
        return;
      case "gone":
        found.gone = true;
        return;
      case "foreign":
        found.bytes = random.pick(this.#stranger.shares)[random.int(0, this.#stranger.shape.m - 1)]
          .slice();
        return;
      case "other chunk":
        found.chunk++;
        return;
      case "stale copy": {
        const copy = this.#pile.add(found.chunk, found.shard, bytes);
        copy.origin += " (copy)";
        this.#damage("garble", copy, 0, copy.bytes.length);
        if (random.chance(0.5)) this.#pile.shards.reverse();
        return;
      }
      default: {
        const start = random.int(0, Math.max(0, bytes.length - 1));
        this.#damage(harm, found, start, start + random.magnitude(1, bytes.length));
      }
    }
  }

  #damage(
    kind: "flip" | "garble" | "zero" | "hole",
    found: PileShard,
    start: number,
    end: number,
  ): void {
    const random = this.#random;
    const to = Math.min(end, found.bytes.length);
    if (start >= to) return;
    if (kind === "flip") found.bytes[random.int(start, to - 1)] ^= 1 << random.int(0, 7);
    else if (kind === "zero") found.bytes.fill(0, start, to);
    else if (kind === "garble") found.bytes.set(random.bytes(to - start), start);
    else found.holes = merged([...found.holes, { start, end: to }]);
  }
}

/** Ranges in order, overlapping ones as one. */
function merged(ranges: { start: number; end: number }[]): { start: number; end: number }[] {
  const result: { start: number; end: number }[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last !== undefined && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else result.push({ ...range });
  }
  return result;
}
