"""What a management tool learns of a parent, a type or an mdev from the files alone."""

import errno
from functools import partial

from simulator.compat.description import Description
from simulator.compat.rule import Object
from simulator.compat.scheme import Scheme
from simulator.errors import MdevError
from simulator.mdev import Mdev, MdevType, Parent
from simulator.publish.facts import Subject
from simulator.publish.forms import FORM_OF, Known
from simulator.publish.plan import Plan
from simulator.values import Value, parse_value

__all__ = ["read_back", "read_parent", "read_type"]


def read_back(scheme: Scheme, mdev: Mdev) -> Description:
    """
    Read the description of *mdev* from its files, and from those of its type and its parent.

    A file that answers ENODEV has no value to say.

    Raises:
        MdevError: A file cannot be read, or ENODEV: the mdev is gone.
        InputError: A listing is not one.
        TextError: A file does not hold what it should.
    """
    return _read(scheme, Subject.of(mdev))


def read_type(scheme: Scheme, mdev_type: MdevType) -> Description:
    """
    Read the description of a type from its files and those of its parent.

    Raises:
        MdevError: As `read_back`, and so on.
    """
    return _read(scheme, Subject.of(mdev_type))


def read_parent(scheme: Scheme, parent: Parent) -> Description:
    """
    Read the description of a parent from its files.

    Raises:
        MdevError: As `read_back`, and so on.
    """
    return _read(scheme, Subject.of(parent))


def _read(scheme: Scheme, subject: Subject) -> Description:
    plan = Plan(scheme)
    values: dict[str, Value] = {}
    objects: tuple[Object, ...] | None = None
    for one in subject.chain:
        if one.node.is_gone:
            raise MdevError(errno.ENODEV, f"{one.name} is gone")
        for shown in plan.at(one.scope):
            known = Known(one.node.path, values)
            form = FORM_OF[shown.surface.form]
            said = form.read(scheme, shown, partial(_show, one.node), known)
            values |= said.values
            objects = objects if said.objects is None else said.objects
    values |= _standard(scheme, subject, values)
    ordered = {name: values[name] for name in scheme.attributes if name in values}
    return Description(ordered, objects, subject.name)


def _show(node: Parent | MdevType | Mdev, path: str) -> str | None:
    if path not in node.attributes:
        return None
    try:
        return node.show(path)
    except MdevError as error:
        if error.errno == errno.ENODEV:
            return None
        raise


def _standard(scheme: Scheme, subject: Subject, values: dict[str, Value]) -> dict[str, Value]:
    """Read what files or names of the core say already."""
    found: dict[str, Value] = {}
    mdev_type = subject.mdev_type
    if mdev_type is None:
        return found
    for name, attribute in scheme.attributes.items():
        if name in values:
            continue
        if attribute.fact == "device_api":
            text = mdev_type.show("device_api").removesuffix("\n")
            found[name] = parse_value(attribute.kind, text)
        elif attribute.fact == "mdev_type":
            found[name] = parse_value(attribute.kind, mdev_type.type_id)
    return found
