/** Restoring in a Worker does what restoring in this thread does, and fails as clearly. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { LinuxRestoreTree } from "../../ffi/restore_tree.ts";
import { openLocalSink, type SinkResult, type TarSink } from "../../src/archive/tar_sink.ts";
import { openWorkerSink } from "../../src/archive/tar_sink_worker_backed.ts";
import type { PassResult } from "../../src/archive/restore_run.ts";
import type { TarItem } from "../../src/chunk/read_timeline.ts";
import { EctarError } from "../../src/errors.ts";
import { PathSelector, type SelectionOptions } from "../../src/tree/path_selector.ts";
import { type Archive, buildArchive, bytes, fileEntry } from "../unit/tar/tar_fixtures.ts";
import { withScratch } from "./scratch.ts";

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const SINK_MODULE = new URL("../../src/archive/tar_sink_worker_backed.ts", import.meta.url).href;

/** Time of all members. */
const ARCHIVED_MS = 1_700_000_000_000;

const hardLink = { type: "hardlink", size: 0, linkTarget: bytes("first") } as const;
const ARCHIVE = buildArchive([
  fileEntry({ path: bytes("first"), size: 3000 }),
  fileEntry({ path: bytes("d"), type: "directory", size: 0, mode: 0o500 }),
  fileEntry({ path: bytes("d/second"), size: 70_000 }),
  fileEntry({ path: bytes("../outside"), size: 10 }),
  fileEntry({ path: bytes("d/third"), size: 5000 }),
  fileEntry({ path: bytes("d/link"), ...hardLink }),
  fileEntry({ path: bytes("d/last"), size: 1 }),
]);

/** The archive in items of some thousand bytes; the third file loses some of its data. */
function itemsOf({ tar, dataFrom }: Archive): TarItem[] {
  const lost = { start: dataFrom[4] + 1000, end: dataFrom[4] + 2000 };
  const items: TarItem[] = [];
  const data = (from: number, to: number) => {
    for (let at = from, own = true; at < to; at += 7001, own = !own) {
      const end = Math.min(to, at + 7001);
      // Those that are not its own share a buffer with others.
      const bytes = own ? tar.slice(at, end) : tar.subarray(at, end);
      items.push({ kind: "data", tarOffset: at, bytes, own });
    }
  };
  data(0, lost.start);
  items.push({ kind: "gap", tarOffset: lost.start, length: 1000, reason: "lost" });
  data(lost.end, tar.length);
  return items;
}

interface Heard {
  problems: string[];
  partial: string[];
}

function openSink(
  kind: "here" | "Worker",
  directory: string,
  selection: SelectionOptions = {},
  signal?: AbortSignal,
): { sink: TarSink; heard: Heard; selector: PathSelector } {
  const heard: Heard = { problems: [], partial: [] };
  const hooks = {
    onProblem: (line: string) => heard.problems.push(line),
    onPartial: (path: string) => heard.partial.push(path),
  };
  const selector = new PathSelector(selection);
  const sink = kind === "Worker"
    ? openWorkerSink({ directory: bytes(directory), selection, signal }, hooks)
    : openLocalSink(new LinuxRestoreTree(bytes(directory)), selector, undefined, hooks);
  return { sink, heard, selector };
}

/** Everything below a directory: modes, whether times are the archive's, links, content. */
function contentOf(directory: string): string[] {
  const found: string[] = [];
  const visit = (path: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(directory + path)) {
      const { mode, mtime, nlink } = Deno.lstatSync(`${directory}${path}/${name}`);
      const isArchived = mtime?.getTime() === ARCHIVED_MS;
      const what = isDirectory ? "" : Deno.readTextFileSync(`${directory}${path}/${name}`);
      found.push([`${path}/${name}`, mode, isArchived, nlink, what].join(" "));
      if (isDirectory) visit(`${path}/${name}`);
    }
  };
  visit("");
  return found.sort();
}

interface Outcome {
  passes: PassResult[];
  result: SinkResult;
  heard: Heard;
  unused: string[];
  content: string[];
}

