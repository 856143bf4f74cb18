import assert from "node:assert/strict";
import { LinuxTapeDevice, type LinuxTapeOptions } from "../../../src/tape/linux_device.ts";
import { TapeMedium } from "../../mocks.ts";
import { block, readAll, testContract } from "./device_contract.ts";
import { FakeSt, type FakeStOptions, fakeThread } from "./fake_st.ts";
import type { TapeDevice } from "../../../src/tape/device.ts";
import type { MtStatus } from "../../../src/tape/st_abi.ts";

type Drive = LinuxTapeDevice & { st: FakeSt; notices: string[] };

async function drive(
  st: FakeSt | FakeStOptions = {},
  options: Partial<LinuxTapeOptions> = {},
): Promise<Drive> {
  const calls = st instanceof FakeSt ? st : new FakeSt(st);
  const notices: string[] = [];
  const device = await LinuxTapeDevice.open({
    name: "/dev/nst0",
    node: "/dev/nst0",
    mode: "write",
    driverOptions: calls.driverOptions,
    loadTimeoutMs: 0,
    onNotice: (text) => notices.push(text),
    ...options,
  }, fakeThread(calls));
  return Object.assign(device, { st: calls, notices });
}

/** A device that opens itself at its first call, for tests that want one at once. */
function lazily(open: () => Promise<TapeDevice>): TapeDevice {
  let opened: Promise<TapeDevice> | undefined;
  return new Proxy({} as TapeDevice, {
    get: (_, name) => {
      if (name === "abandon") return () => {};
      return async (...args: unknown[]) => {
        const device = await (opened ??= open()) as unknown as Record<
          PropertyKey,
          (...args: unknown[]) => unknown
        >;
        return await device[name](...args);
      };
    },
  });
}

testContract("linux", { make: () => lazily(() => drive()), locates: true });
testContract("linux without logical positions", {
  make: () => lazily(() => drive({ logical: "off" })),
  locates: false,
});
testContract("linux on an old kernel", {
  make: () => lazily(() => drive({ noImmediate: true, logical: "settable" })),
  locates: true,
});

async function recorded(options: FakeStOptions, ...files: number[][]): Promise<Drive> {
  const tape = await drive(options);
  for (const [i, lengths] of files.entries()) {
    for (const length of lengths) await tape.writeBlock(block(length, i));
    await tape.writeFilemarks(1, true);
  }
  await tape.rewind();
  return tape;
}

Deno.test("a drive is looked at before it is waited for, then set to variable blocks", async () => {
  const tape = await drive({ compression: true, blockSize: 512, logical: "settable" });
  assert.deepEqual(tape.st.log.slice(0, 4), ["open ro look", "open rw wait", "op 20 0", "op 32 0"]);
  assert.partialDeepStrictEqual(await tape.status(), {
    blockSize: 0,
    compression: false,
    position: { logical: 0 },
  });
  assert.deepEqual(tape.notices, []);
});

Deno.test("compression that cannot be switched off is a remark, and only for writing", async () => {
  const tape = await drive({ compression: false });
  assert.match(tape.notices.join(), /compression could not be switched off/);
  assert.equal((await tape.status()).compression, undefined);
  const reader = await drive({ compression: false }, { mode: "read" });
  assert.deepEqual(reader.notices, []);
  assert.ok(!reader.st.log.some((call) => call.startsWith("op 32")));
  assert.ok(reader.st.log.includes("open ro wait"));
});

Deno.test("filemarks that do not wait are warned of", async () => {
  const tape = await drive({ compression: true }, { driverOptions: 0x8907 });
  assert.match(tape.notices.join(), /nowait-eof is set/);
});

Deno.test("a drive that asks for cleaning is used, and said so", async () => {
  for (const mode of ["read", "write"] as const) {
    const { notices } = await drive({ cleaning: true }, { mode });
    assert.ok(notices.includes("/dev/nst0: the drive asks for a cleaning cartridge"));
  }
});

