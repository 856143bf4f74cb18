/**
 * What the fuzz tests have in common: inputs made from good ones by a seed, and the rule that all
 * parsers obey. A parser gives a value or throws an EctarError of a code the caller expects, in one
 * line of bounded length; anything else is a defect, told with the seed and the input.
 *
 * @module
 */

import assert from "node:assert/strict";
import { EctarError, type ErrorCode } from "../../../src/errors.ts";
import { concat } from "../../bytes.ts";
import { Random } from "../../sim/random.ts";

/** Longest message that may come of any input. */
const MAX_MESSAGE = 1200;

/** Inputs at most this long are told in full when they fail. */
const MAX_TOLD_BYTES = 200;

/** An input, and how it came to be. */
export interface Input {
  what: string;
  bytes: Uint8Array;
}

/** `good` cut short at every length, the whole left out. */
export function* truncations(good: Uint8Array, step = 1): Generator<Input> {
  for (let length = 0; length < good.length; length += step) {
    yield { what: `cut to ${length} bytes`, bytes: good.slice(0, length) };
  }
}

/** `good` with each single bit flipped, every `step`th of them. */
export function* bitFlips(good: Uint8Array, step = 1): Generator<Input> {
  for (let bit = 0; bit < good.length * 8; bit += step) {
    const bytes = good.slice();
    bytes[bit >> 3] ^= 1 << (bit & 7);
    yield { what: `bit ${bit} flipped`, bytes };
  }
}

/** Numbers that break arithmetic, least significant byte first. */
const NASTY = ["00", "ff", "7f", "80", "ffff", "ff7f", "0080", "00000080", "ffffff7f", "ffffffff"]
  .concat(["feffffff", "ffffffffffffff7f", "0000000000000010", "ffffffffffffffff"])
  .map((hex) => Uint8Array.fromHex(hex));

/**
 * `count` inputs made of `good`: several bits or bytes changed, stretches doubled, dropped, zeroed or
 * swapped, nasty numbers laid over it, and random bytes that only begin like it.
 */
export function* mutants(good: Uint8Array, seed: number, count: number): Generator<Input> {
  for (let i = 0; i < count; i++) {
    const random = new Random(seed + i);
    let bytes: Uint8Array = good.slice();
    const done: string[] = [];
    for (let changes = random.int(1, 4); changes > 0; changes--) {
      const [what, changed] = mutate(random, bytes);
      done.push(what);
      bytes = changed;
    }
    yield { what: `seed ${seed + i}: ${done.join(", ")}`, bytes };
  }
}

function mutate(random: Random, bytes: Uint8Array): [string, Uint8Array] {
  const at = random.int(0, Math.max(0, bytes.length - 1));
  const length = random.magnitude(1, 64);
  const end = Math.min(bytes.length, at + length);
  const part = bytes.slice(at, end);
  switch (random.int(0, 7)) {
    case 0:
      bytes[at] ^= 1 << random.int(0, 7);
      return [`bit of byte ${at}`, bytes];
    case 1:
      bytes[at] = random.int(0, 255);
      return [`byte ${at}`, bytes];
    case 2:
      bytes.fill(0, at, end);
      return [`zeros at ${at}`, bytes];
    case 3:
      return [`${at} to ${end} dropped`, joined(bytes.subarray(0, at), bytes.subarray(end))];
    case 4:
      return [`${at} to ${end} doubled`, joined(bytes.subarray(0, end), bytes.subarray(at))];
    case 5: {
      const number = random.pick(NASTY);
      bytes.set(number.subarray(0, Math.max(0, bytes.length - at)), at);
      return [`nasty number at ${at}`, bytes];
    }
    case 6:
      bytes.set(random.bytes(part.length), at);
      return [`noise at ${at}`, bytes];
    default:
      return [`noise from ${at} on`, joined(bytes.subarray(0, at), random.bytes(length * 4))];
  }
}

/** Random bytes: `count` inputs of up to `length` of them. */
export function* noises(seed: number, count: number, length: number): Generator<Input> {
  for (let i = 0; i < count; i++) {
    const random = new Random(seed + i);
    yield { what: `seed ${seed + i}: noise`, bytes: random.bytes(random.magnitude(0, length)) };
  }
}

/** Byte strings, one after the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concat(parts);
}

/** Codes that bytes of another form or damaged ones may give. */
const BAD_BYTES: readonly ErrorCode[] = ["format", "damaged", "unsupported"];

/**
 * Holds `parse` to the rule for each input.
 *
 * @param check given each value that comes; throws where it is not right
 * @returns how many inputs gave a value
 */
export async function fuzz<T>(
  inputs: Iterable<Input>,
  parse: (bytes: Uint8Array) => T | Promise<T>,
  check: (value: T, bytes: Uint8Array) => void = () => {},
  codes: readonly ErrorCode[] = BAD_BYTES,
): Promise<number> {
  let values = 0;
  for (const { what, bytes } of inputs) {
    try {
      let value: T;
      try {
        value = await parse(bytes);
      } catch (error) {
        assertForeseen(error, codes);
        continue;
      }
      check(value, bytes);
      values++;
    } catch (error) {
      const told = bytes.subarray(0, MAX_TOLD_BYTES).toHex();
      throw new Error(`${what} (${bytes.length} bytes, ${told})`, { cause: error });
    }
  }
  return values;
}

/** Fails unless it is an EctarError of one of the codes, one printable line of bounded length. */
export function assertForeseen(error: unknown, codes: readonly ErrorCode[] = BAD_BYTES): void {
  if (!(error instanceof EctarError)) throw error;
  assert.ok(codes.includes(error.code), `code ${error.code}: ${error.message}`);
  assert.match(error.message, /^\P{Cc}+$/u, "not one printable line");
  assert.ok(error.message.length <= MAX_MESSAGE, `a message of ${error.message.length} characters`);
}

/** Fails unless `act` is refused, and soon: with one line whose words match. */
export async function refuses(
  act: () => unknown,
  words: RegExp,
  codes: readonly ErrorCode[] = BAD_BYTES,
  milliseconds = 20_000,
): Promise<void> {
  const started = performance.now();
  await assert.rejects(async () => await act(), (error) => {
    assertForeseen(error, codes);
    assert.match((error as Error).message, words);
    return true;
  });
  const took = performance.now() - started;
  assert.ok(took < milliseconds, `refused only after ${Math.round(took)} ms`);
}

/** A source of bytes that counts what is taken of it. */
export class CountedSource {
  taken = 0;
  readonly #parts: Iterable<Uint8Array>;

  constructor(parts: Iterable<Uint8Array>) {
    this.#parts = parts;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (const part of this.#parts) {
      this.taken += part.length;
      yield await Promise.resolve(part);
    }
  }
}

/** `bytes` over and over, `times` times or for ever. */
export function* repeated(bytes: Uint8Array, times = Infinity): Generator<Uint8Array> {
  for (let i = 0; i < times; i++) yield bytes;
}

/** `bytes` in pieces of `size`. */
export function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/**
 * Most memory that `act` had at once, in bytes above what there was before: heap and array buffers,
 * looked at whenever `act` calls what it is given.
 */
export async function memoryOf(act: (look: () => void) => unknown): Promise<number> {
  const used = () => {
    const { heapUsed, external } = Deno.memoryUsage();
    return heapUsed + external;
  };
  const before = used();
  let most = 0;
  const look = () => {
    most = Math.max(most, used() - before);
  };
  await act(look);
  look();
  return most;
}
