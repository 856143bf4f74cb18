/**
 * The file under a tape image: bytes at an offset, a lock against other programs, and the system's
 * errors in an operator's words.
 *
 * @module
 */

import { notCapableWords } from "../errno_words.ts";
import { EctarError } from "../errors.ts";
import { driveError } from "./drive_error.ts";
import type { ImageBytes } from "./image_walk.ts";
import { WritePace } from "./write_pace.ts";

/** What an image device needs of its file. */
export interface ImageFile extends ImageBytes {
  /** Fills `into` from byte `offset`; resolves to how many bytes there were. */
  read(into: Uint8Array, offset: number): Promise<number>;
  /** Writes all of `bytes` at byte `offset`. Throws `EctarError` `no-space` when the disk is full. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /** Cuts the file off at `size` bytes. */
  truncateSync(size: number): void;
  /** Resolves when everything written is on the disk. */
  sync(): Promise<void>;
  /** Closes the file and lets others have it. */
  close(): void;
}

/** Shorter reads are quicker done at once than handed to another thread. */
const SYNC_READ_BYTES = 128 * 1024;
/** So are shorter writes, however slow the disk is. */
const SYNC_WRITE_BYTES = 512;

/** A file on disk, locked against other writers (readers share it). */
export class DiskImageFile implements ImageFile {
  readonly #name: string;
  readonly #file: Deno.FsFile;
  readonly #pace = new WritePace();
  #offset = 0;
  #size: number;

  private constructor(name: string, file: Deno.FsFile, size: number) {
    this.#name = name;
    this.#file = file;
    this.#size = size;
  }

  /**
   * Opens and locks the file at `path`; `create` makes one that must not exist yet.
   *
   * @throws {EctarError} `not-found`, `permission` (also when another program has it)
   */
  static open(path: string, mode: "read" | "write" | "create"): DiskImageFile {
    const write = mode !== "read";
    const file = attempt(
      path,
      "opening",
      () => Deno.openSync(path, { read: true, write, createNew: mode === "create" }),
    );
    try {
      if (!attempt(path, "locking", () => file.tryLockSync(write))) {
        const message =
          `${path} is in use by another ectar, which must end first, or is named twice`;
        throw new EctarError("permission", message, { drive: path, errno: "EBUSY" });
      }
      return new DiskImageFile(path, file, file.statSync().size);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** @inheritdoc */
  size(): number {
    return this.#size;
  }

  /** @inheritdoc */
  readSync(into: Uint8Array, offset: number): number {
    return attempt(this.#name, "reading", () => {
      let done = 0;
      while (done < into.length) {
        this.#goTo(offset + done);
        const count = this.#file.readSync(into.subarray(done));
        if (count === null) break;
        this.#offset += count;
        done += count;
      }
      return done;
    });
  }

  /** @inheritdoc */
  async read(into: Uint8Array, offset: number): Promise<number> {
    if (into.length < SYNC_READ_BYTES) return this.readSync(into, offset);
    let done = 0;
    while (done < into.length) {
      this.#goTo(offset + done);
      const count = await this.#file.read(into.subarray(done))
        .catch((error) => fail(this.#name, "reading", error));
      if (count === null) break;
      this.#offset += count;
      done += count;
    }
    return done;
  }

  /** @inheritdoc */
  async write(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      this.#goTo(offset + done);
      const part = bytes.subarray(done);
      const count = part.length < SYNC_WRITE_BYTES || this.#pace.isFast
        ? this.#writeHere(part)
        : await this.#writeAway(part);
      this.#offset += count;
      done += count;
      this.#size = Math.max(this.#size, this.#offset);
    }
  }

  #writeHere(bytes: Uint8Array): number {
    const startedMs = performance.now();
    const count = attempt(this.#name, "writing", () => this.#file.writeSync(bytes));
    if (count >= SYNC_WRITE_BYTES) this.#pace.wroteHere(count, performance.now() - startedMs);
    return count;
  }

  async #writeAway(bytes: Uint8Array): Promise<number> {
    const count = await this.#file.write(bytes)
      .catch((error) => fail(this.#name, "writing", error));
    this.#pace.wroteAway(count);
    return count;
  }

  /** @inheritdoc */
  truncateSync(size: number): void {
    attempt(this.#name, "cutting off", () => this.#file.truncateSync(size));
    this.#size = size;
  }

  /** @inheritdoc */
  async sync(): Promise<void> {
    await this.#file.syncData().catch((error) => fail(this.#name, "writing", error));
  }

  /** @inheritdoc */
  close(): void {
    this.#file.close();
  }

  #goTo(offset: number): void {
    if (this.#offset !== offset) this.#file.seekSync(offset, Deno.SeekMode.Start);
    this.#offset = offset;
  }
}

/**
 * Whether there is a regular file at `path`. Asked before opening: a pipe would never open.
 *
 * @throws {EctarError} `format` when something else is there
 */
export function imageExists(path: string): boolean {
  let isFile: boolean;
  try {
    isFile = Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    return fail(path, "opening", error);
  }
  if (isFile) return true;
  throw new EctarError("format", `${path} is neither a tape drive nor a file`, { drive: path });
}

function attempt<T>(name: string, doing: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    return fail(name, doing, error);
  }
}

function fail(name: string, doing: string, error: unknown): never {
  if (error instanceof Deno.errors.NotCapable) {
    const message = `${name}: ${notCapableWords(error)}`;
    throw new EctarError("permission", message, { drive: name }, { cause: error });
  }
  const errno = (error as { code?: unknown }).code;
  if (typeof errno !== "string" || !/^E[A-Z0-9]+$/.test(errno)) throw error;
  throw fileError(name, doing, errno);
}

function fileError(name: string, doing: string, errno: string): EctarError {
  const context = { drive: name, errno };
  switch (errno) {
    case "ENOENT":
      return new EctarError("not-found", `${name}: no such tape image`, context);
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new EctarError("permission", `${name}: no permission (${errno})`, context);
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return new EctarError("no-space", `${name}: no space left on the disk (${errno})`, context);
    case "EEXIST":
      return new EctarError("exists", `${name}: was made by another program just now`, context);
    default:
      return driveError(name, doing, errno);
  }
}
