"""What an installed mdevsim brings: metadata, the command, data files, one extension for all."""

import re
import tomllib
from importlib import import_module, metadata
from importlib.resources import files
from pathlib import Path

import pytest

from simulator.compat.schemes import builtin_names, load_builtin

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]


@pytest.fixture
def installed():
    """The metadata of the installed distribution."""
    try:
        return metadata.distribution("mdevsim")
    except metadata.PackageNotFoundError:
        pytest.skip("the distribution mdevsim is not installed (pip install .)")


def test_metadata(installed):
    """The installed metadata is that of the project."""
    assert installed.version == PROJECT["version"]
    assert installed.metadata["Requires-Python"] == PROJECT["requires-python"]
    needed = [one for one in installed.requires if "extra ==" not in one]
    assert sorted(needed) == sorted(PROJECT["dependencies"])


def test_entry_point(installed):
    """The command mdevsim is installed and leads to the faces."""
    [entry] = [one for one in installed.entry_points if one.group == "console_scripts"]
    assert (entry.name, entry.value) == ("mdevsim", "simulator.cli:main")
    assert callable(entry.load())


def test_no_file_of_the_sources_is_installed_twice(installed):
    """Tests and the sources of the core are not in the way of other packages."""
    tops = {path.parts[0] for path in installed.files if path.suffix in {".py", ".so", ".c", ".h"}}
    assert tops <= {"simulator", "__editable___mdevsim_0_1_0_finder.py"}


def test_script_target():
    """The entry point of the project can be imported and called."""
    module, _, name = PROJECT["scripts"]["mdevsim"].partition(":")
    assert callable(getattr(import_module(module), name))


def test_typed():
    """Type checkers may use our annotations."""
    assert files("simulator").joinpath("py.typed").is_file()


def test_schemes_are_there():
    """The shipped schemes are read from the package."""
    assert set(builtin_names()) >= {"self-compatible", "software-version"}
    for name in builtin_names():
        assert files("simulator.compat.schemes").joinpath(f"{name}.yaml").is_file()
        assert load_builtin(name).name == name


@pytest.mark.parametrize("name", ["UUID1", "UUID2", "i915.yaml", "mtty.yaml"])
def test_examples_are_there(name):
    """The shipped examples are in the package."""
    assert files("simulator.examples").joinpath(name).read_bytes()


def test_package_data_names_every_data_file():
    """Each file of the package that is no Python is one that the wheel takes along."""
    project = tomllib.loads(
        (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    )
    wanted = project["tool"]["setuptools"]["package-data"]
    for package, patterns in wanted.items():
        for entry in files(package).iterdir():
            ours = entry.is_file() and not re.search(r"\.(py|pyc|so)$|_mdm\.c$", entry.name)
            if ours:
                assert any(Path(entry.name).match(pattern) for pattern in patterns), entry.name


def test_one_extension_for_every_python():
    """The extension keeps to the limited API, so its name is abi3's."""
    [extension] = [
        entry.name for entry in files("simulator.fleet").iterdir() if entry.name.endswith(".so")
    ]
    assert extension == "_mdm.abi3.so"
