/**
 * The multiplication tables that the kernels read: for each coefficient c the 16 products c·i and
 * the 16 products c·16i, from which c·x is made for any byte x by two look-ups.
 *
 * @module
 */
import { multiply } from "../field.ts";
import type { Matrix } from "../matrix.ts";

/** Bytes of the tables of one coefficient. */
const COEFFICIENT_TABLE_BYTES = 32;

/** Bytes of the mask of the low four bits, in front of the tables. */
const MASK_BYTES = 16;

/** Rows that the kernel computes together, the same choice as in assembly/combine.ts. */
function rowsAtOnce(rowsLeft: number): number {
  return rowsLeft >= 4 ? 4 : rowsLeft >= 2 ? 2 : 1;
}

/**
 * Tables of a whole matrix in the kernel's order: groups of rows, in each group source by source,
 * for each source row by row. `COEFFICIENT_TABLE_BYTES` for each coefficient, behind 16 bytes of 15.
 */
export function multiplicationTables(matrix: Matrix): Uint8Array<ArrayBuffer> {
  const sourceCount = matrix[0].length;
  const coefficients = matrix.length * sourceCount;
  const tables = new Uint8Array(MASK_BYTES + coefficients * COEFFICIENT_TABLE_BYTES);
  tables.fill(15, 0, MASK_BYTES);
  let at = MASK_BYTES;
  let row = 0;
  while (row < matrix.length) {
    const rows = rowsAtOnce(matrix.length - row);
    for (let source = 0; source < sourceCount; source++) {
      for (let i = 0; i < rows; i++) {
        const coefficient = matrix[row + i][source];
        for (let nibble = 0; nibble < 16; nibble++) {
          tables[at + nibble] = multiply(coefficient, nibble);
          tables[at + 16 + nibble] = multiply(coefficient, nibble << 4);
        }
        at += COEFFICIENT_TABLE_BYTES;
      }
    }
    row += rows;
  }
  return tables;
}
