/**
 * Copies what is on a tape to files, past blocks that cannot be read: with it, somebody with one
 * working drive brings a set together, tape after tape.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { indexFileName, shardFileName } from "../shard/shard_name.ts";
import type { TapeDevice } from "./device.ts";
import type { TapeLabel } from "./label.ts";
import { TapeHead } from "./tape_head.ts";
import { type TapeFile, walkTapeFiles } from "./tape_files.ts";
import { type DriveTimeouts, TimedDevice } from "./timed_device.ts";

/** A file being written by a dump. */
export interface DumpFile {
  /** Appends bytes; they may be reused once the promise resolves. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the file; returns the name under which it stands where that is not the one asked for. */
  close(): Promise<string | void>;
}

/** Where a dump's files go. */
export interface DumpSink {
  /**
   * Told of the archive before any of its files is created; throws where it must not go there.
   * @default anything goes
   */
  begin?(label: TapeLabel): Promise<void>;
  /**
   * Creates a file; names hold no folders and are safe as file names.
   *
   * @param otherwise name to take where another file of the name is there; without, it is an error
   */
  create(name: string, otherwise?: string): Promise<DumpFile>;
}

/** One tape file that was copied. */
export interface DumpedFile {
  /** Name in the sink. */
  name: string;
  /** Tape file number. */
  tapeFile: number;
  /** Bytes written, holes included. */
  bytes: number;
  /** Hex SHA-256 of what was written. */
  sha256: string;
  /** Stretches `[offset, length]` that could not be read and are zeros in the file. */
  holes: [number, number][];
}

/** What a dump brought. */
export interface DumpSummary {
  /** Drive, as the operator named it. */
  drive: string;
  /** Every file, in the order of the tape. */
  files: DumpedFile[];
  /** Why the dump ended before the end of the tape, or undefined. */
  stopped: string | undefined;
}

/** A run of unreadable blocks after which a tape file counts as ended. */
const MAX_BAD_RUN = 1024;

/**
 * Copies every tape file of a tape.
 *
 * Behind an ectar label, shards become `NAME.cNNN.sNN` and the index `NAME.index.zst`, so that the
 * folder can be read like any archive in files. Everything else becomes `DRIVE.fileNNNN`. Last come
 * the map of holes (JSON) and the list of SHA-256s.
 *
 * @param device the drive
 * @param sink where the files go
 * @throws {EctarError} when the sink fails, or the drive before anything was read
 */
export async function dumpTape(
  device: TapeDevice,
  sink: DumpSink,
  timeouts: Partial<DriveTimeouts> = {},
): Promise<DumpSummary> {
  const head = new TapeHead(new TimedDevice(device, timeouts));
  await head.rewind();
  const names = new DumpNames(device.name);
  const summary: DumpSummary = { drive: device.name, files: [], stopped: undefined };
  for await (const tapeFile of walkTapeFiles(head, 0)) {
    if (tapeFile.kind.kind === "empty") continue;
    if (tapeFile.kind.kind === "label" && !names.isBegun) await sink.begin?.(tapeFile.kind.label);
    const name = names.nameOf(tapeFile);
    const expected = tapeFile.kind.kind === "label" ? undefined : names.blockSize;
    // A block of another archive's size is the drive's fancy behind the end of data.
    if (expected !== undefined && tapeFile.block.length > expected) break;
    const copy = new FileCopy(head, tapeFile, name, expected);
    // The index of a tape that was replaced names other volumes; any of the set will do.
    const otherwise = tapeFile.kind.kind === "zstd" ? names.plainName(tapeFile.file) : undefined;
    summary.files.push(await copy.run(sink, otherwise));
    if (copy.failure !== undefined) {
      summary.stopped = copy.failure;
      break;
    }
  }
  await writeText(sink, `${names.prefix}.holes.json`, JSON.stringify(summary, null, 1) + "\n");
  const list = summary.files.map(({ sha256, name }) => `${sha256}  ${name}\n`).join("");
  await writeText(sink, `${names.prefix}.sha256`, list);
  return summary;
}

/** Copies one tape file whose first block has been read by the walk. */
class FileCopy {
  /** Why it ended early, or undefined. */
  failure: string | undefined;
  readonly #head: TapeHead;
  readonly #start: TapeFile;
  readonly #hash = createHash("sha256");
  readonly #result: DumpedFile;
  /** Bytes every block must have, where a label told; any other stands for an unreadable one. */
  readonly #expected: number | undefined;
  #holeBytes: number;
  #out!: DumpFile;

