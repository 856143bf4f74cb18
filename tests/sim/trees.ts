/** Random file trees, and what must stand in a place where they were restored. */

import type { MemoryNode } from "../../src/tree/memory_node.ts";
import { matchingText } from "../../src/tree/path_text.ts";
import type { Random } from "./random.ts";

/** The only name at the root: what is archived. */
export const TOP = "data";

/** A member that was archived. */
export interface ExpectedMember {
  /** Path, one character a byte. */
  path: string;
  node: MemoryNode;
  /** Content of a file with holes as zeros. */
  content: Uint8Array;
  /** Path of the first name of this node in archive order; its own unless it is a hard link. */
  first: string;
}

const encoder = new TextEncoder();

/** Bytes as text with one character a byte, as the restored tree keeps its names. */
export function key(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** A tree of one directory with up to some megabytes below. */
export function randomTree(random: Random): MemoryNode {
  const bytes = random.chance(0.3) ? random.magnitude(0, 50_000) : random.int(50_000, 1_000_000);
  const maker = new TreeMaker(random, bytes, random.magnitude(3, 80));
  return { kind: "directory", entries: [[TOP, maker.directory(0)]] };
}

class TreeMaker {
  readonly #random: Random;
  #bytesLeft: number;
  #nodesLeft: number;
  readonly #linkable: MemoryNode[] = [];

  constructor(random: Random, bytes: number, nodes: number) {
    this.#random = random;
    this.#bytesLeft = bytes;
    this.#nodesLeft = nodes;
  }

  directory(depth: number): MemoryNode {
    const random = this.#random;
    const entries: [Uint8Array, MemoryNode][] = [];
    const used = new Set<string>();
    for (
      let count = random.int(depth === 0 ? 3 : 0, 12);
      count > 0 && this.#nodesLeft > 0;
      count--
    ) {
      const name = this.#name();
      if (used.has(matchingText(name))) continue;
      used.add(matchingText(name));
      this.#nodesLeft--;
      entries.push([name, this.#node(depth)]);
    }
    return { kind: "directory", entries, ...this.#metadata(0o755) };
  }

  #node(depth: number): MemoryNode {
    const random = this.#random;
    const choice = random.int(0, 99);
    if (choice < 15 && depth < 5) return this.directory(depth + 1);
    if (choice < 22) {
      return { kind: "symlink", target: random.pick(["x", "../y", "/etc/passwd", "a b\n"]) };
    }
    if (choice < 25) return { kind: "fifo", ...this.#metadata(0o600) };
    if (choice < 27) {
      return { kind: "char-device", deviceMajor: 1, deviceMinor: 3, ...this.#metadata(0o600) };
    }
    if (choice < 37 && this.#linkable.length > 0) return random.pick(this.#linkable);
    return this.#file();
  }

  #file(): MemoryNode {
    const random = this.#random;
    const size = Math.min(this.#bytesLeft, random.magnitude(0, 400_000));
    this.#bytesLeft -= size;
    const node: MemoryNode = { kind: "file", ...this.#metadata(0o644) };
    if (random.chance(0.15)) node.segments = this.#segments(size);
    else node.content = this.#content(size);
    if (random.chance(0.2)) {
      node.attributes = [{ name: encoder.encode("user.note"), value: random.bytes(20) }];
    }
    this.#linkable.push(node);
    return node;
  }

  #content(size: number): Uint8Array {
    const random = this.#random;
    if (random.chance(0.5)) return random.bytes(size);
    const words = random.bytes(random.int(1, 64));
    return Uint8Array.from({ length: size }, (_, i) => words[i % words.length]);
  }

  #segments(bytes: number): NonNullable<MemoryNode["segments"]> {
    const random = this.#random;
    const data: { offset: number; data: Uint8Array }[] = [];
    let offset = 0;
    for (let left = Math.min(bytes, 60_000); left > 0;) {
      offset += 512 * random.int(0, 100);
      const length = Math.min(left, 512 * random.int(1, 40));
      data.push({ offset, data: random.bytes(length) });
      left -= length;
      offset += Math.ceil(length / 512) * 512;
    }
    return { size: offset + 512 * random.int(0, 1000), data };
  }

  #name(): Uint8Array {
    const random = this.#random;
    const choice = random.int(0, 19);
    if (choice === 0) return encoder.encode("n".repeat(random.int(90, 255)));
    if (choice === 1) return Uint8Array.of(0xff, 0xfe, random.int(1, 9));
    if (choice === 2) return encoder.encode(`line\nfeed\x1b[2J${random.int(0, 9)}`);
    if (choice === 3) return encoder.encode(`ünïcödé-😀-${random.int(0, 99)}`);
    if (choice === 4) return encoder.encode(`f.ectar-partial${random.int(0, 2) || ""}`);
    return encoder.encode(`f${random.int(0, 9999)}`);
  }

  #metadata(mode: number): Partial<MemoryNode> {
    const random = this.#random;
    return {
      mode: random.chance(0.2) ? random.int(0, 0o7777) : mode,
      uid: random.pick([0, 1000, 3_000_000]),
      gid: random.pick([0, 100]),
      mtimeNs: BigInt(random.int(-2_000_000_000, 2_000_000_000)) * 1_000_000_000n +
        BigInt(random.int(0, 999_999_999)),
    };
  }
}

/** Everything that archiving `TOP` of a tree puts into the archive, in archive order. */
export function expectedMembers(root: MemoryNode): ExpectedMember[] {
  const members: ExpectedMember[] = [];
  const firsts = new Map<MemoryNode, string>();
  const visit = (node: MemoryNode, path: string) => {
    const first = node.kind === "directory" ? path : firsts.get(node) ?? path;
    firsts.set(node, first);
    members.push({ path, node, content: contentOf(node), first });
    const entries = (node.entries ?? [])
      .map(([name, child]): [string, MemoryNode] => [
        key(typeof name === "string" ? encoder.encode(name) : name),
        child,
      ])
      .sort(([a], [b]) => a < b ? -1 : 1);
    for (const [name, child] of entries) visit(child, `${path}/${name}`);
  };
  visit(root.entries![0][1], TOP);
  return members;
}

function contentOf({ content, segments }: MemoryNode): Uint8Array {
  if (segments === undefined) return content ?? new Uint8Array(0);
  const whole = new Uint8Array(segments.size);
  for (const { offset, data } of segments.data) whole.set(data, offset);
  return whole;
}
