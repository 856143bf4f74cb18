# Builds what a guest needs, once, in $CACHE, out of Debian packages that are unpacked and never
# installed: a root directory, and per engine a kernel (with an emulator). Sourced by run-vm.sh.

GUEST_PACKAGES="bash coreutils gzip findutils diffutils grep sed tar zstd attr acl procps util-linux kmod
  libgcc-s1 busybox-static tgt open-iscsi mt-st lsscsi sg3-utils strace python3"
ROOT=$CACHE/root
# Another list of packages is another root; the stamps hold what they stand for.
ROOT_STAMP="$CACHE/root.ok $GUEST_PACKAGES"
# Where a kernel comes from whose scsi_debug emulates tapes (6.15 and later).
NEWER_SUITE=${VTAPE_NEWER_SUITE:-trixie-backports}
NEWER=$CACHE/newer.$NEWER_SUITE

# A private apt state with an empty dpkg status: apt resolves the whole closure and takes no locks.
private_apt() {
  apt-get -q -y -o Dir::State::status="$CACHE/apt/status" \
    -o Dir::State::extended_states="$CACHE/apt/ext" -o Dir::Cache::archives="$CACHE/debs" \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Install-Recommends=false \
    -o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}

fetch() { # PACKAGE... : with all they depend on, into $CACHE/debs
  private_apt --download-only install "$@" >"$CACHE/apt/log" 2>&1 && return
  { apt-get -q update && private_apt --download-only install "$@"; } >>"$CACHE/apt/log" 2>&1 && return
  tail -30 "$CACHE/apt/log" >&2
  echo "run-vm: the guest's Debian packages cannot be had (see above)" >&2
  exit 125
}

unpack() { # DEB DIRECTORY
  dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"
}

# zunfec as `pip install zfec` gives it, for the guest's Python. Debian's package has no such command.
build_zunfec() {
  [ ! -x "$ROOT/usr/bin/zunfec" ] || return 0
  local python=$(basename "$ROOT"/usr/bin/python3.[0-9]*) from=$CACHE/zfec pip="python3 -m pip"
  rm -rf "$from"
  # Debian's Python has pip only in virtual environments.
  if ! $pip --version >/dev/null 2>&1; then
    python3 -m venv "$CACHE/venv" && pip=$CACHE/venv/bin/pip
  fi
  if ! $pip -q --disable-pip-version-check install --retries 1 --target "$from" \
    --only-binary=:all: --implementation cp --python-version "${python#python}" \
    --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 --platform any \
    zfec==1.6.0.0 2>"$CACHE/pip.log"; then
    cat "$CACHE/pip.log" >&2
    echo "run-vm: the guest has no zunfec (see above)" >&2
    return 0
  fi
  cp -a "$from/zfec" "$ROOT/usr/lib/python3/dist-packages/"
  { echo "#!/usr/bin/$python"; tail -n +2 "$from/bin/zunfec"; } >"$ROOT/usr/bin/zunfec"
  chmod +x "$ROOT/usr/bin/zunfec"
}

merged_usr() { # DIRECTORY
  mkdir -p "$1"/usr/{bin,sbin,lib,lib64}
  for name in bin sbin lib lib64; do ln -s "usr/$name" "$1/$name"; done
}

build_root() {
  [ "$(cat "$CACHE/root.ok" 2>/dev/null)" = "$ROOT_STAMP" ] || unpack_root
  build_zunfec
}

unpack_root() {
  fetch $GUEST_PACKAGES
  rm -rf "$ROOT" "$CACHE"/uml.ok "$CACHE"/{qemu,newer.*}/ok
  mkdir -p "$ROOT"/{proc,sys,dev,run,tmp,mnt,etc,var,tape,root}
  merged_usr "$ROOT"
  for deb in "$CACHE"/debs/*.deb; do
    case ${deb##*/} in
      perl*|libperl*|lib*-perl_*|debconf*|adduser*|dpkg_*|usrmerge*) ;;
      linux-*|user-mode-linux*|qemu*|initramfs*) ;;
      *) unpack "$deb" "$ROOT" ;;
    esac
  done
  rm -rf "$ROOT"/var/{run,lock} "$ROOT"/usr/share/{doc,man,locale}
  ln -s /run "$ROOT/var/run"
  ln -s /run/lock "$ROOT/var/lock"
  # What the packages' scripts, which are not run, would have set up.
  ln -sf bash "$ROOT/bin/sh"
  ln -sf mt-st "$ROOT/bin/mt"
  for name in mount umount ifconfig pidof su; do ln -sf busybox "$ROOT/bin/$name"; done
  printf '%s\n' root:x:0:0:root:/root:/bin/bash nobody:x:65534:65534::/:/bin/sh >"$ROOT/etc/passwd"
  printf '%s\n' root:x:0: tape:x:26: nogroup:x:65534: >"$ROOT/etc/group"
  mkdir -p "$ROOT/lib/modules"
  echo "$ROOT_STAMP" >"$CACHE/root.ok"
}

