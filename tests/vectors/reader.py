"""Read `vectors.tsv`: the golden cases of the proposals, the kernel and the drivers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from simulator.compat.description import Description
from simulator.compat.listing import parse_listing
from simulator.compat.loader import load_scheme
from simulator.compat.rule import Object
from simulator.compat.scheme import Outcome, Scheme
from simulator.host import Host, load_host
from simulator.values import parse_value

__all__ = ["VERDICTS", "Case", "described", "host_of", "known", "listed", "shipped", "vectors"]

_HERE = Path(__file__).parent

VERDICTS = MappingProxyType({"ok": Outcome.COMPATIBLE, "no": Outcome.INCOMPATIBLE})
"""What the file calls the two outcomes that it decides."""


@dataclass(frozen=True)
class Case:
    """One row; source, target and context by key."""

    id: str
    group: str
    source: Mapping[str, str]
    target: Mapping[str, str]
    context: Mapping[str, str]
    verdict: str
    reason: str
    basis: str
    section: str


def _pairs(cell: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in cell.split(";") if pair)


@lru_cache
def vectors(group: str | None = None) -> tuple[Case, ...]:
    """Return the cases of *group*, or all, in the order of the file."""
    lines = (_HERE / "vectors.tsv").read_text(encoding="utf-8").splitlines()[1:]
    cells = [line.split("\t") for line in lines]
    return tuple(
        Case(row[0], row[1], _pairs(row[2]), _pairs(row[3]), _pairs(row[4]), *row[5:])
        for row in cells
        if group in {None, row[1]}
    )


def known(scheme: Scheme, values: Mapping[str, str]) -> dict[str, str]:
    """Leave out what a scheme does not publish; a rule that knows of one thing ignores others."""
    return {name: text for name, text in values.items() if name in scheme.attributes}


def host_of(name: str, *changes: tuple[str, str], scheme: Scheme | None = None) -> Host:
    """Build the example host of this name, with changes in its text."""
    text = files("simulator").joinpath("examples", f"{name}.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        if old not in text:
            raise LookupError(f"{old!r} does not stand in {name}")
        text = text.replace(old, new)
    return load_host(name, text.encode(), shipped, scheme=scheme)


def shipped(name: str, *changes: tuple[str, str]) -> Scheme:
    """Load a scheme of the package, with settings changed in its text."""
    path = files("simulator.compat") / "schemes" / f"{name}.yaml"
    return _changed(name, path.read_text(encoding="utf-8"), changes)


def _changed(name: str, text: str, changes: tuple[tuple[str, str], ...]) -> Scheme:
    for old, new in changes:
        if text.count(old) != 1:
            raise LookupError(f"{old!r} stands {text.count(old)} times in {name}")
        text = text.replace(old, new)
    return load_scheme(f"{name}.yaml", text.encode())


def listed(name: str, scheme: Scheme, *changes: tuple[str, str]) -> Description:
    """Read a listing: an example of the package, or one of `tests/vectors/schemes`."""
    ours = _HERE / "schemes" / f"{name}.listing"
    path = ours if ours.exists() else files("simulator") / "examples" / name
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        if old not in text:
            raise LookupError(f"{old!r} does not stand in {name}")
        text = text.replace(old, new)
    return parse_listing(name, text, scheme).description


def described(
    scheme: Scheme, values: Mapping[str, str], objects: tuple[Object, ...] | None = None
) -> Description:
    """Turn the values of a cell into what a device publishes."""
    parsed = {name: parse_value(scheme.kinds[name], text) for name, text in values.items()}
    return Description(parsed, objects)
