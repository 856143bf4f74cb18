/**
 * A file that a repair writes: synced, read back and compared before it may take its place.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { EctarError } from "../errors.ts";
import { fromSystemError } from "./system_error.ts";

const READ_BYTES = 1 << 20;

/** A file being written. */
export class RepairFile {
  /** Path it will have. */
  readonly path: string;
  readonly #file: Deno.FsFile;
  readonly #temporary: string;
  readonly #dropCache: (path: string) => void;
  readonly #written: Hash = createHash("sha256");
  #isClosed = false;

  constructor(
    file: Deno.FsFile,
    temporary: string,
    path: string,
    dropCache: (path: string) => void,
  ) {
    this.path = path;
    this.#file = file;
    this.#temporary = temporary;
    this.#dropCache = dropCache;
  }

  /** Appends. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      this.#written.update(bytes);
      for (let done = 0; done < bytes.length;) done += await this.#file.write(bytes.subarray(done));
    } catch (error) {
      throw fromSystemError(error, `cannot write ${this.path}`, { path: this.path });
    }
  }

  /**
   * Syncs the file, reads it back and compares.
   *
   * @throws {EctarError} `damaged` when the disk gives back something else
   */
  async finish(): Promise<void> {
    try {
      await this.#file.sync();
      this.#dropCache(this.#temporary);
      await this.#file.seek(0, Deno.SeekMode.Start);
      const found = createHash("sha256");
      const buffer = new Uint8Array(READ_BYTES);
      for (let got; (got = await this.#file.read(buffer)) !== null;) {
        found.update(buffer.subarray(0, got));
      }
      if (!found.digest().equals(this.#written.digest())) {
        throw new EctarError(
          "damaged",
          `${this.path}: the disk does not give back what was written`,
          {
            path: this.path,
            hint: "repair to another disk with --output",
          },
        );
      }
    } catch (error) {
      throw fromSystemError(error, `cannot write ${this.path}`, { path: this.path });
    } finally {
      this.abandon();
    }
  }

  /** Stops writing; the directory's roll-back removes it. */
  abandon(): void {
    if (!this.#isClosed) this.#file.close();
    this.#isClosed = true;
  }
}
