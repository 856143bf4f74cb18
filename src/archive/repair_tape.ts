/**
 * Replacing a lost tape of a set: its shards are made again from the other tapes (or from files) and
 * written onto a new tape, byte for byte what the lost one held but for label and index.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { ChunkShards } from "../chunk/chunk_writer_stripes.ts";
import type { ChunkReader } from "../chunk/read_chunk.ts";
import { ChunkRebuilder, indexPieceSize, type RebuiltChunk } from "../chunk/rebuild_chunk.ts";
import { EctarError } from "../errors.ts";
import { printablePath } from "../printable.ts";
import type { RecordSpool } from "../index/record_spool.ts";
import type { MediumState } from "../shard/shard_io.ts";
import { encodeZfecHeader } from "../shard/zfec_header.ts";
import { CommitPolicy, DEFAULT_COMMIT_BYTES } from "../tape/commit_policy.ts";
import { DriveLane } from "../tape/drive_lane.ts";
import { indexPadding } from "../tape/index_padding.ts";
import { encodeLabel } from "../tape/label.ts";
import { DEFAULT_BUFFER_BYTES } from "../tape/rait_options.ts";
import { TimedDevice } from "../tape/timed_device.ts";
import { refuseUnlessReplaceable } from "../tape/replace_guard.ts";
import { untilStopped } from "../tape/until_stopped.ts";
import { VERSION } from "../version.ts";
import { ChunkBooks } from "./chunk_books.ts";
import { OpenArchive } from "./open_archive.ts";
import { replacementIndex, requireTapeSet } from "./repair_tape_index.ts";
import type { ReplacedTape, ReplaceProgress, ReplaceTapeOptions } from "./repair_tape_options.ts";
import { refuseUnlessOthersSuffice } from "./repair_tape_proof.ts";
import { readTapeBack, type TapeFault } from "./repair_tape_read_back.ts";

/**
 * Writes the shards of a lost tape, and an index, onto a new one.
 *
 * @throws {EctarError} `exists`, `permission`, `not-found` when the new tape must not be written, or
 *   what is on it is needed: nothing was written then; `damaged`, `too-few` when a chunk cannot be
 *   recovered, `no-space`, `io`, `interrupted`: the new tape is incomplete then, and has no index,
 *   unless it was only being read back
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

const NOTHING_WRITTEN = "interrupted; nothing was written";

class Replacement {
  readonly #options: ReplaceTapeOptions;
  readonly #archive: OpenArchive;
  readonly #books: ChunkBooks;
  readonly #spool: RecordSpool;
  #last: RebuiltChunk | undefined;
  #indexSha256: string | undefined;
  #phase: ReplaceProgress["phase"] = "writing";
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
    const look = () =>
      untilStopped(
        refuseUnlessReplaceable(timed, replacement),
        this.#options.signal,
        NOTHING_WRITTEN,
      );
    const rebuilder = new ChunkRebuilder(k, m);
    if (await look() === "same-shard") {
      await this.#proveOthersSuffice(rebuilder, timed.name);
      // That may have taken hours: it must still be the tape that was looked at.
      await look();
    }
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
      await this.#writeChunks(lane, rebuilder, k, m);
      await this.#writeIndex(lane, setUuid, volumeUuid);
    } catch (error) {
      await lane.abort();
      throw this.#incomplete(error, lane);
    }
    const { indexWritten } = lane.summary();
    const readBack = this.#options.verify
      ? await this.#readBack(timed, volumeUuid, indexWritten)
      : undefined;
    return {
      name: this.#archive.name,
      uuid,
      shard,
      volumeUuid,
      chunks: this.#books.chunks,
      bytes: this.#books.shardBytes,
      indexWritten,
      readBack,
      remarks: [
        ...this.#archive.remarks,
        ...lane.trouble === undefined ? [] : [`no index on the new tape: ${lane.trouble}`],
      ],
    };
  }

  async #proveOthersSuffice(rebuilder: ChunkRebuilder, drive: string): Promise<void> {
    const { shard, onNotice } = this.#options;
    onNotice?.(
      `the tape in drive ${drive} is, or may be, shard ${shard} of ` +
        `${
          printablePath(this.#archive.name)
        }: before it is overwritten, the others are read once ` +
        "to prove that they do without it",
    );
    this.#begin("proving");
    await refuseUnlessOthersSuffice({
      archive: this.#archive,
      rebuilder,
      shard,
      drive,
      onBytes: (bytes, chunk) => this.#advance(bytes, chunk, NOTHING_WRITTEN),
    });
    this.#begin("writing");
  }

  async #readBack(
    device: TimedDevice,
    volumeUuid: string,
    indexWritten: boolean,
  ): Promise<TapeFault[]> {
    const { shard } = this.#options;
    const { header } = this.#last!;
    this.#begin("reading back");
    return await readTapeBack({
      device,
      header,
      shard,
      volumeUuid,
      books: this.#books,
      pieceBytes: indexPieceSize(header),
      indexSha256: indexWritten ? this.#indexSha256 : undefined,
      slots: this.#ringBlocks(header.blockSize),
      onBytes: (bytes, chunk) =>
        this.#advance(bytes, chunk, "interrupted; the new tape is written"),
    });
  }

  async #writeChunks(
    lane: DriveLane,
    rebuilder: ChunkRebuilder,
    k: number,
    m: number,
  ): Promise<void> {
    const reader = this.#archive.requireShards();
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
    const sha256 = createHash("sha256");
    const put = async (part: Uint8Array) => {
      sha256.update(part);
      await lane.put(part);
    };
    let bytes = 0;
    for await (const part of index) {
      await put(part);
      bytes += part.length;
    }
    await put(indexPadding(bytes, header.blockSize));
    this.#indexSha256 = sha256.digest("hex");
    await lane.endIndex();
  }

  #makeLane(device: TimedDevice, volumeUuid: string, blockSize: number): DriveLane {
    const { shard, onDriveEvent = () => {} } = this.#options;
    const ringBlocks = this.#ringBlocks(blockSize);
    return new DriveLane(device, {
      shard,
      volumeUuid,
      blockSize,
      ringBlocks,
      startBlocks: Math.floor(ringBlocks / 2),
      onEvent: onDriveEvent,
    });
  }

  #ringBlocks(blockSize: number): number {
    const { bufferBytes = DEFAULT_BUFFER_BYTES } = this.#options;
    return Math.max(2, Math.floor(bufferBytes / 4 / blockSize));
  }

  #begin(phase: ReplaceProgress["phase"]): void {
    this.#phase = phase;
    this.#bytes = 0;
  }

  #advance(bytes: number, chunk: number, stopped = "interrupted"): void {
    if (this.#options.signal?.aborted) throw new EctarError("interrupted", stopped);
    this.#bytes += bytes;
    this.#options.onProgress?.({ phase: this.#phase, bytes: this.#bytes, chunk });
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
