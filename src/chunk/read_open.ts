/**
 * Opens a chunk: settles its shards and its length, and proves the facts about it from a matching
 * index record, or from its own trailer and header.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { ShardHandle } from "../shard/shard_io.ts";
import type { ChunkHeader } from "./header.ts";
import { StripeLayout } from "./layout.ts";
import {
  type ChunkShards,
  readZfecHeaders,
  settleShards,
  shardCountChoices,
} from "./read_chunk_shards.ts";
import { DamageLog } from "./read_damage.ts";
import { EndsFinder } from "./read_ends.ts";
import { evidenceFor, framesBearOut, nameStrangeFirstShards } from "./read_evidence.ts";
import {
  addTrailerPieces,
  type ChunkFacts,
  factsOfRecord,
  factsOfTrailer,
  type IndexChunk,
  piecesOfRecord,
  type ProvenTrailer,
} from "./read_facts.ts";
import { type ChunkProof, OpenedChunk } from "./read_opened.ts";
import { noteWrongLengths, payloadLengths } from "./read_shard_lengths.ts";
import type { RowCodec } from "./recover_codec.ts";
import { Prover } from "./recover_proof.ts";

/** What is known from elsewhere about the archive, all of it optional. */
export interface ArchiveHints {
  /** Archive UUID; chunks of other archives are refused. */
  archiveUuid?: string;
  /** Data and total shards. */
  shardCounts?: { k: number; m: number };
  /** Payload bytes per piece checksum in trailers. */
  pieceBytes?: number;
}

/** What opening a chunk takes. */
export interface OpenChunkOptions {
  /** Archive name, for messages. */
  archive: string;
  /** Chunk number. */
  chunk: number;
  /** The shards found. */
  handles: readonly ShardHandle[];
  /** Records of this chunk in the indexes found; several archives' may be among them. */
  indexes: readonly IndexChunk[];
  /** What is known of the archive. */
  hints: ArchiveHints;
  /** A codec for k and m. */
  codecFor: (k: number, m: number) => RowCodec;
  /** Takes the damage found. */
  damage: DamageLog;
  /** Takes remarks, one line each. */
  remark: (line: string) => void;
}

/**
 * Opens a chunk.
 *
 * @throws {EctarError} `too-few` with fewer than k shards, `damaged` when nothing proves what the
 *   chunk holds
 */
export async function openChunk(options: OpenChunkOptions): Promise<OpenedChunk> {
  const { archive, chunk, handles, damage, hints } = options;
  const found = await readZfecHeaders(handles);
  const choices = shardCountChoices(archive, chunk, found, hints.shardCounts);
  let first: { failure: EctarError; damage: DamageLog } | undefined;
  for (const counts of choices) {
    // What is found wrong under a k and m that are not the chunk's concerns nobody.
    const trial = new DamageLog();
    try {
      const opened = await openAs(
        { ...options, damage: trial },
        settleShards(archive, chunk, found, counts, trial),
      );
      trial.joinInto(damage);
      return opened;
    } catch (error) {
      if (!(error instanceof EctarError)) throw error;
      first ??= { failure: error, damage: trial };
    }
  }
  first!.damage.joinInto(damage);
  throw first!.failure;
}

/** Opens a chunk whose k and m are settled. */
async function openAs(options: OpenChunkOptions, shards: ChunkShards): Promise<OpenedChunk> {
  const opening = new ChunkOpening(options, shards);
  const lengths = await payloadLengths(shards, options.indexes);
  const provers = lengths.map((payload) =>
    new Prover(
      shards,
      new StripeLayout(payload * shards.k, shards.k),
      options.codecFor(shards.k, shards.m),
      options.damage,
    )
  );
  // Everything cheap first: a wrong length must not cost a search.
  for (const prover of provers) {
    const proof = await opening.byIndex(prover, false) ?? await opening.byTrailer(prover, false);
    if (proof !== undefined) return opening.finish(proof);
  }
  for (const prover of provers) {
    const proof = await opening.byTrailer(prover, true) ?? await opening.byIndex(prover, true);
    if (proof !== undefined) return opening.finish(proof);
  }
  throw opening.failure();
}

/** The ways of opening one chunk. */
class ChunkOpening {
  readonly #options: OpenChunkOptions;
  readonly #shards: ChunkShards;
  readonly #ends: EndsFinder;

  constructor(options: OpenChunkOptions, shards: ChunkShards) {
    this.#options = options;
    this.#shards = shards;
    this.#ends = new EndsFinder(options.archive, options.hints.archiveUuid);
  }

  /**
   * Facts from the record of an index whose archive the chunk's header names. `thorough` searches
   * for the header, and takes a record without one if its frames prove it.
   */
  async byIndex(prover: Prover, thorough: boolean): Promise<ChunkProof | undefined> {
    const records = this.#options.indexes.flatMap((index) => {
      const facts = factsOfRecord(index, this.#shards.k, this.#shards.m);
      const fits = facts?.layout.seekTable.end === prover.layout.chunkBytes;
      return facts !== undefined && fits ? [{ index, facts }] : [];
    });
    if (records.length === 0) return undefined;
    const uuids = new Set(records.map(({ index }) => index.archiveUuid));
    const header = await this.#ends.header(prover, thorough, (uuid) => uuids.has(uuid));
    for (const { index, facts } of records) {
      if (header !== undefined && header.archiveUuid !== facts.archiveUuid) continue;
      if (header === undefined && !thorough) continue;
      if (header !== undefined && !isCutAs(header, index, facts)) continue;
      // A header lies in one shard: alone it does not prove what archive the others are of.
      const known = header !== undefined && this.#options.hints.archiveUuid !== undefined;
      if (!known && !await this.#recordProves(prover, facts, thorough)) continue;
      const pieces = piecesOfRecord(index, prover.layout.shardBytes);
      if (pieces !== undefined) prover.addTable(pieces);
      return { prover, facts: placedBy(header, facts), header, trailer: undefined };
    }
    return undefined;
  }

