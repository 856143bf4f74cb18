/**
 * Flags of the kernel's file calls, as they are on x86-64 and arm64.
 *
 * @module
 */

const arm = Deno.build.arch === "aarch64";

/** Return at once where opening would wait. */
export const O_NONBLOCK = 0o4000;
/** Fail unless it is a directory. */
export const O_DIRECTORY = arm ? 0o40000 : 0o200000;
/** Fail at a symbolic link. */
export const O_NOFOLLOW = arm ? 0o100000 : 0o400000;
/** Programs that are started do not get the descriptor. */
export const O_CLOEXEC = 0o2000000;
/** Name a node without opening what is in it. */
export const O_PATH = 0o10000000;

/** Instead of a directory's descriptor: the current directory. */
export const AT_FDCWD = -100;
/** Look at a symbolic link itself. */
export const AT_SYMLINK_NOFOLLOW = 0x100;
/** With an empty path: the descriptor itself. */
export const AT_EMPTY_PATH = 0x1000;
