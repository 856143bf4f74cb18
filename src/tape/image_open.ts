/**
 * Opening a file as a tape image, and never one that is something else.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { ImageTapeDevice, type ImageTapeOptions } from "./image_device.ts";
import { DiskImageFile, imageExists } from "./image_file.ts";
import { type ImageBytes, ImageWalk } from "./image_walk.ts";

/** Filemarks before the first block that still look like a tape: a file of zeros is none. */
const MAX_LEADING_FILEMARKS = 8;
/** Longest image that holds no block at all: filemarks, gaps and end markers. */
const MAX_BLOCKLESS_BYTES = 64;

/** How an image is opened. */
export interface OpenImageOptions extends ImageTapeOptions {
  /** "write" makes a missing file at the first write; "read" and "status" never change anything. */
  mode: "read" | "write" | "status";
}

/**
 * Opens the tape image at `path`.
 *
 * @returns the drive, the tape at its beginning
 * @throws {EctarError} `not-found` for a missing file that is to be read, `format` for a file that
 * is no tape image, `permission` when another program has it or the system refuses
 */
export function openImage(path: string, options: OpenImageOptions): ImageTapeDevice {
  const create = () => DiskImageFile.open(path, "create");
  if (!imageExists(path) && options.mode === "write") {
    requireFolder(path);
    return new ImageTapeDevice(path, undefined, create, options);
  }
  const file = DiskImageFile.open(path, options.mode === "write" ? "write" : "read");
  if (!isTapeImage(file)) {
    file.close();
    const message = `${path} is no tape image and is left alone; name a new file or a tape image`;
    throw new EctarError("format", message, { drive: path });
  }
  const writeProtected = options.writeProtected ?? isProtected(path, options.mode);
  return new ImageTapeDevice(path, file, create, { ...options, writeProtected });
}

/** What is only asked for its status tells what writing would meet. */
function isProtected(path: string, mode: OpenImageOptions["mode"]): boolean {
  if (mode !== "status") return mode === "read";
  return ((Deno.statSync(path).mode ?? 0) & 0o222) === 0;
}

/** Whether the bytes are a tape image, or nothing at all (a blank tape). */
export function isTapeImage(bytes: ImageBytes): boolean {
  if (bytes.size() === 0) return true;
  const walk = new ImageWalk(bytes);
  for (let marks = 0; marks <= MAX_LEADING_FILEMARKS; marks++) {
    const record = walk.next();
    if (record.kind === "block") return true;
    if (record.kind === "lost") return false;
    if (record.kind === "end") return isBlockless(bytes, record.start);
    walk.pass(record);
  }
  return false;
}

/** An unfinished first record is no proof of a tape; markers alone are one when they are few. */
function isBlockless(bytes: ImageBytes, end: number): boolean {
  const size = bytes.size();
  if (size > MAX_BLOCKLESS_BYTES) return false;
  if (end === size) return true;
  const word = new Uint8Array(4);
  return bytes.readSync(word, end) === 4 && word.every((byte) => byte === 0xff);
}

function requireFolder(path: string): void {
  const folder = path.replace(/[^/]*$/, "") || ".";
  try {
    if (Deno.statSync(folder).isDirectory) return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new EctarError("not-found", `${path}: there is no folder ${folder}`, { drive: path });
}
