/**
 * Taking back an unfinished tape file.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { TapeDevice } from "./device.ts";

/**
 * Ends the tape in front of tape file `file`: goes before the filemark that ends the file before
 * it and writes that filemark anew, synchronously. So the tape is cut off there and all that
 * remains is on the medium.
 *
 * @param device the drive; its tape stands somewhere in tape file `file`, perhaps half-written
 * @param file number of the tape file that goes, at least 1
 * @throws {EctarError} when the place cannot be found for certain; then nothing was written
 */
export async function cutBack(device: TapeDevice, file: number): Promise<void> {
  await device.spaceFiles(-1);
  let { file: at } = await device.position();
  // Drivers end an unfinished file themselves before they move back; then one filemark is ours.
  if (at === file) {
    await device.spaceFiles(-1);
    at = (await device.position()).file;
  }
  if (at === undefined) {
    await device.rewind();
    const found = await device.spaceFiles(file) && await device.spaceFiles(-1);
    at = found ? (await device.position()).file ?? file - 1 : undefined;
  }
  if (at !== file - 1) {
    throw new EctarError(
      "io",
      `drive ${device.name}: cannot find the end of tape file ${file - 1} to go on behind it`,
      { drive: device.name, tapeFile: file },
    );
  }
  const { kind } = await device.writeFilemarks(1, false);
  if (kind === "end-of-medium") {
    throw new EctarError("no-space", `drive ${device.name}: no room for a filemark`, {
      drive: device.name,
      tapeFile: file,
      errno: "ENOSPC",
    });
  }
}
