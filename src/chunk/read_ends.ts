/**
 * Finds the header and trailer that a chunk carries itself, in shards of which some may be wrong.
 * Both are proven by their SHA-256s; that they are this chunk's is compared, not proven.
 *
 * @module
 */

import type { ChunkHeader } from "./header.ts";
import type { StripeLayout } from "./layout.ts";
import { describeChunk } from "./read_evidence.ts";
import { type ProvenTrailer, readHeader, readTrailer } from "./read_facts.ts";
import type { Judge, Prover } from "./recover_proof.ts";

/** Bytes at the chunk's beginning where damage is looked for before the header is known. */
const HEAD_BYTES = 4096;

/** Finds header and trailer of one chunk. */
export class EndsFinder {
  readonly #archive: string;
  readonly #archiveUuid: string | undefined;
  readonly #strangers = new Set<string>();

  /**
   * @param archive archive name, for messages
   * @param archiveUuid its UUID where it is known: what is of other archives is refused
   */
  constructor(archive: string, archiveUuid: string | undefined) {
    this.#archive = archive;
    this.#archiveUuid = archiveUuid;
  }

  /** Headers and trailers that were proven but are of another chunk or archive. */
  get strangers(): readonly string[] {
    return [...this.#strangers];
  }

  /**
   * The chunk's header.
   *
   * @param thorough whether it is searched for where it is damaged
   * @param wanted whether it may be an archive's of that UUID
   */
  header(
    prover: Prover,
    thorough: boolean,
    wanted: (archiveUuid: string) => boolean,
  ): Promise<ChunkHeader | undefined> {
    const { chunk, k, m } = prover.shards;
    const judge: Judge<ChunkHeader> = async (view) => {
      const header = await readHeader(prover, view);
      if (header === undefined) return undefined;
      const uuid = header.archiveUuid;
      const expected = (this.#archiveUuid ?? uuid) === uuid && header.chunk === chunk;
      if (expected && header.k === k && header.m === m && wanted(uuid)) return header;
      if (!expected) this.#strangers.add(describeChunk(header.name, header.chunk, uuid));
      return undefined;
    };
    const focus = { start: 0, end: Math.min(prover.layout.chunkBytes, HEAD_BYTES) };
    return thorough ? prover.prove(focus, judge) : prover.tryAsPlanned(judge);
  }

  /**
   * The chunk's trailer, with the seek table it proves.
   *
   * @param thorough whether it is searched for where it is damaged
   * @param wanted whether it may be an archive's of that UUID
   */
  trailer(
    prover: Prover,
    thorough: boolean,
    wanted: (archiveUuid: string) => boolean,
  ): Promise<ProvenTrailer | undefined> {
    const { chunk, m } = prover.shards;
    const judge: Judge<ProvenTrailer> = async (view) => {
      const proven = await readTrailer(prover, view);
      if (proven === undefined) return undefined;
      const { archiveUuid, chunk: number, pieceCrc32 } = proven.trailer;
      const expected = (this.#archiveUuid ?? archiveUuid) === archiveUuid && number === chunk;
      if (!expected) this.#strangers.add(describeChunk(this.#archive, number, archiveUuid));
      return expected && wanted(archiveUuid) && pieceCrc32.length === m ? proven : undefined;
    };
    const { chunkBytes } = prover.layout;
    const focus = { start: Math.max(0, chunkBytes - tailBytes(prover.layout)), end: chunkBytes };
    return thorough ? prover.prove(focus, judge) : prover.tryAsPlanned(judge);
  }
}

/** Bytes at the chunk's end where damage is looked for before the trailer is known. */
function tailBytes(layout: StripeLayout): number {
  return Math.max(4 * layout.stripeBytes, 2 ** 20);
}
