"""
One simulated machine: a kernel, parents, mdevs and a published scheme, from code or from YAML.

    >>> from simulator.vendors import driver
    >>> host = Host(KERNELS["6.1"])
    >>> gpu = host.add_parent(driver("i915"), {"aperture_mb": 512})
    >>> {name: t.available_instances for name, t in gpu.types.items()}
    {'i915-GVTg_V5_8': 6, 'i915-GVTg_V5_4': 3, 'i915-GVTg_V5_2': 1}
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

from simulator.compat.description import Description
from simulator.compat.scheme import Scheme
from simulator.documents import YamlValue, read_yaml
from simulator.errors import MdevError, TextError
from simulator.mdev import KERNELS, Kernel, Mdev, MdevBus, Option, OptionError, Parent, VendorDriver
from simulator.publish import Publication, Publisher, read_publication
from simulator.vendors import VENDORS

__all__ = ["Host", "load_host"]

_NOTHING: Mapping[str, object] = MappingProxyType({})
_UUID_LEN = 36
_SAYING = ("attributes", "compatible", "driver_version")
_DEVICE = re.compile(r"/sys/devices(/(?!\.\.?(?:/|$))[^/\x00-\x20\x7f]+)+")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
T = TypeVar("T")


class Host:
    """
    A simulated machine.

    Args:
        kernel: Its personality, one of `KERNELS`.
        scheme: The scheme that its devices publish, or None.

    Attributes:
        bus: The mdev core, with all parents and mdevs.
        scheme: As given.
    """

    def __init__(self, kernel: Kernel, scheme: Scheme | None = None) -> None:
        self.bus = MdevBus(kernel)
        self.scheme = scheme
        self._said: dict[tuple[str, ...], Publication] = {}
        self.bus.listeners.append(self._forget)
        self._publisher = None if scheme is None else Publisher(scheme, self._said)
        if self._publisher is not None:
            self._publisher.attach(self.bus)

    def _forget(self, action: str, subject: Parent | Mdev) -> None:
        """Drop what was said of a parent or an mdev that goes."""
        if isinstance(subject, Mdev) and action == "remove":
            self._said.pop((subject.uuid,), None)
        elif isinstance(subject, Parent) and action == "unregistered":
            for key in [key for key in self._said if key[0] == subject.name]:
                del self._said[key]

    @property
    def mdevs(self) -> Mapping[str, Mdev]:
        """All mdevs by UUID."""
        return {mdev.uuid: mdev for mdev in self.bus.mdevs}

    def add_parent(
        self,
        driver: VendorDriver,
        options: Mapping[str, object] = _NOTHING,
        *,
        path: str | None = None,
        says: Publication | None = None,
        types: Mapping[str, Publication] = MappingProxyType({}),
    ) -> Parent:
        """
        Register a parent.

        Args:
            driver: Its vendor driver.
            options: Values for the driver's options.
            path: Its directory in ``/sys``; the driver knows a usual one.
            says: What all its devices publish.
            types: What the devices of a type publish, by type id.

        Raises:
            OptionError: The options are wrong.
            ValueError: A file of the scheme would stand in the place of another one.
            MdevError: As `MdevBus.register` says.
        """
        name = (path or driver.path).rpartition("/")[2]
        before = dict(self._said)
        if name not in self.bus.parents:
            self._said[name,] = says or Publication()
            self._said |= {(name, type_id): said for type_id, said in types.items()}
        try:
            return self.bus.register(driver, options, path=path)
        except (MdevError, ValueError):
            self._said.clear()
            self._said |= before
            raise

    def create(self, parent: str, type_id: str, uuid: str, says: Publication | None = None) -> Mdev:
        """
        Create an mdev.

        Args:
            parent: The name of its parent.
            type_id: Its type.
            uuid: 36 characters.
            says: What this mdev publishes besides what its parent and type do.

        Raises:
            KeyError: There is no such parent or type.
            ValueError: The scheme publishes on types, so that an mdev has no values of its own;
                or a file of the scheme would stand in the place of another one.
            MdevError: As `MdevType.create` says.
        """
        mdev_type = self.bus.parents[parent].types[type_id]
        surface = None if self.scheme is None else self.scheme.surface
        has_own = says is not None and says != Publication()
        if has_own and surface is not None and surface.scope == "type":
            raise ValueError("the scheme publishes on types; say this of the type")
        key = (uuid[:_UUID_LEN].lower(),)
        before = self._said.get(key)
        self._said[key] = says or Publication()
        try:
            return mdev_type.create(uuid)
        except (MdevError, ValueError):
            self._said.pop(key, None)
            if before is not None:
                self._said[key] = before
            raise

    def describe(self, mdev: Mdev) -> Description:
        """
        Return what *mdev* publishes.

        Raises:
            ValueError: The host has no scheme.
        """
        if self._publisher is None:
            raise ValueError("the host publishes no scheme")
        return self._publisher.describe(mdev)


def load_host(
    file: str,
    data: bytes,
    schemes: Callable[[str], Scheme],
    *,
    scheme: Scheme | None = None,
    kernel: Kernel | None = None,
) -> Host:
    """
    Build a host from YAML.

    Args:
        file: The name of the file, for messages.
        data: Its bytes.
        schemes: Finds the scheme that the file names, or raises `TextError`.
        scheme: Published instead of the one that the file names.
        kernel: Taken instead of the one that the file names.

    Raises:
        InputError: With all mistakes that could be found; also when a create fails.
    """
    root = read_yaml(file, data)
    reader = _Reader(root, schemes, scheme, kernel)
    host = reader.host()
    root.document.check()
    return host


class _Reader:
    """Builds a host, noting mistakes in the document."""

    def __init__(
        self,
        root: YamlValue,
        schemes: Callable[[str], Scheme],
        scheme: Scheme | None,
        kernel: Kernel | None,
    ) -> None:
        self.schemes = schemes
        self.fields = _fields(root, ("kernel", "scheme", "parents"), "a host")
        self.known = self._named("scheme", schemes)
        self.scheme = self.known if scheme is None else scheme
        named = self._named("kernel", _kernel)
        self.kernel = kernel or named or list(KERNELS.values())[-1]
        if "parents" not in self.fields and root.is_mapping():
            root.mistake("no field parents", "parents: [{driver: i915}]")

    def host(self) -> Host:
        host = Host(self.kernel, self.scheme)
        if "parents" in self.fields:
            for node in self.fields["parents"].items("a list of parents"):
                self._parent(host, node)
        return host

    def _named(self, field: str, find: Callable[[str], T]) -> T | None:
        if field not in self.fields:
            return None
        text = self.fields[field].text()
        try:
            return None if text is None else find(text)
        except TextError as error:
            self.fields[field].text_mistake(error)
            return None

    def _says(self, fields: Mapping[str, YamlValue]) -> Publication:
        said = [fields[name] for name in _SAYING if name in fields]
        if self.scheme is not None:
            return read_publication(fields, self.scheme, known=self.known)
        if said and "scheme" not in self.fields:
            said[0].mistake("attributes of no scheme", "scheme: NAME at the top of the host")
        return Publication()

    def _parent(self, host: Host, node: YamlValue) -> None:
        fields = _fields(
            node, ("driver", "path", "options", "types", "mdevs", *_SAYING), "a parent"
        )
        if "driver" not in fields:
            if node.is_mapping():
                node.mistake("no field driver", "driver: " + " or ".join(VENDORS))
            return
        text = fields["driver"].text()
        if text is None:
            return
        if text not in VENDORS:
            fields["driver"].mistake(f"no vendor driver {text}", ", ".join(VENDORS))
            return
        driver = VENDORS[text]
        before = len(node.document.mistakes)
        options, places = _options(fields.get("options"), driver.options)
        is_configured = len(node.document.mistakes) == before
        path = fields["path"].text() if "path" in fields else None
        if path is not None and not _DEVICE.fullmatch(path):
            fields["path"].mistake("not a device", "a path below /sys/devices/")
        types = {}
        type_places = {}
        if "types" in fields:
            for key, type_id, body in fields["types"].fields("types by type id"):
                types[type_id] = self._says(_fields(body, _SAYING, "what the type publishes"))
                type_places[type_id] = key
        try:
            parent = host.add_parent(
                driver, options, path=path, says=self._says(fields), types=types
            )
        except OptionError as error:
            places.get(error.key, node).mistake(f"{error.key}: {error.message}", error.expected)
            return
        except MdevError as error:
            places["path"] = fields.get("path", node)
            place = places.get("path" if error.name == "EEXIST" else "pci_id", node)
            place.mistake(f"the kernel refuses this parent: {error.name}, {error.reason}")
            return
        except ValueError as error:
            node.mistake(str(error), "a scheme whose files are free here")
            return
        for type_id, key in type_places.items():
            if type_id not in parent.types:
                key.mistake(f"no type {type_id}", ", ".join(parent.types))
        if "mdevs" in fields and is_configured:
            for mdev in fields["mdevs"].items("a list of mdevs"):
                self._mdev(host, parent, mdev)

    def _mdev(self, host: Host, parent: Parent, node: YamlValue) -> None:
        fields = _fields(node, ("uuid", "type", *_SAYING), "an mdev")
        missing = [name for name in ("uuid", "type") if name not in fields]
        if missing:
            if node.is_mapping():
                node.mistake(f"no field {missing[0]}", "uuid: … and type: …")
            return
        uuid, type_id = fields["uuid"].text(), fields["type"].text()
        if uuid is None or type_id is None:
            return
        if type_id not in parent.types:
            fields["type"].mistake(f"no type {type_id}", ", ".join(parent.types))
            return
        try:
            host.create(parent.name, type_id, uuid, self._says(fields))
        except MdevError as error:
            place = "uuid" if error.name in ("EINVAL", "EEXIST") else "type"
            fields[place].mistake(f"the kernel refuses this mdev: {error.name}, {error.reason}")
        except ValueError as error:
            node.mistake(str(error))


def _fields(node: YamlValue, known: tuple[str, ...], what: str) -> dict[str, YamlValue]:
    found = {}
    for key, name, value in node.fields(what):
        if name in known:
            found[name] = value
        else:
            key.mistake(f"unknown field {name}", "one of " + ", ".join(known))
    return found


def _kernel(text: str) -> Kernel:
    if text not in KERNELS:
        raise TextError(text, f"no kernel {text}", ", ".join(KERNELS))
    return KERNELS[text]


def _options(
    node: YamlValue | None, known: Mapping[str, Option]
) -> tuple[dict[str, object], dict[str, YamlValue]]:
    """Read a driver's options by their kinds; the driver checks what they mean."""
    options: dict[str, object] = {}
    places: dict[str, YamlValue] = {}
    for key, name, value in node.fields("options by name") if node else ():
        if name not in known:
            key.mistake(f"unknown option {name}", "one of " + ", ".join(known))
            continue
        text = value.text(known[name].expected)
        if text is None:
            continue
        places[name] = value
        try:
            options[name] = known[name].read(name, _scalar(text, known[name].kind))
        except OptionError as error:
            value.mistake(error.message, error.expected)
    return options, places


def _scalar(text: str, kind: type) -> object:
    if kind is bool:
        return {"true": True, "false": False}.get(text, text)
    if kind is int and _INTEGER.fullmatch(text):
        return int(text)
    return text
