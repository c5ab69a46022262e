"""What lint says: codes that stay, a message, and where it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["CODES", "Finding", "Place", "Rule"]


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One code.

    Attributes:
        summary: What is found, in a few words.
        is_heuristic: A good guess; otherwise the judge's answers prove it.
    """

    summary: str
    is_heuristic: bool = False


CODES: Mapping[str, Rule] = MappingProxyType(
    {
        "L101": Rule("an alternative gives no value of the kind: `{n}/2` with n=1"),
        "L102": Rule("an alternative that another clause, `valid` or the relations refuse"),
        "L103": Rule("an item of `one_of` that `valid` or the relations refuse"),
        "L104": Rule("an object that can never match"),
        "L105": Rule("an alternative that is there twice"),
        "L106": Rule("a clause without effect: `any()`, or on an attribute that is `any`"),
        "L107": Rule("a variable that is used once: `one_of` says the same"),
        "L201": Rule("two objects overlap"),
        "L202": Rule("an object that another one covers wholly"),
        "L203": Rule("several objects where one would do"),
        "L301": Rule("a list that grows with every release", is_heuristic=True),
        "L302": Rule("what a device publishes is longer than a page of 4096 bytes"),
        "L303": Rule("numbers in a row: `range` says the same"),
        "L401": Rule("an attribute that refuses nobody"),
        "L402": Rule("fewer attributes give the same verdicts on the fleet"),
        "L403": Rule("a preference that never ranks"),
        "L404": Rule("undecided by default: nothing says what a missing attribute means"),
        "L405": Rule("an attribute that nothing compares"),
        "L501": Rule("a file with several values"),
        "L502": Rule("a text that is not ASCII"),
        "L503": Rule("two files in one place"),
        "L504": Rule("the name of a file of the kernel"),
        "L505": Rule("a name that is not as sysfs names files", is_heuristic=True),
        "L506": Rule("a set in a file: an array, which sysfs tolerates"),
        "L507": Rule("an attribute that decides and that no file shows"),
        "L508": Rule("a settable attribute that `copied` never names"),
        "L601": Rule("a free string is compared for equality", is_heuristic=True),
        "L602": Rule("PCI ids with and without a vendor, which are never equal"),
        "L603": Rule("a `device_api` that VFIO does not have"),
        "L604": Rule("a version is compared for equality", is_heuristic=True),
        "L605": Rule("a device's own value that `valid` refuses"),
    }
)
"""Every code, with what it means; docs/laboratory.md holds the same table. Source: ours."""

_KINDS = ("scheme", "description", "class")


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where something is.

    Attributes:
        kind: ``scheme``, ``description`` or ``class``.
        index: Which description or class of those that were given.
        path: The keys that lead there: ``("attributes", "a", "valid")`` in a scheme,
            ``("self", "a")`` or ``("compatible", 0, "a")`` in a description.
    """

    kind: str = "scheme"
    index: int = 0
    path: tuple[str | int, ...] = ()

    def order(self) -> tuple[int, int, tuple[str, ...]]:
        """Return a key to sort by."""
        return _KINDS.index(self.kind), self.index, tuple(map(str, self.path))


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing to mend.

    Attributes:
        code: One of `CODES`.
        message: What it is.
        place: Where it is first.
        more: In how many more places it is.
    """

    code: str
    message: str
    place: Place
    more: int = 0
