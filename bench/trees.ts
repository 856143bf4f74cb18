/**
 * Files to archive.
 *
 * @module
 */

import { randomFillSync } from "node:crypto";

const FILES_PER_DIRECTORY = 1000;
const MIB = 2 ** 20;

/** `count` files of `size` bytes, half text and half noise, in directories of a thousand. */
export function makeSmallFiles(top: string, count: number, size: number): void {
  Deno.mkdirSync(top);
  const content = new Uint8Array(size);
  for (let i = 0; i < count; i++) {
    const directory = `${top}/${Math.floor(i / FILES_PER_DIRECTORY)}`;
    if (i % FILES_PER_DIRECTORY === 0) Deno.mkdirSync(directory);
    new TextEncoder().encodeInto(`file ${i} says what the others say, too. `.repeat(100), content);
    randomFillSync(content, size / 2, size - size / 2);
    Deno.writeFileSync(`${directory}/file-${i}.dat`, content);
  }
}

/**
 * `files` empty files in directories of a thousand, and beside them one more name for each of the
 * first `links`.
 */
export function makeManyNames(top: string, files: number, links: number): void {
  Deno.mkdirSync(top);
  for (let i = 0; i < files; i++) {
    const directory = `${top}/${Math.floor(i / FILES_PER_DIRECTORY)}`;
    if (i % FILES_PER_DIRECTORY === 0) Deno.mkdirSync(directory);
    const name = `${directory}/a-file-with-a-name-of-common-length-${i}`;
    Deno.openSync(name, { createNew: true, write: true }).close();
    if (i < links) Deno.linkSync(name, `${name}-again`);
  }
}

/** One file of `bytes` bytes: noise and repetition in turns, so that it compresses to a half. */
export function makeLargeFile(path: string, bytes: number): void {
  const block = new Uint8Array(16 * MIB);
  for (let at = 0; at < block.length; at += 2 * MIB) {
    for (let part = at; part < at + MIB; part += 65_536) {
      randomFillSync(block, part, 65_536);
    }
    for (let part = at + MIB; part < at + 2 * MIB; part += 65_536) {
      block.copyWithin(part, at, at + 65_536);
    }
  }
  const file = Deno.openSync(path, { createNew: true, write: true });
  for (let left = bytes; left > 0; left -= block.length) {
    file.writeSync(left < block.length ? block.subarray(0, left) : block);
  }
  file.close();
}
