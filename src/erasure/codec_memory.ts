/**
 * Hands out stretches of one shared WebAssembly memory. It is shared so that views of it may go to
 * Workers, system calls and file writes without a copy, and stay valid when it grows.
 *
 * @module
 */
import { EctarError } from "../errors.ts";
import { bufferOf } from "../shared_memory.ts";

const PAGE_BYTES = 65536;
/** Least growth: the memory is grown seldom, and pages that nobody touches cost nothing. */
const GROWTH_BYTES = 16 * 1024 * 1024;
/** What a stretch starts on a multiple of, so that devices can take it as it is. */
const ALIGNMENT_BYTES = 4096;

/** Most bytes one codec can have in use: 1 GiB, the maximum the kernels are built with. */
export const CODEC_MEMORY_MAX_BYTES = 1024 * 1024 * 1024;

interface Stretch {
  start: number;
  end: number;
}

/** A shared memory and which stretches of it are free. */
export class CodecMemory {
  /** What a kernel imports. */
  readonly memory: WebAssembly.Memory = new WebAssembly.Memory({
    initial: 1,
    maximum: CODEC_MEMORY_MAX_BYTES / PAGE_BYTES,
    shared: true,
  });
  /** Rising and never adjacent. The first page stays unused: no address is 0. */
  #free: Stretch[] = [];
  #size = PAGE_BYTES;

  /**
   * Address of `bytes` bytes that nobody else has, of unknown content.
   *
   * @throws {EctarError} `usage` when more than `CODEC_MEMORY_MAX_BYTES` would be in use
   */
  allocate(bytes: number): number {
    const wanted = roundUp(bytes, ALIGNMENT_BYTES);
    let at = this.#free.findIndex(({ start, end }) => end - start >= wanted);
    if (at < 0) {
      this.#grow(wanted);
      at = this.#free.length - 1;
    }
    const stretch = this.#free[at];
    const address = stretch.start;
    stretch.start += wanted;
    if (stretch.start === stretch.end) this.#free.splice(at, 1);
    return address;
  }

  /** Takes back what `allocate(bytes)` returned. */
  free(address: number, bytes: number): void {
    this.#addFree({ start: address, end: address + roundUp(bytes, ALIGNMENT_BYTES) });
  }

  /** A view that stays valid for ever, even when the memory grows. */
  bytes(address: number, length: number): Uint8Array<SharedArrayBuffer> {
    return new Uint8Array(bufferOf(this.memory), address, length);
  }

  #grow(wanted: number): void {
    const last = this.#free.at(-1);
    const atEnd = last !== undefined && last.end === this.#size ? last.end - last.start : 0;
    const missing = roundUp(wanted - atEnd, PAGE_BYTES);
    const room = CODEC_MEMORY_MAX_BYTES - this.#size;
    if (missing > room) {
      throw new EctarError(
        "usage",
        `shard buffers need more than ${CODEC_MEMORY_MAX_BYTES} bytes together`,
        { hint: "use a smaller buffer size or fewer shards" },
      );
    }
    const growth = Math.min(room, Math.max(missing, GROWTH_BYTES));
    this.memory.grow(growth / PAGE_BYTES);
    this.#addFree({ start: this.#size, end: this.#size + growth });
    this.#size += growth;
  }

  #addFree(stretch: Stretch): void {
    const after = this.#free.findIndex(({ start }) => start > stretch.start);
    const at = after < 0 ? this.#free.length : after;
    const before = this.#free[at - 1];
    const next = this.#free[at];
    const joinsBefore = before?.end === stretch.start;
    const joinsNext = next?.start === stretch.end;
    const joined = {
      start: joinsBefore ? before.start : stretch.start,
      end: joinsNext ? next.end : stretch.end,
    };
    this.#free.splice(at - Number(joinsBefore), Number(joinsBefore) + Number(joinsNext), joined);
  }
}

/** `value` rounded up to a multiple of `unit`. */
export function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
