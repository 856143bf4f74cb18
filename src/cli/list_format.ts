/**
 * How `ectar list` shows members: names alone, `ls -l` style, JSON, or CSV.
 *
 * @module
 */

import type { FileRecord } from "../index/records.ts";
import { printableJson, printableLine, printablePath } from "../printable.ts";

/** One member as the formats see it. */
export type ListedFile = FileRecord;

/** Names of the formats. */
export const LIST_FORMATS = ["text", "json", "csv"] as const;
/** A format. */
export type ListFormat = typeof LIST_FORMATS[number];

/** Turns members into lines. */
export interface ListFormatter {
  /** Lines before the first member. */
  begin(): string[];
  /** Lines of one member. */
  member(file: ListedFile): string[];
  /** Lines after the last. */
  end(): string[];
}

/** The formatter for `format`. */
export function listFormatter(format: ListFormat, long: boolean): ListFormatter {
  if (format === "json") return jsonFormatter();
  if (format === "csv") return csvFormatter();
  return textFormatter(long);
}

function textFormatter(long: boolean): ListFormatter {
  return {
    begin: () => [],
    member: (file) => [long ? longLine(file) : printablePath(rawName(file.path, file.path_b64))],
    end: () => [],
  };
}

const TYPE_LETTERS: Record<string, string> = {
  file: "-",
  directory: "d",
  symlink: "l",
  hardlink: "h",
  fifo: "p",
  "char-device": "c",
  "block-device": "b",
};

function longLine(file: ListedFile): string {
  const owner = `${printablePath(file.user || String(file.uid))}/${
    printablePath(file.group || String(file.gid))
  }`;
  const size = file.device === undefined ? String(file.size) : file.device.join(",");
  const name = printablePath(rawName(file.path, file.path_b64));
  const target = file.target === null
    ? ""
    : `${file.entry_type === "hardlink" ? " link to" : " ->"} ${
      printablePath(rawName(file.target, file.target_b64))
    }`;
  const letter = TYPE_LETTERS[file.entry_type] ?? "?";
  return `${letter}${modeText(file.mode)} ${owner} ${size.padStart(18 - owner.length)} ${
    timeText(file)
  } ${name}${target}`;
}

/** The name's own bytes where it is not UTF-8, for escapes that tell the names apart. */
function rawName(text: string, base64: string | undefined): Uint8Array | string {
  return base64 === undefined ? text : Uint8Array.fromBase64(base64);
}

/** Permission bits as `ls` writes them, without the type. */
export function modeText(mode: number): string {
  let text = "";
  for (let shift = 6; shift >= 0; shift -= 3) {
    const bits = mode >> shift;
    const special = (mode >> (9 + shift / 3)) & 1;
    const letter = shift === 0 ? "t" : "s";
    const execute = special ? (bits & 1 ? letter : letter.toUpperCase()) : (bits & 1 ? "x" : "-");
    text += (bits & 4 ? "r" : "-") + (bits & 2 ? "w" : "-") + execute;
  }
  return text;
}

function timeText(file: ListedFile): string {
  const date = new Date(file.mtime * 1000);
  // Beyond what a Date can hold (year 275760) seconds are better than nothing.
  if (Number.isNaN(date.getTime())) return `@${file.mtime}`;
  return date.toISOString().slice(0, -5).replace("T", " ");
}

/** One JSON array, an element a line: valid as a whole and easy to read line by line. */
function jsonFormatter(): ListFormatter {
  let first = true;
  return {
    begin: () => ["["],
    member: (file) => {
      const line = (first ? "" : ",") + printableJson(file);
      first = false;
      return [line];
    },
    end: () => ["]"],
  };
}

const CSV_COLUMNS = [
  "path",
  "entry_type",
  "size",
  "mode",
  "mtime",
  "mtime_ns",
  "uid",
  "gid",
  "user",
  "group",
  "checksum",
  "target",
  "chunk",
  "offset",
  "path_b64",
  "target_b64",
] as const;

/**
 * One record a line. A name with control characters stands there escaped, and its bytes, as for a
 * name that is not UTF-8, in the column that ends in `_b64`.
 */
function csvFormatter(): ListFormatter {
  return {
    begin: () => [CSV_COLUMNS.join(",")],
    member: (file) => {
      const { path, path_b64, target, target_b64 } = file;
      const shown: FileRecord = { ...file, path: printableLine(path) };
      if (shown.path !== path) shown.path_b64 = path_b64 ?? base64(path);
      if (target !== null) {
        shown.target = printableLine(target);
        if (shown.target !== target) shown.target_b64 = target_b64 ?? base64(target);
      }
      const values = CSV_COLUMNS.map((column) => {
        if (column === "mode") return file.mode.toString(8).padStart(4, "0");
        return csvField(printableLine(String(shown[column] ?? "")));
      });
      return [values.join(",")];
    },
    end: () => [],
  };
}

function base64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}

/** One field as RFC 4180 wants it: quoted when it holds a comma or a quote. */
export function csvField(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
