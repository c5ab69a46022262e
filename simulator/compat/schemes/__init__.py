"""The schemes that ship with the package."""

from importlib.resources import files

from simulator.compat.loader import load_scheme
from simulator.compat.scheme import Scheme
from simulator.errors import TextError

__all__ = ["builtin_names", "builtin_text", "load_builtin"]


def builtin_names() -> list[str]:
    """List the shipped schemes in alphabetical order."""
    found = (entry.name for entry in files(__package__).iterdir())
    return sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml"))


def builtin_text(name: str) -> str:
    """
    Return the YAML of a shipped scheme.

    Raises:
        TextError: There is none of this name.
    """
    if name not in (names := builtin_names()):
        raise TextError(name, f"no scheme {name}", ", ".join(names))
    return files(__package__).joinpath(f"{name}.yaml").read_text("utf-8")


def load_builtin(name: str) -> Scheme:
    """
    Read a shipped scheme.

    Raises:
        TextError: There is none of this name.
    """
    return load_scheme(f"{name}.yaml", builtin_text(name).encode())