Deno.test("what cannot be opened says why, in one line with a code", async () => {
  const cases: [number, string, RegExp][] = [
    [-2, "not-found", /no such device/],
    [-6, "not-found", /not there or is offline/],
    [-13, "permission", /group that owns the drive/],
    [-16, "permission", /another program is using it/],
    [-5, "io", /EIO/],
  ];
  for (const [errno, code, words] of cases) {
    for (const step of ["look", "open"]) {
      const st = new FakeSt();
      st.next(step, errno);
      const error = await drive(st).then(() => undefined, (error) => error);
      assert.equal(error?.code, code, `${step} ${errno}`);
      assert.match(error.message, words);
      assert.match(error.message, /^\/dev\/nst0: [^\n]+$/);
      assert.equal(error.context.drive, "/dev/nst0");
      assert.equal(st.close(), -9, "the node is closed again");
    }
  }
  await assert.rejects(drive({ medium: null }), /no tape is in the drive/);
  const locked = new TapeMedium({ writeProtected: true });
  await assert.rejects(drive({ medium: locked }), /write-protected/);
  await assert.rejects(drive({ blockSize: 512, stuckBlockSize: true }), /fixed-block mode of 512/);
  const file = new FakeSt();
  file.next("status", -25);
  await assert.rejects(drive(file), { code: "usage", message: "/dev/nst0 is no tape drive" });
});

Deno.test("a write-protected tape can be read", async () => {
  const tape = await drive({ medium: new TapeMedium({ writeProtected: true }) }, { mode: "read" });
  assert.equal((await tape.status()).writeProtected, true);
  await assert.rejects(tape.writeBlock(new Uint8Array(1)), /write-protected \(EROFS\)/);
  await assert.rejects(tape.writeFilemarks(1, false), /write-protected \(EROFS\)/);
  await assert.rejects(tape.erase(), /write-protected \(EROFS\)/);
});

Deno.test("a status needs no tape and does not wait", async () => {
  const tape = await drive({ medium: null }, { mode: "status" });
  assert.partialDeepStrictEqual(await tape.status(), { online: false, noMedium: true });
  await assert.rejects(tape.rewind(), /opened for its status only/);
  await tape.close();
  assert.ok(!tape.st.log.some((call) => call.endsWith("wait")));
});

Deno.test("a tape that loads long is waited for, and said so", async () => {
  const original = performance.now;
  const st = new FakeSt({ compression: true });
  performance.now = () => st.clock;
  try {
    st.openTakesMs = 120_000;
    st.next("open", -5, -5, 0);
    const tape = await drive(st, { loadTimeoutMs: 600_000 });
    assert.equal(tape.notices.length, 2);
    assert.match(tape.notices[1], /after 4 min.*LTO-9/);
    const dead = new FakeSt();
    dead.openTakesMs = 120_000;
    performance.now = () => dead.clock;
    dead.next("open", ...Array(99).fill(-5));
    await assert.rejects(drive(dead, { loadTimeoutMs: 600_000 }), { code: "io" });
    assert.equal(dead.clock, 600_000);
  } finally {
    performance.now = original;
  }
});

Deno.test("early warning: the refused block is tried once more, then the tape is full", async () => {
  const medium = new TapeMedium({ capacityBytes: 1000, earlyWarningBytes: 250 });
  const tape = await drive({ medium });
  const kinds: string[] = [];
  for (let i = 0; i < 12; i++) kinds.push((await tape.writeBlock(block(100, i))).kind);
  assert.deepEqual(kinds, [
    ...Array(7).fill("written"),
    ...Array(3).fill("early-warning"),
    "end-of-medium",
    "end-of-medium",
  ]);
  assert.equal((await tape.writeFilemarks(1, false)).kind, "early-warning");
  await tape.rewind();
  assert.equal(await readAll(tape), "100 ".repeat(10) + "|");
  assert.equal((await tape.readBlock(new Uint8Array(1))).kind, "end-of-data");
});

Deno.test("every block after early warning reaches the tape once and whole", async () => {
  const medium = new TapeMedium({ capacityBytes: 1000, earlyWarningBytes: 900 });
  const tape = await drive({ medium });
  for (let i = 0; i < 10; i++) await tape.writeBlock(block(100, i));
  assert.deepEqual(medium.records, Array.from({ length: 10 }, (_, i) => block(100, i)));
});

