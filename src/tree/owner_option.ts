/**
 * `--owner` and `--group` as in GNU tar: NAME, NUMBER, NAME:NUMBER, :NUMBER or +NUMBER.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { printableLine } from "../printable.ts";
import { toBytes } from "./path_text.ts";

/** Owner that members get instead of their own. */
export interface OwnerOverride {
  /** Number, or undefined to keep the file's own. */
  id: number | undefined;
  /** Name as bytes, or undefined to keep the file's own. */
  name: Uint8Array | undefined;
}

/** Names and numbers of a kind of owner. */
export interface OwnerLookup {
  id(name: Uint8Array): number | undefined;
  name(id: number): Uint8Array;
}

const LARGEST_ID = 0xffff_ffff;

/**
 * Reads the value of `--owner` or `--group`.
 *
 * @throws {EctarError} usage when it is neither a known name nor a number
 */
export function parseOwnerOption(
  text: string,
  option: string,
  lookup: OwnerLookup,
): OwnerOverride {
  const colon = text.indexOf(":");
  if (colon >= 0) {
    const name = text.slice(0, colon);
    const id = toId(text.slice(colon + 1));
    if (id === undefined) refuse(text, option);
    return { id, name: name === "" ? undefined : toBytes(name) };
  }
  const known = text.startsWith("+") || text === "" ? undefined : lookup.id(toBytes(text));
  if (known !== undefined) return { id: known, name: toBytes(text) };
  const id = toId(text.replace(/^\+/, ""));
  if (id === undefined) refuse(text, option);
  return { id, name: lookup.name(id) };
}

function toId(text: string): number | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  const id = Number(text);
  return id <= LARGEST_ID ? id : undefined;
}

function refuse(text: string, option: string): never {
  throw new EctarError(
    "usage",
    `${option} ${printableLine(text)}: neither a known name nor a number`,
    {
      hint: `give NAME:NUMBER for a name this system does not know`,
    },
  );
}
