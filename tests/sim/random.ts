/** A seeded source of choices: the same seed makes the same world, on every machine. */

/** sfc32 over splitmix32: small, fast, and good enough to choose faults by. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    let state = seed >>> 0;
    const next = () => {
      state = (state + 0x9e3779b9) >>> 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    };
    [this.#a, this.#b, this.#c] = [next(), next(), next()];
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** 32 random bits. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }

  /** A whole number, `low ≤ n ≤ high`. */
  int(low: number, high: number): number {
    return low + Math.floor((this.uint32() / 2 ** 32) * (high - low + 1));
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.uint32() / 2 ** 32 < probability;
  }

  /** One of `choices`. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.int(0, choices.length - 1)];
  }

  /** A number whose order of magnitude is even: small ones as likely as large ones. */
  magnitude(low: number, high: number): number {
    const from = Math.log(low + 1);
    const to = Math.log(high + 1);
    return Math.round(Math.exp(from + (this.uint32() / 2 ** 32) * (to - from)) - 1);
  }

  /** `count` different ones of `choices`, in random order. */
  sample<T>(choices: readonly T[], count: number): T[] {
    const rest = [...choices];
    const chosen: T[] = [];
    while (chosen.length < count && rest.length > 0) {
      chosen.push(...rest.splice(this.int(0, rest.length - 1), 1));
    }
    return chosen;
  }

  /** `choices` in random order. */
  shuffle<T>(choices: readonly T[]): T[] {
    return this.sample(choices, choices.length);
  }

  /** Incompressible bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const words = new Uint32Array(Math.ceil(length / 4));
    for (let i = 0; i < words.length; i++) words[i] = this.uint32();
    return new Uint8Array(words.buffer, 0, length);
  }

  /** A UUID. */
  uuid(): string {
    const hex = this.bytes(16).toHex();
    const parts = [[0, 8], [8, 12], [12, 16], [16, 20], [20, 32]];
    return parts.map(([from, to]) => hex.slice(from, to)).join("-");
  }
}
