/**
 * V8 and the C++ libraries compiled with it. The Rust package `v8` has their sources without their
 * licence files, so the texts come from Node.js, which contains V8 as well and lists them.
 *
 * @module
 */

/** A part that the package `v8` compiles. */
export interface V8Part {
  name: string;
  /** Its licence, as SPDX names it. */
  license: string;
  /** Folder in the package `v8`; it must be there. */
  folder: string;
  /** Name in Node's list of licences, where it has the part. */
  inNode?: string;
}

/** All of them. */
export const V8_PARTS: readonly V8Part[] = [
  { name: "V8", license: "BSD-3-Clause", folder: "v8/src", inNode: "V8" },
  { name: "SipHash", license: "MIT", folder: "v8/third_party/siphash", inNode: "SipHash" },
  {
    name: "inspector_protocol",
    license: "BSD-3-Clause",
    folder: "v8/third_party/inspector_protocol",
    inNode: "inspector_protocol",
  },
  { name: "ICU", license: "Unicode-3.0", folder: "third_party/icu", inNode: "ICU" },
  { name: "simdutf", license: "MIT", folder: "third_party/simdutf", inNode: "simdutf" },
  { name: "Abseil", license: "Apache-2.0", folder: "third_party/abseil-cpp" },
  { name: "Highway", license: "Apache-2.0 OR BSD-3-Clause", folder: "third_party/highway" },
  {
    name: "dragonbox",
    license: "Apache-2.0 WITH LLVM-exception OR BSL-1.0",
    folder: "third_party/dragonbox",
  },
  {
    name: "fast_float",
    license: "MIT OR Apache-2.0 OR BSL-1.0",
    folder: "third_party/fast_float",
  },
  { name: "FP16", license: "MIT", folder: "third_party/fp16" },
  {
    name: "PartitionAlloc (the Chromium Authors)",
    license: "BSD-3-Clause",
    folder: "third_party/partition_alloc",
  },
  {
    name: "libc++, libc++abi, libunwind, LLVM libc",
    license: "Apache-2.0 WITH LLVM-exception",
    folder: "third_party/libc++",
  },
];

/**
 * The section of Node's licence file about `part`.
 *
 * @throws {Error} when there is none
 */
export function sectionOf(nodeLicence: string, part: string): string {
  const sections = nodeLicence.split(/^(?=- .*, located at .*, is licensed as follows:$)/m);
  const found = sections.find((section) => section.startsWith(`- ${part}, located at`));
  if (found === undefined) throw new Error(`Node's licence file says nothing of ${part}`);
  const lines = found.split("\n").slice(1).filter((line) => !/^ *"""$/.test(line));
  return lines.map((line) => line.replace(/^ {4}/, "")).join("\n").trim();
}
