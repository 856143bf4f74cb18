/**
 * Licence texts in the folders of packages, each text once.
 *
 * @module
 */

const NAME = /^(licen[cs]e|copying|notice|unlicense|copyright)/i;
const SKIPPED = /^(tests?|testdata|testing|examples|benches|fuzz|docs?|fixtures|target|\.git)$/i;
/** Source files may be called `licenses.rs`. */
const SOURCE = /\.(rs|c|cc|cpp|h|js|ts|json|py|toml|html|yml|yaml)$/i;
const MAX_DEPTH = 5;

/** Texts, numbered from 1 in the order in which they came. */
export class LicenceTexts {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];

  /** All of them. */
  get all(): readonly string[] {
    return this.#texts;
  }

  /** Number of `text`, which is taken in if it is new. Spaces and line breaks do not count. */
  add(text: string): number {
    const key = text.replaceAll(/\s+/g, " ").trim();
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#texts.push(text.replaceAll(/\r\n?/g, "\n").replaceAll(/[ \t]+$/gm, "").trim());
      this.#numbers.set(key, number);
    }
    return number;
  }

  /**
   * Numbers of the licence texts in a folder and below, in the order of their names. Where the
   * licence MIT may be chosen and has a file of its own, the other choices are left out.
   */
  addFolder(directory: string, license: string): number[] {
    const files = licenceFiles(directory, MAX_DEPTH);
    const own = files.filter((file) => !file.slice(directory.length + 1).includes("/"));
    const mit = own.filter((file) => /mit/i.test(file.slice(directory.length)));
    const mayChoose = /\bMIT\b/.test(license) && !/\bAND\b/.test(license);
    const left = mayChoose && mit.length > 0
      ? [...mit, ...files.filter((file) => !own.includes(file))]
      : files;
    const numbers = left.map((file) => this.add(Deno.readTextFileSync(file)));
    return [...new Set(numbers)];
  }
}

function licenceFiles(directory: string, depth: number): string[] {
  const found: string[] = [];
  const entries = [...Deno.readDirSync(directory)].sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isFile, isDirectory } of entries) {
    const path = `${directory}/${name}`;
    if (isFile && NAME.test(name) && !SOURCE.test(name)) found.push(path);
    if (isDirectory && depth > 1 && !SKIPPED.test(name)) {
      found.push(...licenceFiles(path, depth - 1));
    }
  }
  return found;
}
