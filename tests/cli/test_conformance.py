"""``mdevsim conformance`` as people run it."""

import pytest

from simulator.mdev import KERNELS


def transcript(text):
    """What a machine would have written that answered as expected."""
    rows = (row.split("\t") for row in text.splitlines() if not row.startswith("#"))
    return "# head\n" + "".join(f"{step}\t{answer}\n" for step, answer, _ in rows)


def test_script(quick, tmp_path):
    """The script is printed, or written to a file, as one that Python runs."""
    printed = quick("conformance", "script")
    assert printed.status == 0
    assert printed.out.startswith('"""\nAsk an mdev parent')
    assert quick("conformance", "script", "-o", "x.py").out == ""
    assert (tmp_path / "x.py").read_text() == printed.out
    compile(printed.out, "x.py", "exec")


@pytest.mark.parametrize("kernel", KERNELS)
def test_expected(quick, write, kernel):
    """What is expected of a kernel compares as equal with itself."""
    found = quick("conformance", "expected", "--kernel", kernel)
    assert f"under Linux {kernel}:" in found.out
    answer = quick("conformance", "compare", write("t", transcript(found.out)), "--kernel", kernel)
    assert (answer.status, answer.out) == (0, "131 lines, 0 differ, 0 not asked\n")


def test_compare(quick, write):
    """The newest kernel is expected unless another is named; a difference has its source."""
    text = transcript(quick("conformance", "expected").out)
    name = write("t", text.replace("create A again\tEEXIST", "create A again\tENOSPC"))
    answer = quick("conformance", "compare", name)
    assert answer.status == 1
    assert answer.out == (
        "create A again: ENOSPC, expected EEXIST\n"
        "    source: mdev_core.c mdev_device_create(): the global list\n"
        "131 lines, 1 differs, 0 not asked\n"
    )
    data = quick("conformance", "compare", name, "--json").json
    told = answer.out.splitlines()
    assert data["differences"] == ["\n".join(told[:2])]
    assert (data["kernel"], data["lines"], data["not_asked"]) == ("6.1", 131, 0)


def test_what_was_not_asked(quick):
    """A line that was not asked differs from nothing, and is counted."""
    text = transcript(quick("conformance", "expected").out)
    text = text.replace("create A again, uevents\tnone", "create A again, uevents\tnot asked")
    answer = quick("conformance", "compare", "-", stdin=text)
    assert (answer.status, answer.out) == (0, "131 lines, 0 differ, 1 not asked\n")


def test_no_transcript(quick, write):
    """Every line that is none is shown, all at once."""
    answer = quick("conformance", "compare", write("t", "# head\nhello\na\t1\n\nb\t1\t2\t3\n"))
    assert (answer.status, answer.out) == (2, "")
    shown = [line for line in answer.err.splitlines() if line.startswith("t:")]
    words = "1: not a line of a transcript; expected a question, a tab and an answer"
    assert shown == [f"t:2:{words}", f"t:5:{words}"]
