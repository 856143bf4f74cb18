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

const DOCUMENT = new URL("../../docs/air-gapped.md", import.meta.url);

/** Commands of the first block under a heading of the document. */
function commandsUnder(heading: string): string {
  const text = Deno.readTextFileSync(DOCUMENT);
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

Deno.test({
  name: "the documented commands check and install it and make the first archive on a bare host",
  ignore: !IS_ROOT,
  fn: () =>
    withBareRoot(async (root) => {
      for (const name of Object.values(RELEASE)) {
        await Deno.copyFile(`${DIST}/${name}`, `${root.path}/root/${name}`);
      }
      const installed = await root.ok(`set -e\n${commandsUnder("On the host")}`);
      assert.match(installed, new RegExp(`${RELEASE.tarball}: OK\n`));
      assert.match(installed, new RegExp(`^ectar ${VERSION}$`, "m"));

      const { code, stdout, stderr } = await root.script(commandsUnder("The first archive"));
      assert.equal(code, 3, stdout + stderr);
      assert.match(stderr, /shard 1|b\.tap|tape/);
      const files = "find . -type f -printf '%P %m %T@\\n' | sort";
      const at = (directory: string) => run("sh", "-c", `cd ${root.path}${directory} && ${files}`);
      assert.equal(await at("/root/restored/etc"), await at("/etc"));
    }),
});

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
  });
});
