/** Tapes that come back damaged, in any drives, some of them missing or of other archives. */

import { TapeArchive } from "../../src/archive/tape_archive.ts";
import { MemorySpool } from "../../src/index/record_spool.ts";
import type { RaitDrive } from "../../src/tape/rait_options.ts";
import type { ArchiveChoice } from "../../src/tape/tape_set.ts";
import { sameBytes } from "../bytes.ts";
import {
  FILEMARK,
  type MockCall,
  MockTapeDevice,
  type MockTapeOptions,
  type TapeMedium,
} from "../mocks.ts";
import type { Random } from "./random.ts";
import type { Opener } from "./read_checks.ts";
import type { KnownArchive } from "./shard_set.ts";
import { damagedImage, imageDrive, imageOf } from "./tape_images.ts";
import { TIMEOUTS, type WrittenSet } from "./tape_writing.ts";

/** A tape in a drive, and what that drive is like each time it is opened. */
interface Loaded {
  medium: TapeMedium;
  options: MockTapeOptions;
  faults: { call: MockCall | "any"; nth: number; sticky: boolean; hang: boolean }[];
  /** Instead of a cartridge: a tape image. */
  image: Uint8Array | undefined;
}

/** Tapes as they come back from the shelf. */
export class Shelf {
  readonly #random: Random;
  readonly #tell: (line: string) => void;
  /** In drives, in random order. */
  readonly #loaded: Loaded[] = [];
  /** The volumes with nothing wrong, by shard. */
  readonly #sound = new Map<number, TapeMedium>();
  readonly #known: KnownArchive;
  /** Where blocks were made unreadable: chunk, offset in its shards, and of which shards. */
  readonly #scattered: { chunk: number; offset: number; shards: number[] }[] = [];
  choice: ArchiveChoice = {};

  constructor(random: Random, known: KnownArchive, tell: (line: string) => void) {
    this.#random = random;
    this.#known = known;
    this.#tell = tell;
  }

  /**
   * Brings the tapes of a set into drives.
   *
   * @param harmed shards whose tapes something happens to
   */
  bring(written: WrittenSet, harmed: ReadonlySet<number>, stranger: WrittenSet): void {
    const random = this.#random;
    written.media.forEach((original, shard) => {
      const medium = original.clone();
      if (harmed.has(shard)) return this.#harm(shard, medium, stranger);
      this.#sound.set(shard, medium);
      this.#load(medium, [], random.chance(0.1) ? imageOf(medium) : undefined);
      if (random.chance(0.1)) {
        this.#tell(`volume ${shard}: a damaged copy in another drive`);
        const copy = medium.clone();
        this.#damage(copy);
        this.#load(copy);
      }
    });
  }

  /** Makes blocks unreadable, of as many volumes as may be lost there. */
  scatter(spare: number): void {
    const random = this.#random;
    const chunk = random.int(1, this.#known.shares.length);
    const blocks = this.#known.shares[chunk - 1][0].length / this.#known.shape.blockSize;
    const block = random.int(0, blocks - 1);
    const offset = block * this.#known.shape.blockSize;
    // Two places with other shards missing must not touch the same cells.
    const apart = 2 * 4096 + this.#known.shape.blockSize;
    const isNear = this.#scattered.some((other) =>
      other.chunk === chunk && Math.abs(other.offset - offset) < apart
    );
    if (isNear) return;
    // An image was made of a tape as it was before.
    const isImage = (medium: TapeMedium) =>
      this.#loaded.some((loaded) => loaded.medium === medium && loaded.image !== undefined);
    const holders = [...this.#sound].filter(([, medium]) => !isImage(medium)).filter(([shard]) =>
      this.#holds(shard, chunk)
    );
    const victims = random.sample(holders, spare);
    this.#scattered.push({ chunk, offset, shards: victims.map(([shard]) => shard) });
    for (const [shard, medium] of victims) {
      this.#tell(`volume ${shard}: chunk ${chunk} block ${block} unreadable`);
      medium.damageBlock(chunk, block);
    }
  }

