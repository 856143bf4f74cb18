/** Repair gives every shard and the index back as they were, byte for byte, or says what is lost. */

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { createFiles } from "../../src/archive/create_local.ts";
import { repairFiles } from "../../src/archive/repair_local.ts";
import { namesIn, noise } from "../cli/sample_tree.ts";
import { DAMAGES, flipBits, overwrite, shardPath, type Shards } from "./damage_shards.ts";
import {
  assertSameFiles,
  contents,
  copyFiles,
  K,
  M,
  makeRepairSample,
  repair,
  type RepairSample,
  withDamagedCopy,
} from "./repair_sample.ts";

const CHUNKS = 3;
let sample: Promise<RepairSample> | undefined;

function withCopy(test: (shards: Shards, sample: RepairSample) => Promise<void>): Promise<void> {
  sample ??= makeRepairSample();
  return sample.then((made) => withDamagedCopy(made, (shards) => test(shards, made)));
}

/** m−k different shards of a chunk: data only, parity only, both. */
function victims(chunk: number): number[] {
  return [[0, 2], [1, 4], [3, 4]][chunk % 3];
}

/** Names of the files that are missing or differ. */
function differing(expected: string, actual: string): string[] {
  return namesIn(expected).filter((name) => {
    try {
      const found = Deno.readFileSync(`${actual}/${name}`);
      return !isDeepStrictEqual(Deno.readFileSync(`${expected}/${name}`), found);
    } catch {
      return true;
    }
  });
}

const index = ({ directory, name }: Shards) => `${directory}/${name}.index.zst`;

const INDEXES: Record<string, (shards: Shards, other: Shards) => Promise<void>> = {
  "with its index": () => Promise.resolve(),
  "without an index": (shards) => Deno.remove(index(shards)),
  "with a damaged index": async (shards) => {
    const { size } = await Deno.stat(index(shards));
    await overwrite(index(shards), size * 2 / 3 | 0, noise(200, 7));
  },
  "with an index cut short": async (shards) => {
    const { size } = await Deno.stat(index(shards));
    await Deno.truncate(index(shards), size / 2 | 0);
  },
  "with another archive's index": (shards, other) => Deno.copyFile(index(other), index(shards)),
};

for (const [indexCase, spoilIndex] of Object.entries(INDEXES)) {
  for (const [kind, damage] of Object.entries(DAMAGES)) {
    Deno.test(`${indexCase}, ${M - K} shards of each chunk are ${kind}: all files are as they were`, () =>
      withCopy(async (shards, { reference, other }) => {
        for (let chunk = CHUNKS; chunk >= 1; chunk--) {
          for (const shard of victims(chunk)) await damage(shards, chunk, shard, other);
        }
        await spoilIndex(shards, other);
        const wrong = differing(reference.directory, shards.directory);
        const summary = await repair(shards);
        assert.deepEqual(summary.lost, []);
        assertSameFiles(reference.directory, shards.directory);
        const named = summary.repaired.map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
        assert.deepEqual(named.sort(), wrong);

        const before = contents(shards.directory);
        const again = await repair(shards);
        assert.deepEqual([again.repaired, again.index], [[], "whole"]);
        assert.deepEqual(contents(shards.directory), before);
      }));
  }
}

Deno.test("what may be another archive's only copy is kept aside, again and again", () =>
  withCopy(async (shards, { reference, other }) => {
    for (let round = 1; round <= 2; round++) {
      await Deno.copyFile(shardPath(other, 1, 0), shardPath(shards, 1, 0));
      await Deno.copyFile(index(other), index(shards));
      const { keptAside } = await repair(shards);
      assert.deepEqual(keptAside, [
        `${shardPath(shards, 1, 0)}.ectar-aside-${round}`,
        `${index(shards)}.ectar-aside-${round}`,
      ]);
      for (const path of keptAside) {
        const original = path.includes("index") ? index(other) : shardPath(other, 1, 0);
        assert.deepEqual(await Deno.readFile(path), await Deno.readFile(original));
      }
      assertSameFiles(reference.directory, shards.directory);
    }
  }));

