/**
 * RESTORE.txt: what a label says to somebody who has tapes and drives, but no ectar. It is a shell
 * script whose comments explain it, so that its commands are exactly those that were tested.
 *
 * @module
 */

import { printablePath } from "../printable.ts";
import { zfecHeaderLength } from "../shard/zfec_header.ts";

/** What the text is about; see `TapeLabel`. */
export interface RestoreFacts {
  /** Archive name. */
  name: string;
  /** When it was begun. */
  created: string;
  /** Tape set. */
  setUuid: string;
  /** This tape's shard number. */
  shard: number;
  /** Data shards. */
  k: number;
  /** Total shards. */
  m: number;
  /** Bytes per block. */
  blockSize: number;
}

/**
 * The text of RESTORE.txt.
 *
 * @param facts the tape's label
 * @param labelFile tape file number of the label; the first chunk is in the next one
 */
export function restoreText(facts: RestoreFacts, labelFile: number): string {
  const { k, m } = facts;
  const others = k === 1 ? "any one tape restores" : `any ${k} of the ${m} tapes restore`;
  return String.raw`#!/bin/sh
# HOW TO RESTORE THIS ARCHIVE WITHOUT ECTAR
#
# archive ${printablePath(facts.name)}, created ${printablePath(facts.created)}
# tape set ${facts.setUuid}
# this tape is shard ${facts.shard}; the set has ${m} tapes (shards 0 to ${
    m - 1
  }); ${others} everything.
#
# On each tape: tape file ${labelFile} is this label, then one tape file per chunk (a zfec share of
# ${k} + ${m - k}, in blocks of ${facts.blockSize} bytes), then the index (zstd, JSON inside).
# The joined chunks, in order, are one tar compressed with zstd.
#
# You need: dd, mt, zstd, tar, and either zunfec (from the Python package zfec) or Python 3.
# There must be room in $TMPDIR (or /tmp) for twice the size of one chunk.
#
# 1. Put ${
    k === 1 ? "a tape of the set into a drive" : `${k} or more tapes of the set into drives`
  }, in any order. Use the names that do not rewind (nst).
# 2. Unpack this label:   mt -f /dev/nst0 rewind && tar xf /dev/nst0
# 3. In an empty directory on a large disk, with all drives named, run
#        DRIVES="/dev/nst0 /dev/nst1" sh /path/to/RESTORE.txt
#    It restores into that directory, as root with owners; GNU tar brings attributes and access
#    control lists back, too. LIST=1 before it only lists the names.
#
# With fewer drives than ${k}: copy the tape files to disk drive by drive (dd, as below) and join them.

DRIVES="$${""}{DRIVES:?name the tape drives, as in DRIVES=\"/dev/nst0 /dev/nst1\"}"
BLOCK=${facts.blockSize}
NEEDED=${k}
MODE=$${""}{LIST:+-t}
MODE=$${""}{MODE:--x}
FIRST=${labelFile + 1}
HERE=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d "$${""}{TMPDIR:-/tmp}/restore.XXXXXX") || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM

say() { echo "$*" >&2; }

KEEP=
if tar --help 2>/dev/null | grep -q -e --xattrs-include; then
  KEEP="-p --xattrs --xattrs-include=* --acls"
fi

# place DRIVE FILE: wind the tape to the start of a tape file.
place() { mt -f "$1" rewind && mt -f "$1" fsf "$2"; }

# fetch DRIVE FILE OUTPUT: copy the tape file the drive stands at. After a failed read the share is
# left out and the tape goes to the next tape file by its number.
fetch() {
  if ! dd if="$1" bs="$BLOCK" of="$3" 2>"$3.dd"; then
    cat "$3.dd" >&2
    say "$1: tape file $2 cannot be read; going on without it"
    rm -f "$3"
    place "$1" "$(($2 + 1))" || : >"$3.lost"
  fi
}

# start FILE COUNT: its first bytes in hexadecimal.
start() { od -An -tx1 -N"$2" "$1" | tr -d ' \n'; }

# join SHARE...: write the chunk to standard output.
join() {
  if command -v zunfec >/dev/null; then
    [ $# -gt 1 ] || set -- "$1" "$1"
    zunfec -f -o "$WORK/chunk" "$@" >&2 && cat "$WORK/chunk"
  else
    python3 "$HERE/ectar-unfec.py" "$@"
  fi
}

# chunks: write all chunks, one after the other, until the index or the end of the tapes.
chunks() {
  file=$FIRST
  while :; do
    i=0
    for drive in $DRIVES; do
      i=$((i + 1))
      rm -f "$WORK/share.$i"
      [ -e "$WORK/share.$i.lost" ] || fetch "$drive" "$file" "$WORK/share.$i" &
    done
    wait
    set --
    seen=
    for share in $(seq -f "$WORK/share.%.0f" 1 $i); do
      [ -s "$share" ] || continue
      # The index starts with zstd's magic number; no share of a chunk does.
      if [ "$(start "$share" 4)" = 28b52ffd ]; then return 0; fi
      # Equal headers are copies of one share, which zunfec must not get twice.
      header=$(start "$share" ${zfecHeaderLength(k, m)})
      case " $seen " in *" $header "*) continue ;; esac
      seen="$seen $header"
      set -- "$@" "$share"
    done
    if [ $# -eq 0 ]; then
      say "no index behind chunk $((file - FIRST)): the archive ends there, or the tapes do"
      return 1
    fi
    if [ $# -lt "$NEEDED" ]; then
      say "chunk $((file - FIRST + 1)): $# shares, $NEEDED are needed"
      return 1
    fi
    join "$@" || return 1
    say "chunk $((file - FIRST + 1)) joined from $# shares"
    file=$((file + 1))
  done
}

for drive in $DRIVES; do place "$drive" "$FIRST" || say "$drive: cannot be wound"; done
{ chunks || : >"$WORK/failed"; } | zstd -dc | tar "$MODE" $KEEP -f - || exit 1
if [ -e "$WORK/failed" ]; then say "INCOMPLETE: see above"; exit 1; fi
say "done"
`;
}
