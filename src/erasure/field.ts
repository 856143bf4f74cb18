/**
 * Arithmetic in GF(2^8) with the polynomial x^8 + x^4 + x^3 + x^2 + 1 (0x11d) and the generator
 * α = 2, as zfec uses it. Elements are bytes; addition and subtraction are both XOR.
 *
 * @module
 */

/** Number of field elements, hence the most shards there can be. */
export const FIELD_SIZE = 256;

const POLYNOMIAL = 0x11d;
const ORDER = FIELD_SIZE - 1;

/** α^i for 0 ≤ i < 510, twice around so that the sum of two logarithms needs no modulo. */
const EXP = new Uint8Array(2 * ORDER);
/** The i with α^i = x; the entry for 0 means nothing. */
const LOG = new Uint8Array(FIELD_SIZE);

for (let i = 0, x = 1; i < ORDER; i++) {
  EXP[i] = EXP[i + ORDER] = x;
  LOG[x] = i;
  x <<= 1;
  if (x >= FIELD_SIZE) x ^= POLYNOMIAL;
}

/** a · b. */
export function multiply(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : EXP[LOG[a] + LOG[b]];
}

/** a / b; b must not be 0. */
export function divide(a: number, b: number): number {
  return a === 0 ? 0 : EXP[LOG[a] + ORDER - LOG[b]];
}

/** The point at which the data polynomial is evaluated for a shard: x₀ = 0, xᵢ = α^(i-1). */
export function evaluationPoint(shard: number): number {
  return shard === 0 ? 0 : EXP[shard - 1];
}
