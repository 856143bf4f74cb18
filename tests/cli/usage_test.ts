/**
 * Wrong command lines are refused with one line and exit code 2 before anything is done.
 */

import assert from "node:assert/strict";
import { withScratch } from "../integration/scratch.ts";
import { ectar, ectarExits, ectarRefuses } from "./run_ectar.ts";
import { namesIn } from "./sample_tree.ts";

const CREATE = ["create", "-o", "b", "in"];

const WRONG: [string[], RegExp][] = [
  [[], /no command given/],
  [["frobnicate"], /unknown command 'frobnicate'/],
  [["creat"], /unknown command 'creat' \(did you mean create\?\)/],
  [["help", "creat"], /unknown command 'creat'/],
  [["tape"], /no command given; see ectar tape --help/],
  [["tape", "frobnicate"], /unknown command 'frobnicate'/],
  [["verify", "b"], /unexpected argument b; .* ectar verify -i NAME/],
  [["extract", "a.b", "c"], /unexpected argument a\.b; .* ectar extract -i NAME/],
  [["--nonsense"], /unknown option '--nonsense'/],
  [["create", "in"], /-o, --output/],
  [["create", "-o", "b"], /nothing to archive/],
  [["create", "-o", "b", ""], /empty path/],
  [["create", "-o", "", "in"], /archive name/],
  [["create", "-o", "in/", "in"], /archive name/],
  [["create", "-o", "..", "in"], /archive name/],
  [["extract"], /-i NAME/],
  [["extract", "-i"], /argument missing/],
  [["extract", "-i", ""], /empty/],
  [["extract", "-i", "b", "-o", ""], /--output <dir>.*must not be empty/],
  [["extract", "-i", "b", "--files", ""], /--files <path...>.*must not be empty/],
  [["extract", "-i", "b", "--exclude-from", ""], /--exclude-from <file>.*must not be empty/],
  [["list", "-i", "b", "--files", "a", ""], /--files <path...>.*must not be empty/],
  [["verify", "-i", "b", "--report", ""], /--report <file>.*must not be empty/],
  [["verify", "-i", "b", "--resume", ""], /--resume <file>.*must not be empty/],
  [["repair", "-i", "b", "-o", ""], /--output <dir>.*must not be empty/],
  [["tape", "dump", "a.tap", "-o", ""], /--output <dir>.*must not be empty/],
  [["man", "-o", ""], /--output <dir>.*must not be empty/],
  [[...CREATE, "-C", ""], /--directory <dir>.*must not be empty/],
  [[...CREATE, "--files-from", ""], /--files-from <file>.*must not be empty/],
  [[...CREATE, "--exclude-from", ""], /--exclude-from <file>.*must not be empty/],
  [["extract", "-i", "b", "--strip-components", "-1"], /whole number/],
  [["extract", "-i", "b", "--strip-components", "many"], /whole number/],
  [[...CREATE, "--compresion-level", "3"], /unknown option.*--compression-level/],
  [[...CREATE, "--data-shards", "0"], /whole number from 1 to 255/],
  [[...CREATE, "--data-shards", "256"], /whole number from 1 to 255/],
  [[...CREATE, "--data-shards", "2.5"], /whole number/],
  [[...CREATE, "--parity-shards", "0"], /whole number from 1 to 255/],
  [[...CREATE, "--data-shards", "200", "--parity-shards", "57"], /257; at most 256/],
  [[...CREATE, "--compression-level", "0"], /whole number from 1 to 22/],
  [[...CREATE, "--compression-level", "23"], /whole number from 1 to 22/],
  [[...CREATE, "--uuid", "1234"], /UUID/],
  [[...CREATE, "--created", "yesterday"], /time such as/],
  ...[
    "",
    "0",
    "1",
    "63K",
    "-1",
    "1x",
    "1 2",
    "K",
    "1e6",
    "0x10",
    "1.0001K",
    "9999P",
    "65GiB",
    "NaN",
    "10%",
  ]
    .map((
      size,
    ): [string[], RegExp] => [[...CREATE, "--chunk-size", size], /chunk.size/]),
  ...["", "0", "17M", "-1", "512Q", "1.5"].map((size): [string[], RegExp] => [
    [...CREATE, "--block-size", size],
    /block.size/,
  ]),
];

