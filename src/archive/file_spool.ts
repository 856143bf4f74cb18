/**
 * Records on disk: a temporary file that has no name any more as soon as it is open, so that nothing
 * is left of it however ectar ends.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { RecordSpool } from "../index/record_spool.ts";
import { fromSystemError } from "../shard/system_error.ts";

const READ_BYTES = 1 << 20;

/** Names of such files, for the moment that they have one. */
export const SPOOL_NAME = /\.ectar-records-[0-9a-f-]{36}/;

/** A spool in a nameless temporary file. */
export class FileSpool implements RecordSpool {
  readonly #file: Deno.FsFile;
  readonly #directory: string;
  #size = 0;
  /** Calls run one after the other: all share the file's position. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(file: Deno.FsFile, directory: string) {
    this.#file = file;
    this.#directory = directory;
  }

  /**
   * Makes one in `directory`.
   *
   * @throws {EctarError} `permission`, `no-space`, …
   */
  static async create(directory: string): Promise<FileSpool> {
    try {
      const path = `${directory}/.ectar-records-${crypto.randomUUID()}`;
      const file = await Deno.open(path, { read: true, write: true, createNew: true, mode: 0o600 });
      await Deno.remove(path);
      return new FileSpool(file, directory);
    } catch (error) {
      throw fromSystemError(error, `cannot write in ${directory}`, { path: directory });
    }
  }

  get size(): number {
    return this.#size;
  }

  append(bytes: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      await this.#file.seek(this.#size, Deno.SeekMode.Start);
      for (let done = 0; done < bytes.length;) done += await this.#file.write(bytes.subarray(done));
      this.#size += bytes.length;
    });
  }

  async *read(start: number, end: number): AsyncGenerator<Uint8Array> {
    const buffer = new Uint8Array(Math.min(READ_BYTES, Math.max(0, end - start)));
    for (let at = start; at < end;) {
      const target = buffer.subarray(0, Math.min(buffer.length, end - at));
      const got = await this.#inTurn(async () => {
        await this.#file.seek(at, Deno.SeekMode.Start);
        return await this.#file.read(target);
      });
      if (got === null) {
        throw new EctarError("io", `temporary records in ${this.#directory} were cut off`);
      }
      yield target.subarray(0, got);
      at += got;
    }
  }

  async close(): Promise<void> {
    await this.#last.catch(() => {});
    this.#file.close();
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    const result = this.#last.catch(() => {}).then(call).catch((error) => {
      const path = this.#directory;
      throw fromSystemError(error, `cannot keep temporary records in ${path}`, { path });
    });
    this.#last = result;
    result.catch(() => {});
    return result;
  }
}