async function restoreAll(
  kind: "here" | "Worker",
  directory: string,
  selection: SelectionOptions,
): Promise<Outcome> {
  await Deno.mkdir(directory);
  const { sink, heard, selector } = openSink(kind, directory, selection);
  const passes: PassResult[] = [];
  for (let pass = 0; pass < 2; pass++) {
    for (const item of itemsOf(ARCHIVE)) await sink.take(item);
    passes.push(await sink.end("whole"));
  }
  const { usedNames, ...result } = await sink.finish();
  selector.noteUsed(usedNames);
  const content = contentOf(directory);
  return {
    passes,
    result: { ...result, usedNames: [] },
    heard,
    unused: selector.unused(),
    content,
  };
}

for (
  const [what, selection] of [
    ["everything", {}],
    ["a link without its target", { files: ["d/l*", "none", "d/second"] }],
    ["all but some", { exclude: { patterns: ["second"], gitignore: ["last"] } }],
  ] as [string, SelectionOptions][]
) {
  Deno.test(`a Worker restores ${what} as this thread does`, () =>
    withScratch(async (directory) => {
      const here = await restoreAll("here", `${directory}/here`, selection);
      const there = await restoreAll("Worker", `${directory}/there`, selection);
      assert.deepEqual(there, here);
      assert.ok(there.content.length > 2, "something was restored");
    }));
}

Deno.test("a Worker tells problems and incomplete files in their order", () =>
  withScratch(async (directory) => {
    const { heard, passes, content } = await restoreAll("Worker", `${directory}/out`, {});
    assert.deepEqual(heard.partial, ["d/third"]);
    assert.equal(heard.problems.length, 2);
    assert.match(heard.problems[0], /outside refused/);
    assert.match(heard.problems[1], /d\/third is incomplete, see d\/third\.ectar-partial/);
    assert.equal(passes[0].chosen, 7);
    assert.ok(content.some((line) => line.startsWith("/d/third.ectar-partial ")));
  }));

Deno.test("many long problems are told in their order, before the pass ends", () =>
  withScratch(async (directory) => {
    const { sink, heard } = openSink("Worker", directory);
    const name = (index: number) => `../${"x".repeat(5000)}${index}`;
    const entries = Array.from({ length: 100 }, (_, i) => fileEntry({ path: bytes(name(i)) }));
    await sink.take({ kind: "data", tarOffset: 0, bytes: buildArchive(entries).tar, own: true });
    await sink.end("whole");
    assert.equal(heard.problems.length, 100);
    for (const [i, line] of heard.problems.entries()) assert.ok(line.includes(`x${i} `), line);
    assert.equal((await sink.finish()).counts.refused, 100);
  }));

Deno.test("an archive that is cut off is told, and its last file is incomplete", () =>
  withScratch(async (directory) => {
    const { sink, heard } = openSink("Worker", directory);
    const cut = ARCHIVE.dataFrom[2] + 30_000;
    const part = ARCHIVE.tar.slice(0, cut);
    await sink.take({ kind: "data", tarOffset: 0, bytes: part, own: true });
    assert.equal((await sink.end("whole")).cut, cut);
    assert.deepEqual(heard.partial, ["d/second"]);
    assert.equal((await sink.finish()).counts.partial, 1);
  }));

Deno.test("bytes with a buffer to themselves are given to the Worker, others stay as they are", () =>
  withScratch(async (directory) => {
    const { sink } = openSink("Worker", directory);
    const items = itemsOf(ARCHIVE);
    for (const item of items) await sink.take(item);
    await sink.end("whole");
    await sink.finish();
    for (const item of items) {
      if (item.kind === "data") assert.equal(item.bytes.length === 0, item.own);
    }
  }));

Deno.test("more than may be on its way to a Worker arrives whole", () =>
  withScratch(async (directory) => {
    const { sink } = openSink("Worker", directory);
    const size = 100 * 2 ** 20;
    const { tar } = buildArchive([fileEntry({ path: bytes("large"), size })]);
    for (let tarOffset = 0; tarOffset < tar.length; tarOffset += 2 ** 22) {
      const bytes = tar.slice(tarOffset, tarOffset + 2 ** 22);
      await sink.take({ kind: "data", tarOffset, bytes, own: true });
    }
    await sink.end("whole");
    await sink.finish();
    const content = tar.subarray(tar.length - 1024 - size, tar.length - 1024);
    assert.ok(Buffer.compare(Deno.readFileSync(`${directory}/large`), content) === 0);
  }));

