"""What people expect of any command: signals, files, options that contradict each other."""

import os
import stat

import pytest

LINE = '{"self":{"aggregator":1}}\n'


def test_interrupted_is_no_answer(quick, write, monkeypatch):
    """Ctrl-C while a fleet is loaded ends with 130, not with the status of no."""

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("simulator.fleet.fleet.Fleet.extend", interrupt)
    answer = quick("match", "UUID1", "--fleet", write("f", LINE))
    assert (answer.status, answer.err) == (130, "mdevsim: interrupted\n")


@pytest.mark.parametrize(
    "words",
    [
        ("match", "UUID1", "--fleet", "f", "--count", "--first", "2"),
        ("match", "UUID1", "--fleet", "f", "--count", "--names"),
        ("match", "UUID1", "--fleet", "f", "--count", "--explain", "0"),
        ("match", "UUID1", "--fleet", "f", "--explain", "0", "--names"),
        ("describe", "i915", "--vendor", "mtty"),
    ],
)
def test_contradicting_options_are_refused(quick, write, words):
    """Options of which one would be ignored are a mistake in usage."""
    write("f", LINE)
    answer = quick(*words)
    assert (answer.status, answer.out) == (2, "")
    assert "Usage:" in answer.err


def test_a_new_file_has_the_mode_that_the_user_wants(command, tmp_path):
    """-o respects the umask, and keeps the mode of a file that is there."""
    kept = tmp_path / "kept"
    kept.touch()
    kept.chmod(0o640)
    for name in ("new", "kept"):
        answer = command(
            "fleet", "make", "--devices", 1, "-o", name, preexec_fn=lambda: os.umask(0o077)
        )
        assert answer.status == 0
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("new", "kept")]
    assert modes == [0o600, 0o640]


def test_a_link_stays_a_link(command, tmp_path):
    """-o to a symbolic link writes the file that it names."""
    (tmp_path / "link").symlink_to("target")
    assert command("fleet", "make", "--devices", 2, "-o", "link").status == 0
    assert (tmp_path / "link").is_symlink()
    assert len((tmp_path / "target").read_text().splitlines()) == 2


def test_undecided_devices_are_told(quick, write):
    """Devices for which the scheme does not say are counted on standard error."""
    write("s", '{"self":{"mdev_type":"a"}}\n')
    write("f", '{"self":{"mdev_type":"a","device_api":"vfio-pci"}}\n')
    answer = quick("match", "s", "--fleet", "f", "--scheme", "software-version")
    assert (answer.status, answer.out) == (3, "")
    assert answer.err == "1 more are undecided: the scheme does not say\n"


def test_a_second_description_is_shown_where_it_stands(quick, write):
    """A file that should hold one description and holds two is refused at the second."""
    answer = quick("describe", write("two", f"\n\n{LINE}\n{LINE}"))
    assert answer.status == 2
    assert answer.err.startswith("two:5:1: a second description; expected one description\n")


@pytest.mark.parametrize("mark", ["\ufeffSELF:\n\taggregator=1\n", f"\ufeff{LINE}"])
def test_a_byte_order_mark_is_named(quick, write, mark):
    """A byte order mark before a description is the mistake that is shown."""
    answer = quick("describe", write("marked", mark))
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("marked:1:1: a byte order mark; expected a text file without one")


def test_capitals_are_expected(quick, write):
    """A listing with its heading in small letters is refused as a listing."""
    answer = quick("describe", write("small", "self:\n\taggregator=1\n"))
    assert "small:1:1: not a heading; expected SELF: or COMPATIBLE:" in answer.err


def test_a_long_list_is_cut_in_a_reason(quick, write):
    """A refusal by a list of thousands is told in a line that can be read."""
    numbers = ",".join(map(str, range(10, 20_000)))
    write("big", f"SELF:\n\taggregator=1\nCOMPATIBLE:\n\taggregator=one_of({numbers})\n")
    answer = quick("check", "big", "big")
    assert answer.status == 1
    assert "characters)" in answer.out
    assert len(answer.out) < 1000


@pytest.mark.parametrize(
    ("source", "target", "status"), [("mtty-1.0", "mtty-1.1", 0), ("mtty-1.1", "mtty-1.0", 1)]
)
def test_examples_of_the_version_rule(quick, source, target, status):
    """The shipped mtty examples can migrate to the newer driver, and not back."""
    assert quick("check", source, target, "--scheme", "software-version").status == status


def test_a_device_that_the_driver_refuses_is_shown(quick, write):
    """A PCI id that is no GVT-g device is refused where it is written."""
    name = write(
        "h.yaml",
        "scheme: self-compatible\nparents:\n  - driver: i915\n    options: {pci_id: 80861234}\n",
    )
    answer = quick("describe", name)
    assert answer.err.startswith("h.yaml:4:23: the kernel refuses this parent: ENODEV")
