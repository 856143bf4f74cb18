/**
 * An open regular file on Linux.
 *
 * @module
 */

import type { ExtendedAttribute, SparseSegment } from "../src/tar/entry.ts";
import type { NodeStat, TreeFile } from "../src/tree/file_tree.ts";
import { descriptorAttributes } from "./attributes.ts";
import { callFailure } from "./failure.ts";
import { errno, errorName, libc } from "./libc.ts";
import { statDescriptor } from "./stat.ts";

const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/** A descriptor with the name it was opened by, for messages. */
export class LinuxFile implements TreeFile {
  readonly #descriptor: number;
  readonly #name: Uint8Array;

  constructor(descriptor: number, name: Uint8Array) {
    this.#descriptor = descriptor;
    this.#name = name;
  }

  stat(): NodeStat {
    const stat = statDescriptor(this.#descriptor);
    if (stat === undefined) throw callFailure("look at", this.#name);
    return stat;
  }

  read(into: Uint8Array, offset: number): number {
    while (true) {
      const got = Number(
        libc().pread(
          this.#descriptor,
          into as Uint8Array<ArrayBuffer>,
          BigInt(into.length),
          BigInt(offset),
        ),
      );
      if (got >= 0) return got;
      if (errorName(errno()) !== "EINTR") throw callFailure("read", this.#name);
    }
  }

  segments(size: number): SparseSegment[] | undefined {
    const segments: SparseSegment[] = [];
    for (let at = 0; at < size;) {
      const start = this.#seek(at, SEEK_DATA);
      if (start === "unsupported") return undefined;
      if (start === "none" || start >= size) break;
      const end = this.#seek(start, SEEK_HOLE);
      if (end === "unsupported") return undefined;
      // "none" is a file cut short meanwhile; reading will show it.
      const stop = end === "none" ? size : Math.min(end, size);
      segments.push({ offset: start, length: stop - start });
      at = stop;
    }
    const [first] = segments;
    return first?.offset === 0 && first.length === size ? undefined : segments;
  }

  attributes(): ExtendedAttribute[] {
    const attributes = descriptorAttributes(this.#descriptor);
    if (attributes === undefined) throw callFailure("read attributes of", this.#name);
    return attributes;
  }

  close(): void {
    libc().close(this.#descriptor);
  }

  #seek(from: number, whence: number): number | "none" | "unsupported" {
    const position = Number(libc().lseek(this.#descriptor, BigInt(from), whence));
    if (position >= 0) return position;
    const name = errorName(errno());
    if (name === "ENXIO") return "none";
    if (name === "EINVAL" || name === "EOPNOTSUPP") return "unsupported";
    throw callFailure("find the holes of", this.#name);
  }
}
