/** The code against what real zfec computed. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import vectors from "../../vectors/zfec_vectors.json" with { type: "json" };
import { KERNEL_NAMES } from "../../../src/erasure/kernel/kernel.ts";
import { parityMatrix } from "../../../src/erasure/matrix.ts";
import { ReedSolomon } from "../../../src/erasure/reed_solomon.ts";
import { noise, sameBytes } from "../../bytes.ts";
import { seededRandom } from "./helpers.ts";

const CELL_BYTES = 4096;

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Deals a chunk, fed in pieces of any size, out to the data shards: stripes of k cells. */
class CellDealer {
  readonly #shards: Uint8Array[];
  readonly #stripe: Uint8Array;
  #filled = 0;
  #at = 0;

  constructor(readonly k: number, shards: Uint8Array[]) {
    this.#shards = shards;
    this.#stripe = new Uint8Array(k * CELL_BYTES);
  }

  push(piece: Uint8Array): void {
    while (piece.length > 0) {
      const taken = piece.subarray(0, this.#stripe.length - this.#filled);
      this.#stripe.set(taken, this.#filled);
      this.#filled += taken.length;
      piece = piece.subarray(taken.length);
      if (this.#filled === this.#stripe.length) this.#deal(CELL_BYTES);
    }
  }

  /** Deals the last, short stripe; returns the length of each shard. */
  finish(): number {
    this.#stripe.fill(0, this.#filled);
    this.#deal(Math.ceil(this.#filled / this.k));
    return this.#at;
  }

  #deal(cell: number): void {
    for (let i = 0; i < this.k; i++) {
      this.#shards[i].set(this.#stripe.subarray(i * cell, (i + 1) * cell), this.#at);
    }
    this.#at += cell;
    this.#filled = 0;
  }
}

function* cut(bytes: Uint8Array, nextSize: () => number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const size = nextSize();
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const random = seededRandom(5);
const FEEDS: Record<string, () => number> = {
  "whole": () => Infinity,
  "streamed": () => 1 + random(20000),
  "byte by byte": () => 1,
};

for (const [feed, nextSize] of Object.entries(FEEDS)) {
  for (const kernel of KERNEL_NAMES) {
    // The feed and the kernel do not meet; one kernel for the slow feeds is enough.
    if (feed !== "whole" && kernel !== "relaxed-simd") continue;
    Deno.test(`share files fed ${feed} are those of real zfec (${kernel})`, () => {
      for (
        const { k, m, length, seed, inputSha256, headers, shareSha256, shareSize } of vectors.cases
      ) {
        const input = noise(length, seed);
        assert.equal(sha256(input), inputSha256);
        const codec = ReedSolomon.create(k, m, { kernel });
        const batch = codec.allocateBatch(shareSize);
        const dealer = new CellDealer(k, Array.from({ length: m }, (_, i) => batch.shard(i)));
        for (const piece of cut(input, nextSize)) dealer.push(piece);
        const payload = dealer.finish();
        codec.encode(batch, payload);
        for (let i = 0; i < m; i++) {
          const header = Uint8Array.fromHex(headers[i]);
          const share = new Uint8Array([...header, ...batch.shard(i).subarray(0, payload)]);
          assert.equal(share.length, shareSize);
          assert.equal(sha256(share), shareSha256[i], `k=${k} m=${m} length=${length} share ${i}`);
        }
      }
    });
  }
}

Deno.test("small share files are those of real zfec byte for byte", () => {
  let compared = 0;
  for (const vector of vectors.cases) {
    const { k, m, length, seed, padlen } = vector;
    if (vector.sharesHex === undefined) continue;
    const cell = Math.ceil(length / k);
    assert.equal(cell * k - length, padlen);
    const codec = ReedSolomon.create(k, m);
    const batch = codec.allocateBatch(cell);
    const input = new Uint8Array(cell * k);
    input.set(noise(length, seed));
    for (let i = 0; i < k; i++) batch.shard(i).set(input.subarray(i * cell, (i + 1) * cell));
    codec.encode(batch, cell);
    for (const [i, expected] of vector.sharesHex.entries()) {
      assert.equal(vector.headers[i] + batch.shard(i).toHex(), expected);
      compared++;
    }
  }
  assert.ok(compared > 50, `${compared}`);
});

Deno.test("parity matrices are those of real zfec", () => {
  for (const { k, m, parityRowsHex } of vectors.matrices) {
    const rows = parityMatrix(k, m).map((row) => row.toHex());
    assert.deepEqual(rows, parityRowsHex, `k=${k} m=${m}`);
  }
});

Deno.test("parity rows do not depend on m", () => {
  const largest = parityMatrix(10, 256);
  const small = parityMatrix(10, 14);
  assert.ok(small.every((row, i) => sameBytes(row, largest[i])));
});
