"""The console blocks of the documents, as commands and what they print."""

import re
from pathlib import Path
from typing import NamedTuple

__all__ = ["ROOT", "TOLD", "Step", "steps"]

ROOT = Path(__file__).resolve().parent.parent
TOLD = ("README.md", "docs/laboratory.md", "docs/planning.md", "docs/schemes.md")
"""The documents with transcripts, as paths below the root."""

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STEP = re.compile(r"^\$ ((?:[^\n]*\\\n)*[^\n]*)\n(.*?)(?=^\$ |\Z)", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    """A command, of which all lines but the last end in a backslash, and its output."""

    command: str
    printed: str

    @property
    def is_live(self) -> bool:
        """Whether it mounts a /sys, which needs more of the machine."""
        return self.command.startswith("mdevsim run ")


def steps(document: str) -> list[Step]:
    """Return the steps of a document in their order."""
    text = (ROOT / document).read_text("utf-8")
    found = [Step(*step) for block in _BLOCK.findall(text) for step in _STEP.findall(block)]
    assert len(found) == len(re.findall(r"^\$ ", "".join(_BLOCK.findall(text)), re.MULTILINE))
    return found
