"""Speed of zfec (from Python, its Encoder does the work in C) on one thread, encoding only.

    zfec_speed.py K PARITY LENGTH SECONDS

Prints bytes of data (K * LENGTH) per second: the best of many short runs over SECONDS.
"""

import os
import sys
import time

import zfec

BYTES_PER_SHORT_RUN = 1_000_000


def main():
    k, parity, length = (int(text) for text in sys.argv[1:4])
    seconds = float(sys.argv[4])
    encoder = zfec.Encoder(k, k + parity)
    data = [os.urandom(length) for _ in range(k)]
    repeats = max(1, BYTES_PER_SHORT_RUN // (k * length))
    best = float("inf")
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        before = time.perf_counter()
        for _ in range(repeats):
            encoder.encode(data)
        best = min(best, (time.perf_counter() - before) / repeats)
    print(round(k * length / best))


main()
