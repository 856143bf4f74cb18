/**
 * The label: the tape file in front of an archive's chunks. It says which archive, set and shard
 * the tape belongs to, and holds what restoring without ectar takes.
 *
 * @module
 */

import { EctarError } from "../errors.ts";
import { MAX_BLOCK_SIZE } from "../format_limits.ts";
import { printablePath } from "../printable.ts";
import { encodeLabelTar, firstLabelMember } from "./label_tar.ts";
import { restoreText } from "./restore_text.ts";
import { ZFEC_DECODER_PY } from "./zfec_decoder_py.ts";

/** What a label says. */
export interface TapeLabel {
  /** UUID of the tapes written together. */
  setUuid: string;
  /** UUID of this tape file sequence; tells copies of one shard apart. */
  volumeUuid: string;
  /** Shard number, from 0. */
  shard: number;
  /** Volume number, from 0: the first tape of this shard, the second, … */
  volume: number;
  /** Data shards. */
  k: number;
  /** Total shards. */
  m: number;
  /** Bytes per block of the tape files that follow. */
  blockSize: number;
  /** Archive name. */
  name: string;
  /** Archive UUID. */
  archiveUuid: string;
  /** When the archive was begun, RFC 3339 in UTC. */
  created: string;
  /** Host it was written on. */
  host: string;
  /** ectar's version that wrote it. */
  toolVersion: string;
  /** Chunk that the first tape file behind the label holds (a part of). */
  firstChunk: number;
  /** Offset in that chunk's shard, in bytes, with which it starts. */
  firstShardOffset: number;
}

const JSON_NAME = "ectar-label.json";
const FORMAT = "ectar tape label";
const VERSION_OF_FORMAT = "2.0";

/**
 * The label's bytes: a tar in whole records of 10240 bytes.
 *
 * @param label what it says
 * @param tapeFile number of the tape file it is written as, for its RESTORE.txt
 */
export function encodeLabel(label: TapeLabel, tapeFile = 0): Uint8Array {
  const json = {
    format: FORMAT,
    version: VERSION_OF_FORMAT,
    tape_set_uuid: label.setUuid,
    volume_uuid: label.volumeUuid,
    shard: label.shard,
    volume: label.volume,
    data_shards: label.k,
    total_shards: label.m,
    block_size: label.blockSize,
    archive_name: label.name,
    archive_uuid: label.archiveUuid,
    created: label.created,
    host: label.host,
    tool_version: label.toolVersion,
    first_chunk: label.firstChunk,
    first_shard_offset: label.firstShardOffset,
  };
  const text = (content: string) => new TextEncoder().encode(content);
  return encodeLabelTar([
    { name: JSON_NAME, content: text(JSON.stringify(json, null, 1) + "\n"), mode: 0o644 },
    { name: "RESTORE.txt", content: text(restoreText(label, tapeFile)), mode: 0o644 },
    { name: "ectar-unfec.py", content: text(ZFEC_DECODER_PY), mode: 0o755 },
  ], Math.max(0, Math.floor(Date.parse(label.created) / 1000)));
}

/**
 * Reads a label from a tape file's first block.
 *
 * @returns undefined when the block is no ectar label at all
 * @throws {EctarError} `format` when it is one, but a broken one
 */
export function parseLabel(block: Uint8Array): TapeLabel | undefined {
  const content = firstLabelMember(block, JSON_NAME);
  if (content === undefined) return undefined;
  const fields = new LabelFields(content);
  const m = fields.integer("total_shards", 2, 256);
  return {
    setUuid: fields.uuid("tape_set_uuid"),
    volumeUuid: fields.uuid("volume_uuid"),
    shard: fields.integer("shard", 0, m - 1),
    volume: fields.integer("volume", 0, 1e6),
    k: fields.integer("data_shards", 1, m - 1),
    m,
    blockSize: fields.integer("block_size", 1, MAX_BLOCK_SIZE),
    name: fields.fileName("archive_name"),
    archiveUuid: fields.uuid("archive_uuid"),
    created: fields.text("created"),
    host: fields.text("host"),
    toolVersion: fields.text("tool_version"),
    firstChunk: fields.integer("first_chunk", 1, Number.MAX_SAFE_INTEGER),
    firstShardOffset: fields.integer("first_shard_offset", 0, Number.MAX_SAFE_INTEGER),
  };
}

/** One line for people: what a tape with this label is. */
export function describeLabel(label: TapeLabel): string {
  const volume = label.volume > 0 ? `, volume ${label.volume}` : "";
  return `shard ${label.shard} of ${label.m} (any ${label.k} restore)${volume} of archive ` +
    `${printablePath(label.name)}, created ${printablePath(label.created)}, set ${label.setUuid}`;
}

/** Checked access to the label's JSON. */
class LabelFields {
  readonly #fields: Record<string, unknown>;

  constructor(content: Uint8Array) {
    let json: unknown;
    try {
      json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
    } catch (cause) {
      throw new EctarError("format", "tape label is damaged: not JSON", {}, { cause });
    }
    if (typeof json !== "object" || json === null) throw broken("not an object");
    this.#fields = json as Record<string, unknown>;
    if (this.#fields.format !== FORMAT) throw broken("unknown format");
    const version = this.text("version");
    if (!version.startsWith("2.")) {
      throw new EctarError("unsupported", `tape label has version ${printablePath(version)}`, {
        hint: "use a newer ectar",
      });
    }
  }

  text(key: string): string {
    const value = this.#fields[key];
    if (typeof value !== "string" || value.length > 1000) throw broken(key);
    return value;
  }

  integer(key: string, low: number, high: number): number {
    const value = this.#fields[key];
    if (typeof value !== "number" || !Number.isInteger(value) || value < low || value > high) {
      throw broken(key);
    }
    return value;
  }

  uuid(key: string): string {
    const value = this.text(key);
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) throw broken(key);
    return value;
  }

  /** Archive names become file names, so a label must not choose a place to write to. */
  fileName(key: string): string {
    const value = this.text(key);
    if (value === "" || value === "." || value === ".." || /[/\0]/.test(value)) throw broken(key);
    return value;
  }
}

function broken(what: string): EctarError {
  return new EctarError("format", `tape label is damaged: ${what}`);
}
