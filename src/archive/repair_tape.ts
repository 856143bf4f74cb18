/**
 * Replacing a lost tape of a set: its shards are made again from the other tapes (or from files) and
 * written onto a new tape, byte for byte what the lost one held but for label and index.
 *
 * @module
 */

import type { ChunkShards } from "../chunk/chunk_writer_stripes.ts";
import type { ChunkReader } from "../chunk/read_chunk.ts";
import { ChunkRebuilder, type RebuiltChunk } from "../chunk/rebuild_chunk.ts";
import { EctarError } from "../errors.ts";
import type { RecordSpool } from "../index/record_spool.ts";
import type { MediumState, ShardSetReader } from "../shard/shard_io.ts";
import { encodeZfecHeader } from "../shard/zfec_header.ts";
import { CommitPolicy, DEFAULT_COMMIT_BYTES } from "../tape/commit_policy.ts";
import { DriveLane } from "../tape/drive_lane.ts";
import { indexPadding } from "../tape/index_padding.ts";
import { encodeLabel } from "../tape/label.ts";
import { DEFAULT_BUFFER_BYTES, type DriveEvent } from "../tape/rait_options.ts";
import { type DriveTimeouts, TimedDevice } from "../tape/timed_device.ts";
import { refuseUnlessReplaceable } from "../tape/replace_guard.ts";
import { untilStopped } from "../tape/until_stopped.ts";
import type { TapeDevice } from "../tape/device.ts";
import type { FrameCompressor } from "../zstd/frame_compressor.ts";
import { VERSION } from "../version.ts";
import { ChunkBooks } from "./chunk_books.ts";
import { OpenArchive } from "./open_archive.ts";
import { replacementIndex, requireTapeSet } from "./repair_tape_index.ts";

/** How a tape is replaced. */
export interface ReplaceTapeOptions {
  /** The archive: its other tapes, and the old one if it is there; the caller closes it. */
  shards: ShardSetReader;
  /** UUID of the tape set, where the shards' places tell it. */
  setUuid: string | undefined;
  /** Decompresses frames, where no index is good; the caller closes it. */
  decompressor: FrameCompressor;
  /** Shard that the lost tape held. */
  shard: number;
  /** The drive with the new tape, opened for writing; the caller closes it. */
  device: TapeDevice;
  /** Write a tape that holds something; what is on it is lost. @default false */
  overwrite?: boolean | undefined;
  /** Name of this host, for the label. */
  host: string;
  /** UUID of the new volume. @default a random one */
  volumeUuid?: string | undefined;
  /** Bytes of memory for the new tape's blocks. */
  bufferBytes?: number | undefined;
  /** How long the drive may be silent. */
  timeouts?: Partial<DriveTimeouts> | undefined;
  /** Makes a place for records. */
  newSpool: () => Promise<RecordSpool>;
  /** Ends the run. */
  signal?: AbortSignal | undefined;
  /** Told of what happens to the drive. */
  onDriveEvent?: ((event: DriveEvent) => void) | undefined;
  /** Called with the chunk bytes proven so far. */
  onProgress?: ((progress: { bytes: number; chunk: number }) => void) | undefined;
}

/** What came of it. */
export interface ReplacedTape {
  /** Archive name. */
  name: string;
  /** Archive UUID. */
  uuid: string;
  /** Shard on the tape. */
  shard: number;
  /** UUID of the new volume. */
  volumeUuid: string;
  /** Chunks on the tape. */
  chunks: number;
  /** Bytes of them. */
  bytes: number;
  /** Whether the tape holds an index. */
  indexWritten: boolean;
  /** What was noticed, one line each. */
  remarks: string[];
}

/**
 * Writes the shards of a lost tape, and an index, onto a new one.
 *
 * @throws {EctarError} `exists`, `permission`, `not-found` when the new tape must not be written:
 *   nothing was written then; `damaged`, `too-few` when a chunk cannot be recovered, `no-space`,
 *   `io`, `interrupted`: the new tape is incomplete then, and has no index
 */
export async function replaceTape(options: ReplaceTapeOptions): Promise<ReplacedTape> {
  const { shards, decompressor, newSpool } = options;
  const archive = await OpenArchive.open({ shards, decompressor });
  const books = new ChunkBooks(await newSpool());
  const spool = await newSpool();
  try {
    return await new Replacement(options, archive, books, spool).run();
  } finally {
    await spool.close();
    await books.close();
    await archive.close();
  }
}

class Replacement {
  readonly #options: ReplaceTapeOptions;
  readonly #archive: OpenArchive;
  readonly #books: ChunkBooks;
  readonly #spool: RecordSpool;
  #last: RebuiltChunk | undefined;
  #bytes = 0;

  constructor(
    options: ReplaceTapeOptions,
    archive: OpenArchive,
    books: ChunkBooks,
    spool: RecordSpool,
  ) {
    this.#options = options;
    this.#archive = archive;
    this.#books = books;
    this.#spool = spool;
  }

