"""A scheme's files on the types and devices of a simulated host: published, and read back."""

from collections.abc import Mapping
from functools import partial

from simulator.compat.description import Description
from simulator.compat.listing import format_listing, parse_listing
from simulator.compat.scheme import Attribute as SchemeAttribute
from simulator.compat.scheme import Scheme, Surface
from simulator.mdev import Attribute, Mdev, MdevBus, MdevType, Parent
from simulator.publish.facts import FACTS
from simulator.publish.publication import Publication
from simulator.values import Value, parse_value

__all__ = ["Publisher", "read_back"]


class Publisher:
    """
    Publishes a scheme on a bus: what it is told, and what the host knows.

    Args:
        scheme: The attributes, and the files that show them.
        said: What is said of parents (by name), types (by parent and type id) and mdevs (by
            UUID); the more particular one wins. It may grow later.
    """

    def __init__(self, scheme: Scheme, said: Mapping[tuple[str, ...], Publication]) -> None:
        self.scheme = scheme
        self._said = said

    def attach(self, bus: MdevBus) -> None:
        """Put the files on every type and mdev that *bus* gets from now on."""
        bus.on_register.append(self._publish_types)
        bus.on_create.append(self._publish_mdev)

    def describe(self, mdev: Mdev) -> Description:
        """Return what *mdev* publishes, named by its parent and UUID."""
        said = self._said.get((mdev.uuid,), Publication()).over(self._of_type(mdev.mdev_type))
        return self._describe(mdev.mdev_type, said, f"{mdev.parent.name}/{mdev.uuid}")

    def check_driver_version(self, version: str) -> None:
        """
        Check that the scheme can publish a version of the driver.

        Raises:
            TextError: The scheme knows no such version.
            ValueError: No attribute of the scheme comes from the driver's version.
        """
        kinds = [one.kind for one in self.scheme.attributes.values() if _is_version(one)]
        if not kinds:
            raise ValueError(f"the scheme {self.scheme.name} publishes no driver_version")
        for kind in kinds:
            parse_value(kind, version)

    def publish_again(self, parent: Parent) -> None:
        """
        Add the files of a driver's version that was not said when a parent was registered.

        Raises:
            ValueError: A file of the scheme would stand in the place of another one.
        """
        surface = _surface(self.scheme)
        if surface is None or surface.form == "listing":
            return
        names = [one.name for one in self.scheme.attributes.values() if _is_version(one)]
        paths = [(name, _path(surface, name)) for name in names]
        if surface.scope == "type":
            for mdev_type in parent.types.values():
                for name, path in paths:
                    if path not in mdev_type.attributes:
                        show = partial(self._show_of_type, name)
                        mdev_type.add_attribute(Attribute(path, 0o444, show))
            return
        for mdev in (mdev for mdev in parent.mdevs.values() if mdev.active):
            for name, path in paths:
                if path not in mdev.attributes:
                    mdev.add_attribute(Attribute(path, 0o444, partial(self._show_of_mdev, name)))

    def _describe(self, mdev_type: MdevType, said: Publication, name: str) -> Description:
        objects = said.objects if self.scheme.has_objects else None
        return Description(self._values(mdev_type, said), objects, name)

    def _of_type(self, mdev_type: MdevType) -> Publication:
        parent = self._said.get((mdev_type.parent.name,), Publication())
        key = (mdev_type.parent.name, mdev_type.type_id)
        return self._said.get(key, Publication()).over(parent)

    def _values(self, mdev_type: MdevType, said: Publication) -> dict[str, Value]:
        values = {}
        for name, attribute in self.scheme.attributes.items():
            if name in said.values:
                values[name] = said.values[name]
                continue
            fact = said.driver_version if attribute.fact == "driver_version" else None
            if attribute.fact is not None and attribute.fact in FACTS:
                fact = FACTS[attribute.fact](mdev_type)
            if fact is not None:
                values[name] = parse_value(attribute.kind, fact)
        return values

    def _publish_types(self, parent: Parent) -> None:
        surface = _surface(self.scheme)
        if surface is None or surface.scope != "type":
            return
        for mdev_type in parent.types.values():
            if surface.form == "listing":
                mdev_type.add_attribute(Attribute(surface.name, 0o444, self._list_type))
                continue
            values = self._values(mdev_type, self._of_type(mdev_type))
            for name in self._unsaid(surface, mdev_type, values):
                show = partial(self._show_of_type, name)
                mdev_type.add_attribute(Attribute(_path(surface, name), 0o444, show))

    def _list_type(self, mdev_type: MdevType) -> str:
        return format_listing(self._describe(mdev_type, self._of_type(mdev_type), ""))

    def _show_of_type(self, name: str, mdev_type: MdevType) -> str:
        return f"{self._values(mdev_type, self._of_type(mdev_type))[name]}\n"

    def _publish_mdev(self, mdev: Mdev) -> None:
        surface = _surface(self.scheme)
        if surface is None or surface.scope != "device":
            return
        if surface.form == "listing":
            mdev.add_attribute(
                Attribute(surface.name, 0o444, lambda mdev: format_listing(self.describe(mdev)))
            )
            return
        for name in self._unsaid(surface, mdev, self.describe(mdev).values):
            show = partial(self._show_of_mdev, name)
            mdev.add_attribute(Attribute(_path(surface, name), 0o444, show))

    def _show_of_mdev(self, name: str, mdev: Mdev) -> str:
        return f"{self.describe(mdev).values[name]}\n"

    def _unsaid(
        self, surface: Surface, node: Mdev | MdevType, values: Mapping[str, Value]
    ) -> list[str]:
        """
        List the values that need a file, because nothing says them already.

        Raises:
            ValueError: A file of this name is there and says something else.
        """
        found = []
        for name, attribute in self.scheme.attributes.items():
            path = _path(surface, name)
            if path in node.attributes:
                said = attribute.fact == path and name in values and node.show(path)
                if said != f"{values.get(name)}\n":
                    raise ValueError(f"{path} is there already, and is not the scheme's {name}")
            elif name in values:
                mdev_type = node if isinstance(node, MdevType) else node.mdev_type
                # The directory of the type says this, or the link to it.
                by_name = attribute.fact == path == "mdev_type"
                if not by_name or str(values[name]) != mdev_type.type_id:
                    found.append(name)
        return found


