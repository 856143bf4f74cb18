/**
 * What the Linux st driver tells of a drive, as the seam between tape logic and drives has it.
 *
 * @module
 */

import type { TapeStatus } from "./device.ts";
import type { MtStatus } from "./st_abi.ts";

/** A drive's status in the seam's words; `logical` is negative when not known. */
export function describe(
  status: MtStatus,
  compression: boolean | undefined,
  logical: number,
): TapeStatus {
  return {
    online: status.online,
    noMedium: status.doorOpen,
    writeProtected: status.writeProtected,
    beginningOfTape: status.beginning,
    endOfData: status.endOfData,
    endOfTape: status.endOfTape,
    atFilemark: status.filemark,
    cleaningWanted: status.cleaning,
    blockSize: status.blockSize,
    density: status.density === 0 ? undefined : status.density,
    compression,
    position: {
      file: status.file,
      block: status.block,
      logical: logical < 0 ? undefined : logical,
    },
  };
}