  async run(): Promise<ReplacedTape> {
    const { device, overwrite = false, shard, timeouts } = this.#options;
    const { header, shardCounts } = this.#archive.requireShards();
    if (header === undefined || shardCounts === undefined) {
      throw new EctarError("damaged", `no chunk of ${this.#archive.name} can be recovered`);
    }
    const { archiveUuid: uuid, k, m, blockSize } = header;
    if (shard >= m) {
      throw new EctarError("usage", `shard ${shard} cannot be replaced: there are 0 to ${m - 1}`);
    }
    const setUuid = requireTapeSet(
      this.#archive.index?.head.tape_set_uuid ?? this.#options.setUuid,
      this.#archive.name,
    );
    const timed = new TimedDevice(device, timeouts);
    const replacement = { archiveUuid: uuid, k, m, shard, overwrite };
    const looking = refuseUnlessReplaceable(timed, replacement);
    await untilStopped(looking, this.#options.signal, "interrupted; nothing was written");
    const volumeUuid = this.#options.volumeUuid ?? crypto.randomUUID();
    const lane = this.#makeLane(timed, volumeUuid, blockSize);
    const label = {
      setUuid,
      volumeUuid,
      shard,
      volume: 0,
      k,
      m,
      blockSize,
      name: header.name,
      archiveUuid: uuid,
      created: header.created,
      host: this.#options.host,
      toolVersion: VERSION,
      firstChunk: 1,
      firstShardOffset: 0,
    };
    try {
      await lane.writeLabel(encodeLabel(label));
      requireWorking(lane);
      await this.#writeChunks(lane, k, m);
      await this.#writeIndex(lane, setUuid, volumeUuid);
    } catch (error) {
      await lane.abort();
      throw this.#incomplete(error, lane);
    }
    return {
      name: this.#archive.name,
      uuid,
      shard,
      volumeUuid,
      chunks: this.#books.chunks,
      bytes: this.#books.shardBytes,
      indexWritten: lane.summary().indexWritten,
      remarks: [
        ...this.#archive.remarks,
        ...lane.trouble === undefined ? [] : [`no index on the new tape: ${lane.trouble}`],
      ],
    };
  }

  async #writeChunks(lane: DriveLane, k: number, m: number): Promise<void> {
    const reader = this.#archive.requireShards();
    const rebuilder = new ChunkRebuilder(k, m);
    const policy = new CommitPolicy(DEFAULT_COMMIT_BYTES);
    const visit = async (chunk: ChunkReader, number: number) => {
      const target = new TapeTarget(lane, k, m);
      const onBytes = (bytes: number) => this.#advance(bytes, number);
      const rebuilt = await rebuilder.rebuild(chunk, target, { inOrder: true, onBytes });
      const { shard_size, last } = rebuilt.record;
      lane.endFile(policy.afterFile(shard_size) === "synchronous" || last);
      await this.#books.add(rebuilt.record);
      this.#last = rebuilt;
      return { lostFrames: 0, lost: undefined };
    };
    for await (const { lost } of reader.visit(visit)) {
      if (lost !== undefined) throw new EctarError("damaged", lost);
    }
    await lane.commit();
    requireWorking(lane);
  }

  async #writeIndex(lane: DriveLane, setUuid: string, uuid: string): Promise<void> {
    const { shard, signal } = this.#options;
    const { header, record } = this.#last!;
    const index = replacementIndex({
      archive: this.#archive,
      header,
      books: this.#books,
      complete: record.last,
      setUuid,
      volume: { shard, uuid },
      spool: this.#spool,
      signal,
    });
    lane.beginFile();
    let bytes = 0;
    for await (const part of index) {
      await lane.put(part);
      bytes += part.length;
    }
    await lane.put(indexPadding(bytes, header.blockSize));
    await lane.endIndex();
  }

  #makeLane(device: TimedDevice, volumeUuid: string, blockSize: number): DriveLane {
    const { shard, bufferBytes = DEFAULT_BUFFER_BYTES, onDriveEvent = () => {} } = this.#options;
    const ringBlocks = Math.max(2, Math.floor(bufferBytes / 4 / blockSize));
    return new DriveLane(device, {
      shard,
      volumeUuid,
      blockSize,
      ringBlocks,
      startBlocks: Math.floor(ringBlocks / 2),
      onEvent: onDriveEvent,
    });
  }

  #advance(bytes: number, chunk: number): void {
    if (this.#options.signal?.aborted) throw new EctarError("interrupted", "interrupted");
    this.#bytes += bytes;
    this.#options.onProgress?.({ bytes: this.#bytes, chunk });
  }

  #incomplete(error: unknown, lane: DriveLane): unknown {
    if (!(error instanceof EctarError)) return error;
    const { chunksCommitted } = lane.summary();
    const hint = `the tape in drive ${lane.device.name} is incomplete: it holds ` +
      `${chunksCommitted} chunks and no index`;
    return new EctarError(error.code, error.message, { ...error.context, hint }, { cause: error });
  }
}

/** Takes all shards of a chunk and puts one of them onto the tape. */
class TapeTarget implements ChunkShards {
  readonly k: number;
  readonly m: number;
  readonly blockSize = 1;
  readonly #lane: DriveLane;

  constructor(lane: DriveLane, k: number, m: number) {
    this.#lane = lane;
    this.k = k;
    this.m = m;
  }

  async beginChunk(): Promise<void> {
    const { k, m } = this;
    this.#lane.beginFile();
    await this.#lane.put(encodeZfecHeader({ k, m, padlen: 0, sharenum: this.#lane.shard }));
  }

  async write(shards: readonly Uint8Array[]): Promise<MediumState> {
    await this.#lane.put(shards[this.#lane.shard]);
    requireWorking(this.#lane);
    return "ok";
  }

  endChunk(): Promise<void> {
    return Promise.resolve();
  }

  /** The tape is given up as a whole. */
  discardChunk(): Promise<void> {
    return Promise.resolve();
  }
}

function requireWorking(lane: DriveLane): void {
  if (lane.trouble === undefined) return;
  throw new EctarError(lane.alive ? "no-space" : "io", lane.trouble, { drive: lane.device.name });
}