Deno.test("an error crosses over with code and context, ends the run, and finish sums up", () =>
  withScratch(async (directory) => {
    const { sink } = openSink("Worker", directory);
    const bad = ARCHIVE.tar.slice();
    bad.fill(0x41, ARCHIVE.offsets[4], ARCHIVE.offsets[4] + 512);
    await sink.take({ kind: "data", tarOffset: 0, bytes: bad, own: true });
    const failure = (error: unknown) => {
      assert.ok(error instanceof EctarError);
      assert.equal(error.code, "format");
      assert.match(error.message, new RegExp(`valid tar at offset ${ARCHIVE.offsets[4]}`));
      return true;
    };
    await assert.rejects(async () => await sink.settle(), failure);
    await assert.rejects(sink.end("whole"), failure);
    const item: TarItem = { kind: "resync", tarOffset: ARCHIVE.offsets[5] };
    await assert.rejects(async () => await sink.take(item), failure);
    const { counts } = await sink.finish();
    assert.deepEqual([counts.restored, counts.refused], [3, 1]);
    // What finish does: until then the directory is the restoring user's only.
    assert.equal(Deno.statSync(`${directory}/d`).mode! & 0o777, 0o500);
  }));

Deno.test("an output directory that is gone is an error of what comes next", () =>
  withScratch(async (directory) => {
    const { sink } = openSink("Worker", `${directory}/none`);
    const isGone = { name: "EctarError", code: "not-found", message: /open output directory/ };
    await assert.rejects(sink.end("whole"), isGone);
    await assert.rejects(sink.finish(), isGone);
  }));

Deno.test("an abort ends what waits for the Worker, and nothing half is left", () =>
  withScratch(async (directory) => {
    const stop = new AbortController();
    const { sink } = openSink("Worker", directory, {}, stop.signal);
    const { tar } = buildArchive([fileEntry({ path: bytes("large"), size: 60 * 2 ** 20 })]);
    const half = tar.length / 2;
    await sink.take({ kind: "data", tarOffset: 0, bytes: tar.slice(0, half), own: true });
    await sink.settle();
    const end = sink.end("members");
    stop.abort();
    await assert.rejects(end, { code: "interrupted" });
    await assert.rejects(async () => await sink.settle(), { code: "interrupted" });
    assert.equal((await sink.finish()).counts.restored, 0);
    assert.deepEqual([...Deno.readDirSync(directory)], []);
  }));

Deno.test("a Worker that fails is one clear error, of finish too", () =>
  withScratch(async (directory) => {
    // Without the permission to read its module no Worker starts.
    const script = `
      const { openWorkerSink } = await import(${JSON.stringify(SINK_MODULE)});
      const told = () => {};
      const sink = openWorkerSink({ directory: new Uint8Array([46]) },
        { onProblem: told, onPartial: told });
      for (const call of [() => sink.end("whole"), () => sink.finish()]) {
        try { await call(); } catch (error) { console.log(error.message); }
      }`;
    await Deno.writeTextFile(`${directory}/script.ts`, script);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--config", CONFIG, `${directory}/script.ts`],
    }).output();
    const lines = new TextDecoder().decode(stdout).trim().split("\n");
    assert.equal(lines.length, 2);
    for (const line of lines) assert.match(line, /^the Worker that restores files failed: /);
  }));

Deno.test("a hook that throws ends the run with what it threw", () =>
  withScratch(async (directory) => {
    const sink = openWorkerSink({ directory: bytes(directory) }, {
      onProblem: () => {
        throw new RangeError("nobody listens");
      },
      onPartial: () => {},
    });
    for (const item of itemsOf(ARCHIVE)) await Promise.try(() => sink.take(item)).catch(() => {});
    await assert.rejects(sink.end("whole"), RangeError);
    await sink.finish();
  }));
