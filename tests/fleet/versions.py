"""Devices that differ in name and version."""

from simulator.compat.description import Description
from simulator.compat.schemes import load_builtin

SCHEME = load_builtin("software-version")
LINE = '{"name":"%s","self":{"device_api":"a","mdev_type":"t","software_version":"%s"}}\n'
VERSIONS = ("1.0", "1.1", "2.0", "1.2")
EMPTY = Description({})
