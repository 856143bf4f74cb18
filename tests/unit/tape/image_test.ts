import assert from "node:assert/strict";
import fc from "fast-check";
import { ImageTapeDevice, type ImageTapeOptions } from "../../../src/tape/image_device.ts";
import { isTapeImage } from "../../../src/tape/image_open.ts";
import { block, readAll, testContract } from "./device_contract.ts";
import { MemoryImage } from "./memory_image.ts";

function drive(file: MemoryImage | undefined, options: ImageTapeOptions = {}): ImageTapeDevice {
  return new ImageTapeDevice("t0.tap", file, () => new MemoryImage(), options);
}

function word(value: number): number[] {
  return [value & 0xff, value >>> 8 & 0xff, value >>> 16 & 0xff, value >>> 24];
}

function record(bytes: ArrayLike<number>, head = bytes.length): number[] {
  const filler = bytes.length & 1 ? [0] : [];
  return [...word(head), ...Array.from(bytes), ...filler, ...word(head)];
}

testContract("image", { make: () => drive(new MemoryImage()), locates: true });
testContract("image not made yet", { make: () => drive(undefined), locates: true });

Deno.test("an image is byte for byte what SIMH describes, odd blocks filled up", async () => {
  const file = new MemoryImage();
  const tape = drive(file);
  await tape.writeBlock(Uint8Array.of(1, 2, 3));
  await tape.writeBlock(Uint8Array.of(4, 5));
  await tape.writeFilemarks(2, false);
  assert.deepEqual(Array.from(file.bytes), [
    ...[3, 0, 0, 0, 1, 2, 3, 0, 3, 0, 0, 0],
    ...[2, 0, 0, 0, 4, 5, 2, 0, 0, 0],
    ...[0, 0, 0, 0, 0, 0, 0, 0],
  ]);
});

Deno.test("blocks around the size written in one piece come back whole", async () => {
  for (const length of [65535, 65536, 65537, 65538, 100_001]) {
    const tape = drive(new MemoryImage());
    const wanted = block(length, 3);
    await tape.writeBlock(wanted);
    await tape.writeBlock(Uint8Array.of(9));
    await tape.rewind();
    const buffer = new Uint8Array(200_000);
    assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length });
    assert.deepEqual(buffer.slice(0, length), wanted);
    assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length: 1 });
  }
});

Deno.test("an image is made at the first write, not before", async () => {
  let made = 0;
  const tape = new ImageTapeDevice("t0.tap", undefined, () => (made++, new MemoryImage()));
  await tape.readBlock(new Uint8Array(1));
  await tape.rewind();
  await tape.status();
  assert.equal(made, 0);
  await tape.writeBlock(new Uint8Array(1));
  await tape.writeBlock(new Uint8Array(1));
  assert.equal(made, 1);
});

Deno.test("only a filemark that is not immediate waits for the disk", async () => {
  const file = new MemoryImage();
  const tape = drive(file);
  await tape.writeBlock(new Uint8Array(4));
  await tape.writeFilemarks(1, true);
  assert.equal(file.syncs, 0);
  await tape.writeFilemarks(1, false);
  assert.equal(file.syncs, 1);
  await tape.writeFilemarks(0, false);
  assert.equal(file.syncs, 2);
});

Deno.test("gaps, private records and an end marker are understood", async () => {
  const file = new MemoryImage([
    ...word(0xfffffffe),
    ...record([1, 2]),
    ...record([9, 9, 9], 0x10000003),
    ...word(0xfffffffe),
    ...word(0xfffffffe),
    ...word(0x70000001),
    ...record([3, 4, 5, 6]),
    ...word(0),
    ...word(0xffffffff),
    ...record([7, 7]),
  ]);
  const tape = drive(file);
  assert.equal(await readAll(tape), "2 4 |");
  assert.equal(await tape.spaceBlocks(-1), false);
  assert.equal(await tape.spaceBlocks(-2), true);
  const buffer = new Uint8Array(8);
  assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length: 2 });
  assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length: 4 });
});

Deno.test("odd blocks without a filler byte, as some programs write them, are read", async () => {
  const bare = [...word(3), 1, 2, 3, ...word(3)];
  const tape = drive(new MemoryImage([...bare, ...bare, ...record([5, 6])]));
  assert.equal(await readAll(tape), "3 3 2");
  assert.equal(await tape.spaceBlocks(-3), true);
  assert.equal(await readAll(tape), "3 3 2");
});

