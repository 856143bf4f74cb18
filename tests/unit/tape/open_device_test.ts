import assert from "node:assert/strict";
import { MockTapeDevice } from "../../mocks.ts";
import { tapeDensity } from "../../../src/tape/density.ts";
import type { EctarError } from "../../../src/errors.ts";
import { openTapeDevice, refuseRewindingNode } from "../../../src/tape/open_device.ts";
import { parseMtget } from "../../../src/tape/st_abi.ts";

Deno.test("a mock is opened by its name, without any permission", async () => {
  const mock = new MockTapeDevice();
  const mocks = (name: string) => name === "a" ? mock : undefined;
  assert.equal(await openTapeDevice("mock:a", "write", { mocks }), mock);
  await assert.rejects(openTapeDevice("mock:b", "read", { mocks }), { code: "not-found" });
  await assert.rejects(openTapeDevice("mock:a", "read"), { code: "not-found" });
});

Deno.test("nodes that rewind on close are refused, naming the one to use", () => {
  const cases: [string, string, string | undefined][] = [
    ["/dev/st0", "/dev/st0", "/dev/nst0"],
    ["/dev/st12", "/dev/st12", "/dev/nst12"],
    ["/dev/st3m", "/dev/st3m", "/dev/nst3m"],
    ["/dev/tape/by-id/scsi-X", "/dev/st1", "/dev/tape/by-id/scsi-X-nst"],
    ["/dev/tape/by-id/scsi-X-nst", "/dev/nst1", undefined],
    ["/dev/nst0", "/dev/nst0", undefined],
    ["/dev/nst0a", "/dev/nst0a", undefined],
    ["mytape", "/dev/st4", "/dev/nst4"],
  ];
  for (const [spec, node, instead] of cases) {
    if (instead === undefined) refuseRewindingNode(spec, node);
    else {
      assert.throws(() => refuseRewindingNode(spec, node), (error: EctarError) => {
        assert.equal(error.context.hint, undefined, "the message says what to do");
        assert.equal(
          error.message,
          `${spec} rewinds the tape whenever it is closed; use ${instead}`,
        );
        return true;
      });
    }
  }
});

Deno.test("density codes tell the LTO generation and its capacity", () => {
  assert.partialDeepStrictEqual(tapeDensity(0x5e), { name: "LTO-8", capacityBytes: 12e12 });
  assert.partialDeepStrictEqual(tapeDensity(0x60), { name: "LTO-9", capacityBytes: 18e12 });
  assert.equal(tapeDensity(0), undefined);
  assert.equal(tapeDensity(undefined), undefined);
});

Deno.test("the status structure is read as the kernel lays it out", () => {
  const bytes = new Uint8Array(48);
  const view = new DataView(bytes.buffer);
  view.setBigInt64(16, 0x5e080000n, true);
  view.setBigInt64(24, 0x85018000n - 0x100000000n, true);
  view.setInt32(40, 7, true);
  view.setInt32(44, -1, true);
  assert.deepEqual(parseMtget(bytes), {
    filemark: true,
    beginning: false,
    endOfTape: false,
    endOfData: false,
    writeProtected: true,
    online: true,
    doorOpen: false,
    cleaning: true,
    blockSize: 0x80000,
    density: 0x5e,
    file: 7,
    block: undefined,
  });
  view.setInt32(40, 0x7fffff, true);
  assert.equal(parseMtget(bytes).file, undefined);
});
