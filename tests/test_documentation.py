"""The documents do what they say: every code block runs."""

import doctest
import importlib
import os
import pkgutil
import re
import shlex
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
from transcripts import ROOT, TOLD, steps

import simulator
from simulator.cli.inputs import find_scheme, read
from simulator.cli.live import make_live
from simulator.compat.judge import judge
from simulator.compat.listing import parse_listing
from simulator.compat.loader import load_scheme
from simulator.compat.ndjson import parse_line
from simulator.compat.scheme import Outcome
from simulator.compat.schemes import load_builtin
from simulator.host import load_host

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLAIN = ("conformance", "files", "hostile", "language", "vendors", "control")
DOCUMENTS = (*TOLD, *(f"docs/{name}.md" for name in PLAIN))


def blocks(document, language=None):
    """Find the code blocks of a document, as pairs of language and text."""
    found = BLOCK.findall((ROOT / document).read_text("utf-8"))
    return [text for name, text in found if name == language] if language else found


@pytest.fixture
def shell(tmp_path):
    """Run a command line as a user would, with mdevsim on the PATH."""
    folder = Path(sys.executable).parent
    if not (folder / "mdevsim").exists():
        folder = tmp_path / "bin"
        folder.mkdir()
        script = folder / "mdevsim"
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m simulator.cli "$@"\n')
        script.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    env = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}

    def run(command):
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=work,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=300,
        )
        return done.stdout.decode()

    return run


@pytest.mark.parametrize("document", TOLD)
def test_transcripts(shell, document):
    """Every console block prints what it shows; tests/clients has those that mount a /sys."""
    told = [step for step in steps(document) if not step.is_live]
    assert len(told) >= 5
    for step in told:
        assert shell(step.command) == step.printed, step.command


def test_headings_of_the_debate():
    """The links from the summary of docs/schemes.md lead to its sections."""
    text = (ROOT / "docs/schemes.md").read_text("utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    anchors = [re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in headings]
    linked = re.findall(r"\]\(#([^)]*)\)", text)
    assert len(linked) >= len(anchors) - 1
    assert set(linked) <= set(anchors)


@pytest.mark.parametrize(
    "document",
    ["README.md", "docs/laboratory.md", "docs/matching.md", "docs/planning.md"],
)
def test_python(document):
    """Every Python block of a document is a doctest that passes."""
    text = "\n".join(blocks(document, "python"))
    test = doctest.DocTestParser().get_doctest(text, {}, document, document, 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


MODULES = [
    module.name
    for module in pkgutil.walk_packages(simulator.__path__, "simulator.")
    if not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name):
    """Every example in a docstring prints what it shows."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_skeleton_runs_as_a_copy(tmp_path):
    """A copy of SKELETON.py, run as it is, plays its own example."""
    copy = tmp_path / "mine.py"
    copy.write_bytes(resources.files("simulator.vendors").joinpath("SKELETON.py").read_bytes())
    done = subprocess.run([sys.executable, copy], capture_output=True, check=True, timeout=300)
    assert b"7 passed" in done.stdout


def test_setup_commands_are_what_ci_runs():
    """The README has two set-up commands, and .ci/run takes them from there."""
    assert len("".join(blocks("README.md", "sh")).splitlines()) == 2
    assert "README.md" in (ROOT / ".ci/run").read_text("utf-8")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_block_is_known(document):
    """No code block is of a language that no test runs; plain blocks are grammar or listings."""
    assert {name for name, _ in blocks(document)} <= {"console", "python", "sh", "yaml", "json", ""}


def test_file_examples():
    """The hosts and the scheme of docs/files.md load as they stand there, and do what they say."""
    host_text, driver_text, scheme_text, derived_text = blocks("docs/files.md", "yaml")
    host = load_host("host", host_text.encode(), find_scheme)
    assert [str(host.describe(mdev).values["interface_version"]) for mdev in host.mdevs.values()]
    assert len(driver_text.splitlines()) == 10
    [blink] = load_host("driver", driver_text.encode(), find_scheme).mdevs.values()
    assert blink.store("vendor/switch", b"on\n") == 3
    assert blink.show("vendor/switch") == "on\n"
    assert blink.parent.types["blink-pair"].show("available_instances") == "0\n"
    scheme = load_scheme("scheme", scheme_text.encode())
    assert scheme.attributes["compatible_type"].of == "mdev_type"
    derived = load_scheme("derived", derived_text.encode())
    old, new = (parse_line(f'{{"self":{{"stream_version":{n}}}}}', derived) for n in (1, 2))
    assert judge(derived, old, new) is Outcome.COMPATIBLE
    assert judge(derived, new, old) is Outcome.INCOMPATIBLE


def test_control_files():
    """docs/control.md lists the files of the control directory with their modes, and no others."""
    text = (ROOT / "docs/control.md").read_text("utf-8")
    listed = re.findall(r"^\| `(\w+)` \| (0\d+) \|", text, re.MULTILINE)
    tree = make_live(load_host("i915", read("i915"), find_scheme), 0).control
    found = [(name, f"{tree.stat(f'/{name}').mode & 0o777:04o}") for name in tree.list("/")]
    assert sorted(listed) == found


def test_control_example():
    """The commands of docs/control.md do what they say, on a host of one mdev."""
    data = read("i915").replace(b"self-compatible", b"software-version")
    cut = data.index(b"    attributes:"), data.index(b"    mdevs:")
    host = load_host("i915", data[: cut[0]] + data[cut[1] :], find_scheme)
    tree = make_live(host, 0).control
    commands = blocks("docs/control.md", "sh")[0].splitlines()
    for line in commands[1:]:
        words = shlex.split(line, comments=True)
        if words[0] == "echo":
            _, text, _, name = words
            with tree.open(f"/{name}", writing=True) as file:
                assert file.write(f"{text}\n".encode()) == len(text) + 1
        else:
            with tree.open(f"/{words[1]}", reading=True) as file:
                assert file.read(4096).endswith(b" open\n")
    assert (list(host.mdevs), host.driver_versions) == ([], {"0000:00:02.0": "1.3.0"})


def test_language_examples():
    """The line of NDJSON and the listing of docs/language.md read under the shipped scheme."""
    scheme = load_builtin("self-compatible")
    assert parse_line(blocks("docs/language.md", "json")[0].strip(), scheme).objects
    plain = (text for name, text in blocks("docs/language.md") if not name)
    listing = next(text for text in plain if text.startswith("SELF:"))
    assert str(parse_listing("doc", listing, scheme)) == listing


@pytest.mark.parametrize("document", [*DOCUMENTS, "CHANGELOG.md", "benchmarks/README.md"])
def test_links_lead_somewhere(document):
    """A link to a file of the project names one that exists."""
    path = ROOT / document
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target
