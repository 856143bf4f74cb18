/** Archives made by hand to get out of the directory that they are restored to. */

import { concat } from "../bytes.ts";
import {
  archiveOf,
  padded,
  paxHeader,
  paxRecord,
  type RawHeader,
  rawHeader,
} from "../unit/tar/raw_header.ts";
import { assertHarmless, type Attempt } from "./hostile_world.ts";

const file = (name: string, content = "evil", more: RawHeader = {}) =>
  concat([rawHeader({ name, size: content.length, ...more }), padded(content)]);
const directory = (name: string, mode = "0000777\0") => rawHeader({ name, type: "5", mode });
const symlink = (name: string, link: string) => rawHeader({ name, type: "2", link });
const hardLink = (name: string, link: string) => rawHeader({ name, type: "1", link });
const node = (name: string, type: string, major: number, minor: number) =>
  rawHeader({ name, type, patches: [[329, octal(major)], [337, octal(minor)]] });
const octal = (value: number) => `${value.toString(8).padStart(7, "0")}\0`;
const pax = (records: Record<string, string>, type = "x") =>
  paxHeader(Object.entries(records).map(([key, value]) => paxRecord(key, value)), type);
const gnuLong = (type: string, value: string) =>
  concat([
    rawHeader({ name: "././@LongLink", type, size: value.length + 1 }),
    padded(`${value}\0`),
  ]);
const archive = (...parts: Uint8Array[]) => () => archiveOf(...parts);

const NAMES: Attempt[] = [
  {
    name: "..",
    tar: archive(file("../new"), file("a/../../new"), directory(".."), directory("a/..")),
    code: 3,
    left: [],
  },
  {
    name: "absolute names",
    tar: (world) =>
      archiveOf(
        file(`${world}/outside/victim`),
        directory(`${world}/outside`),
        file(`//${world}/outside/new`),
        file("/../outside/new"),
      ),
    code: 3,
    says: "leading slash removed",
    left: ["WORLD d", "WORLD/outside d", "WORLD/outside/victim f", "WORLD/outside/new f"],
  },
  {
    name: "names in PAX headers, GNU long names and ustar prefixes",
    tar: archive(
      pax({ path: "../outside/new" }),
      file("harmless"),
      gnuLong("L", "../outside/new"),
      file("harmless"),
      file("new", "evil", { patches: [[345, "../outside"]] }),
      pax({
        "GNU.sparse.name": "../outside/new",
        "GNU.sparse.size": "4",
        "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": "0,4",
      }),
      file("harmless"),
    ),
    code: 3,
    left: [],
  },
  {
    name: "a global PAX header",
    tar: archive(pax({ path: "../outside/new" }, "g"), file("harmless")),
    code: 3,
    left: [],
  },
  {
    name: "names that are no names",
    tar: archive(
      file(""),
      file("."),
      file("/"),
      file("./././"),
      symlink(".", "../outside"),
      pax({ path: "a\0b" }),
      file("harmless"),
      pax({ path: "" }),
      file("harmless"),
      pax({ path: "n".repeat(300) }),
      file("harmless"),
      pax({ path: "new\nline" }),
      file("harmless"),
    ),
    code: 3,
    left: ["harmless f", "new", "line f"],
  },
  {
    name: "what stripping components leaves",
    options: ["--strip-components", "1"],
    tar: (world) =>
      archiveOf(
        file("x/../../outside/new"),
        file(`x/${world}/outside/new`),
        file("../outside/new"),
        hardLink("x/link", "x/../outside/victim"),
        hardLink("x/link", `x/${world}/outside/victim`),
      ),
    code: 3,
    left: ["WORLD d", "WORLD/outside d", "WORLD/outside/new f"],
  },
  {
    name: "a huge PAX header",
    tar: archive(pax({ path: "a/".repeat(1 << 20) }), file("harmless")),
    code: 3,
    says: "it lies more than 4096 directories deep",
    left: [],
  },
];

