/**
 * Turns a file tree into the tar stream of an archive: walks, reads file data straight into the
 * frames, hashes what does not fit into one, and writes an index record for each member. Synchronous,
 * and the same for the same tree; a Worker drives it in earnest, tests drive it in memory.
 *
 * @module
 */

import { createHash, type Hash } from "node:crypto";
import { EctarError } from "../errors.ts";
import { printablePath } from "../printable.ts";
import {
  borrowMemberHeader,
  END_OF_ARCHIVE,
  paddingAfter,
  storedSize,
} from "../tar/encode_member.ts";
import type { TarEntry } from "../tar/entry.ts";
import type { FileTree } from "../tree/file_tree.ts";
import type { Note } from "../tree/note.ts";
import { checkOperands, pathsOverlap } from "../tree/operand.ts";
import { type OwnOutputOptions, OwnOutputs } from "../tree/own_outputs.ts";
import { walk, type WalkOptions } from "../tree/walk.ts";
import type { TarFrame, TarTotals } from "./tar_frames.ts";
import { type FrameBuffer, FrameCutter, type Stretch } from "./tar_source_frames.ts";
import { type Member, MemberReader, type MetadataOptions } from "./tar_source_member.ts";
import { ContentReader } from "./tar_source_content.ts";
import { recordParts } from "./tar_source_record.ts";

/** What to archive and how to cut it. Can be handed to a Worker. */
export interface ProducerOptions extends WalkOptions, MetadataOptions {
  /** Tar bytes per chunk. */
  chunkSize: number;
  /** Tar bytes per frame. */
  frameSize: number;
  /** What belongs to the archive being written and so is left out. */
  ownOutputs?: OwnOutputOptions;
}

/** What the producer needs from whoever drives it. */
export interface ProducerHost {
  /** A free buffer of the pool; called at most once between two frames. */
  acquire(): FrameBuffer;
  /** Called now and then; may throw to stop the producer. */
  checkpoint(): void;
}

/** Bytes read and hashed at once: small enough to be hashed from the processor's cache. */
const READ_SIZE = 256 * 1024;
const ZEROS = new Uint8Array(1024 * 1024);
const CHECKSUM_OF_NOTHING = createHash("sha256").digest("hex");

/**
 * Checks that every path named exists, and prepares the stream.
 *
 * @throws {EctarError} not-found or permission for a path named, usage for an unknown owner
 */
export function startTar(
  tree: FileTree,
  options: ProducerOptions,
  host: ProducerHost,
): Generator<TarFrame, TarTotals> {
  checkOperands(tree, options.groups);
  return new TarProducer(tree, options, host).frames();
}

class TarProducer {
  readonly #tree: FileTree;
  readonly #options: ProducerOptions;
  readonly #host: ProducerHost;
  readonly #cutter: FrameCutter;
  readonly #own: OwnOutputs;
  readonly #members: MemberReader;
  readonly #totals: TarTotals = { members: 0, files: 0, fileBytes: 0, tarBytes: 0 };

  constructor(tree: FileTree, options: ProducerOptions, host: ProducerHost) {
    this.#tree = tree;
    this.#options = options;
    this.#host = host;
    this.#cutter = new FrameCutter(options.chunkSize, options.frameSize, () => host.acquire());
    this.#own = new OwnOutputs(tree, options.ownOutputs);
    const overlap = pathsOverlap(options.groups);
    this.#members = new MemberReader(tree, options, this.#own, overlap, this.#note);
  }

