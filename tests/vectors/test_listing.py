"""Vectors of the SELF / COMPATIBLE listing, in both readings of the mail."""

import pytest
from vectors.reader import VERDICTS, described, listed, shipped, vectors

from simulator.compat.clause_text import parse_clause
from simulator.compat.judge import judge
from simulator.compat.rule import Object
from simulator.compat.scheme import Direction, Outcome
from simulator.errors import TextError
from simulator.values import parse_value

CASES = {case.id: case for case in vectors("listing")}
DECIDED = [name for name, case in CASES.items() if case.verdict != "open"]
READINGS = {"A": Direction.TARGET, "B": Direction.SOURCE}

# The objects in the notation of vectors.tsv, from the end of domain.md A.2.
_PCI = "device_type=pci;device_id=8086591d"
_MDEV = "mdev_type=i915-GVTg_V5_{val1:int:1,2,4,8};aggregator={val1}/2"
_FULL = "pv_mode=none+ppgtt+context"
_MODES = '{val2:string:"none+ppgtt","none+context","none+ppgtt+context"}'
NOTATION = {
    "UUID1": (
        f"{_PCI};mdev_type=i915-GVTg_V5_2;aggregator=1;{_FULL};interface_version=3",
        f"{_PCI};{_MDEV};pv_mode={_MODES};interface_version={{val3:int:2,3}}",
        f"{_PCI};{_MDEV};pv_mode=;interface_version=1",
    ),
    "UUID2": (
        f"{_PCI};mdev_type=i915-GVTg_V5_4;aggregator=2;interface_version=1",
        f"{_PCI};{_MDEV};interface_version=1",
    ),
}

_RATIO = ("aggregator: {type: int,", "aggregator: {type: ratio,")
_FLOOR = ("division: exact ", "division: floor ")
_WITHOUT_ONE = ("int:1,2,4,8", "int:2,4,8")
_ANY_ID = ("device_id: {type: pci_id,", "device_id: {type: pci_id, clause: any,")
_EXTRA = ("attributes:\n", "attributes:\n  unlisted_field: {type: string}\n")
_STRICT = ("unlisted: ignored ", "unlisted: incompatible ")
_ASK = ("unlisted: ignored ", "unlisted: undecided ")
OPEN = {
    "25a-exact": ([_RATIO], [], "ok"),
    "25a-floor": ([_RATIO, _FLOOR], [], "no"),
    "25a-exact-without-1": ([_RATIO], [_WITHOUT_ONE], "no"),
    "25a-floor-without-1": ([_RATIO, _FLOOR], [_WITHOUT_ONE], "no"),
    "25b-exact": ([], [], "no"),
    "25b-floor": ([_FLOOR], [], "ok"),
    "25b-exact-without-1": ([], [_WITHOUT_ONE], "no"),
    "25b-floor-without-1": ([_FLOOR], [_WITHOUT_ONE], "no"),
    "27b-with-device_id": ([], [], "no"),
    "27b-without-device_id": ([_ANY_ID], [], "ok"),
    "28-ignored": ([_EXTRA], [], "ok"),
    "28-incompatible": ([_EXTRA, _STRICT], [], "no"),
    "28-undecided": ([_EXTRA, _ASK], [], "undecided"),
}


def _fields(text):
    return dict(field.split("=", 1) for field in text.split(";"))


def _judge(case, scheme, changes=()):
    """Give the publisher of the reading the list that the vector names, and judge."""
    objects = listed(case.context["list"], scheme, *changes).objects
    scheme = scheme.accepted(READINGS[case.context.get("reading", "A")])
    source = described(scheme, case.source, objects)
    return judge(scheme, source, described(scheme, case.target, objects))


@pytest.mark.parametrize("name", NOTATION)
def test_examples_are_those_of_the_mail(name):
    """The shipped listings say what the notation of the vectors says."""
    scheme = shipped("self-compatible")
    own, *objects = map(_fields, NOTATION[name])
    device = listed(name, scheme)
    assert device.values == described(scheme, own).values
    wanted = []
    for fields in objects:
        clauses, variables = {}, {}
        for attribute, text in fields.items():
            kind = scheme.kinds[attribute]
            clauses[attribute], variables = parse_clause(text, kind, variables)
        wanted.append(Object(clauses))
    assert device.objects == tuple(wanted)


@pytest.mark.parametrize("case", DECIDED)
def test_verdict(case):
    """The shipped listing scheme gives the verdict of the vector, in the vector's reading."""
    assert _judge(CASES[case], shipped("self-compatible")) is VERDICTS[CASES[case].verdict]


@pytest.mark.parametrize("setting", OPEN)
def test_open(setting):
    """A case that the thread leaves open is decided by a setting of the scheme or the list."""
    case = CASES[setting.split("-", maxsplit=1)[0]]
    assert case.verdict == "open"
    changes, list_changes, verdict = OPEN[setting]
    scheme = shipped("self-compatible", *changes)
    wanted = {**VERDICTS, "undecided": Outcome.UNDECIDED}[verdict]
    if case.id != "28":
        assert _judge(case, scheme, list_changes) is wanted
        return
    # The placeholders of 28 stand for any device; here UUID2 with one field more, sent to UUID1.
    (extra,) = case.source
    source = described(scheme, {**_fields(NOTATION["UUID2"][0]), extra: "x"})
    assert judge(scheme, source, listed("UUID1", scheme)) is wanted


def test_a_fraction_is_no_integer():
    """The half of case 25a cannot even be published where the aggregator is an integer."""
    with pytest.raises(TextError, match="not an integer"):
        parse_value(
            shipped("self-compatible").kinds["aggregator"], CASES["25a"].source["aggregator"]
        )


def test_every_case_is_tested_once():
    """Each case of the group is decided, or open with settings that disagree."""
    opened = {name.split("-", maxsplit=1)[0] for name in OPEN}
    assert sorted([*DECIDED, *opened]) == sorted(CASES)
    assert len(CASES) == len(vectors("listing"))
    for case in opened:
        verdicts = {verdict for name, (_, _, verdict) in OPEN.items() if name.startswith(case)}
        assert len(verdicts) > 1
