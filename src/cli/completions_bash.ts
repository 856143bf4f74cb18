/**
 * Completions for bash 4 and later. They need nothing but bash, and never evaluate what was typed.
 *
 * @module
 */

import { allCommands, type CommandNode, type ValueNode } from "./command_tree.ts";

/** The script. */
export function bashCompletions(tree: CommandNode): string {
  const nodes = allCommands(tree);
  const commands = nodes.slice(1).map(({ words }) => quoted(words)).join(" | ");
  return `# bash completion for ectar; made by \`ectar completions bash\`

# Offers tape drives, and files; after a comma, one more of them.
_ectar_devices() {
  local before='' last=$1 drive
  if [[ $last == *,* ]]; then
    before=\${last%,*},
    last=\${last##*,}
  fi
  local -a found
  mapfile -t found < <(compgen -f -- "$last")
  for drive in /dev/nst[0-9] /dev/nst[0-9][0-9] /dev/tape/by-id/*-nst; do
    [[ -e $drive && $drive == "$last"* && $last != "$drive" ]] && found+=("$drive")
  done
  COMPREPLY=("\${found[@]/#/$before}")
  compopt -o filenames -o nospace
}

_ectar() {
  local cur=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD - 1]}
  local command=ectar kind='' words='' word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$command $word" in
      ${commands}) command+=" $word" ;;
    esac
  done
  # Readline splits --option=value into three words.
  if [[ $cur == "=" ]]; then
    cur=''
  elif [[ $option == "=" ]]; then
    option=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case "$command $option" in
${nodes.flatMap(optionValueCases).join("\n")}
  esac
  if [[ -z $kind ]]; then
    case "$command" in
${nodes.map((node) => commandCase(node)).join("\n")}
    esac
  fi
  case $kind in
    file) compopt -o default ;;
    directory) compopt -o dirnames ;;
    devices) _ectar_devices "$cur" ;;
    words) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur") ;;
  esac
}

complete -F _ectar ectar
`;
}

function optionValueCases({ words, options }: CommandNode): string[] {
  return options.flatMap(({ short, long, value }) => {
    if (value === undefined) return [];
    const names = [short, long].filter((name) => name !== undefined);
    const pattern = names.map((name) => quoted([...words, name])).join(" | ");
    return [`    ${pattern}) ${offer(value)} ;;`];
  });
}

/** What a command takes: options after a dash, else subcommands or what its arguments are. */
function commandCase({ words, options, commands, values }: CommandNode): string {
  const flags = options.flatMap(({ short, long }) => short === undefined ? [long] : [short, long]);
  const rest = commands.length > 0
    ? `kind='words' words='${[...commands.map((each) => each.words.at(-1)), "help"].join(" ")}'`
    : offer(values[0]);
  return `      ${quoted(words)})
        if [[ $cur == -* ]]; then kind='words' words='${flags.join(" ")}'
        else ${rest}; fi ;;`;
}

function offer(value: ValueNode | undefined): string {
  if (value === undefined) return "kind='other'";
  if (value.kind === "choice") return `kind='words' words='${value.choices.join(" ")}'`;
  return `kind='${value.kind}'`;
}

function quoted(words: readonly string[]): string {
  return `"${words.join(" ")}"`;
}
