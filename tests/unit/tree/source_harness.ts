/**
 * Runs the tar producer on a tree and takes its stream apart again with the tar decoder.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fillChecksums } from "../../../src/archive/frame_checksums.ts";
import { type FileRecord, RECORD_END } from "../../../src/index/records.ts";
import type { TarFrame, TarTotals } from "../../../src/archive/tar_frames.ts";
import type { Note } from "../../../src/tree/note.ts";
import { type ProducerOptions, startTar } from "../../../src/archive/tar_producer.ts";
import type { TarEntry } from "../../../src/tar/entry.ts";
import { TarDecoder } from "../../../src/tar/tar_decoder.ts";
import type { FileTree } from "../../../src/tree/file_tree.ts";
import { packPaths } from "../../../src/tree/name_list.ts";
import { lossyText, toBytes } from "../../../src/tree/path_text.ts";
import { compressNow } from "../../../src/zstd/frame_compressor.ts";
import { concat } from "../../bytes.ts";

/** A member as the decoder gives it, with its content (holes as zeros). */
export interface ReadMember {
  path: string;
  entry: TarEntry;
  content: Uint8Array;
  offset: number;
}

/** Everything a run gave. */
export interface Produced {
  frames: TarFrame[];
  tar: Uint8Array;
  members: ReadMember[];
  records: FileRecord[];
  notes: Note[];
  totals: TarTotals;
}

/** Options for paths below the current directory, with small chunks and frames. */
export function optionsFor(
  paths: (string | Uint8Array)[],
  rest: Partial<ProducerOptions> = {},
): ProducerOptions {
  return {
    groups: [{ base: toBytes("."), paths: packPaths(paths) }],
    chunkSize: 1 << 20,
    frameSize: 1 << 16,
    ...rest,
  };
}

/** Runs the producer to its end; `hash` completes the records. */
export function produce(tree: FileTree, options: ProducerOptions, hash = true): Produced {
  const frames: TarFrame[] = [];
  const run = startTar(tree, options, {
    acquire: () => ({
      slot: frames.length,
      buffer: new Uint8Array(options.frameSize).fill(0xee),
    }),
    checkpoint: () => {},
  });
  let step = run.next();
  for (; !step.done; step = run.next()) frames.push(step.value);
  const tar = concat(frames.map((frame) => frame.data));
  return {
    frames,
    tar,
    members: readMembers(tar),
    records: frames.flatMap((frame) => hash ? readRecords(frame) : []),
    notes: frames.flatMap((frame) => frame.notes),
    totals: step.value,
  };
}

/** The records in a frame, with the checksums of what lies in it. */
export function readRecords(frame: TarFrame): FileRecord[] {
  const { partSums } = compressNow({ data: frame.data, parts: frame.unhashed.contents }, 0);
  fillChecksums(frame, partSums);
  const text = lossyText(frame.records);
  assert.ok(text === "" || text.endsWith(RECORD_END));
  return text.split(RECORD_END).slice(0, -1).map((line) => JSON.parse(line));
}

/** Decodes a whole tar; any problem in it is a failure. */
export function readMembers(tar: Uint8Array): ReadMember[] {
  const members: ReadMember[] = [];
  let ended = false;
  const decoder = new TarDecoder({
    entry(entry, offset) {
      const content = new Uint8Array(entry.type === "file" ? entry.size : 0);
      members.push({ path: lossyText(entry.path), entry, content, offset });
    },
    data(bytes, offset) {
      members.at(-1)!.content.set(bytes, offset);
    },
    entryEnd(intact) {
      assert.ok(intact);
    },
    end() {
      ended = true;
    },
    problem(problem) {
      throw new Error(problem.message);
    },
  });
  decoder.push(tar);
  decoder.finish();
  assert.ok(ended, "the tar ends with its end blocks");
  return members;
}

/** Paths of the members in order. */
export function pathsOf(produced: Produced): string[] {
  return produced.members.map((member) => member.path);
}

/** Kinds of the notes in order. */
export function noteKinds(produced: Produced): string[] {
  return produced.notes.map((note) => note.kind);
}
