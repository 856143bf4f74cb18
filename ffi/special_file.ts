/**
 * Reads files that Deno refuses with anything but all permissions: those below /dev and /proc, such
 * as the pipe that a shell names /dev/fd/63.
 *
 * @module
 */

import { EctarError } from "../src/errors.ts";

const READ_BYTES = 64 * 1024;

/**
 * Content of the file at `path`, to its end. Other work goes on meanwhile.
 *
 * @throws {EctarError} `io`; why is not known, as these calls are made on another thread
 * @throws {Deno.errors.NotCapable} without `--allow-ffi`
 */
export async function readSpecialFile(path: string): Promise<Uint8Array> {
  const library = Deno.dlopen("libc.so.6", {
    open: { parameters: ["buffer", "i32"], result: "i32", nonblocking: true },
    read: { parameters: ["i32", "buffer", "usize"], result: "isize", nonblocking: true },
    close: { parameters: ["i32"], result: "i32" },
  });
  const { open, read, close } = library.symbols;
  const descriptor = await open(new TextEncoder().encode(`${path}\0`), 0);
  if (descriptor < 0) throw new EctarError("io", `cannot open ${path}`);
  try {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    while (true) {
      const buffer = new Uint8Array(READ_BYTES);
      const got = Number(await read(descriptor, buffer, BigInt(READ_BYTES)));
      if (got < 0) throw new EctarError("io", `cannot read ${path}`);
      if (got === 0) return new Uint8Array(await new Blob(parts).arrayBuffer());
      parts.push(buffer.subarray(0, got));
    }
  } finally {
    close(descriptor);
    library.close();
  }
}
