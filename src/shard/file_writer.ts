/**
 * Shards as files of one directory. Everything is written under hidden temporary names; a commit
 * marker turns them into the archive at one instant, so that a killed run leaves either nothing
 * that looks whole or something that the next run finishes (see commit.ts).
 *
 * @module
 */

import { EctarError, type ErrorContext } from "../errors.ts";
import { existingArchiveFiles } from "./archive_files.ts";
import { Commit, finishInterruptedCommit } from "./commit.ts";
import { checkArchiveName, indexFileName, shardFileName } from "./shard_name.ts";
import type { MediumState, ShardPlacement, ShardSetWriter } from "./shard_io.ts";
import { fromSystemError } from "./system_error.ts";
import { encodeZfecHeader } from "./zfec_header.ts";

/** How to write an archive's shard files. */
export interface FileShardSetOptions {
  /** Directory the files go to; must exist. */
  directory: string;
  /** Archive name. */
  name: string;
  /** Archive UUID. */
  uuid: string;
  /** Data shards. */
  k: number;
  /** Total shards. */
  m: number;
  /** Bytes every shard file is a multiple of. @default 1 */
  blockSize?: number;
  /** Replace an archive of that name. @default false */
  force?: boolean;
}

interface OpenShard {
  file: Deno.FsFile;
  finalName: string;
}

/** Writes shards as files; see the module. */
export class FileShardSetWriter implements ShardSetWriter {
  readonly k: number;
  readonly m: number;
  readonly blockSize: number;
  readonly keepsIncomplete = false;
  readonly #options: FileShardSetOptions;
  readonly #commit: Commit;
  #shards: OpenShard[] = [];
  #chunk = 0;
  #chunksWritten = 0;
  #hasIndex = false;
  /** Syncs of the chunk before run while the next one is written. */
  #syncing: Promise<void> = Promise.resolve();

  private constructor(options: FileShardSetOptions) {
    this.k = options.k;
    this.m = options.m;
    this.blockSize = options.blockSize ?? 1;
    this.#options = options;
    this.#commit = new Commit(options.directory, options.name);
  }

  /**
   * Makes sure that the archive may be written there.
   *
   * @throws {EctarError} `exists` when an archive of that name is there and `force` is not set
   */
  static async open(options: FileShardSetOptions): Promise<FileShardSetWriter> {
    checkArchiveName(options.name);
    await finishInterruptedCommit(options.directory, options.name);
    if (!options.force) await refuseExisting(options.directory, options.name);
    return new FileShardSetWriter(options);
  }

  async beginChunk(chunk: number): Promise<void> {
    this.#chunk = chunk;
    const { k, m } = this;
    try {
      for (let shard = 0; shard < m; shard++) {
        const finalName = shardFileName(this.#options.name, chunk, shard);
        const file = await this.#commit.createTemporary(finalName);
        this.#shards.push({ file, finalName });
        await writeAll(file, encodeZfecHeader({ k, m, padlen: 0, sharenum: shard }));
      }
    } catch (error) {
      throw this.#explain(error, this.#shards.length);
    }
  }

  async write(shards: readonly Uint8Array[]): Promise<MediumState> {
    const results = await Promise.allSettled(
      this.#shards.map(({ file }, shard) => writeAll(file, shards[shard])),
    );
    const failed = results.findIndex((result) => result.status === "rejected");
    if (failed >= 0) {
      throw this.#explain((results[failed] as PromiseRejectedResult).reason, failed);
    }
    return "ok";
  }

  async endChunk(): Promise<void> {
    await this.#syncing;
    const shards = this.#shards;
    this.#shards = [];
    this.#chunksWritten++;
    const syncing = Promise.all(shards.map(async ({ file, finalName }) => {
      try {
        await file.sync();
      } catch (error) {
        throw this.#cannotWrite(error, finalName);
      } finally {
        file.close();
      }
    })).then(() => {});
    // The failure surfaces at the next await of #syncing, not as an unhandled rejection.
    syncing.catch(() => {});
    this.#syncing = syncing;
  }

  async discardChunk(): Promise<void> {
    for (const { file, finalName } of this.#shards) {
      file.close();
      await this.#commit.removeTemporary(finalName);
    }
    this.#shards = [];
  }

  async freeze(): Promise<ShardPlacement[][]> {
    await this.#syncing;
    return Array.from(
      { length: this.#chunksWritten },
      () =>
        Array.from({ length: this.m }, (_, shard) => ({ shard, extents: [], missing: undefined })),
    );
  }

  async writeIndex(index: AsyncIterable<Uint8Array>): Promise<void> {
    const finalName = indexFileName(this.#options.name);
    try {
      const file = await this.#commit.createTemporary(finalName);
      try {
        for await (const bytes of index) await writeAll(file, bytes);
        await file.sync();
      } finally {
        file.close();
      }
    } catch (error) {
      throw this.#cannotWrite(error, finalName);
    }
    this.#hasIndex = true;
  }

  async close(): Promise<void> {
    try {
      const replace = this.#options.force === true;
      const { uuid } = this.#options;
      const archive = { uuid, chunks: this.#chunksWritten, m: this.m, index: this.#hasIndex };
      await this.#commit.run(archive, async () => {
        if (!replace) await refuseExisting(this.#options.directory, this.#options.name);
      });
    } catch (error) {
      throw fromSystemError(error, `cannot finish archive ${this.#options.name}`, {
        archive: this.#options.name,
      });
    }
  }

  async abort(): Promise<string[]> {
    for (const { file } of this.#shards) file.close();
    this.#shards = [];
    await this.#syncing.catch(() => {});
    return await this.#commit.rollBack();
  }

  #explain(error: unknown, shard: number): unknown {
    const chunk = this.#chunk;
    const fileName = shardFileName(this.#options.name, chunk, shard);
    return this.#cannotWrite(error, fileName, { archive: this.#options.name, chunk, shard });
  }

  /** Which disk is full, or gone, shows in the directory only. */
  #cannotWrite(error: unknown, fileName: string, context: ErrorContext = {}): unknown {
    const { directory } = this.#options;
    const path = directory === "." ? fileName : `${directory.replace(/\/$/, "")}/${fileName}`;
    return fromSystemError(error, `cannot write ${path}`, { ...context, path });
  }
}

async function refuseExisting(directory: string, name: string): Promise<void> {
  const existing = await existingArchiveFiles(directory, name);
  if (existing.length === 0) return;
  const more = existing.length > 1 ? ` and ${existing.length - 1} more` : "";
  throw new EctarError(
    "exists",
    `archive ${name} exists already in ${directory}: ${existing[0]}${more}`,
    { archive: name, path: directory, hint: "use another name, or --force to replace it" },
  );
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}
