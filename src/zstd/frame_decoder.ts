/**
 * Decodes one zstd frame of any size in bounded memory, synchronously.
 *
 * node:zlib's public stream is no help in Deno 2.9: an error in the data is thrown where nothing can
 * catch it and ends the process. So this drives the handle below that stream, the one that the
 * `...Sync` functions drive too.
 *
 * @module
 */

import { constants, createZstdDecompress } from "node:zlib";
import { EctarError } from "../errors.ts";

const OUTPUT_BYTES = 256 * 1024;

/** The part of node:zlib's stream that is used; see the module comment. */
interface ZstdStream {
  _handle?: {
    writeSync(
      flush: number,
      input: Uint8Array,
      inputOffset: number,
      inputLength: number,
      output: Uint8Array,
      outputOffset: number,
      outputLength: number,
    ): void;
  };
  /** Output room left, input left. */
  _writeState?: Uint32Array;
  close(): void;
}

/** Decodes one frame, piece by piece. */
export class FrameDecoder {
  readonly #stream = createZstdDecompress() as unknown as ZstdStream;
  readonly #output = new Uint8Array(OUTPUT_BYTES);

  /**
   * Goes on decoding.
   *
   * @param input the frame's next bytes, none after its end
   * @returns content in pieces of up to 256 KiB
   * @throws {EctarError} `format` when the frame does not decode
   */
  *decode(input: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
    const { _handle: handle, _writeState: state } = this.#stream;
    if (handle === undefined || state === undefined) {
      throw new EctarError("unsupported", "this runtime cannot decode large zstd frames");
    }
    const output = this.#output;
    let inputLeft = input.length;
    let outputLeft = 0;
    while (inputLeft > 0 || outputLeft === 0) {
      const before = inputLeft;
      try {
        const offset = input.length - inputLeft;
        const flush = constants.ZSTD_e_continue;
        handle.writeSync(flush, input, offset, inputLeft, output, 0, output.length);
      } catch (cause) {
        const reason = (cause as Error).message;
        throw new EctarError("format", `zstd frame does not decode: ${reason}`, {}, { cause });
      }
      [outputLeft, inputLeft] = state;
      if (outputLeft < output.length) yield output.slice(0, output.length - outputLeft);
      else if (inputLeft === before) throw new EctarError("format", "zstd frame does not decode");
    }
  }

  /** Lets go of the decoder. */
  close(): void {
    this.#stream.close();
  }
}