Deno.test("an input/output error where the tape ends is its end, or the drive's", async () => {
  const medium = new TapeMedium({ capacityBytes: 1000, earlyWarningBytes: 900 });
  const tape = await drive({ medium });
  assert.equal((await tape.writeBlock(block(200, 1))).kind, "early-warning");
  tape.st.next("write", -28, -28);
  assert.deepEqual(await tape.writeBlock(block(200, 2)), { kind: "end-of-medium" });
  tape.st.next("write", -28, -5);
  const suspect = { kind: "end-of-medium", suspect: true };
  assert.deepEqual(await tape.writeBlock(block(200, 2)), suspect);
  tape.st.next("op 5", -28);
  assert.deepEqual(await tape.writeFilemarks(1, false), { kind: "end-of-medium" });
  tape.st.next("op 5", -5);
  assert.deepEqual(await tape.writeFilemarks(1, false), suspect);
  await tape.rewind();
  tape.st.next("op 5", -5);
  await assert.rejects(tape.writeFilemarks(1, false), { code: "io" });
});

Deno.test("a full tape without any warning is full", async () => {
  const tape = await drive({ medium: new TapeMedium({ capacityBytes: 250 }) });
  const kinds: string[] = [];
  for (let i = 0; i < 3; i++) kinds.push((await tape.writeBlock(block(100, i))).kind);
  assert.deepEqual(kinds, ["written", "written", "end-of-medium"]);
});

Deno.test("early warning ends when the tape is rewound", async () => {
  const tape = await drive({
    medium: new TapeMedium({ capacityBytes: 300, earlyWarningBytes: 200 }),
  });
  await tape.writeBlock(block(100, 0));
  assert.equal((await tape.writeBlock(block(100, 1))).kind, "early-warning");
  await tape.rewind();
  assert.equal((await tape.writeBlock(block(50, 1))).kind, "written");
});

Deno.test("failed writes say what failed and where", async () => {
  const tape = await drive({ maxBlockBytes: 500 });
  await tape.writeBlock(block(100, 0));
  await assert.rejects(tape.writeBlock(block(501, 0)), {
    code: "unsupported",
    message: /block of 501 bytes failed.*EINVAL/,
    context: { drive: "/dev/nst0", errno: "EINVAL", tapeFile: 0, block: 1 },
  });
  const failures: [string, number, RegExp][] = [
    ["write", 40, /40 of 100 bytes/],
    ["write", -5, /writing a block of 100 bytes failed/],
    ["status", -5, /writing a block failed/],
    ["op 5", -5, /writing a filemark failed/],
  ];
  for (const [call, result, message] of failures) {
    tape.st.next(call, result);
    const write = async () => {
      await tape.writeBlock(block(100, 0));
      await tape.writeFilemarks(1, false);
    };
    await assert.rejects(write(), { code: "io", message });
    await assert.rejects(write(), { code: "io", message: /behind a failed write/ });
    await assert.rejects(tape.writeFilemarks(1, false), { message: /behind a failed write/ });
    await tape.rewind();
  }
  tape.st.next("status", -28);
  assert.equal((await tape.writeBlock(block(100, 0))).kind, "early-warning");
  tape.st.next("op 5", -28);
  assert.equal((await tape.writeFilemarks(1, false)).kind, "end-of-medium");
  tape.st.next("close", -5);
  await assert.rejects(tape.close(), { code: "io", message: /closing failed/ });
});

Deno.test("a bad block is passed, wherever the drive stops at it", async () => {
  for (const passesBadBlocks of [false, true]) {
    for (const logical of ["on", "off"] as const) {
      for (const [file, bad] of [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1]]) {
        const tape = await recorded({ passesBadBlocks, logical }, [10, 20, 30], [40, 50], [60]);
        tape.st.medium!.damageBlock(file, bad);
        const expected = [10, 20, 30, "|", 40, 50, "|", 60, "|"];
        expected[file * 4 + bad] = "bad-block";
        const what = `passes ${passesBadBlocks}, locate ${logical}, file ${file}, block ${bad}`;
        const seen: unknown[] = [];
        for (;;) {
          const met = await tape.readBlock(new Uint8Array(100));
          if (met.kind === "end-of-data") break;
          if (met.kind === "bad-block") assert.equal(met.position, "known", what);
          seen.push(met.kind === "block" ? met.length : met.kind === "filemark" ? "|" : met.kind);
        }
        assert.deepEqual(seen, expected, what);
      }
    }
  }
});

