"""Hosts from YAML. Every mistake is told where it stands, all at once."""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from simulator.compat.scheme import Scheme
from simulator.documents import YamlValue, read_yaml
from simulator.errors import MdevError, TextError
from simulator.host.driver_file import DEVICE, read_driver
from simulator.host.machine import Host
from simulator.mdev import (
    KERNELS,
    Kernel,
    Mdev,
    Option,
    OptionError,
    Parent,
    VendorDriver,
    parse_uuid,
)
from simulator.publish import Publication, read_publication
from simulator.vendors import VENDORS

__all__ = ["load_host"]

_SAYING = ("attributes", "compatible", "driver_version")
_PLACES = ("numa_node", "iommu_group")
_PARENT = ("driver", "path", "options", *_PLACES, "types", "mdevs", *_SAYING)
_MDEV = ("uuid", "type", "writes", *_SAYING)
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_MOST = 2**31 - 1
T = TypeVar("T")


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
        self.fields = root.known_fields(("kernel", "scheme", "parents"), "a host")
        self.known = self._named("scheme", schemes)
        self.scheme = self.known if scheme is None else scheme
        self.is_other = scheme is not None
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
        fields = node.known_fields(_PARENT, "a parent")
        driver = _driver(node, fields)
        parent = None
        if driver is not None:
            before = len(node.document.mistakes)
            options = _options(fields.get("options"), driver.options)
            is_configured = len(node.document.mistakes) == before
            registered = self._registered(host, node, fields, driver, options)
            parent = registered if is_configured else None
        for mdev in fields["mdevs"].items("a list of mdevs") if "mdevs" in fields else ():
            self._mdev(host, parent, mdev)

    def _registered(
        self,
        host: Host,
        node: YamlValue,
        fields: Mapping[str, YamlValue],
        driver: VendorDriver,
        options: tuple[dict[str, object], dict[str, YamlValue]],
    ) -> Parent | None:
        """Register a parent, and see that it has the types that the file speaks of."""
        config, places = options
        path = fields["path"].text() if "path" in fields else None
        if path is not None and not DEVICE.fullmatch(path):
            fields["path"].mistake("not a device", "a path below /sys/devices/")
        numbers = {
            name: fields[name].integer(0, _MOST, "a number from 0")
            for name in _PLACES
            if name in fields
        }
        types, keys = {}, {}
        if "types" in fields:
            for key, type_id, body in fields["types"].fields("types by type id"):
                said = self._says(body.known_fields(_SAYING, "what the type publishes"))
                types[type_id] = host.narrowed(said, "type") if self.is_other else said
                keys[type_id] = key
        says = self._says(fields)
        try:
            parent = host.add_parent(driver, config, path=path, says=says, types=types, **numbers)
        except OptionError as error:
            places.get(error.key, node).mistake(f"{error.key}: {error.message}", error.expected)
        except MdevError as error:
            places["path"] = fields.get("path", node)
            place = places.get("path" if error.name == "EEXIST" else "pci_id", node)
            _refuse(place, "parent", error)
        except ValueError as error:
            node.mistake(str(error), "a scheme whose files are free here")
        else:
            for type_id, key in keys.items():
                if type_id not in parent.types:
                    key.mistake(f"no type {type_id}", ", ".join(parent.types))
            return parent
        return None

    def _mdev(self, host: Host, parent: Parent | None, node: YamlValue) -> None:
        """Create an mdev; without its parent, look at what can be wrong all the same."""
        fields = node.known_fields(_MDEV, "an mdev")
        missing = [name for name in ("uuid", "type") if name not in fields]
        if missing:
            if node.is_mapping():
                node.mistake(f"no field {missing[0]}", "uuid: … and type: …")
            return
        uuid, type_id = fields["uuid"].text(), fields["type"].text()
        if uuid is None or type_id is None:
            return
        if parent is None:
            self._says(fields)
            try:
                parse_uuid(uuid.encode())
            except MdevError as error:
                fields["uuid"].mistake(
                    f"the kernel refuses this mdev: {error.name}, {error.reason}"
                )
            return
        if type_id not in parent.types:
            fields["type"].mistake(f"no type {type_id}", ", ".join(parent.types))
            return
        try:
            says = self._says(fields)
            says = host.narrowed(says, "device") if self.is_other else says
            mdev = host.create(parent.name, type_id, uuid, says)
        except MdevError as error:
            place = "uuid" if error.name in ("EINVAL", "EEXIST") else "type"
            _refuse(fields[place], "mdev", error)
        except ValueError as error:
            node.mistake(str(error))
        else:
            for one in fields["writes"].items("a list of writes") if "writes" in fields else ():
                _write(mdev, one)


def _refuse(place: YamlValue, what: str, error: MdevError) -> None:
    place.mistake(f"the kernel refuses this {what}: {error.name}, {error.reason}")


def _write(mdev: Mdev, node: YamlValue) -> None:
    """Write to files of an mdev as a client would, one write each."""
    for key, name, value in node.fields("a write, {FILE: TEXT}"):
        text = value.text("a text")
        if text is None:
            continue
        try:
            mdev.store(name, f"{text}\n".encode())
        except MdevError as error:
            place = key if error.name in ("ENOENT", "EACCES") else value
            _refuse(place, "write", error)


def _driver(node: YamlValue, fields: Mapping[str, YamlValue]) -> VendorDriver | None:
    """Find the driver that a parent names, or make the one that it describes."""
    if "driver" not in fields:
        if node.is_mapping():
            node.mistake("no field driver", "driver: " + " or ".join(VENDORS))
        return None
    field = fields["driver"]
    if field.is_mapping():
        return read_driver(field)
    text = field.text("the name or the description of a vendor driver")
    if text is not None and text not in VENDORS:
        field.mistake(f"no vendor driver {text}", ", ".join(VENDORS))
    return None if text is None else VENDORS.get(text)


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
            expected = "one of " + ", ".join(known) if known else "a driver that has options"
            key.mistake(f"unknown option {name}", expected)
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
