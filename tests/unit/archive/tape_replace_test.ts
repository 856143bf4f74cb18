/** A tape that takes a lost one's place: what it may overwrite, and whether it is what was written. */
import assert from "node:assert/strict";
import { replaceTape } from "../../../src/archive/repair_tape.ts";
import type {
  ReplacedTape,
  ReplaceProgress,
  ReplaceTapeOptions,
} from "../../../src/archive/repair_tape_options.ts";
import { TapeArchive } from "../../../src/archive/tape_archive.ts";
import { MemorySpool } from "../../../src/index/record_spool.ts";
import { InProcessCompressor } from "../../../src/zstd/frame_compressor.ts";
import { MockTapeDevice, TapeMedium } from "../../mocks.ts";
import { archiveOnto, mockDrives, reload, sampleFiles } from "./mock_archive.ts";

const newSpool = () => Promise.resolve(new MemorySpool());
const FILES = sampleFiles(9);

/** Three tapes, any two of which restore. */
async function threeTapes(): Promise<MockTapeDevice[]> {
  const tapes = mockDrives(3);
  await archiveOnto(tapes, FILES, 2);
  return reload(tapes);
}

async function replaceShard1(
  others: readonly MockTapeDevice[],
  device: MockTapeDevice,
  more: Partial<ReplaceTapeOptions> = {},
): Promise<ReplacedTape> {
  const shards = await TapeArchive.open(reload(others), { newSpool });
  const { setUuid } = shards;
  const decompressor = new InProcessCompressor();
  const what = { shards, setUuid, decompressor, shard: 1, device, overwrite: true };
  try {
    return await replaceTape({ ...what, host: "testhost", newSpool, ...more });
  } finally {
    await shards.close();
  }
}

Deno.test("the old tape of the shard is not overwritten where the others need it, and chunks are named", async () => {
  for (const labelIsGood of [true, false]) {
    const [first, old, last] = await threeTapes();
    if (!labelIsGood) old.medium!.flipBits(0, 0, 512);
    for (const chunk of [1, 3]) first.medium!.flipBits(chunk, 4, 100);
    const before = old.data;
    await assert.rejects(replaceShard1([first, last], old), {
      code: "exists",
      message:
        /^nothing was written: .* d1 is, or may be, shard 1 of backup, .*chunks 1, 3 without it/,
    });
    assert.deepEqual(old.data, before);
    // Read with the others and written elsewhere, it mends what they lack.
    const blank = new MockTapeDevice({ name: "new", medium: new TapeMedium() });
    if (labelIsGood) assert.ok((await replaceShard1([first, old, last], blank)).indexWritten);
  }
});

Deno.test("damage on the old tape alone does not keep it from being overwritten", async () => {
  const [first, old, last] = await threeTapes();
  old.medium!.flipBits(2, 3, 100);
  const phases: ReplaceProgress["phase"][] = [];
  const notices: string[] = [];
  const { indexWritten, readBack } = await replaceShard1([first, last], old, {
    onProgress: ({ phase }) => phases.at(-1) === phase ? 0 : phases.push(phase),
    onNotice: (text) => notices.push(text),
    verify: true,
  });
  assert.ok(indexWritten);
  assert.deepEqual(readBack, []);
  assert.deepEqual(phases, ["proving", "writing", "reading back"]);
  assert.match(
    notices.join(),
    /drive d1 is, or may be, shard 1 of backup: before it is overwritten/,
  );
});

Deno.test("a stop while the others are proven leaves the old tape as it is", async () => {
  const [first, old, last] = await threeTapes();
  const before = old.data;
  const stop = new AbortController();
  const stopped = replaceShard1([first, last], old, {
    onProgress: () => stop.abort(),
    signal: stop.signal,
  });
  await assert.rejects(stopped, {
    code: "interrupted",
    message: "interrupted; nothing was written",
  });
  assert.deepEqual(old.data, before);
});

Deno.test("a blank tape costs no proof: the others are read once", async () => {
  const [first, , last] = await threeTapes();
  const blank = new MockTapeDevice({ name: "new", medium: new TapeMedium() });
  const phases = new Set<string>();
  const onProgress = ({ phase }: ReplaceProgress) => phases.add(phase);
  const { readBack } = await replaceShard1([first, last], blank, { onProgress });
  assert.deepEqual([...phases], ["writing"]);
  assert.equal(readBack, undefined);
});

/** What becomes of a tape between its writing and its reading back, and what must be said. */
const DAMAGE: [what: string, spoil: (medium: TapeMedium) => void, faults: RegExp[]][] = [
  ["a bit of a shard", (tape) => tape.flipBits(2, 5, 77), [/^2: chunk 2: 1 of its \d+ pieces/]],
  ["a shard's header", (tape) => tape.flipBits(1, 0, 0), [/^1: chunk 1: its zfec header is wrong/]],
  ["a block", (tape) => tape.damageBlock(3, 2), [/^3: chunk 3: 1 of its \d+ pieces/]],
  ["two shards", (tape) => {
    tape.flipBits(1, 9, 0);
    tape.flipBits(3, 1, 0);
  }, [/^1: chunk 1/, /^3: chunk 3/]],
  ["the index", (tape) => tape.flipBits(6, 1, 9), [/^undefined: its index is not as it was/]],
  ["the label", (tape) => tape.flipBits(0, 0, 512), [/^undefined: its label is not the one/]],
];

for (const [what, spoil, expected] of DAMAGE) {
  Deno.test(`read back, ${what} is found wrong and told`, async () => {
    const [first, , last] = await threeTapes();
    let isSpoilt = false;
    const blank: MockTapeDevice = new MockTapeDevice({
      name: "new",
      medium: new TapeMedium(),
      beforeCall: (call) => {
        if (call !== "rewind" || isSpoilt || blank.counts.filemarksWritten < 7) return;
        isSpoilt = true;
        spoil(blank.medium!);
      },
    });
    const { chunks, readBack } = await replaceShard1([first, last], blank, { verify: true });
    assert.equal(chunks, 5);
    const lines = readBack!.map(({ chunk, problem }) => `${chunk}: ${problem}`);
    assert.equal(lines.length, expected.length, lines.join("\n"));
    expected.forEach((pattern, i) => assert.match(lines[i], pattern));
  });
}

Deno.test("a stop while the tape is read back says that it is written, and leaves it so", async () => {
  const [first, , last] = await threeTapes();
  const blank = new MockTapeDevice({ name: "new", medium: new TapeMedium() });
  const stop = new AbortController();
  const stopped = replaceShard1([first, last], blank, {
    verify: true,
    signal: stop.signal,
    onProgress: ({ phase, chunk }) => {
      if (phase === "reading back" && chunk === 2) stop.abort();
    },
  });
  const message = "interrupted; the new tape is written";
  await assert.rejects(stopped, { code: "interrupted", message });
  const whole = await TapeArchive.open(reload([first, blank]), { newSpool });
  assert.equal((await whole.indexes()).length, 1);
  assert.deepEqual(whole.presentShards, [0, 1]);
  await whole.close();
});

Deno.test("a drive that fails while the tape is read back is told, and nothing is thrown", async () => {
  const [first, , last] = await threeTapes();
  const blank: MockTapeDevice = new MockTapeDevice({
    name: "new",
    medium: new TapeMedium(),
    beforeCall: (call) => {
      if (call !== "readBlock" || blank.counts.filemarksWritten < 7) return;
      if (blank.counts.blocksRead === 30) blank.inject({ call: "any", sticky: true });
    },
  });
  const { readBack } = await replaceShard1([first, last], blank, { verify: true });
  assert.ok(readBack!.length > 0);
});
