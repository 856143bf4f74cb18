/**
 * Manual pages, in the man(7) macros, from the command tree.
 *
 * @module
 */

import type { CommandNode, OptionNode, ValueNode } from "./command_tree.ts";
import { ENVIRONMENT, LAUNCHER_ENVIRONMENT } from "./environment.ts";
import { EXIT_CODE_TABLE } from "./exit_codes.ts";
import { MANUAL_TEXTS } from "./man_text.ts";

/** Longest line of text, in characters. */
const MAX_LINE = 78;

/** What a page says of the program. */
export interface ManualFacts {
  /** ectar's version. */
  version: string;
  /** Day of the source, as `2026-01-31`; empty when it is not known. */
  date: string;
}

/** File name of a command's page, such as `ectar-create.1`. */
export function manualName({ words }: CommandNode): string {
  return `${words.join("-")}.1`;
}

/** The page of a command, with its subcommands; the page of the whole only names the commands. */
export function manualPage(node: CommandNode, tree: CommandNode, facts: ManualFacts): string {
  const isWhole = node === tree;
  const text = MANUAL_TEXTS[node.words.at(-1)!];
  const title = node.words.join("-");
  return [
    `.TH ${title.toUpperCase()} 1 "${facts.date}" "ectar ${facts.version}" "User Commands"`,
    ".SH NAME",
    `${escaped(title)} \\- ${escaped(lowerFirst(node.summary).replace(/\.$/, ""))}`,
    ".SH SYNOPSIS",
    ...(isWhole ? [node] : leaves(node)).map(synopsis).join("\n.br\n").split("\n"),
    ".SH DESCRIPTION",
    ...text.description.flatMap((paragraph) => [".PP", ...filled(paragraph)]).slice(1),
    ...isWhole ? commandList(node) : leaves(node).flatMap((each) => commandParts(each, node)),
    ".SH EXIT STATUS",
    ...EXIT_CODE_TABLE.flatMap(([code, meaning]) => tagged(bold(String(code)), meaning)),
    ".SH ENVIRONMENT",
    ...[...ENVIRONMENT, ...LAUNCHER_ENVIRONMENT]
      .flatMap(([name, meaning]) => tagged(bold(name), meaning)),
    ".SH EXAMPLES",
    ...text.examples.flatMap(([what, typed]) => [
      ".PP",
      ...filled(what),
      ".PP",
      ".in +4n",
      ".EX",
      `$ ${bold(typed)}`,
      ".EE",
      ".in",
    ]).slice(1),
    ".SH SEE ALSO",
    seeAlso(node, tree),
    "",
  ].join("\n");
}

/** The command itself, or its subcommands where it has them. */
function leaves(node: CommandNode): readonly CommandNode[] {
  return node.commands.length > 0 ? node.commands : [node];
}

function synopsis({ words, options, values, commands }: CommandNode): string {
  const required = options.filter((option) => option.mandatory).map(({ short, long, value }) =>
    `${bold(short ?? long)}${value === undefined ? "" : ` ${valueText(value)}`}`
  );
  const parts = [
    bold(words.join(" ")),
    ...required,
    `[${italic("options")}]`,
    ...values.map((value) => value.required ? valueText(value) : `[${valueText(value)}]`),
    ...commands.length > 0 ? [italic("command")] : [],
  ];
  return parts.join(" ");
}

function commandList({ commands, options }: CommandNode): string[] {
  return [
    ".SH COMMANDS",
    ...commands.flatMap((each) => tagged(bold(each.words.at(-1)!), each.summary)),
    ".SH OPTIONS",
    ...options.flatMap(optionParts),
  ];
}

function commandParts(node: CommandNode, page: CommandNode): string[] {
  const isSubcommand = node !== page;
  const heading = (text: string) => isSubcommand ? `.SS ${text}` : `.SH ${text.toUpperCase()}`;
  const groups = [...new Set(node.options.map(({ group }) => group))];
  const described = node.values.filter(({ description }) => description !== "");
  return [
    ...isSubcommand ? [`.SH "${node.words.join(" ").toUpperCase()}"`, ...filled(node.summary)] : [],
    ...described.length === 0 ? [] : [
      heading("Arguments"),
      ...described.flatMap((value) => tagged(valueText(value), value.description)),
    ],
    ...groups.flatMap((group) => [
      heading(group),
      ...node.options.filter((option) => option.group === group).flatMap(optionParts),
    ]),
  ];
}

function optionParts({ short, long, value, description }: OptionNode): string[] {
  const names = [short, long].filter((name) => name !== undefined).map(bold).join(", ");
  return tagged(value === undefined ? names : `${names} ${valueText(value)}`, description);
}

function valueText({ name, variadic }: ValueNode): string {
  return `${italic(name)}${variadic ? " ..." : ""}`;
}

function tagged(tag: string, text: string): string[] {
  return [".TP", tag, ...filled(text)];
}

function seeAlso(node: CommandNode, tree: CommandNode): string {
  const others = [tree, ...tree.commands].filter((each) => each !== node);
  const pages = others.map((each) => `${bold(each.words.join("-"))}(1)`);
  return [...pages, `${bold("tar")}(1)`, `${bold("zstd")}(1)`, `${bold("mt")}(1)`].join(",\n");
}

function bold(text: string): string {
  return `\\fB${plain(text).replaceAll("-", "\\-")}\\fP`;
}

function italic(text: string): string {
  return `\\fI${plain(text)}\\fP`;
}

/** Text in short lines, none of which is taken for a request. */
function filled(text: string): string[] {
  const lines = [""];
  for (const word of escaped(text).split(" ")) {
    const last = lines.length - 1;
    if (lines[last] === "") lines[last] = word;
    else if (lines[last].length + 1 + word.length <= MAX_LINE) lines[last] += ` ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => line.replace(/^[.']/, "\\&$&"));
}

/** Text in which the dashes of options can be searched for and copied. */
function escaped(text: string): string {
  return plain(text).replaceAll(
    /(?<=^|[\s($,"])--?(?=\w)/g,
    (dashes) => dashes.replaceAll("-", "\\-"),
  );
}

/** Text as it stands: nothing in it is an escape, and all of it is ASCII. */
function plain(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("`", "\\(ga")
    .replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha")
    .replaceAll(/\P{ASCII}/gu, (character) => {
      const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
      return `\\[u${code}]`;
    });
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
