/**
 * Lists a directory by getdents64(2). The kernel's records are kept as they came, with a sorted
 * table of their offsets: a million names cost some 50 bytes each and no JavaScript object.
 *
 * @module
 */

import type { NodeKind, NodeNames } from "../src/tree/file_tree.ts";
import { libc } from "./libc.ts";
import { kindOfType } from "./stat.ts";

const DOT = 0x2e;
const LENGTH_AT = 16;
const TYPE_AT = 18;
const NAME_AT = 19;

const buffer = new Uint8Array(256 * 1024);
const CAPACITY = BigInt(buffer.length);

/** All names of an open directory, or undefined on failure (errno says why). */
export function readNames(descriptor: number): NodeNames | undefined {
  const parts: Uint8Array[] = [];
  let total = 0;
  while (true) {
    const got = Number(libc().getdents64(descriptor, buffer, CAPACITY));
    if (got < 0) return undefined;
    if (got === 0) break;
    parts.push(buffer.slice(0, got));
    total += got;
  }
  return new KernelNames(joined(parts, total));
}

function joined(parts: Uint8Array[], total: number): Uint8Array {
  if (parts.length === 1) return parts[0];
  const all = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

class KernelNames implements NodeNames {
  readonly count: number;
  readonly #records: Uint8Array;
  /** Where each name starts, in the order of the names. */
  readonly #starts: Uint32Array;

  constructor(records: Uint8Array) {
    this.#records = records;
    this.#starts = sortedStarts(records);
    this.count = this.#starts.length;
  }

  name(index: number): Uint8Array {
    const start = this.#starts[index];
    return this.#records.subarray(start, this.#records.indexOf(0, start));
  }

  kind(index: number): NodeKind {
    return kindOfType(this.#records[this.#starts[index] - NAME_AT + TYPE_AT]);
  }
}

function sortedStarts(records: Uint8Array): Uint32Array {
  let count = 0;
  for (let at = 0; at < records.length; at += recordLength(records, at)) {
    if (!isDots(records, at + NAME_AT)) count++;
  }
  const starts = new Uint32Array(count);
  let next = 0;
  for (let at = 0; at < records.length; at += recordLength(records, at)) {
    if (!isDots(records, at + NAME_AT)) starts[next++] = at + NAME_AT;
  }
  // A name ends with a zero byte, which sorts before every byte of a longer name.
  return starts.sort((a, b) => {
    while (records[a] === records[b] && records[a] !== 0) {
      a++;
      b++;
    }
    return records[a] - records[b];
  });
}

function recordLength(records: Uint8Array, at: number): number {
  return records[at + LENGTH_AT] | records[at + LENGTH_AT + 1] << 8;
}

function isDots(records: Uint8Array, name: number): boolean {
  return records[name] === DOT &&
    (records[name + 1] === 0 || (records[name + 1] === DOT && records[name + 2] === 0));
}
