"""A scheme's files on the parents, types and mdevs of a simulated host."""

import errno
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from simulator.compat.derive import complete
from simulator.compat.description import Description
from simulator.compat.files import file_path
from simulator.compat.scheme import Attribute as SchemeAttribute
from simulator.compat.scheme import Scheme, Surface
from simulator.errors import MdevError, TextError
from simulator.mdev import Attribute, Mdev, MdevBus, MdevType, Parent
from simulator.publish.facts import AGGREGATED_FILE, Subject
from simulator.publish.forms import FORM_OF
from simulator.publish.plan import Plan, Shown
from simulator.publish.publication import Publication
from simulator.publish.read_and_test import refusal
from simulator.publish.values import own_values, uses_version
from simulator.values import Value, parse_value

__all__ = ["Publisher"]

AnyNode: TypeAlias = Parent | MdevType | Mdev


@dataclass(frozen=True, slots=True)
class _SchemeFile(Attribute[Any]):
    """
    A file that is the scheme's, and no driver's.

    Attributes:
        shown: The surface that has it.
    """

    shown: Shown | None = None


class Publisher:
    """
    Publishes a scheme on a bus: what it is told, and what the host knows.

    Args:
        scheme: The attributes, and the files that show them.
        said: What is said of parents (by name), types (by parent and type id) and mdevs (by
            UUID); the more particular one wins. It may grow later, and grows when a file of the
            scheme is written.
        log: Takes a line of the kernel log.
    """

    def __init__(
        self,
        scheme: Scheme,
        said: MutableMapping[tuple[str, ...], Publication],
        log: Callable[[str], object] = str,
    ) -> None:
        self.scheme = scheme
        self.plan = Plan(scheme)
        self._said = said
        self._log = log

    def attach(self, bus: MdevBus) -> None:
        """Put the files on every parent, type and mdev that *bus* gets from now on."""
        bus.on_register.append(self._publish)
        bus.on_create.append(self._publish)

    def describe(self, node: AnyNode) -> Description:
        """
        Return what a parent, a type or an mdev publishes, named by parent and type or UUID.

        What a file above shows is described as that file shows it; what only files below show is
        left out.
        """
        subject = Subject.of(node)
        values: dict[str, Value] = {}
        own: dict[str, dict[str, Value]] = {}
        of_scope = {one.scope: one for one in subject.chain}
        for name in self.scheme.attributes:
            home = self.plan.home(name, subject.scope)
            if home is None:
                continue
            if home not in own:
                found = of_scope[home]
                own[home] = own_values(self.scheme, found, self._of(found))
            if name in own[home]:
                values[name] = own[home][name]
        return self._with_objects(subject, of_scope, values)

    def check_driver_version(self, version: str) -> None:
        """
        Check that the scheme can publish a version of the driver.

        Raises:
            TextError: The scheme knows no such version.
            ValueError: No attribute of the scheme comes from the driver's version.
        """
        users = [one for one in self.scheme.attributes.values() if uses_version(one)]
        if not users:
            raise ValueError(f"the scheme {self.scheme.name} publishes no driver_version")
        for one in users:
            if "{" not in (one.fact or ""):
                parse_value(one.kind, version)

    def publish_again(self, parent: Parent) -> None:
        """
        Add the files of values that were not there when a parent was registered.

        Raises:
            ValueError: A file of the scheme would stand in the place of another one. None is added.
        """
        mdevs = [mdev for mdev in parent.mdevs.values() if mdev.active]
        self._publish(parent, *mdevs)

    def _with_objects(
        self, subject: Subject, of_scope: dict[str, Subject], values: dict[str, Value]
    ) -> Description:
        if not self.scheme.has_objects:
            return Description(values, None, subject.name)
        home = self.plan.home_of_objects(subject.scope)
        if home is None:
            return Description(values, None, subject.name)
        found = Description(values, self._of(of_scope[home]).objects, subject.name)
        # Objects that no file shows are derived by whoever judges.
        return complete(self.scheme, found) if self.plan.shows_objects else found

    def _of(self, subject: Subject) -> Publication:
        """Gather what is said of somebody, and of those above."""
        said = Publication()
        for one in subject.chain:
            said = self._said.get(one.key, Publication()).over(said)
        return said

    # ---- files

    def _publish(self, *nodes: AnyNode) -> None:
        """
        Add the files that are not there yet, for parents with their types.

        Raises:
            ValueError: A file would stand in the place of another one. None is added.
        """
        added: list[tuple[AnyNode, str]] = []
        try:
            for node in nodes:
                types = node.types.values() if isinstance(node, Parent) else ()
                for one in (node, *types):
                    for file in self._missing(one):
                        one.add_attribute(file)
                        added.append((one, file.name))
        except ValueError:
            for one, name in added:
                one.remove_file_self(name)
            raise

    def _missing(self, node: AnyNode) -> Iterator[Attribute[Any]]:
        subject = Subject.of(node)
        places = self.plan.at(subject.scope)
        description = self.describe(node) if places else Description({})
        for shown in places:
            form = FORM_OF[shown.surface.form]
            if shown.surface.form == "files":
                yield from self._missing_values(shown, subject, description)
                continue
            paths = [shown.surface.name] if form.is_always else []
            for path in paths or form.write(self.scheme, shown, description):
                if not _is_of(node.attributes.get(path), shown):
                    yield self._file(shown, path)

    def _missing_values(
        self, shown: Shown, subject: Subject, description: Description
    ) -> Iterator[Attribute[Any]]:
        """
        List the values that need a file, because nothing says them already.

        Raises:
            ValueError: A file of this name is there and says something else.
        """
        node = subject.node
        for name in shown.names:
            path, attribute = file_path(shown.surface, name), self.scheme.attributes[name]
            value = description.values.get(name)
            there = node.attributes.get(path)
            if _is_of(there, shown):
                continue
            if there is not None:
                if not _says(attribute, path, node, value):
                    raise ValueError(f"{path} is there already, and is not the scheme's {name}")
            elif value is not None and not _is_by_name(attribute, path, subject, value):
                yield self._file(shown, path, name)

    def _file(self, shown: Shown, path: str, name: str = "") -> Attribute[Any]:
        form = FORM_OF[shown.surface.form]
        store: Callable[[Any, bytes], None] | None = None
        if shown.surface.form == "test":
            store = partial(self._test, shown.surface)
        elif name and self.scheme.attributes[name].settable:
            store = partial(self._store, name)
        mode = 0o444 if store is None else 0o644
        show = partial(self._show, shown, path)
        return _SchemeFile(path, mode, show, store, is_binary=form.is_binary, shown=shown)

    def _show(self, shown: Shown, path: str, node: AnyNode) -> str:
        form = FORM_OF[shown.surface.form]
        texts = form.write(self.scheme, shown, self.describe(node))
        if path not in texts:
            raise MdevError(errno.ENODEV, f"{path} has nothing to say")
        return texts[path]

    # ---- writes

    def _test(self, surface: Surface, node: AnyNode, data: bytes) -> None:
        refused = refusal(self.scheme, surface, self.describe(node), data)
        if refused is None:
            return
        if refused.log:
            self._log(f"{_printed_name(node)}: {refused.log}")
        raise MdevError(getattr(errno, refused.errno), refused.log or "not compatible")

    def _store(self, name: str, node: AnyNode, data: bytes) -> None:
        attribute = self.scheme.attributes[name]
        subject = Subject.of(node)
        try:
            value = parse_value(attribute.kind, data.decode().removesuffix("\n"))
        except (TextError, UnicodeDecodeError) as error:
            raise MdevError(errno.EINVAL, f"{name}: no {attribute.kind}") from error
        is_said = name in self._of(subject).values
        if attribute.fact == "aggregated_instances" and isinstance(node, Mdev):
            _aggregate(node, value, is_said=is_said)
        before = self._said.get(subject.key, Publication())
        if is_said or attribute.fact != "aggregated_instances":
            self._said[subject.key] = Publication({name: value}).over(before)
        # Other values may come from this one, and have had no file.
        try:
            if isinstance(node, Mdev):
                self._publish(node)
            else:
                self.publish_again(subject.parent)
        except ValueError as error:
            self._said[subject.key] = before
            raise MdevError(errno.EEXIST, str(error)) from None


