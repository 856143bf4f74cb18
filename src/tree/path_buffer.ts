/**
 * The member path of the node under way, in one buffer that is used again for each.
 *
 * @module
 */

const SLASH = 0x2f;

/** A path that grows and shrinks at its end. */
export class PathBuffer {
  #bytes = new Uint8Array(4096);
  #length = 0;

  /** Bytes of the path. */
  get length(): number {
    return this.#length;
  }

  /** The path, valid until it changes. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Makes it `path`. */
  set(path: Uint8Array): void {
    this.append(0, path);
  }

  /** Keeps the first `keep` bytes and adds `part`. */
  append(keep: number, part: Uint8Array): void {
    const length = keep + part.length;
    this.#reserve(length);
    this.#bytes.set(part, keep);
    this.#length = length;
  }

  /** Adds a slash. */
  appendSlash(): void {
    this.#reserve(this.#length + 1);
    this.#bytes[this.#length++] = SLASH;
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * length);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
