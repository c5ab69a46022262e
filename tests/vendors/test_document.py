"""
``docs/vendors.md`` says what each driver is, its types and its options.

It is written by ``python tests/vendors/test_document.py``.
"""

from importlib import import_module
from pathlib import Path

from simulator.cli.inputs import find_scheme
from simulator.host import load_host
from simulator.mdev import KERNELS, MdevBus
from simulator.vendors import VENDORS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/vendors.md"
HEAD = """\
# Vendor drivers

The drivers that mdevsim has. `--vendor NAME` is a built-in host of one; a host file says
`driver: NAME` and sets [options](files.md#hosts):

```yaml
parents:
  - driver: nvidia
    options: {gpu: P4, mixed_size: true}
```

Each driver is one module of data and a few functions, with its sources;
[SKELETON.py](../simulator/vendors/SKELETON.py) is one to copy, and a driver may also be
[written in a host file](files.md#hosts).
"""


def summary(name):
    """Return the first sentence of the module of a driver."""
    return " ".join(import_module(f"simulator.vendors.{name}").__doc__.split("\n\n")[0].split())


def kind(option):
    """Say what an option takes."""
    if option.choices:
        return ", ".join(f"`{choice}`" for choice in option.choices)
    return option.expected


def shown(value):
    """Write a default as YAML has it."""
    return (
        f"`{str(value).lower() if isinstance(value, bool) else value}`" if value != "" else "none"
    )


def section(name):
    """Write what is said of one driver."""
    parent = MdevBus(KERNELS["6.1"]).register(VENDORS[name])
    types = [f"`{type_id}`" for type_id in parent.types]
    if len(types) > 6:
        types = [*types[:3], f"… `{[*parent.types][-1]}` ({len(types)} types)"]
    lines = [
        f"\n## {name}\n",
        f"{summary(name)}\n",
        f"By default at `{parent.path}`, with {', '.join(types)}; `{VENDORS[name].device_api}`.\n",
        "| option | takes | default | what |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{key}` | {kind(option)} | {shown(option.default)} | {option.help} |"
        for key, option in VENDORS[name].options.items()
    ]
    return "\n".join(lines) + "\n"


def document():
    """Write the whole document."""
    return HEAD + "".join(section(name) for name in VENDORS)


def test_the_document_is_what_the_drivers_say():
    """Options, defaults and types of the document are those of the code."""
    assert DOCUMENT.read_text("utf-8") == document()


def test_the_example_is_a_host():
    """The host file of the document loads, options included."""
    text = document().split("```yaml\n")[1].split("```")[0]
    [parent] = load_host("vendors.md", text.encode(), find_scheme).bus.parents.values()
    assert (parent.config["gpu"], parent.config["mixed_size"]) == ("P4", True)


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "utf-8")
