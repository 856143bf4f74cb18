/**
 * Completions for fish.
 *
 * @module
 */

import { allCommands, type CommandNode, type OptionNode, type ValueNode } from "./command_tree.ts";

/** The script. */
export function fishCompletions(tree: CommandNode): string {
  const nodes = allCommands(tree);
  const paths = nodes.slice(1).map(({ words }) => single(words.join(" "))).join(" ");
  return `# fish completion for ectar; made by \`ectar completions fish\`

function __ectar_command
    set -l command ectar
    for word in (commandline -opc)[2..]
        if contains -- "$command $word" ${paths}
            set command "$command $word"
        end
    end
    echo $command
end

function __ectar_devices
    set -l token (commandline -ct)
    set -l before (string match -r '^.*,' -- $token; or echo '')
    set -l last (string replace -r '^.*,' '' -- $token)
    set -l drives /dev/nst* /dev/tape/by-id/*-nst
    for path in $drives (__fish_complete_path $last)
        echo $before$path
    end
end

complete -c ectar -f
${nodes.map(commandLines).join("\n")}`;
}

function commandLines({ words, options, commands, values }: CommandNode): string {
  const start = `complete -c ectar -n ${single(`test (__ectar_command) = '${words.join(" ")}'`)}`;
  const lines = [
    ...commands.map((each) => `${start} -a ${each.words.at(-1)} -d ${single(each.summary)}`),
    ...options.map((option) => `${start} ${optionText(option)}`),
    ...values.slice(0, 1).flatMap((value) => argumentLine(start, value)),
  ];
  return lines.join("\n") + "\n";
}

function optionText({ short, long, value, description }: OptionNode): string {
  const parts = [`-l ${long.slice(2)}`];
  if (short !== undefined) parts.unshift(`-s ${short.slice(1)}`);
  if (value !== undefined) {
    parts.push(value.kind === "file" ? "-r -F" : `-x ${offer(value)}`.trimEnd());
  }
  return `${parts.join(" ")} -d ${single(description)}`;
}

function argumentLine(start: string, value: ValueNode): string[] {
  return value.kind === "other" ? [] : [`${start} ${offer(value)}`];
}

function offer(value: ValueNode): string {
  switch (value.kind) {
    case "file":
      return "-F";
    case "directory":
      return "-a '(__fish_complete_directories (commandline -ct))'";
    case "devices":
      return "-a '(__ectar_devices)'";
    case "choice":
      return `-a ${single(value.choices.join(" "))}`;
    case "other":
      return "";
  }
}

function single(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
