/**
 * Where dumps of tapes go: files of one directory that appear under their names when they are
 * whole. A tape dumped again, or an index that stands on several tapes, is no conflict as long as
 * the bytes are the same.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { ensureDirectory } from "../shard/ensure_directory.ts";
import { fromSystemError, systemErrorName } from "../shard/system_error.ts";
import type { DumpFile, DumpSink } from "../tape/dump.ts";

const COMPARE_BYTES = 1 << 20;

/** Options of {@link DirectorySink}. */
export interface DirectorySinkOptions {
  /** Replace files whose bytes differ. @default false */
  force?: boolean | undefined;
  /** Called with the bytes written so far, all files together. */
  onProgress?: ((bytes: number) => void) | undefined;
}

/** Files in a directory. */
export class DirectorySink implements DumpSink {
  readonly #directory: string;
  readonly #options: DirectorySinkOptions;
  #bytes = 0;

  private constructor(directory: string, options: DirectorySinkOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  /**
   * Makes the directory if need be.
   *
   * @throws {EctarError} when it cannot be made
   */
  static async open(directory: string, options: DirectorySinkOptions = {}): Promise<DirectorySink> {
    await ensureDirectory(directory);
    return new DirectorySink(directory, options);
  }

  async create(name: string): Promise<DumpFile> {
    const finalPath = `${this.#directory}/${name}`;
    const path = `${this.#directory}/.${name}.ectar-${crypto.randomUUID().slice(0, 8)}`;
    const explain = (error: unknown) =>
      fromSystemError(error, `cannot write ${finalPath}`, { path });
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path, { write: true, createNew: true });
    } catch (error) {
      throw explain(error);
    }
    let isGone = false;
    return {
      write: async (bytes) => {
        try {
          for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
        } catch (error) {
          isGone = true;
          file.close();
          await Deno.remove(path);
          throw explain(error);
        }
        this.#options.onProgress?.(this.#bytes += bytes.length);
      },
      close: async () => {
        if (isGone) return;
        try {
          await file.sync();
          file.close();
          await this.#publish(path, finalPath);
        } catch (error) {
          throw explain(error);
        }
      },
    };
  }

  async #publish(path: string, finalPath: string): Promise<void> {
    if (this.#options.force) return await Deno.rename(path, finalPath);
    try {
      await Deno.link(path, finalPath);
    } catch (error) {
      if (systemErrorName(error) !== "EEXIST") throw error;
      if (await sameBytes(path, finalPath)) return;
      throw new EctarError("exists", `${finalPath} is there and differs from what is on the tape`, {
        path: finalPath,
        hint: "dump to another directory, or --force to replace it",
      });
    } finally {
      await Deno.remove(path);
    }
  }
}

async function sameBytes(one: string, other: string): Promise<boolean> {
  // Neither led elsewhere by a link nor kept waiting by a FIFO.
  if (!(await Deno.lstat(other)).isFile) return false;
  using first = await Deno.open(one, { read: true });
  using second = await Deno.open(other, { read: true });
  if ((await first.stat()).size !== (await second.stat()).size) return false;
  const [a, b] = [new Uint8Array(COMPARE_BYTES), new Uint8Array(COMPARE_BYTES)];
  while (true) {
    const length = await readFull(first, a);
    if (await readFull(second, b) !== length) return false;
    if (length === 0) return true;
    for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  }
}

async function readFull(file: Deno.FsFile, buffer: Uint8Array): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const got = await file.read(buffer.subarray(length));
    if (got === null) break;
    length += got;
  }
  return length;
}
