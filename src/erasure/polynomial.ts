/**
 * Polynomials over GF(2^8): arrays of coefficients, the constant first. The degree of a polynomial
 * is the index of its last coefficient that is not 0, and -1 for the zero polynomial.
 *
 * @module
 */
import { divide, multiply } from "./field.ts";

/** Coefficients, the constant first; trailing zeros are allowed. */
export type Polynomial = Uint8Array;

/** The highest power with a coefficient other than 0, or -1. */
export function degree(p: Polynomial): number {
  let d = p.length - 1;
  while (d >= 0 && p[d] === 0) d--;
  return d;
}

/** p(x). */
export function evaluate(p: Polynomial, x: number): number {
  let sum = 0;
  for (let i = degree(p); i >= 0; i--) sum = multiply(sum, x) ^ p[i];
  return sum;
}

/** Π (x ⊕ root) over the roots. */
export function withRoots(roots: Uint8Array): Polynomial {
  const p = new Uint8Array(roots.length + 1);
  p[0] = 1;
  for (const [n, root] of roots.entries()) {
    for (let i = n + 1; i > 0; i--) p[i] = p[i - 1] ^ multiply(p[i], root);
    p[0] = multiply(p[0], root);
  }
  return p;
}

/** The polynomial of degree below `xs.length` with p(xs[i]) = ys[i]; Newton's divided differences. */
export function interpolate(xs: Uint8Array, ys: Uint8Array): Polynomial {
  const differences = Uint8Array.from(ys);
  for (let order = 1; order < xs.length; order++) {
    for (let i = xs.length - 1; i >= order; i--) {
      differences[i] = divide(differences[i] ^ differences[i - 1], xs[i] ^ xs[i - order]);
    }
  }
  const p = new Uint8Array(xs.length);
  for (let i = xs.length - 1; i >= 0; i--) {
    for (let j = p.length - 1; j > 0; j--) p[j] = p[j - 1] ^ multiply(p[j], xs[i]);
    p[0] = multiply(p[0], xs[i]) ^ differences[i];
  }
  return p;
}

/** Quotient and remainder of a / b; b must not be zero. */
export function divideWithRemainder(
  a: Polynomial,
  b: Polynomial,
): { quotient: Polynomial; remainder: Polynomial } {
  const remainder = Uint8Array.from(a);
  const divisor = degree(b);
  const quotient = new Uint8Array(Math.max(0, degree(a) - divisor) + 1);
  for (let i = degree(a) - divisor; i >= 0; i--) {
    const factor = divide(remainder[i + divisor], b[divisor]);
    quotient[i] = factor;
    for (let j = 0; j <= divisor; j++) remainder[i + j] ^= multiply(factor, b[j]);
  }
  return { quotient, remainder };
}

/** a ⊕ b·c. */
export function addProduct(a: Polynomial, b: Polynomial, c: Polynomial): Polynomial {
  const bDegree = degree(b);
  const cDegree = degree(c);
  const sum = new Uint8Array(Math.max(degree(a), bDegree + cDegree, 0) + 1);
  sum.set(a.subarray(0, degree(a) + 1));
  for (let i = 0; i <= bDegree; i++) {
    for (let j = 0; j <= cDegree; j++) sum[i + j] ^= multiply(b[i], c[j]);
  }
  return sum;
}
