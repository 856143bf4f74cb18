/**
 * Who may know whom: the layers of docs/architecture.md, held against every import in the tree. A
 * new dependency between parts is a decision; it is made here, with its reason.
 */

import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url);

/** Interfaces that any part may know, for types only. */
const SEAMS = [
  "src/tar/entry.ts",
  "src/shard/shard_io.ts",
  "src/index/records.ts",
  "src/tape/device.ts",
];

/** Parts in `src/` that use no other part, seams and the exceptions below excepted. */
const APART = ["tar", "zstd", "erasure", "shard", "index", "tape", "tree"];

/** Parts that are made of others. */
const MADE_OF: Record<string, readonly string[]> = {
  chunk: ["zstd", "erasure"],
  archive: ["chunk", "erasure", "index", "shard", "tape", "tar", "tree", "zstd"],
  cli: ["archive"],
};

/** What parts besides know of each other. `to` is a file or, with a slash at its end, a folder. */
const EXCEPTIONS: { from: string; to: string; types?: true; why: string }[] = [
  { from: "src/index/", to: "src/zstd/", why: "the index is a zstd file" },
  { from: "src/chunk/", to: "src/shard/zfec_header.ts", why: "a share begins with this header" },
  { from: "src/tape/", to: "src/shard/zfec_header.ts", why: "a tape file is a share" },
  { from: "src/tape/index_peek.ts", to: "src/zstd/", why: "the index on a tape is a zstd file" },
  { from: "src/tape/dump.ts", to: "src/shard/shard_name.ts", why: "dumped shards are shard files" },
  { from: "src/cli/", to: "src/chunk/read_damage.ts", types: true, why: "reports are printed" },
  { from: "src/cli/", to: "src/tape/", why: "what tapes and drives say of themselves is printed" },
  { from: "src/cli/", to: "src/tree/note.ts", why: "notes are printed" },
  { from: "src/cli/", to: "src/tree/name_list.ts", why: "lists of names come from options" },
  { from: "src/cli/", to: "src/shard/system_error.ts", why: "files named by options may fail" },
  { from: "src/cli/", to: "src/shard/ensure_directory.ts", why: "directories named by options" },
  { from: "ffi/", to: "src/tree/", why: "the file trees of this machine are implemented there" },
  { from: "ffi/tape.ts", to: "src/tape/st_abi.ts", why: "layout of the driver's structures" },
];

/** Who knows ffi/, the only unsafe code. */
const FFI_USERS: Record<string, string> = {
  "src/archive/extract_local.ts": "restores to this machine",
  "src/archive/read_back.ts": "reads what was written from the disk, not from memory",
  "src/archive/repair_local.ts": "reads what it wrote from the disk, not from memory",
  "src/archive/restore_worker.ts": "restores to this machine",
  "src/archive/source_worker.ts": "reads this machine's files",
  "src/cli/main.ts": "signals that were ignored at the start stay ignored",
  "src/cli/option_file.ts": "lists come through pipes that shells name",
  "src/tape/drive_worker.ts": "the thread that makes a drive's calls",
  "src/tape/linux_device.ts": "memory that the driver moves without copying",
  "src/tape/open_device.ts": "looks at nodes that Deno refuses to show",
  "src/tape/st_open.ts": "names of error numbers",
  "src/tape/st_tape.ts": "names of error numbers",
};

/** Parts that never touch the system, whatever permission there is. */
const PURE = ["tar", "zstd", "erasure", "index", "chunk", "tree"];

interface Import {
  from: string;
  to: string;
  typesOnly: boolean;
}

async function* modulesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    // AssemblyScript is not TypeScript; it is compiled into what is imported.
    if (isDirectory && name !== "assembly") yield* modulesIn(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield folder + name;
  }
}

