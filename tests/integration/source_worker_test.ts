import assert from "node:assert/strict";
import { EctarError } from "../../src/errors.ts";
import { openWorkerSource } from "../../src/archive/tar_source_worker_backed.ts";
import type { TarSource } from "../../src/archive/tar_source.ts";
import { measureInWorker } from "../../src/archive/tar_size_worker_backed.ts";
import { concat } from "../bytes.ts";
import { openDescriptors, optionsIn, produceFrom, run, withTree } from "./source_harness.ts";

async function readAll(source: TarSource): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let frame = await source.next(); frame !== undefined; frame = await source.next()) {
    parts.push(frame.data.slice());
    source.release(frame.slot);
  }
  return concat(parts);
}

function fill(top: string): void {
  for (let index = 0; index < 300; index++) {
    Deno.writeFileSync(`${top}/f${index}`, new Uint8Array(index * 37).fill(index));
  }
}

Deno.test("a Worker gives the same stream, with few and many buffers", () =>
  withTree(async (top) => {
    fill(top);
    const expected = produceFrom(top);
    for (const slots of [1, 2, 9]) {
      const source = await openWorkerSource(optionsIn(top, ["."]), slots);
      assert.equal(source.totals, undefined);
      assert.deepEqual(await readAll(source), expected.tar);
      assert.deepEqual(source.totals, expected.totals);
      assert.equal(await source.next(), undefined);
      await source.close();
    }
  }));

Deno.test("a frame stays as it is until it is released", () =>
  withTree(async (top) => {
    fill(top);
    const expected = produceFrom(top);
    const source = await openWorkerSource(optionsIn(top, ["."]), 2);
    const first = await source.next();
    const second = await source.next();
    const third = source.next();
    const early = await Promise.race([
      third,
      new Promise((resolve) => setTimeout(() => resolve("nothing yet"), 200)),
    ]);
    assert.equal(early, "nothing yet");
    assert.deepEqual(first!.data.slice(), expected.frames[0].data);
    assert.deepEqual(second!.data.slice(), expected.frames[1].data);
    source.release(first!.slot);
    assert.deepEqual((await third)!.data.slice(), expected.frames[2].data);
    await source.close();
  }));

Deno.test("errors cross over with their code and context", () =>
  withTree(async (top) => {
    await assert.rejects(openWorkerSource(optionsIn(top, ["none"])), (error) => {
      assert.ok(error instanceof EctarError);
      assert.equal(error.code, "not-found");
      assert.equal(error.context.path, "none");
      return true;
    });
    await assert.rejects(openWorkerSource(optionsIn(top, ["."], { owner: "no such one" })), {
      code: "usage",
    });
    await assert.rejects(openWorkerSource(optionsIn(`${top}/none`, ["."])), { code: "not-found" });
  }));

Deno.test("closing ends a Worker that waits for a buffer, and closes its files", () =>
  withTree(async (top) => {
    fill(top);
    await (await openWorkerSource(optionsIn(top, ["."]))).close();
    const before = openDescriptors();
    const source = await openWorkerSource(optionsIn(top, ["."]), 1);
    await source.next();
    const pending = source.next();
    const [outcome] = await Promise.allSettled([pending, source.close()]);
    assert.equal(outcome.status, "rejected");
    assert.equal((outcome as PromiseRejectedResult).reason.code, "interrupted");
    await assert.rejects(source.next(), { code: "interrupted" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(openDescriptors() <= before);
  }));

Deno.test("closing ends a Worker that hashes a large hole", () =>
  withTree(async (top) => {
    run("truncate", ["-s", "10T", `${top}/hole`]);
    const source = await openWorkerSource(optionsIn(top, ["."]));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const start = performance.now();
    await source.close();
    // All of it would take more than an hour.
    assert.ok(performance.now() - start < 60_000);
  }));

Deno.test("another Worker tells meanwhile how much it will be; ending it early does no harm", () =>
  withTree(async (top) => {
    fill(top);
    const expected = produceFrom(top).tar.length;
    const told = Promise.withResolvers<number>();
    const stop = measureInWorker(optionsIn(top, ["."]), told.resolve);
    const bytes = await told.promise;
    stop();
    assert.ok(Math.abs(bytes - expected) < 0.05 * expected, `${bytes} for ${expected}`);

    measureInWorker(optionsIn(top, ["."]), () => assert.fail("nobody waits for it"))();
    measureInWorker(optionsIn(top, ["nowhere"]), () => {})();
  }));