Deno.test("shards under each other's names get their own again, and nothing is kept aside", () =>
  withCopy(async (shards, { reference }) => {
    const rotate = async (chunk: number, ...numbers: number[]) => {
      const first = shardPath(shards, chunk, numbers[0]);
      await Deno.rename(first, `${first}.x`);
      for (let i = 1; i < numbers.length; i++) {
        const [from, to] = [numbers[i], numbers[i - 1]];
        await Deno.rename(shardPath(shards, chunk, from), shardPath(shards, chunk, to));
      }
      await Deno.rename(`${first}.x`, shardPath(shards, chunk, numbers.at(-1)!));
    };
    await rotate(1, 0, 4);
    await rotate(2, 0, 1, 2, 3, 4);
    const summary = await repair(shards);
    assert.deepEqual(summary.keptAside, []);
    assert.match(summary.repaired[0].problem, /it is shard 4 under a wrong name/);
    assertSameFiles(reference.directory, shards.directory);
  }));

Deno.test("a wrong number in a shard's zfec header is put right", () =>
  withCopy(async (shards, { reference }) => {
    for (let shard = 0; shard < M - K; shard++) {
      const bytes = await Deno.readFile(shardPath(shards, 2, M - 1));
      await overwrite(shardPath(shards, 2, shard), 0, bytes.subarray(0, 2));
    }
    const summary = await repair(shards);
    assert.deepEqual(summary.repaired.map(({ shard }) => shard), [0, 1]);
    assert.deepEqual(summary.keptAside, []);
    assertSameFiles(reference.directory, shards.directory);
  }));

Deno.test("pieces of all shards may be damaged, in different places", () =>
  withCopy(async (shards, { reference }) => {
    for (let chunk = 1; chunk <= CHUNKS; chunk++) {
      for (let shard = 0; shard < M; shard++) {
        const path = shardPath(shards, chunk, shard);
        const { size } = await Deno.stat(path);
        await overwrite(
          path,
          Math.max(4, size * shard / (M + 1) | 0),
          noise(size / 20 | 0, shard + 1),
        );
      }
    }
    const summary = await repair(shards);
    assert.equal(summary.repaired.length, CHUNKS * M);
    assertSameFiles(reference.directory, shards.directory);
  }));

Deno.test("what cannot be repaired is left as it is and named; the rest is repaired", () =>
  withCopy(async (shards, { reference }) => {
    for (const shard of [0, 1, 4]) await Deno.remove(shardPath(shards, 2, shard));
    await Deno.truncate(shardPath(shards, 2, 2), 5000);
    await Deno.remove(shardPath(shards, 3, 2));
    const chunk2 = (all: Map<string, string>) => [...all].filter(([name]) => name.includes("c002"));
    const before = chunk2(contents(shards.directory));
    const summary = await repair(shards);
    assert.equal(summary.lost.length, 1);
    assert.match(summary.lost[0].reason, /chunk 2.*2 of its 5 shards were found, 3 are needed/);
    assert.deepEqual(summary.repaired.map(({ chunk, shard }) => [chunk, shard]), [[3, 2]]);
    assert.equal(summary.index, "whole");
    assert.deepEqual(chunk2(contents(shards.directory)), before);
    for (const name of namesIn(shards.directory).filter((each) => !each.includes("c002"))) {
      assert.deepEqual(
        await Deno.readFile(`${shards.directory}/${name}`),
        await Deno.readFile(`${reference.directory}/${name}`),
      );
    }
  }));

Deno.test("a chunk of which one piece is lost is left as it is; its good shards stay", () =>
  withCopy(async (shards) => {
    const { size } = await Deno.stat(shardPath(shards, 1, 0));
    for (const shard of [0, 1, 2]) {
      await overwrite(shardPath(shards, 1, shard), size >> 1, noise(4096, shard + 1));
    }
    await Deno.remove(index(shards));
    const before = contents(shards.directory);
    const summary = await repair(shards);
    assert.match(summary.lost[0].reason, /chunk 1/);
    assert.equal(summary.index, "impossible");
    assert.match(summary.indexProblem!, /chunk 1/);
    assert.deepEqual(contents(shards.directory), before);
  }));

