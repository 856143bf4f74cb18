/**
 * Ways in which shard files go wrong.
 *
 * @module
 */

import { shardFileName } from "../../src/shard/shard_name.ts";
import { noise } from "../cli/sample_tree.ts";

/** An archive's files in a directory. */
export interface Shards {
  directory: string;
  name: string;
}

/** Path of a shard. */
export function shardPath({ directory, name }: Shards, chunk: number, shard: number): string {
  return `${directory}/${shardFileName(name, chunk, shard)}`;
}

/** Does something to one shard of an archive; `other` is another archive with the same name. */
export type Damage = (shards: Shards, chunk: number, shard: number, other: Shards) => Promise<void>;

/** Overwrites part of a file. */
export async function overwrite(path: string, at: number, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.seek(at, Deno.SeekMode.Start);
  await file.write(bytes);
}

/** Flips the lowest bit of single bytes. */
export async function flipBits(path: string, ...offsets: number[]): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  for (const at of offsets) {
    const byte = new Uint8Array(1);
    await file.seek(at, Deno.SeekMode.Start);
    await file.read(byte);
    byte[0] ^= 1;
    await file.seek(at, Deno.SeekMode.Start);
    await file.write(byte);
  }
}

const sizeOf = (path: string) => Deno.statSync(path).size;

/** All of them by name. */
export const DAMAGES: Record<string, Damage> = {
  "gone": (shards, chunk, shard) => Deno.remove(shardPath(shards, chunk, shard)),
  "empty": (shards, chunk, shard) => Deno.truncate(shardPath(shards, chunk, shard), 0),
  "truncated": async (shards, chunk, shard) => {
    const path = shardPath(shards, chunk, shard);
    await Deno.truncate(path, sizeOf(path) * (shard + 1) / 7 | 0);
  },
  "zeroed": async (shards, chunk, shard) => {
    const path = shardPath(shards, chunk, shard);
    await Deno.writeFile(path, new Uint8Array(sizeOf(path)));
  },
  "zeroed behind its header": async (shards, chunk, shard) => {
    const path = shardPath(shards, chunk, shard);
    await overwrite(path, 16, new Uint8Array(sizeOf(path) - 16));
  },
  "noise": async (shards, chunk, shard) => {
    const path = shardPath(shards, chunk, shard);
    await Deno.writeFile(path, noise(sizeOf(path), chunk * 10 + shard + 1));
  },
  "flipped in some bits": async (shards, chunk, shard) => {
    const path = shardPath(shards, chunk, shard);
    const size = sizeOf(path);
    // The last bytes too: the chunk's own trailer cannot hold their checksum.
    await flipBits(path, 9, size >> 1, (size >> 1) + 5000, size - 1);
  },
  "longer than it was": async (shards, chunk, shard) => {
    await Deno.writeFile(shardPath(shards, chunk, shard), noise(5000, 3), { append: true });
  },
  "of another chunk": async (shards, chunk, shard) => {
    const another = chunk === 1 ? 2 : chunk - 1;
    await Deno.copyFile(shardPath(shards, another, shard), shardPath(shards, chunk, shard));
  },
  "of another archive": async (shards, chunk, shard, other) => {
    await Deno.copyFile(shardPath(other, chunk, shard), shardPath(shards, chunk, shard));
  },
};
