"""``mdevsim snapshot`` as people run it."""

import pytest


def test_a_directory(quick, tmp_path):
    """The tree of a host is in the directory, links and modes included."""
    answer = quick("snapshot", "i915", "-o", "sys")
    assert (answer.status, answer.out, answer.err) == (0, "", "")
    [link] = (tmp_path / "sys/bus/mdev/devices").iterdir()
    assert (link / "mdev_type/device_api").read_text() == "vfio-pci\n"
    assert (link / "remove").stat().st_mode & 0o777 == 0o200
    assert (tmp_path / "sys/devices/system/cpu/online").read_text() == "0\n"


def test_umockdev_text(quick, tmp_path):
    """The text is printed, or written to a file; it is the same on every machine."""
    printed = quick("snapshot", "--vendor", "mtty", "--kernel", "4.10", "--umockdev")
    assert printed.out.startswith("P: /devices/virtual/mtty/mtty\nE: SUBSYSTEM=mtty\n")
    assert (
        quick("snapshot", "--vendor", "mtty", "--kernel", "4.10", "--umockdev", "-o", "x").out == ""
    )
    assert (tmp_path / "x").read_text() == printed.out


@pytest.mark.parametrize("arguments", [(), ("-o", "-")])
def test_a_directory_needs_a_name(quick, arguments):
    """There is no directory on standard output."""
    answer = quick("snapshot", *arguments)
    assert answer.status == 2
    assert "a directory needs a name: -o DIR" in answer.err


def test_a_directory_that_is_not_empty_is_refused(quick, write, tmp_path):
    """One line says so, and what is there stays as it is."""
    write("x", b"precious")
    answer = quick("snapshot", "-o", ".")
    assert answer.status == 2
    assert answer.err == "mdevsim: .: Directory not empty\n"
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


def test_a_file_is_refused(quick, write):
    """A file is not replaced by a directory, and a missing folder is named as it was given."""
    write("x", b"precious")
    assert quick("snapshot", "-o", "x").err == "mdevsim: x: Not a directory\n"
    assert quick("snapshot", "-o", "a/b").err == "mdevsim: a/b: No such file or directory\n"
