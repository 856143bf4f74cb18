/**
 * Reads NAME.index.zst in bounded memory: the head, the chunk records, the file records, each from
 * the start of the index, so that they can be asked for in any order and as often as wanted.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import type { IndexHandle } from "../shard/shard_io.ts";
import { IndexLayout, type LayoutPart } from "./index_layout.ts";
import { indexLines } from "./index_lines.ts";
import { validateChunk, validateFile, validateHead } from "./index_schema.ts";
import type { ChunkRecord, FileRecord, IndexHead } from "./records.ts";

/** Most characters of members before the lists. */
const MAX_HEAD_CHARACTERS = 16 * 1024 * 1024;

/**
 * Reads one index. An index is a claim, not a proof: what it says about shards is believed only as
 * far as checksums bear it out. Everything thrown names the index by its origin.
 */
export class IndexReader {
  readonly #handle: IndexHandle;
  #head: IndexHead | undefined;

  /**
   * An index that nothing has been read of yet.
   *
   * @param handle its bytes
   */
  constructor(handle: IndexHandle) {
    this.#handle = handle;
  }

  /** Where the index is, for messages. */
  get origin(): string {
    return this.#handle.origin;
  }

  /**
   * What stands before the chunks.
   *
   * @throws {EctarError} `format` when it is no index, `unsupported` for another version
   */
  async head(): Promise<IndexHead> {
    try {
      return this.#head ??= await this.#readHead();
    } catch (error) {
      throw this.#named(error);
    }
  }

  /**
   * The chunk records in order.
   *
   * @throws {EctarError} `format` at the first record that is wrong or when the index is cut short
   */
  async *chunks(): AsyncGenerator<ChunkRecord> {
    const head = await this.head();
    let number = 0;
    try {
      for await (const texts of this.#records("chunks")) {
        for (const text of texts) yield validateChunk(parseJson(text), head, ++number);
      }
    } catch (error) {
      throw this.#named(error);
    }
  }

  /**
   * The file records in the order of the tar stream.
   *
   * @throws {EctarError} `format` at the first record that is wrong or when the index is cut short
   */
  async *files(): AsyncGenerator<FileRecord> {
    await this.head();
    let number = 0;
    try {
      for await (const texts of this.#records("files")) {
        for (const text of texts) yield validateFile(parseJson(text), ++number);
      }
    } catch (error) {
      throw this.#named(error);
    }
  }

  async #readHead(): Promise<IndexHead> {
    let members = "";
    for await (const part of this.#parts()) {
      if (part.kind === "records") break;
      members += (members === "" ? "" : ",") + part.texts.join(",");
      if (members.length > MAX_HEAD_CHARACTERS) {
        throw new EctarError("format", "its head is endless");
      }
    }
    return validateHead(parseJson(`{${members}}`));
  }

  /** The records of one list, batch by batch. */
  async *#records(list: "chunks" | "files"): AsyncGenerator<string[]> {
    let found = false;
    for await (const part of this.#parts()) {
      if (part.kind !== "records" || part.list !== list) continue;
      found = true;
      yield part.texts;
      // The files come after the chunks and may be millions; nothing much comes after the files.
      if (part.ended && list === "chunks") return;
    }
    if (!found) throw new EctarError("format", `it has no list of ${list}`);
  }

  async *#parts(): AsyncGenerator<LayoutPart> {
    const layout = new IndexLayout();
    for await (const lines of indexLines(this.#handle.read())) {
      for (const part of layout.push(lines)) yield part;
    }
    layout.end();
  }

  #named(error: unknown): unknown {
    if (!(error instanceof EctarError)) return error;
    const message = `index ${this.#handle.origin}: ${error.message}`;
    return new EctarError(error.code, message, error.context, { cause: error });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EctarError("format", "a record is no JSON", {}, { cause });
  }
}
