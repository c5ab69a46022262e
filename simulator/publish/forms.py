"""
The forms of surfaces: how a description is written into files, and read from them.

Each form is a pair of functions without state, so that what one writes the other reads.

Source: the forms are those of the proposals, see docs/files.md; what these leave open is ours.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.files import file_path
from simulator.compat.listing import format_listing, parse_listing
from simulator.compat.rule import Clause, Object
from simulator.compat.scheme import Scheme
from simulator.compat.template import Variable
from simulator.errors import TextError
from simulator.publish.plan import Shown
from simulator.publish.read_and_test import readable_text, split_text
from simulator.values import FlagSet, Value, parse_value

__all__ = ["FORM_OF", "Form", "Known", "Read"]

Read: TypeAlias = Callable[[str], str | None]
"""Reads a file by its path below a directory; None when it is not there or says nothing."""


@dataclass(frozen=True, slots=True)
class Known:
    """
    What has been read so far.

    Attributes:
        place: The directory, for messages.
        values: Values of other files.
    """

    place: str
    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Form:
    """
    One form.

    Attributes:
        write: Gives the texts by path below the directory.
        read: Gives what they say; None for objects that are not published.
        is_binary: The files are binary attributes.
        is_always: The file is there when it has nothing to say, and answers ENODEV.
    """

    write: Callable[[Scheme, Shown, Description], Mapping[str, str]]
    read: Callable[[Scheme, Shown, Read, Known], Description]
    is_binary: bool = False
    is_always: bool = False


# ---- one value per file


def _write_files(_scheme: Scheme, shown: Shown, of: Description) -> dict[str, str]:
    return {file_path(shown.surface, name): f"{of.values[name]}\n" for name in _there(shown, of)}


def _read_files(scheme: Scheme, shown: Shown, read: Read, _known: Known) -> Description:
    texts = {name: read(file_path(shown.surface, name)) for name in shown.names}
    return Description(_parsed(scheme, texts))


def _there(shown: Shown, of: Description) -> list[str]:
    return [name for name in shown.names if name in of.values]


def _parsed(scheme: Scheme, texts: Mapping[str, str | None]) -> dict[str, Value]:
    """Parse single values; None is absent."""
    found: dict[str, Value] = {}
    for name, text in texts.items():
        if name not in scheme.kinds:
            raise TextError(name, f"unknown attribute {name}", ", ".join(scheme.kinds))
        if text is not None:
            found[name] = parse_value(scheme.kinds[name], text.removesuffix("\n"))
    return found


# ---- the listing of July 2020


def _write_listing(_scheme: Scheme, shown: Shown, of: Description) -> dict[str, str]:
    return {shown.surface.name: format_listing(_limited(shown, of))}


def _read_listing(scheme: Scheme, shown: Shown, read: Read, known: Known) -> Description:
    text = read(shown.surface.name)
    if text is None:
        return Description({})
    return parse_listing(f"{known.place}/{shown.surface.name}", text, scheme).description


def _limited(shown: Shown, of: Description) -> Description:
    return Description({name: of.values[name] for name in _there(shown, of)}, of.objects)


# ---- the JSON of July 2020


def _write_json(_scheme: Scheme, shown: Shown, of: Description) -> dict[str, str]:
    parts = {"self": [{name: str(of.values[name]) for name in _there(shown, of)}]}
    if of.objects is not None:
        parts["compatible"] = [_texts(one) for one in of.objects]
    members = (f'"{key}":{_rows(rows)}' for key, rows in parts.items())
    return {shown.surface.name: "{" + ",\n".join(members) + "}\n"}


def _rows(rows: Iterable[Mapping[str, str]]) -> str:
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    return f"[\n{lines}\n]" if lines else "[]"


def _read_json(scheme: Scheme, shown: Shown, read: Read, _known: Known) -> Description:
    text = read(shown.surface.name)
    if text is None:
        return Description({})
    try:
        data = json.loads(text)
        values = _parsed(scheme, {**data["self"][0]})
        objects = data.get("compatible")
        published = None if objects is None else tuple(_object(scheme, {**one}) for one in objects)
    except (AttributeError, IndexError, KeyError, TypeError, RecursionError) as error:
        raise TextError(text, "no self and compatible", '{"self":[{…}]}') from error
    except json.JSONDecodeError as error:
        raise TextError(text, f"not JSON: {error.msg}", "JSON", error.pos, error.pos + 1) from None
    return Description(values, published)


def _texts(one: Object) -> dict[str, str]:
    return {name: str(clause) for name, clause in one.clauses.items()}


def _object(scheme: Scheme, texts: Mapping[str, str]) -> Object:
    """Read an object; a clause may come before the one that declares its variable."""
    for name in texts:
        if name not in scheme.kinds:
            raise TextError(name, f"unknown attribute {name}", ", ".join(scheme.kinds))
    clauses: dict[str, Clause] = {}
    variables: Mapping[str, Variable] = {}
    left = dict(texts)
    while left:
        error: TextError | None = None
        for name, text in tuple(left.items()):
            try:
                clauses[name], variables = parse_clause(text, scheme.kinds[name], variables)
            except TextError as refused:
                error = refused
            else:
                del left[name]
                break
        else:
            raise error or TextError("", "no clause")
    return Object(clauses)


# ---- a set, a member a line


def _write_lines(_scheme: Scheme, shown: Shown, of: Description) -> dict[str, str]:
    texts = {}
    for name in _there(shown, of):
        value = of.values[name]
        if isinstance(value, FlagSet):
            texts[shown.surface.name] = "".join(f"{member}\n" for member in _members(value))
    return texts


def _members(value: FlagSet) -> list[str]:
    """List the members as they were written."""
    places = {member: index for index, member in enumerate(_words(str(value)))}
    return sorted(value.members, key=lambda member: places.get(member, len(places)))


def _words(text: str) -> list[str]:
    return text.replace("+", " ").replace(",", " ").split()


def _read_lines(_scheme: Scheme, shown: Shown, read: Read, _known: Known) -> Description:
    text = read(shown.surface.name)
    if text is None:
        return Description({})
    return Description({shown.names[0]: FlagSet.parse("+".join(text.split("\n")[:-1]))})


# ---- self and compatible: directories, and two files


def _directory(number: int) -> str:
    """Name the directory of an object; the mails ask how, and do not say."""
    return "compatible" if number == 1 else f"compatible{number:04}"


def _write_directories(_scheme: Scheme, shown: Shown, of: Description) -> dict[str, str]:
    top = shown.surface.name
    texts = {f"{top}/self/{name}": f"{of.values[name]}\n" for name in _there(shown, of)}
    for number, one in enumerate(of.objects or (), 1):
        for name, text in _texts(one).items():
            texts[f"{top}/{_directory(number)}/{name}"] = f"{text}\n"
    return texts


def _read_directories(scheme: Scheme, shown: Shown, read: Read, _known: Known) -> Description:
    top = shown.surface.name
    own = _parsed(scheme, {name: read(f"{top}/self/{name}") for name in shown.names})
    objects: list[Object] = []
    while texts := dict(_below(scheme, f"{top}/{_directory(len(objects) + 1)}", read)):
        objects.append(_object(scheme, texts))
    return Description(own, tuple(objects) or None)


def _below(scheme: Scheme, directory: str, read: Read) -> Iterator[tuple[str, str]]:
    for name in scheme.attributes:
        text = read(f"{directory}/{name}")
        if text is not None:
            yield name, text.removesuffix("\n")


def _write_pair(_scheme: Scheme, shown: Shown, of: Description) -> dict[str, str]:
    top = shown.surface.name
    own = {name: str(of.values[name]) for name in _there(shown, of)}
    texts = {f"{top}/self": _pairs(own)}
    if of.objects is not None:
        texts[f"{top}/compatible"] = "\n".join(_pairs(_texts(one)) for one in of.objects)
    return texts


def _pairs(texts: Mapping[str, str]) -> str:
    return "".join(f"{name}={text}\n" for name, text in texts.items())


def _read_pair(scheme: Scheme, shown: Shown, read: Read, _known: Known) -> Description:
    top = shown.surface.name
    own = _parsed(scheme, _unpaired(read(f"{top}/self") or ""))
    written = read(f"{top}/compatible")
    if written is None:
        return Description(own)
    blocks = [block for block in written.split("\n\n") if block]
    return Description(own, tuple(_object(scheme, _unpaired(block)) for block in blocks))


def _unpaired(text: str) -> dict[str, str]:
    found = {}
    for line in text.split("\n"):
        name, sign, value = line.partition("=")
        if line and not sign:
            raise TextError(line, "not a field", "key=value")
        if line:
            found[name] = value
    return found


# ---- a text to read and to write


def _write_test(scheme: Scheme, shown: Shown, of: Description) -> dict[str, str]:
    text = readable_text(scheme, shown.surface, of)
    return {} if text is None else {shown.surface.name: f"{text}\n"}


def _read_test(scheme: Scheme, shown: Shown, read: Read, known: Known) -> Description:
    text = read(shown.surface.name)
    if text is None:
        return Description({})
    found = split_text(scheme, shown.surface.text, text.removesuffix("\n"), known.values)
    if found is None:
        raise TextError(text, "not of the form of the scheme", shown.surface.text)
    return Description(found)


FORM_OF: Mapping[str, Form] = MappingProxyType(
    {
        "files": Form(_write_files, _read_files),
        "listing": Form(_write_listing, _read_listing),
        "json": Form(_write_json, _read_json),
        "test": Form(_write_test, _read_test, is_always=True),
        "lines": Form(_write_lines, _read_lines),
        "directories": Form(_write_directories, _read_directories),
        "pair": Form(_write_pair, _read_pair),
        "binary": Form(_write_pair, _read_pair, is_binary=True),
    }
)
"""By name, as schemes have them."""
