/**
 * The executable among other programs: pipes, signals, closed streams, terminals, and surroundings
 * that mean something to Deno but nothing to ectar.
 *
 * @module
 */

import assert from "node:assert/strict";
import { ENVIRONMENT, LAUNCHER_ENVIRONMENT } from "../../src/cli/environment.ts";
import { IS_ROOT, ok, script, withScratch } from "./executable.ts";

const MANY = "mkdir d && (cd d && seq -f 'a-file-with-a-longer-name-%05g' 4000 | xargs touch)";
// Starts ectar, which reads names from a pipe until the shell closes it as descriptor 3; opening that
// takes until ectar is there. A shell's background jobs ignore SIGINT; env puts it back.
const START = "echo hi >a; mkfifo names; " +
  "env --default-signal=INT $E create -q -o x --files-from names a & exec 3>names";

Deno.test("a reader that has seen enough ends it as SIGPIPE would, without a word", async () => {
  await withScratch(async (cwd) => {
    await ok({ cwd }, `${MANY}; $E create -q -o x d`);
    const { stdout, stderr } = await script(
      { cwd },
      "{ $E list --long -i x; echo $? >code; } | head -n 1 && sleep 0.2; cat code",
    );
    assert.match(stdout, /\n141\n$/);
    assert.equal(stderr, "");
  });
});

Deno.test("closed standard streams change neither the archive nor the exit code", async () => {
  await withScratch(async (cwd) => {
    await ok({ cwd }, "echo hello >a; $E create -o x --json a >&- 2>&- <&-");
    assert.match(await ok({ cwd }, "$E verify --full -i x"), /whole/);
    await ok({ cwd }, "$E list -i x >&-");
  });
});

Deno.test("a full standard output is an error of one line", async () => {
  await withScratch(async (cwd) => {
    await ok({ cwd }, "echo hello >a; $E create -q -o x a");
    const { code, stderr } = await script({ cwd }, "$E list -i x >/dev/full");
    assert.equal(code, 1);
    assert.match(stderr, /^ectar: [^\n]*(space|standard output)[^\n]*\n$/);
  });
});

for (const signal of ["INT", "TERM"]) {
  Deno.test(`SIG${signal} reaches it and ends it cleanly`, async () => {
    await withScratch(async (cwd) => {
      const { stdout } = await script(
        { cwd },
        `${START}; kill -${signal} $!; wait $!; echo $?; ls`,
      );
      assert.equal(stdout, "130\na\nnames\n");
    });
  });
}

Deno.test("under nohup it outlives the terminal", async () => {
  await withScratch(async (cwd) => {
    const start = START.replace("env ", "nohup env ");
    await ok({ cwd }, `${start}; kill -HUP $!; echo a >&3; exec 3>&-; wait $!`);
    assert.match(await ok({ cwd }, "$E verify -i x"), /whole/);
  });
});

for (const columns of [20, 80, 200]) {
  Deno.test(`help fits a terminal of ${columns} columns`, async () => {
    await withScratch(async (cwd) => {
      const typed = `stty cols ${columns} && $E create --help`;
      const help = await ok({ cwd }, `script -qec '${typed}' /dev/null </dev/null`);
      assert.match(help, /^Usage: ectar create/);
      const lines = help.replaceAll("\r", "").split("\n");
      // Below 40 columns Commander does not wrap, so that words stay whole.
      const widest = Math.max(...lines.map((line) => line.length));
      assert(widest <= columns || columns < 40, `${widest} columns`);
      assert(columns < 200 || widest > 100, `${widest} columns where there are ${columns}`);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(help, /\x1b/);
    });
  });
}

