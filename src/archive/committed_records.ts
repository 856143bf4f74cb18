/**
 * Which of the waiting file records stay true when a chunk is taken back.
 *
 * @module
 */

import type { RecordSpool } from "../index/record_spool.ts";
import type { FileRecord } from "../index/records.ts";

/** Together the end of a record. */
const COMMA = ",", NEWLINE = 0x0a;

/**
 * Spool offset behind the last record, from offset `from` on, of a member that ends within the first
 * `tarBytes` of the tar. Members end in the order of their records.
 *
 * @param chunkSize tar bytes of each chunk but the last
 */
export async function committedRecordsEnd(
  spool: RecordSpool,
  from: number,
  chunkSize: number,
  tarBytes: number,
): Promise<number> {
  const decoder = new TextDecoder();
  let end = from;
  let parts: Uint8Array[] = [];
  for await (const piece of spool.read(from, spool.size)) {
    let start = 0;
    for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, start)) {
      parts.push(piece.subarray(start, at));
      const line = parts.map((part) => decoder.decode(part, { stream: true })).join("");
      const record = (line + decoder.decode()).slice(0, -COMMA.length);
      const { chunk, offset, member_size }: FileRecord = JSON.parse(record);
      if ((chunk - 1) * chunkSize + offset + member_size > tarBytes) return end;
      end += parts.reduce((sum, part) => sum + part.length, 1);
      parts = [];
      start = at + 1;
    }
    parts.push(piece.slice(start));
  }
  return end;
}
