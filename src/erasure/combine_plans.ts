/**
 * What the kernel needs to make certain shards from certain others, kept for the next time: damage
 * rarely changes from one stretch to the next.
 *
 * @module
 */
import type { CodecMemory } from "./codec_memory.ts";
import { multiplicationTables } from "./kernel/tables.ts";
import { interpolationMatrix } from "./matrix.ts";

/** Plans kept; the largest (128 sources and targets) takes 512 KiB. */
const MAX_PLANS = 24;

/** Multiplication tables in the codec's memory. */
export interface CombinePlan {
  /** Address of the tables. */
  tables: number;
  /** Their size in bytes. */
  size: number;
}

/** Plans by sources and targets, the least recently used first. */
export class CombinePlans {
  readonly #memory: CodecMemory;
  readonly #plans = new Map<string, CombinePlan>();
  /** The plan used last, and for which arrays: encoding asks with the same ones, call after call. */
  #last: { sources: readonly number[]; targets: readonly number[]; plan: CombinePlan } | undefined;

  constructor(memory: CodecMemory) {
    this.#memory = memory;
  }

  /**
   * The plan that makes `targets` from `sources`; valid until the next call. Arrays that were passed
   * once must not change.
   */
  get(sources: readonly number[], targets: readonly number[]): CombinePlan {
    const last = this.#last;
    if (last?.sources === sources && last.targets === targets) return last.plan;
    const key = `${sources.join()}>${targets.join()}`;
    const plan = this.#plans.get(key) ?? this.#make(sources, targets);
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    this.#last = { sources, targets, plan };
    return plan;
  }

  #make(sources: readonly number[], targets: readonly number[]): CombinePlan {
    for (const [key, { tables, size }] of this.#plans) {
      if (this.#plans.size < MAX_PLANS) break;
      this.#memory.free(tables, size);
      this.#plans.delete(key);
    }
    const bytes = multiplicationTables(interpolationMatrix(sources, targets));
    const tables = this.#memory.allocate(bytes.length);
    this.#memory.bytes(tables, bytes.length).set(bytes);
    return { tables, size: bytes.length };
  }
}