  /**
   * Facts from the chunk's own trailer and header. Where nothing tells which archive is meant, a
   * trailer that the frames do not bear out, or that goes with no header, gives way to a better one.
   */
  async byTrailer(prover: Prover, thorough: boolean): Promise<ChunkProof | undefined> {
    const refused = new Set<string>();
    let best: { trailer: ProvenTrailer; evidence: number; hasHeader: boolean } | undefined;
    for (;;) {
      const isNew = (uuid: string) => !refused.has(uuid);
      const trailer = await this.#ends.trailer(prover, thorough || refused.size > 0, isNew);
      if (trailer === undefined) break;
      const faults = prover.shards.candidates.map((candidate) => candidate.faults);
      const takeBack = this.#options.damage.remember();
      const found = await this.#byOneTrailer(prover, trailer);
      if (this.#options.hints.archiveUuid !== undefined) return found;
      const hasHeader = found.header !== undefined;
      const evidence = await evidenceFor(prover, found.facts, hasHeader);
      // Two archives of the same files have the same frames; only a header tells whose they are.
      if (evidence === Infinity && hasHeader) return found;
      const isBetter = best === undefined || evidence > best.evidence ||
        evidence === best.evidence && hasHeader && !best.hasHeader;
      if (isBetter) best = { trailer, evidence, hasHeader };
      refused.add(trailer.trailer.archiveUuid);
      // Its checksums, if they are another archive's, put the blame on the wrong shards.
      prover.dropTables();
      prover.shards.candidates.forEach((candidate, i) => candidate.faults = faults[i]);
      takeBack();
    }
    return best && await this.#byOneTrailer(prover, best.trailer);
  }

  async #byOneTrailer(prover: Prover, trailer: ProvenTrailer): Promise<ChunkProof> {
    const uuid = trailer.trailer.archiveUuid;
    const { indexes, hints } = this.#options;
    for (const index of indexes.filter(({ archiveUuid }) => archiveUuid === uuid)) {
      if (index.k !== this.#shards.k || index.m !== this.#shards.m) continue;
      const pieces = piecesOfRecord(index, prover.layout.shardBytes);
      if (pieces !== undefined) prover.addTable(pieces);
    }
    addTrailerPieces(prover, trailer, hints.pieceBytes);
    const header = await this.#ends.header(prover, true, (found) => found === uuid);
    if (hints.pieceBytes === undefined) addTrailerPieces(prover, trailer, header?.pieceSize);
    const facts = factsOfTrailer(trailer, header);
    const record = indexes.find((index) => index.archiveUuid === uuid)?.record;
    facts.tarOffset ??= record?.tar_offset;
    facts.nextMember ??= record?.next_member;
    return { prover, facts, header, trailer };
  }

  /** Last touches: what is wrong with whole shards, and a second source of facts. */
  async finish(proof: ChunkProof): Promise<OpenedChunk> {
    const { prover, facts } = proof;
    const { damage, hints: { pieceBytes }, remark } = this.#options;
    await noteWrongLengths(this.#shards, prover.layout.shardBytes, damage);
    const strangers = await nameStrangeFirstShards(prover, facts, damage);
    return new OpenedChunk(proof, { ends: this.#ends, strangers, pieceBytes, remark });
  }

  /** Why nothing could be proven. */
  failure(): EctarError {
    const { archive, chunk, damage } = this.#options;
    damage.loseChunk(chunk);
    const { candidates, k, m } = this.#shards;
    const found = new Set(candidates.map((candidate) => candidate.shard)).size;
    const strangers = this.#ends.strangers.slice(0, 3);
    const what = strangers.length > 0
      ? `its shards are those of ${strangers.join(" and of ")}`
      : `its trailer cannot be recovered from the ${found} of ${m} shards found`;
    return new EctarError("damaged", `chunk ${chunk} of ${archive}: ${what}`, {
      archive,
      chunk,
      hint: `give more of its shards (any ${k} good ones are enough), or the archive's index`,
    });
  }

  /** Whether frames, or the trailer where there are too few, prove that a record is of this chunk. */
  async #recordProves(prover: Prover, facts: ChunkFacts, thorough: boolean): Promise<boolean> {
    const proven = await framesBearOut(prover, facts, thorough);
    if (proven !== undefined) return proven;
    const isOwn = (uuid: string) => uuid === facts.archiveUuid;
    return await this.#ends.trailer(prover, thorough, isOwn) !== undefined;
  }
}

/** Whether an index cuts the chunk into frames as its header says. */
function isCutAs(header: ChunkHeader, { frameSize }: IndexChunk, { layout }: ChunkFacts): boolean {
  return frameSize === header.frameSize && layout.contentBytes <= header.chunkSize;
}

/** Where a chunk lies in the tar its own header knows best. */
function placedBy(header: ChunkHeader | undefined, facts: ChunkFacts): ChunkFacts {
  if (header === undefined) return facts;
  return { ...facts, tarOffset: header.tarOffset, nextMember: header.nextMember };
}
