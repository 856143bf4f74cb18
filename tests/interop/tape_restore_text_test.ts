/**
 * RESTORE.txt's commands, run as they stand with only the drives filled in. Image tapes are no
 * character devices, so `mt` and `dd` are stand-ins on the PATH that act on a folder per tape; all
 * else (zunfec or Python, zstd, tar, sh) is real.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { zstdCompressSync } from "node:zlib";
import { encodeLabel, type TapeLabel } from "../../src/tape/label.ts";
import { encodeLabelTar } from "../../src/tape/label_tar.ts";
import { ZFEC_DECODER_PY } from "../../src/tape/zfec_decoder_py.ts";
import vectors from "../vectors/zfec_vectors.json" with { type: "json" };
import { indexPadding } from "../../src/tape/index_padding.ts";
import { noise, SET_UUID, UUID } from "../unit/tape/rait_set.ts";
import { ZUNFEC } from "./commands.ts";
import { encodeShares } from "./tape_shares.ts";

const BLOCK = 4096;
const CHUNKS = 12;

const FAKE_MT = `#!/bin/sh
# mt -f TAPE rewind | fsf N
tape=$2
case $3 in
rewind) echo 0 >"$tape/at" ;;
fsf)
  at=$(($(cat "$tape/at") + $4))
  [ "$at" -le "$(cat "$tape/count")" ] || exit 2
  echo $at >"$tape/at" ;;
*) exit 2 ;;
esac
`;

const FAKE_DD = `#!/bin/sh
# dd if=TAPE bs=N of=FILE: copies one tape file
for word; do
  case $word in
  if=*) tape=$${""}{word#if=} ;;
  of=*) out=$${""}{word#of=} ;;
  bs=*) [ "$${""}{word#bs=}" = ${BLOCK} ] || exit 9 ;;
  *) exit 9 ;;
  esac
done
at=$(cat "$tape/at")
echo $((at + 1)) >"$tape/at"
: >"$out"
[ ! -e "$tape/$at.bad" ] || { head -c 1000 "$tape/$at" >"$out"; echo "read error" >&2; exit 1; }
[ ! -e "$tape/$at" ] || cat "$tape/$at" >"$out"
`;

interface Tapes {
  folder: string;
  drives: string[];
  content: Map<string, Uint8Array>;
}

/** Writes a set of m tapes of 12 chunks as folders. */
async function makeTapes(k: number, m: number): Promise<Tapes> {
  const folder = await Deno.makeTempDir({ prefix: "ectar-restore-" });
  await Deno.mkdir(`${folder}/bin`);
  await Deno.writeTextFile(`${folder}/bin/mt`, FAKE_MT, { mode: 0o755 });
  await Deno.writeTextFile(`${folder}/bin/dd`, FAKE_DD, { mode: 0o755 });
  const content = new Map<string, Uint8Array>();
  for (let i = 0; i < 5; i++) content.set(`file${i}`, noise(40_000 + 1234 * i, i + 1));
  const members = [...content].map(([name, bytes]) => ({ name, content: bytes, mode: 0o644 }));
  const tar = encodeLabelTar(members, 1_700_000_000);
  const label: TapeLabel = {
    setUuid: SET_UUID,
    volumeUuid: UUID,
    shard: 0,
    volume: 0,
    k,
    m,
    blockSize: BLOCK,
    name: "backup",
    archiveUuid: UUID,
    created: "2026-01-02T03:04:05Z",
    host: "testhost",
    toolVersion: "2.0.0",
    firstChunk: 1,
    firstShardOffset: 0,
  };
  const drives: string[] = [];
  for (let shard = 0; shard < m; shard++) {
    const tape = `${folder}/tape${shard}`;
    drives.push(tape);
    await Deno.mkdir(tape);
    await Deno.writeTextFile(`${tape}/at`, "7");
    await Deno.writeTextFile(`${tape}/count`, String(CHUNKS + 2));
    await Deno.writeFile(`${tape}/0`, encodeLabel({ ...label, shard }));
    const index = zstdCompressSync(Buffer.from('{"version":"2.0"}'));
    const padded = Buffer.concat([index, indexPadding(index.length, BLOCK)]);
    await Deno.writeFile(`${tape}/${CHUNKS + 1}`, padded);
  }
  const chunkBytes = Math.ceil(tar.length / CHUNKS);
  for (let chunk = 1; chunk <= CHUNKS; chunk++) {
    const part = tar.subarray((chunk - 1) * chunkBytes, chunk * chunkBytes);
    const shares = encodeShares(zstdCompressSync(part), k, m, BLOCK);
    for (const [shard, share] of shares.entries()) {
      await Deno.writeFile(`${drives[shard]}/${chunk}`, share);
    }
  }
  return { folder, drives, content };
}