def _is_of(file: Attribute[Any] | None, shown: Shown) -> bool:
    return isinstance(file, _SchemeFile) and file.shown == shown


def _aggregate(mdev: Mdev, value: Value, *, is_said: bool) -> None:
    """Change how many instances an mdev holds, as far as its driver can."""
    if AGGREGATED_FILE in mdev.attributes:
        mdev.store(AGGREGATED_FILE, str(value).encode())
    elif not is_said and str(value) != "1":
        raise MdevError(errno.EINVAL, f"{mdev.uuid}: its driver does not aggregate")


def _says(attribute: SchemeAttribute, path: str, node: AnyNode, value: Value | None) -> bool:
    """Tell whether a file of the core or of the driver is what the attribute comes from."""
    is_own = attribute.fact == path
    is_own |= attribute.fact == "aggregated_instances" and path == AGGREGATED_FILE
    return is_own and value is not None and node.show(path) == f"{value}\n"


def _is_by_name(attribute: SchemeAttribute, path: str, subject: Subject, value: Value) -> bool:
    """Tell whether the directory of the type says this, or the link to it."""
    mdev_type = subject.mdev_type
    is_type = attribute.fact == path == "mdev_type"
    return is_type and mdev_type is not None and str(value) == mdev_type.type_id


def _printed_name(node: AnyNode) -> str:
    """
    Name a device as the kernel log does: its driver and its name.

    Source: general knowledge, drivers/base/core.c __dev_printk().
    """
    if isinstance(node, Mdev):
        return f"{node.driver_name or node.subsystem} {node.uuid}"
    parent = node.parent if isinstance(node, MdevType) else node
    return f"{parent.driver_string} {parent.name}"
