/**
 * Makes what is carried to a host: `dist/ectar-VERSION-MACHINE.tar.gz` with the executable and all
 * that belongs to it, a Debian package, the bill of materials, and SHA-256 sums of all three.
 *
 *     deno task release [--target TRIPLE] [--kind native|self-extracting] [--executable FILE]
 *
 * `--executable` takes one that is there already. The same commit gives the same bytes.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { VERSION } from "../src/version.ts";
import { debianPackage } from "./build/deb.ts";
import { commandTree, completions, documents, licences, manualPages } from "./build/documents.ts";
import { embeddedParts } from "./build/embedded.ts";
import { commitDate, commitTime } from "./build/facts.ts";
import { type PackedFile, tarGz, textFile } from "./build/packed_file.ts";
import { PROJECT } from "./build/run.ts";
import { billOfMaterials } from "./build/sbom.ts";
import { type Target, targetNamed } from "./build/targets.ts";
import { compile, kindNamed } from "./compile.ts";

const DIST = `${PROJECT}dist`;

/** Makes the files; returns their names in dist/. */
async function release(target: Target, executablePath: string): Promise<string[]> {
  const timeSeconds = await commitTime();
  const executable = Deno.readFileSync(executablePath);
  const parts = await embeddedParts(target);
  const tree = await commandTree();
  const pages = manualPages(tree, await commitDate());
  const scripts = completions(tree);
  const sbom = billOfMaterials(target, parts, timeSeconds);
  const texts = documents();
  const allLicences = licences(target, parts);

  const kit = withSums([
    { path: "bin/ectar", content: executable, executable: true },
    ...pages.map(({ path, content }) => ({ path: `man/man1/${path}`, content })),
    textFile("completions/ectar.bash", scripts.bash),
    textFile("completions/_ectar", scripts.zsh),
    textFile("completions/ectar.fish", scripts.fish),
    ...texts,
    textFile("LICENCES", allLicences),
    textFile("sbom.cdx.json", sbom),
  ]);
  const base = `ectar-${VERSION}`;
  const inside = kit.map((file) => ({ ...file, path: `${base}/${file.path}` }));
  const deb = debianPackage(target, {
    executable,
    manualPages: pages,
    completions: scripts,
    documents: [...texts, textFile("sbom.cdx.json", sbom)],
    licences: allLicences,
  }, timeSeconds);
  return writeAll([
    { path: `${base}-${target.machine}.tar.gz`, content: tarGz(inside, timeSeconds) },
    { path: `ectar_${VERSION}_${target.debian}.deb`, content: deb },
    textFile(`${base}-${target.machine}.cdx.json`, sbom),
  ], `${base}-${target.machine}.sha256`);
}

/** The files and `SHA256SUMS` of them. */
function withSums(files: readonly PackedFile[]): PackedFile[] {
  return [...files, textFile("SHA256SUMS", sums(files))];
}

function sums(files: readonly PackedFile[]): string {
  return files.map(({ path, content }) =>
    `${createHash("sha256").update(content).digest("hex")}  ${path}\n`
  ).join("");
}

function writeAll(files: readonly PackedFile[], sumsName: string): string[] {
  const all = [...files, textFile(sumsName, sums(files))];
  for (const { path, content } of all) Deno.writeFileSync(`${DIST}/${path}`, content);
  return all.map(({ path }) => path);
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      target: { type: "string" },
      kind: { type: "string" },
      executable: { type: "string" },
    },
  });
  const target = targetNamed(values.target);
  await Deno.mkdir(DIST, { recursive: true });
  let executable = values.executable;
  if (executable === undefined) {
    executable = `${DIST}/ectar-${target.machine}`;
    await compile({ target, kind: kindNamed(values.kind), path: executable });
  }
  for (const name of await release(target, executable)) console.log(`made dist/${name}`);
}