const LINKS: Attempt[] = [
  {
    name: "files through links",
    tar: (world) =>
      archiveOf(
        symlink("absolute", `${world}/outside`),
        file("absolute/new"),
        file("absolute/victim"),
        symlink("relative", "../outside"),
        file("relative/new"),
        directory("relative/directory"),
        symlink("relative/link", "."),
        hardLink("relative/hard", "absolute"),
        node("relative/fifo", "6", 0, 0),
        symlink("back", ".."),
        file("back/outside/new"),
      ),
    code: 3,
    says: "absolute/new refused: absolute is a symbolic link, which is not followed",
    left: ["absolute l", "relative l", "back l"],
  },
  {
    name: "files through a chain of links",
    tar: archive(
      symlink("a", "b"),
      symlink("b", "c"),
      symlink("c", "../outside"),
      file("a/new"),
      directory("d"),
      symlink("d/up", ".."),
      symlink("e", "d/up/.."),
      file("e/outside/new"),
      file("d/up/f"),
    ),
    code: 3,
    left: ["a l", "b l", "c l", "d d", "d/up l", "e l"],
  },
  {
    name: "a link that is then a file, with metadata of its own",
    tar: archive(
      symlink("a", "../outside/victim"),
      file("a"),
      rawHeader({ name: "b", type: "2", link: "../outside/victim", mode: "0004777\0" }),
      pax({
        "SCHILY.xattr.user.planted": "x",
        "SCHILY.acl.access": "user::rwx,group::rwx,other::rwx",
      }),
      symlink("c", "../outside/victim"),
    ),
    code: 3,
    left: ["a f", "b l", "c l"],
  },
  {
    name: "a directory that becomes a link before its mode and time are set",
    tar: archive(
      directory("a"),
      symlink("a", "../outside"),
      directory("b"),
      file("b/x"),
      symlink("b", "../outside/directory"),
      file("b/new"),
      symlink("c", "../outside"),
      directory("c"),
      file("c/inside"),
    ),
    code: 3,
    left: ["a l", "b d", "b/x f", "b/new f", "c d", "c/inside f"],
  },
  {
    name: "hard links to the outside",
    tar: (world) =>
      archiveOf(
        hardLink("a", `${world}/outside/victim`),
        hardLink("b", "../outside/victim"),
        symlink("c", "../outside"),
        hardLink("d", "c/victim"),
        pax({ linkpath: "../outside/victim" }),
        hardLink("e", "harmless"),
        gnuLong("K", "../outside/victim"),
        hardLink("f", "harmless"),
        hardLink("g", "/proc/self/environ"),
        file("a", "evil"),
      ),
    code: 3,
    left: ["a f", "c l"],
  },
  {
    name: "a hard link to a link, which is then written and given a mode",
    tar: archive(
      symlink("a", "../outside/victim"),
      rawHeader({ name: "b", type: "1", link: "a", mode: "0000777\0" }),
      file("b"),
      symlink("c", "../outside"),
      hardLink("d", "c"),
      directory("d"),
      file("d/new"),
    ),
    code: 0,
    left: ["a l", "b f", "c l", "d d", "d/new f"],
  },
  {
    name: "names in another case",
    tar: archive(symlink("Link", "../outside"), file("link/new"), file("LINK/new")),
    code: 0,
    left: ["Link l", "link d", "link/new f", "LINK d", "LINK/new f"],
  },
  {
    name: "links under names like those of temporary files",
    tar: archive(
      ...["00000000", "abcdefgh", "zzzzzzzz"].map((token) =>
        symlink(`.a.ectar-${token}`, "../outside/victim")
      ),
      symlink("a.ectar-partial", "../outside/victim"),
      file("a"),
    ),
    code: 0,
    left: [
      ...["00000000", "abcdefgh", "zzzzzzzz"].map((token) => `.a.ectar-${token} l`),
      "a.ectar-partial l",
      "a f",
    ],
  },
];

const EXISTING: Attempt[] = [[], ["--force"]].map((options) => ({
  name: `what stands there already ${options.join()}`,
  options,
  prepare: async (target: string) => {
    await Deno.symlink("../outside", `${target}/link`);
    await Deno.symlink("../outside", `${target}/other`);
    await Deno.symlink("../outside/victim", `${target}/file`);
    await Deno.link(`${target}/../outside/victim`, `${target}/hard`);
    await Deno.symlink("../outside/victim", `${target}/hard2`);
  },
  tar: archive(
    file("link/new"),
    directory("link/directory"),
    directory("other"),
    file("file"),
    hardLink("linked", "file"),
    hardLink("hard2", "hard"),
  ),
  code: 3,
  left: ["link l", "linked f", "hard f", "hard2 l"]
    .concat(options.length > 0 ? ["other d", "file f"] : ["other l", "file l"]),
}));

