import assert from "node:assert/strict";
import fc from "fast-check";
import { describeLabel, encodeLabel, parseLabel, type TapeLabel } from "../../../src/tape/label.ts";
import { encodeLabelTar, firstLabelMember, isTarHeader } from "../../../src/tape/label_tar.ts";
import { classifyFirstBlock } from "../../../src/tape/first_block.ts";
import { indexPadding } from "../../../src/tape/index_padding.ts";
import { noise, SET_UUID, UUID } from "./rait_set.ts";

const LABEL: TapeLabel = {
  setUuid: SET_UUID,
  volumeUuid: UUID,
  shard: 2,
  volume: 0,
  k: 10,
  m: 14,
  blockSize: 524288,
  name: "backup",
  archiveUuid: UUID,
  created: "2026-01-02T03:04:05Z",
  host: "host",
  toolVersion: "2.0.0",
  firstChunk: 1,
  firstShardOffset: 0,
};

Deno.test("a label says back what it was told, from its first block alone", () => {
  const bytes = encodeLabel(LABEL);
  assert.equal(bytes.length % 10240, 0);
  assert.deepEqual(parseLabel(bytes.subarray(0, 10240)), LABEL);
  assert.deepEqual(parseLabel(bytes), LABEL);
});

Deno.test("a label carries RESTORE.txt with the real numbers, and the decoder", () => {
  const text = new TextDecoder().decode(encodeLabel({ ...LABEL, name: "x\ny\x1b[2J" }, 3));
  assert.match(text, /\nBLOCK=524288\n/);
  assert.match(text, /\nNEEDED=10\n/);
  assert.match(text, /\nFIRST=4\n/, "chunks begin behind the label");
  assert.match(text, /archive x\\ny\\033\[2J, created/, "no name can add a line to the script");
  assert.match(text, /#!\/usr\/bin\/env python3/);
});

Deno.test("a name that cannot be a file name is refused, and control characters are escaped", () => {
  for (const name of ["", ".", "..", "a/b", "/etc/passwd", "a\0b"]) {
    assert.throws(() => parseLabel(encodeLabel({ ...LABEL, name })), { code: "format" });
  }
  const odd = parseLabel(encodeLabel({ ...LABEL, name: "a\x1b[31mb", created: "\x07" }))!;
  // deno-lint-ignore no-control-regex
  assert.ok(!/[\u0000-\u001f]/.test(describeLabel(odd)));
});

Deno.test("hostile labels are format errors, other data is no label", () => {
  const withJson = (json: unknown) => {
    const content = new TextEncoder().encode(
      typeof json === "string" ? json : JSON.stringify(json),
    );
    return encodeLabelTar([{ name: "ectar-label.json", content, mode: 0o644 }], 0);
  };
  const good = JSON.parse(
    new TextDecoder().decode(firstLabelMember(encodeLabel(LABEL), "ectar-label.json")),
  );
  for (
    const bad of [
      "",
      "{",
      "null",
      "[]",
      "7",
      { ...good, format: "other" },
      { ...good, data_shards: 14 },
      { ...good, data_shards: 0 },
      { ...good, total_shards: 257 },
      { ...good, total_shards: "14" },
      { ...good, shard: 14 },
      { ...good, shard: -1 },
      { ...good, shard: 1.5 },
      { ...good, block_size: 0 },
      { ...good, block_size: 1e9 },
      { ...good, block_size: null },
      { ...good, tape_set_uuid: "no" },
      { ...good, archive_name: "x".repeat(1001) },
      { ...good, first_chunk: 0 },
    ]
  ) {
    assert.throws(() => parseLabel(withJson(bad)), { code: "format" }, JSON.stringify(bad));
    assert.equal(classifyFirstBlock(withJson(bad)).kind, "broken-label");
  }
  assert.throws(() => parseLabel(withJson({ ...good, version: "3.0" })), { code: "unsupported" });
  const other = encodeLabelTar([{ name: "x", content: noise(5, 1), mode: 0o644 }], 0);
  assert.equal(parseLabel(other), undefined);
  assert.equal(classifyFirstBlock(other).kind, "tar");
  assert.equal(parseLabel(new Uint8Array(0)), undefined);
  assert.equal(parseLabel(new Uint8Array(10240)), undefined, "zeros are no tar");
  assert.ok(!isTarHeader(new Uint8Array(512)));
});

Deno.test("any change or cut of a label's first block is a label, a format error or none", () => {
  const bytes = encodeLabel(LABEL).slice(0, 10240);
  fc.assert(fc.property(fc.nat(1200), fc.integer({ min: 1, max: 255 }), (at, mask) => {
    const changed = bytes.slice();
    changed[at] ^= mask;
    classifyFirstBlock(changed);
  }));
  for (let length = 0; length < 2000; length++) classifyFirstBlock(bytes.subarray(0, length));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (random) => {
    classifyFirstBlock(random);
  }));
});

Deno.test("the index padding is nothing or a skippable frame to the block's end", () => {
  for (const block of [16, 512, 4096]) {
    for (let bytes = 0; bytes <= 2 * block; bytes++) {
      const padding = indexPadding(bytes, block);
      assert.equal((bytes + padding.length) % block, 0);
      assert.ok(padding.length === 0 || padding.length >= 8);
      assert.ok(padding.length < block + 8);
      if (padding.length === 0) continue;
      const view = new DataView(padding.buffer);
      assert.equal(view.getUint32(0, true) >>> 4, 0x184d2a5);
      assert.equal(view.getUint32(4, true), padding.length - 8);
    }
  }
});
