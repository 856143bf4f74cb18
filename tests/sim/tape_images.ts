/** Tapes as SIMH images in memory, torn and garbled as files are. */

import { ImageTapeDevice } from "../../src/tape/image_device.ts";
import { concat } from "../bytes.ts";
import { MemoryImage } from "../unit/tape/memory_image.ts";
import { FILEMARK, type TapeMedium } from "../mocks.ts";
import type { Random } from "./random.ts";

/** The image of a tape. */
export function imageOf(medium: TapeMedium): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const record of medium.records) {
    const length = record === FILEMARK ? 0 : record.length;
    const word = new Uint8Array(4);
    new DataView(word.buffer).setUint32(0, length, true);
    if (record === FILEMARK) parts.push(word);
    else parts.push(word, record, new Uint8Array(length % 2), word);
  }
  return concat(parts);
}

/** The image cut short, or with wrong bytes in it. */
export function damagedImage(random: Random, image: Uint8Array): Uint8Array {
  if (image.length === 0) return image;
  if (random.chance(0.4)) return image.slice(0, random.int(0, image.length));
  const damaged = image.slice();
  for (let count = random.int(1, 20); count > 0; count--) {
    damaged[random.int(0, image.length - 1)] ^= random.int(1, 255);
  }
  return damaged;
}

/** A drive with an image in it. */
export function imageDrive(name: string, bytes: Uint8Array): ImageTapeDevice {
  const file = new MemoryImage(bytes);
  return new ImageTapeDevice(name, file, () => {
    throw new Error("reading writes");
  });
}
