/**
 * Opens a chunk: settles its shards and its length, and proves the facts about it from a matching
 * index record, or from its own trailer and header.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { EctarError } from "../errors.ts";
import type { ShardHandle } from "../shard/shard_io.ts";
import type { ChunkHeader } from "./header.ts";
import { CELL_BYTES, StripeLayout } from "./layout.ts";
import {
  type ChunkShards,
  readZfecHeaders,
  settleShards,
  shardCountChoices,
} from "./read_chunk_shards.ts";
import { DamageLog } from "./read_damage.ts";
import { describeChunk, evidenceFor, hashes, nameStrangeFirstShards } from "./read_evidence.ts";
import {
  addTrailerPieces,
  type ChunkFacts,
  factsOfRecord,
  factsOfTrailer,
  type IndexChunk,
  piecesOfRecord,
  type ProvenTrailer,
  readHeader,
  readTrailer,
  recordChunkBytes,
} from "./read_facts.ts";
import type { RowCodec } from "./recover_codec.ts";
import type { ShardSource } from "./read_shard_source.ts";
import { type Judge, Prover } from "./recover_proof.ts";

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

/** A chunk whose facts are proven. */
export interface OpenedChunk {
  /** Proves its frames. */
  prover: Prover;
  /** What is known of it. */
  facts: ChunkFacts;
  /** Its header, where it was proven. */
  header: ChunkHeader | undefined;
  /** Its trailer, where it was read. */
  trailer: ProvenTrailer | undefined;
  /** Where shards lie that say themselves that they are another chunk's. */
  strangers: readonly string[];
  /** Proves the header; whether that could be. */
  proveHeader: () => Promise<boolean>;
  /** Proves header and trailer; whether both could be. */
  proveEnds: () => Promise<boolean>;
}

type Found = Omit<OpenedChunk, "strangers" | "proveHeader" | "proveEnds">;

/** Most payload lengths tried where shards differ in size. */
const MAX_LENGTHS = 16;

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
  const lengths = await opening.payloadLengths();
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
    const opened = await opening.byIndex(prover, false) ?? await opening.byTrailer(prover, false);
    if (opened !== undefined) return opening.finish(opened);
  }
  for (const prover of provers) {
    const opened = await opening.byTrailer(prover, true) ?? await opening.byIndex(prover, true);
    if (opened !== undefined) return opening.finish(opened);
  }
  throw opening.failure();
}

/** The state of opening one chunk. */
class ChunkOpening {
  readonly #options: OpenChunkOptions;
  readonly #shards: ChunkShards;
  /** Headers and trailers that were proven but are of another chunk or archive. */
  readonly #strangers = new Set<string>();

  constructor(options: OpenChunkOptions, shards: ChunkShards) {
    this.#options = options;
    this.#shards = shards;
  }

  /** Payload lengths the chunk may have, the likeliest first. */
  async payloadLengths(): Promise<number[]> {
    const { k, m, headerBytes, candidates } = this.#shards;
    const votes = new Map<number, number>();
    const sizes = new Map<ShardSource, number>();
    for (const { source } of candidates) {
      if (sizes.has(source)) continue;
      const payload = Math.max(0, await source.size() - headerBytes);
      sizes.set(source, payload);
      votes.set(payload, (votes.get(payload) ?? 0) + 1);
      // Worth a try, but no vote.
      const shorter = payload - source.doubtfulBytes;
      votes.set(shorter, votes.get(shorter) ?? 0);
    }
    for (const candidate of candidates) {
      candidate.holes.add(sizes.get(candidate.source)!, Number.MAX_SAFE_INTEGER);
    }
    const all = [...sizes].map(([source, payload]) => source.endUnknown ? Infinity : payload);
    const possible = [...votes]
      .filter(([payload]) => payload > 0 && all.filter((size) => size >= payload).length >= k)
      .sort((a, b) => b[1] - a[1] || b[0] - a[0])
      .map(([payload]) => payload);
    const recorded = this.#options.indexes
      .filter((index) => index.k === k && index.m === m && recordChunkBytes(index) !== undefined)
      .map((index) => index.record.shard_size - headerBytes)
      .filter((payload) => all.some((size) => size >= payload));
    return [...new Set([...recorded, ...possible])].slice(0, MAX_LENGTHS);
  }

  /**
   * Facts from the record of an index whose archive the chunk's header names. `thorough` searches
   * for the header, and takes a record without one if its first frame proves it.
   */
  async byIndex(prover: Prover, thorough: boolean): Promise<Found | undefined> {
    const records = this.#options.indexes.flatMap((index) => {
      const facts = factsOfRecord(index, this.#shards.k, this.#shards.m);
      const fits = facts?.layout.seekTable.end === prover.layout.chunkBytes;
      return facts !== undefined && fits ? [{ index, facts }] : [];
    });
    if (records.length === 0) return undefined;
    const uuids = new Set(records.map(({ index }) => index.archiveUuid));
    const header = await this.#header(prover, thorough, (uuid) => uuids.has(uuid));
    for (const { index, facts } of records) {
      if (header !== undefined && header.archiveUuid !== facts.archiveUuid) continue;
      if (header === undefined && !thorough) continue;
      // A header lies in one shard: alone it does not prove what archive the others are of.
      const known = header !== undefined && this.#options.hints.archiveUuid !== undefined;
      if (!known && !await this.#recordProves(prover, facts, thorough)) continue;
      const pieces = piecesOfRecord(index, prover.layout.shardBytes);
      if (pieces !== undefined) prover.addTable(pieces);
      return { prover, facts, header, trailer: undefined };
    }
    return undefined;
  }

