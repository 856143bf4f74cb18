"""Builds a tree of everything a backup may meet: make_tree.py DIR KIND, KIND plain or full.

plain holds what even v7 and ustar tars can tell, full adds the rest. Needs no root, but makes
device nodes, foreign owners and privileged attributes when it has root.
"""
import os, stat, subprocess, sys

os.chdir(os.fsencode(sys.argv[1]))
full = sys.argv[2] == "full"
root = os.geteuid() == 0
times = {}


def put(name, data=b"", mode=0o644, mtime_ns=1_500_000_000 * 10**9):
    with open(name, "wb") as file:
        file.write(data)
    os.chmod(name, mode)
    times[name] = mtime_ns


def deep(parts):
    path = b""
    for part in parts:
        path = os.path.join(path, part)
        os.makedirs(path, exist_ok=True)
    return path


put(b"empty")
put(b"one", b"1")
put(b"block", bytes(range(256)) * 2)
put(b"odd", bytes(range(256)) * 40 + b"x")
put(b"no-access", b"secret", 0o000 if root else 0o400)
put(b"setuid", b"#!", 0o6755)
os.mkdir(b"empty-dir")
os.mkdir(b"sticky")
os.chmod(b"sticky", 0o1777)
os.symlink(b"one", b"link")
os.symlink(b"/nowhere/at all", b"dangling")
os.mkdir(b"sub")
os.link(b"odd", b"sub/hard")
os.link(b"odd", b"zz-hard")
os.mkfifo(b"fifo", 0o600)
put(b"n" * 99, b"99")
put(b"epoch", b"", mtime_ns=0)
if root:
    os.mknod(b"null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    os.mknod(b"loop", 0o660 | stat.S_IFBLK, os.makedev(7, 250))
    put(b"foreign", b"")
    os.chown(b"foreign", 1234, 2345)

if full:
    for name in [b"space name", b"new\nline", b"-dash", b"back\\slash", b"star*?[x]", b"tab\tend ",
                 b"quote'\"", b"control\x01\x7f", "ünïcode-名前".encode(), b"latin1-\xe9\xff",
                 b"half-\xc3", b"\xed\xa0\x80", b"percent%3D=", b"~", b"a" * 255]:
        put(name, name)
    put(b"l" * 100, b"100")
    put(b"m" * 101, b"101")
    for length in (155, 156, 200):
        put(os.path.join(deep([b"p" * length]), b"q" * 100), b"prefix")
    put(os.path.join(deep([b"r" * 155]), b"s" * 101), b"too long")
    put(os.path.join(deep([b"\xff" * 120, b"\xfe" * 120]), b"\xfd" * 120), b"long latin1")
    put(os.path.join(deep(["é".encode() * 100]), "ñ".encode() * 100), b"long utf-8")
    put(os.path.join(deep([bytes([0x61 + i]) * 200 for i in range(19)]), b"end"), b"3.8 KB")
    os.symlink(b"t" * 100, b"link100")
    os.symlink(b"t" * 101, b"link101")
    os.symlink(b"t/" * 2000, b"link4000")
    os.symlink(b"\xff" * 50, b"link-latin1")
    os.symlink(b"\xff" * 150, b"link-long-latin1")
    os.symlink("é".encode(), b"link-utf8")
    os.link(b"a" * 255, b"hard-to-long")
    os.link(b"latin1-\xe9\xff", b"hard-to-latin1")
    put(b"nanos", b"", mtime_ns=1_600_000_000_123_456_789)
    put(b"one-nano", b"", mtime_ns=1_600_000_000_000_000_001)
    put(b"before", b"", mtime_ns=-1)
    put(b"before-too", b"", mtime_ns=-1_500_000_000)
    put(b"long-before", b"", mtime_ns=-1_999_999_999 * 10**9)
    put(b"future", b"", mtime_ns=13_000_000_000 * 10**9 + 7)
    put(b"y2242", b"", mtime_ns=8_589_934_592 * 10**9)
    put(b"xattrs", b"data")
    for key, value in {b"user.plain": b"text", b"user.empty": b"", b"user.binary": bytes(range(256)),
                       b"user.lines": b"a=b\nc\n\n", b"user.\xc3\xa9": b"utf-8", b"user.big": b"x" * 2000}.items():
        os.setxattr(b"xattrs", key, value)
    os.mkdir(b"xattr-keys")
    for key in [b"user.e=q", b"user.p%q", b"user.x%3Dy", b"user.z%25", b"user.n\nl", b"user.\xff"]:
        os.setxattr(b"xattr-keys", key, key)
    os.mkdir(b"acl-dir")
    put(b"acl-file", b"acl", 0o640)
    subprocess.run(["setfacl", "-m", "u:4321:rwx,g:54321:r-x,m:rwx", "acl-file"], check=True)
    subprocess.run(["setfacl", "-d", "-m", "u:4321:r--,o::---", "acl-dir"], check=True)
    if root:
        os.setxattr(b"xattrs", b"trusted.note", b"\0\1")
        put(b"capable", b"", 0o755)
        os.setxattr(b"capable", b"security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
        put(b"big-owner", b"")
        os.chown(b"big-owner", 4294967294, 3000000)
        os.mknod(b"big-device", 0o600 | stat.S_IFBLK, os.makedev(4000, 1048575))

    def sparse(name, size, stretches):
        with open(name, "wb") as file:
            file.truncate(size)
            for offset, length in stretches:
                file.seek(offset)
                file.write(bytes(1 + (offset // 4096 + i) % 255 for i in range(length)))
        times[name] = 1_500_000_000 * 10**9

    sparse(b"sparse-middle", 1 << 20, [(65536, 8192)])
    sparse(b"sparse-end", (1 << 20) + 100, [(0, 4096), ((1 << 20), 100)])
    sparse(b"sparse-all-hole", 3 << 20, [])
    sparse(b"sparse-many", 300 * 16384 + 777, [(i * 16384, 4096) for i in range(300)])
    sparse(b"sparse-huge", 20 << 30, [(0, 4096), (10 << 30, 4096), ((20 << 30) - 4096, 4096)])
    sparse("sparse-é".encode(), 1 << 20, [(4096, 4096)])
    sparse(b"sparse-\xff" + b"z" * 120, 1 << 20, [(4096, 4096)])

for name, mtime_ns in times.items():
    os.utime(name, ns=(mtime_ns, mtime_ns))
for where, directories, files in os.walk(b".", topdown=False):
    os.utime(where, ns=(1_400_000_000 * 10**9, 1_400_000_000 * 10**9))
