/**
 * The main commands need no more than the executable may: no network, no other programs. From the
 * source here, by the options that executables are built with; tests/smoke looks at the executable's
 * own system calls.
 */

import assert from "node:assert/strict";
import { PERMISSIONS } from "../../scripts/build/permissions.ts";
import { withScratch } from "../integration/scratch.ts";
import { ectar, ectarExits } from "./run_ectar.ts";
import { makeSampleTree } from "./sample_tree.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const COMMAND = [Deno.execPath(), "run", "--quiet", "--cached-only", ...PERMISSIONS, CLI];
/** With all permissions, which an executable never has. */
const UNHINDERED = [Deno.execPath(), "run", "--quiet", "--cached-only", "--allow-all", CLI];

Deno.test("executables may not use a network or start programs, and never ask", () => {
  for (const wanted of ["--deny-net", "--deny-run", "--no-prompt"]) {
    assert.ok(PERMISSIONS.includes(wanted), wanted);
  }
  const allowed = PERMISSIONS.filter((option) => /^(-A|--allow-(all|net|run|import))/.test(option));
  assert.deepEqual(allowed, []);
});

Deno.test("create, list, info, verify, extract and repair work with the executable's permissions", () =>
  withScratch(async (cwd) => {
    await makeSampleTree(`${cwd}/in`, 1);
    const run = (...args: string[]) => ectarExits(0, { cwd, command: COMMAND }, ...args);
    const shape = ["--data-shards", "2", "--parity-shards", "1"];
    await run("create", "-q", "--verify", "-o", "b", ...shape, "in");
    await Deno.remove(`${cwd}/b.c001.s01`);
    assert.match((await run("list", "-i", "b")).stdout, /in\//);
    assert.match((await run("info", "-i", "b")).stdout, /archive/);
    await run("repair", "-q", "-i", "b");
    await run("verify", "-q", "--full", "--report", "report.json", "-i", "b");
    await run("extract", "-q", "-i", "b", "-o", "out");
  }));

Deno.test("where Deno lets executables use no files, every command says so", () =>
  withScratch(async (cwd) => {
    const there = await Deno.makeTempDir({ dir: "/dev/shm" });
    try {
      await Deno.mkdir(`${cwd}/in`);
      await Deno.symlink(there, `${cwd}/link`);
      const all = (...args: string[]) => ectarExits(0, { cwd, command: UNHINDERED }, ...args);
      const drives = (directory: string) => `${directory}/t0.tap,${directory}/t1.tap`;
      await all("create", "-q", "-o", "b", "in");
      await all("create", "-q", "-o", `${there}/b`, "in");
      await all("create", "-q", "-o", "t", "--tape-devices", drives(there), "in");
      const commands = [
        ["tape", "dump", "t1.tap", "-o", `${there}/dump`],
        ["extract", "-i", "b", "-o", `${there}/out`],
        ["verify", "-i", "b", "--report", `${there}/report`],
        ["verify", "-i", "b", "--max-duration", "1h", "--resume", `${there}/state`],
        ["repair", "-i", "b", "-o", `${there}/repaired`],
        ["man", "--output", `${there}/man`],
        ["create", "-o", "/sys/b", "in"],
        ["verify", "-i", "/proc/b"],
      ];
      for (const place of [there, "link"]) {
        commands.push(
          ["create", "-o", `${place}/new`, "in"],
          ["create", "-o", "n", "--tape-devices", `${place}/n0.tap,${place}/n1.tap`, "in"],
          ["create", "-o", `${place}/n`, "--tape-devices", "n0.tap,n1.tap", "in"],
          ["repair", "-i", `${place}/b`],
          ["tape", "identify", `${place}/t0.tap`],
        );
        for (const command of ["list", "info", "verify", "extract"]) {
          commands.push([command, "-i", `${place}/b`], [command, "--tape-devices", drives(place)]);
        }
      }
      for (const args of commands) {
        const { code, stderr, stdout } = await ectar({ cwd, command: COMMAND }, ...args);
        const said = `${args.join(" ")}: ${code}\n${stderr}${stdout}`;
        assert.match(stderr + stdout, /\/dev, \/proc and \/sys/, said);
        assert.doesNotMatch(stderr + stdout, /--allow-all/, said);
      }
    } finally {
      await Deno.remove(there, { recursive: true });
    }
  }));

Deno.test("tapes work with the executable's permissions", () =>
  withScratch(async (cwd) => {
    await makeSampleTree(`${cwd}/in`, 1);
    const run = (...args: string[]) => ectarExits(0, { cwd, command: COMMAND }, ...args);
    const drives = ["--tape-devices", "t0.tap,t1.tap"];
    await run("create", "-q", ...drives, "-o", "b", "in");
    assert.match((await run("tape", "identify", "t0.tap")).stdout, /archive b/);
    await run("verify", "-q", ...drives);
    await run("tape", "dump", "t1.tap", "-o", "dump");
    await run("extract", "-q", ...drives, "-o", "out");
  }));
