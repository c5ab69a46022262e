"""A scheme said in the numbers of the C core. Source: ours."""

from simulator.compat.scheme import Direction, Scheme
from simulator.fleet._matcher import Core
from simulator.fleet.words import DIRECTION, KIND, RELATION, VERDICT, CoreAttribute

__all__ = ["core_of", "direction_of"]


def direction_of(scheme: Scheme, direction: Direction | None) -> int:
    """Return who accepts: *direction*, the scheme's where it is None; nobody without objects."""
    return DIRECTION[(direction or scheme.accepted_by) if scheme.has_objects else None]


def core_of(scheme: Scheme, keep_names: bool, saved: tuple[bytes, bytes] | None = None) -> Core:
    """
    Return an empty fleet of the scheme, or a saved one.

    Args:
        scheme: What devices publish.
        keep_names: Keep their names.
        saved: The label and the bytes of a saved fleet.

    Raises:
        DataFault: The bytes are no saved fleet.
        OtherSchemeFault: They were saved under another scheme.
    """
    index = {name: number for number, name in enumerate(scheme.attributes)}
    attributes = [
        CoreAttribute(
            name=name,
            kind=KIND[attribute.kind],
            relation=RELATION[attribute.relation],
            of=index[attribute.of or name],
            missing=VERDICT[str(scheme.missing_of(attribute))],
            required=attribute.required,
        )
        for name, attribute in scheme.attributes.items()
    ]
    return Core(
        attributes,
        accepted_by=direction_of(scheme, None),
        missing=VERDICT[str(scheme.missing)],
        unlisted=VERDICT[str(scheme.unlisted)],
        floor_division=scheme.floor_division,
        keep_names=keep_names,
        saved=saved,
    )
