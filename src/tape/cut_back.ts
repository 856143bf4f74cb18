/**
 * Taking back an unfinished tape file.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { TapeDevice } from "./device.ts";

/**
 * Goes to where tape file `file` begins, behind the filemark that ends the file before it, and
 * commits all that stands before. What is written next takes the place of the unfinished file;
 * finished ones and their filemarks are never written again.
 *
 * @param device the drive; its tape stands somewhere in tape file `file`, perhaps half-written, or
 * right behind it
 * @param file number of the tape file that goes, at least 1
 * @throws {EctarError} when the place cannot be found for certain; then nothing was written
 */
export async function cutBack(device: TapeDevice, file: number): Promise<void> {
  if (!await standsAt(device, file)) await goBack(device, file);
  const { kind } = await device.writeFilemarks(0, false);
  if (kind === "end-of-medium") {
    throw new EctarError("no-space", `drive ${device.name}: no room to end the tape`, {
      drive: device.name,
      tapeFile: file,
      errno: "ENOSPC",
    });
  }
}

async function goBack(device: TapeDevice, file: number): Promise<void> {
  await device.spaceFiles(-1);
  // Drivers end an unfinished file themselves before they move back; then one filemark is ours.
  if ((await device.position()).file === file) await device.spaceFiles(-1);
  const before = (await device.position()).file === file - 1;
  // Right behind the filemark is the one place that all drives agree on.
  if (before && await device.spaceFiles(1) && await standsAt(device, file)) return;
  await device.rewind();
  if (await device.spaceFiles(file)) {
    const { file: at } = await device.position();
    if (at === undefined || at === file) return;
  }
  throw new EctarError(
    "io",
    `drive ${device.name}: cannot find the end of tape file ${file - 1} to go on behind it`,
    { drive: device.name, tapeFile: file },
  );
}

async function standsAt(device: TapeDevice, file: number): Promise<boolean> {
  const position = await device.position();
  return position.file === file && position.block === 0;
}
