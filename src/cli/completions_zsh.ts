/**
 * Completions for zsh.
 *
 * @module
 */

import { allCommands, type CommandNode, type OptionNode, type ValueNode } from "./command_tree.ts";

/** The script, for a file `_ectar` in a directory of `fpath`. */
export function zshCompletions(tree: CommandNode): string {
  return `#compdef ectar
# zsh completion for ectar; made by \`ectar completions zsh\`

_ectar_device() {
  local -a drives expl
  drives=(/dev/nst<->(N) /dev/tape/by-id/*-nst(N))
  _wanted drives expl 'tape drive' compadd -a drives
  _files
}

_ectar_devices() {
  _sequence _ectar_device
}

${allCommands(tree).map(commandFunction).join("\n")}
# Loaded by compinit it completes at once; read by source, it is registered.
if [[ \${funcstack[1]} == _ectar ]]; then
  _ectar "$@"
else
  compdef _ectar ectar
fi
`;
}

function commandFunction({ words, options, commands, values }: CommandNode): string {
  const specs = options.map(optionSpec);
  if (commands.length > 0) specs.push(`'1:command:->command'`, `'*::argument:->argument'`);
  else specs.push(...values.map(argumentSpec));
  const body = `  _arguments -s -S : \\\n    ${specs.join(" \\\n    ")}`;
  const name = functionName(words);
  if (commands.length === 0) return `${name}() {\n${body}\n}\n`;
  const descriptions = commands.map((each) =>
    single(`${each.words.at(-1)}:${each.summary.replaceAll(":", "\\:")}`)
  );
  const calls = commands.map((each) =>
    `        ${each.words.at(-1)}) ${functionName(each.words)} ;;`
  );
  return `${name}() {
  local curcontext=$curcontext state line
  local -a commands
  commands=(
    ${[...descriptions, "'help:display help for command'"].join("\n    ")}
  )
${body}
  case $state in
    command) _describe -t commands command commands ;;
    argument)
      case $words[1] in
${calls.join("\n")}
        help) _describe -t commands command commands ;;
      esac
      ;;
  esac
}
`;
}

function optionSpec({ short, long, value, description }: OptionNode): string {
  const text = `[${description.replaceAll(/[[\]\\]/g, "\\$&").replaceAll(":", "\\:")}]`;
  const after = value === undefined ? "" : `:${value.name.replaceAll(":", "\\:")}:${action(value)}`;
  // Any option may be given again; some add up, and of others the last one counts.
  if (short === undefined) return single(`*${long}${value ? "=" : ""}${text}${after}`);
  return `{'*${short}','*${long}${value ? "=" : ""}'}${single(text + after)}`;
}

function argumentSpec(value: ValueNode): string {
  const position = value.variadic ? "*" : value.required ? "1" : "1:";
  return single(`${position}:${value.name}:${action(value)}`);
}

function action(value: ValueNode): string {
  switch (value.kind) {
    case "file":
      return "_files";
    case "directory":
      return "_files -/";
    case "devices":
      return value.variadic ? "_ectar_device" : "_ectar_devices";
    case "choice":
      return `(${value.choices.join(" ")})`;
    case "other":
      return " ";
  }
}

function functionName(words: readonly string[]): string {
  return "_" + words.join("_");
}

function single(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
