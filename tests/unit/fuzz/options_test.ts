import assert from "node:assert/strict";
import { CommanderError } from "commander";
import { emptyProgress, parseProgress } from "../../../src/archive/verify_progress.ts";
import {
  deviceListArgument,
  durationArgument,
  integerArgument,
  momentArgument,
  sizeArgument,
  sizeArgumentBetween,
  uuidArgument,
} from "../../../src/cli/common_options.ts";
import { parseDuration, parseSize } from "../../../src/cli/sizes.ts";
import { parseOwnerOption } from "../../../src/tree/owner_option.ts";
import { packNameList, unpackPaths } from "../../../src/tree/name_list.ts";
import { Random } from "../../sim/random.ts";
import { bitFlips, fuzz, type Input, mutants, noises, truncations } from "./fuzz.ts";

const PARTS = ["", "0", "1", "9", "1.5", ".", "-", "+", "e", "512", "K", "MiB", "kb", "T", "P", "s"]
  .concat(["min", "h", "d", " ", "\n", "\t", ",", ":", "@", "Infinity", "NaN", "0x10", "٣", "\0"])
  .concat(["\u001b[31m", "9".repeat(400), "/dev/nst0", "t0.tap", "root", "1e9", "2026-01-31"])
  .concat(["T12:00:00Z", "123e4567-e89b-42d3-a456-426614174000"]);

/** Option texts put together from what such texts are made of. */
function* texts(seed: number, count: number): Generator<Input> {
  for (let i = 0; i < count; i++) {
    const random = new Random(seed + i);
    const text = Array.from({ length: random.int(1, 4) }, () => random.pick(PARTS)).join("");
    yield { what: `seed ${seed + i}`, bytes: new TextEncoder().encode(text) };
  }
}

const asText = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** What commander tells its user is as foreseen as an EctarError. */
async function fuzzOption<T>(
  seed: number,
  parse: (text: string) => T,
  check: (value: T, text: string) => void,
): Promise<void> {
  const refused = Symbol();
  const accepted = await fuzz<T | typeof refused>(texts(seed, 5000), (bytes) => {
    try {
      return parse(asText(bytes));
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      return refused;
    }
  }, (value, bytes) => {
    if (value !== refused) check(value, asText(bytes));
  }, ["usage"]);
  assert.ok(accepted > 0);
}

Deno.test("a size is a whole number of bytes that JavaScript counts exactly, or refused", async () => {
  const isSize = (bytes: number) => assert.ok(Number.isSafeInteger(bytes) && bytes >= 0);
  await fuzzOption(91_000, parseSize, isSize);
  await fuzzOption(92_000, sizeArgument, isSize);
  const between = sizeArgumentBetween(512, 1 << 20);
  await fuzzOption(93_000, between, (bytes) => assert.ok(bytes >= 512 && bytes <= 1 << 20));
});

Deno.test("a length of time is one that a clock can wait for, or refused", async () => {
  const isTime = (milliseconds: number) => {
    assert.ok(milliseconds >= 0 && Number.isSafeInteger(Date.now() + Math.ceil(milliseconds)));
  };
  await fuzzOption(94_000, parseDuration, isTime);
  await fuzzOption(95_000, durationArgument, isTime);
  assert.throws(() => parseDuration("9".repeat(400)), { code: "usage" });
  assert.throws(() => parseDuration("5000d"), { code: "usage" });
});

Deno.test("numbers, moments, UUIDs and device lists are what they should be, or refused", async () => {
  await fuzzOption(96_000, integerArgument(0, 22), (value) => {
    assert.ok(Number.isInteger(value) && value >= 0 && value <= 22);
  });
  await fuzzOption(97_000, momentArgument, (moment) => {
    assert.ok(!Number.isNaN(Date.parse(moment)));
  });
  await fuzzOption(98_000, uuidArgument, (uuid) => assert.match(uuid, /^[0-9a-f-]{36}$/));
  await fuzzOption(99_000, (text) => deviceListArgument(text, undefined), (devices) => {
    assert.ok(devices.length > 0 && devices.every((device) => device !== ""));
  });
});

Deno.test("an owner is a name or a number of 32 bits, or refused", async () => {
  const names = { id: (name: Uint8Array) => name.length === 4 ? 0 : undefined };
  const lookup = { ...names, name: () => new TextEncoder().encode("root") };
  await fuzzOption(101_000, (text) => parseOwnerOption(text, "--owner", lookup), ({ id }) => {
    assert.ok(id === undefined || (Number.isInteger(id) && id >= 0 && id < 2 ** 32));
  });
});

Deno.test("any bytes are a list of names, none of them empty or with a zero byte", async () => {
  await fuzz(noises(102_000, 500, 300), (list) => [...unpackPaths(packNameList(list))], (paths) => {
    for (const path of paths) assert.ok(path.length > 0 && !path.includes(0));
  }, []);
});

Deno.test("the state of a verification changed anywhere is a state, or refused", async () => {
  const good = new TextEncoder().encode(JSON.stringify({
    ...emptyProgress("backup", "01234567-89ab-4def-8123-456789abcdef", "full"),
    damage: [{
      chunk: 1,
      shard: 2,
      origin: "b.c001.s02",
      what: "damaged",
      ranges: [{ start: 0, end: 9 }],
      repaired: true,
      detail: "x",
    }],
    chunks: [{ chunk: 1, frames: 3, lostFrames: 0, last: false }],
  }));
  const nested = `{"state":"ectar-verify","chunks":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  const inputs = [
    ...bitFlips(good, 3),
    ...mutants(good, 103_000, 1500),
    { what: "nested", bytes: new TextEncoder().encode(nested) },
  ];
  const parse = (bytes: Uint8Array) => parseProgress(asText(bytes));
  assert.equal(await fuzz(truncations(good), parse, undefined, ["format"]), 0);
  await fuzz(inputs, parse, (progress) => {
    assert.ok(progress.nextChunk >= 1 && Number.isSafeInteger(progress.bytes));
  }, ["format"]);
});