Deno.test("a chunk of which nothing is there is lost, and so is an end that nothing tells", () =>
  withCopy(async (shards) => {
    for (let shard = 0; shard < M; shard++) await Deno.remove(shardPath(shards, CHUNKS, shard));
    assert.match((await repair(shards)).lost[0].reason, /chunk 3: no shards were found/);
    await Deno.remove(index(shards));
    const summary = await repair(shards);
    assert.match(summary.lost[0].reason, /end was not found/);
    assert.equal(summary.index, "impossible");
    assert.ok(!namesIn(shards.directory).includes("b.index.zst"));
  }));

for (const evidence of ["a shard", "an index", "parity that begins otherwise"]) {
  Deno.test(`of another archive that is nearly the same nothing is lost: ${evidence} tells it`, () =>
    withCopy(async (shards, { scratch, reference }) => {
      const later = await Deno.makeTempDir({ dir: scratch });
      const place = { directory: later, k: K, m: M, blockSize: 1 };
      const tree = { paths: ["."], directory: `${scratch}/in-reference` };
      await createFiles(tree, { name: "b", chunkSize: 1 << 20, compressionLevel: 3 }, place);
      if (evidence !== "an index") await Deno.remove(`${later}/b.index.zst`);
      if (evidence !== "a shard") {
        for (let chunk = 1; chunk <= CHUNKS; chunk++) {
          await Deno.remove(shardPath({ directory: later, name: "b" }, chunk, 0));
        }
      }
      const before = contents(later);
      const inputs = [`${shards.directory}/b`, `${later}/b`];
      const summary = await repairFiles({ inputs });
      assert.ok(summary.keptAside.length > CHUNKS * (M - K), "what differs is kept");
      assertSameFiles(reference.directory, shards.directory);
      // What was replaced stands beside, and what was not is as it was.
      for (const path of summary.keptAside) {
        await Deno.rename(path, path.replace(/\.ectar-aside-1$/, ""));
      }
      assert.deepEqual(contents(later), before);
    }));
}

for (const indexCase of ["with its index", "without an index"]) {
  for (const change of ["20,000 bytes of a file", "nothing"]) {
    Deno.test(`${indexCase}, a few data shards of a later run in their places do no harm; it changed ${change}`, () =>
      withCopy(async (shards, { scratch, reference }) => {
        const later = await Deno.makeTempDir({ dir: scratch });
        const tree = `${later}/in`;
        await new Deno.Command("cp", { args: ["-a", `${scratch}/in-reference`, tree] }).output();
        if (change !== "nothing") await overwrite(`${tree}/large1`, 500_000, noise(20_000, 7));
        const paths = { paths: ["."], directory: tree };
        const place = { directory: later, k: K, m: M, blockSize: 1 };
        await createFiles(paths, { name: "b", chunkSize: 1 << 20, compressionLevel: 3 }, place);
        for (let chunk = 1; chunk <= CHUNKS; chunk++) {
          for (const shard of [1, 2]) {
            const path = shardPath(shards, chunk, shard);
            const bytes = await Deno.readFile(
              shardPath({ directory: later, name: "b" }, chunk, shard),
            );
            if (isDeepStrictEqual(bytes, await Deno.readFile(path))) continue;
            await Deno.writeFile(path, bytes);
          }
        }
        await INDEXES[indexCase](shards, shards);
        const { lost } = await repair(shards);
        assert.deepEqual(lost, []);
        assertSameFiles(reference.directory, shards.directory);
      }));
  }
}

Deno.test("a shard beyond the archive's own, which verify calls damage, is named and left", () =>
  withCopy(async (shards) => {
    const stray = shardPath(shards, 2, M);
    await Deno.copyFile(shardPath(shards, 2, 1), stray);
    const { repaired, remarks } = await repair(shards);
    assert.deepEqual(repaired, []);
    assert.deepEqual(remarks, [`${stray} is left as it is: the archive has shards 0 to 4 only`]);
  }));

Deno.test("a dry run tells the same and changes nothing", () =>
  withCopy(async (shards, { other }) => {
    await Deno.remove(shardPath(shards, 1, 0));
    await flipBits(shardPath(shards, 2, 3), 9999);
    await Deno.copyFile(shardPath(other, 3, 1), shardPath(shards, 3, 1));
    await Deno.remove(index(shards));
    const before = contents(shards.directory);
    const plan = await repair(shards, { dryRun: true });
    assert.deepEqual(contents(shards.directory), before);
    const done = await repair(shards);
    assert.deepEqual(plan.repaired, done.repaired);
    assert.equal(plan.repaired.length, 4);
  }));

