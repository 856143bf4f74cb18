/**
 * A chunk whose facts are proven. They may have come from an index; its own header and trailer are
 * turned to when they are asked for, or when the index does not suffice.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { ChunkHeader } from "./header.ts";
import type { FrameLayout } from "./layout.ts";
import type { EndsFinder } from "./read_ends.ts";
import {
  addTrailerPieces,
  type ChunkFacts,
  factsOfTrailer,
  type ProvenTrailer,
} from "./read_facts.ts";
import type { Prover } from "./recover_proof.ts";

/** What proves a chunk. */
export interface ChunkProof {
  /** Proves its frames. */
  prover: Prover;
  /** What is known of it. */
  facts: ChunkFacts;
  /** Its header, where it was proven. */
  header: ChunkHeader | undefined;
  /** Its trailer, where it was read. */
  trailer: ProvenTrailer | undefined;
}

/** What turning to the chunk's own trailer takes. */
export interface OpenedChunkOptions {
  /** Finds header and trailer. */
  ends: EndsFinder;
  /** Where shards lie that say themselves that they are another chunk's. */
  strangers: readonly string[];
  /** Payload bytes per piece checksum in trailers, where known. */
  pieceBytes: number | undefined;
  /** Takes remarks, one line each. */
  remark: (line: string) => void;
}

/** A chunk whose facts are proven. */
export class OpenedChunk {
  /** Proves its frames. */
  readonly prover: Prover;
  readonly #options: OpenedChunkOptions;
  #facts: ChunkFacts;
  #header: ChunkHeader | undefined;
  #trailer: ProvenTrailer | undefined;

  /**
   * @param proof what is proven so far
   * @param options how the rest is found when it is needed
   */
  constructor({ prover, facts, header, trailer }: ChunkProof, options: OpenedChunkOptions) {
    this.prover = prover;
    this.#facts = facts;
    this.#header = header;
    this.#trailer = trailer;
    this.#options = options;
    if (trailer === undefined) prover.onStuck = () => this.#turnToTrailer();
  }

  /** What is known of it; other facts when its trailer contradicts the index. */
  get facts(): ChunkFacts {
    return this.#facts;
  }

  /** Its header, where it was proven. */
  get header(): ChunkHeader | undefined {
    return this.#header;
  }

  /** Its trailer, where it was read. */
  get trailer(): ProvenTrailer | undefined {
    return this.#trailer;
  }

  /** Where shards lie that say themselves that they are another chunk's. */
  get strangers(): readonly string[] {
    return this.#options.strangers;
  }

  /** Proves the header; whether that could be. */
  async proveHeader(): Promise<boolean> {
    this.#header ??= await this.#options.ends.header(this.prover, true, this.#isOwn);
    return this.#header !== undefined;
  }

  /** Proves header and trailer; whether both could be. */
  async proveEnds(): Promise<boolean> {
    const hasHeader = await this.proveHeader();
    const trailer = this.#trailer ?? await this.#findTrailer();
    if (trailer !== undefined) this.#adopt(trailer);
    return hasHeader && this.#trailer !== undefined;
  }

  /** Lets the trailer say whether the chunk is the last, where that is doubtful. */
  async settleLast(): Promise<void> {
    if (this.#trailer !== undefined) return;
    const trailer = await this.#findTrailer();
    if (trailer !== undefined) this.#adopt(trailer);
  }

  /** A frame cannot be proven by the index: the trailer has finer checksums, or knows better. */
  async #turnToTrailer(): Promise<boolean> {
    const trailer = await this.#findTrailer();
    if (trailer === undefined) return false;
    // Frames are being read by number: others must not come in between.
    if (trailer.layout.data.length !== this.#facts.layout.data.length) return false;
    this.#adopt(trailer);
    addTrailerPieces(this.prover, trailer, this.#header?.pieceSize ?? this.#options.pieceBytes);
    return true;
  }

  #findTrailer(): Promise<ProvenTrailer | undefined> {
    return this.#options.ends.trailer(this.prover, true, this.#isOwn);
  }

  /** Header and trailer lie in a few shards, which may be those of an archive with the same files. */
  readonly #isOwn = (uuid: string): boolean => uuid === this.#facts.archiveUuid;

  /** Where the trailer contradicts the index, the trailer is right: its SHA-256 proves it. */
  #adopt(trailer: ProvenTrailer): void {
    this.#trailer = trailer;
    const { origin, frameSha256, layout, last } = this.#facts;
    const isSame = Buffer.compare(trailer.trailer.frameSha256, frameSha256) === 0 &&
      isSameLayout(trailer.layout, layout);
    if (isSame && trailer.trailer.last === last) return;
    const { chunk } = this.prover.shards;
    this.#options.remark(`${origin} does not describe chunk ${chunk} as it is; its trailer does`);
    if (isSame) return void (this.#facts = { ...this.#facts, last: trailer.trailer.last });
    this.#facts = factsOfTrailer(trailer, this.#header);
    this.prover.dropTables();
    this.prover.damage.retract(chunk, "damaged");
  }
}

/** Whether data frames lie where the others do. */
function isSameLayout(one: FrameLayout, other: FrameLayout): boolean {
  return one.header.end === other.header.end && one.data.length === other.data.length &&
    one.data.every(({ end }, i) => end === other.data[i].end);
}
