/**
 * ectar archives files as tar, zstd and Reed-Solomon shards, onto shard files or straight onto
 * several tape drives at once, and restores them when shards, tapes or drives are lost.
 *
 * The library has the parts that the command line program is made of. What takes a `FileTree`, a
 * `RestoreTarget`, a `ShardSetWriter`, a `ShardSetReader` or a `TapeDevice` works with those in
 * memory too, and then needs no permission at all. Every failure that is foreseen is an
 * {@link EctarError}.
 *
 * @example Three tapes, one of them lost
 * ```ts
 * import assert from "node:assert/strict";
 * import {
 *   archiveTree,
 *   extractArchive,
 *   InProcessCompressor,
 *   memoryDirectory,
 *   memoryFile,
 *   MemoryFileTree,
 *   MemoryRestoreTree,
 *   MockTapeDevice,
 *   OpenArchive,
 *   RaitShardWriter,
 *   TapeMedium,
 *   TapeShardReader,
 *   VERSION,
 * } from "@ectar/ectar";
 *
 * const tapes = [0, 1, 2].map(() => new TapeMedium());
 * const driveWith = (tape: TapeMedium, i: number) =>
 *   new MockTapeDevice({ name: `drive ${i}`, medium: tape });
 *
 * // Archive a file: each tape gets one shard, any two of the three give everything back.
 * const files = new MemoryFileTree(memoryDirectory({ "notes.txt": memoryFile("all is well\n") }));
 * const archive = {
 *   name: "backup",
 *   uuid: crypto.randomUUID(),
 *   created: new Date().toISOString(),
 *   chunkSize: 1 << 20,
 *   compressionLevel: 3,
 * };
 * const labels = { archive, host: "example", toolVersion: VERSION };
 * const writer = new RaitShardWriter(tapes.map(driveWith), { k: 2, blockSize: 65536, ...labels });
 * await writer.begin();
 * const { setUuid: tape_set_uuid, volumes } = writer;
 * const created = await archiveTree(files, { paths: ["notes.txt"] }, archive, writer, {
 *   place: { layout: "tapes", tape_set_uuid, volumes },
 * });
 * assert(created.totals?.files === 1 && created.missing.length === 0);
 *
 * // The tape with shard 1 is lost; the others are in any drives.
 * const shards = await TapeShardReader.open([tapes[2], tapes[0]].map(driveWith));
 * const found = await OpenArchive.open({ shards, decompressor: new InProcessCompressor() });
 * const target = new MemoryRestoreTree();
 * await extractArchive(found, { target });
 * const restored = target.find("notes.txt")?.content;
 * assert(new TextDecoder().decode(restored) === "all is well\n");
 * await found.close();
 * await shards.close();
 * ```
 *
 * @module
 */

export { EctarError } from "./src/errors.ts";
export type { ErrorCode, ErrorContext } from "./src/errors.ts";
export { printablePath } from "./src/printable.ts";
export { VERSION } from "./src/version.ts";

// Creating archives: of this machine's files, or of any file tree.
export { createFiles } from "./src/archive/create_local.ts";
export type { FileOutput } from "./src/archive/create_local.ts";
export { createOnTapes } from "./src/archive/create_tapes.ts";
export type { ArchiveOnTapes, TapeHooks, TapeOutput } from "./src/archive/create_tapes.ts";
export { archiveTree } from "./src/archive/archive_tree.ts";
export type { ArchiveTreeOptions, CreatedArchive } from "./src/archive/archive_tree.ts";
export type { ArchiveContent, ArchivePlace, ArchiveShape } from "./src/archive/archive_content.ts";
export type { MissingShard } from "./src/archive/chunk_books.ts";
export type {
  CreateHooks,
  CreateProgress,
  CreateSummary,
  EarlyStop,
} from "./src/archive/create.ts";
export type { TarTotals } from "./src/archive/tar_frames.ts";
export { isShortfall } from "./src/tree/note.ts";
export type { Note } from "./src/tree/note.ts";
export type { ExclusionOptions } from "./src/tree/exclusion.ts";