  /**
   * Facts from the chunk's own trailer and header. Where nothing tells which archive is meant, a
   * trailer that the frames do not bear out gives way to another one that they bear out better.
   */
  async byTrailer(prover: Prover, thorough: boolean): Promise<Found | undefined> {
    const refused = new Set<string>();
    let best: { trailer: ProvenTrailer; evidence: number } | undefined;
    for (;;) {
      const trailer = await this.#trailer(prover, thorough || refused.size > 0, refused);
      if (trailer === undefined) break;
      const faults = prover.shards.candidates.map((candidate) => candidate.faults);
      const takeBack = this.#options.damage.remember();
      const found = await this.#byOneTrailer(prover, trailer);
      if (this.#options.hints.archiveUuid !== undefined) return found;
      const evidence = await evidenceFor(prover, found.facts, found.header !== undefined);
      if (evidence === Infinity) return found;
      if (best === undefined || evidence > best.evidence) best = { trailer, evidence };
      refused.add(trailer.trailer.archiveUuid);
      // Its checksums, if they are another archive's, put the blame on the wrong shards.
      prover.dropTables();
      prover.shards.candidates.forEach((candidate, i) => candidate.faults = faults[i]);
      takeBack();
    }
    return best && await this.#byOneTrailer(prover, best.trailer);
  }

  async #byOneTrailer(prover: Prover, trailer: ProvenTrailer): Promise<Found> {
    const uuid = trailer.trailer.archiveUuid;
    const { indexes, hints } = this.#options;
    for (const index of indexes.filter(({ archiveUuid }) => archiveUuid === uuid)) {
      if (index.k !== this.#shards.k || index.m !== this.#shards.m) continue;
      const pieces = piecesOfRecord(index, prover.layout.shardBytes);
      if (pieces !== undefined) prover.addTable(pieces);
    }
    addTrailerPieces(prover, trailer, hints.pieceBytes);
    const header = await this.#header(prover, true, (found) => found === uuid);
    if (hints.pieceBytes === undefined) addTrailerPieces(prover, trailer, header?.pieceSize);
    const facts = factsOfTrailer(trailer, header);
    const record = indexes.find((index) => index.archiveUuid === uuid)?.record;
    facts.tarOffset ??= record?.tar_offset;
    facts.nextMember ??= record?.next_member;
    return { prover, facts, header, trailer };
  }

  /** Last touches: what is wrong with whole shards, and a second source of facts. */
  async finish(found: Found): Promise<OpenedChunk> {
    const { prover } = found;
    const { damage } = this.#options;
    await this.#noteSizes(prover);
    const strangers = await nameStrangeFirstShards(prover, found.facts, damage);
    const opened = {
      ...found,
      strangers,
      proveHeader: async () => {
        const wanted = (uuid: string) => uuid === opened.facts.archiveUuid;
        opened.header ??= await this.#header(prover, true, wanted);
        return opened.header !== undefined;
      },
      proveEnds: async () => {
        const hasHeader = await opened.proveHeader();
        const trailer = opened.trailer ?? await this.#trailer(prover, true);
        if (trailer !== undefined) this.#adoptTrailer(opened, trailer);
        return hasHeader && opened.trailer !== undefined;
      },
    };
    if (opened.trailer === undefined) prover.onStuck = () => this.#turnToTrailer(opened);
    return opened;
  }

  /** A frame cannot be proven by the index: the trailer has finer checksums, or knows better. */
  async #turnToTrailer(opened: Found): Promise<boolean> {
    const trailer = await this.#trailer(opened.prover, true);
    if (trailer === undefined) return false;
    this.#adoptTrailer(opened, trailer);
    const pieceBytes = opened.header?.pieceSize ?? this.#options.hints.pieceBytes;
    addTrailerPieces(opened.prover, trailer, pieceBytes);
    return true;
  }

