/**
 * Bounds how many directories of a tree are open at once, so that any depth can be walked. A
 * directory that lost its descriptor is opened again from its parent when it is needed, and must
 * then be the same node.
 *
 * @module
 */

import { libc } from "./libc.ts";

/** What the cache may take the descriptor from. */
export interface CachedDescriptor {
  /** The open descriptor or -1. */
  descriptor: number;
}

/** The directories opened last keep their descriptors. */
export class DescriptorCache {
  readonly #open = new Set<CachedDescriptor>();
  readonly #limit: number;

  /** @param limit descriptors open at most, at least 2: a directory and its parent */
  constructor(limit = 64) {
    this.#limit = limit;
  }

  /** `holder` has just been given a descriptor; the one used least recently loses its own. */
  add(holder: CachedDescriptor): void {
    this.#open.add(holder);
    if (this.#open.size <= this.#limit) return;
    for (const oldest of this.#open) {
      this.close(oldest);
      break;
    }
  }

  /** `holder` is in use: it is now the last to lose its descriptor. */
  touch(holder: CachedDescriptor): void {
    this.#open.delete(holder);
    this.#open.add(holder);
  }

  /** Closes the descriptor if there is one. */
  close(holder: CachedDescriptor): void {
    if (!this.#open.delete(holder)) return;
    libc().close(holder.descriptor);
    holder.descriptor = -1;
  }
}
