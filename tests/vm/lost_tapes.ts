/**
 * The ways in which a tape of a set may be missing, and what ectar says of each.
 *
 * @module
 */

import { blankTapes, devices, emptyDrive, loadTape, refillDrive } from "./drives.ts";

/** One way. */
export interface Loss {
  /** Whether the drive is named at all. */
  named: boolean;
  /** Takes the tape away. */
  lose(drive: number): void;
  /** Brings the tape `NAME.DRIVE` back. */
  bringBack(drive: number, name: string): void;
  /** What must be said of the drive. */
  said: RegExp;
}

const reload = (drive: number, name: string) => loadTape(`${name}.${drive}`, drive);

/** All ways. Tapes of another archive must have been saved as `other.0` and so on. */
export const LOSSES: Readonly<Record<string, Loss>> = {
  absent: { named: false, lose: () => {}, bringBack: () => {}, said: /^/ },
  empty: {
    named: true,
    lose: emptyDrive,
    bringBack: refillDrive,
    said: /no tape is in the drive/,
  },
  blank: { named: true, lose: blankTapes, bringBack: reload, said: /a blank tape/ },
  foreign: {
    named: true,
    lose: (drive) => loadTape(`other.${drive}`, drive),
    bringBack: reload,
    said: /shard \d of \d .*other/,
  },
};

/** The drives to name where some have lost their tapes in this way. */
export function namedDrives({ named }: Loss, all: readonly number[], lost: readonly number[]) {
  return devices(...all.filter((drive) => named || !lost.includes(drive)));
}
