/**
 * POSIX ACLs in the two forms a tar holds them: Linux's binary extended attribute and the text of
 * the SCHILY.acl.* keywords. GNU tar reads either, bsdtar only the text.
 *
 * @module
 */

/** Extended attribute that holds the access ACL. */
export const ACL_ACCESS = "system.posix_acl_access";
/** Extended attribute that holds a directory's default ACL. */
export const ACL_DEFAULT = "system.posix_acl_default";

/** Finds the numbers of names in ACL texts that give only a name. */
export interface OwnerResolver {
  /** Number of a user, or undefined. */
  user(name: string): number | undefined;
  /** Number of a group, or undefined. */
  group(name: string): number | undefined;
}

interface AclEntry {
  tag: number;
  permissions: number;
  id: number;
}

const VERSION = 2;
const USER_OBJ = 0x01;
const USER = 0x02;
const GROUP_OBJ = 0x04;
const GROUP = 0x08;
const MASK = 0x10;
const OTHER = 0x20;
const NO_ID = 0xffffffff;
const HEADER_SIZE = 4;
const ENTRY_SIZE = 8;
/** The kernel keeps ACLs in one attribute of at most 64 KiB. */
const MAX_ENTRIES = 8191;

/**
 * The text form with numeric ids (`user::rw-,user:1234:r--,…`), or undefined when the bytes are no
 * ACL of the known version.
 */
export function aclToText(binary: Uint8Array): string | undefined {
  const view = new DataView(binary.buffer, binary.byteOffset, binary.byteLength);
  const body = binary.length - HEADER_SIZE;
  if (body <= 0 || body % ENTRY_SIZE !== 0 || view.getUint32(0, true) !== VERSION) return undefined;
  const parts: string[] = [];
  for (let at = HEADER_SIZE; at < binary.length; at += ENTRY_SIZE) {
    const tag = view.getUint16(at, true);
    const permissions = view.getUint16(at + 2, true);
    const kind = tagName(tag);
    if (kind === undefined || permissions > 7) return undefined;
    const id = tag === USER || tag === GROUP ? String(view.getUint32(at + 4, true)) : "";
    parts.push(`${kind}:${id}:${permissionText(permissions)}`);
  }
  return parts.join(",");
}

/** Permission bits of the mask entry of a valid ACL, or undefined when it has none. */
export function aclMask(binary: Uint8Array): number | undefined {
  const view = new DataView(binary.buffer, binary.byteOffset, binary.byteLength);
  for (let at = HEADER_SIZE; at + ENTRY_SIZE <= binary.length; at += ENTRY_SIZE) {
    if (view.getUint16(at, true) === MASK) return view.getUint16(at + 2, true) & 7;
  }
  return undefined;
}

/**
 * The binary form of an ACL text, from GNU tar (`user:joe:r--`, a line each), star or libarchive
 * (`user:joe:r--:1001`, separated by commas).
 *
 * @returns the bytes; undefined when the text is no more than the permission bits say
 * @throws {Error} whose message says what is wrong with the text, such as a name without a number
 */
export function aclFromText(
  text: string,
  isDefault: boolean,
  resolve?: OwnerResolver,
): Uint8Array | undefined {
  const entries: AclEntry[] = [];
  for (const part of text.split(/[,\n]/)) {
    const line = part.replace(/#.*/, "").trim();
    if (line !== "") entries.push(parseEntry(line, resolve));
    if (entries.length > MAX_ENTRIES) throw new Error("it has too many entries");
  }
  if (entries.length === 0) return undefined;
  const isMinimal = entries.every((entry) => (entry.tag & (USER | GROUP | MASK)) === 0);
  if (isMinimal && !isDefault) return undefined;

  entries.sort((a, b) => a.tag - b.tag || a.id - b.id);
  const binary = new Uint8Array(HEADER_SIZE + ENTRY_SIZE * entries.length);
  const view = new DataView(binary.buffer);
  view.setUint32(0, VERSION, true);
  entries.forEach((entry, index) => {
    const at = HEADER_SIZE + ENTRY_SIZE * index;
    view.setUint16(at, entry.tag, true);
    view.setUint16(at + 2, entry.permissions, true);
    view.setUint32(at + 4, entry.id, true);
  });
  return binary;
}

function parseEntry(line: string, resolve: OwnerResolver | undefined): AclEntry {
  const fields = line.split(":").map((field) => field.trim());
  const kind = { u: "user", g: "group", m: "mask", o: "other" }[fields[0]] ?? fields[0];
  // `mask:r-x` and `other:r-x` are allowed to leave out the empty name.
  if ((kind === "mask" || kind === "other") && fields.length === 2) fields.splice(1, 0, "");
  const [, name, permissionField, numeric] = fields;
  if (permissionField === undefined) throw new Error(`entry "${line.slice(0, 80)}" is malformed`);
  const permissions = parsePermissions(permissionField, line);
  switch (kind) {
    case "user":
      if (name === "") return { tag: USER_OBJ, permissions, id: NO_ID };
      return { tag: USER, permissions, id: idOf(name, numeric, resolve?.user(name)) };
    case "group":
      if (name === "") return { tag: GROUP_OBJ, permissions, id: NO_ID };
      return { tag: GROUP, permissions, id: idOf(name, numeric, resolve?.group(name)) };
    case "mask":
      return { tag: MASK, permissions, id: NO_ID };
    case "other":
      return { tag: OTHER, permissions, id: NO_ID };
    default:
      throw new Error(`entry "${line.slice(0, 80)}" is malformed`);
  }
}

function idOf(name: string, numeric: string | undefined, resolved: number | undefined): number {
  const text = numeric !== undefined && /^\d{1,10}$/.test(numeric) ? numeric : name;
  const id = resolved ?? (/^\d{1,10}$/.test(text) ? Number(text) : undefined);
  if (id === undefined) throw new Error(`nobody is called "${name.slice(0, 80)}" here`);
  if (id >= NO_ID) throw new Error(`id ${id} is too large`);
  return id;
}

function parsePermissions(text: string, line: string): number {
  let bits = 0;
  for (const letter of text) {
    if (letter === "r") bits |= 4;
    else if (letter === "w") bits |= 2;
    else if (letter === "x") bits |= 1;
    else if (letter !== "-") throw new Error(`entry "${line.slice(0, 80)}" is malformed`);
  }
  return bits;
}

function permissionText(bits: number): string {
  return (bits & 4 ? "r" : "-") + (bits & 2 ? "w" : "-") + (bits & 1 ? "x" : "-");
}

function tagName(tag: number): string | undefined {
  if (tag === USER_OBJ || tag === USER) return "user";
  if (tag === GROUP_OBJ || tag === GROUP) return "group";
  if (tag === MASK) return "mask";
  return tag === OTHER ? "other" : undefined;
}
