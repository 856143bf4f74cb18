/**
 * The virtual drives of the guest, as tests handle them: tapes are put in, taken out and damaged,
 * drives break. See vtape.sh.
 *
 * @module
 */

import assert from "node:assert/strict";

/** What `vtape` can do to a drive. */
export type Breakage = "offline" | "delete" | "cut" | "kill" | "stop" | "fill";

const SAVED = "/tmp/tapes";
/** Drives that a scenario has harmed, each with what makes it whole. */
const harmed = new Map<number, () => void>();

/** `/dev/nst0` and so on, as `--tape-devices` takes them. */
export function devices(...drives: number[]): string {
  return drives.map((drive) => `/dev/nst${drive}`).join(",");
}

/** Runs a command of the guest; fails the test with its messages when it fails. */
export function sh(command: string): string {
  const { success, stdout, stderr } = new Deno.Command("bash", {
    args: ["-c", `set -o pipefail; ${command}`],
    cwd: "/tmp",
    stdin: "null",
  }).outputSync();
  assert.ok(success, `${command}\n${text(stdout)}${text(stderr)}`);
  return text(stdout);
}

/** How a command of the guest ends, whether it fails or not, and all it says. */
export function attempt(command: string): { code: number; output: string } {
  const { code, stdout } = new Deno.Command("bash", {
    args: ["-c", `{ ${command}; } 2>&1`],
    cwd: "/tmp",
    stdin: "null",
  }).outputSync();
  return { code, output: text(stdout) };
}

/** Keeps a copy of the tape in a drive. */
export function saveTape(drive: number, name: string): void {
  sh(`mkdir -p ${SAVED} && cp ${image(drive)} ${SAVED}/${name}`);
}

/** Puts a kept tape into a drive. */
export function loadTape(name: string, drive: number): void {
  // Written into the same file: the drive's server has it open.
  sh(`cat ${SAVED}/${name} >${image(drive)}`);
}

/** Keeps the tapes in drives 0 to `count` - 1 as `NAME.0` and so on. */
export function saveTapes(name: string, count: number): void {
  for (let drive = 0; drive < count; drive++) saveTape(drive, `${name}.${drive}`);
}

/** Puts kept tapes back, `order[drive]` saying which goes into a drive. */
export function loadTapes(name: string, order: readonly number[]): void {
  order.forEach((tape, drive) => loadTape(`${name}.${tape}`, drive));
}

/** Puts empty tapes into drives. */
export function blankTapes(...drives: number[]): void {
  for (const drive of drives) sh(`vtape blank ${drive}`);
}

/** Breaks a drive; it is whole again after the scenario. */
export function breakDrive(drive: number, how: Breakage): void {
  harmed.set(drive, () => sh(`vtape down ${drive}`));
  sh(how === "offline" ? `vtape state ${drive} offline` : `vtape ${how} ${drive}`);
}

/** Lets an `offline` drive work again, or a `stop`ped one, its tape as it was. */
export function mendDrive(drive: number, how: "offline" | "stop"): void {
  sh(how === "offline" ? `vtape state ${drive} running` : `vtape continue ${drive}`);
  harmed.delete(drive);
}

/** Sets the write-protection of the tape in a drive; undone after the scenario. */
export function protectTape(drive: number): void {
  harmed.set(drive, () => sh(`vtape down ${drive}`));
  sh(`vtape protect ${drive} 1`);
}

/** Takes the tape out of a drive; undone after the scenario. */
export function emptyDrive(drive: number): void {
  harmed.set(drive, () => sh(`vtape down ${drive}`));
  sh(`vtape medium ${drive} 0`);
}

/** Puts the tape back into an emptied drive. */
export function refillDrive(drive: number): void {
  sh(`vtape medium ${drive} 1`);
  harmed.delete(drive);
}

/** Takes harmed drives away and starts new ones, with empty tapes, in their place. */
export function repairDrives(): Promise<void> {
  for (const takeAway of harmed.values()) takeAway();
  // Ascending: a new drive gets the lowest free number.
  for (const drive of [...harmed.keys()].sort()) sh(`vtape up ${drive}`);
  harmed.clear();
  return Promise.resolve();
}

/** Blocks that the driver has read from or written to a drive so far. */
export function blockCount(what: "read" | "write", drive: number): number {
  try {
    return Number(Deno.readTextFileSync(`/sys/class/scsi_tape/nst${drive}/stats/${what}_cnt`));
  } catch {
    return 0; // The drive is gone.
  }
}

/**
 * Where the blocks of the tape in a drive lie in its image: the offset of each one's header, by tape
 * file and block.
 */
export function blockOffsets(drive: number): number[][] {
  const file = Deno.openSync(image(drive));
  try {
    const header = new Uint8Array(HEADER_BYTES);
    const view = new DataView(header.buffer);
    const files: number[][] = [[]];
    for (let offset = FIRST_HEADER;;) {
      file.seekSync(offset, Deno.SeekMode.Start);
      assert.equal(file.readSync(header), HEADER_BYTES);
      const type = view.getUint32(TYPE_FIELD);
      if (type === END_OF_DATA) break;
      if (type === FILEMARK) files.push([]);
      else files.at(-1)!.push(offset);
      offset = Number(view.getBigUint64(NEXT_FIELD));
    }
    return files;
  } finally {
    file.close();
  }
}

/** Overwrites bytes of a tape's image. */
export function overwriteImage(drive: number, offset: number, bytes: Uint8Array): void {
  const file = Deno.openSync(image(drive), { write: true });
  file.seekSync(offset, Deno.SeekMode.Start);
  file.writeSync(bytes);
  file.close();
}

/** Bytes of a block's header in an image; the block itself follows. */
export const HEADER_BYTES = 48;
const FIRST_HEADER = 1152;
const TYPE_FIELD = 12;
const NEXT_FIELD = 40;
const FILEMARK = 0x40;
const END_OF_DATA = 0x20;

function image(drive: number): string {
  return `/tape/${drive}/image`;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