Deno.test("all blocks bad one after the other, each is reported and the rest is read", async () => {
  const tape = await recorded({}, [10, 20, 30, 40], [50]);
  for (const bad of [0, 1, 3]) tape.st.medium!.damageBlock(0, bad);
  assert.equal(await readAll(tape), "bad-block bad-block 30 bad-block | 50 |");
});

Deno.test("a drive that answers nothing but errors loses its position, and rewinding finds it", async () => {
  const tape = await recorded({}, [10, 20]);
  tape.st.next("read", -5);
  tape.st.next("op 3", -5);
  tape.st.next("op 1", -5);
  assert.deepEqual(await tape.readBlock(new Uint8Array(50)), {
    kind: "bad-block",
    errno: "EIO",
    position: "unknown",
  });
  await tape.rewind();
  assert.equal(await readAll(tape), "10 20 |");
  await tape.rewind();
  tape.st.next("read", -19);
  await assert.rejects(tape.readBlock(new Uint8Array(50)), { code: "not-found" });
});

Deno.test("a torn last file ends the data, and is no bad block", async () => {
  const medium = new TapeMedium();
  medium.write(0, block(10, 0));
  medium.write(1, block(20, 0));
  for (const logical of ["on", "off"] as const) {
    const tape = await drive({ medium, logical });
    assert.equal(await readAll(tape), "10 20");
    assert.deepEqual(await tape.readBlock(new Uint8Array(9)), { kind: "end-of-data" });
  }
});

Deno.test("bytes nobody wrote past the end are taken for the end", async () => {
  const blank = await drive({ bogusPastEnd: true });
  assert.equal(await readAll(blank), "");
  const tape = await recorded({ bogusPastEnd: true }, [10, 20], [30]);
  assert.equal(await readAll(tape), "10 20 | 30 |");
  await tape.writeBlock(block(5, 5));
  await tape.writeFilemarks(1, false);
  await tape.rewind();
  assert.equal(await readAll(tape), "10 20 | 30 | 5 |");
});

Deno.test("a buffer larger than the drive takes is used as far as it does", async () => {
  const tape = await recorded({ maxBlockBytes: 256 << 10 }, [100, 256 << 10]);
  for (const bytes of [(1 << 20) + 4096, 300_000, 256 << 10]) {
    const buffer = new Uint8Array(bytes);
    await tape.rewind();
    assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length: 100 });
    assert.deepEqual(await tape.readBlock(buffer), { kind: "block", length: 256 << 10 });
    assert.deepEqual(await tape.readBlock(buffer), { kind: "filemark" });
  }
  tape.st.next("read", -75);
  await tape.rewind();
  const half = await tape.readBlock(new Uint8Array(256 << 10));
  assert.deepEqual(half, { kind: "block", length: 100 }, "EOVERFLOW: no memory for the buffer");
  assert.deepEqual(await tape.readBlock(new Uint8Array(256 << 10)), { kind: "too-long" });
});

Deno.test("a read that is refused whatever its length is an error", async () => {
  const tape = await recorded({}, [100]);
  tape.st.next("read", ...Array(30).fill(-22));
  await assert.rejects(tape.readBlock(new Uint8Array(1 << 20)), /refuses the request \(EINVAL\)/);
});

Deno.test("a host without memory for a read is no long block", async () => {
  const tape = await recorded({}, [10, 20]);
  tape.st.next("read", -12);
  await assert.rejects(tape.readBlock(new Uint8Array(100)), { code: "io", message: /ENOMEM/ });
  assert.equal(await readAll(tape), "10 20 |");
});

Deno.test("counters that got lost are not made up", async () => {
  const tape = await recorded({}, [10, 20], [30]);
  await tape.locate(1);
  assert.deepEqual(await tape.position(), { file: undefined, block: undefined, logical: 1 });
  await tape.readBlock(new Uint8Array(50));
  assert.equal((await tape.position()).block, undefined);
  await tape.readBlock(new Uint8Array(50));
  assert.equal((await tape.position()).block, 0);
});

