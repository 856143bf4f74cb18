/**
 * Verifying an archive: how much of it is as it was written, what would still restore, and how much
 * more could be lost. A run may end when its time is up, and a later one go on from there.
 *
 * @module
 */

import { checkAt, type CheckDepth, type ChunkCheck, type ChunkVisit } from "../chunk/read_check.ts";
import type { ShardDamage } from "../chunk/read_damage.ts";
import type { LostPart } from "../chunk/read_timeline.ts";
import { EctarError } from "../errors.ts";
import type { OpenArchive } from "./open_archive.ts";
import { IndexesBeside } from "./verify_indexes.ts";
import { inspectIndex } from "./rebuild_index.ts";
import { compareFiles, MAX_WRONG_FILES, type WrongFile } from "./verify_files.ts";
import { emptyProgress, refuseOtherRun, type VerifyProgress } from "./verify_progress.ts";

export type { WrongFile } from "./verify_files.ts";

/**
 * How thorough: `quick` looks at presence, sizes, headers and identity; `checksums` reads everything
 * and compares all checksums; `full` besides compares parity with data and every file's content.
 */
export type VerifyDepth = "quick" | "checksums" | "full";

/** How to verify. */
export interface VerifyOptions {
  /** How thorough. */
  depth: VerifyDepth;
  /** Where an earlier run ended. @default the beginning */
  resume?: VerifyProgress | undefined;
  /** Whether time is up; asked after each chunk and each member. @default never */
  isTimeUp?: (() => boolean) | undefined;
  /** Ends the run. */
  signal?: AbortSignal | undefined;
  /** Called after each chunk. */
  onChunk?: ((check: ChunkCheck) => void) | undefined;
  /** Called as bytes are checked. */
  onProgress?: ((progress: VerifyBytes) => void) | undefined;
}

/** How far a running verification is. */
export interface VerifyBytes {
  /** What is being done: chunks checked, or members compared. */
  phase: "chunks" | "files";
  /** Bytes of chunks (without parity) or of the tar. */
  bytes: number;
  /** How many there are, where an index tells. */
  totalBytes: number | undefined;
}

/** An index that is not as it should be. */
export interface IndexDamage {
  /** Where it lies. */
  origin: string;
  /** What is wrong with it. */
  problem: string;
}

/** What came of it. */
export interface VerifySummary {
  /** Archive name. */
  name: string;
  /** Archive UUID, where it is proven. */
  uuid: string | undefined;
  /** How thorough it was. */
  depth: VerifyDepth;
  /** Data and total shards, where known. */
  shardCounts: { k: number; m: number } | undefined;
  /** By chunk, in order. */
  chunks: ChunkCheck[];
  /** What is wrong with which shard. */
  damage: ShardDamage[];
  /** What is wrong with which index. A missing one is no damage: it may never have been written. */
  indexDamage: IndexDamage[];
  /** What cannot be restored. */
  lost: readonly LostPart[];
  /** Files that differ from the index; only at `full` and with an index. */
  wrongFiles: WrongFile[];
  /** Files compared with the index. */
  filesCompared: number;
  /** Whether the archive was written to its end; undefined where nothing tells. */
  isComplete: boolean | undefined;
  /** Where to go on, when time was up; undefined when everything was looked at. */
  next: VerifyProgress | undefined;
  /** What was noticed, one line each. */
  remarks: string[];
  /** The verdict on what was looked at: whole, damaged but restorable, or something is lost. */
  verdict: "whole" | "repairable" | "unrepairable";
}

const DEPTHS: Record<VerifyDepth, CheckDepth> = {
  quick: "ends",
  checksums: "pieces",
  full: "parity",
};

/**
 * Verifies an archive.
 *
 * @throws {EctarError} `not-found` without shards, `usage` when `resume` is of another archive or
 *   depth, `interrupted`
 */
export async function verifyArchive(
  archive: OpenArchive,
  options: VerifyOptions,
): Promise<VerifySummary> {
  return await new VerifyRun(archive, options).run();
}

class VerifyRun {
  readonly #archive: OpenArchive;
  readonly #options: VerifyOptions;
  readonly #state: VerifyProgress;

  constructor(archive: OpenArchive, options: VerifyOptions) {
    this.#archive = archive;
    this.#options = options;
    const uuid = archive.requireShards().archiveUuid;
    const { resume, depth } = options;
    if (resume !== undefined) refuseOtherRun(resume, archive.name, uuid, depth);
    this.#state = structuredClone(resume ?? emptyProgress(archive.name, uuid, depth));
  }