// Reading archives: from places that a user names, or from any shards.
export { openPlaces } from "./src/archive/tape_input.ts";
export type { ArchivePlaces } from "./src/archive/tape_input.ts";
export type { DriveActivity } from "./src/archive/drive_meter.ts";
export { OpenArchive } from "./src/archive/open_archive.ts";
export type { OpenArchiveOptions, OpenIndex } from "./src/archive/open_archive.ts";
export { extractToDirectory, withArchive } from "./src/archive/extract_local.ts";
export type { ExtractedArchive, ExtractLocalOptions } from "./src/archive/extract_local.ts";
export { extractArchive } from "./src/archive/extract.ts";
export type { ExtractOptions, ExtractSummary } from "./src/archive/extract.ts";
export { listArchive } from "./src/archive/list.ts";
export type { ListOptions, ListSummary } from "./src/archive/list.ts";
export { verifyArchive } from "./src/archive/verify.ts";
export type {
  IndexDamage,
  VerifyBytes,
  VerifyDepth,
  VerifyOptions,
  VerifySummary,
  WrongFile,
} from "./src/archive/verify.ts";
export type { VerifyProgress } from "./src/archive/verify_progress.ts";
export { archiveInfo } from "./src/archive/info.ts";
export type { ArchiveInfo, ChunkInfo } from "./src/archive/info.ts";
export { repairFiles, replaceOnDrive } from "./src/archive/repair_local.ts";
export type { ReplaceOnDrive } from "./src/archive/repair_local.ts";
export type {
  LostChunk,
  ReplacedTape,
  ReplaceProgress,
} from "./src/archive/repair_tape_options.ts";
export type { TapeFault } from "./src/archive/repair_tape_read_back.ts";
export type { RepairedFile, RepairOptions, RepairSummary } from "./src/archive/repair.ts";
export type { IndexState } from "./src/archive/repair_index.ts";
export type { RepairPlacesOptions } from "./src/archive/repair_places.ts";
export type { ChunkExtent } from "./src/chunk/read_archive.ts";
export type { ChunkCheck } from "./src/chunk/read_check.ts";
export type { DamageKind, ShardDamage } from "./src/chunk/read_damage.ts";
export type { LostPart } from "./src/chunk/read_timeline.ts";
export type { SelectionOptions } from "./src/tree/path_selector.ts";
export type { IndexReader } from "./src/index/index_reader.ts";
export type { ChunkRecord, FileRecord, IndexHead } from "./src/index/records.ts";
export { MemorySpool } from "./src/index/record_spool.ts";
export type { RecordSpool } from "./src/index/record_spool.ts";

// Where files come from and go to.
export type {
  FileTree,
  NodeKind,
  NodeNames,
  NodeStat,
  TreeDirectory,
  TreeFile,
} from "./src/tree/file_tree.ts";
export { memoryDirectory, memoryFile } from "./src/tree/memory_node.ts";
export type { MemoryFaults, MemoryNode, MemorySegment } from "./src/tree/memory_node.ts";
export { MemoryFileTree } from "./src/tree/memory_tree.ts";
export type { RestoreOptions } from "./src/tree/restore.ts";
export type { MetadataPolicy } from "./src/tree/restore_metadata.ts";
export type {
  RestoreNote,
  RestoreNoteKind,
  RestoreOutcome,
  RestoreSummary,
} from "./src/tree/restore_report.ts";
export type {
  HandleOrError,
  NodeStatus,
  RestoreTarget,
  SpecialNodeType,
  ZeroOrError,
} from "./src/tree/restore_target.ts";
export { MemoryRestoreTree } from "./src/tree/restore_memory.ts";
export type {
  MemoryNode as RestoredNode,
  MemoryRestoreOptions,
} from "./src/tree/restore_memory.ts";

