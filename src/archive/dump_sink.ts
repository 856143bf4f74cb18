/**
 * Where dumps of tapes go: files of one directory that appear under their names when they are
 * whole. A tape dumped again, or an index that stands on several tapes, is no conflict as long as
 * the bytes are the same.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { ensureDirectory } from "../shard/ensure_directory.ts";
import { indexFileName } from "../shard/shard_name.ts";
import { fromSystemError, systemErrorName } from "../shard/system_error.ts";
import { printablePath } from "../printable.ts";
import type { DumpFile, DumpSink } from "../tape/dump.ts";
import { peekIndex } from "../tape/index_peek.ts";
import { parseLabel, type TapeLabel } from "../tape/label.ts";

const COMPARE_BYTES = 1 << 20;
/** Holds a label, and the head of an index. */
const START_BYTES = 256 * 1024;

/** Options of {@link DirectorySink}. */
export interface DirectorySinkOptions {
  /** Replace files whose bytes differ. @default false */
  force?: boolean | undefined;
  /** Called with the bytes written so far, all files together. */
  onProgress?: ((bytes: number) => void) | undefined;
}

/** Files in a directory. */
export class DirectorySink implements DumpSink {
  readonly #directory: string;
  readonly #options: DirectorySinkOptions;
  /** UUIDs of the archives that were begun, by name. */
  readonly #begun = new Map<string, string>();
  #bytes = 0;

  private constructor(directory: string, options: DirectorySinkOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  /**
   * Makes the directory if need be.
   *
   * @throws {EctarError} when it cannot be made
   */
  static async open(directory: string, options: DirectorySinkOptions = {}): Promise<DirectorySink> {
    await ensureDirectory(directory);
    return new DirectorySink(directory, options);
  }

  /**
   * Refuses an archive where the directory holds another one of its name: shards of both would mix.
   *
   * @throws {EctarError} `exists`
   */
  async begin({ name, archiveUuid, created }: TapeLabel): Promise<void> {
    const begun = this.#begun.get(name) ?? archiveUuid;
    this.#begun.set(name, begun);
    const uuids = [begun, ...this.#options.force ? [] : await this.#archivesCalled(name)];
    if (uuids.every((uuid) => uuid === archiveUuid)) return;
    throw new EctarError(
      "exists",
      `${this.#directory} holds another archive called ${printablePath(name)}, ` +
        `not the one created ${printablePath(created)}`,
      { path: this.#directory, hint: "dump to another directory" },
    );
  }

  /** UUIDs that labels of earlier dumps, and an index, of that name tell. */
  async #archivesCalled(name: string): Promise<string[]> {
    const uuids: (string | undefined)[] = [];
    for await (const { name: fileName, isFile } of Deno.readDir(this.#directory)) {
      const path = `${this.#directory}/${fileName}`;
      const rest = fileName.startsWith(`${name}.`) ? fileName.slice(name.length) : "";
      if (!isFile) continue;
      if (/^\.tape-s\d+\.label\.tar$/.test(rest)) uuids.push(labelUuid(await startOf(path)));
      else if (fileName === indexFileName(name)) {
        uuids.push(peekIndex(await startOf(path)).archiveUuid);
      }
    }
    return uuids.filter((uuid) => uuid !== undefined);
  }

  async create(name: string, otherwise?: string): Promise<DumpFile> {
    const finalPath = `${this.#directory}/${name}`;
    const path = `${this.#directory}/.${name}.ectar-${crypto.randomUUID().slice(0, 8)}`;
    const explain = (error: unknown) =>
      fromSystemError(error, `cannot write ${finalPath}`, { path });
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path, { write: true, createNew: true });
    } catch (error) {
      throw explain(error);
    }
    let isGone = false;
    return {
      write: async (bytes) => {
        try {
          for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
        } catch (error) {
          isGone = true;
          file.close();
          await Deno.remove(path);
          throw explain(error);
        }
        this.#options.onProgress?.(this.#bytes += bytes.length);
      },
      close: async () => {
        if (isGone) return;
        try {
          await file.sync();
          file.close();
          if (await this.#publish(path, finalPath)) return;
          if (otherwise === undefined) throw differs(finalPath);
          const otherPath = `${this.#directory}/${otherwise}`;
          if (await this.#publish(path, otherPath)) return otherwise;
          throw differs(otherPath);
        } catch (error) {
          throw explain(error);
        } finally {
          await Deno.remove(path).catch(() => {});
        }
      },
    };
  }

  /** Whether the file stands there now; not where another one does. */
  async #publish(path: string, finalPath: string): Promise<boolean> {
    try {
      if (this.#options.force) await Deno.rename(path, finalPath);
      else await Deno.link(path, finalPath);
      return true;
    } catch (error) {
      if (systemErrorName(error) !== "EEXIST") throw error;
      return await sameBytes(path, finalPath);
    }
  }
}

function differs(path: string): EctarError {
  return new EctarError("exists", `${path} is there and differs from what is on the tape`, {
    path,
    hint: "dump to another directory, or --force to replace it",
  });
}

function labelUuid(bytes: Uint8Array): string | undefined {
  try {
    return parseLabel(bytes)?.archiveUuid;
  } catch (error) {
    if (!(error instanceof EctarError)) throw error;
    return undefined;
  }
}

async function startOf(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path, { read: true });
  const start = new Uint8Array(START_BYTES);
  return start.subarray(0, await readFull(file, start));
}

async function sameBytes(one: string, other: string): Promise<boolean> {
  // Neither led elsewhere by a link nor kept waiting by a FIFO.
  if (!(await Deno.lstat(other)).isFile) return false;
  using first = await Deno.open(one, { read: true });
  using second = await Deno.open(other, { read: true });
  if ((await first.stat()).size !== (await second.stat()).size) return false;
  const [a, b] = [new Uint8Array(COMPARE_BYTES), new Uint8Array(COMPARE_BYTES)];
  while (true) {
    const length = await readFull(first, a);
    if (await readFull(second, b) !== length) return false;
    if (length === 0) return true;
    for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  }
}

async function readFull(file: Deno.FsFile, buffer: Uint8Array): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const got = await file.read(buffer.subarray(length));
    if (got === null) break;
    length += got;
  }
  return length;
}
