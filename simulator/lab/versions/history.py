r"""
Histories: the feature sets of a driver, release by release, as a plain text.

One release a line: its set, and if wanted the number it was published under, before or after the
set; ``as NAME`` names it, and ``after NAME`` or ``after NUMBER`` says which earlier release it
follows when that is not the line before. Quotes hold a set with blanks, and ``""`` is the empty
set. Text from ``#`` on is a comment.

    >>> history = parse_history("h", "none 0.0.0\nnone+ppgtt  # grows\nnone as old after 0.0.0\n")
    >>> [one.follows for one in history.releases], history.labels()
    ([None, 0, 0], ('none (line 1)', 'none+ppgtt', 'old'))

Source: ours; the sets are those of pv_mode in 20200729080503.GB28676@joy-OptiPlex-7040.
"""

import re
from collections import Counter
from dataclasses import dataclass

from simulator.documents import Document
from simulator.errors import InputError, Mistake, TextError
from simulator.values import FlagSet, Version

__all__ = ["MAX_RELEASES", "History", "Release", "parse_history", "parse_numbers"]

MAX_RELEASES = 500
"""The releases that a history may have: their pairs are counted one by one. Ours."""

_WORD = re.compile(r'"[^"]*"|"[^"]*$|[^\s"#]+|#.*')
_NUMBER = re.compile(r"[0-9]+(\.[0-9]*)+")
_NAME = re.compile(r"[A-Za-z0-9_.:-]+")
_LINE = "[NUMBER] SET [NUMBER] [as NAME] [after NAME|NUMBER]"


@dataclass(frozen=True, slots=True)
class Release:
    """
    One release of a driver.

    Attributes:
        features: What it can do.
        published: The number it was given, or None.
        follows: The place of the release it was made from, or None: it is the first.
        name: What the history calls it, or empty.
        line: Where it stands in the text, from 1.
    """

    features: FlagSet
    published: Version | None
    follows: int | None
    name: str
    line: int


@dataclass(frozen=True, slots=True)
class History:
    """
    The releases in the order in which they came out.

    Attributes:
        releases: At least one; each follows an earlier one, but the first.
    """

    releases: tuple[Release, ...]

    def __len__(self) -> int:
        return len(self.releases)

    @property
    def is_linear(self) -> bool:
        """Whether each release follows the one before it."""
        return all(one.follows == at - 1 for at, one in enumerate(self.releases) if at)

    def labels(self) -> tuple[str, ...]:
        """Return what to call each release: its name, or its set, with the line where needed."""
        sets = [str(one.features) or '""' for one in self.releases]
        count = Counter(sets) + Counter(one.name for one in self.releases if one.name)
        return tuple(
            one.name or (text if count[text] == 1 else f"{text} (line {one.line})")
            for one, text in zip(self.releases, sets, strict=True)
        )

    def sets(self) -> tuple[int, ...]:
        """Return the features of each release as a bitset; bits are the same for all."""
        names = sorted({name for one in self.releases for name in one.features.members})
        bits = {name: 1 << at for at, name in enumerate(names)}
        return tuple(sum(bits[name] for name in one.features.members) for one in self.releases)

    def find(self, text: str, numbers: tuple[Version, ...] = ()) -> int:
        """
        Return the place of the release that *text* names: a name, a number or a set.

        Args:
            text: As a person writes it.
            numbers: Beside the published ones, those that were derived.

        Raises:
            TextError: There is none, or there are several.
        """
        found = [at for at, one in enumerate(self.releases) if one.name == text]
        if not found and _NUMBER.fullmatch(text):
            number = Version.parse(text)
            found = [at for at, one in enumerate(self.releases) if one.published == number]
            found = found or [at for at, one in enumerate(numbers) if one == number]
        elif not found:
            features = FlagSet.parse("" if text == '""' else text)
            found = [at for at, one in enumerate(self.releases) if one.features == features]
        return _only(text, found, self.releases)


def _only(text: str, found: list[int], releases: tuple[Release, ...] | list[Release]) -> int:
    if not found:
        raise TextError(text, f"no release {text}", "a name, a number or a set of the history")
    if len(found) > 1:
        lines = ", ".join(str(releases[at].line) for at in found)
        raise TextError(text, f"{text} is the release of the lines {lines}", "a name of one")
    return found[0]


def parse_history(file: str, text: str) -> History:
    """
    Read a history.

    Args:
        file: Its name, for messages.
        text: All of it.

    Raises:
        InputError: With all mistakes of the text.
    """
    reader = _Reader(Document(file, text))
    for number, line in enumerate(reader.document.lines):
        reader.line(number, line)
    reader.document.check()
    _check_count(file, len(reader.releases))
    return History(tuple(reader.releases))


