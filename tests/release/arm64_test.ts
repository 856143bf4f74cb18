/**
 * The arm64 executable under emulation: the program, its system calls and its structures, but not
 * its launcher, whose shell would have to be an arm64 one, and no drive.
 *
 * @module
 */

import assert from "node:assert/strict";
import { PERMISSIONS } from "../../scripts/build/permissions.ts";
import { run } from "./bare_root.ts";

const PROJECT = new URL("../../", import.meta.url).pathname;
/** Debian's emulator, and its packages with arm64's C library. */
const EMULATOR = ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"];
const CREATE = "--created 2026-01-01T00:00:00Z --uuid 11111111-2222-4333-8444-555555555555";

/** Unpacks the self-extracting executable $1 into the current directory, as it does by itself. */
const UNPACK = `
payload=$(sed -n 's/^payload=//p' "$1" | head -n 1)
sed -n "/^files='/,/'$/p" "$1" | tr -d "'" | sed 's/^files=//' |
while read -r mode sum offset size name; do
  tail -c +$((payload + offset + 1)) "$1" | head -c "$size" | gzip -dc >"$name"
  echo "$sum  $name" | sha256sum --check --quiet && chmod "$mode" "$name"
done`;

const isThere = (await new Deno.Command("sh", {
  args: ["-c", `command -v ${EMULATOR[0]} && test -e ${EMULATOR[2]}/lib/libgcc_s.so.1`],
}).output()).success;

Deno.test({
  name: "the arm64 executable makes the same shards as this machine's, and restores with losses",
  ignore: !isThere,
  fn: async () => {
    const scratch = await Deno.makeTempDir({ prefix: "ectar-arm64-" });
    try {
      const compile = [`${PROJECT}scripts/compile.ts`, "--target", "aarch64-unknown-linux-gnu"];
      const made = ["--kind", "self-extracting", "--output", `${scratch}/packed`];
      await run(Deno.execPath(), "run", "-A", "--quiet", ...compile, ...made);
      await Deno.mkdir(`${scratch}/unpacked`);
      await run("sh", "-ec", `cd ${scratch}/unpacked; ${UNPACK}`, "sh", `${scratch}/packed`);
      const program = [
        ...[...EMULATOR, `${scratch}/unpacked/ectar`, "run", "--quiet", "--no-config", "--no-lock"],
        ...["--no-npm", "--no-remote", "--cached-only", ...PERMISSIONS],
        `${scratch}/unpacked/ectar.js`,
      ];
      const arm = `HOME=${scratch} DENO_DIR=${scratch}/unpacked/no-cache ${program.join(" ")}`;
      const here = `${Deno.execPath()} run -A --quiet ${PROJECT}cli.ts`;
      const shell = (text: string) => run("sh", "-ec", `cd ${scratch}; ${text}`);

      assert.match(await shell(`${arm} --version`), /^target: aarch64-unknown-linux-gnu$/m);
      await shell("mkdir d a b; seq 30000 >d/x; ln d/x d/hard; ln -s x d/soft; mkfifo d/fifo");
      await shell(`${here} create -q -o a/x ${CREATE} --data-shards 2 --parity-shards 1 d`);
      await shell(`${arm} create -q -o b/x ${CREATE} --data-shards 2 --parity-shards 1 d`);
      await shell("for shard in a/x.c*; do cmp $shard b/\${shard#a/}; done; rm a/x.c001.s00");
      await shell(`${arm} extract -q -i a/x -o out || [ $? = 3 ]`);
      await shell("diff -r --no-dereference --exclude=fifo d out/d");
      const facts = "find . -printf '%p %y %m %n %T@ %l\\n' | sort";
      assert.equal(await shell(`cd out/d; ${facts}`), await shell(`cd d; ${facts}`));
    } finally {
      await run("rm", "-rf", scratch);
    }
  },
});