Deno.test("to another directory: only what is rebuilt goes there, the rest stays untouched", () =>
  withCopy(async (shards, { reference }) => {
    const output = `${shards.directory}-out`;
    try {
      await Deno.remove(shardPath(shards, 1, 0));
      await flipBits(shardPath(shards, 2, 3), 9999);
      await overwrite(index(shards), 100, noise(50, 1));
      const before = contents(shards.directory);
      const summary = await repair(shards, { output });
      const rebuilt = ["b.c001.s00", "b.c002.s03", "b.index.zst"];
      assert.deepEqual(namesIn(output), rebuilt);
      assert.deepEqual(
        summary.repaired.map(({ path }) => path),
        rebuilt.map((n) => `${output}/${n}`),
      );
      assert.deepEqual(contents(shards.directory), before);
      for (const name of rebuilt) {
        assert.deepEqual(
          await Deno.readFile(`${output}/${name}`),
          await Deno.readFile(`${reference.directory}/${name}`),
        );
      }
      const again = contents(output);
      assert.deepEqual((await repair(shards, { output })).repaired, []);
      assert.deepEqual(contents(output), again);

      await flipBits(`${output}/b.c001.s00`, 100);
      assert.equal((await repair(shards, { output })).repaired.length, 1);
      await copyFiles(output, shards.directory);
      assertSameFiles(reference.directory, shards.directory);
    } finally {
      await Deno.remove(output, { recursive: true });
    }
  }));

Deno.test("shards go back to the disk that holds their like; bad copies are all put right", () =>
  withCopy(async (shards, { reference }) => {
    const disks = Array.from({ length: M }, (_, shard) => `${shards.directory}/disk${shard}`);
    for (const [shard, disk] of disks.entries()) {
      await Deno.mkdir(disk);
      for (let chunk = 1; chunk <= CHUNKS; chunk++) {
        const name = shardPath(shards, chunk, shard).slice(shards.directory.length + 1);
        await Deno.rename(shardPath(shards, chunk, shard), `${disk}/${name}`);
      }
    }
    await Deno.rename(index(shards), `${disks[0]}/b.index.zst`);
    await Deno.copyFile(`${disks[0]}/b.index.zst`, `${disks[3]}/b.index.zst`);
    await Deno.truncate(`${disks[3]}/b.index.zst`, 8000);
    await Deno.remove(`${disks[2]}/b.c002.s02`);
    await Deno.copyFile(`${disks[1]}/b.c001.s01`, `${disks[4]}/b.c001.s01`);
    await flipBits(`${disks[4]}/b.c001.s01`, 2000);
    const summary = await repair(shards, { inputs: disks.map((disk) => `${disk}/b`) });
    assert.deepEqual(summary.repaired.map(({ path }) => path).sort(), [
      `${disks[2]}/b.c002.s02`,
      `${disks[3]}/b.index.zst`,
      `${disks[4]}/b.c001.s01`,
    ]);
    for (const disk of disks) {
      for (const name of namesIn(disk)) {
        assert.deepEqual(
          await Deno.readFile(`${disk}/${name}`),
          await Deno.readFile(`${reference.directory}/${name}`),
          `${disk}/${name}`,
        );
      }
    }
  }));

Deno.test("shards keep owner and permissions of their like", () =>
  withCopy(async (shards) => {
    for (const name of namesIn(shards.directory)) {
      await Deno.chmod(`${shards.directory}/${name}`, 0o640);
      if (Deno.uid() === 0) await Deno.chown(`${shards.directory}/${name}`, 1234, 5678);
    }
    await Deno.remove(shardPath(shards, 1, 0));
    await Deno.remove(index(shards));
    await repair(shards);
    for (const path of [shardPath(shards, 1, 0), index(shards)]) {
      const { mode, uid } = await Deno.stat(path);
      assert.equal(mode! & 0o777, 0o640);
      if (Deno.uid() === 0) assert.equal(uid, 1234);
    }
  }));

