/**
 * The Linux tape device against the kernel's real st driver and the drive that scsi_debug emulates:
 * what the virtual drives of tests/vm cannot do.
 */

import { inGuest } from "../vm/guest.ts";
import { ENDS } from "./ends.ts";
import { FAILING } from "./failing.ts";
import { LOCATING } from "./locating.ts";
import { PROGRAM } from "./program.ts";
import { loadDrives } from "./scsi_debug.ts";

inGuest(
  import.meta.url,
  { drives: 0, tapeMegabytes: 0, engine: "newer", prepare: loadDrives },
  { ...LOCATING, ...ENDS, ...FAILING, ...PROGRAM },
);