// Shards.
export type {
  ByteRange,
  Extent,
  IndexHandle,
  MediumState,
  ShardHandle,
  ShardPlacement,
  ShardRead,
  ShardSetReader,
  ShardSetWriter,
} from "./src/shard/shard_io.ts";
export { FileShardSetReader } from "./src/shard/file_reader.ts";
export { FileShardSetWriter } from "./src/shard/file_writer.ts";
export type { FileShardSetOptions } from "./src/shard/file_writer.ts";
export { indexFileName, parseShardFileName, shardFileName } from "./src/shard/shard_name.ts";
export type { ShardName } from "./src/shard/shard_name.ts";
export {
  decodeZfecHeader,
  encodeZfecHeader,
  ZFEC_HEADER_MAX_BYTES,
  zfecHeaderLength,
} from "./src/shard/zfec_header.ts";
export type { ZfecHeader } from "./src/shard/zfec_header.ts";
export { ReedSolomon } from "./src/erasure/reed_solomon.ts";
export type { ReedSolomonOptions } from "./src/erasure/reed_solomon.ts";
export type { KernelName } from "./src/erasure/kernel/kernel.ts";
export type { ShardBatch } from "./src/erasure/shard_batch.ts";
export { locateBadShards } from "./src/erasure/locate.ts";

// Data frames.
export { InProcessCompressor } from "./src/zstd/frame_compressor.ts";
export type {
  CompressedFrame,
  FrameCompressor,
  FrameSums,
  FrameToCompress,
  FrameToDecompress,
} from "./src/zstd/frame_compressor.ts";
export { FramePool } from "./src/zstd/frame_pool.ts";

// Tapes.
export { openTapeDevice } from "./src/tape/open_device.ts";
export type { OpenTapeMode, OpenTapeOptions } from "./src/tape/open_device.ts";
export type {
  TapeDevice,
  TapePosition,
  TapeRead,
  TapeStatus,
  TapeWrite,
} from "./src/tape/device.ts";
export { RaitShardWriter } from "./src/tape/rait_shard_writer.ts";
export type {
  DeadDrive,
  DriveEvent,
  DriveSummary,
  RaitDrive,
  RaitOptions,
} from "./src/tape/rait_options.ts";
export { TapeShardOutput } from "./src/tape/tape_shard_output.ts";
export type { ShardOutput, TapeShardOutputOptions } from "./src/tape/tape_shard_output.ts";
export { TapeArchive } from "./src/archive/tape_archive.ts";
export type { TapeArchiveOptions } from "./src/archive/tape_archive.ts";
export { TapeShardReader } from "./src/tape/tape_shard_reader.ts";
export type { TapeReaderOptions } from "./src/tape/tape_shard_reader.ts";
export type { ChunkPosition } from "./src/tape/archive_tape.ts";
export type { ArchiveChoice, ChosenSet } from "./src/tape/tape_set.ts";
export type { DriveTimeouts } from "./src/tape/timed_device.ts";
export { identifyTape } from "./src/tape/identify.ts";
export type { ArchiveOnTape, TapeIdentity } from "./src/tape/identify.ts";
export type { TapeLabel } from "./src/tape/label.ts";
export { dumpTape } from "./src/tape/dump.ts";
export type { DumpedFile, DumpFile, DumpSink, DumpSummary } from "./src/tape/dump.ts";
export { statusLines } from "./src/tape/status_text.ts";
export { MockTapeDevice } from "./src/tape/mock_device.ts";
export type { MockCounts, MockTapeOptions } from "./src/tape/mock_options.ts";
export type { MockCall, MockEffect, MockFault, MockFaults } from "./src/tape/mock_faults.ts";
export { FILEMARK, TapeMedium } from "./src/tape/mock_medium.ts";
export type { TapeMediumOptions, TapeRecord } from "./src/tape/mock_medium.ts";

// Tar.
export { encodeMemberHeader, END_OF_ARCHIVE, storedSize } from "./src/tar/encode_member.ts";
export { paddingAfter } from "./src/tar/ustar_layout.ts";
export { TarDecoder } from "./src/tar/tar_decoder.ts";
export type { TarDecoderOptions } from "./src/tar/tar_decoder.ts";
export type { EntryType, ExtendedAttribute, SparseSegment, TarEntry } from "./src/tar/entry.ts";
export type { OwnerResolver } from "./src/tar/posix_acl.ts";
export type { TarHandler, TarProblem } from "./src/tar/tar_handler.ts";
export type { TarLimits } from "./src/tar/tar_limits.ts";