Deno.test("the index can be made again though nothing is wrong with it, or be left alone", () =>
  withCopy(async (shards, { reference }) => {
    const { ino } = await Deno.stat(index(shards));
    assert.equal((await repair(shards, { index: "rebuild" })).repaired[0].problem, "made again");
    assert.notEqual((await Deno.stat(index(shards))).ino, ino);
    assertSameFiles(reference.directory, shards.directory);
    await Deno.remove(index(shards));
    assert.deepEqual((await repair(shards, { index: "leave" })).repaired, []);
  }));

Deno.test("while one repair runs, another refuses", () =>
  withCopy(async (shards) => {
    await Deno.remove(shardPath(shards, 1, 0));
    let refused: unknown;
    await repair(shards, {
      onProgress: () => {
        refused ??= repair(shards).then(() => "worked", (error) => error.message);
      },
    });
    assert.match(await refused as string, /another ectar is repairing b/);
  }));

Deno.test("an interrupted repair keeps the chunks it has done and leaves nothing half done", () =>
  withCopy(async (shards, { reference }) => {
    for (let chunk = 1; chunk <= CHUNKS; chunk++) await Deno.remove(shardPath(shards, chunk, 0));
    const stop = new AbortController();
    const interrupted = repair(shards, {
      signal: stop.signal,
      onProgress: ({ chunk }) => {
        if (chunk === 2) stop.abort();
      },
    });
    await assert.rejects(interrupted, /interrupted/);
    const names = namesIn(shards.directory);
    // The signal is looked at with each frame, and these chunks have one.
    assert.ok(names.includes("b.c002.s00") && !names.includes("b.c003.s00"));
    assert.deepEqual(names.filter((name) => name.startsWith(".")), []);
    await repair(shards);
    assertSameFiles(reference.directory, shards.directory);
  }));

Deno.test("something that is no file in a shard's place is named and not touched", () =>
  withCopy(async (shards) => {
    await Deno.remove(shardPath(shards, 1, 0));
    await Deno.mkdir(shardPath(shards, 1, 0));
    await assert.rejects(repair(shards), /b\.c001\.s00 is in the way: it is a directory/);
    assert.deepEqual(namesIn(shards.directory).filter((name) => name.startsWith(".")), []);
  }));

Deno.test("planted links are neither followed nor written through", () =>
  withCopy(async (shards, { reference }) => {
    const precious = `${shards.directory}/precious`;
    await Deno.writeTextFile(precious, "precious");
    await Deno.symlink("precious", `${shards.directory}/.b.ectar-repair`);
    await Deno.remove(shardPath(shards, 1, 0));
    await assert.rejects(repair(shards), /is in the way: it is a symbolic link/);
    await Deno.remove(`${shards.directory}/.b.ectar-repair`);
    await Deno.symlink("precious", shardPath(shards, 1, 0));
    await repair(shards);
    assert.equal(await Deno.readTextFile(precious), "precious");
    await Deno.remove(precious);
    assertSameFiles(reference.directory, shards.directory);
  }));

for (
  const [k, m, blockSize, compressionLevel] of [
    [1, 2, 1, 3],
    [1, 5, 4096, 0],
    [2, 3, 65536, 3],
    [7, 9, 1, 0],
    [10, 14, 10240, 3],
    [60, 80, 1, 3],
  ]
) {
  Deno.test(`${k} of ${m} shards, blocks of ${blockSize}: any ${m - k} lost come back`, async () => {
    const made = await makeRepairSample({ k, m, blockSize, compressionLevel, megabytes: 1 });
    try {
      await withDamagedCopy(made, async (shards) => {
        const chunks = namesIn(shards.directory).filter((name) => name.endsWith("s00")).length;
        for (let chunk = 1; chunk <= chunks; chunk++) {
          const order = Array.from({ length: m }, (_, i) => (i * 7 + chunk * 3) % m);
          for (const shard of [...new Set(order)].slice(0, m - k)) {
            await Deno.remove(shardPath(shards, chunk, shard));
          }
        }
        await Deno.remove(index(shards));
        assert.deepEqual((await repair(shards)).lost, []);
        assertSameFiles(made.reference.directory, shards.directory);
      });
    } finally {
      await Deno.remove(made.scratch, { recursive: true });
    }
  });
}

globalThis.addEventListener("unload", () => {
  sample?.then(({ scratch }) => Deno.removeSync(scratch, { recursive: true }));
});
