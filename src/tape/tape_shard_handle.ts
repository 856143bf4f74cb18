/**
 * One shard on one tape, read by byte offset.
 *
 * @module
 */

import type { ByteRange, ShardHandle, ShardRead } from "../shard/shard_io.ts";
import type { ArchiveTape, ShardPlace } from "./archive_tape.ts";

/** A place in a tape file. */
interface BlockPlace {
  tapeFile: number;
  block: number;
}

/** A shard on a tape. */
export class TapeShardHandle implements ShardHandle {
  readonly chunk: number;
  readonly shard: number;
  readonly origin: string;
  readonly #tape: ArchiveTape;
  readonly #place: ShardPlace;
  #size: number | undefined;
  #endUnknown = false;
  #doubtfulBytes = 0;
  /** Block of the shard that is known not to be there any more. */
  #endBlock = Infinity;

  /**
   * Names a shard; the tape does not move yet.
   *
   * @param tape the tape it is on
   * @param chunk its chunk
   * @param place where on the tape
   */
  constructor(tape: ArchiveTape, chunk: number, place: ShardPlace) {
    this.#tape = tape;
    this.chunk = chunk;
    this.shard = tape.shard;
    this.#place = place;
    this.#size = place.size;
    this.origin = `drive ${tape.drive}, tape file ${place.extents[0].tapeFile}`;
  }

  get size(): number | undefined {
    return this.#size;
  }

  get endUnknown(): boolean {
    return this.#endUnknown;
  }

  get doubtfulBytes(): number {
    return this.#doubtfulBytes;
  }

  /** Finds the size out, by reading the tape file once. */
  async measure(): Promise<number> {
    if (this.#size === undefined) {
      const [{ tapeFile }] = this.#place.extents;
      const { blockSize } = this.#tape.blocks;
      const { blocks, end } = await this.#tape.blocksIn(tapeFile);
      this.#endUnknown = end === "unknown";
      // Past the end of data some virtual drives hand out one block that nobody wrote.
      this.#doubtfulBytes = end === "end-of-data" ? blockSize : 0;
      this.#size = blocks * blockSize;
    }
    return this.#size;
  }

  async read(offset: number, target: Uint8Array): Promise<ShardRead> {
    const { blockSize } = this.#tape.blocks;
    const wanted = Math.min(target.length, Math.max(0, (this.#size ?? Infinity) - offset));
    const holes: ByteRange[] = [];
    let done = 0;
    while (done < wanted) {
      const block = Math.floor((offset + done) / blockSize);
      const inBlock = (offset + done) % blockSize;
      const count = Math.min(blockSize - inBlock, wanted - done);
      const part = target.subarray(done, done + count);
      const found = await this.#readBlock(block, inBlock, part);
      if (found === "end") break;
      if (found === "hole") addHole(holes, done, done + count, part);
      done += count;
    }
    return { length: done, holes };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #readBlock(
    block: number,
    inBlock: number,
    part: Uint8Array,
  ): Promise<"data" | "hole" | "end"> {
    const place = block < this.#endBlock ? this.#locate(block) : undefined;
    if (place === undefined) return "end";
    const found = await this.#tape.blocks.read(place.tapeFile, place.block, (found) => {
      if (found.kind === "data") part.set(found.bytes.subarray(inBlock, inBlock + part.length));
      return found.kind;
    });
    if (found === "end") {
      if (block === 0) throw this.#tape.noteMissing(place.tapeFile);
      this.#endBlock = block;
    }
    return found;
  }

  #locate(block: number): BlockPlace | undefined {
    let left = block;
    for (const { tapeFile, firstBlock, blocks } of this.#place.extents) {
      if (left < blocks) return { tapeFile, block: firstBlock + left };
      left -= blocks;
    }
    return undefined;
  }
}

function addHole(holes: ByteRange[], start: number, end: number, part: Uint8Array): void {
  part.fill(0);
  const last = holes.at(-1);
  if (last !== undefined && last.end === start) last.end = end;
  else holes.push({ start, end });
}
