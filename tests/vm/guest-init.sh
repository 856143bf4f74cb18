#!/bin/bash
# The guest's first process, the same for both engines. The root is read-only, all that is writable
# is in memory. /run/vm is shared with the host: cmd (what to run), env, mounts, rc (written back).
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mount -t tmpfs tmpfs /tmp
for dir in /run /root /var/lib /mnt /tape; do mount -t tmpfs -o mode=755 tmpfs $dir; done
mkdir -p /dev/shm /run/lock /run/tgtd /run/vm /run/etc
mount -t tmpfs tmpfs /dev/shm
# iscsiadm writes below /etc/iscsi.
cp -a /etc/iscsi/. /run/etc
mount -t tmpfs tmpfs /etc/iscsi
cp -a /run/etc/. /etc/iscsi

cmdline=" $(cat /proc/cmdline) "
argument() { # NAME
  [[ $cmdline == *" $1="* ]] && { rest=${cmdline#*" $1="}; echo "${rest%% *}"; }
}
ENGINE=$(argument vmengine) DRIVES=$(argument vmdrives)
export TAPE_MB=$(argument vmsize)

share() { # TAG HOSTDIR GUESTDIR ro|rw
  mkdir -p "$3" 2>/dev/null
  if [ "$ENGINE" = uml ]; then mount -t hostfs -o "$4,$2" none "$3"
  else mount -t 9p -o "$4,trans=virtio,version=9p2000.L,msize=262144,cache=loose" "$1" "$3"; fi
}
share vm "$(argument vmrun)" /run/vm rw
if [ "$ENGINE" = uml ]; then TTY=/dev/tty1; else TTY=/dev/ttyS1; fi
stty -F $TTY raw -echo 2>/dev/null
exec >$TTY 2>&1 </dev/null
while read -r tag host guest access; do
  [ -z "$tag" ] || share "$tag" "$host" "$guest" "$access"
done </run/vm/mounts
ifconfig lo 127.0.0.1 up
echo vtape >/proc/sys/kernel/hostname

drives_up() {
  modprobe -a st sg iscsi_tcp || return 1
  echo InitiatorName=iqn.2024-01.vtape:init >/etc/iscsi/initiatorname.iscsi
  sed -i 's/^node.session.timeo.replacement_timeout.*/node.session.timeo.replacement_timeout = 3/' \
    /etc/iscsi/iscsid.conf
  iscsid || return 1
  # One after the other: the order of logging in decides the numbers of the nodes.
  for ((i = 0; i < DRIVES; i++)); do vtape up $i || return 1; done
}

set -a
. /run/vm/env
set +a
if [ "$DRIVES" = 0 ] || drives_up; then
  cd /
  bash /run/vm/cmd
  echo $? >/run/vm/rc
else
  echo "guest: the drives did not come up"
  tail -5 /run/tgtd.*.log
  dmesg | tail -20
  echo 125 >/run/vm/rc
fi
sync
echo o >/proc/sysrq-trigger
sleep 30
