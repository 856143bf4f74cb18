/**
 * The layout of an index, one record a line: which lines are members of the JSON object, and which
 * are records of its lists.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { notByLines } from "./index_lines.ts";

/** Consecutive lines of one kind; texts are JSON without the comma that ended the line. */
export type LayoutPart =
  /** Members of the object: `"name":value`. */
  | { kind: "members"; texts: string[] }
  /** Records of the list `list`; `ended` when the list ends after them. */
  | { kind: "records"; list: string; texts: string[]; ended: boolean };

const LIST_START = /^"([^"\\]+)":\[$/;
const MEMBER = /^"[^"\\]+":./;

/** Blank lines before and after the object; gigabytes of them compress to nothing. */
const MAX_BLANK_LINES = 1000;

/** Follows the layout line by line. */
export class IndexLayout {
  #place: "before" | "object" | "list" | "after" = "before";
  #list = "";
  /** Whether the line before ended with a comma, and so must be followed by another. */
  #comma = false;
  /** Whether the object or list has anything in it. */
  #any = false;
  #blankLines = 0;
  #parts: LayoutPart[] = [];

  /**
   * Goes on with the next lines.
   *
   * @throws {EctarError} `format` when they are laid out otherwise
   */
  push(lines: readonly string[]): LayoutPart[] {
    this.#parts = [];
    for (const line of lines) {
      if (this.#place === "list") this.#listLine(line);
      else if (this.#place === "object") this.#objectLine(line);
      else this.#outerLine(line);
    }
    return this.#parts;
  }

  /**
   * Makes sure that the object has ended.
   *
   * @throws {EctarError} `format` when it has not
   */
  end(): void {
    if (this.#place !== "after") throw new EctarError("format", "it is cut short");
  }

  #outerLine(line: string): void {
    if (line === "" && ++this.#blankLines <= MAX_BLANK_LINES) return;
    if (line !== "{" || this.#place === "after") throw notByLines();
    this.#place = "object";
  }

  #objectLine(line: string): void {
    if (line === "}" && !this.#comma) {
      this.#place = "after";
      return;
    }
    if (this.#any && !this.#comma) throw notByLines();
    const list = LIST_START.exec(line)?.[1];
    if (list !== undefined) {
      this.#place = "list";
      this.#list = list;
      this.#any = false;
      this.#comma = false;
      this.#parts.push({ kind: "records", list, texts: [], ended: false });
      return;
    }
    if (!MEMBER.test(line)) throw notByLines();
    this.#members().texts.push(this.#withoutComma(line));
  }

  #listLine(line: string): void {
    if (line.startsWith("{")) {
      if (this.#any && !this.#comma) throw notByLines();
      this.#records().texts.push(this.#withoutComma(line));
      return;
    }
    if (this.#comma || (line !== "]" && line !== "]," && line !== "]}")) throw notByLines();
    this.#records().ended = true;
    this.#place = line === "]}" ? "after" : "object";
    this.#any = true;
    this.#comma = line === "],";
  }

  #withoutComma(line: string): string {
    this.#any = true;
    this.#comma = line.endsWith(",");
    return this.#comma ? line.slice(0, -1) : line;
  }

  #members(): LayoutPart & { kind: "members" } {
    const last = this.#parts.at(-1);
    if (last?.kind === "members") return last;
    const part: LayoutPart = { kind: "members", texts: [] };
    this.#parts.push(part);
    return part;
  }

  #records(): LayoutPart & { kind: "records" } {
    const last = this.#parts.at(-1);
    if (last?.kind === "records" && !last.ended) return last;
    const part: LayoutPart = { kind: "records", list: this.#list, texts: [], ended: false };
    this.#parts.push(part);
    return part;
  }
}