interface Run {
  code: number;
  stderr: string;
}

/** Unpacks the label of the first drive with tar and runs its RESTORE.txt. */
async function restore(tapes: Tapes, drives: string[], zunfec: boolean): Promise<Run> {
  const { folder } = tapes;
  await Deno.remove(`${folder}/label`, { recursive: true }).catch(() => {});
  await Deno.remove(`${folder}/out`, { recursive: true }).catch(() => {});
  await Deno.mkdir(`${folder}/label`);
  await Deno.mkdir(`${folder}/out`);
  await new Deno.Command("tar", { args: ["xf", `${drives[0]}/0`], cwd: `${folder}/label` })
    .output();
  const path = `${folder}/bin:/usr/bin:/bin`;
  // The interpreter itself, for a wrapper on the PATH may need more of it.
  const [name, tool] = zunfec ? ["zunfec", await zunfecPath()] : ["python3", await python()];
  await Deno.symlink(tool, `${folder}/bin/${name}`).catch(() => {});
  const { code, stderr } = await new Deno.Command("sh", {
    args: [`${folder}/label/RESTORE.txt`],
    cwd: `${folder}/out`,
    env: { PATH: path, DRIVES: drives.join(" "), TMPDIR: folder },
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

async function run(command: string, args: string[]): Promise<{ code: number; stdout: string }> {
  const { code, stdout } = await new Deno.Command(command, { args }).output();
  return { code, stdout: new TextDecoder().decode(stdout) };
}

async function python(): Promise<string> {
  return (await run("python3", ["-c", "import sys; print(sys.executable)"])).stdout.trim();
}

/** Folder of the real zunfec, or "" where there is none. */
async function zunfecPath(): Promise<string> {
  const { stdout } = await run("sh", ["-c", `command -v '${ZUNFEC}'`]);
  return stdout.trim();
}

async function assertRestored({ folder, content }: Tapes): Promise<void> {
  for (const [name, bytes] of content) {
    assert.ok(Buffer.from(bytes).equals(await Deno.readFile(`${folder}/out/${name}`)), name);
  }
  const left = [...Deno.readDirSync(folder)].filter(({ name }) => name.startsWith("restore."));
  assert.deepEqual(left, [], "no temporary files are left");
}

const decoders = [
  { name: "the Python decoder from the label", zunfec: false, ignore: false },
  { name: "zunfec", zunfec: true, ignore: ZUNFEC === undefined },
];

for (const { name, zunfec, ignore } of decoders) {
  Deno.test({
    name: `RESTORE.txt restores 12 chunks from any k tapes with ${name}`,
    ignore,
    async fn() {
      for (const [k, m] of [[1, 2], [3, 5]]) {
        const tapes = await makeTapes(k, m);
        try {
          // One tape missing; and the last k only, in wrong order, so that parity is needed.
          for (const drives of [tapes.drives.slice(1), tapes.drives.slice(m - k).reverse()]) {
            const { code, stderr } = await restore(tapes, drives, zunfec);
            assert.equal(code, 0, stderr);
            await assertRestored(tapes);
          }
        } finally {
          await Deno.remove(tapes.folder, { recursive: true });
        }
      }
    },
  });

  Deno.test({
    name: `RESTORE.txt goes on past tape files that cannot be read with ${name}`,
    ignore,
    async fn() {
      const tapes = await makeTapes(2, 4);
      try {
        await Deno.writeTextFile(`${tapes.drives[0]}/3.bad`, "");
        await Deno.writeTextFile(`${tapes.drives[1]}/3.bad`, "");
        await Deno.writeTextFile(`${tapes.drives[2]}/11.bad`, "");
        const { code, stderr } = await restore(tapes, tapes.drives, zunfec);
        assert.equal(code, 0, stderr);
        assert.match(stderr, /tape file 11 cannot be read/);
        await assertRestored(tapes);
      } finally {
        await Deno.remove(tapes.folder, { recursive: true });
      }
    },
  });
}

Deno.test("the label's Python decoder joins shares made by zfec itself", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ectar-unfec-" });
  try {
    await Deno.writeTextFile(`${folder}/unfec.py`, ZFEC_DECODER_PY);
    const interpreter = await python();
    const cases = vectors.cases.filter(({ sharesHex }) => sharesHex !== undefined);
    assert.ok(cases.length > 10);
    for (const { k, m, length, seed, sharesHex } of cases) {
      const names = sharesHex!.map((_, i) => `${folder}/${i}`);
      for (const [i, hex] of sharesHex!.entries()) {
        await Deno.writeFile(names[i], Buffer.from(hex, "hex"));
      }
      for (const given of [names.slice(m - k), names.slice(0, k).reverse()]) {
        const { stdout } = await new Deno.Command(interpreter, {
          args: [`${folder}/unfec.py`, ...given],
        }).output();
        assert.ok(Buffer.from(noise(length, seed)).equals(stdout), `${k} of ${m}, ${length} bytes`);
      }
    }
    // More than one piece of 1 MiB, and the longest header.
    for (const [k, m, bytes] of [[3, 5, 7_654_321], [200, 256, 900_001]]) {
      const zst = noise(bytes, 99);
      const shares = encodeShares(zst, k, m, 512);
      const names = shares.map((_, i) => `${folder}/${i}`);
      for (const [i, share] of shares.entries()) await Deno.writeFile(names[i], share);
      const { stdout } = await new Deno.Command(interpreter, {
        args: [`${folder}/unfec.py`, ...names.slice(m - k)],
      }).output();
      assert.ok(Buffer.from(zst).equals(stdout.subarray(0, zst.length)), `${k} of ${m}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("RESTORE.txt leaves out a second copy of the same shard", async () => {
  const tapes = await makeTapes(2, 3);
  try {
    const [first, second] = tapes.drives;
    const copy = `${tapes.folder}/copy`;
    await new Deno.Command("cp", { args: ["-r", first, copy] }).output();
    const { code, stderr } = await restore(tapes, [first, copy, second], false);
    assert.equal(code, 0, stderr);
    await assertRestored(tapes);
  } finally {
    await Deno.remove(tapes.folder, { recursive: true });
  }
});

Deno.test("RESTORE.txt says INCOMPLETE when tapes are too few or have no index", async () => {
  const tapes = await makeTapes(2, 3);
  try {
    const few = await restore(tapes, tapes.drives.slice(0, 1), false);
    assert.notEqual(few.code, 0);
    assert.match(few.stderr, /chunk 1: 1 shares, 2 are needed/);
    for (const drive of tapes.drives) await Deno.remove(`${drive}/${CHUNKS + 1}`);
    const torn = await restore(tapes, tapes.drives, false);
    assert.notEqual(torn.code, 0);
    assert.match(torn.stderr, /no index behind chunk 12[\s\S]*INCOMPLETE/);
    await assertRestored(tapes);
  } finally {
    await Deno.remove(tapes.folder, { recursive: true });
  }
});

Deno.test("a label is what tar expects on a rewound tape", async () => {
  const tapes = await makeTapes(2, 3);
  try {
    const label = `${tapes.drives[0]}/0`;
    const { code, stdout } = await run("tar", ["tvf", label]);
    assert.equal(code, 0);
    assert.match(stdout, /ectar-label\.json\n.*RESTORE\.txt\n.*ectar-unfec\.py\n$/);
    assert.equal((await Deno.stat(label)).size % 10240, 0);
  } finally {
    await Deno.remove(tapes.folder, { recursive: true });
  }
});
