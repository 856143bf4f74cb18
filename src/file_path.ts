/**
 * Paths of files: the directory and the name in it.
 *
 * @module
 */

/** A path taken apart. */
export interface SplitPath {
  /** The directory: `.` where the path names none. */
  directory: string;
  /** What follows the last slash. */
  fileName: string;
}

/** Takes a path apart at its last slash. */
export function splitPath(path: string): SplitPath {
  const slash = path.lastIndexOf("/");
  return {
    directory: slash < 0 ? "." : path.slice(0, slash) || "/",
    fileName: path.slice(slash + 1),
  };
}

/** Path of a file in a directory. */
export function pathIn(directory: string, fileName: string): string {
  return directory.endsWith("/") ? directory + fileName : `${directory}/${fileName}`;
}
