"""
The process that ``bench_memory.py`` measures: it reads a fleet when it is told to.

It runs as a script with ``-P``, away from the folder of the sources, and imports the ``simulator``
that ``PYTHONPATH`` names: that of its parent, installed or built in place.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from simulator.compat.loader import load_scheme
from simulator.compat.schemes import builtin_names, load_builtin
from simulator.fleet.fleet import Fleet


def _chunks(path: str, size: int, most: int | None = None) -> Iterator[bytes]:
    with Path(path).open("rb") as file:
        while chunk := file.read(size):
            yield chunk[: chunk.rfind(b"\n") + 1] if most else chunk
            if most:
                return


def main(scheme_name: str, path: str, names: str, chunk: str) -> None:
    """Read a fleet when told to; the parent measures from outside."""
    is_file = scheme_name not in builtin_names()
    text = Path(scheme_name).read_bytes() if is_file else b""
    scheme = load_scheme(scheme_name, text) if is_file else load_builtin(scheme_name)
    size = int(chunk)
    Fleet(scheme, keep_names=names == "names").extend(path, _chunks(path, size, most=1))
    fleet = Fleet(scheme, keep_names=names == "names")
    print("empty", flush=True)
    sys.stdin.readline()
    fleet.extend(path, _chunks(path, size))
    print(json.dumps(fleet.size._asdict()), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