/** Statements start at the margin; examples in comments do not. */
const STATIC = /^(import|export)\s+(type\s)?([^;"]*?)\bfrom\s+"([^"]+)"/gm;
const DYNAMIC = /\bimport\("([^"]+)"\)|^import\s+"([^"]+)"/gm;

function importsOf(from: string, source: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, typesOnly: boolean) => {
    const isOurs = specifier.startsWith(".");
    const to = isOurs ? new URL(specifier, `file:///${from}`).pathname.slice(1) : specifier;
    found.push({ from, to, typesOnly });
  };
  for (const [, , type, names, specifier] of source.matchAll(STATIC)) {
    const each = names.replace(/[{}\s]+/g, " ").trim().split(/\s*,\s*/).filter((n) => n !== "");
    add(specifier, type !== undefined || each.every((name) => name.startsWith("type ")));
  }
  for (const [, dynamic, bare] of source.matchAll(DYNAMIC)) add(dynamic ?? bare, false);
  return found;
}

const sources = new Map<string, string>();
for (const folder of ["src/", "ffi/"]) {
  for await (const path of modulesIn(folder)) sources.set(path, "");
}
for (const path of ["mod.ts", "cli.ts"]) sources.set(path, "");
for (const path of sources.keys()) {
  sources.set(path, await Deno.readTextFile(new URL(path, ROOT)));
}
const imports = [...sources].flatMap(([path, source]) => importsOf(path, source));

/** `tar` for `src/tar/entry.ts`; undefined for what every part may use, such as `src/errors.ts`. */
function partOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

function covers(rule: string, path: string): boolean {
  return rule.endsWith("/") ? path.startsWith(rule) : path === rule;
}

function exceptionsFor({ from, to, typesOnly }: Import) {
  return EXCEPTIONS.filter((exception) =>
    covers(exception.from, from) && covers(exception.to, to) && (typesOnly || !exception.types)
  );
}

const between = imports.filter(({ from, to }) => {
  const source = from.startsWith("ffi/") ? "ffi" : partOf(from);
  return source !== undefined && partOf(to) !== undefined && source !== partOf(to);
});

function show({ from, to, typesOnly }: Import): string {
  return `${from} → ${to}${typesOnly ? " (types)" : ""}`;
}

Deno.test("imports are found, of all kinds", () => {
  const sample = `import a from "./a.ts";
import { type B, type C } from "./b.ts";
import { d, type E } from "./d.ts";
import type { F } from "../f.ts";
export * from "./g.ts";
import "./h.ts";
 * import { no } from "./comment.ts";
const later = await import("./i.ts");
export { j } from "npm:j";
`;
  assert.deepEqual(importsOf("src/x/y.ts", sample).map(show).sort(), [
    "src/x/y.ts → npm:j",
    "src/x/y.ts → src/f.ts (types)",
    "src/x/y.ts → src/x/a.ts",
    "src/x/y.ts → src/x/b.ts (types)",
    "src/x/y.ts → src/x/d.ts",
    "src/x/y.ts → src/x/g.ts",
    "src/x/y.ts → src/x/h.ts",
    "src/x/y.ts → src/x/i.ts",
  ]);
  assert.ok(imports.length > 500, `only ${imports.length} imports in the whole tree`);
});

Deno.test("every part is known here", () => {
  const parts = new Set([...sources.keys()].map(partOf).filter((part) => part !== undefined));
  assert.deepEqual([...parts].sort(), [...APART, ...Object.keys(MADE_OF)].sort());
});

Deno.test("parts know each other only as the layers allow", () => {
  const wrong = between.filter((each) => {
    if (each.typesOnly && SEAMS.includes(each.to)) return false;
    if (MADE_OF[partOf(each.from) ?? ""]?.includes(partOf(each.to)!)) return false;
    return exceptionsFor(each).length === 0;
  });
  assert.deepEqual(wrong.map(show), []);
});

Deno.test("every exception is needed", () => {
  const used = new Set(between.flatMap(exceptionsFor));
  assert.deepEqual(EXCEPTIONS.filter((exception) => !used.has(exception)), []);
});

Deno.test("what all parts may use knows none of them", () => {
  const shared = imports.filter(({ from }) => /^src\/[^/]+\.ts$/.test(from));
  assert.deepEqual(shared.filter(({ to }) => partOf(to) !== undefined).map(show), []);
});

Deno.test("ffi is known only to what cannot do without it", () => {
  const users = imports.filter(({ from, to }) => to.startsWith("ffi/") && !from.startsWith("ffi/"));
  assert.deepEqual([...new Set(users.map(({ from }) => from))].sort(), Object.keys(FFI_USERS));
});

Deno.test("the library does not know the command line, and the program knows nothing else", () => {
  const seen = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { from, to } of imports) if (from === path) visit(to);
  };
  visit("mod.ts");
  const commandLine = /^src\/cli\/|commander|cli-progress/;
  assert.deepEqual([...seen].filter((path) => commandLine.test(path)), []);
  const program = imports.filter(({ from }) => from === "cli.ts");
  assert.deepEqual(program.filter(({ to }) => partOf(to) !== "cli").map(show), []);
});

Deno.test("only the system's own parts touch the system", () => {
  const touching = [...sources].filter(([path, source]) =>
    PURE.includes(partOf(path) ?? "") &&
    /\bDeno\.(?!test\b)|"node:(fs|os|process|child)/.test(source)
  );
  assert.deepEqual(touching.map(([path]) => path), []);
});
