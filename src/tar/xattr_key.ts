/**
 * Names of extended attributes inside PAX keywords. A keyword ends at the first `=`, so GNU tar
 * writes `%3D` for `=` and `%25` for `%`, and reads exactly those two back. libarchive percent-encodes
 * like a URL. Names are texts of one character per byte here (see `latin1`).
 *
 * @module
 */

/**
 * The name as GNU tar reads it back. A `%` that cannot be mistaken for an escape stays as it is,
 * because bsdtar takes the keyword literally.
 */
export function encodeXattrKey(name: string): string {
  return name.replaceAll(/%(?=25|3D)/g, "%25").replaceAll("=", "%3D");
}

/** What GNU tar makes of a keyword. */
export function decodeXattrKey(key: string): string {
  return key.includes("%") ? key.replaceAll(/%(25|3D)/g, (_, c) => c === "25" ? "%" : "=") : key;
}

/** What libarchive makes of its own keyword. */
export function decodeUrlKey(key: string): string {
  return key.replaceAll(
    /%([0-9A-Fa-f]{2})/g,
    (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
