/**
 * Completions in real shells.
 *
 * @module
 */

import assert from "node:assert/strict";
import { ok, script, type ScriptOptions, withScratch } from "./executable.ts";

const FILES = 'mkdir dir1 dir2; touch x.tap "a b.tap"; ';
const EVIL = "$(touch pwned)";

/** Ignored where the shell is not installed. */
async function shellTest(
  shell: string,
  name: string,
  test: (options: ScriptOptions) => Promise<void>,
): Promise<void> {
  const { success } = await new Deno.Command("sh", { args: ["-c", `command -v ${shell}`] })
    .output();
  Deno.test({
    name: `${shell} ${name}`,
    ignore: !success,
    fn: () =>
      withScratch(async (cwd) => {
        await ok({ cwd }, `${FILES} $E completions ${shell} >completions`);
        await test({ cwd, shell });
        assert.doesNotMatch(await ok({ cwd }, "ls"), /pwned/);
      }),
  });
}

/** What bash would offer: the words, and what it is told to do with them. */
async function bashOffers(options: ScriptOptions, ...words: string[]): Promise<string[]> {
  const typed = words.map((word) => `'${word}'`).join(" ");
  const text = `compopt() { told+=" $*"; }; source ./completions
    COMP_WORDS=(${typed}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _ectar
    printf '%s\\n' "\${COMPREPLY[@]}"; echo "told$told"`;
  return (await ok(options, text)).trim().split("\n").filter((line) => line !== "");
}

await shellTest(
  "bash",
  "completes commands, options, files, directories, devices",
  async (options) => {
    const offers = (...words: string[]) => bashOffers(options, "ectar", ...words);
    assert.deepEqual(await offers("cr"), ["create", "told"]);
    assert.deepEqual(await offers("tape", "st"), ["status", "told"]);
    assert.deepEqual(await offers("create", "--files"), ["--files-from", "told"]);
    assert.deepEqual(await offers("list", "--format", ""), ["text", "json", "csv", "told"]);
    assert.deepEqual(await offers("list", "--format", "=", "j"), ["json", "told"]);
    assert.deepEqual(await offers("create", "-o", ""), ["told -o default"]);
    assert.deepEqual(await offers("extract", "-o", ""), ["told -o dirnames"]);
    assert.deepEqual(await offers("create", "--tape-devices", "x.tap,a"), [
      "x.tap,a b.tap",
      "told -o filenames -o nospace",
    ]);
    assert.deepEqual(await offers("create", "--chunk-size", ""), ["told"]);
  },
);

await shellTest("bash", "evaluates nothing that was typed", async (options) => {
  for (const word of [EVIL, "`touch pwned`", "x;touch pwned", "a[$(touch pwned)]"]) {
    for (const words of [[word], ["create", word], ["tape", "status", word], [word, ""]]) {
      await bashOffers(options, "ectar", ...words);
    }
    await bashOffers(options, "ectar", "create", "--tape-devices", `${word},${word}`);
  }
});

async function fishOffers(options: ScriptOptions, typed: string): Promise<string[]> {
  const env = { HOME: options.cwd, TYPED: typed };
  const text = await ok({ ...options, env }, 'source completions; complete -C "$TYPED"');
  return text.split("\n").map((line) => line.split("\t")[0]).filter((word) => word !== "");
}

await shellTest(
  "fish",
  "completes commands, options, files, directories, devices",
  async (options) => {
    const offers = (typed: string) => fishOffers(options, typed);
    assert.deepEqual(await offers("ectar cr"), ["create"]);
    assert.deepEqual(await offers("ectar tape st"), ["status"]);
    assert.deepEqual(await offers("ectar create --files"), ["--files-from"]);
    assert.deepEqual(await offers("ectar list --format "), ["csv", "json", "text"]);
    assert.deepEqual(await offers("ectar extract -o d"), ["dir1/", "dir2/"]);
    assert.deepEqual(await offers("ectar create x"), ["x.tap"]);
    assert.deepEqual(await offers("ectar create --tape-devices x.tap,a"), ["x.tap,a b.tap"]);
    assert.deepEqual(await offers("ectar tape status x"), ["x.tap"]);
    assert.deepEqual(await offers("ectar create --chunk-size "), []);
  },
);

await shellTest("fish", "evaluates nothing that was typed", async (options) => {
  for (const word of ["(touch pwned)", "$(touch pwned)", ";touch pwned"]) {
    for (const typed of [`ectar create ${word}`, `ectar tape status ${word},`]) {
      await fishOffers(options, typed);
    }
  }
});

await shellTest(
  "zsh",
  "completes commands, options, files, directories, devices",
  async (options) => {
    const { cwd } = options;
    const typed = {
      "ectar cr": "ectar create ",
      "ectar tape st": "ectar tape status ",
      "ectar list --format j": "ectar list --format json ",
      "ectar tape status x": "ectar tape status x.tap ",
      "ectar create --tape-devices x.tap,a": "ectar create --tape-devices x.tap,a\\ b.tap ",
      [`ectar create ${EVIL}`]: `ectar create ${EVIL}`,
    };
    // A terminal of its own, in which each text is typed and completed, and what then stands there
    // is written to a file.
    const lines = Object.keys(typed).map((text) => `try '${text}'`);
    await Deno.writeTextFile(
      `${cwd}/session`,
      `zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'autoload -U compinit; compinit -u -d dump; source ./completions'
zpty -w z 'bindkey "^I" complete-word; note() { print -r -- "$BUFFER" >>seen; BUFFER= }'
zpty -w z 'zle -N note; bindkey "^X" note; print ready >ready'
until [[ -e ready ]]; do sleep 0.1; done
try() {
  zpty -w -n z "$1"$'\\t\\x18'
  local -i want=$((want_total += 1)) tries=0
  until (( $(wc -l <seen 2>/dev/null) >= want || ++tries > 100 )); do sleep 0.1; done
}
integer want_total=0
: >seen
${lines.join("\n")}
`,
    );
    await script(options, "source ./session");
    const seen = (await Deno.readTextFile(`${cwd}/seen`)).trimEnd().split("\n");
    assert.deepEqual(
      seen.map((line) => line.trimEnd()),
      Object.values(typed).map((t) => t.trimEnd()),
    );
  },
);
