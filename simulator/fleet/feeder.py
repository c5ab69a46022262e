"""NDJSON into a fleet: whole lines for the core, and words for the lines that it refuses."""

from simulator.compat.ndjson import read_lines
from simulator.compat.scheme import Scheme
from simulator.documents import decode
from simulator.errors import InputError, Mistake
from simulator.fleet._matcher import CoreReader
from simulator.fleet.words import MatcherFault

__all__ = ["MAX_MISTAKES", "Feeder"]

MAX_MISTAKES = 20
"""Lines with mistakes that are explained; the rest is counted."""

_MOST_FAULTS = 256
"""What the core tells at once; there may be more."""


class Feeder:
    """Cuts a text into whole lines, and explains the lines that the core refuses."""

    def __init__(self, file: str, scheme: Scheme, reader: CoreReader) -> None:
        self.file = file
        self.scheme = scheme
        self.reader = reader
        self.bytes = 0
        self.lines = 0
        self.bad_lines = 0
        self.is_counted = True
        self.mistakes: list[Mistake] = []
        self.rest: list[bytes] = []

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the text."""
        self.bytes += len(chunk)
        end = chunk.rfind(b"\n") + 1
        if not end:
            self.rest.append(chunk)
            return
        self._whole(b"".join([*self.rest, chunk[:end]]) if self.rest else chunk[:end])
        self.rest = [chunk[end:]] if end < len(chunk) else []

    def finish(self) -> None:
        """Take the last line, which may lack its end, and raise what was found."""
        if not self.bytes:
            self.mistakes.append(Mistake(self.file, 0, 0, 1, "the file is empty"))
            self.bad_lines = 1
        if self.rest:
            self._whole(b"".join(self.rest))
        if not self.bad_lines:
            return
        if self.bad_lines > MAX_MISTAKES:
            more = self.bad_lines - MAX_MISTAKES
            message = f"{more} more line{'s have' if more > 1 else ' has'} mistakes"
            message = message if self.is_counted else f"at least {message}"
            self.mistakes.append(Mistake(self.file, 0, 0, 1, message))
        raise InputError(self.mistakes)

    def _whole(self, text: bytes) -> None:
        try:
            self.reader.feed(text)
        except MatcherFault as fault:
            self.is_counted &= len(fault.faults) < _MOST_FAULTS
            for offset, line in fault.faults:
                if self.bad_lines < MAX_MISTAKES:
                    self._explain(text, offset, self.lines + line)
                self.bad_lines += 1
        self.lines += text.count(b"\n")

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
