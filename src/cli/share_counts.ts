/**
 * How many data and parity shards an archive gets.
 *
 * @module
 */

import { EctarError } from "../errors.ts";

/** k data and m total shards. */
export interface ShareCounts {
  /** Data shards. */
  k: number;
  /** Total shards. */
  m: number;
}

const FILE_DATA_SHARDS = 10;
const FILE_PARITY_SHARDS = 5;
const TAPE_PARITY_SHARDS = 1;

/**
 * Counts for shards in files: 10 and 5 unless told otherwise.
 *
 * @throws {EctarError} `usage` for more than 256 in total
 */
export function fileShareCounts(data: number | undefined, parity: number | undefined): ShareCounts {
  const k = data ?? FILE_DATA_SHARDS;
  const m = k + (parity ?? FILE_PARITY_SHARDS);
  if (m > 256) {
    throw new EctarError(
      "usage",
      `${k} data and ${m - k} parity shards are ${m}; at most 256 work`,
    );
  }
  return { k, m };
}

/**
 * Counts for shards on tape drives: one shard a drive, one of them parity unless told otherwise.
 *
 * @throws {EctarError} `usage` when they do not add up, naming the sum that would
 */
export function tapeShareCounts(
  drives: number,
  data: number | undefined,
  parity: number | undefined,
): ShareCounts {
  if (drives < 2) {
    throw new EctarError("usage", `${drives} tape drive is too few`, {
      hint: "give at least two, one of which holds parity",
    });
  }
  if (drives > 256) throw new EctarError("usage", `${drives} tape drives are too many`);
  const k = data ?? drives - (parity ?? TAPE_PARITY_SHARDS);
  const parityShards = parity ?? drives - k;
  if (k < 1 || parityShards < 1 || k + parityShards !== drives) {
    const fits = parity !== undefined && parity < drives
      ? `${drives - parity} data + ${parity} parity`
      : data !== undefined && data < drives
      ? `${data} data + ${drives - data} parity`
      : `${drives - 1} data + 1 parity`;
    const asked = [[data, "data"], [parity, "parity"]]
      .flatMap(([count, kind]) => count === undefined ? [] : [`${count} ${kind}`]).join(" + ");
    throw new EctarError(
      "usage",
      `${asked} shards do not fit ${drives} tape drives`,
      { hint: `one shard goes to each drive: ${fits} = ${drives} would fit` },
    );
  }
  return { k, m: drives };
}
