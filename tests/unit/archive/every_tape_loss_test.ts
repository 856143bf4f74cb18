/** Every set of volumes that may be lost of a small tape set, and every mixture with another set. */

import assert from "node:assert/strict";
import { EctarError } from "../../../src/errors.ts";
import { MockTapeDevice, TapeMedium } from "../../mocks.ts";
import {
  archiveOnto,
  assertFiles,
  mockDrives,
  reload,
  restoreFrom,
  sampleFiles,
} from "./mock_archive.ts";

const FILES = sampleFiles(6);
const SHAPES = [[1, 2], [1, 3], [2, 3], [2, 4], [3, 4], [3, 5]];

function isIn(mask: number, shard: number): boolean {
  return (mask >>> shard & 1) === 1;
}

function count(mask: number): number {
  return mask.toString(2).replaceAll("0", "").length;
}

for (const [k, m] of SHAPES) {
  Deno.test(`tapes, ${k} of ${m}: each of ${2 ** m} sets of volumes restores all, or is said to be too few`, async () => {
    const written = mockDrives(m);
    await archiveOnto(written, FILES, k);
    for (let mask = 0; mask < 2 ** m; mask++) {
      const present = reload(written).filter((_, shard) => isIn(mask, shard));
      if (mask & 1) present.reverse();
      const context = `present: ${present.map(({ name }) => name)}`;
      if (count(mask) >= k) {
        assertFiles((await restoreFrom(present)).files, FILES);
        continue;
      }
      await assert.rejects(restoreFrom(present), (error) => {
        assert.ok(error instanceof EctarError, `${context}: ${error}`);
        assert.ok(["too-few", "damaged", "not-found", "usage"].includes(error.code), context);
        assert.match(error.message, /^\P{Cc}+$/u);
        return true;
      });
    }
  });
}

Deno.test("tapes, 2 of 4: each set of volumes exchanged for those of another set: exact, or refused", async () => {
  const [k, m] = [2, 4];
  const written = mockDrives(m);
  await archiveOnto(written, FILES, k);
  const strangers = mockDrives(m);
  const uuid = "99999999-2222-4333-8444-555555555555";
  const others = sampleFiles(5);
  await archiveOnto(strangers, others, k, {
    archive: { name: "backup", uuid, created: "2026-02-02T03:04:05Z" },
  });
  for (let mask = 0; mask < 2 ** m; mask++) {
    const [own, foreign] = [reload(written), reload(strangers)];
    const drives = own.map((drive, shard) => isIn(mask, shard) ? foreign[shard] : drive);
    // Unless it is said which is meant, the set with more volumes is read; of two alike, none.
    const isTie = count(mask) === m / 2;
    if (isTie) await assert.rejects(restoreFrom(drives), { code: "usage" });
    else assertFiles((await restoreFrom(drives)).files, count(mask) < m / 2 ? FILES : others);
    const chosen = reload(drives);
    const wanted = { uuid: "11111111-2222-4333-8444-555555555555" };
    if (m - count(mask) >= k) {
      assertFiles((await restoreFrom(chosen, wanted)).files, FILES);
    } else {
      await assert.rejects(restoreFrom(chosen, wanted), (error) => error instanceof EctarError);
    }
  }
});

Deno.test("tapes, 2 of 4: each set of volumes blank or with a broken label: exact, or refused", async () => {
  const [k, m] = [2, 4];
  const written = mockDrives(m);
  await archiveOnto(written, FILES, k);
  for (let mask = 0; mask < 3 ** m; mask++) {
    let bad = 0;
    const drives = reload(written).map((drive, shard) => {
      const state = Math.floor(mask / 3 ** shard) % 3;
      if (state > 0) bad++;
      if (state === 1) return new MockTapeDevice({ name: drive.name, medium: new TapeMedium() });
      if (state === 2) drive.medium!.damageBlock(0, 0);
      return drive;
    });
    const restore = restoreFrom(drives);
    if (bad <= m - k) assertFiles((await restore).files, FILES);
    else {
      await restore.then(
        // A tape whose label cannot be read may still be known by its index.
        ({ files }) => assertFiles(files, FILES),
        (error) => assert.ok(error instanceof EctarError, String(error)),
      );
    }
  }
});
