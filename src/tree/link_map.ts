/**
 * Remembers under which member path each node with several names was stored first. Packed: about
 * 32 bytes a node plus its path, and no JavaScript object each.
 *
 * @module
 */

import type { NodeStat } from "./file_tree.ts";

/** Words of a table entry: device number's index, inode high, inode low, place of the path. */
const WORDS = 4;
const LENGTH_BYTES = 4;
/** Place 0 means "no entry", so paths start behind it. */
const FIRST_PLACE = 1;

/** From node to member path. */
export class LinkMap {
  #count = 0;
  #table = new Uint32Array(WORDS * 1024);
  #paths = new Uint8Array(64 * 1024);
  #pathsEnd = FIRST_PLACE;
  readonly #devices = new Map<number, number>();

  /** Bytes of memory held. */
  get byteLength(): number {
    return this.#table.byteLength + this.#paths.byteLength;
  }

  /** Member path of the node, as a view, or undefined when it was not stored yet. */
  find(stat: NodeStat): Uint8Array | undefined {
    const at = this.#slot(this.#deviceIndex(stat.device), stat.inodeHigh, stat.inodeLow);
    const place = this.#table[at + 3];
    if (place === 0) return undefined;
    const length = new DataView(this.#paths.buffer).getUint32(place);
    return this.#paths.subarray(place + LENGTH_BYTES, place + LENGTH_BYTES + length);
  }

  /** Remembers `path` for a node that is not there yet. */
  add(stat: NodeStat, path: Uint8Array): void {
    if (this.#count * 2 * WORDS >= this.#table.length) this.#growTable();
    const device = this.#deviceIndex(stat.device);
    const at = this.#slot(device, stat.inodeHigh, stat.inodeLow);
    this.#table[at] = device;
    this.#table[at + 1] = stat.inodeHigh;
    this.#table[at + 2] = stat.inodeLow;
    this.#table[at + 3] = this.#store(path);
    this.#count++;
  }

  /** Index of the node's entry, or of the free one where it belongs. */
  #slot(device: number, inodeHigh: number, inodeLow: number): number {
    const mask = this.#table.length / WORDS - 1;
    let hash = Math.imul(inodeLow ^ Math.imul(inodeHigh, 0x9e3779b1), 0x85ebca6b) + device;
    hash = (hash ^ (hash >>> 15)) & mask;
    while (true) {
      const at = hash * WORDS;
      if (this.#table[at + 3] === 0) return at;
      if (
        this.#table[at + 2] === inodeLow && this.#table[at + 1] === inodeHigh &&
        this.#table[at] === device
      ) return at;
      hash = (hash + 1) & mask;
    }
  }

  #growTable(): void {
    const old = this.#table;
    this.#table = new Uint32Array(old.length * 2);
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at + 3] === 0) continue;
      this.#table.set(
        old.subarray(at, at + WORDS),
        this.#slot(old[at], old[at + 1], old[at + 2]),
      );
    }
  }

  #store(path: Uint8Array): number {
    const place = this.#pathsEnd;
    const end = place + LENGTH_BYTES + path.length;
    if (end > this.#paths.length) {
      const larger = new Uint8Array(Math.max(end, Math.ceil(this.#paths.length * 1.5)));
      larger.set(this.#paths);
      this.#paths = larger;
    }
    new DataView(this.#paths.buffer).setUint32(place, path.length);
    this.#paths.set(path, place + LENGTH_BYTES);
    this.#pathsEnd = end;
    return place;
  }

  #deviceIndex(device: number): number {
    let index = this.#devices.get(device);
    if (index === undefined) this.#devices.set(device, index = this.#devices.size);
    return index;
  }
}
