import assert from "node:assert/strict";
import { PathSelector, type SelectionOptions } from "../../../src/tree/path_selector.ts";
import { toBytes } from "../../../src/tree/path_text.ts";

function selects(options: SelectionOptions, path: string): boolean {
  return new PathSelector(options).selects(toBytes(path), false);
}

Deno.test("without names everything is selected", () => {
  assert.ok(selects({}, "a/b"));
  assert.ok(!selects({ files: [] }, "a/b"));
});

Deno.test("a name selects its member and what is below", () => {
  const files = ["a/b", "c/"];
  assert.ok(selects({ files }, "a/b"));
  assert.ok(selects({ files }, "a/b/c/d"));
  assert.ok(selects({ files }, "./a/b"));
  assert.ok(selects({ files }, "c"));
  assert.ok(!selects({ files }, "a"));
  assert.ok(!selects({ files }, "a/bb"));
  assert.ok(!selects({ files }, "x/a/b"));
  assert.ok(selects({ files: ["./a"] }, "a/b"));
  assert.ok(selects({ files: ["/a/b"] }, "a/b/c"), "as it was named to create");
  assert.ok(selects({ files: ["/*.txt"] }, "a.txt"));
  assert.ok(selects({ files: ["."] }, "./a"));
  assert.ok(selects({ files: ["."] }, "a"));
});

Deno.test("slashes and dots that lead nowhere make no difference, in names and in members", () => {
  const untidy = ["a//b", "./a/./b", "a/b/", "a/b/.", ".//./a/b//", "//a/.//b/./", "/./a/b"];
  for (const name of untidy) {
    assert.ok(selects({ files: [name] }, "a/b"), name);
    assert.ok(selects({ files: [name] }, "./a/b/c"), name);
    assert.ok(!selects({ files: [name] }, "a/bc"), name);
    assert.ok(selects({ files: ["a/b"] }, name), name);
  }
  for (const name of [".", "./", "/", "././/."]) assert.ok(selects({ files: [name] }, "a"), name);
  for (const name of [".a", "a.", "..", "a/.b", "a/b."]) {
    assert.ok(selects({ files: [name] }, name), name);
    assert.ok(!selects({ files: [name] }, "a/b"), name);
  }
  const bytes = Uint8Array.of(0x2e, 0x2f, 0x61, 0x2f, 0x2f, 0xff, 0x2f);
  const selector = new PathSelector({ files: [bytes] });
  assert.ok(selector.selects(Uint8Array.of(0x61, 0x2f, 0xff), false));
  assert.ok(!selector.selects(Uint8Array.of(0x61, 0x2f, 0xfe), false));
  assert.deepEqual(selector.unused(), []);
});

Deno.test("what stands before wildcards is a name, too, and a pattern stays as it is", () => {
  for (const name of ["a//b*", "./a/.//b*", "/a//*", "a//b?/", "a/./b[c]"]) {
    assert.ok(selects({ files: [name] }, "a/bc"), name);
  }
  assert.ok(selects({ files: ["a[/./]b"] }, "a.b"));
  assert.ok(selects({ files: ["a[/./]b"] }, "a/b"));
  assert.ok(!selects({ files: ["a*/./b"] }, "a/xb"));
});

Deno.test("wildcards match from the first character, across slashes, and what is below", () => {
  assert.ok(selects({ files: ["*.txt"] }, "a/b.txt"));
  assert.ok(selects({ files: ["a*z"] }, "a/b/z"));
  assert.ok(selects({ files: ["a/[xy]"] }, "a/x/deep/file"));
  assert.ok(!selects({ files: ["b*"] }, "a/b"));
  assert.ok(!selects({ files: ["a/?"] }, "a/xx"));
});

Deno.test("a name with wildcards also selects the member of just that name", () => {
  assert.ok(selects({ files: ["a[1].txt"] }, "a[1].txt"));
  assert.ok(selects({ files: ["a[1].txt"] }, "a1.txt"));
  assert.ok(selects({ files: ["back\\slash"] }, "back\\slash"));
});

Deno.test("exclusion wins over selection", () => {
  const options = { files: ["a"], exclude: { patterns: ["tmp"] } };
  assert.ok(selects(options, "a/b"));
  assert.ok(!selects(options, "a/tmp/x"));
});

Deno.test("names may be bytes that are not UTF-8", () => {
  const name = Uint8Array.of(0x61, 0xff);
  const selector = new PathSelector({ files: [name] });
  assert.ok(selector.selects(name, false));
  assert.ok(!selector.selects(Uint8Array.of(0x61, 0xfe), false));
  assert.ok(!selector.selects(toBytes("a\ufffd"), false));
});

Deno.test("names that selected nothing are told", () => {
  const selector = new PathSelector({ files: ["a", "b", "*.c", "x*"] });
  for (const path of ["a/b", "d/e.c"]) selector.selects(toBytes(path), false);
  assert.deepEqual(selector.unused(), ["b", "x*"]);
});

Deno.test("what names selected elsewhere counts as well, whatever bytes they are", () => {
  const files = ["a", "*.c", "x*", Uint8Array.of(0x62, 0xff), Uint8Array.of(0x62, 0xfe)];
  const [here, elsewhere] = [new PathSelector({ files }), new PathSelector({ files })];
  here.selects(toBytes("a/b"), false);
  for (const path of [toBytes("d/e.c"), Uint8Array.of(0x62, 0xff)]) elsewhere.selects(path, false);
  here.noteUsed(structuredClone(elsewhere.used()));
  assert.deepEqual(here.unused(), ["x*", "b\ufffd"]);
  assert.deepEqual(elsewhere.unused(), ["a", "x*", "b\ufffd"]);
});