Deno.test("a block recorded as unreadable is a bad block, and reading goes on behind it", async () => {
  const tape = drive(
    new MemoryImage([...record([1, 2]), ...record([3, 4], 0x80000002), ...record([5])]),
  );
  const buffer = new Uint8Array(4);
  await tape.readBlock(buffer);
  assert.deepEqual(await tape.readBlock(buffer), {
    kind: "bad-block",
    errno: "EIO",
    position: "known",
  });
  assert.equal((await tape.position()).block, 2);
  assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length: 1 });
});

Deno.test("an image torn anywhere reads up to the tear, and writing goes on there", async () => {
  const whole = new MemoryImage();
  const writer = drive(whole);
  for (const length of [5, 6, 7]) await writer.writeBlock(block(length, length));
  for (let size = 14; size < whole.bytes.length; size++) {
    const file = new MemoryImage(whole.bytes.slice(0, size));
    const tape = drive(file);
    const complete = size < 28 ? "5" : "5 6";
    assert.equal(await readAll(tape), complete, `${size} bytes`);
    await tape.rewind();
    await tape.spaceToEndOfData();
    await tape.writeBlock(block(8, 1));
    await tape.rewind();
    assert.equal(await readAll(tape), `${complete} 8`, `${size} bytes`);
  }
});

Deno.test("a damaged length is a bad block of unknown position, never a hang or a huge buffer", async () => {
  const whole = new MemoryImage();
  const writer = drive(whole);
  for (const length of [50, 60, 70]) await writer.writeBlock(block(length, length));
  await writer.writeFilemarks(1, false);
  const second = 58;
  for (const value of [51, 0x0fffffff, 0x8000ffff, 0xf0000000, 0x10000010]) {
    const file = new MemoryImage(whole.bytes);
    file.bytes.set(word(value), second);
    const tape = drive(file);
    const buffer = new Uint8Array(100);
    assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length: 50 });
    const met = await tape.readBlock(buffer);
    assert.ok(met.kind === "end-of-data" || met.kind === "bad-block", `${value}: ${met.kind}`);
    if (met.kind === "bad-block") assert.equal(met.position, "unknown");
    assert.equal(await tape.spaceFiles(1), false);
    assert.equal(await tape.spaceBlocks(1), false);
    assert.ok(file.largestRead <= 100);
    await tape.rewind();
    assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length: 50 });
  }
});

Deno.test("the end of a damaged image is not guessed", async () => {
  const file = new MemoryImage([...record([1, 2]), ...word(0xf0000000), ...record([3, 4])]);
  await assert.rejects(drive(file).spaceToEndOfData(), { code: "damaged" });
});

Deno.test("early warning comes before the capacity, then the tape is full and stays so", async () => {
  const file = new MemoryImage();
  const tape = drive(file, { capacityBytes: 1000, earlyWarningBytes: 300 });
  const kinds: string[] = [];
  for (let i = 0; i < 11; i++) kinds.push((await tape.writeBlock(new Uint8Array(92))).kind);
  assert.deepEqual(kinds, [
    ...Array(7).fill("written"),
    ...Array(3).fill("early-warning"),
    "end-of-medium",
  ]);
  assert.equal((await tape.writeFilemarks(1, false)).kind, "early-warning");
  assert.equal((await tape.status()).endOfTape, true);
  await tape.rewind();
  assert.equal(await readAll(tape), `${"92 ".repeat(10)}|`);
});

Deno.test("a full disk is a full tape, and nothing of the block stays", async () => {
  for (let diskBytes = 100; diskBytes < 308; diskBytes += 13) {
    const file = new MemoryImage();
    file.diskBytes = diskBytes;
    const tape = drive(file);
    await tape.writeBlock(block(90, 1));
    assert.equal((await tape.writeBlock(block(200, 2))).kind, "end-of-medium");
    assert.equal(file.bytes.length, 98);
    await tape.rewind();
    assert.equal(await readAll(tape), "90");
  }
});

