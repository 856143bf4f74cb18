import assert from "node:assert/strict";
import fc from "fast-check";
import { Exclusion } from "../../../src/tree/exclusion.ts";
import { globSource, isGlob } from "../../../src/tree/glob.ts";
import { toBytes } from "../../../src/tree/path_text.ts";

function matches(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${globSource(pattern)})$`, "su").test(text);
}

function excluded(patterns: string[], path: string | Uint8Array, isDirectory = false): boolean {
  const bytes = typeof path === "string" ? toBytes(path) : path;
  return new Exclusion({ patterns }).excludes(bytes, isDirectory);
}

function ignored(content: string, path: string, isDirectory = false): boolean {
  return new Exclusion({ gitignore: [content] }).excludes(toBytes(path), isDirectory);
}

Deno.test("globs match as fnmatch does without special flags", () => {
  const yes: [string, string][] = [
    ["*", ""],
    ["*", "a/b/.c"],
    ["a?c", "a/c"],
    ["?", "é"],
    ["?", "\u{1f600}"],
    ["[abc]", "b"],
    ["[!abc]", "d"],
    ["[^abc]", "d"],
    ["[]x]", "]"],
    ["[!]x]", "y"],
    ["[a-c-]", "-"],
    ["[-a]", "-"],
    ["[[:digit:]x]", "7"],
    ["[[:upper:]]", "É"],
    ["[\\]]", "]"],
    ["[a", "[a"],
    ["\\*", "*"],
    ["a\\", "a\\"],
    ["a.b", "a.b"],
    ["a+(b)|{c,d}$^-", "a+(b)|{c,d}$^-"],
    ["**x", "ax"],
    ["\\**", "*ab"],
    ["a\nb*", "a\nb\nc"],
    ["[a-a]", "a"],
    ["[.-9]", "/"],
  ];
  const no: [string, string][] = [
    ["a.b", "axb"],
    ["?", ""],
    ["?", "ab"],
    ["[!abc]", "a"],
    ["[c-a]", "b"],
    ["[[:digit:]]", "a"],
    ["\\?", "x"],
    ["A", "a"],
    ["{a,b}", "a"],
  ];
  for (const [pattern, text] of yes) assert.ok(matches(pattern, text), `${pattern} ~ ${text}`);
  for (const [pattern, text] of no) assert.ok(!matches(pattern, text), `${pattern} !~ ${text}`);
});

Deno.test("any text is a pattern, and one without wildcards matches itself only", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string(), (pattern, other) => {
    assert.equal(typeof matches(pattern, other), "boolean");
    if (!isGlob(pattern)) {
      assert.ok(matches(pattern, pattern));
      assert.equal(matches(pattern, other), pattern === other);
    }
  }));
});

Deno.test("any text in sets and escapes is a pattern too", () => {
  const piece = fc.constantFrom(
    "[",
    "]",
    "!",
    "^",
    "-",
    "\\",
    "a",
    "z",
    "[:alpha:]",
    "*",
    "?",
    "/",
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
    assert.equal(typeof matches(pieces.join(""), "a"), "boolean");
  }));
});

Deno.test("exclude patterns match whole paths and what follows any slash", () => {
  assert.ok(excluded(["a/b"], "a/b"));
  assert.ok(excluded(["b"], "a/b"));
  assert.ok(excluded(["b/c"], "a/b/c"));
  assert.ok(excluded(["*.o"], "a/b.o"));
  assert.ok(excluded(["a*c"], "x/a/b/c"));
  assert.ok(excluded(["none", "b"], "a/b"));
  assert.ok(excluded(["cache/"], "a/cache", true));
  assert.ok(!excluded(["cache/"], "a/cache", false));
  assert.ok(!excluded(["/"], "a", true));
  assert.ok(!excluded(["b"], "a/bb"));
  assert.ok(!excluded(["a"], "a/b"));
  assert.ok(!excluded(["/a"], "a"));
  assert.ok(!excluded([""], "a"));
  assert.ok(!excluded([], "a"));
});

Deno.test("excluding a directory excludes what is below it", () => {
  const exclusion = new Exclusion({ patterns: ["b"], gitignore: ["d/\n"] });
  assert.ok(exclusion.excludesMember(toBytes("a/b/c/x"), false));
  assert.ok(exclusion.excludesMember(toBytes("./d/x"), false));
  assert.ok(!exclusion.excludesMember(toBytes("a/bb/c"), false));
  assert.ok(!exclusion.excludesMember(toBytes("d"), false));
});

Deno.test("patterns match bytes that are not UTF-8 by wildcards, and other names exactly", () => {
  const raw = Uint8Array.of(0x61, 0xff, 0x62);
  assert.ok(excluded(["a?b"], raw));
  assert.ok(excluded(["a*"], raw));
  assert.ok(excluded(["a[!x]b"], raw));
  assert.ok(!excluded(["a??b"], raw));
  assert.ok(!excluded(["a\ufffdb"], raw));
  assert.ok(excluded(["ü[é]"], toBytes("üé")));
  assert.ok(excluded(["ü?"], Uint8Array.of(0xc3, 0xbc, 0xc3)));
});

Deno.test("gitignore rules apply to member paths", () => {
  const rules = "# comment\n*.log\n!keep.log\n/top\nbuild/\ndoc/**/*.pdf\n";
  assert.ok(ignored(rules, "a/x.log"));
  assert.ok(!ignored(rules, "a/keep.log"));
  assert.ok(ignored(rules, "top"));
  assert.ok(ignored(rules, "./top"));
  assert.ok(!ignored(rules, "a/top"));
  assert.ok(ignored(rules, "a/build", true));
  assert.ok(!ignored(rules, "a/build", false));
  assert.ok(ignored(rules, "doc/a/b/c.pdf"));
  assert.ok(!ignored("x.log\n", "X.LOG"));
  assert.ok(!ignored("*\n", "."));
  assert.ok(ignored("*\n", "a/../b"));
});
