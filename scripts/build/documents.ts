/**
 * What comes with the executable: manual pages, completions, documents, licences.
 *
 * @module
 */

import { type CommandNode, readCommandTree } from "../../src/cli/command_tree.ts";
import { bashCompletions } from "../../src/cli/completions_bash.ts";
import { fishCompletions } from "../../src/cli/completions_fish.ts";
import { zshCompletions } from "../../src/cli/completions_zsh.ts";
import { manualName, manualPage } from "../../src/cli/man_page.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { Terminal } from "../../src/cli/terminal.ts";
import { VERSION } from "../../src/version.ts";
import type { EmbeddedPart } from "./embedded.ts";
import { type PackedFile, textFile } from "./packed_file.ts";
import { PROJECT } from "./run.ts";

/** ectar's commands, from its source. */
export async function commandTree(): Promise<CommandNode> {
  const context = {
    terminal: new Terminal(),
    signal: new AbortController().signal,
    exit: () => {},
  };
  return readCommandTree(await buildProgram(context, () => true));
}

/** The manual pages, by their names alone. */
export function manualPages(tree: CommandNode, date: string): PackedFile[] {
  return [tree, ...tree.commands].map((node) =>
    textFile(manualName(node), manualPage(node, tree, { version: VERSION, date }))
  );
}

/** The completions, by the shells' names. */
export function completions(tree: CommandNode): Record<"bash" | "zsh" | "fish", string> {
  return { bash: bashCompletions(tree), zsh: zshCompletions(tree), fish: fishCompletions(tree) };
}

/** README.md, docs/ with the examples, and the measurements that docs/ refers to, at their places. */
export function documents(): PackedFile[] {
  const names = ["README.md"];
  const places: [string, RegExp][] = [
    ["docs", /\.(md|svg)$/],
    ["docs/examples", /\.ts$/],
    ["bench", /\.(md|svg)$/],
  ];
  for (const [directory, wanted] of places) {
    for (const { name, isFile } of Deno.readDirSync(PROJECT + directory)) {
      if (isFile && wanted.test(name)) names.push(`${directory}/${name}`);
    }
  }
  return names.sort().map((name) => ({ path: name, content: Deno.readFileSync(PROJECT + name) }));
}

/** ectar's licence, and those of everything embedded, in one text. */
export function licences(parts: readonly EmbeddedPart[]): string {
  const own = Deno.readTextFileSync(`${PROJECT}LICENSE`).trim();
  const others = parts.map(({ name, version, license, licenseText }) =>
    `${"=".repeat(80)}\n${name} ${version} (${license})\n\n${licenseText}`
  );
  return `ectar ${VERSION} (MIT)\n\n${own}\n\n` +
    "The executable contains the parts named below. Deno in turn contains V8 and other libraries;\n" +
    "their licences are listed in Deno's own repository.\n\n" + others.join("\n");
}
