/** A small tape set in memory for the tests of the RAIT layer. */
import { encodeZfecHeader } from "../../../src/shard/zfec_header.ts";
import type { MediumState, ShardPlacement } from "../../../src/shard/shard_io.ts";
import type { RaitOptions } from "../../../src/tape/rait_options.ts";
import type { RaitShardWriter } from "../../../src/tape/rait_shard_writer.ts";
import { noise } from "../../bytes.ts";
import { MockTapeDevice, type MockTapeOptions, TapeMedium } from "../../mocks.ts";

export { noise };

export const BLOCK = 512;
export const UUID = "11111111-2222-4333-8444-555555555555";
export const SET_UUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

/** The shard file of (chunk, shard): zfec header and noise, a whole number of blocks. */
export function shardFile(
  k: number,
  m: number,
  chunk: number,
  shard: number,
  blocks: number,
  block = BLOCK,
): Uint8Array {
  const file = noise(blocks * block, chunk * 1000 + shard);
  file.set(encodeZfecHeader({ k, m, padlen: 0, sharenum: shard }));
  return file;
}

/** m mock drives with blank tapes. */
export function mockDrives(
  m: number,
  options: (shard: number) => MockTapeOptions = () => ({}),
): MockTapeDevice[] {
  return Array.from(
    { length: m },
    (_, i) => new MockTapeDevice({ name: `d${i}`, medium: new TapeMedium(), ...options(i) }),
  );
}

/** Options that suit small sets. */
export function raitOptions(k: number, more: Partial<RaitOptions> = {}): RaitOptions {
  return {
    k,
    blockSize: BLOCK,
    archive: { name: "backup", uuid: UUID, created: "2026-01-02T03:04:05Z" },
    host: "testhost",
    toolVersion: "2.0.0",
    setUuid: SET_UUID,
    bufferBytes: 16 * BLOCK,
    startMarkBytes: 0,
    reserveBytes: 1 << 20,
    ...more,
  };
}

/** How a scripted archive ended. */
export interface Outcome {
  placements: ShardPlacement[][];
  /** Chunks ended (not discarded). */
  chunks: number;
  /** Whether the tapes were too short. */
  full: boolean;
}

export const INDEX = new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, ...noise(700, 7)]);

/** Writes chunks of the given sizes (blocks per shard) as `create` does, index and all. */
export async function writeArchive(
  writer: RaitShardWriter,
  chunkBlocks: readonly number[],
  pieceBytes = 700,
): Promise<Outcome> {
  await writer.begin();
  return await writeChunks(writer, chunkBlocks, pieceBytes);
}

async function writeChunks(
  writer: RaitShardWriter,
  chunkBlocks: readonly number[],
  pieceBytes: number,
): Promise<Outcome> {
  const { k, m, blockSize } = writer;
  let state: MediumState = "ok";
  let chunks = 0;
  for (const blocks of chunkBlocks) {
    await writer.beginChunk(chunks + 1);
    const files = Array.from(
      { length: m },
      (_, shard) => shardFile(k, m, chunks + 1, shard, blocks, blockSize),
    );
    const header = encodeZfecHeader({ k, m, padlen: 0, sharenum: 0 }).length;
    const scratch = files.map(() => new Uint8Array(pieceBytes));
    for (let at = header; at < blocks * blockSize && state !== "full"; at += pieceBytes) {
      const part = scratch.map((bytes, i) => {
        const from = files[i].subarray(at, at + pieceBytes);
        bytes.set(from);
        return bytes.subarray(0, from.length);
      });
      state = await writer.write(part);
      // The caller may reuse its buffers as soon as the promise resolves.
      for (const bytes of scratch) bytes.fill(0xee);
    }
    if (state === "full" || !await endsChunk(writer)) {
      await writer.discardChunk();
      state = "full";
      break;
    }
    chunks++;
    if (state !== "ok") break;
  }
  const placements = await writer.freeze();
  await writer.writeIndex(stream(INDEX), INDEX.length);
  await writer.close();
  return { placements, chunks, full: state !== "ok" };
}

async function endsChunk(writer: RaitShardWriter): Promise<boolean> {
  try {
    await writer.endChunk();
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "no-space") return false;
    throw error;
  }
}

/** Bytes as a stream in odd pieces. */
export async function* stream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 333) yield bytes.subarray(at, at + 333);
}