Deno.test("wrong command lines are refused, and nothing is written", () =>
  withScratch(async (directory) => {
    await Deno.mkdir(`${directory}/in`);
    for (const [args, message] of WRONG) {
      const run = await ectarExits(2, directory, ...args);
      assert.match(run.stderr, message, args.join(" "));
      assert.equal(run.lines.length, 1, `${args.join(" ")}: ${run.stderr}`);
      assert.equal(run.stdout, "");
      assert.deepEqual(namesIn(directory), ["in"], args.join(" "));
    }
  }));

Deno.test("--help of everything is on standard output, with the exit codes", () =>
  withScratch(async (directory) => {
    const help = await ectarExits(0, directory, "--help");
    assert.equal(help.stderr, "");
    for (const code of ["0", "1", "2", "3", "4", "5", "130"]) {
      assert.match(help.stdout, new RegExp(`^ +${code} +\\S`, "m"));
    }
    assertFitsTerminal(help.stdout);
    for (const command of ["create", "extract", "list", "verify", "repair", "info"]) {
      assert.match(help.stdout, new RegExp(`^ +${command} `, "m"));
      const run = await ectarExits(0, directory, command, "--help");
      assertFitsTerminal(run.stdout);
      assert.match(run.stdout, new RegExp(`^Usage: ectar ${command}`));
      assert.match(run.stdout, /--verbose.*\n(.*\n)*.*--quiet/);
    }
  }));

function assertFitsTerminal(text: string): void {
  for (const line of text.split("\n")) assert.ok(line.length <= 80, line);
}

Deno.test("list and info know --json as the other commands do", () =>
  withScratch(async (directory) => {
    await Deno.mkdir(`${directory}/in`);
    await ectarExits(0, directory, "create", "-q", "-o", "in", "in");
    const listed = await ectarExits(0, directory, "list", "-i", "in", "--json");
    assert.equal(JSON.parse(listed.stdout)[0].path, "in");
    const info = await ectarExits(0, directory, "info", "-i", "in", "--json");
    assert.equal(JSON.parse(info.stdout).archive_name, "in");
  }));

Deno.test("--version is that of deno.json", () =>
  withScratch(async (directory) => {
    const { version } = JSON.parse(
      await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
    );
    for (const option of ["--version", "-V"]) {
      const [first] = (await ectarExits(0, directory, option)).stdout.split("\n");
      assert.equal(first, `ectar ${version}`);
    }
  }));

Deno.test("nobody reads the output any more: no defect, no hang", () =>
  withScratch(async (directory) => {
    await Deno.mkdir(`${directory}/in`);
    await ectarExits(0, directory, "create", "-q", "-o", "b", "in");
    const command = (await import("./run_ectar.ts")).ECTAR.map((word) => `'${word}'`).join(" ");
    const shell = ["sh", "-c", `${command} "$@" | true`, "sh"];
    const run = await ectar({ cwd: directory, command: shell }, "--help");
    assert.equal(run.stderr, "");
  }));

Deno.test("an archive of nothing but an empty directory comes back", () =>
  withScratch(async (directory) => {
    await Deno.mkdir(`${directory}/in`);
    await Deno.utime(`${directory}/in`, 1, 86_400);
    await ectarExits(0, directory, "create", "-q", "-o", "b", "in");
    await ectarExits(0, directory, "extract", "-q", "-i", "b", "-o", "out");
    assert.deepEqual(namesIn(`${directory}/out`), ["in"]);
    assert.equal(Deno.statSync(`${directory}/out/in`).mtime?.getTime(), 86_400_000);
    await ectarRefuses(1, /exists already/, directory, ...CREATE);
  }));
