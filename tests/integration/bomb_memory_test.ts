/**
 * Files that would unpack to gigabytes, read by the program as its users start it: refused in one
 * line, in memory that a backup host can spare.
 */

import assert from "node:assert/strict";
import { compressFrame, storeFrame } from "../../src/zstd/frame.ts";
import { asRun, spawnEctar } from "../cli/run_ectar.ts";
import { withScratch } from "./scratch.ts";

const MIB = 2 ** 20;

/** Resident memory that reading an index may take: the longest line allowed, several times over. */
const MOST_MEMORY = 700 * MIB;

/** Runs ectar and looks at its peak of resident memory while it runs. */
async function runMeasured(cwd: string, ...args: string[]) {
  const child = spawnEctar(cwd, args);
  let peak = 0;
  const look = () => {
    try {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      // It has just ended.
    }
  };
  const timer = setInterval(look, 10);
  const { code, stdout, stderr } = await child.output();
  clearInterval(timer);
  return { ...asRun(code, stdout, stderr), peak };
}

const text = (words: string) => new TextEncoder().encode(words);

/** Indexes of some hundred KB at most. */
const BOMBS: Record<string, Uint8Array[]> = {
  "a line without end": [
    storeFrame(text('{\n"x":"')),
    ...new Array<Uint8Array>(300).fill(compressFrame(new Uint8Array(8 * MIB).fill(0x41), 3)),
  ],
  "blank lines": new Array<Uint8Array>(300).fill(
    compressFrame(new Uint8Array(8 * MIB).fill(0x0a), 3),
  ),
  "a list of lists": [compressFrame(text(`{\n"version":${"[".repeat(30 * MIB)}`), 3)],
  "empty frames": new Array<Uint8Array>(50_000).fill(storeFrame(new Uint8Array(0))),
};

for (const [name, frames] of Object.entries(BOMBS)) {
  Deno.test(`an index that is ${name}: one line, in bounded memory`, () =>
    withScratch(async (directory) => {
      await Deno.writeFile(`${directory}/b.index.zst`, new Blob(frames as BlobPart[]).stream());
      const run = await runMeasured(directory, "list", "-i", "b");
      assert.notEqual(run.code, 0);
      assert.match(run.lines[0], /^ectar: |index/);
      assert.ok(run.lines.length <= 3, run.stderr);
      assert.ok(run.peak > 0 && run.peak < MOST_MEMORY, `${Math.round(run.peak / MIB)} MiB`);
    }));
}
