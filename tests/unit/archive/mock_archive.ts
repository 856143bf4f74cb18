/**
 * Whole archives on mock tape drives: from a tree in memory to tapes and back, with no permission.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  createArchive,
  type CreateParts,
  type CreateSummary,
} from "../../../src/archive/create.ts";
import { extractArchive, type ExtractSummary } from "../../../src/archive/extract.ts";
import { OpenArchive } from "../../../src/archive/open_archive.ts";
import { TapeArchive, type TapeArchiveOptions } from "../../../src/archive/tape_archive.ts";
import { openLocalSource } from "../../../src/archive/tar_source.ts";
import { MemorySpool } from "../../../src/index/record_spool.ts";
import type { RaitDrive, RaitOptions } from "../../../src/tape/rait_options.ts";
import { RaitShardWriter } from "../../../src/tape/rait_shard_writer.ts";
import { memoryDirectory, memoryFile } from "../../../src/tree/memory_node.ts";
import { MemoryFileTree } from "../../../src/tree/memory_tree.ts";
import { packPaths } from "../../../src/tree/name_list.ts";
import { toBytes } from "../../../src/tree/path_text.ts";
import {
  type MemoryNode as RestoredNode,
  MemoryRestoreTree,
} from "../../../src/tree/restore_memory.ts";
import { InProcessCompressor } from "../../../src/zstd/frame_compressor.ts";
import { MockTapeDevice, type MockTapeOptions } from "../../mocks.ts";
import { noise } from "../tape/rait_set.ts";

export { mockDrives } from "../tape/rait_set.ts";

const UUID = "11111111-2222-4333-8444-555555555555";
const CREATED = "2026-01-02T03:04:05Z";
export const BLOCK = 512;
const CHUNK = 16 * 1024;
const FRAME = 4 * 1024;

/** Files by name; noise, so that compressing does not shrink them. */
export type SampleFiles = Record<string, Uint8Array>;

/** `count` files of a few KiB each, none ending where a frame does. */
export function sampleFiles(count: number): SampleFiles {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`file${i}`, noise(3000 + 777 * i, i + 1)]),
  );
}

/** The same cartridges in fresh drives, all rewound. */
export function reload(
  drives: readonly MockTapeDevice[],
  options: (shard: number) => MockTapeOptions = () => ({}),
): MockTapeDevice[] {
  return drives.map((drive, i) =>
    new MockTapeDevice({ name: drive.name, medium: drive.medium!.clone(), ...options(i) })
  );
}

/** What a run onto mocks gave. */
export interface MockRun extends CreateSummary {
  writer: RaitShardWriter;
}

/** Archives `files` onto drives, one shard each. */
export async function archiveOnto(
  drives: readonly RaitDrive[],
  files: SampleFiles,
  k: number,
  rait: Partial<RaitOptions> = {},
  hooks: Pick<CreateParts, "signal" | "onProgress"> = {},
  { chunkSize, frameSize } = { chunkSize: CHUNK, frameSize: FRAME },
): Promise<MockRun> {
  const nodes = Object.entries(files).map(([name, content]) =>
    [name, memoryFile(content, { mtimeNs: 1n })] as [string, ReturnType<typeof memoryFile>]
  );
  const tree = new MemoryFileTree(memoryDirectory({ tree: memoryDirectory(nodes) }));
  const compressor = new InProcessCompressor();
  const source = openLocalSource(tree, {
    groups: [{ base: toBytes("."), paths: packPaths(["tree"]) }],
    chunkSize,
    frameSize,
  }, 8);
  const writer = new RaitShardWriter(drives, {
    k,
    blockSize: BLOCK,
    archive: { name: "backup", uuid: UUID, created: CREATED },
    host: "testhost",
    toolVersion: "2.0.0",
    bufferBytes: 16 * BLOCK,
    startMarkBytes: 0,
    reserveBytes: 1 << 20,
    ...rait,
  });
  await writer.begin();
  const summary = await createArchive({
    source,
    compressor,
    writer,
    newSpool: () => Promise.resolve(new MemorySpool()),
    head: {
      version: "2.0",
      created: CREATED,
      tool_version: "2.0.0",
      archive_name: "backup",
      archive_uuid: UUID,
      layout: "tapes",
      tape_set_uuid: writer.setUuid,
      volumes: writer.volumes,
      parameters: {
        data_shards: k,
        parity_shards: drives.length - k,
        chunk_size: chunkSize,
        compression_level: 0,
        frame_size: frameSize,
        block_size: writer.blockSize,
      },
    },
    ...hooks,
  });
  return { ...summary, writer };
}

/** What a restore gave. */
export interface MockRestore {
  files: SampleFiles;
  summary: ExtractSummary;
  remarks: string[];
}

/** What to restore, and how. */
export interface RestoreChoice extends Omit<TapeArchiveOptions, "newSpool"> {
  files?: string[];
  partial?: boolean;
}

/** Restores everything, or some files, from drives. */
export async function restoreFrom(
  drives: readonly RaitDrive[],
  { files, partial, ...options }: RestoreChoice = {},
): Promise<MockRestore> {
  const shards = await TapeArchive.open(drives, {
    ...options,
    newSpool: () => Promise.resolve(new MemorySpool()),
  });
  const decompressor = new InProcessCompressor();
  const target = new MemoryRestoreTree();
  try {
    const archive = await OpenArchive.open({ shards, decompressor });
    try {
      const summary = await extractArchive(archive, {
        target,
        partial,
        selection: files === undefined ? undefined : { files },
      });
      return { files: restoredFiles(target.root), summary, remarks: archive.remarks };
    } finally {
      await archive.close();
    }
  } finally {
    await shards.close();
  }
}

/** Fails unless exactly the files of `expected` came back. */
export function assertFiles(actual: SampleFiles, expected: SampleFiles): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [name, content] of Object.entries(expected)) {
    assert.deepEqual(actual[name], content, name);
  }
}

function restoredFiles(root: RestoredNode): SampleFiles {
  const tree = root.children.get("tree");
  if (tree === undefined) return {};
  return Object.fromEntries([...tree.children].map(([name, { content }]) => [name, content]));
}
