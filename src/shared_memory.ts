/**
 * Memory that threads share, and copying from one such memory to another.
 *
 * `TypedArray.set` copies shared memory byte by byte, at a quarter of the speed, unless source and
 * target lie alike within a word; a few WebAssembly instructions do not care. They need to know the
 * memories, so those made here are remembered by their buffers.
 *
 * @module
 */

import { COPY_WASM } from "./shared_memory_wasm.ts";

const WASM_PAGE_BYTES = 65536;
/** WebAssembly's limit: 4 GiB. */
const MAX_PAGES = 65536;
/** Each WebAssembly memory reserves gigabytes of addresses, so little memory does without. */
const MIN_WASM_BYTES = 512 * 1024;
/** Less is copied as fast without. */
const MIN_COPY_BYTES = 128;

type Copy = (to: number, from: number, length: number) => void;

/** Shared buffers that are WebAssembly memories. */
const memories = new WeakMap<ArrayBufferLike, WebAssembly.Memory>();
/** What copies, by target and source. */
const copies = new WeakMap<WebAssembly.Memory, WeakMap<WebAssembly.Memory, Copy>>();
/** Null where the engine lacks an instruction; undefined before it was asked. */
let copyModule: WebAssembly.Module | null | undefined;

/** `bytes` bytes of shared memory, all 0. Begins on a page boundary unless it is little. */
export function allocateShared(bytes: number): SharedArrayBuffer {
  const pages = Math.ceil(bytes / WASM_PAGE_BYTES);
  if (bytes < MIN_WASM_BYTES || pages > MAX_PAGES) return new SharedArrayBuffer(bytes);
  try {
    return bufferOf(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
  } catch (error) {
    // Where addresses are limited (ulimit -v) the bytes themselves may still be had.
    if (error instanceof RangeError) return new SharedArrayBuffer(bytes);
    throw error;
  }
}

/** The buffer of a shared memory, which is remembered to be that memory's. */
export function bufferOf(memory: WebAssembly.Memory): SharedArrayBuffer {
  const buffer = memory.buffer as unknown as SharedArrayBuffer;
  memories.set(buffer, memory);
  return buffer;
}

/**
 * Copies bytes, fast between shared memories. It remembers the last pair, because most calls follow
 * one with the same, and so keeps that much memory alive.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { allocateShared, MemoryCopier } from "./shared_memory.ts";
 *
 * const [one, other] = [1, 2].map(() => new Uint8Array(allocateShared(1 << 20)));
 * one.fill(7);
 * new MemoryCopier().copy(other, 3, one, 0, 1000);
 * assert.equal(other.indexOf(7), 3);
 * assert.equal(other.lastIndexOf(7), 1002);
 * ```
 */
export class MemoryCopier {
  #target: ArrayBufferLike | undefined;
  #source: ArrayBufferLike | undefined;
  #copy: Copy | undefined;

  /**
   * Copies bytes `start` to `end` of `source` to where they begin at `offset` in `target`. The two
   * must not overlap.
   *
   * @throws {RangeError} when they do not fit
   */
  copy(target: Uint8Array, offset: number, source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    const isThere = start >= 0 && start <= end && end <= source.length;
    if (!isThere || offset < 0 || offset + length > target.length) {
      throw new RangeError(
        `bytes ${start} to ${end} of ${source.length} do not fit at ${offset} of ${target.length}`,
      );
    }
    if (length >= MIN_COPY_BYTES) {
      if (this.#target !== target.buffer || this.#source !== source.buffer) {
        this.#target = target.buffer;
        this.#source = source.buffer;
        this.#copy = findCopy(this.#target, this.#source);
      }
      if (this.#copy !== undefined) {
        this.#copy(target.byteOffset + offset, source.byteOffset + start, length);
        return;
      }
    }
    target.set(source.subarray(start, end), offset);
  }
}

function findCopy(target: ArrayBufferLike, source: ArrayBufferLike): Copy | undefined {
  const [to, from] = [memories.get(target), memories.get(source)];
  if (to === undefined || from === undefined) return undefined;
  let bySource = copies.get(to);
  if (bySource === undefined) copies.set(to, bySource = new WeakMap());
  let copy = bySource.get(from);
  if (copy === undefined) {
    copy = instantiate(to, from);
    if (copy !== undefined) bySource.set(from, copy);
  }
  return copy;
}

function instantiate(target: WebAssembly.Memory, source: WebAssembly.Memory): Copy | undefined {
  if (copyModule === undefined) {
    const bytes = Uint8Array.fromBase64(COPY_WASM);
    copyModule = WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
  }
  if (copyModule === null) return undefined;
  const { exports } = new WebAssembly.Instance(copyModule, { env: { target, source } });
  return exports.copy as Copy;
}
