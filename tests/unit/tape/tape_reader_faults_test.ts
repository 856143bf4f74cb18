/** Reading tapes whose labels, filemarks or drives are not as they should be. */
import assert from "node:assert/strict";
import { EctarError } from "../../../src/errors.ts";
import type { TapePosition, TapeRead } from "../../../src/tape/device.ts";
import { RaitShardWriter } from "../../../src/tape/rait_shard_writer.ts";
import { TapeHead } from "../../../src/tape/tape_head.ts";
import { TapeShardReader } from "../../../src/tape/tape_shard_reader.ts";
import {
  FILEMARK,
  type MockEffect,
  MockTapeDevice,
  type MockTapeOptions,
  type TapeMedium,
} from "../../mocks.ts";
import { BLOCK, mockDrives, raitOptions, shardFile, writeArchive } from "./rait_set.ts";

const [K, M] = [2, 3];
const SIZES = [3, 1, 4];
const QUICK = { driveTimeoutMs: 4, windTimeoutMs: 4 };

async function media(): Promise<TapeMedium[]> {
  const drives = mockDrives(M);
  await writeArchive(new RaitShardWriter(drives, raitOptions(K)), SIZES);
  return drives.map((drive) => drive.medium!);
}

function drivesWith(tapes: TapeMedium[], options: MockTapeOptions = {}): MockTapeDevice[] {
  return tapes.map((medium, i) => new MockTapeDevice({ name: `r${i}`, medium, ...options }));
}

/** Reads everything; returns how many good shards each chunk has, wrong bytes never. */
async function goodShards(reader: TapeShardReader): Promise<number[]> {
  const counts: number[] = [];
  for (const chunk of await reader.chunkNumbers()) {
    const good = new Set<number>();
    await Promise.all((await reader.openChunk(chunk)).map(async (handle) => {
      const file = shardFile(K, M, chunk, handle.shard, SIZES[chunk - 1] ?? 1);
      const target = new Uint8Array(file.length + 1);
      const read = await handle.read(0, target).catch((error) => {
        assert.ok(error instanceof EctarError, String(error));
        return undefined;
      });
      if (read === undefined || read.length !== file.length) return;
      const inHole = (at: number) => read.holes.some((h) => at >= h.start && at < h.end);
      file.forEach((byte, at) => assert.ok(inHole(at) || target[at] === byte));
      if (read.holes.length === 0) good.add(handle.shard);
    }));
    counts.push(good.size);
  }
  return counts;
}

const EFFECTS: MockEffect[] = [{ kind: "error" }, { kind: "hang" }];

for (const effect of EFFECTS) {
  for (const sticky of [false, true]) {
    Deno.test(`one drive failing at any call (${effect.kind}${sticky ? ", for good" : ""}) leaves the others readable`, async () => {
      const tapes = await media();
      for (const drive of [0, 2]) {
        for (let nth = 1; nth < 45; nth++) {
          const drives = drivesWith(tapes);
          drives[drive].inject({ call: "any", nth, effect, sticky });
          const reader = await TapeShardReader.open(drives, { timeouts: QUICK });
          const counts = await goodShards(reader);
          assert.deepEqual(counts.length, SIZES.length);
          assert.ok(counts.every((count) => count >= M - 1), `call ${nth}: ${counts}`);
          await reader.indexes();
          await reader.close();
        }
      }
    });
  }
}

Deno.test("a tape whose label is unreadable is used for what its shards say", async () => {
  for (const how of ["bad block", "flipped bits"]) {
    const tapes = await media();
    if (how === "bad block") tapes[1].damageBlock(0, 0);
    else tapes[1].flipBits(0, 0, 600, 0xff);
    const reader = await TapeShardReader.open(drivesWith([tapes[1], tapes[0]]));
    assert.deepEqual(await goodShards(reader), [2, 2, 2], how);
    assert.match(reader.remarks.join("\n"), /r0: the label cannot be read/);
    await reader.close();
  }
});

