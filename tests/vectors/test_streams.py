"""
Vectors of streams and of Nova, as far as they are rules of compatibility.

A scheme knows what a stream says, and not how it is cut into writes: the length test of mtty
(70a, ENOMEM) is judged here by the header alone, whose mismatch is EFAULT.
"""

import pytest
from vectors.reader import VERDICTS, described, shipped, vectors

from simulator.compat.scheme import Outcome
from simulator.compat.verdict import explain

CASES = {case.id: case for case in vectors("stream_fsm")}
MTTY = ["68", "69", "70a", "70b", "71a", "71b", "72"]
SCHEMES = {
    **dict.fromkeys(MTTY, "mtty-stream"),
    **dict.fromkeys(("74a", "74b", "74c"), "hisi-acc-stream"),
    **dict.fromkeys(("75a", "75b"), "qat-stream"),
    "79": "nova",
}
PLAYED = tuple(SCHEMES)
FSM = ("73", "76a", "76b", "76c", "77", "78")
"""The states of VFIO and its ioctls, which are no matter of attributes."""
_HEADER = {"magic": "0x7e9d09898c3e2c4e", "flags": "0", "major": "1", "minor": "0"}
_ERRNO = {"70a": "errno:EFAULT"}


def _mtty(values):
    """Fill in the header where a row is silent; the ports are those of the type."""
    found = dict(values)
    ports = found.pop("mdev_type", "mtty-1").rpartition("-")[2]
    return {**_HEADER, "nr_ports": ports, **found}


def _hisi(values):
    """The new driver writes magic V2, major 1."""
    if values.get("driver_version") == "new":
        return {"magic": "0xAACCFEEDDECADEDE", "major": "1"}
    return values


def _qat(values):
    return {"magic": "0xADF5CAEA", **values}


FILLED = {"mtty-stream": _mtty, "hisi-acc-stream": _hisi, "qat-stream": _qat, "nova": dict}


def verdict_of(case):
    """Judge under the scheme of the row; return it with the verdict and its reasons."""
    name = SCHEMES[case.id]
    scheme = shipped(name)
    sides = [described(scheme, FILLED[name](one)) for one in (case.source, case.target)]
    return scheme, explain(scheme, *sides)


def first_errno(scheme, verdict):
    """Return what the first attribute that does not match answers, as a driver checks them."""
    wrong = {reason.attribute for reason in verdict.reasons}
    return next(one.errno for name, one in scheme.attributes.items() if name in wrong)


@pytest.mark.parametrize("case", PLAYED)
def test_verdict(case):
    """The shipped scheme of the driver gives the verdict of the vector, and its errno."""
    case = CASES[case]
    scheme, verdict = verdict_of(case)
    wanted = _ERRNO.get(case.id, case.verdict)
    if wanted == "ok":
        assert verdict.outcome is VERDICTS["ok"]
        return
    assert verdict.outcome is Outcome.INCOMPATIBLE
    if wanted.startswith("errno:"):
        assert f"errno:{first_errno(scheme, verdict)}" == wanted
    else:
        # What Nova raises; the destination has no such type.
        assert (case.id, wanted) == ("79", "value:MigrationPreCheckError")
        assert {reason.attribute for reason in verdict.reasons} == {"mdev_type"}


@pytest.mark.parametrize(
    ("case", "attribute"), [("69", "nr_ports"), ("71a", "minor"), ("72", "flags")]
)
def test_what_mtty_finds_first(case, attribute):
    """The header is refused for what the row says, and for nothing else."""
    _, verdict = verdict_of(CASES[case])
    assert {reason.attribute for reason in verdict.reasons} == {attribute}


@pytest.mark.parametrize(
    ("asked", "offered", "verdict"),
    [
        (None, None, "ok"),
        (None, "A", "ok"),
        ("A", None, "no"),
        ("A", "A,B", "ok"),
        ("A,B", "B", "no"),
    ],
)
def test_traits(asked, offered, verdict):
    """What the source asks for is offered at the destination, or asked for by nobody."""
    scheme = shipped("nova")
    sides = [
        described(scheme, {"mdev_type": "nvidia-64"} | ({} if one is None else {"traits": one}))
        for one in (asked, offered)
    ]
    assert explain(scheme, *sides).outcome is VERDICTS[verdict]


def test_70a_is_longer_than_the_target_reads():
    """The one answer that a header cannot give: 96 bytes in one write are ENOMEM before it."""
    assert CASES["70a"].verdict == "errno:ENOMEM"
    assert CASES["70a"].source == CASES["70b"].source
    assert CASES["70a"].context["write_len"] != CASES["70b"].context["write_len"]


def test_every_case_is_tested_once():
    """Each case is judged by a scheme, or is one of the states of VFIO."""
    assert sorted((*PLAYED, *FSM)) == sorted(CASES)
    for name in FSM:
        context, source = CASES[name].context, CASES[name].source
        assert "op" in context or "write_len" in source
