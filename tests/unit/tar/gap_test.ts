import assert from "node:assert/strict";
import fc from "fast-check";
import { storedSize } from "../../../src/tar/encode_member.ts";
import type { TarEntry } from "../../../src/tar/entry.ts";
import { TarDecoder } from "../../../src/tar/tar_decoder.ts";
import {
  anyEntry,
  type Archive,
  buildArchive,
  bytes,
  dataIsRight,
  deliveredBytes,
  fileEntry,
  Recorder,
} from "./tar_fixtures.ts";

interface Range {
  from: number;
  to: number;
}

/** Drives a decoder over a tar with lost ranges, going on at the true member offsets. */
function decodeWithLosses({ tar, offsets }: Archive, losses: readonly Range[]): Recorder {
  const recorder = new Recorder();
  const decoder = new TarDecoder(recorder);
  const isLost = (at: number) => losses.some(({ from, to }) => from <= at && at < to);
  const edges = [...new Set([0, tar.length, ...losses.flatMap(({ from, to }) => [from, to])])]
    .filter((edge) => edge <= tar.length).sort((a, b) => a - b);
  for (let i = 0; i + 1 < edges.length; i++) {
    const to = edges[i + 1];
    let from = edges[i];
    if (isLost(from)) {
      decoder.gap(to - from);
      continue;
    }
    if (decoder.lost) {
      const next = offsets.find((offset) => offset >= from);
      if (next === undefined || next >= to) {
        decoder.push(tar.subarray(from, to));
        continue;
      }
      decoder.push(tar.subarray(from, next));
      assert.equal(decoder.offset, next);
      decoder.resync(next);
      from = next;
    }
    decoder.push(tar.subarray(from, to));
    assert.equal(decoder.offset, to);
  }
  if (!isLost(tar.length - 1)) decoder.finish();
  return recorder;
}

const lossShape = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.oneof(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 6000 })),
  }),
  { minLength: 1, maxLength: 4 },
);

Deno.test("what gaps do not touch comes out whole and in order, and nothing wrong as intact", () => {
  fc.assert(
    fc.property(
      fc.array(anyEntry, { minLength: 1, maxLength: 8 }),
      lossShape,
      (entries, shape) => {
        const archive = buildArchive(entries);
        const losses = shape.map(({ at, length }) => {
          const from = Math.floor(at * (archive.tar.length - 1));
          return { from, to: Math.min(archive.tar.length, from + length) };
        });
        const touches = (from: number, to: number) =>
          losses.some((loss) => loss.from < to && from < loss.to);
        const seen = decodeWithLosses(archive, losses).members;

        let last = -1;
        for (const member of seen) {
          const index = archive.offsets.indexOf(member.offset);
          assert.ok(index > last, "members come once and in order");
          last = index;
          assert.ok(dataIsRight(member, index), "no byte stands in a wrong place");
          if (member.intact) {
            assert.deepEqual(member.entry, entries[index]);
            assert.equal(deliveredBytes(member), storedSize(entries[index]));
          }
        }
        entries.forEach((entry, index) => {
          const [from, dataFrom, to] = [
            archive.offsets[index],
            archive.dataFrom[index],
            archive.dataTo[index],
          ];
          const member = seen.find(({ offset }) => offset === from);
          if (!touches(from, to)) assert.ok(member?.intact, "an untouched member is intact");
          else if (!touches(from, dataFrom)) {
            assert.equal(member?.intact, false, "a member with lost data is not intact");
            assert.deepEqual(member!.entry, entry);
            const lost = member!.gaps.reduce((sum, gap) => sum + gap.length, 0);
            assert.equal(lost + deliveredBytes(member!), storedSize(entry));
          }
        });
      },
    ),
    { numRuns: 400 },
  );
});

/** Two files of 1000 bytes with plain headers: headers at 0 and 1536, data at 512 and 2048. */
const TWO: readonly TarEntry[] = [
  fileEntry({ path: bytes("one"), size: 1000 }),
  fileEntry({ path: bytes("two"), size: 1000 }),
];

function withGap(from: number, to: number, entries = TWO): [Recorder, TarDecoder] {
  const { tar } = buildArchive(entries);
  const recorder = new Recorder();
  const decoder = new TarDecoder(recorder);
  decoder.push(tar.subarray(0, from));
  decoder.gap(to - from);
  decoder.push(tar.subarray(to));
  return [recorder, decoder];
}

Deno.test("a gap inside a member's data leaves the decoder in step", () => {
  const [{ members }, decoder] = withGap(600, 700);
  assert.deepEqual(members[0].gaps, [{ offset: 88, length: 100 }]);
  assert.deepEqual(members.map((member) => member.intact), [false, true]);
  assert.ok(decoder.ended);
});

Deno.test("a gap in the padding alone harms nothing", () => {
  const [{ members }, decoder] = withGap(1512, 1536);
  assert.deepEqual(members.map((member) => member.intact), [true, true]);
  assert.ok(decoder.ended);
});

Deno.test("a gap up to the next header ends the member and goes on", () => {
  const [{ members }] = withGap(1511, 1536);
  assert.deepEqual(members.map((member) => member.intact), [false, true]);
  assert.deepEqual(members[0].gaps, [{ offset: 999, length: 1 }]);
});