Deno.test("with every label unreadable the shards still come back", async () => {
  const tapes = await media();
  for (const tape of tapes) tape.damageBlock(0, 0);
  const reader = await TapeShardReader.open(drivesWith(tapes));
  assert.deepEqual([reader.set.k, reader.set.m, reader.set.blockSize], [K, M, BLOCK]);
  assert.deepEqual(await goodShards(reader), [3, 3, 3]);
  await reader.close();
});

Deno.test("a bogus block behind the end of data is neither a chunk nor a shard's block", async () => {
  const tapes = await media();
  // No index: the tape ends behind chunk 3, as after an interruption.
  for (const tape of tapes) tape.truncate(tape.recordOf(4, 0));
  const reader = await TapeShardReader.open(drivesWith(tapes, { bogusPastEnd: true }));
  assert.deepEqual(await reader.indexes(), []);
  assert.deepEqual(await goodShards(reader), [3, 3, 3]);
  await reader.close();
});

/** Moves as many bytes as the buffer is longer than the block, as virtual drives do. */
class ShortTransferDevice extends MockTapeDevice {
  override async readBlock(buffer: Uint8Array): Promise<TapeRead> {
    const read = await super.readBlock(buffer);
    const moved = read.kind === "block" ? buffer.length - read.length : 0;
    if (read.kind === "block" && moved > 0) buffer.fill(0, moved, read.length);
    return read;
  }
}

Deno.test("blocks are read into buffers of their own size, where no drive errs", async () => {
  const drives = (await media()).map((medium, i) =>
    new ShortTransferDevice({ name: `r${i}`, medium })
  );
  const reader = await TapeShardReader.open(drives);
  assert.deepEqual(await goodShards(reader), [3, 3, 3]);
  await reader.close();
});

/** Going back, counts a filemark right ahead as one passed, while the counters say otherwise. */
class CountsFilemarkAhead extends MockTapeDevice {
  #astray = 0;

  override async spaceFiles(count: number): Promise<boolean> {
    if (count >= 0) return await super.spaceFiles(count);
    const { logical } = await super.position();
    if (this.medium!.records[logical!] !== FILEMARK) return await super.spaceFiles(count);
    this.#astray--;
    return await super.spaceFiles(count + 1);
  }

