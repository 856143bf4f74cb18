/**
 * Puts chunk bytes together from the cells of the data shards.
 *
 * @module
 */

import type { ByteRange } from "../shard/shard_io.ts";
import { CELL_BYTES, type StripeLayout } from "./layout.ts";

/**
 * Copies the chunk bytes of `range` out of data rows.
 *
 * @param rows the k data shards' payload from `rowsStart` (a cell boundary), far enough to hold them
 * @param target takes the bytes from its start
 */
export function gather(
  layout: StripeLayout,
  rows: readonly Uint8Array[],
  rowsStart: number,
  range: ByteRange,
  target: Uint8Array,
): void {
  for (let offset = range.start; offset < range.end;) {
    const stripe = Math.floor(offset / layout.stripeBytes);
    const cell = layout.cellBytes(stripe);
    const inStripe = offset - stripe * layout.stripeBytes;
    const shard = Math.floor(inStripe / cell);
    const inCell = inStripe - shard * cell;
    const length = Math.min(cell - inCell, range.end - offset);
    const from = stripe * CELL_BYTES - rowsStart + inCell;
    target.set(rows[shard].subarray(from, from + length), offset - range.start);
    offset += length;
  }
}
