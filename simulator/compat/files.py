"""
The files that the surfaces of a scheme put on sysfs: which attributes, in whose directory.

Source: the forms are those of the proposals, see docs/files.md; what these leave open is ours.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from simulator.compat.attribute_file import PIECE
from simulator.compat.scheme import Attribute, Scheme, Surface

__all__ = ["SysfsFile", "file_path", "files_of", "shown", "shown_at"]


@dataclass(frozen=True, slots=True)
class SysfsFile:
    """
    One file of a surface. The first object stands for all of a list.

    Attributes:
        scope: The directory that has it.
        path: Its name there.
        surface: The number of the surface, from 0.
        attribute: What it shows; None for more than one attribute.
    """

    scope: str
    path: str
    surface: int
    attribute: Attribute | None = None


def file_path(surface: Surface, name: str) -> str:
    """Return the path of the file that shows one value."""
    return f"{surface.name}/{name}" if surface.name else name


def shown(scheme: Scheme, surface: Surface) -> tuple[Attribute, ...]:
    """Return the attributes that a surface shows anywhere."""
    scopes = {one.scope or surface.scope for one in scheme.attributes.values()} | {surface.scope}
    names = {name for scope in scopes for name in shown_at(scheme, surface, scope)}
    return tuple(scheme.attributes[name] for name in _named(scheme, surface) if name in names)


def shown_at(scheme: Scheme, surface: Surface, scope: str) -> tuple[str, ...]:
    """
    Return the attributes that a surface shows in directories of one scope.

    A file of its own stands where its attribute says; other forms are in one directory, with
    what they name, or with what has no directory of its own elsewhere.
    """
    return tuple(name for name in _named(scheme, surface) if _is_at(scheme, surface, name, scope))


def _named(scheme: Scheme, surface: Surface) -> tuple[str, ...]:
    if surface.form == "test":
        return tuple(dict.fromkeys(PIECE.findall(surface.text)))
    return surface.attributes or tuple(scheme.attributes)


def _is_at(scheme: Scheme, surface: Surface, name: str, scope: str) -> bool:
    own = scheme.attributes[name].scope
    if surface.form == "files":
        return (own or surface.scope) == scope
    is_named = surface.form == "test" or name in surface.attributes
    return surface.scope == scope and (is_named or own in {None, scope})


def files_of(scheme: Scheme) -> tuple[SysfsFile, ...]:
    """List the files of all surfaces."""
    return tuple(
        one for at, surface in enumerate(scheme.surfaces) for one in _files(scheme, at, surface)
    )


def _files(scheme: Scheme, at: int, surface: Surface) -> Iterator[SysfsFile]:
    attributes = shown(scheme, surface)
    parts = ("self", "compatible") if scheme.has_objects else ("self",)
    match surface.form:
        case "files":
            for one in attributes:
                scope = one.scope or surface.scope
                yield SysfsFile(scope, file_path(surface, one.name), at, one)
        case "directories":
            for part in parts:
                # An object is written whole.
                for one in attributes if part == "self" else scheme.attributes.values():
                    path = f"{surface.name}/{part}/{one.name}"
                    yield SysfsFile(surface.scope, path, at, one)
        case "pair" | "binary":
            for part in parts:
                yield SysfsFile(surface.scope, f"{surface.name}/{part}", at)
        case _:
            only = attributes[0] if len(attributes) == 1 else None
            yield SysfsFile(surface.scope, surface.name, at, only)
