/**
 * The proven tar stream of an archive on its way to who uses its members, gaps included.
 *
 * @module
 */

import type { TarItem } from "../chunk/read_timeline.ts";
import { EctarError } from "../errors.ts";
import { TarDecoder } from "../tar/tar_decoder.ts";
import type { TarHandler } from "../tar/tar_handler.ts";

/** Takes a tar stream. */
export interface ItemTaker {
  /**
   * Takes the next item. Items may jump forward; where they do, a member starts.
   *
   * @throws {EctarError} what went wrong with this item, or with one before where they are not done
   *   at once
   */
  take(item: TarItem): void | Promise<void>;
  /**
   * Waits until all that was taken is done.
   *
   * @throws {EctarError} what went wrong with it
   */
  settle(): void | Promise<void>;
}

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

/** Whether items are a whole archive, which ends with tar's end blocks, or some of its members. */
export type StreamPart = "whole" | "members";

/**
 * Hands `items` to `taker`.
 *
 * @throws {EctarError} `interrupted`, and what the taker, the items and the hooks throw: of several
 *   failures the one that lies first in the stream
 */
export async function streamItems(
  items: AsyncIterable<TarItem>,
  taker: ItemTaker,
  hooks: StreamHooks,
): Promise<void> {
  try {
    for await (const item of items) {
      if (hooks.signal?.aborted) throw interrupted();
      if (item.kind === "gap") {
        const { tarOffset, length, reason } = item;
        hooks.onGap(tarOffset, length === undefined ? undefined : tarOffset + length, reason);
        if (length === undefined) break;
      }
      const end = item.kind === "data" ? item.tarOffset + item.bytes.length : undefined;
      const taken = taker.take(item);
      if (taken !== undefined) await taken;
      if (end !== undefined) await hooks.onPiece?.(end);
    }
  } catch (error) {
    if (!hooks.signal?.aborted) await taker.settle();
    throw error;
  }
}

/**
 * Reads members from `items` into `handler`.
 *
 * @throws {EctarError} `interrupted`, `format` for a tar that is wrong though its bytes are proven,
 *   and what the hooks throw
 */
export async function readMembers(
  items: AsyncIterable<TarItem>,
  handler: TarHandler,
  hooks: StreamHooks,
  part: StreamPart,
): Promise<void> {
  const decoder = new ItemDecoder(handler);
  await streamItems(items, decoder, hooks);
  const cut = decoder.end(part);
  if (cut !== undefined) hooks.onGap(cut, undefined, unfinished(cut));
}

/** Drives the tar decoder with the items of a stream. */
export class ItemDecoder implements ItemTaker {
  readonly #decoder: TarDecoder;
  #expected = 0;

  /** @param handler gets the members */
  constructor(handler: TarHandler) {
    this.#decoder = new TarDecoder(handler);
  }

  take(item: TarItem): void {
    if (item.kind === "resync") return this.#decoder.resync(item.tarOffset);
    const { tarOffset } = item;
    if (tarOffset !== this.#expected) this.#decoder.resync(tarOffset);
    if (item.kind === "data") {
      this.#decoder.push(item.bytes);
      this.#expected = tarOffset + item.bytes.length;
    } else if (item.length !== undefined) {
      this.#decoder.gap(item.length);
      this.#expected = tarOffset + item.length;
    }
  }

  settle(): void {}

  /**
   * No more items come.
   *
   * @returns the tar offset where the archive is cut off, if it is: one whose writing was stopped ends
   *   within a member, or without the end blocks
   */
  end(part: StreamPart): number | undefined {
    if (part === "members") return undefined;
    try {
      this.#decoder.finish();
      return undefined;
    } catch (error) {
      if (!(error instanceof EctarError) || error.code !== "format") throw error;
      return this.#expected;
    }
  }
}

/** Why nothing is known of an archive from tar offset `at` on. */
export function unfinished(at: number): string {
  return `the archive ends unfinished after ${at} bytes of tar`;
}

/** The failure of a run that was asked to stop. */
export function interrupted(): EctarError {
  return new EctarError("interrupted", "interrupted; what is complete so far stays");
}
