/**
 * Finds which archive is meant and which files belong to it, from what operators give: a base name,
 * a directory, an index file, one shard file, or a pattern; several of them when the shards are
 * spread over several disks.
 *
 * @module
 */

import picomatch from "picomatch";
import { EctarError } from "../errors.ts";
import { splitPath } from "../file_path.ts";
import { type ArchiveFile, listFiles } from "./archive_files.ts";
import { pendingCommit } from "./commit.ts";
import { isMadeBy } from "./commit_marker.ts";
import { archiveOfFile, parseShardFileName, type ShardName } from "./shard_name.ts";

/** One shard file that was found. */
export interface ShardFile {
  /** Chunk number its name claims. */
  chunk: number;
  /** Shard number its name claims. */
  shard: number;
  /** Path. */
  path: string;
}

/** The files of one archive. */
export interface ArchiveFiles {
  /** Archive name. */
  name: string;
  /** Shard files by chunk number, each in order of shard and place. */
  shards: Map<number, ShardFile[]>;
  /** Paths of index files, in order of place. */
  indexes: string[];
  /** UUID of the archive that an interrupted commit had made valid. */
  committedUuid: string | undefined;
}

interface Place {
  directory: string;
  /** Which of the archive files in that directory are meant. */
  choose: (files: NamedFile[]) => NamedFile[];
}

/** A file of some archive. */
interface NamedFile {
  file: ArchiveFile;
  /** Archive name. */
  name: string;
  /** What its name says, or undefined for an index. */
  shard: ShardName | undefined;
}

/**
 * Lists the files of the one archive that `inputs` name.
 *
 * @throws {EctarError} `not-found` when there is none, `usage` when they name several archives
 */
export async function findArchiveFiles(inputs: readonly string[]): Promise<ArchiveFiles> {
  const byArchive = new Map<string, ArchiveFiles>();
  const seenPaths = new Set<string>();
  for (const input of inputs) {
    const place = await parsePlace(input);
    let found = 0;
    for (const { file, name, shard } of await committedFiles(place)) {
      const archive = byArchive.get(name) ?? await newArchive(name, place.directory);
      byArchive.set(name, archive);
      found++;
      if (seenPaths.has(file.path)) continue;
      seenPaths.add(file.path);
      if (shard === undefined) archive.indexes.push(file.path);
      else addShard(archive, { chunk: shard.chunk, shard: shard.shard, path: file.path });
    }
    if (found === 0) throw nothingFound(input);
  }
  const archives = [...byArchive.values()];
  if (archives.length > 1) throw severalFound(archives.map((archive) => archive.name));
  const [archive] = archives;
  for (const shards of archive.shards.values()) shards.sort((a, b) => a.shard - b.shard);
  return archive;
}

function addShard(archive: ArchiveFiles, shard: ShardFile): void {
  const shards = archive.shards.get(shard.chunk);
  if (shards === undefined) archive.shards.set(shard.chunk, [shard]);
  else shards.push(shard);
}

async function listArchiveFiles(directory: string): Promise<NamedFile[]> {
  const named: NamedFile[] = [];
  for (const file of await listFiles(directory)) {
    const name = archiveOfFile(file.fileName);
    if (name === undefined) continue;
    named.push({ file, name, shard: parseShardFileName(file.fileName) });
  }
  return named;
}

async function newArchive(name: string, directory: string): Promise<ArchiveFiles> {
  const pending = await pendingCommit(directory, name);
  return { name, shards: new Map(), indexes: [], committedUuid: pending?.uuid };
}

/**
 * The files that are meant, as they are once interrupted commits are finished: what a commit has not
 * renamed yet counts as renamed, what it replaces as gone.
 */
async function committedFiles({ directory, choose }: Place): Promise<NamedFile[]> {
  const files = choose(await listArchiveFiles(directory));
  const committed: NamedFile[] = [];
  for (const [name, ofArchive] of Map.groupBy(files, ({ name }) => name)) {
    const pending = await pendingCommit(directory, name);
    const isNew = ({ file }: NamedFile) => file.isTemporary && file.id === pending?.id;
    const arriving = new Set(ofArchive.filter(isNew).map(({ file }) => file.fileName));
    // A repair replaces single files; all others stay.
    const isKept = (fileName: string) =>
      pending === undefined || pending.repair !== undefined || isMadeBy(pending, name, fileName);
    const stays = ({ file: { isTemporary, fileName } }: NamedFile) =>
      !isTemporary && !arriving.has(fileName) && isKept(fileName);
    for (const file of ofArchive) if (isNew(file) || stays(file)) committed.push(file);
  }
  return committed;
}

async function parsePlace(input: string): Promise<Place> {
  if (input === "") throw new EctarError("usage", "an empty name was given as input");
  const { directory, fileName: base } = splitPath(input);
  if (await isDirectory(input)) {
    const inside = { directory: input, choose: (files: NamedFile[]) => files };
    const beside = { directory, choose: (files: NamedFile[]) => named(files, base) };
    return await isBesideOnly(input, inside, beside) ? beside : inside;
  }
  if (/[*?[{]/.test(base) && !await exists(input)) {
    return { directory, choose: (files) => named(files, base, () => chooseMatching(files, base)) };
  }
  const isOneFile = await exists(input);
  const ofOneFile = isOneFile ? archiveOfFile(base) : base;
  return { directory, choose: (files) => named(files, ofOneFile ?? base) };
}

/** The files of an archive of just that name, or else what `otherwise` chooses. */
function named(
  files: NamedFile[],
  archive: string,
  otherwise: () => NamedFile[] = () => [],
): NamedFile[] {
  const own = files.filter(({ name }) => name === archive);
  return own.length > 0 ? own : otherwise();
}

/**
 * Whether a directory's name means an archive beside it: `ectar create -o home home` makes both.
 *
 * @throws {EctarError} `usage` when there are archives in the directory, too
 */
async function isBesideOnly(input: string, inside: Place, beside: Place): Promise<boolean> {
  if (!await holdsFiles(beside)) return false;
  if (!await holdsFiles(inside)) return true;
  throw new EctarError("usage", `${input} is an archive, and a directory with archives in it`, {
    path: input,
    hint: `give ${input}/ for those in the directory, or ${input}.index.zst for the other`,
  });
}

async function holdsFiles(place: Place): Promise<boolean> {
  try {
    return (await committedFiles(place)).length > 0;
  } catch {
    // Whoever may not list it gets to know when it is really meant.
    return false;
  }
}

/** A pattern such as `backup.c*` means the shards it matches, and their archives' indexes. */
function chooseMatching(files: NamedFile[], pattern: string): NamedFile[] {
  const matches = picomatch(pattern, { dot: false, nonegate: true });
  const matching = files.filter(({ file, name }) => matches(file.fileName) || matches(name));
  const archives = new Set(matching.map(({ name }) => name));
  const indexes = files.filter(({ name, shard }) => shard === undefined && archives.has(name));
  return [...new Set([...matching, ...indexes])];
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}

function nothingFound(input: string): EctarError {
  return new EctarError("not-found", `no shards and no index found for ${input}`, {
    path: input,
    hint: "give the archive's base name, its directory, its index file, or a pattern in quotes",
  });
}

function severalFound(names: readonly string[]): EctarError {
  const some = names.slice(0, 5).join(", ") + (names.length > 5 ? ", …" : "");
  return new EctarError("usage", `${names.length} archives are named: ${some}`, {
    hint: "give the base name of one of them",
  });
}
