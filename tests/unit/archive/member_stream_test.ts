import assert from "node:assert/strict";
import { streamItems } from "../../../src/archive/member_stream.ts";
import type { TarItem } from "../../../src/chunk/read_timeline.ts";
import { EctarError } from "../../../src/errors.ts";

const DATA: TarItem = { kind: "data", tarOffset: 0, bytes: new Uint8Array(512), own: true };
const GAP: TarItem = { kind: "gap", tarOffset: 512, length: 512, reason: "lost" };

const loss = new EctarError("damaged", "something is lost");
const full = new EctarError("no-space", "no space left");
const unreadable = new EctarError("io", "cannot read");

function failingLater(): { take(): void; settle(): Promise<void> } {
  return { take: () => {}, settle: () => Promise.reject(full) };
}

async function* streamOf(...items: (TarItem | Error)[]): AsyncGenerator<TarItem> {
  for (const item of items) {
    if (item instanceof Error) throw item;
    yield await Promise.resolve(item);
  }
}

const fatalGap = {
  onGap: () => {
    throw loss;
  },
};

Deno.test("what went wrong with earlier items is told before a later loss", async () => {
  await assert.rejects(streamItems(streamOf(DATA, GAP), failingLater(), fatalGap), full);
  const fine = { take: () => {}, settle: () => {} };
  await assert.rejects(streamItems(streamOf(DATA, GAP), fine, fatalGap), loss);
});

Deno.test("what went wrong with earlier items is told before a failure to read on", async () => {
  const hooks = { onGap: () => {} };
  await assert.rejects(streamItems(streamOf(DATA, unreadable), failingLater(), hooks), full);
});

Deno.test("an abort waits for nothing", async () => {
  const never = { take: () => {}, settle: () => new Promise<void>(() => {}) };
  const hooks = { onGap: () => {}, signal: AbortSignal.abort() };
  await assert.rejects(streamItems(streamOf(DATA), never, hooks), { code: "interrupted" });
});

Deno.test("a gap is handed on only where it is put up with", async () => {
  const taken: TarItem[] = [];
  const taker = { take: (item: TarItem) => void taken.push(item), settle: () => {} };
  await assert.rejects(streamItems(streamOf(DATA, GAP), taker, fatalGap), loss);
  await streamItems(streamOf(DATA, GAP), taker, { onGap: () => {} });
  assert.deepEqual(taken, [DATA, DATA, GAP]);
});
