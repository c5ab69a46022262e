"""NDJSON into a fleet: whole lines for the core, and words for the lines that it refuses."""

from typing import Protocol

from simulator.compat.ndjson import read_lines
from simulator.compat.scheme import Scheme
from simulator.documents import decode
from simulator.errors import InputError, Mistake
from simulator.fleet.words import MatcherFault

__all__ = ["MAX_MISTAKES", "Feeder", "Reads"]

MAX_MISTAKES = 20
"""Lines with mistakes that are explained; the rest is counted."""

_MOST_FAULTS = 256
"""What the core tells at once; there may be more."""


class Reads(Protocol):
    """Takes whole lines, and refuses them with a `MatcherFault`."""

    def feed(self, text: bytes | memoryview) -> None:
        """Take whole lines."""


class Feeder:
    """Cuts a text into whole lines, and explains the lines that the core refuses."""

    def __init__(self, file: str, scheme: Scheme, reader: Reads) -> None:
        self.file = file
        self.scheme = scheme
        self.reader = reader
        self.bytes = 0
        self.bad_lines = 0
        self.is_counted = True
        self.mistakes: list[Mistake] = []
        self.rest: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the text."""
        self.bytes += len(chunk)
        start = 0
        if self.rest:
            # Only the line that the pieces share is copied.
            start = chunk.find(b"\n") + 1
            if not start:
                self.rest.append(chunk)
                return
            self.whole(b"".join([*self.rest, chunk[:start]]))
            self.rest = []
        end = chunk.rfind(b"\n") + 1
        if end > start:
            self.whole(memoryview(chunk)[start:end])
        if end < len(chunk):
            self.rest = [chunk[end:]]

    def finish(self) -> None:
        """Take the last line, which may lack its end, and raise what was found."""
        if not self.bytes:
            self.mistakes.append(Mistake(self.file, 0, 0, 1, "the file is empty"))
            self.bad_lines = 1
        if self.rest:
            self.whole(b"".join(self.rest))
        if not self.bad_lines:
            return
        if self.bad_lines > MAX_MISTAKES:
            more = self.bad_lines - MAX_MISTAKES
            message = f"{more} more line{'s have' if more > 1 else ' has'} mistakes"
            message = message if self.is_counted else f"at least {message}"
            self.mistakes.append(Mistake(self.file, 0, 0, 1, message))
        raise InputError(self.mistakes)

    def whole(self, text: bytes | memoryview) -> None:
        """Read whole lines."""
        try:
            self.reader.feed(text)
        except MatcherFault as fault:
            self.is_counted &= len(fault.faults) < _MOST_FAULTS
            for offset, line in fault.faults:
                if self.bad_lines < MAX_MISTAKES:
                    self._explain(bytes(text), offset, line)
                self.bad_lines += 1

    def _explain(self, text: bytes, offset: int, number: int) -> None:
        """Read the bad line again, slowly, to say what is wrong with it."""
        start = text.rfind(b"\n", 0, offset) + 1
        stop = text.find(b"\n", offset)
        line = text[start : len(text) if stop < 0 else stop]
        try:
            source = decode(self.file, line)
            read_lines(self.file, source, self.scheme)
        except InputError as error:
            self.mistakes += [
                Mistake(
                    m.file, number + 1, max(m.column, 1), m.length, m.message, m.expected, m.source
                )
                for m in error.mistakes
            ]
        else:
            column = len(line[: offset - start].decode("utf-8", "replace")) + 1
            message = "the matcher refuses this line, and the judge does not"
            self.mistakes.append(Mistake(self.file, number + 1, column, 1, message, "", source))
