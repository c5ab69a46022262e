"""
A piece of the machine that a surface needs and does not find.

Source: ours.
"""

import errno

__all__ = ["MissingError"]


class MissingError(OSError):
    """
    ENOSYS: something has to be installed, or permitted.

    Args:
        piece: What is missing, and what the system says to it.
        remedy: What brings it: a package, an extra or a setting.
    """

    def __init__(self, piece: str, remedy: str) -> None:
        super().__init__(errno.ENOSYS, f"{piece}; needed: {remedy}")
        self.piece = piece
        self.remedy = remedy
