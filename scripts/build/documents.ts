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
import { NOTICE_PATH, NOTICE_TRIPLE, NOTICE_VERSION } from "./notice.ts";
import { type PackedFile, textFile } from "./packed_file.ts";
import { PROJECT } from "./run.ts";
import type { Target } from "./targets.ts";

const SEPARATOR = "=".repeat(80);

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
export function licences(target: Target, parts: readonly EmbeddedPart[]): string {
  const own = Deno.readTextFileSync(`${PROJECT}LICENSE`).trim();
  const others = parts.map(({ name, version, license, licenseText }) =>
    `${SEPARATOR}\n${name} ${version} (${license})\n\n${licenseText}`
  );
  return `ectar ${VERSION} (MIT)\n\n${own}\n\n` +
    "The executable contains the parts named below. What is in Deno in turn, V8 and several hundred\n" +
    `Rust packages, is listed after them.${otherDeno(target)}\n\n` +
    `${others.join("\n")}${SEPARATOR}\n${Deno.readTextFileSync(NOTICE_PATH)}`;
}

/** Says so where the executable holds another Deno than the one whose parts are listed. */
function otherDeno({ triple, denoVersion }: Target): string {
  if (denoVersion === NOTICE_VERSION && triple === NOTICE_TRIPLE) return "";
  return ` That list is of Deno ${NOTICE_VERSION} for ${NOTICE_TRIPLE};\n` +
    `Deno ${denoVersion} for ${triple}, which is in here, may differ in some of them.`;
}
