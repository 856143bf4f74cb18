/**
 * The lock that keeps a second repair of the same files out.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { lstatIfThere } from "./if_there.ts";
import { systemErrorName } from "./system_error.ts";

/** What the system says where a file system knows no locks. */
const NO_LOCKS = ["ENOLCK", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EINVAL"];

/**
 * Takes the lock file `path`, making it; it is let go when the file is closed.
 *
 * @param directory for messages, as is the archive's name
 * @throws {EctarError} `exists` when another ectar holds it
 */
export async function takeLock(
  path: string,
  directory: string,
  name: string,
): Promise<Deno.FsFile> {
  for (;;) {
    const file = await openLock(path);
    try {
      if (!await file.tryLock(true)) {
        throw new EctarError("exists", `another ectar is repairing ${name} in ${directory}`, {
          archive: name,
          path: directory,
          hint: "wait for it to end, then try again",
        });
      }
    } catch (error) {
      if (!NO_LOCKS.includes(systemErrorName(error) ?? "")) {
        file.close();
        throw error;
      }
    }
    // Whoever held it before may have removed it just after we opened it.
    const [ours, there] = [await file.stat(), await lstatIfThere(path)];
    if (there !== undefined && there.ino === ours.ino) return file;
    file.close();
  }
}

/** Opens the lock file, making it; never writes into it, whatever it leads to. */
async function openLock(path: string): Promise<Deno.FsFile> {
  for (;;) {
    try {
      return await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    } catch (error) {
      if (systemErrorName(error) !== "EEXIST") throw error;
    }
    const there = await lstatIfThere(path);
    if (there?.isSymlink) {
      throw new EctarError("exists", `${path} is in the way: it is a symbolic link`, { path });
    }
    try {
      return await Deno.open(path, { read: true });
    } catch (error) {
      if (systemErrorName(error) !== "ENOENT") throw error;
    }
  }
}
