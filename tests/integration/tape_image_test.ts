import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { openDrives } from "../../src/archive/tape_drives.ts";
import { driveError } from "../../src/tape/drive_error.ts";
import type { DriveAnswer } from "../../src/tape/drive_server.ts";
import { openDrive, openTapeDevice } from "../../src/tape/open_device.ts";
import { block, readAll } from "../unit/tape/device_contract.ts";

function inFolder(body: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = Deno.makeTempDirSync({ prefix: "ectar-image-" });
    try {
      await body(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

async function refused(opening: Promise<unknown>, code: string, words: RegExp): Promise<void> {
  const error = await opening.then(() => undefined, (error) => error);
  assert.equal(error?.code, code, String(error));
  assert.match(error.message, words);
  assert.ok(!error.message.includes("\n"));
}

Deno.test(
  "a missing image is a blank tape to write, and made by the first write only",
  inFolder(async (folder) => {
    const path = `${folder}/t0.tap`;
    await refused(openTapeDevice(path, "read"), "not-found", /no such tape image/);
    await refused(openTapeDevice(path, "status"), "not-found", /no such tape image/);
    await refused(
      openTapeDevice(`${folder}/no/t0.tap`, "write"),
      "not-found",
      /there is no folder/,
    );
    const tape = await openTapeDevice(path, "write");
    assert.deepEqual(await tape.readBlock(new Uint8Array(9)), { kind: "end-of-data" });
    assert.equal((await tape.status()).beginningOfTape, true);
    assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
    await tape.writeBlock(block(1000, 1));
    await tape.writeFilemarks(1, false);
    await tape.close();
    const reader = await openTapeDevice(path, "read");
    assert.equal(await readAll(reader), "1000 |");
    await refused(reader.writeBlock(new Uint8Array(1)), "permission", /write-protected/);
    await reader.close();
  }),
);

Deno.test(
  "an image is appended to and overwritten in place",
  inFolder(async (folder) => {
    const path = `${folder}/t0.tap`;
    for (let i = 1; i <= 3; i++) {
      const tape = await openTapeDevice(path, "write");
      await tape.spaceToEndOfData();
      await tape.writeBlock(block(i * 100_000, i));
      await tape.writeFilemarks(1, false);
      await tape.close();
    }
    const tape = await openTapeDevice(path, "write");
    assert.equal(await readAll(tape, 1 << 20), "100000 | 200000 | 300000 |");
    await tape.rewind();
    await tape.spaceFiles(1);
    await tape.writeBlock(block(7, 1));
    await tape.close();
    assert.equal(Deno.statSync(path).size, 100_008 + 4 + 16);
  }),
);

Deno.test(
  "what is no tape image is refused and left as it is",
  inFolder(async (folder) => {
    const contents: [string, Uint8Array][] = [
      ["text", new TextEncoder().encode("precious words\n")],
      ["zeros", new Uint8Array(4096)],
      ["random.tap", crypto.getRandomValues(new Uint8Array(5000))],
      ["short.tap", Uint8Array.of(1, 2)],
    ];
    for (const [name, bytes] of contents) {
      const path = `${folder}/${name}`;
      Deno.writeFileSync(path, bytes);
      for (const mode of ["read", "write", "status"] as const) {
        await refused(openTapeDevice(path, mode), "format", /no tape image and is left alone/);
      }
      assert.deepEqual(Deno.readFileSync(path), bytes);
    }
    await refused(openTapeDevice(folder, "write"), "format", /neither a tape drive nor a file/);
    await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
    await refused(openTapeDevice(`${folder}/pipe`, "write"), "format", /neither a tape drive/);
  }),
);

Deno.test(
  "an image is used by one writer at a time; readers share it",
  inFolder(async (folder) => {
    const path = `${folder}/t0.tap`;
    const writer = await openTapeDevice(path, "write");
    const rival = await openTapeDevice(path, "write");
    await writer.writeBlock(block(10, 1));
    await refused(rival.writeBlock(block(10, 2)), "exists", /made by another program/);
    await refused(openTapeDevice(path, "write"), "permission", /in use by another/);
    await refused(openTapeDevice(path, "read"), "permission", /in use by another/);
    await writer.writeFilemarks(1, false);
    await writer.close();
    const readers = [await openTapeDevice(path, "read"), await openTapeDevice(path, "read")];
    for (const reader of readers) assert.equal(await readAll(reader), "10 |");
    await refused(openTapeDevice(path, "write"), "permission", /in use by another/);
    for (const reader of readers) await reader.close();
    await (await openTapeDevice(path, "write")).close();
  }),
);

Deno.test("device paths that are not there or no drives are refused, never made", async () => {
  await refused(openTapeDevice("/dev/nst987", "write"), "not-found", /no such device/);
  await refused(openTapeDevice("/dev/tape/by-id/none-nst", "write"), "not-found", /no such device/);
  await refused(openTapeDevice("/dev/null", "write"), "usage", /\/dev\/null is no tape drive/);
  await refused(openTapeDevice("/dev/null", "status"), "usage", /\/dev\/null is no tape drive/);
});

Deno.test("how long a drive may be silent is kept to while it is opened", async () => {
  const thread = {
    send: () => thread.onAnswer({ kind: "step", waitsForTape: false }),
    onAnswer: (_: DriveAnswer) => {},
    end: () => {},
    allocate: (bytes: number) => new Uint8Array(bytes),
    shares: () => false,
  };
  const timeouts = { driveTimeoutMs: 5 };
  await refused(openDrive("/dev/null", "write", { timeouts }, thread), "io", /does not answer/);
});

Deno.test("a drive that never answered its opening is a dead one that may hold the program up", async () => {
  const mocks = (name: string) => {
    throw driveError(name, "opening", name === "mute" ? "ETIMEDOUT" : "ENXIO");
  };
  const drives = await openDrives(["mock:mute", "mock:gone"], "write", { mocks });
  assert.deepEqual(drives.map((drive) => "failure" in drive && drive.hung), [true, false]);
});

Deno.test(
  "an image whose writer is killed reads up to the tear and is written on",
  inFolder(async (folder) => {
    const path = `${folder}/t0.tap`;
    const source = `
    import { openTapeDevice } from "${import.meta.resolve("../../src/tape/open_device.ts")}";
    const tape = await openTapeDevice("${path}", "write");
    const block = new Uint8Array(300_000).fill(7);
    await tape.writeBlock(block.subarray(0, 10_240));
    await tape.writeFilemarks(1, false);
    console.log("go");
    for (;;) await tape.writeBlock(block);`;
    for (let round = 0; round < 3; round++) {
      const writer = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "-"],
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const input = writer.stdin.getWriter();
      await input.write(new TextEncoder().encode(source));
      await input.close();
      const output = writer.stdout.getReader();
      await output.read();
      await new Promise((resolve) => setTimeout(resolve, 20));
      writer.kill("SIGKILL");
      await writer.status;
      await output.cancel();
      const tape = await openTapeDevice(path, "write");
      const buffer = new Uint8Array(300_000);
      assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length: 10_240 });
      assert.deepEqual(await tape.readBlock(buffer), { kind: "filemark" });
      let blocks = 0;
      for (;; blocks++) {
        const met = await tape.readBlock(buffer);
        if (met.kind === "end-of-data") break;
        assert.deepEqual(met, { kind: "block", length: 300_000 });
        assert.ok(buffer.every((byte) => byte === 7));
      }
      await tape.writeBlock(block(5, 1));
      await tape.rewind();
      await tape.spaceFiles(1);
      await tape.spaceBlocks(blocks);
      assert.equal(await readAll(tape), "5");
      await tape.close();
      Deno.truncateSync(path, 0);
    }
  }),
);

Deno.test(
  "what one drive writes another reads, at any sizes",
  inFolder(async (folder) => {
    const path = `${folder}/t0.tap`;
    const tape = await openTapeDevice(path, "write");
    const wrote = createHash("sha256");
    const read = createHash("sha256");
    const lengths = Array.from({ length: 60 }, (_, i) => 1 + (i * i * 7919) % 700_001);
    for (const [i, length] of lengths.entries()) {
      const bytes = block(length, i);
      wrote.update(bytes);
      await tape.writeBlock(bytes);
      if (i % 7 === 6) await tape.writeFilemarks(1, i % 2 === 0);
    }
    await tape.close();
    const reader = await openTapeDevice(path, "read");
    const shared = new Uint8Array(new SharedArrayBuffer(1 << 20));
    for (let blocks = 0; blocks < lengths.length;) {
      const met = await reader.readBlock(shared);
      if (met.kind === "filemark") continue;
      assert.deepEqual(met, { kind: "block", length: lengths[blocks++] });
      read.update(shared.slice(0, met.length));
    }
    await reader.close();
    assert.equal(read.digest("hex"), wrote.digest("hex"));
  }),
);