Deno.test("a gap from the padding into the next header loses the way, but not the member before", () => {
  const [{ members }, decoder] = withGap(1520, 1537);
  assert.deepEqual(members.map((member) => member.intact), [true]);
  assert.ok(decoder.lost);
  decoder.finish();
});

Deno.test("a gap that takes data and the next header ends the member first", () => {
  const [{ members }, decoder] = withGap(1000, 1600);
  assert.deepEqual(members.map((member) => member.intact), [false]);
  assert.deepEqual(members[0].gaps, [{ offset: 488, length: 512 }]);
  assert.ok(decoder.lost && decoder.offset === 4096);
});

Deno.test("a gap in the padding of a PAX header harms nothing", () => {
  const entries = [fileEntry({ size: 5, mtimeNs: 1_700_000_000_000_000_001n })];
  const [{ members }] = withGap(512 + 30, 1024, entries);
  assert.deepEqual(members.map((member) => [member.entry, member.intact]), [[entries[0], true]]);
});

Deno.test("a gap in a PAX record loses the way: the size may have stood there", () => {
  const entries = [fileEntry({ size: 5, mtimeNs: 1_700_000_000_000_000_001n })];
  const [{ members }, decoder] = withGap(512 + 29, 512 + 30, entries);
  assert.deepEqual(members, []);
  assert.ok(decoder.lost);
});

const SPARSE = fileEntry({
  path: bytes("holes"),
  size: 9000,
  sparse: [{ offset: 512, length: 512 }, { offset: 4096, length: 1024 }],
});

Deno.test("without its map a sparse file is lost as a whole, and the next member is found", () => {
  const { dataFrom, offsets } = buildArchive([SPARSE, TWO[0]]);
  const map = dataFrom[0] - 512;
  const [{ members }, decoder] = withGap(map + 1, map + 2, [SPARSE, TWO[0]]);
  assert.deepEqual(members[0].entry, { ...SPARSE, sparse: [] });
  assert.deepEqual(members[0].gaps, [{ offset: 0, length: 9000 }]);
  assert.deepEqual(members.map((member) => member.intact), [false, true]);
  assert.equal(members[0].memberEnd, offsets[1]);
  assert.ok(decoder.ended);
});

Deno.test("a gap from a sparse map's padding into the data loses just that data", () => {
  const { dataFrom } = buildArchive([SPARSE, TWO[0]]);
  const [{ members }] = withGap(dataFrom[0] - 9, dataFrom[0] + 600, [SPARSE, TWO[0]]);
  assert.deepEqual(members[0].entry, SPARSE);
  assert.deepEqual(members[0].gaps, [{ offset: 512, length: 512 }, { offset: 4096, length: 88 }]);
  assert.deepEqual(members.map((member) => member.intact), [false, true]);
});

Deno.test("a sparse map that does not account for its data is refused even before a gap", () => {
  const { tar, dataFrom } = buildArchive([{ ...SPARSE, sparse: [SPARSE.sparse![0]] }]);
  const decoder = new TarDecoder(new Recorder());
  tar.set(bytes("2\n512\n412\n"), dataFrom[0] - 512);
  decoder.push(tar.subarray(0, dataFrom[0] - 9));
  assert.throws(() => decoder.gap(20), { name: "EctarError", code: "format" });
  assert.ok(decoder.lost);
  assert.equal(decoder.offset, dataFrom[0] + 11);
});

Deno.test("a gap in the end blocks loses the way, which is no error at the end", () => {
  const [recorder, decoder] = withGap(3072, 3600);
  assert.ok(decoder.lost);
  decoder.finish();
  assert.equal(recorder.ends, 0);
});

Deno.test("resync in the middle of a member gives that member up and goes on elsewhere", () => {
  const { tar, offsets } = buildArchive(TWO);
  const recorder = new Recorder();
  const decoder = new TarDecoder(recorder);
  decoder.push(tar.subarray(0, 700));
  decoder.resync(offsets[1]);
  decoder.push(tar.subarray(offsets[1]));
  decoder.finish();
  assert.deepEqual(recorder.members.map((member) => member.intact), [false, true]);
  assert.equal(recorder.members[1].offset, offsets[1]);
});

Deno.test("a fresh decoder reads one member from its offset", () => {
  const { tar, offsets } = buildArchive(TWO);
  const recorder = new Recorder();
  const decoder = new TarDecoder(recorder);
  decoder.resync(offsets[1]);
  decoder.push(tar.subarray(offsets[1], offsets[2]));
  assert.deepEqual(recorder.members.map((member) => member.entry), [TWO[1]]);
});

Deno.test("a planted tar inside lost data is never mistaken for members", () => {
  const inner = buildArchive([fileEntry({ path: bytes("planted") })]).tar;
  const outer = buildArchive([fileEntry({ path: bytes("holder"), size: inner.length }), TWO[0]]);
  outer.tar.set(inner, 512);
  const recorder = new Recorder();
  const decoder = new TarDecoder(recorder);
  decoder.gap(512);
  decoder.push(outer.tar.subarray(512));
  decoder.finish();
  assert.deepEqual(recorder.members, []);
});
