"""What the command reads: files, standard input, and the examples that ship with the package."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
from click.shell_completion import CompletionItem

from simulator.compat.description import Description
from simulator.compat.listing import parse_listing
from simulator.compat.loader import load_scheme
from simulator.compat.ndjson import read_lines
from simulator.compat.scheme import Scheme
from simulator.compat.schemes import builtin_names, builtin_text, load_builtin
from simulator.documents import decode
from simulator.errors import InputError, Mistake, TextError

if TYPE_CHECKING:  # hosts are imported where they are used: most verbs need none
    from simulator.host import Host

__all__ = [
    "SchemeType",
    "complete_file",
    "complete_path",
    "example_names",
    "find_scheme",
    "is_description",
    "one_stdin",
    "open_binary",
    "parse_description",
    "parse_host",
    "read",
    "read_description",
    "read_scheme",
    "read_vendor",
    "shown_name",
]

_STDIN = "simulator.cli.inputs.stdin"
_BUILT_IN = """\
scheme: software-version
parents:
  - driver: {vendor}
    driver_version: 1.0.0
    mdevs:
      - uuid: 83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
        type: {type_id}
"""
_LISTING = re.compile(rb"^(\xef\xbb\xbf)?(SELF|COMPATIBLE):", re.MULTILINE | re.IGNORECASE)


def example_names() -> list[str]:
    """List the shipped examples: descriptions, hosts and a history."""
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in files("simulator.examples").iterdir()
        if not entry.name.startswith("__")
    )


def complete_file(
    context: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the name of an example, or else of a file."""
    found = [CompletionItem(name) for name in example_names() if name.startswith(incomplete)]
    return found or complete_path(context, param, incomplete)


