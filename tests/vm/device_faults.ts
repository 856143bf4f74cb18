/**
 * Breaks virtual drives under the Linux tape device and checks what it says. Run as
 * `device_check.ts`, with two drives. It overwrites the tapes.
 */

import assert from "node:assert/strict";
import { openTapeDevice } from "../../src/tape/open_device.ts";

const [first, second] = Deno.args;
const block = new Uint8Array(64 * 1024).fill(3);

function shell(command: string): string {
  const { success, stdout, stderr } = new Deno.Command("bash", { args: ["-c", command] })
    .outputSync();
  assert.ok(success, `${command}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trim();
}

async function fails(call: Promise<unknown>, code: string, words: RegExp): Promise<void> {
  const error = await call.then(() => undefined, (error) => error);
  assert.equal(error?.code, code, String(error?.stack));
  assert.match(error.message, words);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

console.log("a drive that goes offline and comes back");
let tape = await openTapeDevice(first, "write");
await tape.rewind();
for (let i = 0; i < 4; i++) await tape.writeBlock(block);
await tape.writeFilemarks(1, false);
const state = `/sys/class/scsi_tape/${first.replace("/dev/", "")}/device/state`;
shell(`echo offline > ${state}`);
await fails(tape.writeBlock(block), "not-found", /is offline \(ENXIO\)/);
await fails(tape.rewind(), "not-found", /is offline \(ENODEV\)/);
shell(`echo running > ${state}`);
await tape.rewind();
assert.deepEqual(await tape.readBlock(new Uint8Array(64 * 1024)), {
  kind: "block",
  length: 64 * 1024,
});
await tape.close();

console.log("a connection that breaks: the next write would succeed, and is refused");
tape = await openTapeDevice(first, "write");
await tape.rewind();
await tape.writeBlock(block);
shell(`for s in $(tgtadm --lld iscsi --mode conn --op show --tid 1 | sed -n 's/^Session: //p')
  do tgtadm --lld iscsi --mode conn --op delete --tid 1 --sid $s --cid 0; done; true`);
await fails(tape.writeBlock(block), "io", /\(EIO\)/);
await fails(tape.writeBlock(block), "io", /behind a failed write/);
await fails(tape.writeFilemarks(1, false), "io", /behind a failed write/);
await pause(3000);
await tape.rewind();
assert.equal((await tape.status()).online, true);
await tape.close();

console.log("a drive that does not answer is abandoned");
tape = await openTapeDevice(second, "write");
await tape.rewind();
shell("kill -STOP $(pidof tgtd)");
const answer = tape.writeBlock(block).then(() => "answered", () => "answered");
assert.equal(await Promise.race([answer, pause(1000).then(() => "silent")]), "silent");
tape.abandon();
await fails(tape.rewind(), "io", /the drive is closed/);
shell("kill -CONT $(pidof tgtd)");
console.log("all faults told as they should be");
