#!/bin/sh
# ectar @VERSION@ for @TARGET@: a shell script with compressed files behind it.
#
# At its first run it unpacks these files into a private directory; from then on it only looks
# whether they are still the same, and runs them. It needs a POSIX shell, coreutils and gzip.
#
# Where: $ECTAR_CACHE_DIR; without it, for root /var/cache/ectar, for others $XDG_CACHE_HOME/ectar or
# ~/.cache/ectar; where these cannot be used, /root/.cache/ectar for root, for others a directory in
# /var/tmp, /tmp or /dev/shm. Root pays no attention to HOME and XDG_CACHE_HOME. Nobody but the user
# and root may be able to change the directory, a file in it, or what leads to it.
#
# Checked: each file's SHA-256 when it is unpacked, and again whenever its inode, size or change time
# differs from what it was when the file was found right.

build=@BUILD@
machine=@MACHINE@
payload=@PAYLOAD_OFFSET@
names='@NAMES@'
# Of each file: mode, SHA-256, offset behind this script, compressed bytes, name.
files='@FILES@'

unset IFS CDPATH
PATH=/usr/bin:/bin:/usr/sbin:/sbin${PATH:+:$PATH}

fail() {
  printf 'ectar: %s\n' "$1" >&2
  exit 1
}

# --- is a directory safe? ------------------------------------------------------------------------

