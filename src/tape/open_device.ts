/**
 * From what an operator types to a drive: a device node, a tape image, or a mock.
 *
 * @module
 */

import { isCharacterDevice, readDriverFile, resolvedPath } from "../../ffi/device_node.ts";
import { EctarError } from "../errors.ts";
import type { TapeDevice } from "./device.ts";
import { driveError } from "./drive_error.ts";
import { openImage } from "./image_open.ts";
import { type DriveThread, LinuxTapeDevice } from "./linux_device.ts";
import type { DriveTimeouts } from "./timed_device.ts";

/** How tape devices are opened; all parts are optional. */
export interface OpenTapeOptions {
  /** Image files: bytes they may grow to. Default: no limit. */
  capacityBytes?: number;
  /** Image files: bytes before the capacity at which early warning begins. Default: 1/32 of it. */
  earlyWarningBytes?: number;
  /** Drives: how long a loading tape is waited for, in milliseconds. Default: 150 minutes. */
  loadTimeoutMs?: number;
  /** Drives: how long one may be silent, two and a half minutes at least while a tape loads. */
  timeouts?: Partial<DriveTimeouts>;
  /** Told what is being waited for, and what is not as it should be: one line each. */
  onNotice?: (text: string) => void;
  /** Gives the device of a spec of the form `mock:NAME`; needs no permission. */
  mocks?: (name: string) => TapeDevice | undefined;
}

/** "status" opens without waiting for a tape, and only `status` and `close` can be called. */
export type OpenTapeMode = "read" | "write" | "status";

/** First load of a new LTO-9 or later cartridge takes up to two hours. */
const LOAD_TIMEOUT_MS = 150 * 60_000;

/**
 * Opens a tape device.
 *
 * @param spec `/dev/nst0`, `/dev/tape/by-id/…-nst`, the path of a tape image (`t0.tap`), or
 * `mock:NAME`. An image that is to be written and is not there is a blank tape.
 * @param mode what will be done with it
 * @returns the device; a tape in a drive stays where it stands, an image is at its beginning
 * @throws {EctarError} `not-found`, `permission` (also busy and write-protected), `usage` (a
 * rewinding node, or no tape drive), `format` (a file that is no tape image)
 */
export async function openTapeDevice(
  spec: string,
  mode: OpenTapeMode,
  options: OpenTapeOptions = {},
): Promise<TapeDevice> {
  if (spec.startsWith("mock:")) return openMock(spec, options);
  if (!isDevice(spec)) {
    const { capacityBytes, earlyWarningBytes } = options;
    return openImage(spec, {
      mode,
      ...(capacityBytes === undefined ? {} : { capacityBytes }),
      ...(earlyWarningBytes === undefined ? {} : { earlyWarningBytes }),
    });
  }
  return await openDrive(spec, mode, options);
}

/**
 * Opens a device node; see {@link openTapeDevice}.
 *
 * @param thread makes the drive's calls; a Worker unless a test gives another
 */
export async function openDrive(
  spec: string,
  mode: OpenTapeMode,
  options: Pick<OpenTapeOptions, "loadTimeoutMs" | "timeouts" | "onNotice">,
  thread?: DriveThread,
): Promise<LinuxTapeDevice> {
  const { loadTimeoutMs = LOAD_TIMEOUT_MS, timeouts, onNotice } = options;
  const node = nonRewindingNode(spec);
  return await LinuxTapeDevice.open({
    name: spec,
    node,
    mode,
    driverOptions: driverOptions(node),
    loadTimeoutMs,
    ...(timeouts === undefined ? {} : { timeouts }),
    ...(onNotice === undefined ? {} : { onNotice }),
  }, thread);
}

/**
 * Refuses nodes that rewind when they are closed: the next archive would overwrite the last.
 *
 * @param spec as the operator named it
 * @param node the node it leads to
 * @throws {EctarError} `usage`, naming the node to use instead
 */
export function refuseRewindingNode(spec: string, node: string): void {
  const rewinding = /\/st(\d+[alm]?)$/.exec(node);
  if (rewinding === null) return;
  const instead = /^\/dev\/tape\/by-[a-z]+\//.test(spec)
    ? `${spec}-nst`
    : node.replace(/st\d+[alm]?$/, `nst${rewinding[1]}`);
  throw new EctarError(
    "usage",
    `${spec} rewinds the tape whenever it is closed; use ${instead}`,
    { drive: spec },
  );
}

function openMock(spec: string, options: OpenTapeOptions): TapeDevice {
  const device = options.mocks?.(spec.slice("mock:".length));
  if (device !== undefined) return device;
  throw new EctarError("not-found", `${spec}: no such mock drive`, { drive: spec });
}

function nonRewindingNode(spec: string): string {
  const node = resolvedPath(spec);
  refuseRewindingNode(spec, node);
  return node;
}

/** Whether the spec is a device node, there or not, and so is no file to make an image of. */
function isDevice(spec: string): boolean {
  try {
    return Deno.statSync(spec).isCharDevice === true;
  } catch (error) {
    // Deno refuses /dev to a program without all permissions. Images need no permission for FFI.
    if (error instanceof Deno.errors.NotCapable) return isDeviceNode(spec);
    if (!(error instanceof Deno.errors.NotFound)) throw toDriveError(spec, error);
    if (!spec.startsWith("/dev/")) return false;
    if (spec.startsWith("/dev/shm/")) return false;
    throw driveError(spec, "opening", "ENOENT");
  }
}

const NO_IMAGE_THERE = "and an image cannot lie below /dev, /proc and /sys";

function isDeviceNode(spec: string): boolean {
  let isDrive: boolean;
  try {
    isDrive = isCharacterDevice(spec);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ENOENT") throw toDriveError(spec, error);
    throw new EctarError("not-found", `${spec}: no such drive (ENOENT), ${NO_IMAGE_THERE}`, {
      drive: spec,
      errno: "ENOENT",
    });
  }
  if (isDrive) return true;
  throw new EctarError("usage", `${spec} is no tape drive, ${NO_IMAGE_THERE}`, { drive: spec });
}

function toDriveError(spec: string, error: unknown): unknown {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? driveError(spec, "opening", code) : error;
}

/** The st driver's options, undefined where they cannot be read. */
function driverOptions(node: string): number | undefined {
  const name = node.replace(/^.*\//, "");
  const text = readDriverFile(`/sys/class/scsi_tape/${name}/options`);
  const options = Number(text?.trim());
  return Number.isNaN(options) ? undefined : options;
}