  constructor(head: TapeHead, start: TapeFile, name: string, expected: number | undefined) {
    this.#head = head;
    this.#start = start;
    this.#expected = expected;
    this.#holeBytes = expected ?? start.block.length;
    this.#result = { name, tapeFile: start.file, bytes: 0, sha256: "", holes: [] };
  }

  async run(sink: DumpSink, otherwise: string | undefined): Promise<DumpedFile> {
    this.#out = await sink.create(this.#result.name, otherwise);
    try {
      await this.#writeBlock(this.#start.block);
      await this.#copyRest();
    } finally {
      this.#result.name = await this.#out.close() ?? this.#result.name;
    }
    this.#result.sha256 = this.#hash.digest("hex");
    return this.#result;
  }

  async #copyRest(): Promise<void> {
    let buffer: Uint8Array = new Uint8Array(Math.max(1 << 20, this.#holeBytes + 4096));
    for (let block = 1, badRun = 0; badRun <= MAX_BAD_RUN; block++) {
      const read = await this.#next(buffer, block);
      if (read === undefined) return;
      buffer = read.buffer;
      if (read.met.kind === "filemark" || read.met.kind === "end-of-data") return;
      if (this.#expected !== undefined && read.block.length > this.#expected) return;
      badRun = read.met.kind === "block" ? 0 : badRun + 1;
      await this.#writeBlock(read.block);
    }
  }

  /** The next block; a drive that does not know its place any more is told where to go on. */
  async #next(buffer: Uint8Array, block: number) {
    try {
      if (!await this.#head.seek(this.#start.file, block)) return undefined;
      return await this.#head.readAny(buffer);
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
      return undefined;
    }
  }

  /** Writes a block; an empty one stands for one that could not be read. */
  async #writeBlock(block: Uint8Array): Promise<void> {
    const good = block.length > 0 && block.length === (this.#expected ?? block.length);
    if (good) this.#holeBytes = block.length;
    else this.#addHole();
    const bytes = good ? block : new Uint8Array(this.#holeBytes);
    this.#hash.update(bytes);
    await this.#out.write(bytes);
    this.#result.bytes += bytes.length;
  }

  /** An unreadable block counts as long as the one before; it may have had any size. */
  #addHole(): void {
    const { holes, bytes } = this.#result;
    const last = holes.at(-1);
    if (last !== undefined && last[0] + last[1] === bytes) last[1] += this.#holeBytes;
    else holes.push([bytes, this.#holeBytes]);
  }
}

/** Names of the files of a dump. */
class DumpNames {
  #label: TapeLabel | undefined;
  #labelFile = 0;
  readonly #drive: string;
  readonly #used = new Set<string>();

  constructor(drive: string) {
    this.#drive = drive.replace(/[^A-Za-z0-9._-]+/g, "_").replace(/^[._]+/, "") || "tape";
  }

  /** Begins the names of what the dump says about itself. */
  get prefix(): string {
    const label = this.#label;
    return label === undefined ? this.#drive : `${label.name}.tape-s${pad(label.shard, 2)}`;
  }

  /** Whether a label was met. */
  get isBegun(): boolean {
    return this.#label !== undefined;
  }

  /** What a tape file is called that is nothing in particular. */
  plainName(file: number): string {
    return `${this.#drive}.file${pad(file, 4)}`;
  }

  /** Bytes per block, where a label told. */
  get blockSize(): number | undefined {
    return this.#label?.blockSize;
  }

  nameOf({ file, kind }: TapeFile): string {
    if (kind.kind === "label") {
      this.#label = kind.label;
      this.#labelFile = file;
      return this.#unused(`${this.prefix}.label.tar`, file);
    }
    const label = this.#label;
    if (label === undefined || kind.kind === "tar" || kind.kind === "broken-label") {
      return this.#unused(this.plainName(file), file);
    }
    if (kind.kind === "zstd") return this.#unused(indexFileName(label.name), file);
    const chunk = label.firstChunk + file - this.#labelFile - 1;
    return this.#unused(shardFileName(label.name, chunk, label.shard), file);
  }

  /** Two archives of one name on a tape must not write over each other. */
  #unused(name: string, file: number): string {
    const free = this.#used.has(name) ? this.plainName(file) : name;
    this.#used.add(free);
    return free;
  }
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}

async function writeText(sink: DumpSink, name: string, text: string): Promise<void> {
  const file = await sink.create(name);
  await file.write(new TextEncoder().encode(text));
  await file.close();
}
