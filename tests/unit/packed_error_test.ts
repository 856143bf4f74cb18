import assert from "node:assert/strict";
import { EctarError } from "../../src/errors.ts";
import { packError, unpackError } from "../../src/packed_error.ts";

/** As another thread gets it. */
function acrossThreads(error: unknown): Error {
  return unpackError(structuredClone(packError(error)));
}

Deno.test("an error keeps code, message, context, hint, cause and stack", () => {
  const cause = new EctarError("io", "the disk fails", { path: "/x" }, { cause: new Error("EIO") });
  const error = new EctarError("damaged", "lost", { chunk: 3, hint: "find more" }, { cause });
  const other = acrossThreads(error);
  assert.ok(other instanceof EctarError && other.cause instanceof EctarError);
  assert.deepEqual([other.code, other.message, other.stack], ["damaged", "lost", error.stack]);
  assert.deepEqual(other.context, { chunk: 3, hint: "find more" });
  assert.deepEqual([other.cause.code, other.cause.context], ["io", { path: "/x" }]);
  assert.equal((other.cause.cause as Error).message, "EIO");
});

Deno.test("a defect stays one, whatever was thrown", () => {
  const defect = acrossThreads(new TypeError("no function"));
  assert.ok(!(defect instanceof EctarError));
  assert.equal(defect.message, "no function");
  assert.ok(!("cause" in defect));
  assert.equal(acrossThreads("a text").message, "a text");
});
