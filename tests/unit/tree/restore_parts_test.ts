import assert from "node:assert/strict";
import fc from "fast-check";
import { DirectoryLog, type DirectoryMetadata } from "../../../src/tree/restore_directories.ts";
import { MadePaths } from "../../../src/tree/restore_made.ts";
import { decoratedName, innerPath } from "../../../src/tree/restore_path.ts";

const encoder = new TextEncoder();

Deno.test("a set of made paths knows what was added and nothing else", () => {
  const made = new MadePaths();
  const path = (index: number) => encoder.encode(`some/directory/file${index}`);
  for (let index = 0; index < 20_000; index++) made.add(path(index));
  for (let index = 0; index < 20_000; index++) assert.ok(made.has(path(index)));
  for (let index = 20_000; index < 60_000; index++) assert.ok(!made.has(path(index)));
  assert.ok(!made.has(new Uint8Array(0)));
});

Deno.test("paths that differ in one byte or in length are different", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.nat(), (path, at) => {
    const made = new MadePaths();
    made.add(path);
    const other = path.slice();
    other[at % path.length] ^= 1;
    assert.ok(made.has(path) && !made.has(other));
    assert.ok(!made.has(path.subarray(1)) && !made.has(Uint8Array.of(...path, 0)));
  }));
});

Deno.test("the directory log gives everything back, deepest first", () => {
  const name = fc.uint8Array({ minLength: 1, maxLength: 4 })
    .map((bytes) => bytes.map((byte) => byte === 0x2f ? 0x30 : byte));
  const directory: fc.Arbitrary<DirectoryMetadata> = fc.record({
    path: fc.array(name, { maxLength: 5 }).map((parts) =>
      Uint8Array.from(parts.flatMap((part, at) => at === 0 ? [...part] : [0x2f, ...part]))
    ),
    mode: fc.nat(0o7777),
    uid: fc.nat(0xffffffff),
    gid: fc.maxSafeNat(),
    mtimeNs: fc.bigInt({ min: -(10n ** 22n), max: 10n ** 22n }),
    xattrs: fc.array(
      fc.record({ name: fc.uint8Array(), value: fc.uint8Array({ maxLength: 300 }) }),
      { maxLength: 3 },
    ),
  });
  const depth = ({ path }: DirectoryMetadata) =>
    path.length === 0 ? 0 : path.filter((byte) => byte === 0x2f).length + 1;

  fc.assert(fc.property(fc.array(directory, { maxLength: 40 }), (directories) => {
    const log = new DirectoryLog();
    for (const each of directories) log.add(each);
    const sorted = directories.toSorted((a, b) => depth(b) - depth(a));
    assert.deepEqual([...log.deepestFirst()].map(plain), sorted.map(plain));
  }));
});

/** Bytes as numbers, so that views of buffers compare equal. */
function plain({ path, xattrs, ...rest }: DirectoryMetadata) {
  const pairs = xattrs.map(({ name, value }) => [[...name], [...value]]);
  return { ...rest, path: [...path], xattrs: pairs };
}

Deno.test("the directory log holds a large attribute and many pages", () => {
  const log = new DirectoryLog();
  const value = new Uint8Array(65_536).fill(9);
  for (let index = 0; index < 5000; index++) {
    const xattrs = index === 2500 ? [{ name: encoder.encode("user.big"), value }] : [];
    const path = encoder.encode(`directory/number${index}`);
    log.add({ path, mode: index & 0o777, uid: index, gid: 0, mtimeNs: BigInt(index), xattrs });
  }
  const all = [...log.deepestFirst()];
  assert.equal(all.length, 5000);
  assert.deepEqual(all.map(({ uid }) => uid), Array.from({ length: 5000 }, (_, index) => index));
  assert.deepEqual(all[2500].xattrs[0].value, value);
});

Deno.test("an inner path never leads outside, whatever the name", () => {
  const piece = fc.constantFrom("/", "//", ".", "..", "a", "b", "\0", "...", " ");
  fc.assert(fc.property(fc.array(piece, { maxLength: 8 }), fc.nat(3), (pieces, strip) => {
    const name = pieces.join("");
    const inner = innerPath(encoder.encode(name), strip);
    if (typeof inner !== "object") return;
    const parts = new TextDecoder().decode(inner.path).split("/");
    const wanted = name.split("/").filter((part) => part !== "").slice(strip)
      .filter((part) => part !== ".");
    assert.deepEqual(inner.path.length === 0 ? [] : parts, wanted);
    for (const part of wanted) assert.ok(part !== ".." && part !== "." && !part.includes("\0"));
    assert.equal(inner.wasAbsolute, name.startsWith("/"));
  }));
});

Deno.test("a decorated name never exceeds 255 bytes and keeps prefix and suffix", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 260 }), (text) => {
    const name = encoder.encode(text);
    const decorated = decoratedName(".", name, ".ectar-12345678");
    assert.ok(decorated.length <= 255);
    const shown = new TextDecoder("utf-8", { fatal: true }).decode(decorated);
    assert.ok(shown.startsWith(".") && shown.endsWith(".ectar-12345678"));
    if (name.length <= 239) assert.equal(shown, `.${text}.ectar-12345678`);
  }));
});
