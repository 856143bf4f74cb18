/** What the restore tests on a real file system share. */

import { cPath } from "../../ffi/libc.ts";
import { LinuxRestoreTree } from "../../ffi/restore_tree.ts";
import { statPath } from "../../ffi/stat.ts";
import type { RestoreOptions } from "../../src/tree/restore.ts";
import { bytesOf, type Member, restore } from "../unit/tree/restore_members.ts";

/** Tests that need root are left out for others. */
export const isRoot = Deno.uid() === 0;

/** Runs `body` in an empty directory that others may enter, and removes it. */
export function inScratch(body: (root: string) => void): void {
  const root = Deno.makeTempDirSync({ prefix: "ectar-restore-" });
  try {
    Deno.chmodSync(root, 0o777);
    body(root);
  } finally {
    new Deno.Command("chmod", { args: ["-R", "u+rwX", root] }).outputSync();
    new Deno.Command("rm", { args: ["-rf", root] }).outputSync();
  }
}

/** Restores members into the directory `root`. */
export function restoreInto(
  root: string | Uint8Array,
  members: readonly Member[],
  options: RestoreOptions = {},
) {
  using tree = new LinuxRestoreTree(bytesOf(root));
  return restore(tree, members, options);
}

/** What stands at `path`, links not followed. */
export function lookAt(path: string | Uint8Array) {
  const stat = statPath(-100, cPath(path), false);
  if (stat === undefined) throw new Error(`${path} is not there`);
  const mtimeNs = BigInt(stat.mtimeSeconds) * 1_000_000_000n + BigInt(stat.mtimeNanoseconds);
  return { ...stat, mtimeNs };
}

/** Standard output of a command that must succeed. */
export function run(command: string, ...args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(command, { args }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** A POSIX access control list as in `system.posix_acl_access`: owner, one user, group, mask, other. */
export function accessList(user: number, bits: number): Uint8Array {
  const entries: [tag: number, bits: number, id: number][] = [
    [1, 6, 0xffffffff],
    [2, bits, user],
    [4, 4, 0xffffffff],
    [16, 6, 0xffffffff],
    [32, 0, 0xffffffff],
  ];
  const bytes = new DataView(new ArrayBuffer(4 + 8 * entries.length));
  bytes.setUint32(0, 2, true);
  entries.forEach(([tag, permissions, id], index) => {
    bytes.setUint16(4 + 8 * index, tag, true);
    bytes.setUint16(6 + 8 * index, permissions, true);
    bytes.setUint32(8 + 8 * index, id, true);
  });
  return new Uint8Array(bytes.buffer);
}