  /** Where the trailer contradicts the index, the trailer is right: its SHA-256 proves it. */
  #adoptTrailer(opened: Found, trailer: ProvenTrailer): void {
    opened.trailer = trailer;
    const { prover, facts } = opened;
    if (Buffer.compare(trailer.trailer.frameSha256, facts.frameSha256) === 0) return;
    const { chunk, remark, damage } = this.#options;
    remark(`${facts.origin} does not describe chunk ${chunk} as it is; its trailer does`);
    opened.facts = factsOfTrailer(trailer, opened.header);
    prover.dropTables();
    damage.retract(chunk, "damaged");
  }

  async #noteSizes(prover: Prover): Promise<void> {
    const { damage, chunk } = this.#options;
    const { headerBytes, candidates } = this.#shards;
    const { shardBytes } = prover.layout;
    for (const { source, shard } of candidates) {
      const payload = Math.max(0, await source.size() - headerBytes);
      if (source.failure !== undefined || payload === shardBytes) continue;
      const { origin } = source;
      if (payload - source.doubtfulBytes === shardBytes) continue;
      if (payload > shardBytes) {
        const extra = { start: shardBytes, end: payload };
        const detail = `${payload - shardBytes} bytes after its end are ignored`;
        damage.add({ chunk, shard, origin }, "damaged", detail, extra);
        continue;
      }
      const range = { start: payload, end: shardBytes };
      const detail = source.endUnknown ? "cannot be read to its end" : "ends before it should";
      damage.add({ chunk, shard, origin }, "truncated", detail, range);
    }
  }

  /** Why nothing could be proven. */
  failure(): EctarError {
    const { archive, chunk, damage } = this.#options;
    damage.loseChunk(chunk);
    const { candidates, k, m } = this.#shards;
    const found = new Set(candidates.map((candidate) => candidate.shard)).size;
    const strangers = [...this.#strangers].slice(0, 3);
    const what = strangers.length > 0
      ? `its shards are those of ${strangers.join(" and of ")}`
      : `its trailer cannot be recovered from the ${found} of ${m} shards found`;
    return new EctarError("damaged", `chunk ${chunk} of ${archive}: ${what}`, {
      archive,
      chunk,
      hint: `give more of its shards (any ${k} good ones are enough), or the archive's index`,
    });
  }

  #header(
    prover: Prover,
    thorough: boolean,
    wanted: (archiveUuid: string) => boolean,
  ): Promise<ChunkHeader | undefined> {
    const { chunk, hints } = this.#options;
    const { k, m } = this.#shards;
    const judge: Judge<ChunkHeader> = async (view) => {
      const header = await readHeader(prover, view);
      if (header === undefined) return undefined;
      const uuid = header.archiveUuid;
      const expected = (hints.archiveUuid ?? uuid) === uuid && header.chunk === chunk;
      if (expected && header.k === k && header.m === m && wanted(uuid)) return header;
      if (!expected) this.#strangers.add(describeChunk(header.name, header.chunk, uuid));
      return undefined;
    };
    const focus = { start: 0, end: Math.min(prover.layout.chunkBytes, 4096) };
    return thorough ? prover.prove(focus, judge) : prover.tryAsPlanned(judge);
  }

  #trailer(
    prover: Prover,
    thorough: boolean,
    refused?: ReadonlySet<string>,
  ): Promise<ProvenTrailer | undefined> {
    const { chunk, hints, archive } = this.#options;
    const judge: Judge<ProvenTrailer> = async (view) => {
      const proven = await readTrailer(prover, view);
      if (proven === undefined) return undefined;
      const { archiveUuid, chunk: number, pieceCrc32 } = proven.trailer;
      const expected = (hints.archiveUuid ?? archiveUuid) === archiveUuid && number === chunk;
      if (!expected) this.#strangers.add(describeChunk(archive, number, archiveUuid));
      if (refused?.has(archiveUuid)) return undefined;
      return expected && pieceCrc32.length === this.#shards.m ? proven : undefined;
    };
    const { chunkBytes } = prover.layout;
    const focus = { start: Math.max(0, chunkBytes - tailBytes(prover.layout)), end: chunkBytes };
    return thorough ? prover.prove(focus, judge) : prover.tryAsPlanned(judge);
  }

  /** Whether frames, or the trailer where there are too few, prove that a record is of this chunk. */
  async #recordProves(prover: Prover, facts: ChunkFacts, thorough: boolean): Promise<boolean> {
    const { k, m } = this.#shards;
    // Parts that lie in fewer shards than may be strangers prove nothing about the others.
    const enough = Math.min(k, m - k + 1) * CELL_BYTES;
    for (const [index, frame] of facts.layout.data.entries()) {
      const judge: Judge<true> = async (view) => {
        const bytes = await view(frame.start, frame.end);
        return bytes && hashes(bytes, facts.frameSha256, index) ? true : undefined;
      };
      const proven = await (thorough ? prover.prove(frame, judge) : prover.tryAsPlanned(judge));
      if (proven === undefined) return false;
      if (frame.end > enough - CELL_BYTES) return true;
    }
    const trailer = await this.#trailer(prover, thorough);
    return trailer?.trailer.archiveUuid === facts.archiveUuid;
  }
}

/** Bytes at the chunk's end where damage is looked for before the trailer is known. */
function tailBytes(layout: StripeLayout): number {
  return Math.max(4 * layout.stripeBytes, 2 ** 20);
}
