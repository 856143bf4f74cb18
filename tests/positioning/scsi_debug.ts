/**
 * The tape drives that the kernel's scsi_debug emulates, as tests handle them. Such a drive keeps of
 * each block its length and its first four bytes: there blocks carry a number to be told apart by.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { TapeDevice, TapeRead } from "../../src/tape/device.ts";
import { openTapeDevice } from "../../src/tape/open_device.ts";
import { attempt, sh } from "../vm/drives.ts";

/** The drive that is tested by itself. */
export const DRIVE = "/dev/nst0";
/** Blocks and filemarks that the tape holds, its mark of the end of data among them. */
export const TAPE_UNITS = 10_000;
/** Operation codes of the drive's commands. */
export const COMMAND = {
  rewind: 0x01,
  read: 0x08,
  write: 0x0a,
  writeFilemarks: 0x10,
  space: 0x11,
  locate: 0x2b,
  readPosition: 0x34,
} as const;
/** What a drive that fails a command says: sense key, additional code and its qualifier. */
export const SENSE = {
  mediumError: [3, 0x11, 0],
  writeError: [3, 0x0c, 0],
  invalidCommand: [5, 0x20, 0],
  wasReset: [6, 0x29, 0],
  blankCheck: [8, 0, 5],
} as const;

const RULES = "/sys/kernel/debug/scsi_debug/0:0:0:0/error";
const TRACING = "/sys/kernel/tracing";
const STARTED = `${TRACING}/events/scsi/scsi_dispatch_cmd_start/enable`;
/** Kinds of rules: a command ends with a status. */
const FAIL_COMMAND = 2;
const CHECK_CONDITION = 2;
const BUFFER_BYTES = 1 << 20;

/** Commands for which there are rules. */
const failing = new Set<number>();

/** Loads three such drives; says what is wrong where this kernel has none. */
export async function loadDrives(): Promise<void> {
  sh(`modprobe -a st sg && modprobe scsi_debug ptype=1 num_tgts=3 delay=0 &&
    mount -t debugfs none /sys/kernel/debug && mount -t tracefs none ${TRACING}`);
  for (let i = 0; i < 100 && attempt(`test -c /dev/nst2 -a -e ${RULES}`).code !== 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const written = attempt(`head -c 512 /dev/zero | dd of=${DRIVE} bs=512 && mt -f ${DRIVE} rewind`);
  assert.equal(
    written.code,
    0,
    `the scsi_debug of Linux ${sh("uname -r").trim()} emulates no tape: ${written.output}`,
  );
}

/** Opens the drive, rewound, for `body`; commands are made to fail only within it. */
export async function withTape(body: (tape: TapeDevice) => Promise<void>): Promise<void> {
  try {
    const tape = await openTapeDevice(DRIVE, "write");
    try {
      await tape.rewind();
      await body(tape);
    } finally {
      await tape.close();
    }
  } finally {
    failNoMore();
  }
}

/** The same as a scenario, with a blank tape in the drive. */
export function withBlankTape(body: (tape: TapeDevice) => Promise<void>): () => Promise<void> {
  return () =>
    withTape(async (tape) => {
      await tape.erase();
      await body(tape);
    });
}

/** A block with a number. */
export function numbered(number: number, length = 4096): Uint8Array {
  const block = new Uint8Array(length);
  new DataView(block.buffer).setUint32(0, number);
  return block;
}

/** Reads on: the number in the block, or what else was met. */
export async function readNumber(tape: { readBlock(buffer: Uint8Array): Promise<TapeRead> }) {
  const buffer = new Uint8Array(BUFFER_BYTES);
  const met = await tape.readBlock(buffer);
  return met.kind === "block" ? new DataView(buffer.buffer).getUint32(0) : met.kind;
}

/**
 * Writes tape files of `blocks` blocks each, numbered 0, 1, 2… in the first, 100, 101… in the second
 * and so on, and rewinds.
 */
export async function writeFiles(tape: TapeDevice, files: number, blocks: number): Promise<void> {
  for (let file = 0; file < files; file++) {
    for (let block = 0; block < blocks; block++) {
      assert.deepEqual(await tape.writeBlock(numbered(100 * file + block)), { kind: "written" });
    }
    assert.deepEqual(await tape.writeFilemarks(1, false), { kind: "written" });
  }
  await tape.rewind();
}

/** Makes the drive fail the next command of a kind, without carrying it out. */
export function failNext(command: number, sense: readonly number[]): void {
  addRule(-1, command, sense);
}

/** Makes the drive fail all commands of a kind. */
export function failAlways(command: number, sense: readonly number[]): void {
  addRule(1, command, sense);
}

function addRule(count: number, command: number, [key, code, qualifier]: readonly number[]): void {
  failing.add(command);
  const [host, driver] = [0, 0];
  const outcome = [command, host, driver, CHECK_CONDITION, key, code, qualifier].map(hex);
  Deno.writeTextFileSync(RULES, [FAIL_COMMAND, count, ...outcome].join(" "));
}

/** Takes all failures back. */
export function failNoMore(): void {
  for (const command of failing) Deno.writeTextFileSync(RULES, `- ${FAIL_COMMAND} ${hex(command)}`);
  failing.clear();
}

function hex(byte: number): string {
  return `0x${byte.toString(16)}`;
}

/** Resets the drive behind the back of whoever has it open: it rewinds, and will say so once. */
export function reset(): void {
  sh("sg_reset --device /dev/sg0");
}

/** Another program asks the drive something, and is the one that hears of a reset. */
export function hearOfReset(): void {
  assert.match(attempt("sg_turs --verbose /dev/sg0").output, /Unit attention/i);
}

/** The commands that reach the drive during `body`, each as the hexadecimal bytes sent. */
export async function commandsDuring(body: () => Promise<unknown>): Promise<string[]> {
  Deno.writeTextFileSync(`${TRACING}/trace`, "");
  Deno.writeTextFileSync(STARTED, "1");
  try {
    await body();
  } finally {
    Deno.writeTextFileSync(STARTED, "0");
  }
  const trace = Deno.readTextFileSync(`${TRACING}/trace`);
  return [...trace.matchAll(/ raw=([0-9a-f ]+)\)/g)].map(([, bytes]) => bytes);
}

/** Asserts that a call is refused with an error of one line. */
export async function refused(call: Promise<unknown>, code: string, words: RegExp): Promise<void> {
  const error = await call.then(() => undefined, (error) => error);
  assert.equal(error?.code, code, String(error?.stack));
  assert.match(error.message, words);
  assert.ok(!error.message.includes("\n"));
}
