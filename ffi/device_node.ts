/**
 * Looks at device nodes and the driver's files in /sys. Deno's own calls refuse everything below
 * /dev and /sys to a program that does not have all permissions.
 *
 * @module
 */

import { AT_FDCWD, O_CLOEXEC } from "./flags.ts";
import { cPath, errno, errorName, libc } from "./libc.ts";
import { statPath } from "./stat.ts";

const PATH_BYTES = 4096;

/**
 * Whether `path` leads to a character device.
 *
 * @throws {Error} with the system's `code`, such as `ENOENT`
 */
export function isCharacterDevice(path: string): boolean {
  const stat = statPath(AT_FDCWD, cPath(path), true);
  if (stat === undefined) throw systemError(path);
  return stat.kind === "char-device";
}

/**
 * The path without symbolic links.
 *
 * @throws {Error} with the system's `code`
 */
export function resolvedPath(path: string): string {
  // Loaded before the call: loading may change the error number.
  libc();
  const library = Deno.dlopen("libc.so.6", {
    realpath: { parameters: ["buffer", "buffer"], result: "pointer" },
  });
  try {
    const resolved = new Uint8Array(PATH_BYTES);
    if (library.symbols.realpath(cPath(path), resolved) === null) throw systemError(path);
    return new TextDecoder().decode(resolved.subarray(0, resolved.indexOf(0)));
  } finally {
    library.close();
  }
}

/** The beginning of a small file, or undefined where it cannot be read. */
export function readDriverFile(path: string): string | undefined {
  const descriptor = libc().open(cPath(path), O_CLOEXEC, 0);
  if (descriptor < 0) return undefined;
  const content = new Uint8Array(PATH_BYTES);
  const got = Number(libc().read(descriptor, content, BigInt(content.length)));
  libc().close(descriptor);
  return got < 0 ? undefined : new TextDecoder().decode(content.subarray(0, got));
}

function systemError(path: string): Error {
  const code = errorName(errno());
  return Object.assign(new Error(`${path}: ${code}`), { code });
}
