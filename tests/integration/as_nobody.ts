/**
 * Being somebody else for a while.
 *
 * @module
 */

/** User and group that own nothing. */
export const NOBODY = 65534;

/** Runs `body` with the effective user and group of nobody, and becomes root again. */
export function asNobody<T>(body: () => T): T {
  const c = Deno.dlopen("libc.so.6", {
    seteuid: { parameters: ["u32"], result: "i32" },
    setegid: { parameters: ["u32"], result: "i32" },
    setgroups: { parameters: ["usize", "buffer"], result: "i32" },
  });
  const ok = (result: number) => {
    if (result !== 0) throw new Error("cannot change user");
  };
  ok(c.symbols.setgroups(1n, new Uint8Array(Uint32Array.of(NOBODY).buffer)));
  ok(c.symbols.setegid(NOBODY));
  ok(c.symbols.seteuid(NOBODY));
  try {
    return body();
  } finally {
    ok(c.symbols.seteuid(0));
    ok(c.symbols.setegid(0));
    ok(c.symbols.setgroups(1n, new Uint8Array(Uint32Array.of(0).buffer)));
    c.close();
  }
}