Deno.test("a write-protected image refuses writing, filemarks and erasing", async () => {
  const tape = drive(new MemoryImage(record([1])), { writeProtected: true });
  await assert.rejects(tape.writeBlock(new Uint8Array(1)), { code: "permission" });
  await assert.rejects(tape.writeFilemarks(1, false), { code: "permission" });
  await assert.rejects(tape.erase(), { code: "permission" });
  assert.equal((await tape.status()).writeProtected, true);
});

Deno.test("an empty block is refused, since its length would be a filemark", async () => {
  await assert.rejects(drive(new MemoryImage()).writeBlock(new Uint8Array(0)), {
    code: "unsupported",
  });
});

Deno.test("only tape images are taken for tape images", () => {
  const is = (bytes: Iterable<number>) => isTapeImage(new MemoryImage(bytes));
  const text = (text: string) => new TextEncoder().encode(text);
  assert.ok(is([]));
  assert.ok(is(record([1, 2, 3])));
  assert.ok(is([...word(0), ...record([1])]));
  assert.ok(is(word(0)));
  assert.ok(is(word(0xffffffff)));
  assert.ok(is(record([1, 2], 0x80000002)));
  assert.ok(!is([0]));
  assert.ok(!is([0, 0, 0]));
  assert.ok(!is(new Uint8Array(512)), "zeros");
  assert.ok(!is(new Uint8Array(512).fill(0xff)), "ones");
  assert.ok(!is(text("#!/bin/sh\necho hello\n")));
  assert.ok(!is(text("help\n".repeat(1000))));
  assert.ok(!is(record(new Uint8Array(100)).slice(0, 90)), "unfinished first record");
  assert.ok(!is([...new Uint8Array(1024), ...record([1, 2])]), "zeros before a record");
  assert.ok(!is(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0)), "zstd");
});

Deno.test("random bytes are no tape image and read to an end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
      const file = new MemoryImage(bytes);
      const tape = drive(file);
      const buffer = new Uint8Array(64);
      for (let i = 0; i < 400; i++) {
        const met = await tape.readBlock(buffer);
        if (met.kind === "end-of-data" || met.kind === "too-long") return;
        if (met.kind === "bad-block" && met.position === "unknown") return;
      }
      throw new Error("no end");
    }),
    { numRuns: 300 },
  );
});

Deno.test("an image behaves as the mock does under any sequence of calls", async () => {
  const { MockTapeDevice } = await import("../../mocks.ts");
  const step = fc.oneof(
    fc.record({ call: fc.constant("write" as const), n: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ call: fc.constant("marks" as const), n: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ call: fc.constant("read" as const), n: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ call: fc.constant("files" as const), n: fc.integer({ min: -3, max: 3 }) }),
    fc.record({ call: fc.constant("blocks" as const), n: fc.integer({ min: -3, max: 3 }) }),
    fc.record({ call: fc.constant("locate" as const), n: fc.integer({ min: 0, max: 6 }) }),
    fc.record({ call: fc.constant("end" as const), n: fc.constant(0) }),
    fc.record({ call: fc.constant("rewind" as const), n: fc.constant(0) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const mock = new MockTapeDevice();
      const image = drive(new MemoryImage());
      let unfinished = false;
      for (const { call, n } of steps) {
        // The driver, and so the mock, ends an unfinished file by itself before moving back.
        if (unfinished && call !== "write") {
          for (const tape of [mock, image]) await tape.writeFilemarks(1, true);
        }
        unfinished = call === "write";
        const [a, b] = await Promise.all([mock, image].map(async (tape) => {
          const buffer = new Uint8Array(9);
          switch (call) {
            case "write":
              return await tape.writeBlock(block(n, n));
            case "marks":
              return await tape.writeFilemarks(n, true);
            case "read":
              return [await tape.readBlock(buffer), buffer];
            case "files":
              return await tape.spaceFiles(n);
            case "blocks":
              return await tape.spaceBlocks(n);
            case "locate":
              return await tape.locate(n).catch(() => tape.spaceToEndOfData());
            case "end":
              return await tape.spaceToEndOfData();
            case "rewind":
              return await tape.rewind();
          }
        }));
        assert.deepEqual(b, a);
        const [there, here] = [await mock.position(), await image.position()];
        assert.equal(here.logical, there.logical);
        if (there.file !== undefined) assert.equal(here.file, there.file);
        if (there.block !== undefined) assert.equal(here.block, there.block);
      }
    }),
    { numRuns: 300 },
  );
});
