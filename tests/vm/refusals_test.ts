/** Drives and tapes that cannot be used: one clear line each, and nothing is touched. */

import assert from "node:assert/strict";
import { blankTapes, devices, emptyDrive, protectTape, sh } from "./drives.ts";
import { ectarExits, type EctarRun } from "../cli/run_ectar.ts";
import { COMMAND, ectar } from "./ectar.ts";
import { inGuest } from "./guest.ts";
import { makeTree } from "./tree.ts";

const ALL_DEVICES = devices(0, 1, 2);

/** Whose group may use the drives, and who is in no group. */
const [NOBODY, TAPE_GROUP] = [65534, 26];

/** Runs ectar, which must refuse with one line that matches, at once. */
async function refuses(code: number, message: RegExp, ...args: string[]): Promise<void> {
  const begin = performance.now();
  assertRefusal(message, await ectar(code, ...args));
  assert.ok(performance.now() - begin < 60_000, "it took long");
}

function assertRefusal(message: RegExp, { lines, stderr }: EctarRun): void {
  const said = lines.filter((line) => !/hardware compression/.test(line));
  assert.equal(said.length, 1, stderr);
  assert.match(said[0], message);
}

/** Runs ectar as a user who is in no group but, maybe, this one. */
async function asUser(group: number | undefined, code: number, ...args: string[]) {
  const groups = group === undefined ? "--clear-groups" : `--groups=${group}`;
  return await ectarExits(code, {
    cwd: "/tmp/user",
    env: { DENO_DIR: "/tmp/user/deno" },
    command: ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, groups, ...COMMAND],
  }, ...args);
}

function create(drives: string, ...more: string[]): string[] {
  return [
    "create",
    "--no-progress",
    "--tape-devices",
    drives,
    ...more,
    "-o",
    "archive",
    "/tmp/tree",
  ];
}

inGuest(import.meta.url, { drives: 3, tapeMegabytes: 64 }, {
  "a write-protected tape": async () => {
    await makeTree("/tmp/tree", 1);
    protectTape(1);
    await refuses(1, /\/dev\/nst1.*write-protected/, ...create(ALL_DEVICES));
  },

  "no tape in a drive": async () => {
    emptyDrive(2);
    await refuses(1, /\/dev\/nst2.*no tape/, ...create(ALL_DEVICES));
    await refuses(1, /\/dev\/nst2.*no tape/, "list", "--tape-devices", "/dev/nst2");
    await refuses(1, /\/dev\/nst2.*no tape/, "tape", "identify", "/dev/nst2");
    const { stdout } = await ectar(0, "tape", "status", "/dev/nst2");
    assert.match(stdout, /tape: none in the drive/);
  },

  "a drive that another program uses": async () => {
    const holder = new Deno.Command("bash", { args: ["-c", "exec sleep 60 <>/dev/nst0"] }).spawn();
    await new Promise((done) => setTimeout(done, 500));
    const message = /\/dev\/nst0.*another program is using it/;
    await refuses(1, message, ...create(ALL_DEVICES));
    await refuses(1, message, "list", "--tape-devices", "/dev/nst0");
    holder.kill();
    await holder.status;
  },

  "a node that rewinds, a path that is no tape": async () => {
    await refuses(2, /\/dev\/st1 .*use \/dev\/nst1/, ...create("/dev/nst0,/dev/st1"));
    await refuses(2, /use \/dev\/nst1$/, "list", "--tape-devices", "/dev/nst0,/dev/st1");
    await refuses(2, /\/dev\/null is no tape drive/, ...create("/dev/nst0,/dev/null"));
    await refuses(1, /\/tmp is neither a tape drive nor a file/, ...create("/dev/nst0,/tmp"));
    sh("echo hello >/tmp/text");
    await refuses(1, /\/tmp\/text.*no tape image/, ...create("/dev/nst0,/tmp/text", "--overwrite"));
  },

  "drives of a group that the user is not in": async () => {
    sh(`chgrp ${TAPE_GROUP} /dev/nst? && chmod 660 /dev/nst?
      mkdir -p user/deno user/files && ln -s /npm user/deno/npm && echo text >user/files/text
      chown -R ${NOBODY}:${NOBODY} user`);
    const drives = ["--tape-devices", devices(0, 1)];
    const write = ["create", "-q", ...drives, "--overwrite", "-o", "own", "files"];
    const message = /\/dev\/nst0: opening failed: no permission; join the group/;
    assertRefusal(message, await asUser(undefined, 1, ...write));
    await asUser(TAPE_GROUP, 0, ...write);
    assertRefusal(message, await asUser(undefined, 1, "extract", "-q", ...drives, "-o", "none"));
    await asUser(TAPE_GROUP, 0, "extract", "-q", ...drives, "-o", "restored");
    sh("cmp user/files/text user/restored/files/text");
  },

  "a node that is not there is a dead drive: the others go on": async () => {
    blankTapes(0, 1, 2);
    const { stderr } = await ectar(3, ...create("/dev/nst0,/dev/nst1,/dev/nst9", "--no-index"));
    assert.match(stderr, /nst9: no such drive/);
  },

  "tapes that are not blank": async () => {
    blankTapes(0, 1, 2);
    const first = create(ALL_DEVICES, "--no-index");
    await ectar(0, ...first);
    const before = sh("cat /tape/?/image | sha256sum");
    await refuses(1, /nst0: the tape is not blank: it holds shard 0 of 3 .* archive/, ...first);
    sh("for i in 0 1 2; do echo text | dd of=/dev/nst$i status=none; done");
    await refuses(1, /not blank: it holds unknown data/, ...first);
    sh("for i in 0 1 2; do mt -f /dev/nst$i rewind; mt -f /dev/nst$i weof 2; done");
    await refuses(1, /not blank: it holds a filemark at its beginning/, ...first);
    assert.notEqual(sh("cat /tape/?/image | sha256sum"), before);
    await ectar(0, ...create(ALL_DEVICES, "--no-index", "--overwrite"));
    await ectar(0, "extract", "-q", "--tape-devices", ALL_DEVICES, "-o", "/tmp/restored");
  },

  "a tape whose beginning cannot be read is refused even with --overwrite": async () => {
    blankTapes(0);
    sh("head -c 65536 /dev/urandom | dd of=/dev/nst0 bs=64k status=none; mt -f /dev/nst0 rewind");
    sh("head -c 48 /dev/urandom | dd of=/tape/0/image bs=1 seek=1152 conv=notrunc status=none");
    await refuses(1, /nst0: .*cannot be read/, ...create(ALL_DEVICES, "--no-index", "--overwrite"));
  },

  "positions are asked for first, and filemarks are counted where a drive cannot tell":
    async () => {
      blankTapes(0, 1, 2);
      await ectar(0, ...create(ALL_DEVICES, "--no-index"));
      const extract = `extract -q --tape-devices ${ALL_DEVICES} -o /tmp/traced`;
      sh(`strace -f -X raw -e trace=ioctl -o /tmp/trace ${COMMAND.join(" ")} ${extract}`);
      const calls = sh("grep -o ', 0x80086d03\\|, 0x40086d01' /tmp/trace").split("\n");
      assert.ok(calls.includes(", 0x80086d03"), "MTIOCPOS");
      assert.ok(calls.includes(", 0x40086d01"), "MTIOCTOP");
      assert.match(sh("grep 0x80086d03 /tmp/trace"), /EIO/);
    },
});
