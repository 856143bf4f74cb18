/** Compares a restored tree with what was archived: exact, honestly partial, or absent. */

import assert from "node:assert/strict";
import type { MemoryNode as RestoredNode } from "../../src/tree/restore_memory.ts";
import { sameBytes } from "../bytes.ts";
import { type ExpectedMember, key } from "./trees.ts";

/** What became of the members, by path. */
export interface RestoredState {
  /** Stand under their own names, every byte and all metadata right. */
  whole: Set<string>;
  /** Stand as NAME.ectar-partial. */
  partial: Set<string>;
  /** Do not stand. */
  absent: Set<string>;
}

/**
 * Looks at everything below the output directory.
 *
 * @throws {AssertionError} when anything stands there that was not archived, or not like that
 */
export function compareRestored(
  root: RestoredNode,
  members: readonly ExpectedMember[],
): RestoredState {
  const state: RestoredState = { whole: new Set(), partial: new Set(), absent: new Set() };
  const found = new Map<string, RestoredNode>();
  const visit = (node: RestoredNode, path: string) => {
    for (const [name, child] of node.children) {
      const childPath = path === "" ? name : `${path}/${name}`;
      found.set(childPath, child);
      if (child.type === "directory") visit(child, childPath);
    }
  };
  visit(root, "");
  const byPath = new Map(members.map((member) => [member.path, member]));
  const parents = new Set(members.map(({ path }) => path.slice(0, path.lastIndexOf("/"))));

  for (const [path, node] of found) {
    const member = byPath.get(path);
    if (member !== undefined && difference(node, member) === undefined) {
      state.whole.add(path);
      continue;
    }
    const stem = path.replace(/\.ectar-partial(\.\d+)?$/, "");
    const base = byPath.get(stem) ?? cutName(path, stem, members);
    if (base !== undefined && base.path !== path && base.node.kind === "file") {
      assertPartial(node, base);
      state.partial.add(base.path);
      continue;
    }
    // A directory whose own member is lost is made for what lies below it.
    const isParent = node.type === "directory" && parents.has(path);
    assert.ok(
      isParent,
      `${path} stands there: ${member ? difference(node, member) : "unexpected"}`,
    );
  }
  for (const { path, first } of members) {
    if (!state.whole.has(path)) {
      if (!state.partial.has(path)) state.absent.add(path);
    } else if (state.whole.has(first)) {
      assert.equal(found.get(path), found.get(first), `${path} is no hard link to ${first}`);
    }
  }
  return state;
}

/** The file whose name had to be cut, so that the ending of a partial one fits behind it. */
function cutName(
  path: string,
  stem: string,
  members: readonly ExpectedMember[],
): ExpectedMember | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (path === stem || name.length < 252) return undefined;
  return members.find((member) =>
    member.node.kind === "file" && member.path.startsWith(stem) &&
    !member.path.includes("/", stem.length)
  );
}

function difference(node: RestoredNode, { node: source, content }: ExpectedMember) {
  if (node.type !== source.kind) return `type is ${node.type}, not ${source.kind}`;
  if (source.kind === "symlink") {
    return key(node.linkTarget) === key(new TextEncoder().encode(source.target))
      ? undefined
      : "link target differs";
  }
  if (source.kind === "file" && !sameBytes(node.content, content)) {
    return `content differs (${node.content.length} bytes of ${content.length})`;
  }
  if (node.mode !== (source.mode ?? -1)) return `mode is ${node.mode}, not ${source.mode}`;
  if (node.mtimeNs !== source.mtimeNs) return `time is ${node.mtimeNs}, not ${source.mtimeNs}`;
  if (node.uid !== source.uid || node.gid !== source.gid) return "owner differs";
  if (source.kind === "char-device" && node.device.join() !== "1,3") return "device differs";
  for (const { name, value } of source.attributes ?? []) {
    const own = node.xattrs.get(key(name));
    if (own === undefined || !sameBytes(own, value)) return "extended attribute differs";
  }
  return undefined;
}

/** Every byte is right or zero, and not all of them are there. */
function assertPartial(node: RestoredNode, { path, content }: ExpectedMember): void {
  assert.equal(node.type, "file", path);
  assert.equal(node.content.length, content.length, `${path}: size of the partial file`);
  const wrong = node.content.findIndex((byte, at) => byte !== 0 && byte !== content[at]);
  assert.equal(wrong, -1, `${path}: wrong byte at ${wrong} of the partial file`);
}
