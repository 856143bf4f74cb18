import assert from "node:assert/strict";
import { splitNames } from "../../../src/cli/name_list.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const texts = (names: Uint8Array[]) => names.map((name) => new TextDecoder().decode(name));

Deno.test("names end at line ends, and the last needs none", () => {
  assert.deepEqual(texts(splitNames(bytes("a\nb c\n\nd"), false)), ["a", "b c", "d"]);
});

Deno.test("names ended by zero bytes may hold line ends", () => {
  assert.deepEqual(texts(splitNames(bytes("a\nb\0c\0"), true)), ["a\nb", "c"]);
});

Deno.test("an empty list has no names", () => {
  assert.deepEqual(splitNames(bytes(""), false), []);
});
