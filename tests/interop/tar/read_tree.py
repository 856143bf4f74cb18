"""Prints what the file system says about every node below DIR, one JSON object a line.

Bytes are hexadecimal. Content is given as the stretches that the system calls data, and as a hash
of its blocks that are not zero, which does not depend on where the holes are.
"""
import errno, hashlib, json, os, stat, sys

BLOCK = 4096
os.chdir(os.fsencode(sys.argv[1]))
with_data = len(sys.argv) > 2
TYPES = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink",
         stat.S_IFIFO: "fifo", stat.S_IFCHR: "char-device", stat.S_IFBLK: "block-device"}


def stretches(fd, size):
    at = 0
    while at < size:
        try:
            start = os.lseek(fd, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            raise
        at = os.lseek(fd, start, os.SEEK_HOLE)
        yield start, at


def content(path, size):
    digest = hashlib.sha256()
    parts = []
    with open(path, "rb") as file:
        for start, end in list(stretches(file.fileno(), size)):
            file.seek(start)
            data = file.read(end - start)
            parts.append({"offset": start, "length": len(data),
                          "data": data.hex() if with_data else ""})
            for i in range(0, len(data), BLOCK):
                block = data[i:i + BLOCK].ljust(BLOCK, b"\0")
                if block.strip(b"\0"):
                    digest.update(b"%d " % (start + i) + block)
    return parts, digest.hexdigest()


paths = [b"."]
for where, directories, files in os.walk(b"."):
    paths += [os.path.normpath(os.path.join(where, name)) for name in directories + files]

# A directory is followed by all that is in it, the whole tree by itself first: GNU tar relies on
# that order when it restores the times of directories.
def walk_order(path):
    return b"" if path == b"." else path.replace(b"/", b"\0")


first = {}
for path in sorted(paths, key=walk_order):
    info = os.lstat(path)
    kind = TYPES[stat.S_IFMT(info.st_mode)]
    node = {"path": path.hex(), "type": kind, "mode": stat.S_IMODE(info.st_mode),
            "uid": info.st_uid, "gid": info.st_gid, "mtimeNs": str(info.st_mtime_ns),
            "size": 0, "target": "", "major": 0, "minor": 0, "xattrs": {}, "hash": "",
            "stretches": [], "firstName": "", "allocated": info.st_blocks * 512}
    if kind == "symlink":
        node["target"] = os.readlink(path).hex()
    else:
        node["xattrs"] = {key.encode(sys.getfilesystemencoding(), "surrogateescape").hex():
                          os.getxattr(path, key, follow_symlinks=False).hex()
                          for key in os.listxattr(path, follow_symlinks=False)}
    if kind in ("char-device", "block-device"):
        node["major"], node["minor"] = os.major(info.st_rdev), os.minor(info.st_rdev)
    if kind == "file":
        node["size"] = info.st_size
        node["stretches"], node["hash"] = content(path, info.st_size)
        node["firstName"] = first.setdefault(info.st_ino, path).hex()
    print(json.dumps(node))
