/**
 * Replacing a lost tape of a set: its shards are made again from the other tapes (or from files) and
 * written onto a new tape, byte for byte what the lost one held but for label and index.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { ChunkRebuilder, indexPieceSize, type RebuiltChunk } from "../chunk/rebuild_chunk.ts";
import { EctarError } from "../errors.ts";
import { printablePath } from "../printable.ts";
import type { RecordSpool } from "../index/record_spool.ts";
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
import { requireWorking, type TapeChunks, writeTapeChunks } from "./repair_tape_chunks.ts";
import { openEndRemark } from "./repair_tape_end.ts";
import { replacementIndex, requireTapeSet } from "./repair_tape_index.ts";
import type { ReplacedTape, ReplaceProgress, ReplaceTapeOptions } from "./repair_tape_options.ts";
import { refuseUnlessOthersSuffice } from "./repair_tape_proof.ts";
import { readTapeBack, type TapeFault } from "./repair_tape_read_back.ts";

/**
 * Writes the shards of a lost tape, and an index, onto a new one. Where no tape has an index and the
 * archive was never finished, the new tape gets all chunks that can be proven and no index either.
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
      await this.#proveOthersSuffice(rebuilder, timed);
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
    let written: TapeChunks;
    try {
      await lane.writeLabel(encodeLabel(label));
      requireWorking(lane);
      written = await writeTapeChunks({
        archive: this.#archive,
        rebuilder,
        shardCounts: { k, m },
        lane,
        books: this.#books,
        onBytes: (bytes, chunk) => this.#advance(bytes, chunk),
      });
      this.#last = written.last;
      if (written.endIsOpen) await lane.abort();
      else await this.#writeIndex(lane, setUuid, volumeUuid);
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
      lost: written.lost,
      readBack,
      remarks: [
        ...this.#archive.remarks,
        ...written.endIsOpen ? [openEndRemark(this.#archive.name, this.#books.chunks)] : [],
        ...lane.trouble === undefined ? [] : [`no index on the new tape: ${lane.trouble}`],
      ],
    };
  }

  async #proveOthersSuffice(rebuilder: ChunkRebuilder, device: TimedDevice): Promise<void> {
    const { shard, onNotice } = this.#options;
    onNotice?.(
      `the tape in drive ${device.name} is, or may be, shard ${shard} of ` +
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
      device,
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
