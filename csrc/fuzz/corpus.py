"""Stored inputs: seeds that people wrote, what fuzzing has found, and what once broke a law."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

__all__ = ["FOLDER", "MOST_BYTES", "inputs", "keep", "unpack"]

MOST_BYTES = {"lines": 2048, "list": 1024, "rule": 512, "program": 320, "saved": 256, "arrow": 400}
"""What an input of a target may have: what is longer tells nothing new and takes longer."""

FOLDER = Path(__file__).parent


def inputs(target: str) -> Iterator[bytes]:
    """Yield all stored inputs of *target*."""
    for folder in (FOLDER / "seeds" / target, FOLDER / "regressions" / target):
        for file in sorted(folder.glob("*")):
            yield file.read_bytes()
    found = FOLDER / "found" / f"{target}.txt"
    if found.exists():
        yield from map(base64.b64decode, found.read_text(encoding="ascii").splitlines())


def unpack(target: str, folder: Path) -> None:
    """Write all stored inputs of *target* into *folder*, a file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for data in inputs(target):
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def keep(target: str, folder: Path) -> None:
    """Store the files of *folder* as what fuzzing has found of *target*, in place of the old."""
    lines = sorted(base64.b64encode(file.read_bytes()).decode() for file in folder.iterdir())
    found = FOLDER / "found" / f"{target}.txt"
    found.parent.mkdir(exist_ok=True)
    found.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
