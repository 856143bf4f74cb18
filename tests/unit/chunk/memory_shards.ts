/** Shards in memory for tests, and the plain way back from shards to the chunk. */

import type { MediumState } from "../../../src/shard/shard_io.ts";
import type { ChunkShards } from "../../../src/chunk/chunk_writer_stripes.ts";
import { encodeZfecHeader } from "../../../src/shard/zfec_header.ts";
import { concat } from "../../bytes.ts";

/** Keeps all share files of every chunk in memory. */
export class MemoryShards implements ChunkShards {
  /** By chunk number from 1, then shard: the share file. */
  readonly chunks: Uint8Array[][] = [];
  /** Called before each write; may throw or tell a state. */
  onWrite: () => MediumState | Promise<MediumState> = () => "ok";
  /** What was called, in order. */
  readonly calls: string[] = [];
  #running: Uint8Array[][] | undefined;

  constructor(readonly k: number, readonly m: number, readonly blockSize = 1) {}

  beginChunk(chunk: number): Promise<void> {
    this.calls.push(`begin ${chunk}`);
    this.#running = Array.from(
      { length: this.m },
      (_, sharenum) => [encodeZfecHeader({ k: this.k, m: this.m, padlen: 0, sharenum })],
    );
    return Promise.resolve();
  }

  async write(shards: readonly Uint8Array[]): Promise<MediumState> {
    const state = await this.onWrite();
    shards.forEach((bytes, shard) => this.#running![shard].push(new Uint8Array(bytes)));
    return state;
  }

  endChunk(): Promise<void> {
    this.calls.push("end");
    this.chunks.push(this.#running!.map(concat));
    return Promise.resolve();
  }

  discardChunk(): Promise<void> {
    this.calls.push("discard");
    this.#running = undefined;
    return Promise.resolve();
  }
}

/** The chunk that k payloads of data shards give, cell by cell, as zfec lays it out. */
export function deStripe(payloads: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const cells: Uint8Array[] = [];
  for (let offset = 0; offset < payloads[0].length; offset += 4096) {
    for (const payload of payloads) cells.push(payload.subarray(offset, offset + 4096));
  }
  return concat(cells);
}
