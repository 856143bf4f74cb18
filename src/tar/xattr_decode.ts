/**
 * Extended attributes and ACLs of a member, from the keywords of GNU tar, star and libarchive.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { ExtendedAttribute } from "./entry.ts";
import { concat, fromLatin1, latin1 } from "./bytes.ts";
import type { PaxFields } from "./pax_decode.ts";
import { ACL_ACCESS, ACL_DEFAULT, aclFromText, aclMask, type OwnerResolver } from "./posix_acl.ts";
import { decodeUrlKey, decodeXattrKey } from "./xattr_key.ts";

const SELINUX = "security.selinux";

/** What members without attributes share. */
export const NO_XATTRS: readonly ExtendedAttribute[] = Object.freeze([]);

/**
 * All attributes sorted by name bytes. libarchive writes each attribute twice under the same
 * percent-encoded name, which tells that the SCHILY keyword is to be read its way.
 *
 * @param notes gets a line for each ACL that had to be left out
 */
export function decodeXattrs(
  pax: PaxFields,
  resolve: OwnerResolver | undefined,
  notes: string[],
): readonly ExtendedAttribute[] {
  if (!pax.hasXattrs) return NO_XATTRS;
  const byName = new Map<string, Uint8Array>();
  for (const [key, value] of pax.schilyXattrs ?? []) {
    const isLibarchive = pax.libarchiveXattrs?.has(key);
    byName.set(isLibarchive ? decodeUrlKey(key) : decodeXattrKey(key), value);
  }
  for (const [key, base64] of pax.libarchiveXattrs ?? []) {
    const name = decodeUrlKey(key);
    if (!byName.has(name)) byName.set(name, fromBase64(base64));
  }
  if (pax.selinux !== undefined && !byName.has(SELINUX)) {
    byName.set(SELINUX, concat(pax.selinux, new Uint8Array(1)));
  }
  addAcl(byName, ACL_ACCESS, pax.aclAccess, resolve, notes);
  addAcl(byName, ACL_DEFAULT, pax.aclDefault, resolve, notes);

  const names = [...byName.keys()].filter((name) => !name.includes("\0")).sort();
  return names.map((name) => ({ name: fromLatin1(name), value: byName.get(name)! }));
}

/**
 * The mode as the system shows it beside an access ACL: its group bits are the ACL's mask. libarchive
 * stores the owning group's own permissions there.
 */
export function modeBesideAcl(mode: number, xattrs: readonly ExtendedAttribute[]): number {
  const acl = xattrs.find(({ name }) => latin1(name, 0, name.length) === ACL_ACCESS);
  const mask = acl === undefined ? undefined : aclMask(acl.value);
  return mask === undefined ? mode : mode & ~0o070 | mask << 3;
}

function addAcl(
  byName: Map<string, Uint8Array>,
  name: string,
  text: Uint8Array | undefined,
  resolve: OwnerResolver | undefined,
  notes: string[],
): void {
  if (text === undefined || byName.has(name)) return;
  try {
    const acl = aclFromText(new TextDecoder().decode(text), name === ACL_DEFAULT, resolve);
    if (acl !== undefined) byName.set(name, acl);
  } catch (error) {
    notes.push(`its ACL is left out: ${(error as Error).message}`);
  }
}

function fromBase64(text: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.from(Buffer.from(text).toString("latin1"), "base64"));
}
