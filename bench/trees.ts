/**
 * Files to archive, made in a directory.
 *
 * @module
 */

import { randomFillSync } from "node:crypto";
import type { Tree } from "./archives.ts";

const FILES_PER_DIRECTORY = 1000;
const SMALL_FILE_BYTES = 4096;
const MIB = 2 ** 20;
const REPEATED_BYTES = 65_536;

/** `count` files of 4 KiB, half text and half noise, in directories of a thousand. */
export function makeSmallFiles(directory: string, count: number): Tree {
  const content = new Uint8Array(SMALL_FILE_BYTES);
  const half = SMALL_FILE_BYTES / 2;
  forEachFile(`${directory}/small`, count, (place, i) => {
    new TextEncoder().encodeInto(`file ${i} says what the others say, too. `.repeat(100), content);
    randomFillSync(content, half, half);
    Deno.writeFileSync(`${place}/file-${i}.dat`, content);
  });
  return { name: `${count.toLocaleString("en")} files of 4 KiB`, directory, paths: ["small"] };
}

/**
 * `files` empty files in directories of a thousand, and beside them one more name for each of the
 * first `links`.
 */
export function makeManyNames(directory: string, files: number, links: number): Tree {
  forEachFile(`${directory}/names`, files, (place, i) => {
    const name = `${place}/a-file-with-a-name-of-common-length-${i}`;
    Deno.openSync(name, { createNew: true, write: true }).close();
    if (i < links) Deno.linkSync(name, `${name}-again`);
  });
  return { name: `${(files + links).toLocaleString("en")} names`, directory, paths: ["names"] };
}

/** One file of `bytes` bytes: noise and repetition in turns, so that it compresses to a half. */
export function makeLargeFile(directory: string, bytes: number): Tree {
  const block = new Uint8Array(16 * MIB);
  for (let at = 0; at < block.length; at += 2 * MIB) {
    for (let part = at; part < at + MIB; part += REPEATED_BYTES) {
      randomFillSync(block, part, REPEATED_BYTES);
    }
    for (let part = at + MIB; part < at + 2 * MIB; part += REPEATED_BYTES) {
      block.copyWithin(part, at, at + REPEATED_BYTES);
    }
  }
  using file = Deno.openSync(`${directory}/large`, { create: true, write: true, truncate: true });
  for (let left = bytes; left > 0;) {
    left -= file.writeSync(left < block.length ? block.subarray(0, left) : block);
  }
  return { name: "one large file", directory, paths: ["large"] };
}

/** Makes a directory for each thousand of `count` files, and calls `make` for each file. */
function forEachFile(top: string, count: number, make: (place: string, i: number) => void): void {
  Deno.mkdirSync(top);
  for (let i = 0; i < count; i++) {
    const place = `${top}/${Math.floor(i / FILES_PER_DIRECTORY)}`;
    if (i % FILES_PER_DIRECTORY === 0) Deno.mkdirSync(place);
    make(place, i);
  }
}
