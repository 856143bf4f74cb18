/** Parity by the format's formula, one byte at a time, with no table shared with the program. */

function multiply(a: number, b: number): number {
  let product = 0;
  for (; b > 0; b >>= 1) {
    if (b & 1) product ^= a;
    a = a & 0x80 ? (a << 1) ^ 0x11d : a << 1;
  }
  return product;
}

function power(a: number, exponent: number): number {
  let result = 1;
  for (let i = 0; i < exponent; i++) result = multiply(result, a);
  return result;
}

const point = (index: number) => index === 0 ? 0 : power(2, index - 1);
const inverse = (a: number) => power(a, 254);

/** The payload of parity shard `row` from those of the k data shards. */
export function encodeMatrixRow(row: number, data: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const k = data.length;
  const parity = new Uint8Array(data[0].length);
  for (let column = 0; column < k; column++) {
    let coefficient = 1;
    for (let i = 0; i < k; i++) {
      if (i === column) continue;
      coefficient = multiply(coefficient, point(row) ^ point(i));
      coefficient = multiply(coefficient, inverse(point(column) ^ point(i)));
    }
    const products = Uint8Array.from({ length: 256 }, (_, byte) => multiply(coefficient, byte));
    data[column].forEach((byte, offset) => parity[offset] ^= products[byte]);
  }
  return parity;
}
