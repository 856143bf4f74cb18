/**
 * The plainest tar there is: a few regular files with short ASCII names, in records of 10240 bytes.
 * Labels are made and recognised with it alone, so that a tape tells what it is whatever becomes of
 * the archive's own tar format.
 *
 * @module
 */

/** tar's default record: `tar tvf /dev/nst0` reads tapes in blocks of this many bytes. */
export const LABEL_BLOCK_BYTES = 10240;

const HEADER_BYTES = 512;
const CHECKSUM_OFFSET = 148;
const SIZE_OFFSET = 124;

/** A file in a label. */
export interface LabelMember {
  /** ASCII name, up to 99 bytes. */
  name: string;
  /** Content. */
  content: Uint8Array;
  /** Permission bits. */
  mode: number;
}

/** Makes a tar of the members, padded with zeros to whole records. */
export function encodeLabelTar(members: readonly LabelMember[], mtime: number): Uint8Array {
  const end = members.reduce(
    (sum, { content }) => sum + HEADER_BYTES + padded(content.length),
    2 * HEADER_BYTES,
  );
  const tar = new Uint8Array(Math.ceil(end / LABEL_BLOCK_BYTES) * LABEL_BLOCK_BYTES);
  let offset = 0;
  for (const member of members) {
    tar.set(encodeHeader(member, mtime), offset);
    tar.set(member.content, offset + HEADER_BYTES);
    offset += HEADER_BYTES + padded(member.content.length);
  }
  return tar;
}

/**
 * The content of the tar's first member, if it has that name and lies wholly in `bytes`; undefined
 * for anything else.
 */
export function firstLabelMember(bytes: Uint8Array, name: string): Uint8Array | undefined {
  if (bytes.length < HEADER_BYTES || !isTarHeader(bytes)) return undefined;
  if (textAt(bytes, 0, 100) !== name) return undefined;
  const size = octalAt(bytes, SIZE_OFFSET, 12);
  if (size === undefined || HEADER_BYTES + size > bytes.length) return undefined;
  return bytes.subarray(HEADER_BYTES, HEADER_BYTES + size);
}

/** Whether a tar header (of any tar) with a right checksum stands at the start. */
export function isTarHeader(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_BYTES) return false;
  const stored = octalAt(bytes, CHECKSUM_OFFSET, 8);
  return stored !== undefined && stored === checksum(bytes.subarray(0, HEADER_BYTES));
}

function encodeHeader({ name, content, mode }: LabelMember, mtime: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const put = (offset: number, text: string) => header.set(new TextEncoder().encode(text), offset);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  put(0, name);
  put(100, octal(mode, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(SIZE_OFFSET, octal(content.length, 11));
  put(136, octal(mtime, 11));
  put(156, "0");
  put(257, "ustar\0" + "00");
  put(265, "root");
  put(297, "root");
  put(CHECKSUM_OFFSET, octal(checksum(header), 6) + "\0 ");
  return header;
}

/** The sum of all bytes, those of the checksum field itself counted as spaces. */
function checksum(header: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < HEADER_BYTES; i++) {
    const inField = i >= CHECKSUM_OFFSET && i < CHECKSUM_OFFSET + 8;
    sum += inField ? 0x20 : header[i];
  }
  return sum;
}

function padded(size: number): number {
  return Math.ceil(size / HEADER_BYTES) * HEADER_BYTES;
}

function textAt(bytes: Uint8Array, offset: number, length: number): string {
  const field = bytes.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return String.fromCharCode(...field.subarray(0, end < 0 ? length : end));
}

function octalAt(bytes: Uint8Array, offset: number, length: number): number | undefined {
  const text = textAt(bytes, offset, length).trim();
  return /^[0-7]+$/.test(text) ? parseInt(text, 8) : undefined;
}
