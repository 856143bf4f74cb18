/**
 * Trees with everything a backup must keep, and whether two are the same. The guest's own programs
 * make and describe them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { makeSampleTree } from "../cli/sample_tree.ts";
import { sh } from "./drives.ts";

/** Makes a tree of about `megabytes` MiB at `root`, with real metadata. */
export async function makeTree(root: string, megabytes: number): Promise<void> {
  await makeSampleTree(root, megabytes);
  sh(`cd ${root}
    name=$(printf 'latin-\\351')
    echo one >"$name"; ln "$name" second-name; ln -s "$name" 'link to it'
    echo owned >owned; chown 1234:4321 owned; chmod 4711 owned
    mkdir -m 1777 sticky; mkfifo pipe; mknod null c 1 3; mknod disk b 7 200
    truncate -s 50M sparse; printf x | dd of=sparse bs=1 seek=33333333 conv=notrunc status=none
    setfattr -n trusted.test -v value owned; setfattr -h -n trusted.link -v value symlink
    setfacl -m u:77:rx deep; setfacl -d -m g:78:r deep
    touch -h -d '1969-07-20 20:17:40.123456789' symlink 'link to it' owned
    touch -d '2033-05-18 03:33:20.999999999' deep/er sticky pipe .`);
}

/** Makes a directory of small files that differ: each takes its place in an index. */
export function writeSmallFiles(directory: string, count: number): void {
  Deno.mkdirSync(directory);
  for (let i = 0; i < count; i++) Deno.writeTextFileSync(`${directory}/${i}`, `small file ${i}`);
}

/** Fails with the differences between two trees. */
export function assertSameTree(expected: string, actual: string): void {
  assert.equal(describe(actual), describe(expected));
}

/** Hash of each file in a tree, by path. */
export function describeFiles(root: string): Map<string, string> {
  const lines = sh(`cd ${root} && find . -type f -print0 | xargs -0 sha256sum`).split("\n");
  return new Map(lines.filter(Boolean).map((line) => [line.slice(66), line.slice(0, 64)]));
}

/** Removes a restored tree. */
export function removeTree(root: string): void {
  sh(`rm -rf ${root}`);
}

/** All that can be said about a tree: names, types, modes, owners, times, links, content, xattrs. */
function describe(root: string): string {
  return sh(`cd ${root}
    find . ! -type d -printf '%p %y %m %U %G %T@ %s %n %l\\n' | sort
    find . -type d -printf '%p %y %m %U %G %T@\\n' | sort
    find . -type b -o -type c | sort | xargs stat -c '%n %t %T'
    find . -type f -print0 | sort -z | xargs -0 sha256sum
    find . -type f -size +40M -printf '%p %b\\n'
    getfattr -R -P -h -d -m - -e hex . | sort
    getfacl -R -P -n -s . 2>/dev/null`);
}
