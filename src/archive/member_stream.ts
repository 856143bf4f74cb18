/**
 * Drives the tar decoder with the proven tar stream of an archive, gaps included.
 *
 * @module
 */

import type { TarItem } from "../chunk/read_timeline.ts";
import { EctarError } from "../errors.ts";
import { TarDecoder } from "../tar/tar_decoder.ts";
import type { TarHandler } from "../tar/tar_handler.ts";

/** What is told while a stream is read. */
export interface StreamHooks {
  /** Called after each piece with the tar offset reached; waited for. */
  onPiece?: ((tarOffset: number) => void | Promise<void>) | undefined;
  /** Ends the reading. */
  signal?: AbortSignal | undefined;
  /**
   * Called for each gap; throws to end the reading there.
   *
   * @param end tar offset after the gap, undefined where nothing tells
   */
  onGap: (start: number, end: number | undefined, reason: string) => void;
}

/**
 * Reads members from `items` into `handler`. Items may jump forward; where they do, a member starts.
 *
 * @param part whether the items are a whole archive, which ends with tar's end blocks, or some of its
 *   members
 * @throws {EctarError} `interrupted`, `format` for a tar that is wrong though its bytes are proven,
 *   and what the hooks throw
 */
export async function readMembers(
  items: AsyncIterable<TarItem>,
  handler: TarHandler,
  hooks: StreamHooks,
  part: "whole" | "members",
): Promise<void> {
  const decoder = new TarDecoder(handler);
  let expected = 0;
  for await (const item of items) {
    if (hooks.signal?.aborted) {
      throw new EctarError("interrupted", "interrupted; what is complete so far stays");
    }
    if (item.kind === "resync") {
      decoder.resync(item.tarOffset);
    } else if (item.kind === "gap") {
      const { tarOffset, length, reason } = item;
      hooks.onGap(tarOffset, length === undefined ? undefined : tarOffset + length, reason);
      if (length === undefined) break;
      if (tarOffset !== expected) decoder.resync(tarOffset);
      decoder.gap(length);
      expected = tarOffset + length;
    } else {
      const { tarOffset, bytes } = item;
      if (tarOffset !== expected) decoder.resync(tarOffset);
      decoder.push(bytes);
      expected = tarOffset + bytes.length;
      await hooks.onPiece?.(expected);
    }
  }
  if (part === "whole") finish(decoder, expected, hooks);
}

/** An archive whose writing was stopped ends within a member, or without the end blocks. */
function finish(decoder: TarDecoder, at: number, hooks: StreamHooks): void {
  try {
    decoder.finish();
  } catch (error) {
    if (!(error instanceof EctarError) || error.code !== "format") throw error;
    hooks.onGap(at, undefined, `the archive ends unfinished after ${at} bytes of tar`);
  }
}
