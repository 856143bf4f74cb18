/**
 * A copy of the index on disk while it goes onto tapes, so that `list` works without a tape and
 * `extract` winds straight to what it wants. The archive does not depend on it: a failure is a
 * remark.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { existingArchiveFiles } from "../shard/archive_files.ts";
import type { ShardSetWriter } from "../shard/shard_io.ts";
import { indexFileName, parseShardFileName } from "../shard/shard_name.ts";
import { fromSystemError } from "../shard/system_error.ts";

/** Where the copy goes. */
export interface IndexCopyOptions {
  /** Existing directory. */
  directory: string;
  /** Archive name. */
  name: string;
  /** Replace an index of that name. @default false */
  force?: boolean | undefined;
}

/** Where an index goes. */
type IndexTarget = Pick<ShardSetWriter, "writeIndex">;

/** Hands an index on and keeps a copy. */
export class IndexCopy {
  /** Path of the copy once it is there. */
  path: string | undefined;
  /** Why there is none, or undefined. */
  remark: string | undefined;
  readonly #options: IndexCopyOptions;
  readonly #finalPath: string;
  readonly #temporaryPath: string;

  private constructor(options: IndexCopyOptions) {
    this.#options = options;
    const fileName = indexFileName(options.name);
    const folder = options.directory === "." ? "" : options.directory.replace(/\/*$/, "/");
    const id = crypto.randomUUID().slice(0, 8);
    this.#finalPath = folder + fileName;
    this.#temporaryPath = `${folder}.${fileName}.ectar-${id}`;
  }

  /**
   * Makes sure that the copy may be written.
   *
   * @throws {EctarError} `exists` when an archive of that name is in the directory
   */
  static async prepare(options: IndexCopyOptions): Promise<IndexCopy> {
    const { directory, name, force } = options;
    const existing = await existingArchiveFiles(directory, name);
    const shards = existing.filter((fileName) => parseShardFileName(fileName) !== undefined);
    if (shards.length > 0 || existing.length > 0 && !force) {
      const where = directory === "." ? "this directory" : directory;
      throw new EctarError(
        "exists",
        `${shards[0] ?? existing[0]} exists already in ${where}, where the index would go`,
        {
          archive: name,
          path: directory,
          hint: "use another name, or --no-index to keep the index on the tapes only" +
            (shards.length > 0 ? "" : ", or --force to replace it"),
        },
      );
    }
    return new IndexCopy(options);
  }

  /** The same place for an index as `target`, with a copy kept of what passes. */
  onTheWayTo(target: IndexTarget): IndexTarget {
    return { writeIndex: (index, size) => this.#writeIndex(target, index, size) };
  }

  async #writeIndex(
    target: IndexTarget,
    index: AsyncIterable<Uint8Array>,
    size: number,
  ): Promise<void> {
    let file: Deno.FsFile | undefined;
    try {
      file = await Deno.open(this.#temporaryPath, { write: true, createNew: true });
    } catch (error) {
      this.#fail(error);
    }
    const copying = async (bytes: Uint8Array) => {
      if (file === undefined || this.remark !== undefined) return;
      try {
        for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
      } catch (error) {
        this.#fail(error);
      }
    };
    try {
      await target.writeIndex(tee(index, copying), size);
      if (file !== undefined && this.remark === undefined) await this.#finish(file);
    } finally {
      file?.close();
      if (file !== undefined) await Deno.remove(this.#temporaryPath).catch(() => {});
    }
  }

  async #finish(file: Deno.FsFile): Promise<void> {
    try {
      await file.sync();
      if (this.#options.force) await Deno.rename(this.#temporaryPath, this.#finalPath);
      // Unlike a rename, a link never replaces what somebody else has put there meanwhile.
      else await Deno.link(this.#temporaryPath, this.#finalPath);
      this.path = this.#finalPath;
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const path = this.#finalPath;
    const explained = fromSystemError(error, `cannot write ${path}`, { path });
    if (!(explained instanceof EctarError)) throw explained;
    this.remark = `the index is on the tapes only: ${explained.message}`;
  }
}

async function* tee(
  bytes: AsyncIterable<Uint8Array>,
  copy: (bytes: Uint8Array) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  for await (const part of bytes) {
    await copy(part);
    yield part;
  }
}
