/**
 * The chunks of one archive: which archive it is, what its indexes say of a chunk, and its chunks
 * opened one by one.
 *
 * @module
 */

import { ReedSolomon } from "../erasure/reed_solomon.ts";
import { EctarError, isHostLimit } from "../errors.ts";
import type { ShardSetReader } from "../shard/shard_io.ts";
import { ChunkReader } from "./read_chunk.ts";
import { DamageLog } from "./read_damage.ts";
import type { IndexChunk } from "./read_facts.ts";
import {
  type Identity,
  type IndexCandidate,
  type Opener,
  recordsOf,
  settleIdentity,
} from "./read_identity.ts";
import type { LostPart, Timeline } from "./read_timeline.ts";
import { RowCodec } from "./recover_codec.ts";

/** The chunks of one archive, and what was noticed while they were read. */
export class ArchiveChunks {
  /** Numbers of the chunks that were found, rising. */
  readonly numbers: readonly number[];
  /** Damage found so far. */
  readonly damage: DamageLog = new DamageLog();
  /** What was noticed so far, one line each. */
  readonly remarks: string[] = [];
  /** What could not be read so far. */
  readonly lost: LostPart[] = [];
  readonly #shards: ShardSetReader;
  #codec: RowCodec | undefined;
  #identity: Identity = { hints: {}, indexes: [], header: undefined, opened: undefined };

  private constructor(shards: ShardSetReader, numbers: readonly number[]) {
    this.#shards = shards;
    this.numbers = numbers;
  }

  /**
   * Finds out which archive this is.
   *
   * @param indexes indexes found, the likeliest first; those of other archives are left out
   * @throws {EctarError} `not-found` when there is no shard at all
   */
  static async open(
    shards: ShardSetReader,
    indexes: readonly IndexCandidate[],
  ): Promise<ArchiveChunks> {
    const { name } = shards;
    const numbers = await shards.chunkNumbers();
    if (numbers.length === 0) {
      throw new EctarError("not-found", `no shards of ${name} were found`, { archive: name });
    }
    const chunks = new ArchiveChunks(shards, numbers);
    const open: Opener = (chunk, known) => chunks.#open(chunk, known);
    const remark = (line: string) => chunks.remark(line);
    chunks.#identity = await settleIdentity(name, numbers, indexes, open, remark);
    return chunks;
  }

  /** Archive name. */
  get name(): string {
    return this.#shards.name;
  }

  /** Which archive it is, as far as that is proven. */
  get identity(): Readonly<Identity> {
    return this.#identity;
  }

  /** Tar bytes of the whole archive while its only chunk is open from finding it out, else infinity. */
  get knownTarBytes(): number {
    const facts = this.#identity.opened?.reader.opened.facts;
    if (this.numbers.length > 1 || !facts?.last || facts.tarOffset !== 0) return Infinity;
    return facts.layout.contentBytes;
  }

  /** Whether an index says that the archive was never finished. */
  get isUnfinished(): boolean {
    return this.#identity.indexes.some(({ head }) => !head.complete);
  }

  /** What the likeliest index says of a chunk; undefined when none knows it. */
  async recordOf(chunk: number): Promise<IndexChunk["record"] | undefined> {
    const [index] = await recordsOf(chunk, this.#identity.indexes);
    return index?.record;
  }

  /**
   * Opens a chunk; what is wrong with its shards goes to {@link damage}.
   *
   * @throws {EctarError} when nothing of it can be proven
   */
  async open(chunk: number): Promise<ChunkReader> {
    const reader = await this.#openOrTake(chunk);
    const { opened } = reader;
    const isHighest = chunk === this.numbers.at(-1);
    // An index may be wrong about the archive's end, and then all that follows would be passed over.
    if (opened.facts.last !== isHighest && !(isHighest && this.isUnfinished)) {
      await opened.settleLast();
    }
    return reader;
  }

  async #openOrTake(chunk: number): Promise<ChunkReader> {
    const { opened, hints, indexes } = this.#identity;
    if (opened !== undefined && opened.chunk === chunk) {
      this.#identity.opened = undefined;
      return opened.reader;
    }
    return await this.#open(chunk, { hints, indexes: await recordsOf(chunk, indexes) });
  }

  /** Opens a chunk, or notes in `line` that it is missing. */
  async openOrMiss(chunk: number, line: Timeline): Promise<ChunkReader | undefined> {
    try {
      return await this.open(chunk);
    } catch (error) {
      if (!(error instanceof EctarError) || isHostLimit(error)) throw error;
      line.miss(chunk, chunk, error.message);
      return undefined;
    }
  }

  /** Notes what else was noticed. */
  remark(line: string): void {
    if (!this.remarks.includes(line)) this.remarks.push(line);
  }

  /** Lets go of the shards; the shard set itself is the caller's. */
  async close(): Promise<void> {
    await this.#identity.opened?.reader.close();
    this.#identity.opened = undefined;
  }

  async #open(
    chunk: number,
    known: { hints: Identity["hints"]; indexes: readonly IndexChunk[] },
  ): Promise<ChunkReader> {
    return await ChunkReader.open({
      archive: this.name,
      chunk,
      handles: await this.#shards.openChunk(chunk),
      ...known,
      codecFor: (k, m) => this.#codecFor(k, m),
      damage: this.damage,
      remark: (line) => this.remark(line),
    });
  }

  /** One codec at a time: an archive has one k and m. */
  #codecFor(k: number, m: number): RowCodec {
    if (this.#codec?.k !== k || this.#codec.m !== m) {
      this.#codec = new RowCodec(ReedSolomon.create(k, m));
    }
    return this.#codec;
  }
}