Deno.test("locating where there is nothing, or where the drive goes astray, is not claimed", async () => {
  const tape = await recorded({}, [10, 20]);
  assert.equal(await tape.locate(77), false);
  tape.st.next("op 22", 0);
  assert.equal(await tape.locate(1), false, "the drive said yes and did not move");
});

Deno.test("long distances are spaced in steps that a command can count", async () => {
  const tape = await recorded({}, [10]);
  tape.st.log.length = 0;
  tape.st.next("op 3", 0, 0, 0);
  assert.equal(await tape.spaceBlocks(20_000_000), true);
  assert.deepEqual(tape.st.log, ["op 3 8388607", "op 3 8388607", "op 3 3222786"]);
});

Deno.test("the block mode is set again when a reset has changed it", async () => {
  const st = new FakeSt();
  const tape = await drive(st);
  st.operate(20, 1024);
  await tape.rewind();
  assert.equal((await tape.status()).blockSize, 0);
});

Deno.test("a drive that was reset before it is opened is rewound", async () => {
  for (const mode of ["read", "write"] as const) {
    const st = new FakeSt();
    st.reset("refused");
    const tape = await drive(st, { mode });
    assert.deepEqual(await tape.position(), { file: 0, block: 0, logical: 0 });
  }
});

Deno.test("after a reset no write and no filemark counts, whoever hears of it", async () => {
  for (const logical of ["on", "off"] as const) {
    for (const notice of ["refused", "late"] as const) {
      const tape = await recorded({ logical }, [10, 20]);
      await tape.spaceFiles(1);
      tape.st.reset(notice);
      await assert.rejects(tape.writeBlock(block(30, 1)), { code: "io", message: /EIO/ });
      await assert.rejects(tape.writeFilemarks(1, false), { message: /behind a failed write/ });
      for (const immediate of [false, true]) {
        await tape.rewind();
        tape.st.reset(notice);
        await assert.rejects(tape.writeFilemarks(1, immediate), { code: "io", message: /EIO/ });
        await assert.rejects(tape.writeBlock(block(1, 1)), { message: /behind a failed write/ });
      }
    }
  }
});

Deno.test("a drive that was reset unnoticed does not commit what it wrote anywhere", async () => {
  const tape = await drive();
  await tape.rewind();
  for (let i = 0; i < 3; i++) await tape.writeBlock(block(100, i));
  assert.equal((await tape.writeFilemarks(1, true)).kind, "written");
  await tape.writeBlock(block(100, 3));
  tape.st.reset("never");
  assert.equal((await tape.writeBlock(block(100, 4))).kind, "written");
  await assert.rejects(tape.writeFilemarks(1, false), {
    code: "io",
    message: "/dev/nst0: writing a filemark (the drive has lost its place) failed: " +
      "input/output error (EIO)",
  });
  await assert.rejects(tape.writeBlock(block(1, 1)), { message: /behind a failed write/ });
});

Deno.test("positions in units of a drive's own say nothing of what was written", async () => {
  const tape = await drive({ logical: "off", ownPositions: true });
  await tape.rewind();
  for (let i = 0; i < 3; i++) await tape.writeBlock(block(100, i));
  assert.equal((await tape.writeFilemarks(1, false)).kind, "written");
  assert.equal((await tape.position()).logical, 400);
});

Deno.test("what is read after a reset is nothing, whoever hears of it", async () => {
  for (const logical of ["on", "off"] as const) {
    for (const notice of ["refused", "late"] as const) {
      const lost = { kind: "bad-block", errno: "EIO", position: "unknown" };
      for (const blocks of [0, 1, 2]) {
        const tape = await recorded({ logical }, [10, 20], [30]);
        await tape.spaceFiles(1);
        await tape.spaceBlocks(blocks);
        tape.st.reset(notice);
        for (let i = 0; i < 2; i++) {
          assert.deepEqual(await tape.readBlock(new Uint8Array(100)), lost);
        }
        await assert.rejects(tape.spaceFiles(1), { code: "io" });
        await tape.rewind();
        assert.equal(await readAll(tape), "10 20 | 30 |");
      }
      const tape = await recorded({ logical }, [10, 20], [30]);
      for (const move of ["spaceFiles", "spaceBlocks"] as const) {
        await tape.rewind();
        tape.st.reset(notice);
        await assert.rejects(tape[move](1), { code: "io", message: /spacing over .* failed/ });
      }
    }
  }
});

