/** Which archive it is when chunks are divided about that. */

import assert from "node:assert/strict";
import type { ChunkReader } from "../../../src/chunk/read_chunk.ts";
import { type IndexCandidate, settleIdentity } from "../../../src/chunk/read_identity.ts";

/** Settles the identity of chunks that say of themselves which archive they are of. */
async function settle(uuids: string[], indexUuids: string[] = []): Promise<string | undefined> {
  const indexes = indexUuids.map((archive_uuid) => ({
    origin: `index of ${archive_uuid}`,
    head: { archive_uuid, parameters: { data_shards: 2, parity_shards: 1 } },
    record: () => Promise.resolve(undefined),
  } as unknown as IndexCandidate));
  const chunks = uuids.map((_, i) => i + 1);
  const { hints } = await settleIdentity("b", chunks, indexes, (chunk) => {
    const facts = { archiveUuid: uuids[chunk - 1] };
    const opened = { facts, header: undefined, prover: { shards: { k: 2, m: 3 } } };
    return Promise.resolve({ opened, close: () => Promise.resolve() } as unknown as ChunkReader);
  }, () => {});
  return hints.archiveUuid;
}

Deno.test("two chunks that agree say which archive it is", async () => {
  assert.equal(await settle(["one", "other", "other", "one"]), "other");
  assert.equal(await settle(["one", "one", "other", "other"], ["other"]), "one");
});

Deno.test("between two chunks that disagree the index decides", async () => {
  assert.equal(await settle(["one", "other"], ["other"]), "other");
  assert.equal(await settle(["one", "other"], ["one"]), "one");
  assert.equal(await settle(["one", "other"]), "one");
});
