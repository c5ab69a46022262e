"""The seeds, and every input that ever broke a law, hold it."""

from pathlib import Path

import pytest
from fuzz_python import laws
from fuzz_python.targets import TARGETS
from fuzz_python.written import write_scheme

from simulator.compat.loader import load_scheme
from simulator.compat.schemes import builtin_names, load_builtin

HERE = Path(__file__).parent
KEPT = [(target, path) for target in TARGETS for path in sorted(HERE.glob(f"*/{target}/*"))]


@pytest.mark.parametrize("target", TARGETS)
def test_each_target_has_seeds(target):
    """A search begins with what its reader takes."""
    assert [path for name, path in KEPT if name == target and path.parts[-3] == "seeds"]


@pytest.mark.parametrize(("target", "path"), KEPT, ids=lambda one: getattr(one, "name", one))
def test_what_is_kept_holds(target, path):
    """A kept input is refused as its reader documents, or comes back as it was."""
    getattr(laws, target)(path.read_bytes())


@pytest.mark.parametrize("name", builtin_names())
def test_a_scheme_is_written(name):
    """A shipped scheme is the same when all of its fields are written and read."""
    scheme = load_builtin(name)
    assert load_scheme(name, write_scheme(scheme).encode()) == scheme