  override async position(): Promise<TapePosition> {
    const { file, block } = await super.position();
    return { file: file! + this.#astray, block, logical: undefined };
  }

  override locate(): Promise<boolean> {
    return Promise.resolve(false);
  }

  override async rewind(): Promise<void> {
    this.#astray = 0;
    await super.rewind();
  }
}

Deno.test("going back from the end of a tape file arrives, whatever the drive counts", async () => {
  const tapes = await media();
  const drives = tapes.map((medium, i) => new CountsFilemarkAhead({ name: `r${i}`, medium }));
  const reader = await TapeShardReader.open(drives);
  reader.usePositions(SIZES.map((blocks, i) => ({
    chunk: i + 1,
    shardSize: blocks * BLOCK,
    extents: [],
  })));
  for (const chunk of [3, 1, 1, 2, 1]) {
    for (const handle of await reader.openChunk(chunk)) {
      const file = shardFile(K, M, chunk, handle.shard, SIZES[chunk - 1]);
      // The filemark behind the last block is not read, so it is ahead when the tape goes back.
      const target = new Uint8Array(file.length);
      await handle.read(0, target);
      assert.deepEqual(target, file, `chunk ${chunk}, shard ${handle.shard}`);
    }
  }
  await reader.close();
});

Deno.test("a torn last tape file is read as far as it goes", async () => {
  const tapes = await media();
  for (const tape of tapes) tape.truncate(tape.recordOf(3, 2));
  const reader = await TapeShardReader.open(drivesWith(tapes));
  assert.deepEqual(await reader.chunkNumbers(), [1, 2, 3]);
  const [handle] = await reader.openChunk(3);
  assert.equal((await handle.read(0, new Uint8Array(8 * BLOCK))).length, 2 * BLOCK);
  await reader.close();
});

Deno.test("one tape without an index takes the end of the archive from the others", async () => {
  const tapes = await media();
  // Its drive failed in chunk 3, whose torn half it kept; the others have all and the index.
  tapes[2].truncate(tapes[2].recordOf(3, 1));
  const reader = await TapeShardReader.open(drivesWith(tapes));
  assert.deepEqual(await goodShards(reader), [3, 3, 2]);
  assert.equal((await reader.indexes()).length, 2);
  await reader.close();
});

Deno.test("an index says a shard is missing, but it is there: it is used", async () => {
  const tapes = await media();
  const reader = await TapeShardReader.open(drivesWith(tapes));
  reader.usePositions(SIZES.map((blocks, i) => ({
    chunk: i + 1,
    shardSize: blocks * BLOCK,
    extents: [[], [], [{ volume: 0, tapeFile: i + 1, firstBlock: 0, blocks }]],
  })));
  assert.deepEqual(await goodShards(reader), [3, 3, 3]);
  await reader.close();
});

Deno.test("further archives behind the first are found by name, and end where the next begins", async () => {
  const tapes = await media();
  const drives = mockDrives(M);
  const archive = { name: "later", uuid: crypto.randomUUID(), created: "2026-02-02T00:00:00Z" };
  const options = raitOptions(K, { archive, setUuid: crypto.randomUUID() });
  await writeArchive(new RaitShardWriter(drives, options), SIZES.slice(0, 2));
  tapes.forEach((tape, i) => {
    for (const record of drives[i].medium!.records) tape.write(tape.records.length, record);
  });
  for (const [name, chunks] of [["backup", 3], ["later", 2]] as const) {
    for (const canLocate of [true, false]) {
      const reader = await TapeShardReader.open(drivesWith(tapes, { canLocate }), { name });
      assert.deepEqual(await goodShards(reader), Array(chunks).fill(3));
      await reader.close();
    }
  }
});

Deno.test("a locate that goes wrong is noticed and filemarks are counted instead", async () => {
  const tapes = await media();
  const drives = drivesWith(tapes);
  const reader = await TapeShardReader.open(drives);
  // Positions that are not true: chunk 1 has 3 blocks, not 30.
  reader.usePositions([30, 1, 4].map((blocks, i) => ({
    chunk: i + 1,
    shardSize: blocks * BLOCK,
    extents: [0, 1, 2].map(() => [{ volume: 0, tapeFile: i + 1, firstBlock: 0, blocks }]),
  })));
  const handle = (await reader.openChunk(3))[1];
  const target = new Uint8Array(4 * BLOCK);
  assert.deepEqual(await handle.read(0, target), { length: 4 * BLOCK, holes: [] });
  assert.deepEqual(target, shardFile(K, M, 3, 1, 4));
  assert.ok(drives[1].counts.calls.locate > 0);
  await reader.close();
});

Deno.test("random tapes never hang the reader, and errors are ours", async () => {
  let x = 7;
  const random = (below: number) => (x = (Math.imul(x, 1103515245) + 12345) >>> 0) % below;
  for (let run = 0; run < 150; run++) {
    const tapes = await media();
    for (const tape of tapes) {
      for (let i = random(4); i > 0; i--) {
        const at = random(tape.records.length);
        const record = tape.records[at];
        if (random(3) === 0) tape.truncate(Math.max(1, at));
        else if (record instanceof Uint8Array) tape.badRecords.add(at);
      }
    }
    try {
      const losesPosition = random(2) === 1;
      const reader = await TapeShardReader.open(drivesWith(tapes, { losesPosition }));
      await goodShards(reader);
      for (const index of await reader.indexes()) {
        try {
          for await (const part of index.read()) assert.ok(part.length > 0);
        } catch (error) {
          assert.ok(error instanceof EctarError);
        }
      }
      await reader.close();
    } catch (error) {
      assert.ok(error instanceof EctarError, String(error));
    }
  }
});

Deno.test("a shard of unknown size is measured by reading forward, never past its end", async () => {
  const tapes = await media();
  for (const tape of tapes) tape.truncate(tape.recordOf(4, 0));
  const drives = tapes.map((medium, i) =>
    new MockTapeDevice({ name: `r${i}`, medium, canLocate: false })
  );
  const reader = await TapeShardReader.open(drives);
  for (const [i, blocks] of SIZES.entries()) {
    for (const handle of await reader.openChunk(i + 1)) {
      assert.equal(handle.size, undefined);
      assert.equal(await handle.measure!(), blocks * BLOCK);
      assert.equal(handle.size, blocks * BLOCK);
    }
  }
  for (const drive of drives) {
    assert.ok(
      !drive.log.some((call) => call === "spaceBlocks"),
      "virtual drives run on into the next file",
    );
  }
  await reader.close();
});

/**
 * A drive that cannot reach the index, nor the end of data. Where it has failed, it counts the
 * files that it was to pass, as st does, and goes nowhere until it is rewound.
 */
class NoEnd extends MockTapeDevice {
  #guess: number | undefined;

