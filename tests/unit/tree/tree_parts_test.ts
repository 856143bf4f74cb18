import assert from "node:assert/strict";
import fc from "fast-check";
import { allocateSharedPool, SharedPool } from "../../../src/archive/tar_source_pool.ts";
import type { NodeStat } from "../../../src/tree/file_tree.ts";
import { LinkMap } from "../../../src/tree/link_map.ts";
import { packNameList, packPaths, unpackPaths } from "../../../src/tree/name_list.ts";
import { pathsOverlap } from "../../../src/tree/operand.ts";
import { parseOwnerOption } from "../../../src/tree/owner_option.ts";
import { lossyText, matchingText, toBytes } from "../../../src/tree/path_text.ts";

function listed(packed: Uint8Array): string[] {
  return [...unpackPaths(packed)].map(lossyText);
}

Deno.test("path lists come back as they were packed", () => {
  assert.deepEqual(listed(packPaths(["a", toBytes("b c"), "d\n"])), ["a", "b c", "d\n"]);
  assert.deepEqual(listed(packPaths([])), []);
});

Deno.test("name lists are split at newlines, or at zero bytes where there are any", () => {
  assert.deepEqual(listed(packNameList(toBytes("a\n\nb c\\n\n#d"))), ["a", "b c\\n", "#d"]);
  assert.deepEqual(listed(packNameList(toBytes("a\nb\0c\0"))), ["a\nb", "c"]);
  assert.deepEqual(listed(packNameList(toBytes("a\nb"), true)), ["a\nb"]);
  assert.deepEqual(listed(packNameList(new Uint8Array(0))), []);
});

function overlap(paths: string[], base = "."): boolean {
  return pathsOverlap([{ base: toBytes(base), paths: packPaths(paths) }]);
}

Deno.test("overlapping paths are recognised by their texts", () => {
  assert.ok(overlap(["a", "a"]));
  assert.ok(overlap(["a", "./a/"]));
  assert.ok(overlap(["a/b/c", "a"]));
  assert.ok(overlap([".", "x"]));
  assert.ok(overlap(["/", "/x"]));
  assert.ok(!overlap(["a", "ab", "b/a"]));
  assert.ok(!overlap(["a"]));
  assert.ok(!overlap(["/a", "a"]));
  const group = { base: toBytes("x"), paths: packPaths(["a"]) };
  assert.ok(pathsOverlap([group, group]));
  assert.ok(!pathsOverlap([group, { ...group, base: toBytes("y") }]));
});

Deno.test("matching text keeps different bytes different", () => {
  const bytes = fc.uint8Array({ maxLength: 12 });
  const likely = fc.array(fc.constantFrom(0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xed, 0xf0, 0x9f));
  const any = fc.oneof(bytes, likely.map((list) => Uint8Array.from(list)));
  fc.assert(fc.property(any, any, (a, b) => {
    assert.equal(matchingText(a) === matchingText(b), a.toHex() === b.toHex());
  }));
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
    assert.equal(matchingText(toBytes(text)), text);
  }));
});

function node(device: number, inodeHigh: number, inodeLow: number): NodeStat {
  return { device, inodeHigh, inodeLow } as NodeStat;
}

Deno.test("the link map tells nodes apart by device and both halves of the inode", () => {
  const map = new LinkMap();
  const nodes = [node(0, 0, 0), node(1, 0, 0), node(0, 1, 0), node(0, 0, 1), node(2 ** 43, 9, 9)];
  for (const [index, each] of nodes.entries()) {
    assert.equal(map.find(each), undefined);
    map.add(each, toBytes(`path ${index}`));
  }
  for (const [index, each] of nodes.entries()) {
    assert.equal(lossyText(map.find(each)!), `path ${index}`);
  }
});

Deno.test("the link map tells nodes apart that share all but one part of their identity", () => {
  for (
    const make of [
      (index: number) => node(index, 5, 6),
      (index: number) => node(5, index, 6),
      (index: number) => node(5, 6, index),
      (index: number) => node(index % 3, index % 7, index),
    ]
  ) {
    const map = new LinkMap();
    for (let index = 0; index < 5000; index++) assert.equal(map.find(make(index)), undefined);
    for (let index = 0; index < 5000; index += 8) map.add(make(index), toBytes(String(index)));
    for (let index = 0; index < 5000; index++) {
      const found = map.find(make(index));
      assert.equal(found && lossyText(found), index % 8 === 0 ? String(index) : undefined);
    }
  }
});

Deno.test("the link map keeps 200,000 links in less than 40 MB", () => {
  const map = new LinkMap();
  const path = toBytes("usr/share/some/directory/of/usual/depth/with/a/name/like/this/000000");
  for (let inode = 0; inode < 200_000; inode++) map.add(node(7, 0, inode * 3), path);
  for (let inode = 0; inode < 200_000; inode += 997) {
    assert.equal(map.find(node(7, 0, inode * 3))!.length, path.length);
    assert.equal(map.find(node(7, 0, inode * 3 + 1)), undefined);
  }
  assert.ok(map.byteLength < 40e6, `${map.byteLength} bytes`);
});

Deno.test("owners are read as GNU tar reads them", () => {
  const lookup = {
    id: (name: Uint8Array) => ({ root: 0, "12": 99 } as Record<string, number>)[lossyText(name)],
    name: (id: number) => toBytes(id === 5 ? "five" : ""),
  };
  const parsed = (text: string) => {
    const { id, name } = parseOwnerOption(text, "--owner", lookup);
    return [id, name && lossyText(name)];
  };
  assert.deepEqual(parsed("root"), [0, "root"]);
  assert.deepEqual(parsed("12"), [99, "12"]);
  assert.deepEqual(parsed("+12"), [12, ""]);
  assert.deepEqual(parsed("5"), [5, "five"]);
  assert.deepEqual(parsed("some:77"), [77, "some"]);
  assert.deepEqual(parsed(":77"), [77, undefined]);
  assert.deepEqual(parsed("4294967295"), [4294967295, ""]);
  for (const bad of ["", "who", "a:b", "a:", "-1", "1.5", "4294967296", "0x10"]) {
    assert.throws(() => parsed(bad), { code: "usage" }, bad);
  }
});

Deno.test("the shared pool lends each buffer once and stops when told to", () => {
  const parts = allocateSharedPool(2, 16);
  const [mine, theirs] = [new SharedPool(parts), new SharedPool(parts)];
  const first = mine.acquire();
  const second = mine.acquire();
  assert.notEqual(first.slot, second.slot);
  first.buffer[3] = 42;
  assert.equal(theirs.view(first.slot)[3], 42);
  theirs.release(first.slot);
  assert.equal(mine.acquire().slot, first.slot);
  theirs.stop();
  assert.throws(() => mine.acquire(), { code: "interrupted" });
  assert.throws(() => mine.checkpoint(), { code: "interrupted" });
});