def _check_count(file: str, count: int) -> None:
    if not count:
        raise InputError([Mistake(file, 0, 0, 1, "the file holds no release", _LINE)])
    if count > MAX_RELEASES:
        expected = f"at most {MAX_RELEASES}"
        raise InputError([Mistake(file, 0, 0, 1, f"{count} releases", expected)])


class _Reader:
    """Reads line by line, so that a mistake in one does not hide the next."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.releases: list[Release] = []
        self.names: dict[str, int] = {}

    def line(self, number: int, line: str) -> None:
        words = [(found.start(), found[0]) for found in _WORD.finditer(line) if found[0][0] != "#"]
        if not words:
            return
        numbers: list[tuple[int, str]] = []
        if _NUMBER.fullmatch(words[0][1]):
            numbers.append(words.pop(0))
        features = self._set(number, sum(len(word) + at for at, word in numbers), words)
        marks: dict[str, tuple[int, str]] = {}
        while words:
            start, word = words.pop(0)
            if word not in ("as", "after"):
                numbers.append((start, word))
            elif word in marks:
                self.document.mistake(number, start, len(word), f"{word} is there twice", "one")
                words = words[1:]
            elif not words:
                expected = "a name" if word == "as" else "an earlier release"
                self.document.mistake(number, start, len(word), f"nothing is {word}", expected)
            else:
                marks[word] = words.pop(0)
        published = self._published(number, numbers)
        follows = self._follows(number, marks.get("after"))
        name = self._name(number, marks.get("as"))
        self.releases.append(Release(features, published, follows, name, number + 1))

    def _set(self, number: int, end: int, words: list[tuple[int, str]]) -> FlagSet:
        """Take the set from the words of a line."""
        if not words:
            self.document.mistake(number, end, 1, "no set", _LINE)
            return FlagSet(frozenset())
        start, word = words.pop(0)
        if word[0] == '"':
            if len(word) == 1 or word[-1] != '"':
                self.document.mistake(number, start, len(word), "unclosed quote", '"')
                return FlagSet(frozenset())
            start, word = start + 1, word[1:-1]
        try:
            return FlagSet.parse(word)
        except TextError as error:
            self.document.text_mistake(number, start, error)
            return FlagSet(frozenset())

    def _published(self, number: int, numbers: list[tuple[int, str]]) -> Version | None:
        found: Version | None = None
        for start, word in numbers:
            try:
                version = Version.parse(word)
            except TextError as error:
                known = TextError(word, error.message, f"{error.expected}; a line is {_LINE}")
                shown = error if _NUMBER.fullmatch(word) else known
                self.document.text_mistake(number, start, shown)
                continue
            if found is not None:
                self.document.mistake(number, start, len(word), "a second number", "one a release")
            found = found or version
        return found

    def _name(self, number: int, mark: tuple[int, str] | None) -> str:
        if mark is None:
            return ""
        start, name = mark
        problem, expected = "", "letters, digits, _ . : -, and not a number"
        if not _NAME.fullmatch(name) or _NUMBER.fullmatch(name):
            problem = "not a name"
        elif name in self.names:
            first = self.releases[self.names[name]].line
            problem, expected = f"{name} is the name of line {first}", "each name once"
        if problem:
            self.document.mistake(number, start, len(name), problem, expected)
        self.names.setdefault(name, len(self.releases))
        return name

    def _follows(self, number: int, mark: tuple[int, str] | None) -> int | None:
        before = len(self.releases) - 1 if self.releases else None
        if mark is None:
            return before
        start, word = mark
        try:
            if word in self.names:
                return self.names[word]
            found = []
            if _NUMBER.fullmatch(word):
                version = Version.parse(word)
                found = [at for at, one in enumerate(self.releases) if one.published == version]
            return _only(word, found, self.releases)
        except TextError as error:
            expected = "a name or number of an earlier line"
            known = TextError(word, error.message, expected, error.start, error.stop)
            self.document.text_mistake(number, start, known)
            return before


def parse_numbers(file: str, text: str, count: int) -> tuple[Version, ...]:
    """
    Read numbers, one a line, for each release of a history in its order.

    Args:
        file: Its name, for messages.
        text: All of it.
        count: How many releases there are.

    Raises:
        InputError: With all mistakes of the text.
    """
    document = Document(file, text)
    numbers: list[Version] = []
    for at, line in enumerate(document.lines):
        words = [found for found in _WORD.finditer(line) if found[0][0] != "#"]
        for extra in words[1:]:
            document.mistake(at, extra.start(), len(extra[0]), "more than a number", "one a line")
        if words:
            try:
                numbers.append(Version.parse(words[0][0]))
            except TextError as error:
                document.text_mistake(at, words[0].start(), error)
                numbers.append(Version(0, 0))
    if len(numbers) != count:
        last = max((at for at, line in enumerate(document.lines) if line.strip()), default=0)
        expected = f"{count}, one for each release"
        document.mistake(last, 0, 1, f"{len(numbers)} numbers", expected)
    document.check()
    return tuple(numbers)
