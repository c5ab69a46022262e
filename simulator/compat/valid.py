"""
Own values that forbid a migration whoever asks: those that ``valid`` of the scheme refuses.

Source: ours. The drivers of the mails answer ENODEV when such a device is asked for its version.
"""

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.judge import check_object
from simulator.compat.rule import Clause, Object
from simulator.compat.scheme import Attribute, Outcome, Scheme
from simulator.values import Value

__all__ = ["is_valid", "valid_clause"]


def valid_clause(attribute: Attribute) -> Clause | None:
    """Return what an own value of *attribute* has to meet; None for anything."""
    return None if attribute.valid is None else parse_clause(attribute.valid, attribute.kind, {})[0]


def is_valid(attribute: Attribute, value: Value) -> bool:
    """Tell whether a device with this value can migrate at all, however it is compared."""
    clause = valid_clause(attribute)
    if clause is None:
        return True
    # Under the scheme itself a clause on an attribute that is `any` is not asked.
    alone = Scheme("", {attribute.name: Attribute(attribute.name, attribute.kind)})
    one, own = Object({attribute.name: clause}), Description({attribute.name: value})
    return check_object(alone, one, own, to_publisher=True).outcome is Outcome.COMPATIBLE