def complete_path(
    _context: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the name of a file."""
    return [CompletionItem(incomplete, type="file")]


def shown_name(path: str) -> str:
    """Return what messages call a file."""
    return "<stdin>" if path == "-" else path


def one_stdin(*paths: str) -> None:
    """
    Check that at most one of the files is standard input.

    Raises:
        UsageError: There are two.
    """
    if paths.count("-") > 1:
        raise click.UsageError("standard input can stand for one file only")


def _stdin() -> BinaryIO:
    context = click.get_current_context()
    one_stdin("-", *context.meta.get(_STDIN, ()))
    context.meta[_STDIN] = ("-",)
    # Python has none when the descriptor is closed.
    if sys.stdin is None:
        raise InputError([Mistake(shown_name("-"), 0, 0, 1, "standard input is closed")])
    return sys.stdin.buffer


@contextmanager
def open_binary(path: str) -> Iterator[BinaryIO]:
    """
    Open a file, or standard input for ``-``.

    Raises:
        InputError: It cannot be read.
        UsageError: Standard input is asked for a second time.
    """
    if path == "-":
        yield _stdin()
        return
    try:
        with Path(path).open("rb") as stream:
            if Path(path).is_dir():
                raise IsADirectoryError(None, "Is a directory", path)
            yield stream
    except OSError as error:
        raise InputError([Mistake(path, 0, 0, 1, error.strerror or str(error))]) from None


def read(path: str) -> bytes:
    """
    Read a file, standard input, or an example of this name when there is no such file.

    Raises:
        InputError: It cannot be read.
    """
    if path != "-" and not os.path.lexists(path):
        for name in (path, f"{path}.yaml"):
            example = files("simulator.examples").joinpath(name)
            if path in example_names() and example.is_file():
                return example.read_bytes()
        expected = "a file, - or an example: " + ", ".join(example_names())
        raise InputError([Mistake(path, 0, 0, 1, "No such file or directory", expected)])
    with open_binary(path) as stream:
        return stream.read()


def read_vendor(vendor: str) -> bytes:
    """
    Return the host file of a vendor driver's built-in host.

    It is the example of this name; or else a parent by the driver's defaults, with one mdev of
    the first type that has room, under the scheme ``software-version``.
    """
    example = files("simulator.examples").joinpath(f"{vendor}.yaml")
    if example.is_file():
        return example.read_bytes()
    from simulator.mdev import KERNELS, MdevBus
    from simulator.vendors import VENDORS

    newest = list(KERNELS.values())[-1]
    types = MdevBus(newest).register(VENDORS[vendor]).types.values()
    mdev_type = next(one for one in types if one.available_instances)
    return _BUILT_IN.format(vendor=vendor, type_id=mdev_type.type_id).encode()


def read_scheme(name: str) -> tuple[Scheme, str]:
    """
    Return a shipped scheme by name, or the scheme of a file, and its text.

    Raises:
        InputError: The file is wrong.
        TextError: There is neither.
    """
    if name in builtin_names():
        return load_builtin(name), builtin_text(name)
    if name != "-" and not os.path.lexists(name):
        expected = "a file, or one of " + ", ".join(builtin_names())
        raise TextError(name, f"no scheme {name}", expected)
    data = read(name)
    return load_scheme(shown_name(name), data), data.decode()


def find_scheme(name: str) -> Scheme:
    """
    Return a shipped scheme by name, or the scheme of a file.

    Raises:
        InputError: The file is wrong.
        TextError: There is neither.
    """
    return read_scheme(name)[0]


def is_description(data: bytes) -> bool:
    """Tell a description (a listing or JSON) from a host file."""
    return data.lstrip().startswith(b"{") or bool(_LISTING.search(data))


def parse_description(path: str, data: bytes, scheme: Scheme) -> Description:
    """
    Read one description, a listing or a line of NDJSON.

    Raises:
        InputError: It is neither, or there are several.
    """
    name = shown_name(path)
    text = decode(name, data)
    if not text.lstrip().startswith("{"):
        # A file name may hold what the name of a device may not.
        device = "".join(c if c.isprintable() else "\ufffd" for c in Path(name).name)
        return parse_listing(name, text, scheme, device).description
    found = read_lines(name, text, scheme)
    if len(found) > 1:
        lines = text.split("\n")
        number = [at for at, line in enumerate(lines) if line.strip(" \t\r")][1]
        message, expected = "a second description", "one description"
        raise InputError([Mistake(name, number + 1, 1, 1, message, expected, lines[number])])
    return found[0]


def read_description(path: str, scheme: Scheme) -> Description:
    """
    Read one description from a file, standard input or an example.

    Raises:
        InputError: With all mistakes.
    """
    return parse_description(path, read(path), scheme)


def parse_host(path: str, data: bytes, scheme: Scheme | None, kernel: str | None) -> "Host":
    """
    Build the host of a YAML file; *scheme* and *kernel* take the place of what it names.

    Raises:
        InputError: With all mistakes.
    """
    from simulator.host import load_host
    from simulator.mdev import KERNELS

    personality = None if kernel is None else KERNELS[kernel]
    return load_host(shown_name(path), data, find_scheme, scheme=scheme, kernel=personality)


class SchemeType(click.ParamType[Scheme]):
    """A scheme by name or file, as an option."""

    name = "NAME|FILE"

    def convert(
        self, value: str | Scheme, param: click.Parameter | None, ctx: click.Context | None
    ) -> Scheme:
        """Find the scheme; a wrong file is reported with its lines."""
        if isinstance(value, Scheme):
            return value
        if value == "-" and ctx is not None and ctx.resilient_parsing:
            self.fail("completion does not read standard input", param, ctx)
        try:
            return find_scheme(value)
        except TextError as error:
            self.fail(f"{error.message}; expected {error.expected}", param, ctx)

    def shell_complete(
        self, _ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the name of a shipped scheme, or else of a file."""
        found = [CompletionItem(name) for name in builtin_names() if name.startswith(incomplete)]
        return found or [CompletionItem(incomplete, type="file")]
