import assert from "node:assert/strict";
import fc from "fast-check";
import { printableJson, printableLine, printablePath } from "../../src/printable.ts";

Deno.test("a plain name of any script stands as it is", () => {
  for (const name of ["a/b c", "Grüße/日本語", "😀", "", "'\"$`"]) {
    assert.equal(printablePath(name), name);
  }
});

Deno.test("what a terminal would obey is escaped", () => {
  const cases: [Uint8Array | string, string][] = [
    ["a\nb", "a\\nb"],
    ["\x1b[2J", "\\033[2J"],
    ["\x7f", "\\177"],
    ["a\\n", "a\\\\n"],
    ["\x00", "\\000"],
    ["\u009b31m", "\\302\\23331m"],
    ["a\u202eb", "a\\342\\200\\256b"],
    ["\ufeffa", "\\357\\273\\277a"],
    [new Uint8Array([0x61, 0xff, 0xc3, 0xa4]), "a\\377ä"],
    [new Uint8Array([0xc3]), "\\303"],
    [new Uint8Array([0xe2, 0x82]), "\\342\\202"],
    [new Uint8Array([0xed, 0xa0, 0x80]), "\\355\\240\\200"],
    [new Uint8Array([0xc0, 0xaf]), "\\300\\257"],
  ];
  for (const [name, expected] of cases) assert.equal(printablePath(name), expected);
});

Deno.test("no two names look the same, and none holds a control character", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
    const text = printablePath(bytes);
    // deno-lint-ignore no-control-regex
    assert.ok(!/[\x00-\x1f\x7f-\x9f]/.test(text));
    assert.deepEqual(unescape(text), [...bytes]);
  }));
});

Deno.test("a line keeps what is escaped already, and holds no control character", () => {
  assert.equal(printableLine("Grüße \\033 a\\b"), "Grüße \\033 a\\b");
  assert.equal(
    printableLine("a\n\x1b[2J\u009b\u202e\x7f"),
    "a\\n\\033[2J\\302\\233\\342\\200\\256\\177",
  );
  assert.equal(printableLine("\ud800"), "\ud800");
});

Deno.test("JSON parses to the same value, and holds no control character", () => {
  const text = fc.string({ unit: "binary" });
  const controls = fc.mapToConstant(
    { num: 0xa0, build: String.fromCharCode },
    { num: 0x70, build: (code) => String.fromCharCode(0x2000 + code) },
  );
  const texts = fc.oneof(text, fc.string({ unit: controls }));
  fc.assert(fc.property(texts, texts, fc.constantFrom(undefined, 2), (key, value, indent) => {
    const json = printableJson({ [key]: [value] }, indent);
    // deno-lint-ignore no-control-regex
    assert.ok(!/[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(json));
    if (indent === undefined) assert.ok(!json.includes("\n"));
    assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify({ [key]: [value] })));
  }));
});

/** The bytes that an escaped text stands for. */
function unescape(text: string): number[] {
  const letters: Record<string, number> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 };
  const bytes: number[] = [];
  for (const [part] of text.matchAll(/\\[0-7]{3}|\\.|[^\\]/gsu)) {
    if (/^\\[0-7]/.test(part)) bytes.push(parseInt(part.slice(1), 8));
    else if (part === "\\\\") bytes.push(0x5c);
    else if (part[0] === "\\") bytes.push(letters[part[1]]);
    else bytes.push(...new TextEncoder().encode(part));
  }
  return bytes;
}
