/**
 * Shards that lie in files, read with holes where the disk cannot.
 *
 * @module
 */

import { EctarError, isHostLimit } from "../errors.ts";
import { type ArchiveFiles, findArchiveFiles, type ShardFile } from "./places.ts";
import type { ByteRange, IndexHandle, ShardHandle, ShardRead, ShardSetReader } from "./shard_io.ts";
import { fromSystemError, systemErrorName } from "./system_error.ts";

/** Bytes that one failed read costs: a sector of today's disks. */
const SECTOR_BYTES = 4096;
const INDEX_READ_BYTES = 1 << 20;

/** Finds and reads shard files. */
export class FileShardSetReader implements ShardSetReader {
  readonly name: string;
  readonly remarks: string[] = [];
  /** UUID of the archive that an interrupted commit had made valid, if there was one. */
  readonly committedUuid: string | undefined;
  readonly #files: ArchiveFiles;

  private constructor(files: ArchiveFiles) {
    this.#files = files;
    this.name = files.name;
    this.committedUuid = files.committedUuid;
  }

  /**
   * Looks for the archive's files; see {@link findArchiveFiles}.
   *
   * @throws {EctarError} `not-found`, `usage`, `permission`
   */
  static async open(inputs: readonly string[]): Promise<FileShardSetReader> {
    return new FileShardSetReader(await findArchiveFiles(inputs));
  }

  chunkNumbers(): Promise<readonly number[]> {
    return Promise.resolve([...this.#files.shards.keys()].sort((a, b) => a - b));
  }

  async openChunk(chunk: number): Promise<ShardHandle[]> {
    const handles: ShardHandle[] = [];
    for (const shard of this.#files.shards.get(chunk) ?? []) {
      try {
        handles.push(await FileShard.open(shard.path, shard.chunk, shard.shard));
      } catch (error) {
        const explained = fromSystemError(error, `cannot read ${shard.path}`, { path: shard.path });
        if (!(explained instanceof EctarError) || isHostLimit(explained)) {
          for (const handle of handles) await handle.close();
          throw explained;
        }
        if (!this.remarks.includes(explained.message)) this.remarks.push(explained.message);
        // What is not there any more is missing; the rest may hold what is wanted.
        if (explained.code !== "not-found") handles.push(new ClosedShard(shard, explained));
      }
    }
    return handles;
  }

  indexes(): Promise<readonly IndexHandle[]> {
    const handles = this.#files.indexes.map((path) => ({
      origin: path,
      read: () => readWhole(path),
    }));
    return Promise.resolve(handles);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** One shard file. */
class FileShard implements ShardHandle {
  readonly origin: string;
  readonly chunk: number;
  readonly shard: number;
  readonly size: number;
  readonly #file: Deno.FsFile;
  #position = 0;

  private constructor(
    file: Deno.FsFile,
    path: string,
    size: number,
    chunk: number,
    shard: number,
  ) {
    this.#file = file;
    this.origin = path;
    this.size = size;
    this.chunk = chunk;
    this.shard = shard;
  }

  static async open(path: string, chunk: number, shard: number): Promise<FileShard> {
    const file = await openRegular(path);
    try {
      const { size } = await file.stat();
      return new FileShard(file, path, size, chunk, shard);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  async read(offset: number, target: Uint8Array): Promise<ShardRead> {
    const length = Math.max(0, Math.min(target.length, this.size - offset));
    const holes: ByteRange[] = [];
    for (let done = 0; done < length;) {
      try {
        const got = await this.#readAt(offset + done, target.subarray(done, length));
        // The file has become shorter since it was opened.
        if (got === 0) return { length: done, holes };
        done += got;
      } catch (error) {
        if (systemErrorName(error) !== "EIO") {
          throw fromSystemError(error, `cannot read ${this.origin}`, { path: this.origin });
        }
        const end = await this.#skipBadSectors(offset, done, target.subarray(0, length), holes);
        done = end;
      }
    }
    return { length, holes };
  }

  close(): Promise<void> {
    this.#file.close();
    return Promise.resolve();
  }

  /**
   * A large read failed somewhere: goes on sector by sector to the end of the target, noting those
   * that cannot be read.
   */
  async #skipBadSectors(
    offset: number,
    from: number,
    target: Uint8Array,
    holes: ByteRange[],
  ): Promise<number> {
    for (let at = from; at < target.length;) {
      const sectorEnd = at + SECTOR_BYTES - (offset + at) % SECTOR_BYTES;
      const sector = target.subarray(at, Math.min(sectorEnd, target.length));
      try {
        const got = await this.#readAt(offset + at, sector);
        if (got === 0) return at;
        at += got;
      } catch (error) {
        if (systemErrorName(error) !== "EIO") throw error;
        sector.fill(0);
        const last = holes.at(-1);
        const end = at + sector.length;
        if (last?.end === at) last.end = end;
        else holes.push({ start: at, end });
        at = end;
      }
    }
    return target.length;
  }

  async #readAt(offset: number, target: Uint8Array): Promise<number> {
    if (offset !== this.#position) await this.#file.seek(offset, Deno.SeekMode.Start);
    this.#position = -1;
    const got = await this.#file.read(target) ?? 0;
    this.#position = offset + got;
    return got;
  }
}

/** One that is there but cannot be opened. */
class ClosedShard implements ShardHandle {
  readonly origin: string;
  readonly chunk: number;
  readonly shard: number;
  readonly size = 0;
  readonly failure: string;
  readonly #error: EctarError;

  constructor({ path, chunk, shard }: ShardFile, error: EctarError) {
    this.origin = path;
    this.chunk = chunk;
    this.shard = shard;
    this.failure = error.message;
    this.#error = error;
  }

  read(): Promise<never> {
    return Promise.reject(this.#error);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Opens what is a file, also behind a link: reading a FIFO would wait for ever. */
async function openRegular(path: string): Promise<Deno.FsFile> {
  if (!(await Deno.stat(path)).isFile) {
    throw new EctarError("format", `cannot read ${path}: not a regular file`, { path });
  }
  return await Deno.open(path, { read: true });
}

async function* readWhole(path: string): AsyncGenerator<Uint8Array> {
  let file: Deno.FsFile | undefined;
  try {
    file = await openRegular(path);
    while (true) {
      const buffer = new Uint8Array(INDEX_READ_BYTES);
      const got = await file.read(buffer);
      if (got === null) return;
      yield buffer.subarray(0, got);
    }
  } catch (error) {
    throw fromSystemError(error, `cannot read ${path}`, { path });
  } finally {
    file?.close();
  }
}