build_uml() {
  [ ! -e "$CACHE/uml.ok" ] || return 0
  fetch user-mode-linux
  rm -rf "$CACHE/uml"
  mkdir "$CACHE/uml"
  unpack "$(ls "$CACHE"/debs/user-mode-linux_*.deb | tail -1)" "$CACHE/uml"
  cp -a "$CACHE"/uml/usr/lib/uml/modules/. "$ROOT/lib/modules/"
  touch "$CACHE/uml.ok"
}

build_qemu() {
  [ ! -e "$CACHE/qemu/ok" ] || return 0
  fetch linux-image-amd64 qemu-system-x86
  local qemu=$CACHE/qemu
  rm -rf "$qemu"
  mkdir -p "$qemu/root"
  merged_usr "$qemu/root"
  for deb in "$CACHE"/debs/*.deb; do
    case ${deb##*/} in
      perl*|libperl*|linux-*|user-mode-linux*|iso-codes*) ;;
      *) unpack "$deb" "$qemu/root" ;;
    esac
  done
  build_kernel "$qemu" "$(ls "$CACHE"/debs/linux-image-[0-9]*.deb | tail -1)"
  touch "$qemu/ok"
}

build_newer() {
  build_qemu
  [ ! -e "$NEWER/ok" ] || return 0
  rm -rf "$NEWER"
  mkdir -p "$NEWER"/{debs,state/lists/partial}
  fetch_newer_kernel
  build_kernel "$NEWER" "$NEWER"/debs/*.deb
  touch "$NEWER/ok"
}

# The kernel's own packages and nothing that they depend on: they are unpacked, not installed. The
# archive is the one that this machine takes Debian from, with another suite.
fetch_newer_kernel() {
  local log=$NEWER/log packages
  apt-get indextargets --format '$(RELEASE) $(REPO_URI) $(ORIGIN)' 'Created-By: Packages' |
    awk '$3 == "Debian" && $1 !~ /-/ { print $2; exit }' >"$NEWER/archive"
  if [ ! -s "$NEWER/archive" ]; then
    echo "run-vm: apt knows no Debian archive to take a newer kernel from (is it updated?)" >&2
    exit 125
  fi
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(cat "$NEWER/archive") $NEWER_SUITE main" \
    >"$NEWER/sources.list"
  if ! newer_apt apt-get update >"$log" 2>&1 ||
    ! packages=$(newer_apt apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
      --no-breaks --no-replaces --no-enhances linux-image-amd64 2>>"$log" | grep -E '^linux-[a-z]+-[0-9]') ||
    ! (cd "$NEWER/debs" && newer_apt apt-get download $packages) >>"$log" 2>&1; then
    tail -30 "$log" >&2
    echo "run-vm: no kernel of $NEWER_SUITE can be had (see above)" >&2
    exit 125
  fi
}

newer_apt() { # apt-get|apt-cache ARGUMENT... : nothing of the machine's own state is touched
  "$1" -q -o Dir::Etc::sourcelist="$NEWER/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State="$NEWER/state" -o Dir::State::status="$CACHE/apt/status" \
    -o Dir::Cache="$NEWER/state" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o Acquire::Languages=none -o APT::Sandbox::User=root -o Debug::NoLocking=1 "${@:2}"
}

build_kernel() { # DIRECTORY DEB... : vmlinuz and initrd.img there, the modules in the guest's root
  local dir=$1 version
  mkdir -p "$dir/kernel"
  merged_usr "$dir/kernel"
  for deb in "${@:2}"; do unpack "$deb" "$dir/kernel"; done
  version=$(ls "$dir/kernel/usr/lib/modules")
  mv "$(ls "$dir"/kernel/boot/vmlinuz-* "$dir/kernel/usr/lib/modules/$version/vmlinuz" 2>/dev/null)" "$dir/vmlinuz"
  cp -a "$dir"/kernel/usr/lib/modules/. "$ROOT/lib/modules/"
  rm -rf "$dir/kernel"
  chroot "$ROOT" depmod "$version"
  build_initrd "$dir" "$version"
}

build_initrd() { # DIRECTORY KERNEL : busybox and the modules a 9p root needs
  local dir=$1/initrd loads= module file name
  rm -rf "$dir"
  mkdir -p "$dir"/{bin,proc,new}
  cp "$ROOT/bin/busybox" "$dir/bin/"
  for module in virtio_pci 9pnet_virtio 9p; do
    # A module that is built into the kernel has no file.
    for file in $(chroot "$ROOT" modprobe -S "$2" --show-depends $module | awk '/^insmod/ { print $2 }'); do
      name=${file##*/} name=${name%.xz}
      [ ! -e "$dir/$name" ] || continue
      case $file in
        *.xz) "$ROOT/bin/busybox" xzcat "$ROOT$file" >"$dir/$name" ;;
        *) cp "$ROOT$file" "$dir/$name" ;;
      esac
      loads+=" $name"
    done
  done
  printf '%s\n' '#!/bin/busybox sh' 'B=/bin/busybox' \
    "for module in$loads; do \$B insmod /\$module; done" \
    '$B mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose root /new' \
    '$B mount -t devtmpfs dev /new/dev' 'exec $B switch_root /new /init' >"$dir/init"
  chmod +x "$dir/init"
  (cd "$dir" && find . | ./bin/busybox cpio -o -H newc 2>/dev/null >../initrd.img)
}
