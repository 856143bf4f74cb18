/**
 * Checks the Linux tape device against the kernel's real st driver, in a guest with virtual drives:
 *
 *     run-vm.sh -n 2 -s 64 -v $(dirname $(which deno)):/deno -v $PWD:/project -- \
 *       /deno/deno run -A --no-check /project/tests/vm/device_check.ts /dev/nst0 /dev/nst1
 *
 * It overwrites the tapes. The virtual drives differ from real ones in ways noted at each check.
 */

import assert from "node:assert/strict";
import { openTapeDevice } from "../../src/tape/open_device.ts";
import type { TapeDevice } from "../../src/tape/device.ts";

const [first, second] = Deno.args;
const KIB = 1024;

function block(length: number, seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (seed * 37 + i * 11 + (i >> 8)) & 0xff);
}

async function check(what: string, body: () => Promise<void>): Promise<void> {
  const begin = performance.now();
  await body();
  console.log(`ok ${what} (${Math.round(performance.now() - begin)} ms)`);
}

async function refused(opening: Promise<unknown>, code: string, words: RegExp): Promise<void> {
  const error = await opening.then(() => undefined, (error) => error);
  assert.equal(error?.code, code, String(error?.stack));
  assert.match(error.message, words);
  assert.ok(!error.message.includes("\n"));
}

async function with_(mode: "read" | "write", body: (tape: TapeDevice) => Promise<void>) {
  const tape = await openTapeDevice(first, mode, {
    onNotice: (text) => console.log("  notice:", text),
  });
  try {
    await body(tape);
  } finally {
    await tape.close();
  }
}

await check("what is no drive is refused", async () => {
  await refused(openTapeDevice("/dev/nst77", "read"), "not-found", /no such device/);
  await refused(openTapeDevice("/dev/null", "read"), "usage", /no tape drive/);
  await refused(openTapeDevice("/dev/st0", "write"), "usage", /use \/dev\/nst0/);
});

await check("a blank tape reads as its end", () =>
  with_("read", async (tape) => {
    await tape.rewind();
    const buffer = new Uint8Array(64 * KIB);
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(await tape.readBlock(buffer), { kind: "end-of-data" });
    }
  }));

await check("blocks and filemarks come back", () =>
  with_("write", async (tape) => {
    await tape.rewind();
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
  }));

await check(
  "a block longer than the buffer is met again with a larger one",
  () =>
    with_("read", async (tape) => {
      await tape.rewind();
      await tape.spaceBlocks(1);
      assert.deepEqual(await tape.readBlock(new Uint8Array(64 * KIB)), { kind: "too-long" });
      assert.partialDeepStrictEqual(await tape.position(), { file: 0, block: 1 });
      const buffer = new Uint8Array(512 * KIB);
      assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length: 512 * KIB });
      assert.deepEqual(buffer, block(512 * KIB, 512 * KIB));
    }),
);

await check("spacing counts files", () =>
  with_("read", async (tape) => {
    await tape.rewind();
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
  }));

await check("appending at the end of data", () =>
  with_("write", async (tape) => {
    await tape.rewind();
    await tape.spaceToEndOfData();
    await tape.writeBlock(block(100, 5));
    await tape.writeFilemarks(1, false);
    await tape.rewind();
    assert.equal(await tape.spaceFiles(2), true);
    assert.deepEqual(await tape.readBlock(new Uint8Array(KIB)), { kind: "block", length: 100 });
  }));

await check("a block over the limit is refused in words", () =>
  with_("write", async (tape) => {
    await tape.rewind();
    await refused(tape.writeBlock(new Uint8Array(2048 * KIB)), "unsupported", /EINVAL/);
  }));

await check("a drive in use is refused", () =>
  with_("read", async () => {
    await refused(openTapeDevice(first, "read"), "permission", /another program is using it/);
    await refused(openTapeDevice(first, "status"), "permission", /another program is using it/);
  }));

await check(
  "a tape is filled to early warning and closed properly",
  () =>
    with_("write", async (tape) => {
      await tape.rewind();
      const data = block(512 * KIB, 9);
      const kinds: Record<string, number> = {};
      let after = 0;
      let blocks = 0;
      const begin = performance.now();
      while (after < 4) {
        const { kind } = await tape.writeBlock(data);
        kinds[kind] = (kinds[kind] ?? 0) + 1;
        if (kind === "end-of-medium") break;
        blocks++;
        if (kind === "early-warning") after++;
      }
      const seconds = (performance.now() - begin) / 1000;
      console.log(`  ${JSON.stringify(kinds)}, ${(blocks / 2 / seconds).toFixed(0)} MiB/s`);
      assert.equal((await tape.writeFilemarks(1, false)).kind, "early-warning");
      await tape.rewind();
      const buffer = new Uint8Array(512 * KIB);
      for (let i = 0; i < blocks; i++) {
        assert.deepEqual(
          await tape.readBlock(buffer),
          { kind: "block", length: 512 * KIB },
          `${i}`,
        );
      }
      assert.deepEqual(buffer, data);
      assert.deepEqual(await tape.readBlock(buffer), { kind: "filemark" });
    }),
);

await check("status needs nothing but a node", async () => {
  const tape = await openTapeDevice(first, "status");
  console.log("  ", JSON.stringify(await tape.status()));
  await refused(tape.rewind(), "io", /status only/);
  await tape.close();
});

await check("ejecting", async () => {
  await with_("write", (tape) => tape.unload());
});

if (second !== undefined) {
  await check("a write-protected tape is read and not written", async () => {
    const tgt = new Deno.Command("tgtadm", {
      args: "--lld iscsi --mode logicalunit --op update --tid 2 --lun 1 --params readonly=1".split(
        " ",
      ),
    });
    assert.ok((await tgt.output()).success);
    await refused(openTapeDevice(second, "write"), "permission", /write-protected/);
    const tape = await openTapeDevice(second, "read");
    await tape.rewind();
    assert.equal((await tape.status()).writeProtected, true);
    await tape.close();
  });
}
console.log("all checks passed");
