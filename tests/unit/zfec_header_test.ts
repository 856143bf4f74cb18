import assert from "node:assert/strict";
import vectors from "../vectors/zfec_vectors.json" with { type: "json" };
import { EctarError } from "../../src/errors.ts";
import {
  decodeZfecHeader,
  encodeZfecHeader,
  ZFEC_HEADER_MAX_BYTES,
  zfecHeaderLength,
} from "../../src/shard/zfec_header.ts";

function hex(bytes: Uint8Array): string {
  return bytes.toHex();
}

function formatError(error: unknown): boolean {
  return error instanceof EctarError && error.code === "format";
}

Deno.test("headers are those of real zfec", () => {
  let compared = 0;
  for (const { k, m, padlen, headerLength, headers } of vectors.cases) {
    assert.equal(zfecHeaderLength(k, m), headerLength, `k=${k} m=${m}`);
    assert.equal(headers.length, m);
    for (const [sharenum, expected] of headers.entries()) {
      assert.equal(hex(encodeZfecHeader({ k, m, padlen, sharenum })), expected);
      assert.deepEqual(decodeZfecHeader(Uint8Array.fromHex(expected)), { k, m, padlen, sharenum });
      compared++;
    }
  }
  assert.ok(compared > 500);
});

Deno.test("every k < m comes back, with the extremes of padlen and share number", () => {
  for (let m = 2; m <= 256; m++) {
    for (let k = 1; k < m; k++) {
      for (const padlen of new Set([0, k - 1])) {
        for (const sharenum of [0, m - 1]) {
          const bytes = encodeZfecHeader({ k, m, padlen, sharenum });
          if (bytes.length !== zfecHeaderLength(k, m)) assert.fail(`length, k=${k} m=${m}`);
          const back = decodeZfecHeader(bytes);
          if (
            back.k !== k || back.m !== m || back.padlen !== padlen || back.sharenum !== sharenum
          ) assert.fail(`k=${k} m=${m} padlen=${padlen} share=${sharenum}`);
        }
      }
    }
  }
});

Deno.test("header lengths are 2 to 4 bytes, and 4 at m = 256", () => {
  assert.equal(zfecHeaderLength(1, 2), 2);
  assert.equal(zfecHeaderLength(2, 3), 2);
  assert.equal(zfecHeaderLength(10, 14), 3);
  assert.equal(zfecHeaderLength(1, 256), 3);
  assert.equal(zfecHeaderLength(2, 256), 4);
  assert.equal(zfecHeaderLength(200, 256), ZFEC_HEADER_MAX_BYTES);
  assert.equal(hex(encodeZfecHeader({ k: 255, m: 256, padlen: 254, sharenum: 255 })), "fffefeff");
});

Deno.test("payload after the header does not change what it says", () => {
  const header = encodeZfecHeader({ k: 10, m: 14, padlen: 3, sharenum: 13 });
  const share = new Uint8Array([...header, 0xff, 0xff, 0xff, 0xff]);
  assert.deepEqual(decodeZfecHeader(share), { k: 10, m: 14, padlen: 3, sharenum: 13 });
});

Deno.test("a cut header is an error at every length", () => {
  for (const [k, m] of [[1, 2], [10, 14], [200, 256]]) {
    const bytes = encodeZfecHeader({ k, m, padlen: 0, sharenum: m - 1 });
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => decodeZfecHeader(bytes.subarray(0, length)), formatError);
    }
  }
});

Deno.test("any bytes give a header that encodes to the same bytes, or a format error", () => {
  let accepted = 0;
  for (let first = 0; first <= 0xffff; first++) {
    for (const rest of [0x0000, 0x8000, 0x1234, 0xffff]) {
      const bytes = new Uint8Array([first >> 8, first & 255, rest >> 8, rest & 255]);
      try {
        const header = decodeZfecHeader(bytes);
        const again = encodeZfecHeader(header);
        if (hex(again) !== hex(bytes.subarray(0, again.length))) assert.fail(hex(bytes));
        accepted++;
      } catch (error) {
        if (!formatError(error)) throw error;
      }
    }
  }
  assert.ok(accepted > 1000);
});

Deno.test("what no header can say is refused", () => {
  const good = { k: 4, m: 6, padlen: 0, sharenum: 5 };
  const bad = [
    { k: 0 },
    { k: 6 },
    { k: 1.5 },
    { m: 257 },
    { m: 4 },
    { padlen: 4 },
    { padlen: -1 },
    { sharenum: 6 },
    { sharenum: -1 },
    { sharenum: NaN },
  ];
  for (const change of bad) {
    assert.throws(
      () => encodeZfecHeader({ ...good, ...change }),
      (error) => error instanceof EctarError && error.code === "usage",
    );
  }
});