def _surface(scheme: Scheme) -> Surface | None:
    return scheme.surfaces[0] if scheme.surfaces else None


def _is_version(attribute: SchemeAttribute) -> bool:
    return attribute.fact == "driver_version"


def _path(surface: Surface, name: str) -> str:
    return f"{surface.name}/{name}" if surface.name else name


def read_back(scheme: Scheme, mdev: Mdev) -> Description:
    """
    Read the description of *mdev* from the files, as a management tool would.

    Raises:
        MdevError: A file cannot be read.
        InputError: A listing is not one.
        TextError: A file holds no value of its kind.
    """
    surface = _surface(scheme)
    name = f"{mdev.parent.name}/{mdev.uuid}"
    if surface is not None and surface.form == "listing":
        node = mdev if surface.scope == "device" else mdev.mdev_type
        listing = node.show(surface.name)
        return parse_listing(f"{node.path}/{surface.name}", listing, scheme, name).description
    values = {}
    for attribute in scheme.attributes.values():
        text = _read_file(scheme, surface, mdev, attribute.name)
        if text is not None:
            values[attribute.name] = parse_value(attribute.kind, text)
    return Description(values, None, name)


def _read_file(scheme: Scheme, surface: Surface | None, mdev: Mdev, name: str) -> str | None:
    """Read one value: from its file, or from the standard file or name that already says it."""
    mdev_type = mdev.mdev_type
    if surface is not None:
        node = mdev if surface.scope == "device" else mdev_type
        if _path(surface, name) in node.attributes:
            return node.show(_path(surface, name)).removesuffix("\n")
    fact = scheme.attributes[name].fact
    if fact == "device_api":
        return mdev_type.show(fact).removesuffix("\n")
    return mdev_type.type_id if fact == "mdev_type" else None