# Whether only this user and root can change what is in $1. Sets $why if not.
is_safe() {
  above=$1
  set -- /
  while [ -n "$above" ]; do
    set -- "$above" "$@"
    above=${above%/*}
  done
  above=no
  # shellcheck disable=SC2046 # words: owner, group and mode of each
  set -- $(LC_ALL=C stat -c '%u %g %f' -- "$@" 2>/dev/null)
  [ $# -gt 0 ] || { why="it cannot be looked at"; return 1; }
  while [ $# -gt 0 ]; do
    [ "$1" = "$user" ] || [ "$1" = 0 ] || { why="it is, or lies, in a directory of another user"; return 1; }
    others_write "$1" "$2" $((0x$3)) && { why="it is, or lies, in a directory that others may write to"; return 1; }
    above=yes
    shift 3
  done
}

# Whether others can replace what is ours in a directory. $1 owner, $2 group, $3 mode.
others_write() {
  [ $(($3 & 022)) != 0 ] || return 1
  [ "$user" != 0 ] || return 0
  # Above the directory itself, the sticky bit guards what is ours.
  [ $above = yes ] && [ $(($3 & 01000)) != 0 ] && return 1
  # The group may be the user's own, as it is where the umask is 002.
  [ $(($3 & 002)) != 0 ] || [ "$1 $2" != "$user $(id -g)" ] || [ "$(id -gn)" != "$(id -un)" ]
}

# --- are the files right? ------------------------------------------------------------------------

# What tells a change of any file in $1: device, inode, size, and when anything about it changed.
facts_of() {
  dir=$1
  set --
  for name in $names; do set -- "$@" "$dir/$name"; done
  LC_ALL=C stat --printf '%d:%i:%s:%.Z;' -- "$@" 2>/dev/null
}

# Whether the file $1 has the SHA-256 $2.
has_sha256() {
  [ "$(sha256sum <"$1")" = "$2  -" ]
} 2>/dev/null

# Whether all files in $1 are right, by their SHA-256.
all_right() {
  dir=$1
  # shellcheck disable=SC2086 # words
  set -- $files
  while [ $# -gt 0 ]; do
    has_sha256 "$dir/$5" "$2" && chmod "$1" "$dir/$5" 2>/dev/null || return 1
    shift 5
  done
}

# Remembers what the files in $1, which are right, look like.
remember() {
  facts=$(facts_of "$1") && printf '%s\n' "$facts" >"$1/.checked.$$" && mv -f "$1/.checked.$$" "$1/checked"
} 2>/dev/null

# Whether $1 holds the files, safe and right. Sets $ready to the directory without symbolic links.
is_ready() {
  [ -f "$1/checked" ] && ready=$(cd -P -- "$1" 2>/dev/null && pwd -P) && is_safe "$ready" || return 1
  { read -r checked <"$ready/checked"; } 2>/dev/null
  [ "$(facts_of "$ready")" = "$checked" ] && return 0
  all_right "$ready" && remember "$ready"
}

# --- unpacking -----------------------------------------------------------------------------------

# Compressed bytes of a file. $1 offset, $2 size.
part() {
  tail -c +$((payload + $1 + 1)) -- "$self" | head -c "$2"
}

# Unpacks and checks one file. $1 mode, $2 SHA-256, $3 offset, $4 size, $5 where to.
unpack_file() {
  part "$3" "$4" | gzip -dc >"$5"
  if ! has_sha256 "$5" "$2"; then
    part "$3" "$4" | gzip -t && return 1
    why=damaged
    return 1
  fi
  chmod "$1" "$5" && { sync -- "$5" || sync; }
} 2>/dev/null

# Unpacks into $1/$build. Each file is complete and checked before it gets its name, so that two
# first runs at once, or one that is killed, leave nothing wrong behind.
unpack() {
  place=$1
  why="it cannot be written to, or is full"
  new=$(mktemp -d "$place/.new.XXXXXX" 2>/dev/null) || return 1
  trap 'rm -rf "$new"' EXIT
  trap 'exit 130' HUP INT TERM
  # shellcheck disable=SC2086 # words
  set -- $files
  while [ $# -gt 0 ]; do
    unpack_file "$1" "$2" "$3" "$4" "$new/$5" || return 1
    shift 5
  done
  if ! said=$(HOME=$new "$new/ectar" --version 2>&1); then
    why="programs in it do not run: $said"
    return 1
  fi
  for name in $names; do mv -f "$new/$name" "$place/$build/$name" 2>/dev/null || return 1; done
  remember "$place/$build" || return 1
  remove_unused "$place"
}

# Removes from $1 other builds that nobody has started for a month, and what killed runs left.
remove_unused() {
  month_ago=$(($(date +%s) - 30 * 86400))
  for old in "$1"/.new.* "$1"/*/used; do
    changed=$(stat -c %Y -- "$old" 2>/dev/null) || continue
    [ "$changed" -lt "$month_ago" ] && rm -rf -- "${old%/used}"
  done
  return 0
}

# Makes $1 ready. Sets $why if it cannot be.
make_ready() {
  why="it cannot be made"
  (umask 077 && mkdir -p -- "$1/$build") 2>/dev/null || return 1
  ready=$(cd -P -- "$1/$build" 2>/dev/null && pwd -P) && is_safe "$ready" || return 1
  why=$(umask 077; unpack "${ready%/*}" && exit 0; printf '%s' "$why"; exit 1) && is_ready "$ready"
}

# --- finding a place, and running ----------------------------------------------------------------

# Sets $ready to the first of the directories "$@" that is ready, or can be made so.
find_ready() {
  for place; do
    case $place in /*) is_ready "$place/$build" && return 0 ;; esac
  done
  [ "$(uname -m)" = "$machine" ] || fail "this ectar is for $machine machines, not for $(uname -m)"
  for tool in chmod gzip head mkdir mktemp mv rm sha256sum stat sync tail; do
    command -v "$tool" >/dev/null || fail "there is no $tool, which is needed to unpack"
  done
  tried=
  for place; do
    case $place in
      /*) make_ready "$place" && return 0 ;;
      *) why="it is no absolute path" ;;
    esac
    [ "$why" != damaged ] || fail "$self is damaged; copy it once more"
    tried="$tried
  $place: $why"
  done
  fail "there is no directory to unpack to; ECTAR_CACHE_DIR can name one. Tried:$tried"
}

find_place() {
  if [ -n "$ECTAR_CACHE_DIR" ]; then
    find_ready "$ECTAR_CACHE_DIR"
  elif [ "$user" = 0 ]; then
    find_ready /var/cache/ectar /root/.cache/ectar
  else
    case $HOME in /*) set -- "$HOME/.cache/ectar" ;; *) set -- ;; esac
    case $XDG_CACHE_HOME in /*) set -- "$XDG_CACHE_HOME/ectar" "$@" ;; esac
    find_ready "$@" "/var/tmp/ectar-$user" "/tmp/ectar-$user" "/dev/shm/ectar-$user"
  fi
}

# Takes out of the environment what would change how Deno works.
set_aside_variables() {
  set -f
  # Words, not lines: a part of a value that looks like a name only unsets what is not set.
  for word in $(export -p); do
    case ${word%%=*} in
      *[!A-Z0-9_]*) ;;
      DENO_* | NODE_* | NPM_CONFIG_* | OTEL_*) unset "${word%%=*}" ;;
    esac
  done
  set +f
  export DENO_NO_UPDATE_CHECK=1 DENO_NO_PACKAGE_JSON=1
}

main() {
  self=$0
  [ -f "$self" ] || self=$(command -v -- "$0")
  user=$(id -u)
  [ -e /proc/self/exe ] || fail "/proc is not mounted; Deno, which runs ectar, cannot do without"
  set_aside_variables
  find_place
  { true >"$ready/used"; } 2>/dev/null
  # Deno neither reads nor writes anything of the user's own, neither ~/.npmrc nor a cache, and does
  # not complain that it has no cache.
  export HOME="$ready" DENO_DIR="$ready/no-cache" DENO_LOG=info,deno::cache::cache_db=off
  exec "$ready/ectar" @DENO_ARGUMENTS@ "$ready/ectar.js" "$@"
}

main "$@"
exit 1
