/**
 * Names the parts of a bundle by where they are first mentioned. The bundler's own names depend on
 * the directory that the source lies in, and nothing else about an executable may.
 *
 * @module
 */

const START = "ectar.js";
const MENTION = /\.\/([\w.-]+-[A-Z0-9]{8})\.js/g;

/** Renames the files in `directory` that have a name made by the bundler, and what mentions them. */
export function nameStably(directory: string): void {
  const names = new Map<string, string>();
  const texts = new Map<string, string>();
  for (const queue = [START]; queue.length > 0;) {
    const file = queue.shift()!;
    const text = Deno.readTextFileSync(`${directory}/${file}`);
    texts.set(file, text);
    for (const [, name] of text.matchAll(MENTION)) {
      if (names.has(name)) continue;
      names.set(name, `part-${String(names.size + 1).padStart(2, "0")}`);
      queue.push(`${name}.js`);
    }
  }
  for (const file of texts.keys()) Deno.removeSync(`${directory}/${file}`);
  for (const [file, text] of texts) {
    const name = names.get(file.replace(/\.js$/, "")) ?? "ectar";
    const renamed = text.replaceAll(MENTION, (_all, mentioned) => `./${names.get(mentioned)}.js`);
    Deno.writeTextFileSync(`${directory}/${name}.js`, renamed);
  }
}
