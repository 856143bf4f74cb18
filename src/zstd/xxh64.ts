/**
 * XXH64, the hash whose low 32 bits zstd puts at the end of a frame as its content checksum.
 *
 * @module
 */
import { XXH64_WASM } from "./xxh64_wasm.ts";

/** Exports of xxh64_assembly.ts. */
interface Xxh64Exports {
  memory: WebAssembly.Memory;
  INPUT: WebAssembly.Global;
  INPUT_BYTES: WebAssembly.Global;
  begin(seed: bigint): void;
  addStripes(length: number): void;
  finish(length: number, total: bigint): bigint;
}

const STRIPE_BYTES = 32;

const wasm = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.fromBase64(XXH64_WASM)))
  .exports as unknown as Xxh64Exports;
const input = new Uint8Array(wasm.memory.buffer, wasm.INPUT.value, wasm.INPUT_BYTES.value);

/**
 * The XXH64 of `data`, from 0 to 2^64 - 1.
 *
 * @param data bytes of any length; shared memory will do
 * @param seed 64 bits; zstd uses 0
 */
export function xxh64(data: Uint8Array, seed = 0n): bigint {
  wasm.begin(seed);
  const stripesEnd = data.length - data.length % STRIPE_BYTES;
  for (let at = 0; at < stripesEnd; at += input.length) {
    const piece = data.subarray(at, Math.min(at + input.length, stripesEnd));
    input.set(piece);
    wasm.addStripes(piece.length);
  }
  const rest = data.subarray(stripesEnd);
  input.set(rest);
  return BigInt.asUintN(64, wasm.finish(rest.length, BigInt(data.length)));
}
