/** Nothing that an archive, its names or its tapes say reaches a terminal as a control sequence. */

import assert from "node:assert/strict";
import { ectarBatch } from "./command_batch.ts";
import { archiveOf, padded, paxHeader, paxRecord, rawHeader } from "../unit/tar/raw_header.ts";
import { encodeLabel } from "../../src/tape/label.ts";
import { UUID, writeHostile } from "./hostile_archive.ts";
import { withScratch } from "./scratch.ts";

/** Sets titles, clears, moves up, hides, turns the reading direction round, 8-bit CSI, bell. */
const EVIL = "e\x1b]0;pwned\x07\x1b[2J\x1b[1A\u009b31m\u202etxt\rx\b\x7f";

const record = (key: string) => paxRecord(key, EVIL);

/** Members with evil in every text a tar has. */
const TAR = archiveOf(
  paxHeader([record("path"), record("uname"), record("gname")]),
  rawHeader({ size: 5 }),
  padded("hello"),
  paxHeader([paxRecord("path", `l${EVIL}`), record("linkpath")]),
  rawHeader({ type: "2" }),
  paxHeader([paxRecord("path", `h${EVIL}`), paxRecord("linkpath", `missing${EVIL}`)]),
  rawHeader({ type: "1" }),
  paxHeader([paxRecord("path", `../${EVIL}`)]),
  rawHeader({}),
  paxHeader([
    paxRecord("path", `x${EVIL}`),
    paxRecord(`SCHILY.xattr.user.${EVIL.replaceAll("=", "")}`, "v"),
  ]),
  rawHeader({}),
);

// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Runs the command lines, of whose output nothing may be obeyed; JSON must still be JSON. */
async function assertHarmless(
  directory: string,
  commands: string[][],
  what = "",
  mayBeWrong = false,
): Promise<void> {
  for (const [i, { stdout, stderr, code }] of (await ectarBatch(directory, commands)).entries()) {
    const where = `${JSON.stringify(commands[i])} ${what}`;
    for (const text of [stdout, stderr]) {
      const at = text.search(CONTROLS);
      assert.equal(
        at,
        -1,
        `${where}: ${JSON.stringify(text.slice(Math.max(0, at - 80), at + 40))}`,
      );
    }
    assert.ok(code !== 2 || mayBeWrong, `${where}: ${stderr}`);
    const isJson = commands[i].some((arg) => arg === "json" || arg === "--json");
    if (isJson && (code === 0 || stdout !== "")) JSON.parse(stdout);
  }
}

const FILES = [{ path: EVIL, user: EVIL, group: EVIL }, {
  path: `l${EVIL}`,
  entry_type: "symlink",
  target: EVIL,
}, { path: `t${EVIL}`, entry_type: EVIL }];

const COMMANDS: string[][] = [
  ["list"],
  ["list", "--long"],
  ["list", "--format", "json"],
  ["list", "--format", "csv"],
  ["list", "--files", `nothing${EVIL}`, "-v"],
  ["info"],
  ["info", "--format", "json"],
  ["verify"],
  ["verify", "--full"],
  ["verify", "--json"],
  ["extract", "-o", "out"],
  ["extract", "-o", "out", "-v", "--json"],
  ["extract", "-o", "out", "--partial", "--force"],
  ["extract", "-o", `out${EVIL}`],
];

for (
  const [what, name, files] of [
    ["an archive without index", "plain", undefined],
    ["an archive with an index", "plain", FILES],
    ["an archive whose own name is evil", `n${EVIL}`, FILES],
  ] as const
) {
  Deno.test(`no control character comes out of ${what}`, async () => {
    await withScratch(async (directory) => {
      const inner = { tar: TAR, innerName: `inner${EVIL}`, files: files && [...files] };
      const head = { tool_version: `v${EVIL}` };
      await writeHostile(directory, name, { ...inner, head } as Parameters<typeof writeHostile>[2]);
      for (const damage of ["none", "s00", "s01"]) {
        if (damage !== "none") await Deno.truncate(`${directory}/${name}.c001.${damage}`, 100);
        const commands = COMMANDS.map(([command, ...rest]) => [command, "-i", name, ...rest]);
        await assertHarmless(directory, commands, `(damaged: ${damage})`);
      }
    });
  });
}

Deno.test("no control character of a name that is not there comes out", async () => {
  await withScratch(async (directory) => {
    await Deno.writeTextFile(`${directory}/f${EVIL}`, "x");
    const out = `o${EVIL}`;
    const shape = ["--data-shards", "2", "--parity-shards", "1"];
    await assertHarmless(
      directory,
      [
        ["list", "-i", `no${EVIL}`],
        ["create", "-o", `nowhere${EVIL}/x`, "."],
        ["create", "-o", out, `gone${EVIL}`],
        ["create", "-o", out, ...shape, "-v", `f${EVIL}`],
        ["create", "-o", out, ...shape, `f${EVIL}`],
        ["list", "-i", "."],
        ["list", "--tape-devices", `t${EVIL}.tap`],
        [`verb${EVIL}`],
        ["list", `--option${EVIL}`],
      ],
      "",
      true,
    );
  });
});

Deno.test("a tape's label leads to no other place and prints no control character", async () => {
  await withScratch(async (directory) => {
    const label = {
      setUuid: UUID,
      volumeUuid: UUID,
      shard: 0,
      volume: 0,
      k: 1,
      m: 2,
      blockSize: 10240,
      archiveUuid: UUID,
      created: `2024${EVIL}`,
      host: EVIL,
      toolVersion: EVIL,
      firstChunk: 1,
      firstShardOffset: 0,
    };
    for (const name of [`n${EVIL}`, "../../escape", "..", "/tmp/escape", "a\nb"]) {
      const bytes = encodeLabel({ ...label, name });
      await Deno.writeFile(`${directory}/t.tap`, imageOf([bytes], 10240));
      await assertHarmless(directory, [
        ["tape", "identify", "t.tap"],
        ["tape", "identify", "t.tap", "--json"],
        ["tape", "dump", "t.tap", "-o", "dump"],
        ["list", "--tape-devices", "t.tap"],
        ["info", "--tape-devices", "t.tap"],
        ["create", "-o", "x", "--tape-devices", "t.tap,u.tap", "t.tap"],
      ], `of ${name}`);
    }
    const names = (await Array.fromAsync(Deno.readDir(directory))).map((entry) => entry.name);
    assert.deepEqual(names.filter((name) => name !== "t.tap" && name !== "dump"), []);
    await assert.rejects(Deno.lstat(`${directory}/../escape.tape-s00.label.tar`));
    await assert.rejects(Deno.lstat("/tmp/escape.tape-s00.label.tar"));
  });
});

/** A SIMH image of tape files. */
function imageOf(files: Uint8Array[], block: number): Uint8Array {
  const parts: number[] = [];
  const word = (value: number) => [0, 8, 16, 24].map((shift) => (value >> shift) & 255);
  for (const file of files) {
    for (let at = 0; at < file.length; at += block) {
      const bytes = file.subarray(at, at + block);
      parts.push(...word(bytes.length), ...bytes, ...word(bytes.length));
    }
    parts.push(...word(0));
  }
  return Uint8Array.from(parts);
}
