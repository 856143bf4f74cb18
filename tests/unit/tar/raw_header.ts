/**
 * Hand-made tar headers and PAX records, also wrong ones, for the tests of the decoder.
 *
 * @module
 */

import { concat } from "../../bytes.ts";
import { bytes } from "./tar_fixtures.ts";

/** Fields of a header; absent ones are as in a small ordinary ustar file. */
export interface RawHeader {
  name?: string | Uint8Array;
  type?: string;
  size?: number | Uint8Array;
  mode?: string | Uint8Array;
  mtime?: Uint8Array;
  uid?: Uint8Array;
  link?: string;
  magic?: string;
  /** Bytes to lay over the finished fields, by offset; the checksum is made after that. */
  patches?: [at: number, value: string | Uint8Array][];
  checksum?: "signed" | "wrong";
}

const toBytes = (value: string | Uint8Array) => typeof value === "string" ? bytes(value) : value;

/** One header block. */
export function rawHeader(header: RawHeader): Uint8Array {
  const block = new Uint8Array(512);
  const put = (at: number, value: string | Uint8Array) => block.set(toBytes(value), at);
  const size = header.size ?? 0;
  put(0, header.name ?? "file");
  put(100, header.mode ?? "0000644\0");
  put(108, header.uid ?? "0001750\0");
  put(116, "0001750\0");
  put(124, typeof size === "number" ? `${size.toString(8).padStart(11, "0")}\0` : size);
  put(136, header.mtime ?? "00000000001\0");
  put(156, header.type ?? "0");
  put(157, header.link ?? "");
  put(257, header.magic ?? "ustar\x0000");
  for (const [at, value] of header.patches ?? []) put(at, value);
  put(148, "        ");
  const signed = header.checksum === "signed";
  const sum = block.reduce((total, byte) => total + (signed && byte > 127 ? byte - 256 : byte), 0);
  put(148, `${(sum + (header.checksum === "wrong" ? 1 : 0)).toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** Bytes padded to whole blocks. */
export function padded(data: string | Uint8Array): Uint8Array {
  const raw = toBytes(data);
  return concat([raw, new Uint8Array((512 - raw.length % 512) % 512)]);
}

/** One PAX record. */
export function paxRecord(key: string, value: string | Uint8Array): Uint8Array {
  const rest = concat([bytes(` ${key}=`), toBytes(value), bytes("\n")]);
  let length = rest.length;
  while (String(length).length + rest.length !== length) {
    length = String(length).length + rest.length;
  }
  return concat([bytes(String(length)), rest]);
}

/** A PAX header with its records. */
export function paxHeader(records: readonly Uint8Array[], type = "x"): Uint8Array {
  const body = concat(records);
  return concat([rawHeader({ name: "PaxHeader", type, size: body.length }), padded(body)]);
}

/** The parts, ended as an archive. */
export function archiveOf(...parts: Uint8Array[]): Uint8Array {
  return concat([...parts, new Uint8Array(1024)]);
}