const KINDS: Attempt[] = [
  {
    name: "files over devices and FIFOs",
    tar: archive(
      node("fifo", "6", 0, 0),
      file("fifo"),
      node("full", "3", 1, 7),
      file("full"),
      node("loop", "4", 7, 200),
      file("loop"),
      file("fifo/below"),
    ),
    code: 3,
    left: ["fifo f", "full f", "loop f"],
  },
  {
    name: "directories that nobody may enter",
    tar: archive(
      directory("a", "0000000\0"),
      file("a/b"),
      directory("a/c", "0000000\0"),
      file("a/c/d"),
      directory("./", "0000000\0"),
      file("e"),
    ),
    code: 0,
    left: ["a d", "a/b f", "a/c d", "a/c/d f", "e f"],
  },
  {
    name: "a directory listing of GNU tar, which tells what to remove and rename",
    prepare: async (target) => {
      await Deno.writeTextFile(`${target}/kept`, "");
      await Deno.mkdir(`${target}/dir`);
      await Deno.writeTextFile(`${target}/dir/kept`, "");
    },
    tar: archive(
      file("dir", "Yother\0Rkept\0T../outside/victim\0\0", { type: "D" }),
      file(".", "Yother\0\0", { type: "D" }),
    ),
    code: 0,
    left: ["kept f", "dir d", "dir/kept f"],
  },
  {
    name: "a sparse map that leaves its file",
    tar: archive(
      pax({
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.size": "10",
        "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": "9007199254740000,4",
      }),
      file("a"),
    ),
    code: 1,
    left: [],
  },
];

/** With their exit codes, and whether the head of the index is refused. */
const COMMANDS: [string, number, boolean][] = [
  ["info", 0, true],
  ["repair", 3, true],
  ["repair --rebuild-index", 3, true],
  ["verify --full", 4, true],
  ["info", 0, false],
  ["repair", 0, false],
  ["repair --rebuild-index", 0, false],
  ["verify --full", 5, false],
];

const INDEXES: Attempt[] = [
  ...COMMANDS.map(([command, code, evilHead]): Attempt => ({
    name: `${command} of an index ${evilHead ? "of another name" : "whose files lead outside"}`,
    command: command.split(" "),
    archive: {
      head: evilHead ? { archive_name: "../outside/new" } : {},
      files: [{ path: "../outside/victim", member_size: 1024, size: 4 }],
    },
    tar: archive(file("../outside/victim")),
    code,
    left: [],
  })),
  {
    name: "an index with other names than the members",
    archive: {
      files: [{ path: "harmless", member_size: 1024, size: 4, offset: 0 }, {
        path: "b",
        member_size: 1024,
        size: 4,
        offset: 1024,
      }],
    },
    options: ["--files", "harmless", "b"],
    tar: archive(file("../outside/new"), file("b")),
    code: 1,
    says: "1 of 2 members that were asked for are not where the index says",
    left: ["b f"],
  },
  {
    name: "an index with names that lead outside",
    archive: { files: [{ path: "../outside/new", member_size: 1024, size: 4 }] },
    options: ["--files", "../outside/new"],
    tar: archive(file("../outside/new")),
    code: 3,
    left: [],
  },
  {
    name: "an index whose archive's name leads outside",
    archive: { head: { archive_name: "../../outside/new" }, files: [] },
    tar: archive(file("a")),
    code: 3,
    left: ["a f"],
  },
];

for (
  const [what, attempts] of Object.entries({
    "names that lead outside": NAMES,
    "links that lead outside": LINKS,
    "what lies in the directory": EXISTING,
    "devices, odd directories and odd files": KINDS,
    "an index that lies": INDEXES,
  })
) Deno.test(`nothing outside is touched: ${what}`, () => assertHarmless(attempts));
