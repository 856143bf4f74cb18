/**
 * Names and numbers of users and groups, asked once each.
 *
 * @module
 */

import { cPath, libc } from "./libc.ts";

const EMPTY = new Uint8Array(0);
/** Offset of the number in struct passwd and struct group: after two pointers. */
const NUMBER_AT = 16;

/** Remembers what the system's user and group databases said. */
export class OwnerNames {
  readonly #users = new Map<number, Uint8Array>();
  readonly #groups = new Map<number, Uint8Array>();

  userName(uid: number): Uint8Array {
    return cached(this.#users, uid, () => libc().getpwuid(uid));
  }

  groupName(gid: number): Uint8Array {
    return cached(this.#groups, gid, () => libc().getgrgid(gid));
  }

  userId(name: Uint8Array): number | undefined {
    return numberIn(libc().getpwnam(cPath(name)));
  }

  groupId(name: Uint8Array): number | undefined {
    return numberIn(libc().getgrnam(cPath(name)));
  }
}

function cached(
  names: Map<number, Uint8Array>,
  id: number,
  ask: () => Deno.PointerValue,
): Uint8Array {
  let name = names.get(id);
  if (name === undefined) names.set(id, name = nameIn(ask()));
  return name;
}

/** The name both structures begin with. */
function nameIn(structure: Deno.PointerValue): Uint8Array {
  if (structure === null) return EMPTY;
  const name = new Deno.UnsafePointerView(structure).getPointer();
  if (name === null) return EMPTY;
  const view = new Deno.UnsafePointerView(name);
  const bytes: number[] = [];
  for (let byte = view.getUint8(0); byte !== 0; byte = view.getUint8(bytes.length)) {
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

function numberIn(structure: Deno.PointerValue): number | undefined {
  if (structure === null) return undefined;
  return new Deno.UnsafePointerView(structure).getUint32(NUMBER_AT);
}
