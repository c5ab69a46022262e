"""
Value spaces in parts: attributes that no relation joins decide apart from each other.

Without objects a verdict is the AND of the parts' verdicts, so that a space far too large to look
at is known from its parts: yeses of the whole are those that every part gives. Source: ours.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod

from simulator.compat.description import Description
from simulator.compat.scheme import Relation, Scheme
from simulator.lab.laws.field import Field, Ruling, Standing
from simulator.lab.laws.law import Counterexample, Law, version_names
from simulator.lab.laws.shrink import shrink
from simulator.lab.matrix import matrix
from simulator.lab.pools import Pools, pools_of
from simulator.lab.space import Space, space_of

__all__ = ["Parts", "parts_of", "rule_parts"]


@dataclass(frozen=True, slots=True)
class Parts:
    """
    The space of a scheme as the product of the spaces of its parts.

    Attributes:
        scheme: The whole scheme.
        pools: The values of each attribute; None among them stands for absent.
        spaces: One for each part; each under the scheme of its attributes alone.
    """

    scheme: Scheme
    pools: Pools
    spaces: tuple[Space, ...]

    @property
    def size(self) -> int:
        """How many descriptions there are in all."""
        return prod(space.size for space in self.spaces)

    @property
    def is_exhaustive(self) -> bool:
        """Every part was looked at as a whole."""
        return all(space.is_exhaustive for space in self.spaces)

    def __str__(self) -> str:
        head = f"{self.size:,} descriptions in {len(self.spaces)} parts that no relation joins"
        head = f"exhaustive: all {head}" if self.is_exhaustive else f"searched: {head}"
        return "\n".join([head, *(f"  {space}" for space in self.spaces)])

    def to_json(self) -> dict[str, object]:
        """Return the parts that JSON knows."""
        return {
            "exhaustive": self.is_exhaustive,
            "size": self.size,
            "looked_at": sum(len(space.descriptions) for space in self.spaces),
            "parts": [space.to_json() for space in self.spaces],
        }


def parts_of(scheme: Scheme, *, budget: int, seed: int) -> Parts | None:
    """Take a scheme apart; None when it is one part, as with objects, which join everything."""
    groups = [] if scheme.has_objects else _joined(scheme)
    if len(groups) < 2:
        return None
    pools = pools_of(scheme)
    return Parts(
        scheme,
        pools,
        tuple(
            space_of(
                replace(scheme, attributes={name: scheme.attributes[name] for name in group}),
                budget=budget,
                seed=seed,
                pools={name: pools[name] for name in group},
            )
            for group in groups
        ),
    )


def _joined(scheme: Scheme) -> list[list[str]]:
    """Put together the attributes that relations compare with each other."""
    groups = [[name] for name in scheme.attributes]
    for name, attribute in scheme.attributes.items():
        if attribute.of is None or attribute.relation in (None, Relation.ANY):
            continue
        ends = [group for group in groups if name in group or attribute.of in group]
        groups = [group for group in groups if group not in ends]
        groups.append([one for one in scheme.attributes if any(one in group for group in ends)])
    return groups


def rule_parts(
    parts: Parts, laws: Sequence[Law], progress: Callable[[int], None] | None = None
) -> Iterator[Ruling]:
    """Hold the whole to each law, by what becomes of it in the parts."""
    fields = []
    for space in parts.spaces:
        verdicts = matrix(space.scheme, space.descriptions, progress=progress)
        devices = (1,) * len(space.descriptions)
        fields.append(
            Field(
                space.scheme,
                space.descriptions,
                devices,
                verdicts,
                space.pools,
                is_whole=space.is_exhaustive,
            )
        )
    for law in laws:
        yield _rule(parts, law, fields)


def _rule(parts: Parts, law: Law, fields: Sequence[Field]) -> Ruling:
    if law.is_upgrade and not version_names(parts.scheme):
        return fields[0].rule(law)
    rulings = [field.rule(law) for field in fields]
    asked, refused, undecided = (_counts_of_upgrades if law.is_upgrade else _counts)(
        rulings, [sum(row.bit_count() for row in field.rows) for field in fields]
    )
    if not refused:
        standing = Standing.HOLDS if parts.is_exhaustive else Standing.NOT_FOUND
        return Ruling(law, standing, asked)
    found = _put_together(parts, law, fields, rulings)
    example = Counterexample(law, shrink(parts.scheme, law, found, parts.pools), found)
    return Ruling(law, Standing.BROKEN, asked, refused, undecided, counterexample=example)


def _counts(rulings: Sequence[Ruling], _yeses: Sequence[int]) -> tuple[int, int, int]:
    """Count what is asked for, refused and undecided in the whole: each part has its choice."""
    asked = prod(one.asked for one in rulings)
    kept = prod(one.asked - one.refused for one in rulings)
    not_refused = prod(one.asked - one.refused + one.undecided for one in rulings)
    return asked, asked - kept, not_refused - kept


def _counts_of_upgrades(rulings: Sequence[Ruling], yeses: Sequence[int]) -> tuple[int, int, int]:
    """Count likewise where one part has the new version, and the others say yes."""
    others = [prod(yeses[:place]) * prod(yeses[place + 1 :]) for place in range(len(yeses))]
    refused = sum(one.refused * rest for one, rest in zip(rulings, others, strict=True))
    undecided = sum(one.undecided * rest for one, rest in zip(rulings, others, strict=True))
    not_asked = prod(
        yes - (one.asked - one.refused) for one, yes in zip(rulings, yeses, strict=True)
    )
    return refused + prod(yeses) - not_asked, refused, undecided


def _put_together(
    parts: Parts, law: Law, fields: Sequence[Field], rulings: Sequence[Ruling]
) -> tuple[Description, ...]:
    """Join the counterexample of one part with devices of the others that go along with it."""
    for broken, ruling in enumerate(rulings):
        if ruling.counterexample is None:
            continue
        chosen = [
            ruling.counterexample.devices if place == broken else field.along(law)
            for place, field in enumerate(fields)
        ]
        if all(chosen):
            values = [
                {name: value for one in devices for name, value in one.values.items()}
                for devices in zip(*chosen, strict=True)
            ]
            return tuple(
                Description({name: one[name] for name in parts.scheme.attributes if name in one})
                for one in values
            )
    raise ValueError("no part is broken that the others go along with")
