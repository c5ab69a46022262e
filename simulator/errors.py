"""
The two ways in which something is refused.

`MdevError` is what the simulated kernel answers: an errno. `TextError` and `InputError` are
for text that a person wrote: where it went wrong, and what was expected there.
"""

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "BadUuidError",
    "BusyError",
    "InputError",
    "MdevError",
    "Mistake",
    "NoHandlerError",
    "NoInstancesError",
    "ParentGoneError",
    "TextError",
    "UuidInUseError",
]

_EXCERPT = 100
_MESSAGE = 300


class MdevError(OSError):
    """
    A refusal of the simulated kernel.

    Args:
        number: The errno, as the kernel gives it.
        reason: What a kernel log would say.
    """

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(number, os.strerror(number))
        self.reason = reason

    @property
    def name(self) -> str:
        """The symbol of the errno, such as ``ENOSPC``."""
        # Python calls 95 ENOTSUP, a name that the kernel has not.
        known = {**errno.errorcode, errno.EOPNOTSUPP: "EOPNOTSUPP"}
        return known.get(self.errno or 0, str(self.errno))


class BadUuidError(MdevError):
    """EINVAL: not 36 or 37 bytes, or not a UUID. Source: mdev_sysfs.c create_store()."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EINVAL, reason)


class UuidInUseError(MdevError):
    """EEXIST: some mdev has this UUID. Source: mdev_core.c mdev_device_create()."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EEXIST, reason)


class NoInstancesError(MdevError):
    """EUSERS from the core's counter, or the vendor's errno, ENOSPC as a rule."""


class ParentGoneError(MdevError):
    """ENODEV: the parent is being unregistered. Source: mdev_core.c mdev_device_create()."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.ENODEV, reason)


class BusyError(MdevError):
    """
    EAGAIN: not yet, or no longer, active. EBUSY: in use, or the vendor driver refuses.

    Source: mdev_core.c mdev_device_remove(), mdev_device_remove_ops().
    """

    def __init__(self, reason: str, number: int = errno.EAGAIN) -> None:
        super().__init__(number, reason)


class NoHandlerError(MdevError):
    """EIO: the attribute has no show or no store. Source: mdev_sysfs.c mdev_type_attr_show()."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EIO, reason)


@dataclass(frozen=True, slots=True)
class Mistake:
    """
    One mistake in a text that a person wrote.

    Attributes:
        file: The name of the text, as the person gave it.
        line: Counted from 1; 0 when the mistake is in the file as a whole.
        column: Counted from 1, in characters.
        length: Characters to mark, at least 1.
        message: What is wrong.
        expected: What would be right, or an empty string.
        source: The line itself, without its end.
    """

    file: str
    line: int
    column: int
    length: int
    message: str
    expected: str = ""
    source: str = ""

    def __str__(self) -> str:
        where = _printable(self.file)
        where = f"{where}:{self.line}:{self.column}" if self.line else where
        message = _printable(self.message[:_MESSAGE]) + "…" * (len(self.message) > _MESSAGE)
        expected = f"; expected {_printable(self.expected)}" if self.expected else ""
        head = f"{where}: {message}{expected}"
        return f"{head}\n{self._marked()}" if self.source else head

    def _marked(self) -> str:
        """Show the line with a caret under the span, cut to what a terminal can hold."""
        start = max(0, self.column - 1 - _EXCERPT // 2)
        shown = self.source[start : start + _EXCERPT]
        before, after = "…" * (start > 0), "…" * (start + _EXCERPT < len(self.source))
        indent = "".join("\t" if c == "\t" else " " for c in shown[: self.column - 1 - start])
        carets = "^" * max(1, min(self.length, len(shown) - len(indent)))
        return f"    {before}{_printable(shown)}{after}\n    {' ' * len(before)}{indent}{carets}"


def _printable(text: str) -> str:
    """Keep what steers a terminal from getting there."""
    return "".join(c if c == "\t" or c.isprintable() else "\ufffd" for c in text)


class InputError(ValueError):
    """
    A text that a person wrote is refused, with every mistake that was found.

    Args:
        mistakes: At least one, in the order of the text.
    """

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        return "\n".join(map(str, self.mistakes))


class TextError(ValueError):
    """
    A piece of text is not what it should be.

    Args:
        text: The piece.
        start: Where the mistake begins, in characters from 0.
        stop: Where it ends.
        message: What is wrong.
        expected: What would be right.
    """

    def __init__(
        self, text: str, message: str, expected: str = "", start: int = 0, stop: int | None = None
    ) -> None:
        self.text = text
        self.message = message
        self.expected = expected
        self.start = start
        self.stop = len(text) if stop is None else stop
        super().__init__(message)

    def __str__(self) -> str:
        return str(self.located("<text>", 1, self.text, 0))

    def located(self, file: str, line: int, source: str, offset: int) -> Mistake:
        """
        Say where in *file* this is, when the piece begins at *offset* of line *source*.

        Returns:
            A mistake whose column is counted in characters of *source*.
        """
        length = max(1, self.stop - self.start)
        column = offset + self.start + 1
        return Mistake(file, line, column, length, self.message, self.expected, source)
