/**
 * The library's surface: a name that comes or goes does so on purpose. That it loads with no
 * permission shows by this test, which has none.
 */

import assert from "node:assert/strict";
import * as library from "../../mod.ts";

/** Every value that mod.ts exports, sorted. Removing one breaks programs that use it. */
const VALUES = [
  "END_OF_ARCHIVE",
  "EctarError",
  "FILEMARK",
  "FileShardSetReader",
  "FileShardSetWriter",
  "FramePool",
  "InProcessCompressor",
  "MemoryFileTree",
  "MemoryRestoreTree",
  "MemorySpool",
  "MockTapeDevice",
  "OpenArchive",
  "RaitShardWriter",
  "ReedSolomon",
  "TapeArchive",
  "TapeMedium",
  "TapeShardOutput",
  "TapeShardReader",
  "TarDecoder",
  "VERSION",
  "ZFEC_HEADER_MAX_BYTES",
  "archiveInfo",
  "archiveTree",
  "createFiles",
  "createOnTapes",
  "decodeZfecHeader",
  "dumpTape",
  "encodeMemberHeader",
  "encodeZfecHeader",
  "extractArchive",
  "extractToDirectory",
  "identifyTape",
  "indexFileName",
  "isShortfall",
  "listArchive",
  "locateBadShards",
  "memoryDirectory",
  "memoryFile",
  "openPlaces",
  "openTapeDevice",
  "paddingAfter",
  "parseShardFileName",
  "printablePath",
  "repairFiles",
  "replaceOnDrive",
  "shardFileName",
  "statusLines",
  "storedSize",
  "verifyArchive",
  "withArchive",
  "zfecHeaderLength",
];

Deno.test("the library exports the values that are listed here, and no other", () => {
  assert.deepEqual(Object.keys(library).sort(), VALUES);
});
