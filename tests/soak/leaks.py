"""
A double of what is soaked, which leaves behind what it is told to.

    python -m soak.leaks BYTES

For each line, a number, it does so many pieces of work, and answers when they are done.
"""

import ctypes
import sys


def main() -> None:
    left = int(sys.argv[1])
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.free.argtypes = [ctypes.c_void_p]
    libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
    for line in sys.stdin:
        for n in range(int(line)):
            # What is freed again is of any size, as in work that is done.
            passing = libc.malloc(n % 97 * 64)
            if left:
                libc.memset(libc.malloc(left), 1, left)
            libc.free(passing)
        sys.stdout.write("\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