  *frames(): Generator<TarFrame, TarTotals> {
    for (const node of walk(this.#tree, this.#options, this.#own, this.#note)) {
      this.#host.checkpoint();
      const member = this.#members.read(node);
      if (member === undefined) continue;
      try {
        // Before the header is encoded: whoever takes the frame may encode other headers.
        if (this.#cutter.isFull) yield this.#cutter.take();
        const header = this.#header(member.entry);
        if (header === undefined) continue;
        const padding = paddingAfter(storedSize(member.entry));
        this.#cutter.beginMember(header.length + storedSize(member.entry) + padding);
        const checksum = this.#putWhole(member, header, padding) ??
          (yield* this.#putInPieces(member, header, padding));
        this.#finish(member, checksum);
      } finally {
        member.file?.close();
      }
    }
    this.#cutter.beginMember(END_OF_ARCHIVE.length);
    yield* this.#put(END_OF_ARCHIVE);
    yield this.#cutter.take();
    this.#totals.tarBytes = this.#cutter.tarOffset;
    return this.#totals;
  }

  /**
   * Puts a member that fits into the frame under way, as most do; what need not wait for another frame
   * needs none of the machinery for that.
   *
   * @returns its checksum, or where in the frame what is to be hashed is; undefined when it does not
   *   fit
   */
  #putWhole(member: Member, header: Uint8Array, padding: number): string | Stretch | undefined {
    const { entry, file } = member;
    const size = header.length + entry.size + padding;
    if (entry.sparse !== undefined || size > this.#cutter.room) return undefined;
    this.#cutter.copy(header, 0);
    if (file === undefined) return "";
    const start = this.#cutter.filled;
    const content = new ContentReader(member, undefined, this.#note);
    for (let at = 0; at < entry.size;) at += this.#read(content, at, entry.size);
    content.compareWithNow();
    if (entry.size === 0) return CHECKSUM_OF_NOTHING;
    this.#cutter.zeros(padding);
    return { start, end: start + entry.size };
  }

  /** Puts a member in as many frames as it takes, and returns its checksum. */
  *#putInPieces(
    member: Member,
    header: Uint8Array,
    padding: number,
  ): Generator<TarFrame, string> {
    if (header.length <= this.#cutter.room) this.#cutter.copy(header, 0);
    else yield* this.#put(header.slice());
    if (member.file === undefined) return "";
    const hash = createHash("sha256");
    yield* this.#content(member, hash);
    for (let left = padding; left > 0; left -= this.#cutter.zeros(left)) {
      if (this.#cutter.isFull) yield this.#cutter.take();
    }
    return hash.digest("hex");
  }

  /** Remembers and counts a member that has been put. */
  #finish({ entry, stat, file }: Member, checksum: string | Stretch): void {
    this.#members.written(stat, entry.path);
    this.#cutter.record(recordParts(entry, this.#cutter.memberPlace()), checksum);
    this.#totals.members++;
    if (file === undefined) return;
    this.#totals.files++;
    this.#totals.fileBytes += entry.size;
  }

  /** Nothing, with a note, when no tar can hold the entry. */
  #header(entry: TarEntry): Uint8Array | undefined {
    try {
      return borrowMemberHeader(entry);
    } catch (error) {
      if (!(error instanceof EctarError)) throw error;
      this.#note({ kind: "unreadable", path: printablePath(entry.path), message: error.message });
      return undefined;
    }
  }

  *#put(bytes: Uint8Array): Generator<TarFrame> {
    for (let done = 0; done < bytes.length;) {
      if (this.#cutter.isFull) yield this.#cutter.take();
      done += this.#cutter.copy(bytes, done);
    }
  }

  *#content(member: Member, hash: Hash): Generator<TarFrame> {
    const { entry } = member;
    const content = new ContentReader(member, hash, this.#note);
    let at = 0;
    for (const { offset, length } of entry.sparse ?? [{ offset: 0, length: entry.size }]) {
      this.#hashHole(hash, offset - at);
      at = offset;
      for (const end = offset + length; at < end;) {
        if (this.#cutter.isFull) yield this.#cutter.take();
        at += this.#read(content, at, end);
      }
    }
    this.#hashHole(hash, entry.size - at);
    content.compareWithNow();
  }

  /** Reads some bytes from `at` on, up to `end`, into the frame, and returns how many. */
  #read(content: ContentReader, at: number, end: number): number {
    this.#host.checkpoint();
    const space = this.#cutter.space(Math.min(READ_SIZE, end - at));
    content.fill(space, at);
    this.#cutter.advance(space.length);
    return space.length;
  }

  #hashHole(hash: Hash, length: number): void {
    for (let left = length; left > 0; left -= ZEROS.length) {
      this.#host.checkpoint();
      hash.update(left < ZEROS.length ? ZEROS.subarray(0, left) : ZEROS);
    }
  }

  readonly #note = (note: Note): void => this.#cutter.note(note);
}
