/**
 * Names of the files of an archive: `NAME.cNNN.sNN` and `NAME.index.zst`.
 *
 * @module
 */

import { EctarError } from "../errors.ts";

/** What a shard file's name says. */
export interface ShardName {
  /** Archive name. */
  name: string;
  /** Chunk number, from 1. */
  chunk: number;
  /** Shard number, from 0. */
  shard: number;
}

const SHARD_NAME = /^(.+)\.c(\d{3,15})\.s(\d{2,3})$/s;
const INDEX_SUFFIX = ".index.zst";

/**
 * Name of a shard's file: three or more digits of chunk from 001, two or more of shard from 00.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { shardFileName } from "@ectar/ectar";
 *
 * assert(shardFileName("backup", 1, 0) === "backup.c001.s00");
 * ```
 */
export function shardFileName(name: string, chunk: number, shard: number): string {
  return `${name}.c${String(chunk).padStart(3, "0")}.s${String(shard).padStart(2, "0")}`;
}

/** Name of an archive's index file. */
export function indexFileName(name: string): string {
  return name + INDEX_SUFFIX;
}

/** Reads a shard file's name (no folders in it); undefined when it is none. */
export function parseShardFileName(fileName: string): ShardName | undefined {
  const match = SHARD_NAME.exec(fileName);
  if (match === null) return undefined;
  const chunk = Number(match[2]);
  const shard = Number(match[3]);
  const parsed = { name: match[1], chunk, shard };
  // Only the one spelling that we write: "c0001" is somebody else's file.
  return chunk >= 1 && shard <= 255 && shardFileName(parsed.name, chunk, shard) === fileName
    ? parsed
    : undefined;
}

/** Archive name of an index file's name; undefined when it is none. */
export function parseIndexFileName(fileName: string): string | undefined {
  return fileName.length > INDEX_SUFFIX.length && fileName.endsWith(INDEX_SUFFIX)
    ? fileName.slice(0, -INDEX_SUFFIX.length)
    : undefined;
}

/** Archive whose shard or index has a file name; undefined when it is neither's. */
export function archiveOfFile(fileName: string): string | undefined {
  return parseShardFileName(fileName)?.name ?? parseIndexFileName(fileName);
}

/**
 * Refuses archive names that could not stand as file names, or that would hide among others.
 *
 * @throws {EctarError} `usage`
 */
export function checkArchiveName(name: string): void {
  const bad = name === "" || name === "." || name === ".." || /[/\0\n]/.test(name);
  if (bad) {
    throw new EctarError("usage", `${JSON.stringify(name)} cannot be an archive name`, {
      hint: "give a file name such as backup, without an ending",
    });
  }
  if (new TextEncoder().encode(name).length > 200) {
    throw new EctarError("usage", `archive name is longer than 200 bytes`);
  }
}
