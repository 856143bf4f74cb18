/**
 * A zfec decoder in plain Python 3 with no dependency. It travels in every label for hosts that
 * have Python but no zunfec. Whole-buffer operations (bytes.translate, big-integer XOR) make it
 * usable: roughly 100 MB/s per missing data shard.
 *
 * @module
 */

/** The program's text; `python3 ectar-unfec.py SHARE... > CHUNK.zst`. */
export const ZFEC_DECODER_PY: string = String.raw`#!/usr/bin/env python3
"""Join zfec share files: python3 ectar-unfec.py SHARE... > ORIGINAL

Takes any k of the m shares of one file, in any order, under any name."""
import sys

CELL = 4096              # bytes of one share in one stripe
PIECE = 256 * CELL       # bytes of one share handled at a time

# GF(2^8) with polynomial 0x11d and generator 2
EXP = [1] * 255
for i in range(1, 255):
    EXP[i] = EXP[i - 1] << 1
    if EXP[i] & 0x100:
        EXP[i] ^= 0x11d
LOG = {value: power for power, value in enumerate(EXP)}


def mul(a, b):
    return EXP[(LOG[a] + LOG[b]) % 255] if a and b else 0


def div(a, b):
    return EXP[(LOG[a] - LOG[b]) % 255] if a else 0


def point(share):
    """Shares are values of a polynomial of degree < k; this is where share is taken."""
    return EXP[(share - 1) % 255] if share else 0


def bits(count):
    return (count - 1).bit_length()


def read_header(stream):
    """Return k, m, padlen and share number; leave the stream at the payload."""
    head = stream.read(2)
    if len(head) < 2:
        sys.exit("too short for a share: %s" % stream.name)
    m = head[0] + 1
    k = (head[1] >> (8 - bits(m))) + 1
    width = 8 + 2 * bits(m) + bits(k)
    size = max(2, (width + 7) // 8)
    head += stream.read(size - 2)
    value = int.from_bytes(head, "big") >> (8 * size - width)
    share = value & ((1 << bits(m)) - 1)
    padlen = (value >> bits(m)) & ((1 << bits(k)) - 1)
    if k > m or share >= m or padlen >= k:
        sys.exit("not a zfec share: %s" % stream.name)
    return k, m, padlen, share


def open_shares(names):
    shares = {}
    kind = None
    for name in names:
        stream = open(name, "rb")
        k, m, padlen, share = read_header(stream)
        if kind is None:
            kind = (k, m, padlen)
        elif kind != (k, m, padlen):
            sys.exit("%s is a share of another file" % name)
        shares.setdefault(share, stream)
    if kind is None or len(shares) < kind[0]:
        sys.exit("too few shares: %d of %s" % (len(shares), kind and kind[0]))
    chosen = sorted(shares)[:kind[0]]          # data shares first: nothing to compute
    return kind[0], kind[2], {share: shares[share] for share in chosen}


def recover(wanted, pieces):
    """Lagrange interpolation of one missing data share, byte by byte in parallel."""
    total = 0
    for share, piece in pieces.items():
        factor = 1
        for other in pieces:
            if other != share:
                factor = mul(factor, div(point(wanted) ^ point(other), point(share) ^ point(other)))
        table = bytes(mul(factor, value) for value in range(256))
        total ^= int.from_bytes(piece.translate(table), "little")
    return total.to_bytes(len(piece), "little")


def main():
    k, padlen, shares = open_shares(sys.argv[1:])
    out = sys.stdout.buffer
    held = b""                                  # the end is padding: keep it until it is known
    while True:
        pieces = {share: stream.read(PIECE) for share, stream in shares.items()}
        if len(set(map(len, pieces.values()))) != 1:
            sys.exit("shares differ in length: one of them is cut short")
        if not next(iter(pieces.values())):
            break
        data = [pieces[i] if i in pieces else recover(i, pieces) for i in range(k)]
        held += b"".join(data[i][at:at + CELL] for at in range(0, len(data[0]), CELL)
                         for i in range(k))
        out.write(held[:len(held) - padlen])
        held = held[len(held) - padlen:]
    out.flush()


main()
`;
