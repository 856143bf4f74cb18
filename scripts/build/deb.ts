/**
 * A Debian package, made without Debian's tools: an ar file of a version, control files and content.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { VERSION } from "../../src/version.ts";
import { concatenate, gzip, type PackedFile, tarGz, textFile } from "./packed_file.ts";
import type { Target } from "./targets.ts";

/** What goes into the package. */
export interface DebContents {
  executable: Uint8Array;
  /** By their names alone. */
  manualPages: readonly PackedFile[];
  completions: Record<"bash" | "zsh" | "fish", string>;
  /** README.md, docs/ and the bill of materials. */
  documents: readonly PackedFile[];
  /** ectar's licence and all others. */
  licences: string;
}

/** Removes what root unpacked. What users unpacked is in their own caches. */
const POSTRM = `#!/bin/sh
set -e
case $1 in
  remove | purge) rm -rf /var/cache/ectar ;;
esac
`;

/** The package's bytes. The same contents give the same bytes. */
export function debianPackage(
  target: Target,
  contents: DebContents,
  timeSeconds: number,
): Uint8Array {
  const files = installed(contents, timeSeconds);
  const control = [
    textFile("./control", controlText(target, files)),
    textFile("./md5sums", files.map((file) => `${md5(file)}  ${file.path.slice(2)}\n`).join("")),
    { ...textFile("./postrm", POSTRM), executable: true },
  ];
  const members: [string, Uint8Array][] = [
    ["debian-binary", new TextEncoder().encode("2.0\n")],
    ["control.tar.gz", tarGz(control, timeSeconds)],
    ["data.tar.gz", tarGz(files, timeSeconds)],
  ];
  return concatenate([
    new TextEncoder().encode("!<arch>\n"),
    ...members.flatMap(([name, content]) => arMember(name, content, timeSeconds)),
  ]);
}

function installed(contents: DebContents, timeSeconds: number): PackedFile[] {
  const { executable, manualPages, completions, documents, licences } = contents;
  const day = new Date(timeSeconds * 1000).toUTCString().replace("GMT", "+0000");
  const changelog = `ectar (${VERSION}) unstable; urgency=medium\n\n  * Release ${VERSION}.\n\n` +
    ` -- ectar maintainers <maintainers@ectar.invalid>  ${day}\n`;
  const doc = "./usr/share/doc/ectar";
  return [
    { path: "./usr/bin/ectar", content: executable, executable: true },
    ...manualPages.map(({ path, content }) => ({
      path: `./usr/share/man/man1/${path}.gz`,
      content: gzip(content),
    })),
    textFile("./usr/share/bash-completion/completions/ectar", completions.bash),
    textFile("./usr/share/zsh/vendor-completions/_ectar", completions.zsh),
    textFile("./usr/share/fish/vendor_completions.d/ectar.fish", completions.fish),
    ...documents.map(({ path, content }) => ({ path: `${doc}/${path}`, content })),
    textFile(`${doc}/copyright`, licences),
    { path: `${doc}/changelog.gz`, content: gzip(new TextEncoder().encode(changelog)) },
  ].sort((a, b) => a.path < b.path ? -1 : 1);
}

function controlText(target: Target, files: readonly PackedFile[]): string {
  const kibibytes = files.reduce((sum, { content }) => sum + Math.ceil(content.length / 1024), 0);
  return `Package: ectar
Version: ${VERSION}
Architecture: ${target.debian}
Maintainer: ectar maintainers <maintainers@ectar.invalid>
Installed-Size: ${kibibytes}
Depends: libc6 (>= 2.30), libgcc-s1
Section: admin
Priority: optional
Description: archiver for several tapes or files at once, with parity
 ectar turns files into a tar stream, compresses it with zstd, protects it with
 Reed-Solomon shards, and writes these to files or straight onto several tape
 drives, one shard per drive. Everything is restored when some of them are
 lost, by ectar or by zunfec, zstd and tar.
`;
}

function arMember(name: string, content: Uint8Array, timeSeconds: number): Uint8Array[] {
  const header = name.padEnd(16) + String(timeSeconds).padEnd(12) + "0".padEnd(6) +
    "0".padEnd(6) + "100644".padEnd(8) + String(content.length).padEnd(10) + "`\n";
  const padding = new TextEncoder().encode(content.length % 2 === 1 ? "\n" : "");
  return [new TextEncoder().encode(header), content, padding];
}

function md5({ content }: PackedFile): string {
  return createHash("md5").update(content).digest("hex");
}
