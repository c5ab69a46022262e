r"""
Identities of a real machine, replaced: UUIDs and serial numbers.

The same seed and the same identity give the same replacement, and two identities never the same
one. No replacement is a UUID that was there. Source: ours.

    >>> Identities(0, ()).file("serial_number", "PF0X-1234\n") != "PF0X-1234\n"
    True
"""

import hashlib
import re
from collections.abc import Callable, Iterable

__all__ = ["Identities"]

_HEX = "[0-9A-Fa-f]"
_UUID = re.compile(f"(?<!{_HEX}){_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}(?!{_HEX})")
_SERIAL = re.compile(r"(?i)\b(serial(?:[ _-]?(?:number|no|num|nr))?\.?\s*[=:#]\s*)([^\s,;]+)")
_SERIAL_FILE = re.compile(r"(?i)serial|uuid|guid|wwid|wwn|eui|mac_?addr|address|asset")
_SHORTEST = 4
"""Letters and digits that an identity has at least. Ours: a shorter text is a word or a number."""

_TRIES = 1000
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Identities:
    """
    Replaces identities.

    Args:
        seed: Of the replacements.
        known: UUIDs that no replacement may be.
    """

    def __init__(self, seed: int, known: Iterable[str]) -> None:
        self._key = hashlib.sha256(str(seed).encode()).digest()
        self._known = set(known)
        self._found: dict[str, str] = {}
        self._given: set[str] = set()

    def uuid(self, uuid: str) -> str:
        """Replace a UUID; the replacement is one of version 4."""
        return self._replaced(uuid.lower(), _new_uuid)

    def text(self, text: str) -> str:
        """Replace every UUID in a text, and what it calls a serial number."""
        text = _UUID.sub(lambda found: self.uuid(found[0]), text)
        return _SERIAL.sub(lambda found: found[1] + self._serial(found[2]), text)

    def file(self, name: str, text: str) -> str:
        """Replace the identities in a file; one named after an identity holds nothing else."""
        replaced = self.text(text)
        if replaced == text and _SERIAL_FILE.search(name.rpartition("/")[2]):
            return re.sub(r"\S+", lambda found: self._serial(found[0]), text)
        return replaced

    def _serial(self, serial: str) -> str:
        """Keep the form: digits for digits, letters for letters. What is too short stays."""
        is_short = sum(map(str.isalnum, serial)) < _SHORTEST
        # A UUID in it has been replaced already.
        if is_short or _UUID.search(serial):
            return serial
        return self._replaced(serial, _new_serial)

    def _replaced(self, old: str, make: Callable[[str, bytes], str]) -> str:
        if old not in self._found:
            number, new = 0, old
            while new == old or new in self._given or new in self._known:
                digest = hashlib.blake2b(f"{number}/{old}".encode(), key=self._key).digest()
                # Where a short form has no more to give, the replacement is longer.
                more = str(number) if number > _TRIES else ""
                number, new = number + 1, make(old, digest) + more
            self._found[old] = new
            self._given.add(new)
        return self._found[old]


def _new_uuid(_old: str, digest: bytes) -> str:
    digits = digest.hex()
    variant = "89ab"[digest[31] % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def _new_serial(old: str, digest: bytes) -> str:
    """Replace each digit and letter; a pair of hex digits is as random as the digest."""
    stream = digest * (len(old) // len(digest) + 1)
    made = []
    for byte, character in zip(stream, old, strict=False):
        if character.isdigit():
            made.append(str(byte % 10))
        elif character.isalpha():
            letter = _LETTERS[byte % 26]
            made.append(letter.upper() if character.isupper() else letter)
        else:
            made.append(character)
    return "".join(made)