  /** How many sound volumes hold a chunk as it was written. */
  soundShards(chunk: number): number {
    return [...this.#sound.keys()].filter((shard) => this.#holds(shard, chunk)).length;
  }

  /**
   * Volumes of other shards with which any one more restores everything: as few as suffice where
   * they hold all chunks and every block of them, else all sound ones.
   */
  volumesBeside(shard: number): TapeMedium[] {
    const { k } = this.#known.shape;
    const others = [...this.#sound].filter(([each]) => each !== shard);
    const whole = others.filter(([each]) =>
      !this.#scattered.some(({ shards }) => shards.includes(each)) &&
      this.#known.shares.every((_, i) => this.#holds(each, i + 1))
    );
    const chosen = whole.length >= k - 1 ? whole.slice(0, k - 1) : others;
    return chosen.map(([, medium]) => medium);
  }

  /** Opens the drives, in another order each time. */
  get opener(): Opener {
    return async () => {
      const drives = this.#random.shuffle(this.#loaded).map((loaded, i): RaitDrive => {
        if (loaded.image !== undefined) return imageDrive(`r${i}`, loaded.image);
        const drive = new MockTapeDevice({
          name: `r${i}`,
          medium: loaded.medium,
          ...loaded.options,
        });
        for (const { hang, ...fault } of loaded.faults) {
          drive.inject({ ...fault, effect: hang ? { kind: "hang" } : { kind: "error" } });
        }
        return drive;
      });
      return await TapeArchive.open(drives, {
        ...this.choice,
        timeouts: TIMEOUTS,
        bufferBytes: drives.length * this.#known.shape.blockSize * this.#random.int(1, 20),
        newSpool: () => Promise.resolve(new MemorySpool()),
      });
    };
  }

  #holds(shard: number, chunk: number): boolean {
    const file = this.#sound.get(shard)!.files()[chunk];
    const truth = this.#known.shares[chunk - 1]?.[shard];
    return file !== undefined && truth !== undefined && sameBytes(file, truth);
  }

  #harm(shard: number, medium: TapeMedium, stranger: WrittenSet): void {
    const random = this.#random;
    const harm = random.pick(["absent", "damaged", "drive", "torn", "stranger", "image"]);
    this.#tell(`volume ${shard}: ${harm}`);
    if (harm === "damaged") this.#damage(medium);
    if (harm === "torn") medium.truncate(random.int(0, medium.records.length));
    if (harm === "stranger") this.#load(stranger.media[shard].clone());
    else if (harm === "image") this.#load(medium, [], damagedImage(random, imageOf(medium)));
    else if (harm === "drive") this.#load(medium, this.#faults());
    else if (harm !== "absent") this.#load(medium);
  }

  #faults(): Loaded["faults"] {
    const random = this.#random;
    return Array.from({ length: random.int(1, 2) }, () => ({
      call: random.pick(["any", "readBlock", "spaceFiles", "locate", "rewind"] as const),
      nth: random.magnitude(1, 200),
      sticky: random.chance(0.5),
      hang: random.chance(0.3),
    }));
  }

  #load(medium: TapeMedium, faults: Loaded["faults"] = [], image?: Uint8Array): void {
    const random = this.#random;
    const options: MockTapeOptions = {
      canLocate: random.chance(0.7),
      losesPosition: random.chance(0.3),
      bogusPastEnd: random.chance(0.1),
    };
    this.#loaded.push({ medium, options, faults, image });
  }

  /** Unreadable blocks and flipped bits anywhere. */
  #damage(medium: TapeMedium): void {
    const random = this.#random;
    medium.layout().forEach((blocks, file) => {
      if (!random.chance(0.6)) return;
      blocks.forEach((length, block) => {
        if (!random.chance(0.2)) return;
        if (random.chance(0.5)) medium.damageBlock(file, block);
        else medium.flipBits(file, block, random.int(0, length - 1), 1 << random.int(0, 7));
      });
    });
    if (medium.records.length === 0 || medium.records[0] === FILEMARK) return;
    if (random.chance(0.2)) medium.damageBlock(0, 0);
  }
}
