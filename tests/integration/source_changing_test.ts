import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { LinuxFileTree } from "../../ffi/file_tree.ts";
import { startTar } from "../../src/archive/tar_producer.ts";
import type { Note } from "../../src/tree/note.ts";
import { concat } from "../bytes.ts";
import { noteKinds, readMembers } from "../unit/tree/source_harness.ts";
import {
  extractWithTar,
  openDescriptors,
  optionsIn,
  produceFrom,
  run,
  withTree,
} from "./source_harness.ts";

const FRAME_SIZE = 64 * 1024;

/** Runs the producer in `directory`; `meddle` is called once, after the first frame. */
function produceMeddling(directory: string, meddle: () => void) {
  const options = optionsIn(directory, ["."], { frameSize: FRAME_SIZE });
  const parts: Uint8Array[] = [];
  const notes: Note[] = [];
  const before = openDescriptors();
  const frames = startTar(new LinuxFileTree(), options, {
    acquire: () => ({ slot: 0, buffer: new Uint8Array(FRAME_SIZE) }),
    checkpoint: () => {},
  });
  for (const frame of frames) {
    parts.push(frame.data);
    notes.push(...frame.notes);
    if (parts.length === 1) meddle();
  }
  assert.equal(openDescriptors(), before);
  return { tar: concat(parts), notes: notes.map(({ kind, path }) => [kind, path]) };
}

Deno.test("files and directories that vanish while others are read are noted", () =>
  withTree((top) => {
    Deno.writeFileSync(`${top}/a`, new Uint8Array(3 * FRAME_SIZE));
    Deno.mkdirSync(`${top}/b/c`, { recursive: true });
    for (const name of ["d", "e", "z"]) Deno.writeTextFileSync(`${top}/${name}`, name);
    Deno.symlinkSync("x", `${top}/l`);
    const { tar, notes } = produceMeddling(top, () => {
      run("rm", ["-r", `${top}/b`, `${top}/d`, `${top}/l`]);
    });
    assert.deepEqual(notes, [["vanished", "./b"], ["vanished", "./d"], ["vanished", "./l"]]);
    assert.deepEqual(readMembers(tar).map(({ path }) => path), [".", "./a", "./e", "./z"]);
  }));

Deno.test("a node that becomes another kind while others are read is not mistaken for it", () =>
  withTree((top) => {
    Deno.writeTextFileSync(`${top}/outside`, "secret");
    Deno.mkdirSync(`${top}/d/sub`, { recursive: true });
    Deno.writeFileSync(`${top}/d/a`, new Uint8Array(3 * FRAME_SIZE));
    for (const name of ["b", "c", "e"]) Deno.writeTextFileSync(`${top}/d/${name}`, name);
    const { tar, notes } = produceMeddling(`${top}/d`, () => {
      run("rm", ["-r", `${top}/d/b`, `${top}/d/c`, `${top}/d/sub`]);
      Deno.symlinkSync("../outside", `${top}/d/b`);
      run("mkfifo", [`${top}/d/c`]);
      Deno.symlinkSync("..", `${top}/d/sub`);
    });
    assert.deepEqual(readMembers(tar).map(({ path }) => path), [".", "./a", "./e"]);
    assert.deepEqual(notes.map(([, path]) => path), ["./b", "./c", "./sub"]);
  }));

Deno.test("a directory moved away while it is read is not confused with its replacement", () =>
  withTree((top) => {
    // Deep enough for the topmost directories to lose their descriptors.
    const deep = "d/".repeat(100);
    Deno.mkdirSync(`${top}/${deep}`, { recursive: true });
    Deno.writeFileSync(`${top}/${deep}big`, new Uint8Array(3 * FRAME_SIZE));
    Deno.writeTextFileSync(`${top}/d/z`, "right");
    const { notes } = produceMeddling(top, () => {
      Deno.renameSync(`${top}/d`, `${top}/moved`);
      Deno.mkdirSync(`${top}/d`);
      Deno.writeTextFileSync(`${top}/d/z`, "wrong");
    });
    assert.deepEqual(notes, [["vanished", "./d/z"]]);
  }));

