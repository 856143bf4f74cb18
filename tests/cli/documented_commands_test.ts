/**
 * Every ectar command that README.md and docs/ print is run as it stands there, in a directory where
 * tape images stand for drives and `/home` is `home`. The lines of one document follow each other.
 */

import assert from "node:assert/strict";
import { withScratch } from "../integration/scratch.ts";
import { asRun, assertNoDefect, ECTAR } from "./run_ectar.ts";

const PROJECT = new URL("../../", import.meta.url).pathname;

/** What some lines need that the text around them tells, and the exit code it promises. */
interface Circumstance {
  line: RegExp;
  before?: string;
  code?: number;
}

const CIRCUMSTANCES: readonly Circumstance[] = [
  // A tape is missing: redundancy is reduced.
  { line: /^ectar extract --tape-devices (\/dev\/nst2,\/dev\/nst0|a\.tap,c\.tap) /, code: 3 },
  // "shards spread over several disks"
  {
    line: /^ectar extract -i \/disk1\/home \/disk2\/home \/disk3\/home /,
    before: "mkdir disk1 disk2 disk3; cp backup/home.c001.s0[0-4] disk1; " +
      "cp backup/home.c001.s0[5-9] disk2; cp backup/home.c001.s1* backup/home.index.zst disk3",
  },
  { line: /^ectar tape status /, before: "[ -e nst0.tap ] || : >nst0.tap" },
  // "again for each tape, k of them": two of three.
  {
    line: /^ectar extract -i \/big\/disk /,
    before: "ectar tape dump -q nst1.tap -o big/disk",
    code: 3,
  },
  {
    line: /^ectar repair -i backup +#/,
    before: "mkdir disk1 disk2; ectar create -q -o backup home; rm backup.c001.s03; " +
      "cp backup.c001.s0* backup.index.zst disk1; cp backup.c001.s1* disk2",
  },
  { line: /^ectar repair -i backup --dry-run/, before: "rm backup.c001.s03", code: 4 },
  {
    line: /^ectar repair --tape-devices /,
    before:
      "ectar create -q --no-index -o backup --tape-devices nst0.tap,nst1.tap,nst2.tap home; " +
      "rm nst2.tap",
  },
  {
    line: /^mv /,
    before: "[ -d disk1 ] || { mkdir disk1 disk2 disk3; ectar create -q -o backup/home home; }",
  },
  { line: /^ectar list -i \/backup\/home --files /, before: "ectar create -q -o backup/home home" },
  { line: /^ectar verify -i backup +#/, before: "ectar create -q -o backup home" },
];

/** Placeholders of inline commands. */
const PLACEHOLDERS: readonly [RegExp, string][] = [
  [/DEV…/, "/dev/nst1"],
  [/--tape-devices …/, "--tape-devices /dev/nst0,/dev/nst1,/dev/nst2"],
  [/\bDIR\b/, "."],
  [/SHARD=DRIVE/, "0=/dev/nst3"],
  [/COMMAND/, "create"],
];

/** Programs beside ectar in its lines; whatever else is printed is not ours to run. */
const RUN = /^(ectar|rm|diff|mv|find) /;

/** The lines of a document that are run: those of its code blocks, and inline commands. */
function commandsOf(text: string): string[] {
  const commands: string[] = [];
  let isCode = false;
  for (const line of text.split("\n")) {
    if (line.startsWith("```")) isCode = !isCode;
    else if (isCode || line.startsWith("    ")) commands.push(line.trim());
    else commands.push(...[...line.matchAll(/`(ectar -*\S[^`]*)`/g)].map(([, span]) => span));
  }
  const filled = commands.filter((line) => RUN.test(line)).map((line) =>
    PLACEHOLDERS.reduce((each, [placeholder, value]) => each.replace(placeholder, value), line)
  );
  // What still has an ellipsis, or names a command without its arguments, is no command line.
  return filled.filter((line) =>
    !line.replace(/#.*/, "").includes("…") && !/^ectar \w+$/.test(line)
  );
}

/** The same line for a directory of ours. */
function withinScratch(line: string): string {
  return line.replace(/\/dev\/(nst\d)/g, "$1.tap").replace(/(^|[\s=,>"])\/(?=\w)/g, "$1");
}

async function runLines(directory: string, lines: readonly string[]): Promise<void> {
  const words = ECTAR.map((word) => `'${word}'`).join(" ");
  await Deno.mkdir(`${directory}/bin`);
  await Deno.writeTextFile(`${directory}/bin/ectar`, `#!/bin/sh\nexec ${words} "$@"\n`, {
    mode: 0o755,
  });
  const cwd = `${directory}/cwd`;
  // `backup` is a directory in some documents and an archive in others.
  for (const made of ["home/me/letters", "etc", "docs", "man", "backup", "var/log", "var/lib"]) {
    await Deno.mkdir(`${cwd}/${made}`, { recursive: true });
    await Deno.writeTextFile(`${cwd}/${made}/note.txt`, `${made}\n`.repeat(1000));
  }
  const env = { NO_COLOR: "1", PATH: `${directory}/bin:${Deno.env.get("PATH")}` };
  for (const line of lines) {
    const known = CIRCUMSTANCES.find((each) => each.line.test(line));
    const places = [...withinScratch(line).matchAll(/>(\S+)\//g)].map(([, place]) => place);
    const prepare = ["rm -rf restore", ...places.map((place) => `mkdir -p ${place}`)];
    const script = [...prepare, known?.before ?? ":", withinScratch(line)].join("\n");
    const { code, stdout, stderr } = await new Deno.Command("timeout", {
      args: ["-k", "5", "120", "sh", "-c", script],
      cwd,
      env,
    }).output();
    const run = asRun(code, stdout, stderr);
    assertNoDefect(run, [line]);
    assert.equal(code, known?.code ?? 0, `${line}\n${run.stdout}${run.stderr}`);
  }
}

const documents = ["README.md"];
for (const { name } of Deno.readDirSync(`${PROJECT}docs`)) {
  if (name.endsWith(".md")) documents.push(`docs/${name}`);
}

for (const document of documents.sort()) {
  const commands = commandsOf(Deno.readTextFileSync(PROJECT + document));
  if (!commands.some((line) => line.startsWith("ectar"))) continue;
  Deno.test(`the ${commands.length} commands in ${document} work as printed`, () =>
    withScratch((directory) => runLines(directory, commands)));
}

Deno.test("the tasks that documents name exist", () => {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${PROJECT}deno.json`));
  for (const document of documents) {
    const text = Deno.readTextFileSync(PROJECT + document);
    for (const [, task] of text.matchAll(/(?:deno|deno@[\d.]+) task ([\w:]+)/g)) {
      assert.ok(task in tasks, `${document}: ${task}`);
    }
  }
});
