"""The walls of the house: who imports whom, who meets the world, who keeps state."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "simulator"
GROUND = {"errors", "values", "documents"}
MAY_IMPORT = {
    "errors": set(),
    "values": {"errors"},
    "documents": {"errors"},
    "compat": {"compat", "errors", "values", "documents"},
    "mdev": {"mdev", "errors", "values"},
    "fleet": {"fleet", "compat"} | GROUND,
    "fleet/generate": {"fleet", "compat", "mdev", "vendors"} | GROUND,
    "vendors": {"vendors", "mdev"} | GROUND,
    "sysfs": {"sysfs", "mdev"} | GROUND,
    "publish": {"compat", "mdev"} | GROUND,
    "host": {"vendors", "publish", "mdev", "compat"} | GROUND,
    "lab": {"lab", "fleet", "compat"} | GROUND,
    "planning": {"planning", "lab", "fleet", "compat"} | GROUND,
    "report": {"report", "lab", "fleet", "compat"} | GROUND,
    "migration": {"migration", "publish", "compat", "mdev"} | GROUND,
    "examples": set(),
    "cli": {
        "cli",
        "report",
        "planning",
        "lab",
        "migration",
        "host",
        "publish",
        "fleet",
        "compat",
        "vendors",
        "sysfs",
        "mdev",
        "examples",
    }
    | GROUND,
    "pytest_plugin": {"cli", "vendors", "sysfs", "mdev", "errors"},
    # The front door shows names of every room but the faces.
    "__init__": {"host", "planning", "lab", "publish", "fleet", "compat", "vendors", "mdev"}
    | GROUND,
}
"""The table of the rooms; the rule wing and the kernel wing meet only in publish and above."""

MODULES = {
    path.relative_to(PACKAGE).with_suffix("").as_posix(): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def room(name):
    """The row of the table that a module stands in."""
    return name if name in MAY_IMPORT else name.split("/", maxsplit=1)[0]


def imported(name):
    """Every module that a module imports, at its top or within."""
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_module_stands_in_a_room():
    """A new module is either in a room of the table, or the table grows with it."""
    assert {room(name) for name in MODULES} == set(MAY_IMPORT)


@pytest.mark.parametrize("name", MODULES)
def test_imports(name):
    """A module imports only the rooms that the table allows."""
    parts = [found.split(".") for found in imported(name) if found.split(".")[0] == "simulator"]
    rooms = {part[1] for part in parts if len(part) > 1}
    assert rooms - MAY_IMPORT[room(name)] - {name.split("/")[0]} == set() or name == "__init__"
    assert rooms <= MAY_IMPORT[room(name)] | ({room(name)} if "/" in name else set())


def test_one_module_meets_the_extension():
    """The C core is imported by one module of fleet/_matcher alone."""
    found = [name for name in MODULES if any("_mdm" in module for module in imported(name))]
    assert found == ["fleet/_matcher/boundary"]


def test_what_cffi_makes_stays_in_its_package():
    """Only fleet/_matcher takes the extension, and what it hands out, from that module."""
    found = [name for name in MODULES if any("_matcher.boundary" in one for one in imported(name))]
    assert found
    assert all(name.startswith("fleet/_matcher/") for name in found)


def test_one_module_meets_the_matcher():
    """The handles of the core stay in fleet/."""
    found = [name for name in MODULES if any("_matcher" in one for one in imported(name))]
    assert found
    assert {room(name) for name in found} == {"fleet"}


WORLD = {"io", "pathlib", "sys", "tempfile", "subprocess", "socket", "shutil", "glob", "logging"}


SEALED = [name for name in MODULES if room(name) not in {"cli", "sysfs", "pytest_plugin"}]


@pytest.mark.parametrize("name", [*SEALED, "sysfs/entries", "sysfs/tree"])
def test_only_the_faces_meet_the_world(name):
    """Files, streams and variables of the environment are for the faces and sysfs/ alone."""
    assert not {module.split(".")[0] for module in imported(name)} & WORLD
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Name):
            assert node.id not in {"open", "print", "input"}, f"{name}:{node.lineno}"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            met = node.value.id == "os" and node.attr != "strerror"
            assert not met, f"{name}:{node.lineno} os.{node.attr}"


@pytest.mark.parametrize("name", MODULES)
def test_no_state_in_modules(name):
    """What a module holds does not change: no list, dict or set but __all__."""
    kinds = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
    for node in TREES[name].body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {target.id for target in targets if isinstance(target, ast.Name)}
        value = node.value
        made = isinstance(value, ast.Call) and isinstance(value.func, ast.Name)
        mutable = isinstance(value, kinds) or (made and value.func.id in {"list", "dict", "set"})
        assert not mutable or names == {"__all__"}, f"{name}:{node.lineno} {names}"
    assert not [node for node in ast.walk(TREES[name]) if isinstance(node, ast.Global)]


def public(tree):
    """Public classes, functions and methods."""
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef) or node.name.startswith("_"):
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            yield from public(node)


@pytest.mark.parametrize("name", MODULES)
def test_what_is_public_is_documented(name):
    """Modules, and public classes, functions and methods, have a docstring."""
    assert ast.get_docstring(TREES[name])
    assert [node.name for node in public(TREES[name]) if not ast.get_docstring(node)] == []


SURFACES = [name for name in MODULES if room(name) == "sysfs" and "__init__" not in name]


@pytest.mark.parametrize("name", SURFACES)
def test_sources_are_named(name):
    """A module of the surfaces says where its behaviour is from, or that it is ours."""
    constants = (node.value for node in ast.walk(TREES[name]) if isinstance(node, ast.Constant))
    texts = [value for value in constants if isinstance(value, str)]
    assert any("Source:" in text for text in texts)


@pytest.mark.parametrize(
    "path", TESTS, ids=[path.relative_to(ROOT / "tests").as_posix() for path in TESTS]
)
def test_tests_say_what_they_hold(path):
    """Every test has a docstring, and so has every file of tests."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    tests = [node for node in found if node.name.startswith("test_")]
    assert [node.name for node in tests if not ast.get_docstring(node)] == []


def test_import_needs_no_extra(tmp_path):
    """``import simulator`` brings in no library that only an extra installs."""
    code = (
        "import sys, simulator, simulator.cli;"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )
    loaded = set(done.stdout.split())
    assert "simulator" in loaded
    assert not loaded & {"numpy", "pyarrow", "mfusepy", "pandas", "polars", "pytest", "hypothesis"}
    assert not loaded & {"matplotlib", "jinja2", "selenium", "networkx"}


def test_the_front_door(tmp_path):
    """Every name of __all__ is there, in order, and nothing else shows."""
    code = "import simulator; print(*[n for n in simulator.__all__ if getattr(simulator, n)]);"
    code += "print(*simulator.__all__); print(*dir(simulator))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )
    there, named, shown = (line.split() for line in done.stdout.splitlines())
    assert there == named
    assert sorted(named) == sorted(shown)
