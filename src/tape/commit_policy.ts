/**
 * When a filemark must be synchronous. A synchronous one waits until all before it is on the
 * medium, which stops a streaming drive for seconds; only what stands before one is safe from a
 * later failure of the drive.
 *
 * @module
 */

/** Default of `RaitOptions.commitBytes`: 32 GiB, some two minutes of an LTO-9 drive. */
export const DEFAULT_COMMIT_BYTES = 32 * 2 ** 30;

/** Counts the bytes of one volume that no synchronous filemark follows yet. */
export class CommitPolicy {
  readonly #commitBytes: number;
  #uncommitted = 0;

  /**
   * Begins with nothing to commit.
   *
   * @param commitBytes most bytes a volume may hold between synchronous filemarks
   */
  constructor(commitBytes: number) {
    this.#commitBytes = commitBytes;
  }

  /**
   * Tells whether the filemark behind another `bytes` must be synchronous, and counts it as
   * written so.
   */
  afterFile(bytes: number): "immediate" | "synchronous" {
    this.#uncommitted += bytes;
    if (this.#uncommitted < this.#commitBytes) return "immediate";
    this.#uncommitted = 0;
    return "synchronous";
  }
}
