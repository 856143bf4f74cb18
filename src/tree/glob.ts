/**
 * Shell patterns as fnmatch(3) and GNU tar read them: `*` and `?` match slashes and leading dots,
 * `[…]` sets with ranges, `!` or `^` and `[:class:]`, a backslash takes the next character as it is.
 * There are no braces and no extended patterns, and no pattern is an error: what does not
 * parse stands for itself.
 *
 * @module
 */

const CLASSES: Readonly<Record<string, string>> = {
  alnum: "\\p{L}\\p{Nd}",
  alpha: "\\p{L}",
  blank: " \\t",
  cntrl: "\\p{Cc}",
  digit: "0-9",
  graph: "\\p{L}\\p{N}\\p{P}\\p{S}\\p{M}",
  lower: "\\p{Ll}",
  print: "\\p{L}\\p{N}\\p{P}\\p{S}\\p{M} ",
  punct: "\\p{P}\\p{S}",
  space: "\\s",
  upper: "\\p{Lu}",
  xdigit: "0-9A-Fa-f",
};

/** Whether `pattern` holds anything that does not stand for itself. */
export function isGlob(pattern: string): boolean {
  return /[*?[\\]/.test(pattern);
}

/** Source of a regular expression (flags `su`) for the whole of `pattern`, without anchors. */
export function globSource(pattern: string): string {
  const characters = [...pattern];
  let source = "";
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at];
    if (character === "*") {
      if (characters[at - 1] !== "*" || source.endsWith("\\*")) source += ".*";
    } else if (character === "?") source += ".";
    else if (character === "\\" && at + 1 < characters.length) source += literal(characters[++at]);
    else if (character === "[") {
      const set = parseSet(characters, at + 1);
      source += set?.source ?? "\\[";
      at = set?.last ?? at;
    } else source += literal(character);
  }
  return source;
}

/** A set from the character after its `[` on, or undefined when it does not end. */
function parseSet(
  characters: string[],
  start: number,
): { source: string; last: number } | undefined {
  let at = start;
  const negated = characters[at] === "!" || characters[at] === "^";
  if (negated) at++;
  const first = at;
  let body = "";
  while (at < characters.length) {
    if (characters[at] === "]" && at > first) {
      return { source: `[${negated ? "^" : ""}${body}]`, last: at };
    }
    const named = /^\[:([a-z]+):\]/.exec(characters.slice(at, at + 12).join(""));
    if (named !== null && named[1] in CLASSES) {
      body += CLASSES[named[1]];
      at += named[0].length;
      continue;
    }
    const [from, afterFrom] = setCharacter(characters, at);
    at = afterFrom;
    if (characters[at] === "-" && characters[at + 1] !== "]" && at + 1 < characters.length) {
      const [to, afterTo] = setCharacter(characters, at + 1);
      at = afterTo;
      // A range that runs backwards matches nothing, as in fnmatch.
      if (from.codePointAt(0)! <= to.codePointAt(0)!) {
        body += `${setLiteral(from)}-${setLiteral(to)}`;
      }
    } else body += setLiteral(from);
  }
  return undefined;
}

function setCharacter(characters: string[], at: number): [string, number] {
  if (characters[at] === "\\" && at + 1 < characters.length) return [characters[at + 1], at + 2];
  return [characters[at], at + 1];
}

function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

function setLiteral(character: string): string {
  return character === "-" ? "\\-" : literal(character);
}
