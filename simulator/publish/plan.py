"""Which files a scheme puts where, and what can thus be said of whom."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from simulator.compat.files import file_path, shown_at
from simulator.compat.scheme import Scheme, Surface
from simulator.publish.facts import SCOPES
from simulator.publish.publication import Publication
from simulator.publish.values import uses_version

__all__ = ["Plan", "Shown", "path_of", "scope_of"]

_SHOWS_OBJECTS = frozenset({"listing", "json", "directories", "pair", "binary"})
"""The forms that show whom a device accepts."""


@dataclass(frozen=True, slots=True)
class Shown:
    """
    A surface in the directories of one scope.

    Attributes:
        surface: The surface.
        names: The attributes that it shows there.
    """

    surface: Surface
    names: tuple[str, ...]


class Plan:
    """
    The surfaces of a scheme by scope.

    Args:
        scheme: The scheme.
    """

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self._at = {scope: tuple(self._shown(scope)) for scope in SCOPES}
        self._of: dict[str, set[str]] = {}
        self._objects: set[str] = set()
        for scope, found in self._at.items():
            for one in found:
                for name in one.names:
                    self._of.setdefault(name, set()).add(scope)
                if one.surface.form in _SHOWS_OBJECTS and scheme.has_objects:
                    self._objects.add(scope)

    def at(self, scope: str) -> tuple[Shown, ...]:
        """Return what directories of *scope* have."""
        return self._at[scope]

    def home(self, name: str, scope: str) -> str | None:
        """
        Find whose value of an attribute is that of somebody at *scope*.

        Returns:
            The most particular scope that shows it, *scope* at most; *scope* where nothing shows
            it; None where only more particular ones do.
        """
        return _home(self._of.get(name, set()), scope)

    @property
    def shows_objects(self) -> bool:
        """Whether any file shows whom a device accepts."""
        return bool(self._objects)

    def home_of_objects(self, scope: str) -> str | None:
        """Find the same for the objects."""
        return _home(self._objects, scope)

    def check(self, said: Publication, scope: str) -> None:
        """
        Check that files can show what is said of somebody at *scope*.

        Raises:
            ValueError: They are the files of somebody above.
        """
        kept = self.narrowed(said, scope)
        if said == kept:
            return
        lost = [name for name in said.values if name not in kept.values]
        shown = self._of.get(lost[0], set()) if lost else self._objects
        shown = shown or {one for one in SCOPES if self._at[one]}
        place = [one for one in SCOPES if one in shown][-1]
        raise ValueError(f"the scheme publishes on {place}s; say this of the {place}")

    def narrowed(self, said: Publication, scope: str) -> Publication:
        """Return the part of *said* that `check` allows."""
        values = {
            name: value
            for name, value in said.values.items()
            if self._reaches(self._of.get(name, set()), scope)
        }
        objects = said.objects if self._reaches(self._objects, scope) else None
        users = [one.name for one in self.scheme.attributes.values() if uses_version(one)]
        shows = [self._reaches(self._of.get(name, set()), scope) for name in users]
        has_version = any(shows) if users else self._reaches(set(), scope)
        return replace(
            said,
            values=values,
            objects=objects,
            driver_version=said.driver_version if has_version else None,
        )

    def _reaches(self, scopes: set[str], scope: str) -> bool:
        """Tell whether files of *scopes* can show what is said at *scope*; unshown is free."""
        found = scopes or {one for one in SCOPES if self._at[one]}
        return not found or any(SCOPES.index(one) >= SCOPES.index(scope) for one in found)

    def _shown(self, scope: str) -> Iterator[Shown]:
        for surface in self.scheme.surfaces:
            names = shown_at(self.scheme, surface, scope)
            if names or (surface.form != "files" and surface.scope == scope):
                yield Shown(surface, names)


def _home(scopes: set[str], scope: str) -> str | None:
    if not scopes:
        return scope
    near = [one for one in SCOPES[: SCOPES.index(scope) + 1] if one in scopes]
    return near[-1] if near else None


def path_of(scheme: Scheme, name: str, scope: str) -> str | None:
    """Return the file in a directory of *scope* that shows one attribute and nothing else."""
    found = (one.surface for one in Plan(scheme).at(scope) if name in one.names)
    return next((file_path(one, name) for one in found if one.form == "files"), None)


def scope_of(scheme: Scheme, name: str) -> str | None:
    """Return whose directory has the file of an attribute, the most particular one; or None."""
    found = [scope for scope in SCOPES for one in Plan(scheme).at(scope) if name in one.names]
    return found[-1] if found else None