Deno.test("a file that shrinks or grows while it is read keeps its announced size", () =>
  withTree((top) => {
    const content = new Uint8Array(3 * FRAME_SIZE).fill(1);
    for (const size of [FRAME_SIZE + 5, 2 * content.length]) {
      Deno.writeFileSync(`${top}/a`, content);
      const { tar, notes } = produceMeddling(top, () => Deno.truncateSync(`${top}/a`, size));
      const [, a] = readMembers(tar);
      const shrunk = size < content.length;
      const expected = shrunk ? content.slice().fill(0, size) : content;
      // What was read before the file shrank is kept.
      assert.equal(a.content.length, expected.length);
      assert.deepEqual(a.content.subarray(0, FRAME_SIZE), content.subarray(0, FRAME_SIZE));
      if (!shrunk) assert.deepEqual(a.content, expected);
      assert.equal(notes.length, 1);
      assert.deepEqual(notes[0], [shrunk ? "shrunk-while-read" : "changed-while-read", "./a"]);
    }
  }));

Deno.test("an empty file that grows before it is read is noted as changed", () =>
  withTree((top) => {
    for (const name of ["a", "b"]) Deno.writeTextFileSync(`${top}/${name}`, "");
    const before = readMembers(produceFrom(top).tar)[2].offset;
    // The first frame ends within b's header, when b has been looked at.
    Deno.writeFileSync(`${top}/a`, new Uint8Array(FRAME_SIZE - before - 512));
    const { tar, notes } = produceMeddling(top, () => Deno.writeTextFileSync(`${top}/b`, "new"));
    assert.equal(readMembers(tar)[2].content.length, 0);
    assert.deepEqual(notes, [["changed-while-read", "./b"]]);
  }));

Deno.test("files of /proc whose size is 0 are noted when they have content or cannot be read", () => {
  const { members, notes } = produceFrom("/proc", ["version", "self/mem"]);
  assert.deepEqual(members.map(({ content }) => content.length), [0, 0]);
  assert.deepEqual(notes.map(({ kind, path }) => [kind, path]), [
    ["size-untrue", "version"],
    ["unreadable", "self/mem"],
  ]);
});

Deno.test("sparse files are stored without holes and come back with them", () =>
  withTree((top) => {
    const from = `${top}/from`;
    Deno.mkdirSync(from);
    const size = 1 << 27;
    const file = Deno.openSync(`${from}/s`, { write: true, create: true });
    const spots = [0, 123 * 4096, size - 4096];
    for (const spot of spots) {
      file.seekSync(spot, Deno.SeekMode.Start);
      file.writeSync(new Uint8Array(4096).fill(spot % 251 + 1));
    }
    file.close();
    run("truncate", ["-s", "100M", `${from}/hole`]);
    run("truncate", ["-s", "5000", `${from}/small-hole`]);
    const produced = produceFrom(from);
    assert.ok(produced.tar.length < 100_000);
    const record = produced.records.find(({ path }) => path === "./hole")!;
    const zeros = createHash("sha256").update(new Uint8Array(100 * 1024 * 1024)).digest("hex");
    assert.equal(record.checksum, zeros);
    extractWithTar(produced.tar, `${top}/to`);
    for (const name of ["s", "hole", "small-hole"]) {
      run("cmp", [`${from}/${name}`, `${top}/to/${name}`]);
      assert.ok(Deno.statSync(`${top}/to/${name}`).blocks! <= 64);
    }
  }));

Deno.test("files of many fragments are stored right", () =>
  withTree((top) => {
    const from = `${top}/from`;
    Deno.mkdirSync(from);
    const file = Deno.openSync(`${from}/f`, { write: true, create: true });
    for (let spot = 0; spot < 3000; spot++) {
      file.seekSync(spot * 16384, Deno.SeekMode.Start);
      file.writeSync(Uint8Array.of(spot % 255 + 1));
    }
    file.close();
    const produced = produceFrom(from);
    assert.deepEqual(noteKinds(produced), []);
    extractWithTar(produced.tar, `${top}/to`);
    run("cmp", [`${from}/f`, `${top}/to/f`]);
  }));
