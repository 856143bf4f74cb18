import assert from "node:assert/strict";
import { WritePace } from "../../../src/tape/write_pace.ts";

const BLOCK = 512 * 1024;
const MIB = 2 ** 20;

/** Writes wherever the pace says until `bytes` are out; returns how many were written away. */
function write(pace: WritePace, bytes: number, msHere: (block: number) => number): number {
  let away = 0;
  for (let block = 0; block * BLOCK < bytes; block++) {
    if (pace.isFast) pace.wroteHere(BLOCK, msHere(block));
    else {
      pace.wroteAway(BLOCK);
      away += BLOCK;
    }
  }
  return away;
}

Deno.test("what is as fast as memory stays on this thread, also where others take turns", () => {
  const pace = new WritePace();
  assert.equal(write(pace, 4096 * MIB, () => 0.2), 0);
  assert.equal(write(pace, 4096 * MIB, (block) => block % 16 === 0 ? 6 : 0.3), 0);
});

Deno.test("a disk that lets writers wait is left to another thread after one long wait", () => {
  const pace = new WritePace();
  pace.wroteHere(BLOCK, 200);
  assert.ok(!pace.isFast);
});

Deno.test("a disk that is always a little slow is left to another thread, too", () => {
  const pace = new WritePace();
  let here = 0;
  while (pace.isFast && here < 1000) {
    pace.wroteHere(BLOCK, 5);
    here++;
  }
  assert.ok(here < 20, `${here} blocks were waited for`);
});

Deno.test("it is tried again, more and more seldom while it stays slow, and kept once it is fast", () => {
  const pace = new WritePace();
  for (const away of [64, 128, 256, 512]) {
    pace.wroteHere(BLOCK, 200);
    let written = 0;
    for (; !pace.isFast; written += BLOCK) pace.wroteAway(BLOCK);
    assert.equal(written, away * MIB);
  }
  assert.equal(write(pace, 4096 * MIB, () => 0.2), 0);
});

Deno.test("a slow disk costs few waits even in terabytes", () => {
  const pace = new WritePace();
  let waits = 0;
  for (let bytes = 0; bytes < 2 ** 40; bytes += 16 * MIB) {
    if (!pace.isFast) pace.wroteAway(16 * MIB);
    else {
      waits++;
      pace.wroteHere(16 * MIB, 16 * 2000);
    }
  }
  assert.ok(waits < 80, `${waits} waits`);
});
