"""The schemes that ship: what each prints, and what it adds to the /sys of a host that shows it."""

import re
import stat
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from simulator.cli.inputs import example_names, parse_host, read
from simulator.cli.live import load_live
from simulator.compat.judge import judge
from simulator.compat.scheme import Outcome
from simulator.compat.schemes import builtin_names, load_builtin
from simulator.errors import MdevError
from simulator.publish import read_back, read_parent
from simulator.sysfs.snapshot import take

EXAMPLES = {name: name for name in builtin_names()}
EXAMPLES |= {"self-compatible": "i915", "software-version": "mtty"}
"""The host that shows each scheme."""
NO_FILES = {"nova", "kubevirt", "nvml", "mtty-stream", "hisi-acc-stream", "qat-stream"}
"""Rules that look at no files: of managers, of a library, and of streams."""
DOCUMENT = Path(__file__).parents[2] / "docs" / "laboratory.md"


def text_of(tree, path):
    """Read a file, or say what it answers."""
    try:
        return tree.open(path, reading=True).read(65536).decode()
    except MdevError as error:
        return f"{error.name}\n"


def added(name, scheme):
    """List the paths, modes and contents that a scheme adds to the /sys of an example."""
    tree = load_live(name, None, None, scheme, 0, cpus=1).tree
    bare = load_live(name, None, None, replace(scheme, surfaces=()), 0, cpus=1).tree
    before = take(bare)
    assert before.items() <= {**take(tree), **before}.items()
    for path in take(tree):
        if path in before:
            continue
        mode = tree.stat(path).mode
        yield f"/sys{path}{'/' * stat.S_ISDIR(mode)} {stat.S_IMODE(mode):04o}\n"
        if not stat.S_ISDIR(mode):
            yield re.sub("^", "\t", text_of(tree, path), flags=re.MULTILINE).removesuffix("\t")


@pytest.mark.parametrize("name", builtin_names())
def test_show(quick, golden, name):
    """A scheme is shown as it is written, and what it means with all defaults filled in."""
    shown, meant = quick("scheme", "show", name), quick("scheme", "show", name, "--json")
    golden(f"scheme-{name}", f"{shown.out}---\n{meant.out}")
    assert meant.json["summary"]
    assert meant.json["source"]


@pytest.mark.parametrize("name", builtin_names())
def test_files(golden, name):
    """A scheme adds its files to the /sys of a fitting host, and no others change."""
    found = "".join(added(EXAMPLES[name], load_builtin(name)))
    golden(f"sysfs-{name}", found)
    assert bool(found) == (name not in NO_FILES)


@pytest.mark.parametrize("name", builtin_names())
def test_what_files_say(name):
    """A manager that reads only the files of the example finds each device fit for itself."""
    scheme = load_builtin(name)
    host = parse_host(EXAMPLES[name], read(EXAMPLES[name]), None, None)
    assert host.scheme == scheme
    found = [read_back(scheme, mdev) for mdev in host.mdevs.values()]
    if name in NO_FILES:
        found = [host.describe(mdev) for mdev in host.mdevs.values()]
    found += [read_parent(scheme, parent) for parent in host.bus.parents.values() if not found]
    assert found
    for one in found:
        assert judge(scheme, one, one) is Outcome.COMPATIBLE


@pytest.mark.parametrize("name", example_names())
def test_examples(name):
    """Every shipped host loads under its own scheme, and describes what it has."""
    data = read(name)
    if not files("simulator.examples").joinpath(f"{name}.yaml").is_file():
        assert b"parents:" not in data
        return
    host = parse_host(name, data, None, None)
    assert host.bus.parents
    assert all(host.describe(mdev).values for mdev in host.mdevs.values())


def test_document():
    """The table of docs/laboratory.md has every scheme, with what its file says."""
    text = DOCUMENT.read_text("utf-8")
    section = text[text.index("\n## schemes\n") :].split("\n## ")[1]
    rows = [
        line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")
    ]
    assert len(rows) == len({row[0] for row in rows})
    found = {row[0].strip("`"): (row[3], row[4], row[5]) for row in rows}
    assert found == {name: documented(load_builtin(name)) for name in builtin_names()}


def documented(scheme):
    """Say in a table what a scheme is for, who decides, and which files it has."""
    places = [
        f"{one.form}, {one.scope}" + (f": `{one.name}`" if one.name else "")
        for one in scheme.surfaces
    ]
    direction = str(scheme.accepted_by) if scheme.has_objects else "none"
    return scheme.summary, direction, "; ".join(places) or "none"
