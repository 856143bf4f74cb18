/**
 * An index that stands on a tape.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { IndexHandle } from "../shard/shard_io.ts";
import type { ArchiveTape } from "./archive_tape.ts";

/**
 * The index in a tape file.
 *
 * @param tape the tape
 * @param tapeFile its number
 */
export function tapeIndexHandle(tape: ArchiveTape, tapeFile: number): IndexHandle {
  return {
    origin: `drive ${tape.drive}, tape file ${tapeFile}`,
    read: () => readTapeFile(tape, tapeFile),
  };
}

/** The bytes of a tape file; a block that cannot be read is an error, for nothing stands in. */
async function* readTapeFile(tape: ArchiveTape, tapeFile: number): AsyncGenerator<Uint8Array> {
  for (let block = 0;; block++) {
    const bytes = await tape.blocks.read(tapeFile, block, (found) => {
      if (found.kind === "data") return found.bytes.slice();
      return found.kind === "hole" ? "hole" : "end";
    });
    if (bytes === "end") return;
    if (bytes === "hole") {
      throw new EctarError(
        "damaged",
        `drive ${tape.drive}: block ${block} of the index cannot be read`,
        { drive: tape.drive, tapeFile, block },
      );
    }
    yield bytes;
  }
}
