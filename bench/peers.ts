/**
 * Other programs for Reed-Solomon coding, built from bench/peers/ into the cache where this machine
 * has their compilers and packages.
 *
 * @module
 */

import { CACHE, projectPath } from "./places.ts";

/** A program that prints how fast it encodes: `command K PARITY LENGTH SECONDS …more`. */
export interface Peer {
  name: string;
  /** Undefined where it cannot be had. */
  command: readonly string[] | undefined;
  more: readonly string[];
  /** Why it cannot be had. */
  obstacle: string;
}

/** Longest that a compiler may take, downloads of packages included. */
const BUILD_MS = 180_000;

const DIRECTORY = `${CACHE}/bench`;

/** Builds all peers. */
export async function buildPeers(): Promise<Peer[]> {
  Deno.mkdirSync(DIRECTORY, { recursive: true });
  const isal = await build({
    command: [`${DIRECTORY}/isal`],
    steps: [["cc", "-O2", "-o", `${DIRECTORY}/isal`, source("isal.c"), "-lisal"]],
    missing: "no C compiler",
    failed: "ISA-L does not compile (Debian: libisal-dev)",
  });
  const klauspost = await build({
    command: [`${DIRECTORY}/klauspost`],
    steps: [["go", "build", "-C", source("klauspost"), "-o", `${DIRECTORY}/klauspost`, "."]],
    missing: "no Go compiler",
    failed: "its Go module does not build here",
  });
  const cargo = ["cargo", "build", "--quiet", "--release", "--locked"];
  const target = ["--target-dir", `${DIRECTORY}/rse`];
  const rse = await build({
    command: [`${DIRECTORY}/rse/release/rse`],
    steps: [[...cargo, "--manifest-path", source("rse/Cargo.toml"), ...target]],
    missing: "no Rust compiler",
    failed: "its crate does not build here",
  });
  const python = `${CACHE}/python`;
  const pip = [`${python}/bin/pip`, "install", "--quiet", "--disable-pip-version-check"];
  const zfec = await build({
    command: [`${python}/bin/python`, source("zfec_speed.py")],
    steps: [["python3", "-m", "venv", python], [...pip, "--retries", "0", "zfec==1.6.0.0"]],
    missing: "no Python 3",
    failed: "its package cannot be installed here",
  });
  return await Promise.all([
    { name: "ISA-L, AVX2", ...isal, more: ["avx2"] },
    { name: "ISA-L, the best it has here", ...isal, more: ["best"] },
    { name: "klauspost/reedsolomon, AVX2", ...klauspost, more: ["avx2"] },
    { name: "klauspost/reedsolomon, the best it has here", ...klauspost, more: ["best"] },
    { name: "reed-solomon-erasure without SIMD", ...rse, more: [] },
    { name: "zfec", ...zfec, more: [] },
  ].map(tried));
}

/** Bytes of data per second that a peer encodes. */
export async function peerSpeed(
  command: readonly string[],
  more: readonly string[],
  [k, parity, length, seconds]: [k: number, parity: number, length: number, seconds: number],
): Promise<number> {
  const { code, stdout, stderr } = await new Deno.Command(command[0], {
    args: [...command.slice(1), ...[k, parity, length, seconds].map(String), ...more],
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr).trim());
  return Number(new TextDecoder().decode(stdout));
}

/** The peer, without its command where this processor cannot run it. */
async function tried(peer: Peer): Promise<Peer> {
  if (peer.command === undefined) return peer;
  try {
    await peerSpeed(peer.command, peer.more, [2, 1, 64, 0]);
    return peer;
  } catch (error) {
    return { ...peer, command: undefined, obstacle: (error as Error).message };
  }
}

/** How a peer is made. */
interface Recipe {
  command: string[];
  steps: string[][];
  /** What to say where a step's program is not there. */
  missing: string;
  /** What to say where a step fails. */
  failed: string;
}

/** Makes a command, or says what stood in the way. */
async function build(
  { command, steps, missing, failed }: Recipe,
): Promise<Pick<Peer, "command" | "obstacle">> {
  for (const [program, ...args] of steps) {
    try {
      const signal = AbortSignal.timeout(BUILD_MS);
      const { success } = await new Deno.Command(program, { args, signal }).output();
      if (!success) return { command: undefined, obstacle: failed };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return { command: undefined, obstacle: missing };
    }
  }
  return { command, obstacle: "" };
}

function source(name: string): string {
  return projectPath(`bench/peers/${name}`);
}
