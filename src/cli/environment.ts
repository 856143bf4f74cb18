/**
 * The environment variables that ectar reads, in one place: for help, for the manual page, and for
 * the permissions of the executable, which can read no others.
 *
 * @module
 */

/** Environment variable with the drives' names. */
export const DEVICES_VARIABLE = "ECTAR_TAPE_DEVICES";
/** Environment variable with the tape block size. */
export const BLOCK_SIZE_VARIABLE = "ECTAR_BLOCK_SIZE";
/** Environment variable that keeps the output plain, whatever its value. */
export const NO_COLOR_VARIABLE = "NO_COLOR";

/** Each variable and what it does. */
export const ENVIRONMENT: readonly (readonly [name: string, meaning: string])[] = [
  [DEVICES_VARIABLE, "default of --tape-devices"],
  [BLOCK_SIZE_VARIABLE, "default of --block-size on tapes"],
  ["TMPDIR", "directory for temporary files (default: /tmp)"],
  [NO_COLOR_VARIABLE, "when set, no colours"],
];

/** What the self-extracting executable reads before the program starts. */
export const LAUNCHER_ENVIRONMENT: readonly (readonly [name: string, meaning: string])[] = [
  ["ECTAR_CACHE_DIR", "where the self-extracting executable unpacks itself"],
];
