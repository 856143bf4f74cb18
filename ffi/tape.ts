/**
 * The system calls of a tape drive: open, close, read, write and the st driver's ioctls. They block
 * the thread they are made on, so each drive has a thread of its own. x86-64 and arm64 Linux.
 *
 * @module
 */

import { MTGET_BYTES, parseMtget, type StCalls } from "../src/tape/st_abi.ts";
import { O_CLOEXEC, O_NONBLOCK } from "./flags.ts";
import { cPath } from "./libc.ts";

const SIGNATURES = {
  __errno_location: { parameters: [], result: "pointer" },
  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const MTIOCTOP = 0x40086d01n;
const MTIOCGET = 0x80306d02n;
const MTIOCPOS = 0x80086d03n;
const O_RDONLY = 0;
const O_RDWR = 2;
const EINTR = 4;
const EBADF = 9;

/** Bytes of a memory page as the driver sees it; arm64 may have larger ones. */
const PAGE_BYTES = 64 * 1024;

/**
 * Shared memory of `bytes` bytes that begins at a page, so that the driver moves blocks to and
 * from it without copying.
 */
export function pageAlignedBuffer(bytes: number): Uint8Array<SharedArrayBuffer> {
  const buffer = new SharedArrayBuffer(bytes + PAGE_BYTES);
  const address = addressOf(new Uint8Array(buffer));
  return new Uint8Array(buffer, (PAGE_BYTES - address % PAGE_BYTES) % PAGE_BYTES, bytes);
}

/** Whether the bytes are shared memory that the driver takes without copying. */
export function isPageAligned(bytes: Uint8Array): boolean {
  return bytes.buffer instanceof SharedArrayBuffer && addressOf(bytes) % 4096 === 0;
}

function addressOf(bytes: Uint8Array): number {
  const pointer = Deno.UnsafePointer.of(bytes as Uint8Array<ArrayBuffer>);
  return Number(Deno.UnsafePointer.value(pointer));
}

/** The calls on one drive, on this thread. */
export class SystemStCalls implements StCalls {
  readonly #libc = Deno.dlopen("libc.so.6", SIGNATURES).symbols;
  readonly #operation = new DataView(new ArrayBuffer(8));
  readonly #status = new Uint8Array(MTGET_BYTES);
  readonly #position = new BigUint64Array(1);
  #fd = -1;

  /** @inheritdoc */
  open(path: string, flags: { write: boolean; wait: boolean }): number {
    const mode = (flags.write ? O_RDWR : O_RDONLY) | (flags.wait ? 0 : O_NONBLOCK) | O_CLOEXEC;
    const name = cPath(path);
    const fd = this.#again(() => this.#libc.open(name, mode, 0));
    if (fd < 0) return fd;
    this.#fd = fd;
    return 0;
  }

  /** @inheritdoc */
  close(): number {
    if (this.#fd < 0) return -EBADF;
    const result = this.#result(this.#libc.close(this.#fd));
    this.#fd = -1;
    return result;
  }

  /** @inheritdoc */
  read(buffer: Uint8Array): number {
    return this.#result(
      Number(this.#libc.read(this.#fd, buffer as Uint8Array<ArrayBuffer>, BigInt(buffer.length))),
    );
  }

  /** @inheritdoc */
  write(block: Uint8Array): number {
    return this.#result(
      Number(this.#libc.write(this.#fd, block as Uint8Array<ArrayBuffer>, BigInt(block.length))),
    );
  }

  /** @inheritdoc */
  operate(operation: number, count: number): number {
    this.#operation.setInt16(0, operation, true);
    this.#operation.setInt32(4, count, true);
    return this.#result(this.#libc.ioctl(this.#fd, MTIOCTOP, this.#operation.buffer));
  }

  /** @inheritdoc */
  status() {
    const result = this.#result(this.#libc.ioctl(this.#fd, MTIOCGET, this.#status));
    return result < 0 ? result : parseMtget(this.#status);
  }

  /** @inheritdoc */
  logical(): number {
    const result = this.#result(this.#libc.ioctl(this.#fd, MTIOCPOS, this.#position));
    return result < 0 ? result : Number(this.#position[0] & 0xffff_ffffn);
  }

  #again(call: () => number): number {
    while (true) {
      const result = this.#result(call());
      if (result !== -EINTR) return result;
    }
  }

  /** The error number is this thread's, and the next call may change it: read it at once. */
  #result(result: number): number {
    if (result >= 0) return result;
    const location = this.#libc.__errno_location();
    return location === null ? -5 : -new Deno.UnsafePointerView(location).getInt32();
  }
}
