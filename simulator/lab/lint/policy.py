"""What a scheme leaves open, never uses, or compares too strictly."""

from collections.abc import Iterable, Iterator, Sequence

from simulator.compat.attribute_file import PIECE
from simulator.compat.derive import OWN
from simulator.compat.description import Description
from simulator.compat.rule import Equal, Object
from simulator.compat.scheme import Attribute, Outcome, Relation, Scheme
from simulator.compat.valid import is_valid, valid_clause
from simulator.lab.lint.finding import Finding, Place
from simulator.values import FlagSet, PciId, Value

__all__ = ["DEVICE_APIS", "own_findings", "pci_findings", "policy_findings", "string_findings"]

DEVICE_APIS = ("vfio-pci", "vfio-platform", "vfio-amba", "vfio-ccw", "vfio-ap")
"""Source: include/uapi/linux/vfio.h, VFIO_DEVICE_API_PCI_STRING and its like."""


def _at(name: str, field: str = "") -> Place:
    return Place(path=("attributes", name, field) if field else ("attributes", name))


def policy_findings(scheme: Scheme, descriptions: Sequence[Description]) -> Iterator[Finding]:
    """Hold the attributes of a scheme against what it does with them."""
    open_ = [
        name
        for name, one in scheme.attributes.items()
        if one.missing is None and _is_compared(scheme, one)
    ]
    if scheme.missing is Outcome.UNDECIDED and open_:
        message = f"a device without {_or(open_)} is undecided; say missing: incompatible or"
        yield Finding(
            "L404", f"{message} compatible, or undecided for each", Place(path=("missing",))
        )
    used = _used(scheme)
    for name, one in scheme.attributes.items():
        if name not in used and not _is_compared(scheme, one):
            why = "its clause is any" if one.relation is Relation.ANY else "it has no clause"
            yield Finding("L405", f"nothing compares {name}: {why}", _at(name))
        if one.relation is Relation.EQUAL and one.kind == "version":
            message = f"{name} must be equal: a bugfix is enough to forbid a migration"
            yield Finding("L604", message, _at(name, "clause"))
        if one.relation is Relation.EQUAL and _is_free(one):
            yield Finding("L601", _free_text(name), _at(name))
    yield from _not_copied(scheme, descriptions)


def _or(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _is_compared(scheme: Scheme, one: Attribute) -> bool:
    """Tell whether a relation compares an attribute, or an object may."""
    if one.relation is Relation.ANY:
        return False
    if one.relation is not None:
        return True
    if scheme.accepts:
        return any(one.name in texts for texts in scheme.accepts)
    return scheme.has_objects


def _is_free(one: Attribute) -> bool:
    return one.kind == "string" and one.valid is None and one.fact is None


def _free_text(name: str) -> str:
    return f"{name} is compared as it is spelled, and neither valid nor from says what it may be"


def string_findings(scheme: Scheme, one: Object) -> Iterator[tuple[str, str]]:
    """Yield the free strings that an object compares for equality, and a message for each."""
    for name, clause in one.clauses.items():
        if isinstance(clause, Equal) and _is_free(scheme.attributes[name]):
            yield name, _free_text(name)


def _used(scheme: Scheme) -> set[str]:
    """Return the attributes that have a use, whether or not they are compared."""
    found = {one.of for one in scheme.attributes.values() if one.of is not None}
    found |= {one.attribute for one in scheme.prefer}
    found |= {one.name for one in scheme.attributes.values() if one.settable}
    found |= {scheme.copied} if scheme.copied is not None else set()
    found |= {name for one in scheme.accepts for text in one.values() for name in OWN.findall(text)}
    texts = [one.fact or "" for one in scheme.attributes.values()]
    texts += [one.text for one in scheme.surfaces]
    return found | {name for text in texts for name in PIECE.findall(text)}


# ---- dynamic resources


def _not_copied(scheme: Scheme, descriptions: Sequence[Description]) -> Iterator[Finding]:
    """
    Find settable attributes that the list of those that are copied never names.

    Source: dynamic_resources of 20200909053755.GA721@joy-OptiPlex-7040, a list of attributes.
    """
    if scheme.copied is None:
        return
    declared = _declared(scheme.attributes[scheme.copied])
    values = [one.values.get(scheme.copied) for one in descriptions]
    found = [value.members for value in values if isinstance(value, FlagSet)]
    named = declared.union(*found)
    for one in scheme.attributes.values():
        if one.settable and one.name not in named and (named or found):
            message = f"{one.name} can be set, and {scheme.copied} never names it to be copied"
            yield Finding("L508", message, _at(one.name, "settable"))


def _declared(one: Attribute) -> frozenset[str]:
    """Return the members that the scheme itself gives to a set."""
    clause = valid_clause(one)
    values = getattr(clause, "values", ()) or (getattr(clause, "value", None),)
    return frozenset[str]().union(
        *(value.members for value in values if isinstance(value, FlagSet))
    )


# ---- what devices say


def own_findings(scheme: Scheme, description: Description) -> Iterator[tuple[str, str, str]]:
    """Yield a code, an attribute and a message for each own value that cannot be right."""
    for name, value in description.values.items():
        attribute = scheme.attributes[name]
        text = str(value)
        if not is_valid(attribute, value):
            yield "L605", name, f"{name}={text} is not {attribute.valid}: it cannot migrate"
        elif _is_api(attribute) and text not in DEVICE_APIS:
            yield "L603", name, f"{name}={text} is none of {', '.join(DEVICE_APIS)}"
        if not text.isascii():
            yield "L502", name, f"{name}={text} is not ASCII"


def _is_api(attribute: Attribute) -> bool:
    return attribute.kind == "string" and "device_api" in (attribute.name, attribute.fact)


def pci_findings(
    scheme: Scheme, descriptions: Iterable[Description]
) -> Iterator[tuple[int, str, str]]:
    """Yield the place of a description, an attribute and a message for ids that never meet."""
    names = [name for name, kind in scheme.kinds.items() if kind == PciId.kind]
    first: dict[tuple[str, int, bool], Value] = {}
    told: set[tuple[str, int]] = set()
    for place, description in enumerate(descriptions):
        for name in names:
            value = description.values.get(name)
            if not isinstance(value, PciId):
                continue
            first.setdefault((name, value.device, value.vendor is None), value)
            other = first.get((name, value.device, value.vendor is not None))
            if other is not None and (name, value.device) not in told:
                told.add((name, value.device))
                yield place, name, f"{name}: {value} never equals {other}, which is spelled apart"


def text_findings(scheme: Scheme) -> Iterator[Finding]:
    """Find what is not ASCII in the texts that a scheme puts on sysfs."""
    for at, surface in enumerate(scheme.surfaces):
        if not surface.text.isascii():
            message = f"{surface.name}: {surface.text} is not ASCII"
            yield Finding("L502", message, Place(path=("surface", at, "text")))
    for name, one in scheme.attributes.items():
        for field, text in (("valid", one.valid), ("from", one.fact)):
            if text is not None and not text.isascii():
                yield Finding("L502", f"{name}: {text} is not ASCII", _at(name, field))
