/**
 * How much the benchmarks run, as the command line tells.
 *
 * @module
 */

import { parseArgs } from "node:util";

/** How much to run. */
export interface Options {
  /** Rounds of each comparison. */
  rounds: number;
  /** Seconds of each figure of the erasure code. */
  kernelSeconds: number;
  /** Bytes of the large file. */
  largeBytes: number;
  /** Small files of a tree. */
  smallFiles: number;
  /** Names of a tree of empty files. */
  names: number;
  /** Archive a whole system's libraries and texts, or a small part of them. */
  wholeTree: boolean;
}

/** What was asked for. */
export interface Request {
  /** Parts to run; all when there is none. */
  parts: string[];
  options: Options;
  /** Small data only. */
  quick: boolean;
  /** Where results go; undefined for where they usually do. */
  output: string | undefined;
}

const GIB = 2 ** 30;

const WHOLE: Options = {
  rounds: 5,
  kernelSeconds: 0.3,
  largeBytes: 20 * GIB,
  smallFiles: 200_000,
  names: 1_000_000,
  wholeTree: true,
};
const QUICK: Options = {
  rounds: 2,
  kernelSeconds: 0.1,
  largeBytes: GIB / 4,
  smallFiles: 5_000,
  names: 20_000,
  wholeTree: false,
};

/**
 * Reads the command line.
 *
 * @param known names of all parts
 * @throws {Error} when it is wrong
 */
export function parseOptions(args: string[], known: string[]): Request {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      large: { type: "string" },
      output: { type: "string" },
    },
  });
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`there is no benchmark "${unknown}"`);
  const options = { ...(values.quick ? QUICK : WHOLE) };
  if (values.rounds !== undefined) options.rounds = Math.ceil(positive("rounds", values.rounds));
  if (values.large !== undefined) options.largeBytes = GIB * positive("large", values.large);
  return { parts: positionals, options, quick: values.quick, output: values.output };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} "${text}": a number above zero is wanted`);
  return value;
}
