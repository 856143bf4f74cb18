/**
 * The platforms that executables are made for, and the Deno that each one holds.
 *
 * @module
 */

/** One platform. */
export interface Target {
  /** As `--target` and Deno name it. */
  triple: string;
  /** What `uname -m` says there. */
  machine: string;
  /** Debian's name of the architecture. */
  debian: string;
  /** The npm package with Deno's binary, and the version taken. */
  package: string;
  /** Version of Deno in it. */
  denoVersion: string;
  /** SHA-256 of the file `deno` in it. */
  denoSha256: string;
}

/** All of them. */
const TARGETS: readonly Target[] = [
  {
    triple: "x86_64-unknown-linux-gnu",
    machine: "x86_64",
    debian: "amd64",
    package: "@deno/linux-x64-glibc",
    denoVersion: "2.9.6",
    denoSha256: "bceb5b6a6239b0b010418406d8c77a508f67cf4337d94288f1c19fe71304aab0",
  },
  {
    triple: "aarch64-unknown-linux-gnu",
    machine: "aarch64",
    debian: "arm64",
    package: "@deno/linux-arm64-glibc",
    // The newest that the registry had of this package.
    denoVersion: "2.9.5",
    denoSha256: "e1a70c5eb03b0ebaf761077029ef86b9ba22d50e2b54ca45ce5437457f701b63",
  },
];

/**
 * The target that `triple` names; without one, this machine's.
 *
 * @throws {Error} when executables are not made for it
 */
export function targetNamed(triple: string = Deno.build.target): Target {
  const found = TARGETS.find((target) => target.triple === triple);
  if (found !== undefined) return found;
  const known = TARGETS.map((target) => target.triple).join(", ");
  throw new Error(`no executable is made for ${triple}; known: ${known}`);
}
