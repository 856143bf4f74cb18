/**
 * Name of this host, for tape labels.
 *
 * @module
 */

/** The name, or `unknown` where it cannot be had, such as for want of permission: no reason to fail. */
export function hostName(): string {
  try {
    return Deno.hostname();
  } catch {
    return "unknown";
  }
}
