/** An image file in memory, so that image tests need no permission. */

import type { ImageFile } from "../../../src/tape/image_file.ts";
import { EctarError } from "../../../src/errors.ts";

export class MemoryImage implements ImageFile {
  bytes: Uint8Array<ArrayBuffer>;
  syncs = 0;
  closed = false;
  /** Largest file the pretended disk takes. */
  diskBytes = Infinity;
  /** Most bytes asked for by one read. */
  largestRead = 0;

  constructor(bytes: Iterable<number> = []) {
    this.bytes = Uint8Array.from(bytes);
  }

  size(): number {
    return this.bytes.length;
  }

  readSync(into: Uint8Array, offset: number): number {
    this.largestRead = Math.max(this.largestRead, into.length);
    const part = this.bytes.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  }

  read(into: Uint8Array, offset: number): Promise<number> {
    return Promise.resolve(this.readSync(into, offset));
  }

  // deno-lint-ignore require-await -- the seam is asynchronous, memory is not
  async write(bytes: Uint8Array, offset: number): Promise<void> {
    const room = Math.min(bytes.length, this.diskBytes - offset);
    const grown = new Uint8Array(Math.max(this.bytes.length, offset + room));
    grown.set(this.bytes);
    grown.set(bytes.subarray(0, room), offset);
    this.bytes = grown;
    if (room < bytes.length) throw new EctarError("no-space", "no space left on the disk");
  }

  truncateSync(size: number): void {
    this.bytes = this.bytes.slice(0, size);
  }

  sync(): Promise<void> {
    this.syncs++;
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
  }
}
