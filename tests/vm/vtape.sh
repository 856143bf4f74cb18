#!/bin/bash
# Virtual LTO drives in the guest, and ways to break them. Drive I is /dev/nstI; it has an iSCSI
# target, a server (tgtd) and a file system of its own, so that each can fail without the others.
# Its tape is the file /tape/I/image.
#
#   vtape up I         start drive I with an empty tape of $TAPE_MB megabytes
#   vtape down I       take it away, whatever state it is in
#   vtape blank I      put an empty tape into it
#   vtape state I S    offline or running: what the kernel does with its commands
#   vtape delete I     the kernel forgets the device
#   vtape cut I        the connection breaks; it comes back after some seconds
#   vtape kill I       the server dies
#   vtape stop I       the server answers no more; "vtape continue I" lets it go on
#   vtape fill I       what holds the tape has no more room; "vtape room I" makes room again
#   vtape protect I 1  write-protect the tape; 0 takes that back
#   vtape medium I 0   no tape in the drive; 1 puts it back
set -euo pipefail

target() { echo "iqn.2024-01.vtape:d$1"; }
portal() { echo "127.0.0.1:$((3260 + $1))"; }
admin() { local drive=$1; shift; tgtadm -C "$drive" --lld iscsi "$@"; }
server() { cat "/run/vtape.$1.pid"; }
scsi() { echo "/sys/class/scsi_tape/nst$1/device"; }
until_true() { for _ in {1..100}; do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; return 1; }

new_tape() { # I FILE
  tgtimg --op=new --device-type=tape --barcode="VT000$1" --size="$TAPE_MB" --type=data \
    --file="$2" >/dev/null
}

up() { # I
  mkdir -p "/tape/$1"
  mountpoint -q "/tape/$1" || mount -t tmpfs -o size=100% tmpfs "/tape/$1"
  new_tape "$1" "/tape/$1/image"
  tgtd -f -C "$1" --iscsi portal="$(portal "$1")" >"/run/tgtd.$1.log" 2>&1 &
  echo $! >"/run/vtape.$1.pid"
  until_true admin "$1" --mode sys --op show
  admin "$1" --mode target --op new --tid 1 --targetname "$(target "$1")"
  admin "$1" --mode logicalunit --op new --tid 1 --lun 1 --device-type=tape --bstype=ssc \
    -b "/tape/$1/image"
  admin "$1" --mode target --op bind --tid 1 -I ALL
  until_true iscsiadm -m discovery -t st -p "$(portal "$1")"
  iscsiadm -m node -T "$(target "$1")" --login >/dev/null
  until_true test -e "/dev/nst$1"
}

down() { # I
  kill -CONT "$(server "$1")" 2>/dev/null || true
  iscsiadm -m node -T "$(target "$1")" --logout >/dev/null 2>&1 || true
  kill -KILL "$(server "$1")" 2>/dev/null || true
  iscsiadm -m node -T "$(target "$1")" -o delete >/dev/null 2>&1 || true
  until_true test ! -e "/dev/nst$1"
  umount "/tape/$1"
}

case $1 in
  up) up "$2" ;;
  down) down "$2" ;;
  blank) # into the same file: the server has it open
    new_tape "$2" "/tmp/vtape.$2"
    cat "/tmp/vtape.$2" >"/tape/$2/image"
    rm "/tmp/vtape.$2" ;;
  state) echo "$3" >"$(scsi "$2")/state" ;;
  delete) echo 1 >"$(scsi "$2")/delete" ;;
  cut)
    for session in $(admin "$2" --mode conn --op show --tid 1 | sed -n 's/^Session: //p'); do
      admin "$2" --mode conn --op delete --tid 1 --sid "$session" --cid 0
    done ;;
  kill) kill -KILL "$(server "$2")" ;;
  stop) kill -STOP "$(server "$2")" ;;
  continue) kill -CONT "$(server "$2")" ;;
  fill) mount -o remount,size="$(du -k "/tape/$2/image" | cut -f1)k" "/tape/$2" ;;
  room) mount -o remount,size=100% "/tape/$2" ;;
  protect) admin "$2" --mode logicalunit --op update --tid 1 --lun 1 --params "readonly=$3" ;;
  medium) admin "$2" --mode logicalunit --op update --tid 1 --lun 1 --params "online=$3" ;;
  *) exit 2 ;;
esac
