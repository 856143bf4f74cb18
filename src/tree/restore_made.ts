/**
 * Which paths were made in this run: those may be replaced by a later member of the same name, and
 * only those may be hard-linked to.
 *
 * A set of 64-bit keyed hashes (HalfSipHash-1-3 with a random key, so that no archive can be made
 * to collide), 8 bytes a slot. Wrongly knowing a path has odds below 10^-12 at a million paths.
 *
 * @module
 */

const FIRST_SLOTS = 1 << 10;

/** 2^24 slots are 128 MiB; at three quarters full, further paths are no longer remembered. */
const SLOTS_MAX = 1 << 24;

/** A set of paths. */
export class MadePaths {
  readonly #key = crypto.getRandomValues(new Uint32Array(2));
  readonly #hash = new Uint32Array(2);
  /** The path whose hash that is: mostly the one asked about is added next. */
  #hashed: Uint8Array | undefined;
  #slots = new Uint32Array(2 * FIRST_SLOTS);
  #used = 0;

  /** Remembers `path`, unless there are more than some twelve million already. */
  add(path: Uint8Array): void {
    const slotCount = this.#slots.length / 2;
    if (this.#used * 4 >= slotCount * 3) {
      if (slotCount >= SLOTS_MAX) return;
      this.#grow();
    }
    this.#digest(path);
    this.#insert(this.#hash[0], this.#hash[1]);
  }

  /** Whether `path` was added. */
  has(path: Uint8Array): boolean {
    this.#digest(path);
    const slots = this.#slots;
    const at = this.#find(this.#hash[0], this.#hash[1]);
    return slots[at] !== 0 || slots[at + 1] !== 0;
  }

  #insert(low: number, high: number): void {
    const at = this.#find(low, high);
    if (this.#slots[at] !== 0 || this.#slots[at + 1] !== 0) return;
    this.#slots[at] = low;
    this.#slots[at + 1] = high;
    this.#used++;
  }

  /** Index of the pair's slot, or of the free one where it belongs. */
  #find(low: number, high: number): number {
    const slots = this.#slots;
    const mask = slots.length / 2 - 1;
    for (let slot = low & mask;; slot = (slot + 1) & mask) {
      const at = 2 * slot;
      if (slots[at] === low && slots[at + 1] === high) return at;
      if (slots[at] === 0 && slots[at + 1] === 0) return at;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    this.#used = 0;
    for (let at = 0; at < old.length; at += 2) {
      if (old[at] !== 0 || old[at + 1] !== 0) this.#insert(old[at], old[at + 1]);
    }
  }

  /** HalfSipHash-1-3, 64 bits of output, into `#hash`; all zero, which means free, becomes one. */
  #digest(path: Uint8Array): void {
    if (path === this.#hashed) return;
    this.#hashed = path;
    const [key0, key1] = this.#key;
    let v0 = key0, v1 = key1 ^ 0xee, v2 = 0x6c796765 ^ key0, v3 = 0x74656462 ^ key1;

    const round = () => {
      v0 = (v0 + v1) | 0;
      v1 = (v1 << 5 | v1 >>> 27) ^ v0;
      v0 = v0 << 16 | v0 >>> 16;
      v2 = (v2 + v3) | 0;
      v3 = (v3 << 8 | v3 >>> 24) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = (v3 << 7 | v3 >>> 25) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = (v1 << 13 | v1 >>> 19) ^ v2;
      v2 = v2 << 16 | v2 >>> 16;
    };
    const absorb = (word: number) => {
      v3 ^= word;
      round();
      v0 ^= word;
    };

    const whole = path.length & ~3;
    for (let at = 0; at < whole; at += 4) {
      absorb(path[at] | path[at + 1] << 8 | path[at + 2] << 16 | path[at + 3] << 24);
    }
    let last = path.length << 24;
    for (let at = whole; at < path.length; at++) last |= path[at] << 8 * (at - whole);
    absorb(last);

    v2 ^= 0xee;
    round(), round(), round();
    this.#hash[0] = v1 ^ v3;
    v1 ^= 0xdd;
    round(), round(), round();
    this.#hash[1] = v1 ^ v3;
    if (this.#hash[0] === 0 && this.#hash[1] === 0) this.#hash[0] = 1;
  }
}
