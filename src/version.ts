/**
 * The version, as deno.json has it.
 *
 * @module
 */

import manifest from "../deno.json" with { type: "json" };

/** ectar's version. */
export const VERSION: string = manifest.version;