Deno.test("messages have no colours where NO_COLOR is set, or where nobody sees them", async () => {
  await withScratch(async (cwd) => {
    const typed = "$E create -o x nothing-here; $E crate";
    for (const text of [typed, `script -qec '${typed}' /dev/null </dev/null`]) {
      const { stdout, stderr } = await script({ cwd, env: { NO_COLOR: "1" } }, text);
      assert.match(stdout + stderr, /did you mean create\?/);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(stdout + stderr, /\x1b\[[0-9;]*m/);
    }
  });
});

Deno.test("the map of shards has colours in a terminal, without NO_COLOR, and letters always", async () => {
  await withScratch(async (cwd) => {
    await ok({ cwd }, "echo hello >a; $E create -q -o x a; rm x.c001.s03");
    const inTerminal = "script -qec '$E verify -i x' /dev/null </dev/null";
    const red = "\x1b[31m-\x1b[0m";
    const plain = /^ {2}c001 \.{3}-\.+$/m;
    assert((await script({ cwd }, inTerminal)).stdout.includes(red));
    const without = (await script({ cwd, env: { NO_COLOR: "1" } }, inTerminal)).stdout;
    assert.match(without.replaceAll("\r", ""), plain);
    assert.match((await script({ cwd }, "$E verify -i x")).stdout, plain);
  });
});

Deno.test("help names every variable of the environment, and each default that one sets", async () => {
  await withScratch(async (cwd) => {
    const help = await ok({ cwd }, "$E --help && $E man");
    for (const [name] of [...ENVIRONMENT, ...LAUNCHER_ENVIRONMENT]) {
      assert(help.includes(name), name);
    }
    const create = await ok({ cwd }, "$E create --help");
    assert.match(create, /\$ECTAR_TAPE_DEVICES/);
    assert.match(create, /\$ECTAR_BLOCK_SIZE/);
  });
});

Deno.test("exit codes are ectar's own", async () => {
  await withScratch(async (cwd) => {
    assert.equal((await script({ cwd }, "$E create")).code, 2);
    assert.equal((await script({ cwd }, "$E nonsense")).code, 2);
    assert.equal((await script({ cwd }, "$E")).code, 2);
    assert.equal((await script({ cwd }, "$E list -i nothing")).code, 1);
    assert.equal((await script({ cwd }, "echo a >a; $E create -q -o x a missing")).code, 1);
  });
});

Deno.test("arguments arrive as they are typed", async () => {
  await withScratch(async (cwd) => {
    const name = 'it\'s $(touch pwned) `touch pwned` * \\ "x"\n-- é';
    await Deno.writeTextFile(`${cwd}/${name}`, "x");
    await ok({ cwd, env: { NAME: name } }, '$E create -q -o x -- "$NAME"');
    await ok({ cwd, env: { NAME: name } }, '$E extract -q -i x -o out && cmp "$NAME" "out/$NAME"');
    assert.equal((await ok({ cwd }, "ls -d pwned 2>/dev/null || echo none")).trim(), "none");
  });
});

Deno.test("what means something to Deno around it means nothing to ectar", async () => {
  await withScratch(async (cwd) => {
    const env = {
      HOME: cwd,
      XDG_CACHE_HOME: `${cwd}/xdg`,
      ECTAR_CACHE_DIR: `${cwd}/cache`,
      DENO_DIR: `${cwd}/deno`,
      DENO_V8_FLAGS: "--no-such-flag",
      DENO_COVERAGE_DIR: `${cwd}/coverage`,
      DENO_LOG: "trace",
      DENO_TRACE_PERMISSIONS: "1",
      DENO_AUDIT_PERMISSIONS: `${cwd}/audit`,
      DENO_PERMISSION_BROKER_PATH: `${cwd}/broker`,
      DENO_AUTO_SERVE: "1",
      NODE_OPTIONS: "--require=/nonexistent",
      NODE_V8_COVERAGE: `${cwd}/coverage`,
      NPM_CONFIG_REGISTRY: "nonsense",
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "console",
      ODD: "two\nDENO_LINES=1\nDENO_BAD-NAME=1",
    };
    const bad = "for f in .npmrc deno.json deno.jsonc deno.lock package.json libc.so.6; do " +
      "echo '{nonsense' >$f; done; mkdir node_modules";
    await ok({ cwd }, `${bad}; echo hello >a`);
    const quiet = await script({ cwd, env }, "$E create -q -o x a && $E extract -q -i x -o out");
    assert.deepEqual(quiet, { code: 0, stdout: "", stderr: "" });
    const left = (await ok({ cwd }, "ls")).trim().split("\n");
    for (const name of ["deno", "coverage", "audit", "xdg"]) assert(!left.includes(name), name);
  });
});

Deno.test({
  name: "nothing is asked of the network",
  ignore: !IS_ROOT || !await hasStrace(),
  fn: () =>
    withScratch(async (cwd) => {
      await ok(
        { cwd },
        "echo hello >a; strace -f -qq -e trace=socket,connect -o net $E create -q -o x a",
      );
      const lines = (await Deno.readTextFile(`${cwd}/net`)).split("\n");
      assert.deepEqual(lines.filter((line) => /AF_INET/.test(line)), []);
    }),
});

async function hasStrace(): Promise<boolean> {
  return (await new Deno.Command("sh", { args: ["-c", "command -v strace"] }).output()).success;
}