Deno.test("calls are made one at a time, and none after closing or abandoning", async () => {
  const st = new FakeSt();
  const thread = fakeThread(st);
  const tape = await LinuxTapeDevice.open({
    name: "/dev/nst0",
    node: "/dev/nst0",
    mode: "write",
    driverOptions: 0,
    loadTimeoutMs: 0,
  }, thread);
  const first = tape.rewind();
  await assert.rejects(tape.rewind(), /while another call is running/);
  await first;
  tape.abandon();
  assert.ok(thread.ended);
  await assert.rejects(tape.rewind(), { code: "io", message: /the drive is closed/ });
  await tape.close();
});

const OPENING = {
  name: "/dev/nst0",
  node: "/dev/nst0",
  mode: "write",
  driverOptions: 0,
  loadTimeoutMs: 0,
} as const;

/** A thread whose drive is asked and never answers, once it has said the given steps. */
function muteThread(...waitsForTape: boolean[]) {
  const thread = fakeThread(new FakeSt());
  thread.send = () => {
    for (const waits of waitsForTape) {
      thread.onAnswer({ kind: "step", waitsForTape: waits });
    }
  };
  return thread;
}

Deno.test("a drive that never answers its opening is dead after the time a drive may be silent", async () => {
  const dead = {
    code: "io",
    message: "/dev/nst0: opening failed: the drive does not answer (ETIMEDOUT)",
  };
  const timeouts = { driveTimeoutMs: 5 };
  for (const steps of [[false], [false, true, false]]) {
    const thread = muteThread(...steps);
    await assert.rejects(LinuxTapeDevice.open({ ...OPENING, timeouts }, thread), dead);
    assert.ok(thread.ended);
  }
  const loading = { ...OPENING, timeouts, loadSilenceMs: 10 };
  await assert.rejects(LinuxTapeDevice.open(loading, muteThread(false, true)), dead);
});

Deno.test("a tape that loads has the time that the driver takes, however short a drive may be silent", async () => {
  const notices: string[] = [];
  const onNotice = (text: string) => notices.push(text);
  const loading = fakeThread(new FakeSt());
  const send = loading.send.bind(loading);
  loading.send = (call) => {
    loading.onAnswer({ kind: "step", waitsForTape: false });
    loading.onAnswer({ kind: "notice", text: "waiting" });
    loading.onAnswer({ kind: "step", waitsForTape: true });
    setTimeout(() => send(call), 40);
  };
  const timeouts = { driveTimeoutMs: 10 };
  const device = await LinuxTapeDevice.open({ ...OPENING, timeouts, onNotice }, loading);
  assert.equal(notices[0], "waiting");
  loading.send = send;
  await device.close();
});

Deno.test("only a drive that has no tape ready is waited for as one that loads", async () => {
  for (const online of [true, false]) {
    const st = new FakeSt({ medium: null });
    const seen: string[] = [];
    const status = st.status.bind(st);
    st.status = () => ({ ...status() as MtStatus, online, doorOpen: false });
    const thread = fakeThread(st);
    const send = thread.send.bind(thread);
    thread.send = (call) => {
      const { onAnswer } = thread;
      thread.onAnswer = (answer) => {
        if (answer.kind === "step") seen.push(`${answer.waitsForTape}, ${st.log.at(-1)}`);
        onAnswer(answer);
      };
      send(call);
    };
    st.next("open", -5);
    await assert.rejects(LinuxTapeDevice.open(OPENING, thread), { code: "io" });
    assert.deepEqual(seen, ["false, undefined", `${!online}, open ro look`]);
  }
});

Deno.test("ejecting leaves an empty drive", async () => {
  const tape = await recorded({}, [10]);
  await tape.unload();
  assert.equal(tape.st.medium, null);
  await tape.close();
});
