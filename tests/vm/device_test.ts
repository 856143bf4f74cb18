/** The Linux tape device against the kernel's real st driver. */

import assert from "node:assert/strict";
import type { TapeDevice } from "../../src/tape/device.ts";
import { openTapeDevice } from "../../src/tape/open_device.ts";
import { blankTapes, breakDrive, mendDrive, protectTape, sh } from "./drives.ts";
import { inGuest } from "./guest.ts";

const DRIVE = "/dev/nst0";
const KIB = 1024;

function block(length: number, seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (seed * 37 + i * 11 + (i >> 8)) & 0xff);
}

async function refused(call: Promise<unknown>, code: string, words: RegExp): Promise<void> {
  const error = await call.then(() => undefined, (error) => error);
  assert.equal(error?.code, code, String(error?.stack));
  assert.match(error.message, words);
  assert.ok(!error.message.includes("\n"));
}

/** Opens the first drive, rewound, for `body`. */
async function withDrive(
  mode: "read" | "write",
  body: (tape: TapeDevice) => Promise<void>,
): Promise<void> {
  const tape = await openTapeDevice(DRIVE, mode);
  try {
    await tape.rewind();
    await body(tape);
  } finally {
    await tape.close();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

inGuest(import.meta.url, { drives: 2, tapeMegabytes: 16 }, {
  "what is no drive is refused": async () => {
    await refused(openTapeDevice("/dev/nst77", "read"), "not-found", /no such device/);
    await refused(openTapeDevice("/dev/null", "read"), "usage", /no tape drive/);
    await refused(openTapeDevice("/dev/st0", "write"), "usage", /use \/dev\/nst0/);
  },

  "a blank tape reads as its end": () =>
    withDrive("read", async (tape) => {
      const buffer = new Uint8Array(64 * KIB);
      for (let i = 0; i < 3; i++) {
        assert.deepEqual(await tape.readBlock(buffer), { kind: "end-of-data" });
      }
    }),

  "blocks and filemarks come back": () =>
    withDrive("write", async (tape) => {
      for (const length of [10240, 512 * KIB, 7]) {
        assert.equal((await tape.writeBlock(block(length, length))).kind, "written");
      }
      assert.equal((await tape.writeFilemarks(1, true)).kind, "written");
      await tape.writeBlock(block(1024 * KIB, 1));
      assert.equal((await tape.writeFilemarks(1, false)).kind, "written");
      assert.partialDeepStrictEqual(await tape.position(), { file: 2, block: 0 });
      await tape.rewind();
      assert.partialDeepStrictEqual(await tape.status(), {
        online: true,
        beginningOfTape: true,
        blockSize: 0,
        writeProtected: false,
      });
      const buffer = new Uint8Array(1024 * KIB);
      for (const length of [10240, 512 * KIB, 7]) {
        assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length });
        assert.deepEqual(buffer.slice(0, length), block(length, length));
      }
      assert.deepEqual(await tape.readBlock(buffer), { kind: "filemark" });
      assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length: 1024 * KIB });
      assert.deepEqual(buffer, block(1024 * KIB, 1));
      assert.deepEqual(await tape.readBlock(buffer), { kind: "filemark" });
    }),

  "a block longer than the buffer is met again with a larger one": () =>
    withDrive("read", async (tape) => {
      await tape.spaceBlocks(1);
      for (const kib of [1, 64, 511]) {
        assert.deepEqual(await tape.readBlock(new Uint8Array(kib * KIB)), { kind: "too-long" });
        assert.partialDeepStrictEqual(await tape.position(), { file: 0, block: 1 });
      }
      const buffer = new Uint8Array(512 * KIB);
      assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length: 512 * KIB });
      assert.deepEqual(buffer, block(512 * KIB, 512 * KIB));
    }),

  "spacing counts files": () =>
    withDrive("read", async (tape) => {
      const buffer = new Uint8Array(1024 * KIB);
      assert.equal(await tape.spaceFiles(1), true);
      assert.partialDeepStrictEqual(await tape.status(), {
        atFilemark: true,
        position: { file: 1, block: 0 },
      });
      assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length: 1024 * KIB });
      // Backward, virtual drives count a filemark that stands ahead and go one block too far.
      assert.equal(await tape.spaceFiles(-1), true);
      assert.equal((await tape.position()).file, 0);
      assert.equal((await tape.position()).block, undefined);
      assert.equal(await tape.locate(0), false, "virtual drives cannot locate");
      // Past the last filemark real drives report a blank check, virtual ones a bare error.
      await refused(tape.spaceFiles(9), "io", /spacing over filemarks failed/);
    }),

  "appending at the end of data": () =>
    withDrive("write", async (tape) => {
      await tape.spaceToEndOfData();
      await tape.writeBlock(block(100, 5));
      await tape.writeFilemarks(1, false);
      await tape.rewind();
      assert.equal(await tape.spaceFiles(2), true);
      assert.deepEqual(await tape.readBlock(new Uint8Array(KIB)), { kind: "block", length: 100 });
    }),

  "fixed-block mode that another program has set is left when a drive is opened": async () => {
    sh(`mt -f ${DRIVE} setblk 512`);
    await withDrive("read", async (tape) => {
      assert.equal((await tape.status()).blockSize, 0);
      const length = 10240;
      assert.deepEqual(await tape.readBlock(new Uint8Array(length)), { kind: "block", length });
    });
  },

  "a block over the limit is refused in words": () =>
    withDrive("write", async (tape) => {
      await refused(tape.writeBlock(new Uint8Array(2048 * KIB)), "unsupported", /EINVAL/);
    }),

  "a drive in use is refused": () =>
    withDrive("read", async () => {
      await refused(openTapeDevice(DRIVE, "read"), "permission", /another program is using it/);
      await refused(openTapeDevice(DRIVE, "status"), "permission", /another program is using it/);
    }),

  "a tape is filled to early warning and closed properly": () =>
    withDrive("write", async (tape) => {
      const data = block(512 * KIB, 9);
      let blocks = 0;
      for (let behind = 0; behind < 4; blocks++) {
        const { kind } = await tape.writeBlock(data);
        assert.notEqual(kind, "end-of-medium");
        if (kind === "early-warning") behind++;
      }
      assert.equal((await tape.writeFilemarks(1, false)).kind, "early-warning");
      await tape.rewind();
      const buffer = new Uint8Array(512 * KIB);
      for (let i = 0; i < blocks; i++) {
        assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length: 512 * KIB });
      }
      assert.deepEqual(buffer, data);
      assert.deepEqual(await tape.readBlock(buffer), { kind: "filemark" });
    }),

  "for its status a drive needs no tape": async () => {
    const tape = await openTapeDevice(DRIVE, "status");
    assert.equal((await tape.status()).online, true);
    await refused(tape.rewind(), "io", /status only/);
    await tape.close();
  },

  "a tape is ejected": () => withDrive("write", (tape) => tape.unload()),

  "a write-protected tape is read and not written": async () => {
    protectTape(0);
    await refused(openTapeDevice(DRIVE, "write"), "permission", /write-protected/);
    await withDrive("read", async (tape) => {
      assert.equal((await tape.status()).writeProtected, true);
    });
  },

  "a drive that goes offline and comes back": () =>
    withDrive("write", async (tape) => {
      for (let i = 0; i < 4; i++) await tape.writeBlock(block(64 * KIB, 3));
      await tape.writeFilemarks(1, false);
      breakDrive(0, "offline");
      await refused(tape.writeBlock(block(64 * KIB, 3)), "not-found", /is offline \(ENXIO\)/);
      await refused(tape.rewind(), "not-found", /is offline \(ENODEV\)/);
      mendDrive(0, "offline");
      await tape.rewind();
      const length = 64 * KIB;
      assert.deepEqual(await tape.readBlock(new Uint8Array(length)), { kind: "block", length });
    }),

  "behind a broken connection the next write would succeed, and is refused": () =>
    withDrive("write", async (tape) => {
      await tape.writeBlock(block(64 * KIB, 3));
      breakDrive(0, "cut");
      await refused(tape.writeBlock(block(64 * KIB, 3)), "io", /\(EIO\)/);
      await refused(tape.writeBlock(block(64 * KIB, 3)), "io", /behind a failed write/);
      await refused(tape.writeFilemarks(1, false), "io", /behind a failed write/);
      await pause(3000);
      await tape.rewind();
      assert.equal((await tape.status()).online, true);
    }),

  "a drive that does not answer is abandoned": async () => {
    blankTapes(1);
    const tape = await openTapeDevice("/dev/nst1", "write");
    await tape.rewind();
    breakDrive(1, "stop");
    const answer = tape.writeBlock(block(64 * KIB, 3)).then(() => "answered", () => "answered");
    assert.equal(await Promise.race([answer, pause(1000).then(() => "silent")]), "silent");
    tape.abandon();
    await refused(tape.rewind(), "io", /the drive is closed/);
  },
});
