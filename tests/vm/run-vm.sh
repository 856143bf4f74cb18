#!/bin/bash
# Runs a command in a throw-away Linux guest that has virtual LTO drives behind the kernel's real st
# driver: /dev/nst0 and so on. Nothing is installed on the host.
#
#   run-vm.sh [-e uml|qemu|newer] [-n DRIVES] [-s TAPE_MB] [-m MEMORY_MB] [-t TIMEOUT_S]
#             [-v HOSTDIR[:GUESTDIR[:rw]]]... [-E NAME=VALUE]... -- COMMAND ARGUMENT...
#
# The command's output goes to standard output, its exit status is returned (124: time-out, 125: the
# guest could not be set up). The guest is a User Mode Linux kernel, or an emulated machine without
# hardware help; tgt serves the drives and open-iscsi attaches them over the guest's loopback.
# "newer" is the emulated machine with the kernel of $VTAPE_NEWER_SUITE.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
CACHE=${VTAPE_CACHE:-$HERE/../../.ci/cache/vm}
ENGINE=${VTAPE_ENGINE:-uml} DRIVES=4 TAPE_MB=64 MEMORY_MB=2048 TIMEOUT_S=600 MOUNTS=() ENVIRONMENT=()
while getopts e:n:s:m:t:v:E: option; do
  case $option in
    e) ENGINE=$OPTARG ;; n) DRIVES=$OPTARG ;; s) TAPE_MB=$OPTARG ;; m) MEMORY_MB=$OPTARG ;;
    t) TIMEOUT_S=$OPTARG ;; v) MOUNTS+=("$OPTARG") ;; E) ENVIRONMENT+=("$OPTARG") ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))

for tool in apt-get dpkg-deb tar; do
  command -v $tool >/dev/null || { echo "run-vm: no $tool: guests are built on Debian only" >&2; exit 125; }
done
mkdir -p "$CACHE"/{debs/partial,apt}
CACHE=$(cd "$CACHE" && pwd)
: >"$CACHE/apt/status"
. "$HERE/guest-root.sh"

RUN=$(mktemp -d "$CACHE/run.XXXXXX")
trap 'rm -rf "$RUN"' EXIT
VIRTFS=() # the mounts as options of the emulator
ARGUMENTS="vmengine=$ENGINE vmrun=$RUN vmdrives=$DRIVES vmsize=$TAPE_MB quiet"

prepare() {
  (
    flock 9 # several guests may start at once
    build_root
    "build_$ENGINE"
    cp "$HERE/guest-init.sh" "$ROOT/init.new"
    chmod +x "$ROOT/init.new"
    mv "$ROOT/init.new" "$ROOT/init"
    cp "$HERE/vtape.sh" "$ROOT/usr/bin/vtape.new"
    chmod +x "$ROOT/usr/bin/vtape.new"
    mv "$ROOT/usr/bin/vtape.new" "$ROOT/usr/bin/vtape"
  ) 9>"$CACHE/lock"
  printf '%q ' "$@" >"$RUN/cmd"
  : >"$RUN/env"
  : >"$RUN/mounts"
  local entry host guest access count=0
  for entry in ${ENVIRONMENT[@]+"${ENVIRONMENT[@]}"}; do
    printf '%s=%q\n' "${entry%%=*}" "${entry#*=}" >>"$RUN/env"
  done
  for entry in ${MOUNTS[@]+"${MOUNTS[@]}"}; do
    IFS=: read -r host guest access <<<"$entry"
    guest=${guest:-$host}
    host=$(readlink -f "$host")
    mkdir -p "$ROOT$guest"
    echo "m$count $host $guest ${access:-ro}" >>"$RUN/mounts"
    VIRTFS+=(-virtfs "local,path=$host,mount_tag=m$count,security_model=none,multidevs=remap")
    count=$((count + 1))
  done
}

# Console 0 takes the kernel's log, console 1 the command's output. The guest's memory is a file in
# $TMPDIR, which must be a tmpfs that allows execution.
boot_uml() {
  TMPDIR=${VTAPE_RAMDIR:-/dev/shm} timeout -k 5 "$TIMEOUT_S" "$CACHE/uml/usr/bin/linux.uml" \
    mem="${MEMORY_MB}M" uml_dir="$RUN" root=/dev/root rootfstype=hostfs rootflags="$ROOT" ro init=/init \
    con=null con0=null,fd:1 con1=null,fd:4 $ARGUMENTS 4>&1 >"$RUN/console" 2>&1 </dev/null
}

boot_qemu() { emulate "$CACHE/qemu"; }

boot_newer() { emulate "$NEWER"; }

emulate() { # DIRECTORY : of the kernel
  local usr=$CACHE/qemu/root/usr
  local libraries=$usr/lib/x86_64-linux-gnu
  timeout -k 5 "$TIMEOUT_S" env LD_LIBRARY_PATH="$libraries" QEMU_MODULE_DIR="$libraries/qemu" \
    "$usr/bin/qemu-system-x86_64" -L "$usr/share/qemu" -L "$usr/share/seabios" \
    -accel tcg,thread=multi -cpu max -M q35 -m "$MEMORY_MB" -smp 2 -nodefaults -no-user-config \
    -display none -no-reboot -serial file:"$RUN/console" -serial stdio \
    -kernel "$1/vmlinuz" -initrd "$1/initrd.img" \
    -append "console=ttyS0 panic=-1 mitigations=off $ARGUMENTS" \
    -virtfs "local,path=$ROOT,mount_tag=root,security_model=none,readonly=on,multidevs=remap" \
    -virtfs "local,path=$RUN,mount_tag=vm,security_model=none" ${VIRTFS[@]+"${VIRTFS[@]}"} </dev/null
}

prepare "$@"
status=0
"boot_$ENGINE" || status=$?
if [ ! -e "$RUN/rc" ]; then
  echo "run-vm: the guest gave no exit status (the engine's: $status); its console:" >&2
  tail -30 "$RUN/console" >&2
  [ "$status" = 124 ] && exit 124
  exit 125
fi
exit "$(cat "$RUN/rc")"
