import assert from "node:assert/strict";
import { estimateTarSize } from "../../../src/archive/tar_size.ts";
import { memoryDirectory, memoryFile } from "../../../src/tree/memory_node.ts";
import { MemoryFileTree } from "../../../src/tree/memory_tree.ts";
import { optionsFor, produce } from "../tree/source_harness.ts";

const MIB = 1024 * 1024;

function file(bytes: number) {
  return memoryFile("x".repeat(bytes), { mtimeNs: 1_500_000_001n });
}

Deno.test("the size told ahead is about that of the tar", () => {
  const shared = file(300_000);
  const tree = new MemoryFileTree(memoryDirectory({
    d: memoryDirectory({
      ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`small${i}`, file(i * 100)])),
      large: file(2 * MIB + 1),
      one: shared,
      other: shared,
      left: memoryDirectory({ out: file(MIB) }),
      link: { kind: "symlink", target: "large" },
      sparse: {
        kind: "file",
        segments: { size: 80 * MIB, data: [{ offset: MIB, data: new Uint8Array(100_000) }] },
      },
    }),
  }));
  const options = optionsFor(["d"], { exclude: { patterns: ["left"] } });
  const { tar } = produce(tree, options);
  const told = estimateTarSize(tree, options);
  assert.ok(Math.abs(told - tar.length) < 0.05 * tar.length, `${told} for ${tar.length}`);
});

Deno.test("what cannot be looked at is left out of the size, and fails nothing", () => {
  const tree = new MemoryFileTree(memoryDirectory({
    gone: memoryFile("x", { faults: { vanished: true } }),
    here: memoryFile("x"),
  }));
  assert.ok(estimateTarSize(tree, optionsFor(["."])) < 10_000);
});