  override async position(): Promise<TapePosition> {
    const position = await super.position();
    return this.#guess === undefined
      ? position
      : { file: this.#guess, block: undefined, logical: undefined };
  }

  override async spaceFiles(count: number): Promise<boolean> {
    const file = (await this.position()).file! + count;
    if (this.#guess === undefined && file <= SIZES.length) return await super.spaceFiles(count);
    this.#guess = file;
    throw new EctarError("io", `${this.name}: stuck`);
  }

  override async rewind(): Promise<void> {
    this.#guess = undefined;
    await super.rewind();
  }

  override spaceToEndOfData(): Promise<void> {
    return Promise.reject(new EctarError("io", `${this.name}: stuck`));
  }
}

Deno.test("chunks that come before the place where every tape fails are read without an index", async () => {
  const tapes = await media();
  const drives = tapes.map((medium, i) => new NoEnd({ name: `r${i}`, medium, canLocate: false }));
  const reader = await TapeShardReader.open(drives);
  assert.deepEqual(await reader.indexes(), []);
  assert.deepEqual(await goodShards(reader), SIZES.map(() => M));
  assert.match(reader.remarks.join("\n"), /r0: stuck/);
  await reader.close();
});

/** A drive that cannot read the blocks of one tape file and then goes nowhere until it is rewound. */
class StuckBehind extends MockTapeDevice {
  readonly #file: number;
  #stuck = false;

  constructor(options: MockTapeOptions, file: number) {
    super(options);
    this.#file = file;
  }

  override async readBlock(buffer: Uint8Array): Promise<TapeRead> {
    if (!this.#stuck && (await super.position()).file !== this.#file) {
      return await super.readBlock(buffer);
    }
    this.#stuck = true;
    return { kind: "bad-block", errno: "EIO", position: "unknown" };
  }

  override async spaceFiles(count: number): Promise<boolean> {
    if (this.#stuck) throw new EctarError("io", `${this.name}: stuck`);
    return await super.spaceFiles(count);
  }

  override async spaceBlocks(count: number): Promise<boolean> {
    if (this.#stuck) throw new EctarError("io", `${this.name}: stuck`);
    return await super.spaceBlocks(count);
  }

  override async rewind(): Promise<void> {
    this.#stuck = false;
    await super.rewind();
  }
}

Deno.test("a drive that goes nowhere behind a file that it cannot read is rewound and used again", async () => {
  const [medium] = await media();
  const head = new TapeHead(new StuckBehind({ medium, canLocate: false }, SIZES.length + 1));
  const buffer = new Uint8Array(BLOCK);
  for (const file of [SIZES.length, 1]) {
    assert.ok(await head.seek(SIZES.length + 1, 0));
    assert.equal((await head.read(buffer)).kind, "bad-block");
    assert.ok(await head.seek(file, 0));
    assert.equal((await head.read(buffer)).kind, "block");
    assert.deepEqual(buffer, shardFile(K, M, file, 0, SIZES[file - 1]).subarray(0, BLOCK));
  }
});
