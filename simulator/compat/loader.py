"""Read a scheme from YAML, every mistake with its line and column. See docs/files.md."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from simulator.compat.attribute_file import FACTS, MAX_ATTRIBUTES, read_attributes
from simulator.compat.file_choices import OUTCOMES, Field, choice, members
from simulator.compat.scheme import Attribute, Direction, Outcome, Preference, Scheme, Surface
from simulator.compat.surface_file import read_accepts, read_surfaces
from simulator.documents import YamlValue, read_yaml

__all__ = [
    "FACTS",
    "MAX_ATTRIBUTES",
    "MAX_SCHEME_BYTES",
    "NEEDED",
    "ORDERS",
    "SCHEME_FIELDS",
    "load_scheme",
]

MAX_SCHEME_BYTES = 2**18
"""The size of a scheme; far above 64 attributes, and soon read. Ours."""

_UNLISTED = MappingProxyType(
    {"ignored": Outcome.COMPATIBLE, "undecided": Outcome.UNDECIDED}
    | {"incompatible": Outcome.INCOMPATIBLE}
)
SCHEME_FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "scheme": Field("the name", default=""),
        "summary": Field("one line", default=""),
        "source": Field("a Message-ID, a document", default=""),
        "accepted-by": Field("whose objects decide", members(Direction), Direction.TARGET),
        "objects": Field(
            "published, or none: the attributes' clauses say everything",
            {"published": True, "none": False},
        ),
        "missing": Field("what it means that a device lacks one", OUTCOMES, Outcome.UNDECIDED),
        "unlisted": Field(
            "what an attribute means that no clause names", _UNLISTED, Outcome.COMPATIBLE
        ),
        "division": Field("how {v}/2 is rounded", {"exact": False, "floor": True}, False),
        "attributes": Field("attributes by name"),
        "accepts": Field("objects that every device accepts by which publishes none"),
        "copied": Field("the set that names what a manager copies to a target", default=""),
        "prefer": Field("which compatible target comes first, by attribute"),
        "surface": Field("the files on sysfs, one surface or a list"),
    }
)
"""The fields of a scheme; attributes, accepts, prefer and surface hold more than a scalar."""

ORDERS: Mapping[str, bool] = MappingProxyType({"highest": True, "lowest": False})
"""What a preference can be."""

_ORDERED = ("int", "version", "ratio")
NEEDED = ("scheme", "attributes")
"""The fields that a scheme cannot do without."""

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
        self.fields = root.known_fields(SCHEME_FIELDS, "a scheme")
        for needed in NEEDED:
            if root.is_mapping() and needed not in self.fields:
                root.mistake(f"no field {needed}", f"{needed}: …")
        self.attributes: dict[str, Attribute] = {}
        if "attributes" in self.fields:
            self.attributes = read_attributes(self.fields["attributes"])

    def scheme(self) -> Scheme:
        accepts: tuple[Mapping[str, str], ...] = ()
        if "accepts" in self.fields:
            accepts = read_accepts(self.fields["accepts"], self.attributes)
        surfaces: tuple[Surface, ...] = ()
        if "surface" in self.fields:
            surfaces = read_surfaces(self.fields["surface"], self.attributes)
        return Scheme(
            name=self._read("scheme", str),
            attributes=MappingProxyType(self.attributes),
            accepted_by=self._read("accepted-by", Direction),
            has_objects=self._has_objects(),
            missing=self._read("missing", Outcome),
            unlisted=self._read("unlisted", Outcome),
            floor_division=self._read("division", bool),
            prefer=tuple(self._prefer()),
            surfaces=surfaces,
            accepts=accepts,
            copied=self._copied(),
            summary=self._read("summary", str),
            source=self._read("source", str),
        )

    def _copied(self) -> str | None:
        name = self._read("copied", str) or None
        if name is not None and (
            name not in self.attributes or self.attributes[name].kind != "set"
        ):
            sets = [one.name for one in self.attributes.values() if one.kind == "set"]
            expected = "one of " + ", ".join(sets) if sets else "an attribute of kind set"
            self.fields["copied"].mistake(f"{name} is no attribute of kind set", expected)
        return name

    def _has_objects(self) -> bool:
        field = SCHEME_FIELDS["objects"]
        published = field.read(self.fields["objects"]) if "objects" in self.fields else None
        if "accepts" in self.fields and published is False:
            self.fields["accepts"].mistake("objects: none accepts by none", "objects: published")
        return "accepts" in self.fields if published is None else bool(published)

    def _read(self, name: str, of: Callable[[Any], E]) -> E:
        field = SCHEME_FIELDS[name]
        return of(field.read(self.fields[name]) if name in self.fields else field.default)

    def _prefer(self) -> Iterator[Preference]:
        if "prefer" not in self.fields:
            return
        for key, name, order in self.fields["prefer"].fields("attributes, highest or lowest"):
            if name not in self.attributes:
                key.mistake(f"{name} is no attribute", "one of " + ", ".join(self.attributes))
            elif self.attributes[name].kind not in _ORDERED:
                message = f"{name} is of kind {self.attributes[name].kind}, which has no order"
                key.mistake(message, "an attribute of kind " + ", ".join(_ORDERED))
            yield Preference(name, choice(order, ORDERS, True))
