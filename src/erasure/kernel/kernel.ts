/**
 * Chooses and instantiates the WebAssembly kernel. Three builds of one source do the same thing:
 * with relaxed SIMD (on x86 one instruction a shuffle), with plain SIMD, and byte by byte for
 * engines without SIMD.
 *
 * @module
 */
import { RELAXED_SIMD_WASM, SCALAR_WASM, SIMD_WASM } from "./kernel_wasm.ts";

/** Which build of the kernel runs. */
export type KernelName = "relaxed-simd" | "simd" | "scalar";

/** All builds, the fastest first. */
export const KERNEL_NAMES: readonly KernelName[] = ["relaxed-simd", "simd", "scalar"];

/** The kernel's functions; all addresses and lengths are bytes in the imported memory. */
export interface Kernel {
  /**
   * targets = matrix · sources. `sources` and `targets` are addresses of arrays of u32 addresses;
   * `tables` is laid out by `multiplicationTables`.
   */
  combine(
    sources: number,
    sourceCount: number,
    targets: number,
    targetCount: number,
    tables: number,
    length: number,
  ): void;
  /** Offset of the first byte in which two stretches differ, or `length`. */
  firstDifference(left: number, right: number, length: number): number;
}

const BASE64: Record<KernelName, string> = {
  "relaxed-simd": RELAXED_SIMD_WASM,
  "simd": SIMD_WASM,
  "scalar": SCALAR_WASM,
};

/** Compiled once; the modules are small enough for every engine to compile them synchronously. */
const modules = new Map<KernelName, WebAssembly.Module>();

/** Whether this engine can run a kernel: its bytes are valid only where all they use is known. */
export function isKernelSupported(name: KernelName): boolean {
  return modules.has(name) || WebAssembly.validate(Uint8Array.fromBase64(BASE64[name]));
}

/** The fastest kernel that this engine can run. */
export function fastestKernel(): KernelName {
  return KERNEL_NAMES.find(isKernelSupported) ?? "scalar";
}

/**
 * Instantiates a kernel over `memory`.
 *
 * @throws {WebAssembly.CompileError} when this engine does not support it
 */
export function instantiateKernel(name: KernelName, memory: WebAssembly.Memory): Kernel {
  let module = modules.get(name);
  if (module === undefined) {
    module = new WebAssembly.Module(Uint8Array.fromBase64(BASE64[name]));
    modules.set(name, module);
  }
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return exports as unknown as Kernel;
}
