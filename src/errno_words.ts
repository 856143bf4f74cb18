/**
 * What system errors are called when people are told about them.
 *
 * @module
 */

import type { EctarError } from "./errors.ts";

const WORDS: Record<string, string> = {
  ENOSPC: "no space left on the device",
  EDQUOT: "disk quota exceeded",
  EFBIG: "file too large for this file system",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EROFS: "read-only file system",
  ENOENT: "no such file or directory",
  ENOTDIR: "a part of the path is not a directory",
  EEXIST: "it exists already",
  EISDIR: "it is a directory",
  ELOOP: "symbolic links that lead in a circle",
  EIO: "input/output error",
  EMFILE: "too many open files (see ulimit -n)",
  ENFILE: "too many open files in the system",
};

/** Words for a system error such as `EACCES`; the name itself for one that people rarely meet. */
export function errnoWords(name: string): string {
  return WORDS[name] ?? name;
}

/**
 * Words for what Deno's permissions do not allow. Below some directories it wants all of them, which
 * an executable has not.
 */
export function notCapableWords({ message }: Deno.errors.NotCapable): string {
  return message.includes("Requires all access")
    ? "not allowed by Deno below /dev, /proc and /sys"
    : "not allowed by Deno's permissions";
}

/** Why something failed, without what it was done to. */
export function reasonOf(error: EctarError): string {
  const { errno } = error.context;
  return errno === undefined ? error.message : errnoWords(errno);
}
