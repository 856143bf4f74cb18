/**
 * The tarball on a host with no network, handled as docs/air-gapped.md says.
 *
 * @module
 */

import assert from "node:assert/strict";
import { COMMANDS } from "../../src/cli/command_list.ts";
import { VERSION } from "../../src/version.ts";
import { IS_ROOT, run, withBareRoot } from "./bare_root.ts";
import { DIST, RELEASE } from "./kit.ts";

const PROJECT = new URL("../../", import.meta.url);

/** Commands of the first block under a heading of a document. */
function commandsUnder(heading: string, document: string): string {
  const text = Deno.readTextFileSync(new URL(document, PROJECT));
  const section = text.slice(text.indexOf(`\n## ${heading}\n`));
  const [, commands] = /```sh\n([\s\S]*?)```/.exec(section)!;
  return commands.replaceAll("x86_64", Deno.build.arch);
}

async function withUnpacked(test: (directory: string) => Promise<void>): Promise<void> {
  const scratch = await Deno.makeTempDir({ prefix: "ectar-kit-" });
  try {
    await run("tar", "-xzf", `${DIST}/${RELEASE.tarball}`, "-C", scratch);
    assert.deepEqual([...Deno.readDirSync(scratch)].map(({ name }) => name), [`ectar-${VERSION}`]);
    await test(`${scratch}/ectar-${VERSION}`);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** The commands of each document that brings ectar to a host and tries it there. */
const INSTRUCTIONS = {
  "README.md": () => commandsUnder("On a host with no network", "README.md"),
  "docs/air-gapped.md": () =>
    commandsUnder("On the host", "docs/air-gapped.md") +
    commandsUnder("The first archive", "docs/air-gapped.md"),
};

for (const [document, commands] of Object.entries(INSTRUCTIONS)) {
  Deno.test({
    name: `the commands in ${document} check, install and try it on a bare host`,
    ignore: !IS_ROOT,
    fn: () =>
      withBareRoot(async (root) => {
        for (const name of Object.values(RELEASE)) {
          await Deno.copyFile(`${DIST}/${name}`, `${root.path}/root/${name}`);
        }
        const typed = commands()
          // The one command that is to end otherwise than with 0.
          .replace(/^(ectar extract [^#\n]*)# ends with 3.*$/m, "$1 || [ $? = 3 ]");
        const shown = await root.ok(`set -ex\n${typed}\nectar --version`);
        assert.match(shown, new RegExp(`${RELEASE.tarball}: OK\n`));
        assert.match(shown, /^man\/man1\/ectar\.1: OK$/m);
        assert.match(shown, /^all is back$/m);
        assert.match(shown, new RegExp(`^ectar ${VERSION}$`, "m"));
        await Deno.stat(`${root.path}/usr/local/bin/ectar`);
      }),
  });
}

Deno.test("one changed byte is found by the sums", async () => {
  await withUnpacked(async (kit) => {
    const check = `cd ${kit} && sha256sum --quiet -c SHA256SUMS`;
    await run("sh", "-c", check);
    const page = await Deno.readFile(`${kit}/man/man1/ectar.1`);
    page[100] ^= 1;
    await Deno.writeFile(`${kit}/man/man1/ectar.1`, page);
    await assert.rejects(run("sh", "-c", check), /man\/man1\/ectar\.1: FAILED/);
  });
});

Deno.test("the sums name every file, and every page and completion is there", async () => {
  await withUnpacked(async (kit) => {
    const sums = await Deno.readTextFile(`${kit}/SHA256SUMS`);
    const summed = sums.trimEnd().split("\n").map((line) => line.slice(66)).sort();
    const files = (await run("sh", "-c", `cd ${kit} && find . -type f | cut -c3- | sort`)).trim();
    assert.deepEqual(summed, files.split("\n").filter((name) => name !== "SHA256SUMS").sort());
    const pages = ["ectar.1", ...COMMANDS.map(({ name }) => `ectar-${name}.1`)];
    const completions = ["ectar.bash", "_ectar", "ectar.fish"];
    const wanted = [
      ...pages.map((name) => `man/man1/${name}`),
      ...completions.map((name) => `completions/${name}`),
      ...["bin/ectar", "LICENCES", "README.md", "sbom.cdx.json"],
    ];
    assert.deepEqual(wanted.filter((name) => !summed.includes(name)), []);
  });
});

Deno.test("every link in its documents leads to a file that is there", async () => {
  await withUnpacked(async (kit) => {
    const documents = [...Deno.readDirSync(`${kit}/docs`)].map(({ name }) => `docs/${name}`);
    const broken: string[] = [];
    for (const document of ["README.md", ...documents.filter((name) => name.endsWith(".md"))]) {
      const text = await Deno.readTextFile(`${kit}/${document}`);
      for (const [, link] of text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
        const target = new URL(link, `file://${kit}/${document}`);
        await Deno.stat(target).catch(() => broken.push(`${document}: ${link}`));
      }
    }
    assert.deepEqual(broken, []);
  });
});

Deno.test("every part in the bill of materials has its licence there", async () => {
  await withUnpacked(async (kit) => {
    const { components } = JSON.parse(await Deno.readTextFile(`${kit}/sbom.cdx.json`));
    const licences = await Deno.readTextFile(`${kit}/LICENCES`);
    assert(components.length > 5);
    for (const { name, version } of components) {
      assert(licences.includes(`\n${name} ${version} (`), `${name} ${version}`);
    }
    // What Deno contains: Rust packages, and V8 with its text.
    const { components: rust } = components.find(({ name }: { name: string }) =>
      name.startsWith("@deno/")
    );
    assert(rust.length > 500, `${rust.length} Rust packages`);
    for (const { name, version } of rust) {
      assert(licences.includes(`\n${name} ${version}: `), `${name} ${version}`);
    }
    assert.match(licences, /Copyright 2014, the V8 project authors/);
  });
});
