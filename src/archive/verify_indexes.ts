/**
 * Comparing indexes with the chunks beside them while these are verified.
 *
 * @module
 */

import type { ChunkReader } from "../chunk/read_chunk.ts";
import { recordWithoutPieces } from "../chunk/rebuild_chunk.ts";
import { proveChunkEnds } from "../chunk/recover_ends.ts";
import { IndexReader } from "../index/index_reader.ts";
import { IndexComparison } from "./compare_index.ts";
import type { OpenArchive } from "./open_archive.ts";
import type { IndexDamage, VerifyDepth } from "./verify.ts";

/** Indexes that can be read and lie beside shards in files. */
export class IndexesBeside {
  readonly #compared: readonly IndexComparison[];

  private constructor(compared: readonly IndexComparison[]) {
    this.#compared = compared;
  }

  /**
   * Those of an archive. Tapes would have to go back to the ends of each chunk, and a quick look
   * does not read indexes.
   *
   * @param bad indexes that something is wrong with already
   */
  static async open(
    archive: OpenArchive,
    depth: VerifyDepth,
    bad: readonly IndexDamage[],
  ): Promise<IndexesBeside> {
    const compared: IndexComparison[] = [];
    for (const handle of depth === "quick" ? [] : await archive.indexHandles()) {
      if (bad.some(({ origin }) => origin === handle.origin)) continue;
      const { layout } = await new IndexReader(handle).head();
      if (layout === "files") compared.push(new IndexComparison(handle));
    }
    return new IndexesBeside(compared);
  }

  /** Takes the next chunk; where its ends cannot be proven, nothing tells what is right. */
  async take({ opened }: ChunkReader): Promise<void> {
    if (this.#compared.length === 0) return;
    const ends = await proveChunkEnds(opened);
    if (ends === undefined) return;
    for (const each of this.#compared) await each.take(recordWithoutPieces(opened, ends));
  }

  /** Lets go of them; what was found wrong. */
  async close(): Promise<IndexDamage[]> {
    const damage: IndexDamage[] = [];
    for (const each of this.#compared) {
      const { handle: { origin }, problem } = each;
      if (problem !== undefined) damage.push({ origin, problem });
      await each.close();
    }
    return damage;
  }
}
