/**
 * Loaded before tests that use the C library: it stays loaded for the life of the process, which the
 * leak check would blame on whichever test came first.
 *
 * @module
 */

import { libc } from "../ffi/libc.ts";

libc();