  async run(): Promise<VerifySummary> {
    const state = this.#state;
    const { isTimeUp = () => false } = this.#options;
    // However short its time, each run comes a step further.
    const mayEndHere = state.phase !== "files";
    if (state.phase === "indexes") await this.#checkIndexes();
    if (state.phase === "chunks") await this.#checkChunks();
    if (state.phase === "files" && !(mayEndHere && isTimeUp())) await this.#compareFiles();
    return this.#summary();
  }

  async #checkIndexes(): Promise<void> {
    const uuid = this.#archive.requireShards().archiveUuid;
    for (const handle of await this.#archive.indexHandles()) {
      const { problem } = await inspectIndex(handle, uuid, this.#options.depth === "quick");
      if (problem !== undefined) this.#state.indexDamage.push({ origin: handle.origin, problem });
    }
    this.#state.phase = "chunks";
  }

  async #checkChunks(): Promise<void> {
    const { depth, onChunk, onProgress, isTimeUp } = this.#options;
    const reader = this.#archive.requireShards();
    const state = this.#state;
    const totalBytes = await this.#chunkBytes();
    const from = state.nextChunk;
    const lostBefore = state.lost;
    const damageBefore = state.damage;
    const note = () => {
      state.lost = [...lostBefore, ...reader.lost];
      state.damage = [
        ...damageBefore,
        ...reader.damage.report().filter(({ chunk }) => chunk >= from && chunk < state.nextChunk),
      ];
    };
    const onBytes = (bytes: number) => {
      this.#stopIfAborted();
      state.bytes += bytes;
      onProgress?.({ phase: "chunks", bytes: state.bytes, totalBytes });
    };
    const indexes = await IndexesBeside.open(this.#archive, depth, state.indexDamage);
    const look = checkAt(DEPTHS[depth], onBytes);
    const visit: ChunkVisit = async (chunk, number) => {
      const finding = await look(chunk, number);
      await indexes.take(chunk);
      return finding;
    };
    try {
      for await (const check of reader.visit(visit, from)) {
        this.#stopIfAborted();
        state.chunks.push(check);
        state.nextChunk = check.chunk + 1;
        onChunk?.(check);
        if (!check.last && isTimeUp?.()) return note();
      }
    } finally {
      state.indexDamage.push(...await indexes.close());
    }
    note();
    state.phase = depth === "full" && this.#archive.index !== undefined ? "files" : "done";
  }

  async #compareFiles(): Promise<void> {
    const { isTimeUp = () => false, onProgress, signal } = this.#options;
    const state = this.#state;
    const index = this.#archive.index;
    if (index === undefined) return void (state.phase = "done");
    const { wrong, compared, isDone, indexProblem } = await compareFiles(this.#archive, index, {
      skip: state.filesCompared,
      isTimeUp,
      signal,
      onProgress: (bytes, totalBytes) => onProgress?.({ phase: "files", bytes, totalBytes }),
    });
    state.wrongFiles = [...state.wrongFiles, ...wrong].slice(0, MAX_WRONG_FILES);
    state.filesCompared = compared;
    if (indexProblem !== undefined && state.indexDamage.length === 0) {
      state.indexDamage.push({ origin: index.origin, problem: indexProblem });
    }
    if (isDone) state.phase = "done";
  }

  /** Bytes of all chunks, where an index tells. */
  async #chunkBytes(): Promise<number | undefined> {
    const { index } = this.#archive;
    if (index === undefined || this.#options.onProgress === undefined) return undefined;
    try {
      let bytes = 0;
      for await (const chunk of index.reader.chunks()) bytes += chunk.compressed_size;
      return bytes;
    } catch (error) {
      if (!(error instanceof EctarError)) throw error;
      return undefined;
    }
  }

  #stopIfAborted(): void {
    if (this.#options.signal?.aborted) throw new EctarError("interrupted", "interrupted");
  }

  #summary(): VerifySummary {
    const reader = this.#archive.requireShards();
    const state = this.#state;
    state.remarks = [...new Set([...state.remarks, ...this.#archive.remarks])];
    const { damage, indexDamage, lost, wrongFiles } = state;
    const isLost = lost.length > 0 || wrongFiles.length > 0;
    const isDamaged = damage.length > 0 || indexDamage.length > 0;
    return {
      name: this.#archive.name,
      uuid: reader.archiveUuid,
      depth: this.#options.depth,
      shardCounts: reader.shardCounts,
      chunks: state.chunks,
      damage,
      indexDamage,
      lost,
      wrongFiles,
      filesCompared: state.filesCompared,
      isComplete: this.#archive.index?.head.complete,
      next: state.phase === "done" ? undefined : state,
      remarks: state.remarks,
      verdict: isLost ? "unrepairable" : isDamaged ? "repairable" : "whole",
    };
  }
}
