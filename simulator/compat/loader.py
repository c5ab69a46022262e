"""Read a scheme from YAML, every mistake with its line and column. See docs/files.md."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TypeVar

from simulator.compat.attribute_file import FACTS, MAX_ATTRIBUTES, read_attributes
from simulator.compat.file_choices import OUTCOMES, choice, members
from simulator.compat.scheme import Attribute, Direction, Outcome, Preference, Scheme, Surface
from simulator.compat.surface_file import read_accepts, read_surfaces
from simulator.documents import YamlValue, read_yaml

__all__ = ["FACTS", "MAX_ATTRIBUTES", "MAX_SCHEME_BYTES", "load_scheme"]

MAX_SCHEME_BYTES = 2**18
"""The size of a scheme; far above 64 attributes, and soon read. Ours."""

_FIELDS = (
    *("scheme", "summary", "source", "accepted-by", "objects", "missing", "unlisted"),
    *("division", "attributes", "accepts", "copied", "prefer", "surface"),
)
_UNLISTED = MappingProxyType(
    {"ignored": Outcome.COMPATIBLE, "undecided": Outcome.UNDECIDED}
    | {"incompatible": Outcome.INCOMPATIBLE}
)
_ORDERED = ("int", "version", "ratio")
E = TypeVar("E")


def load_scheme(file: str, data: bytes) -> Scheme:
    """
    Read a scheme.

    Args:
        file: The name of the file, for messages.
        data: Its bytes.

    Raises:
        InputError: With all mistakes that could be found.
    """
    root = read_yaml(file, data, MAX_SCHEME_BYTES)
    scheme = _Reader(root).scheme()
    root.document.check()
    return scheme


class _Reader:
    """Gathers the fields of one scheme."""

    def __init__(self, root: YamlValue) -> None:
        self.fields = root.known_fields(_FIELDS, "a scheme")
        for needed in ("scheme", "attributes"):
            if root.is_mapping() and needed not in self.fields:
                root.mistake(f"no field {needed}", f"{needed}: …")
        self.attributes: dict[str, Attribute] = {}
        if "attributes" in self.fields:
            self.attributes = read_attributes(self.fields["attributes"])

    def scheme(self) -> Scheme:
        direction = self._pick("accepted-by", members(Direction), Direction.TARGET)
        accepts: tuple[Mapping[str, str], ...] = ()
        if "accepts" in self.fields:
            accepts = read_accepts(self.fields["accepts"], self.attributes)
        surfaces: tuple[Surface, ...] = ()
        if "surface" in self.fields:
            surfaces = read_surfaces(self.fields["surface"], self.attributes)
        return Scheme(
            name=self._text("scheme"),
            attributes=MappingProxyType(self.attributes),
            accepted_by=Direction(direction),
            has_objects=self._has_objects(),
            missing=self._pick("missing", OUTCOMES, Outcome.UNDECIDED),
            unlisted=self._pick("unlisted", _UNLISTED, Outcome.COMPATIBLE),
            floor_division=self._pick("division", {"exact": False, "floor": True}, False),
            prefer=tuple(self._prefer()),
            surfaces=surfaces,
            accepts=accepts,
            copied=self._copied(),
            summary=self._text("summary"),
            source=self._text("source"),
        )

    def _copied(self) -> str | None:
        name = self._text("copied") or None
        if name is not None and (
            name not in self.attributes or self.attributes[name].kind != "set"
        ):
            sets = [one.name for one in self.attributes.values() if one.kind == "set"]
            expected = "one of " + ", ".join(sets) if sets else "an attribute of kind set"
            self.fields["copied"].mistake(f"{name} is no attribute of kind set", expected)
        return name

    def _has_objects(self) -> bool:
        published = self._pick("objects", {"published": True, "none": False}, None)
        if "accepts" in self.fields and published is False:
            self.fields["accepts"].mistake("objects: none accepts by none", "objects: published")
        return "accepts" in self.fields if published is None else published

    def _text(self, name: str) -> str:
        return (self.fields[name].text() or "") if name in self.fields else ""

    def _pick(self, name: str, choices: Mapping[str, E], default: E) -> E:
        return choice(self.fields[name], choices, default) if name in self.fields else default

    def _prefer(self) -> Iterator[Preference]:
        if "prefer" not in self.fields:
            return
        for key, name, order in self.fields["prefer"].fields("attributes, highest or lowest"):
            if name not in self.attributes:
                key.mistake(f"{name} is no attribute", "one of " + ", ".join(self.attributes))
            elif self.attributes[name].kind not in _ORDERED:
                message = f"{name} is of kind {self.attributes[name].kind}, which has no order"
                key.mistake(message, "an attribute of kind " + ", ".join(_ORDERED))
            yield Preference(name, choice(order, {"highest": True, "lowest": False}, True))
