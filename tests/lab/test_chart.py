"""The data of the map: groups, cells, blocks, and why a cell is not all compatible."""

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from property.strategies import descriptions, schemes

from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.scheme import Attribute, Direction, Outcome, Scheme
from simulator.compat.schemes import load_builtin
from simulator.lab.chart.chart import chart, class_labels, type_attribute
from simulator.lab.chart.reasons import cell_reasons
from simulator.lab.population import Population
from simulator.values import String, Version

SCHEME = load_builtin("software-version")


def device(mdev_type, version, name=None):
    """Describe a device of the shipped scheme; no version, no attribute."""
    values = {"device_api": String("vfio-pci"), "mdev_type": String(mdev_type)}
    if version:
        values["software_version"] = Version.parse(version)
    return Description(values, name=name)


def population(*devices):
    """Gather pairs of type and version, one a device."""
    return Population.of(SCHEME, [device(*one) for one in devices])


@st.composite
def populations(draw):
    """Populations of a few classes with a few devices each."""
    scheme = draw(schemes())
    found = draw(st.lists(descriptions(scheme), min_size=1, max_size=6))
    whole = Population.of(scheme, found)
    size = len(whole.classes)
    devices = draw(st.lists(st.integers(1, 40), min_size=size, max_size=size))
    return Population(scheme, whole.classes, tuple(devices))


@st.composite
def charts(draw):
    """Charts by anything, with any direction and limit."""
    found = draw(populations())
    by = draw(st.sampled_from(("class", *found.scheme.attributes)))
    limit = draw(st.none() | st.integers(1, 4))
    return chart(found, by, draw(st.none() | st.sampled_from(Direction)), limit)


@given(charts())
def test_cells_are_the_judge(found):
    """Each cell counts the device pairs of each verdict as the judge gives them."""
    classes, devices = found.population.classes, found.population.devices
    scheme = found.population.scheme.accepted(found.accepted_by)
    for row, source in enumerate(found.groups):
        for column, target in enumerate(found.groups):
            counts = dict.fromkeys(Outcome, 0)
            for one, other in product(source.classes, target.classes):
                verdict = judge(scheme, classes[one], classes[other])
                counts[verdict] += devices[one] * devices[other]
            cell = found.cells[row][column]
            assert cell.compatible == counts[Outcome.COMPATIBLE]
            assert cell.undecided == counts[Outcome.UNDECIDED]
            assert cell.incompatible == counts[Outcome.INCOMPATIBLE]
            assert cell.pairs == source.devices * target.devices


@given(charts())
def test_all_pairs_are_there(found):
    """The groups part the classes, and the cells sum to all pairs of devices."""
    places = sorted(one for group in found.groups for one in group.classes)
    assert places == [*range(len(found.population.classes))]
    devices = sum(found.population.devices)
    assert sum(group.devices for group in found.groups) == devices
    assert found.total.pairs == devices**2


@given(charts())
def test_blocks_part_the_groups(found):
    """Blocks follow each other, the rest is in none, and no migration crosses them both ways."""
    size = len(found.groups) - (found.groups[-1].gathered > 1)
    assert [row for one in found.blocks for row in range(one.first, one.first + one.size)] == [
        *range(size)
    ]
    scheme = found.population.scheme.accepted(found.accepted_by)
    classes = found.population.classes
    inside = [
        [c for group in found.groups[one.first : one.first + one.size] for c in group.classes]
        for one in found.blocks
    ]
    for one, other in combinations(inside, 2):
        for source, target in product(one, other):
            ends = classes[source], classes[target]
            there, back = judge(scheme, *ends), judge(scheme, *reversed(ends))
            assert {there, back} != {Outcome.COMPATIBLE}
    for block, members in zip(found.blocks, inside, strict=True):
        pairs = product(members, repeat=2)
        whole = all(judge(scheme, classes[s], classes[t]) is Outcome.COMPATIBLE for s, t in pairs)
        assert block.is_complete == whole


@given(charts(), st.integers(0, 5))
def test_reasons(found, most):
    """A cell that is not all compatible has a pair of its groups explained, up to a number."""
    reasons = cell_reasons(found, most)
    cells = [
        (row, column)
        for row, line in enumerate(found.cells)
        for column, cell in enumerate(line)
        if cell.compatible < cell.pairs
    ]
    assert len(reasons) == min(most, len(cells))
    for one in reasons:
        assert (one.row, one.column) in cells
        assert one.source in found.groups[one.row].classes
        assert one.target in found.groups[one.column].classes
        cell = found.cells[one.row][one.column]
        most_are = cell.undecided > cell.incompatible
        assert one.verdict.outcome is (Outcome.UNDECIDED if most_are else Outcome.INCOMPATIBLE)


def test_one_way_leads_to_the_right():
    """Rows stand in the order in which devices can go on, and what is joined stands together."""
    versions = ("0.2.1", "1.0.0", "0.0.0", "0.2.0", "0.1.0")
    found = chart(population(*(("a", one) for one in versions)), "software_version")
    assert [one.label for one in found.groups] == ["0.0.0", "0.1.0", "0.2.0", "0.2.1", "1.0.0"]
    assert [(one.first, one.size) for one in found.blocks] == [(0, 1), (1, 1), (2, 2), (4, 1)]


def test_islands_with_more_devices_come_first():
    """Types that nothing joins stand by their devices, numbers in names by what they count."""
    names = ["t10", "t9", "big", "big", "t9", "t10"]
    found = chart(population(*((one, "1.0") for one in names), ("big", "1.0")), "mdev_type")
    assert [one.label for one in found.groups] == ["big", "t9", "t10"]
    assert all(block.is_complete for block in found.blocks)


def test_what_may_be_joined_stands_together():
    """A device of which the scheme does not say stands with those that it may be joined with."""
    found = chart(
        population(("a", "1.0"), ("b", "1.0"), ("b", "1.0"), ("b", "1.0"), ("a", None)), "class"
    )
    assert [one.label for one in found.groups] == [
        "#1 · b · 1.0",
        "#0 · a · 1.0",
        "#2 · a · (absent)",
    ]


def test_limit_gathers_the_rest():
    """The groups with the fewest devices become one, which stands last; two at least."""
    names = ["a"] * 4 + ["b"] * 3 + ["c", "d"]
    found = population(*((one, "1.0") for one in names))
    labels = [one.label for one in chart(found, "mdev_type", limit=2).groups]
    assert labels == ["a", "b", "2 others"]
    rest = chart(found, "mdev_type", limit=2).groups[-1]
    assert (rest.devices, rest.gathered, rest.brief) == (2, 2, "others")
    labels = [one.label for one in chart(found, "mdev_type", limit=3).groups]
    assert labels == ["a", "b", "c", "d"]


def test_groups_are_values_that_the_judge_takes_for_equal():
    """Two spellings of one value are one row; what is absent and what is empty are two."""
    found = population(("", "1.0"), ("", "1.0.0"), ("", None))
    assert [one.label for one in chart(found, "mdev_type").groups] == ['""']
    labels = {one.label for one in chart(found, "software_version").groups}
    assert labels == {"1.0", "(absent)"}


def test_class_labels_name_what_differs():
    """A class is labelled by its place and by what tells it from others, and no more."""
    assert class_labels(population(("a", "1.0"), ("a", "1.1"))) == ["#0 · 1.0", "#1 · 1.1"]
    assert class_labels(population(("a", "1.0"))) == ["#0"]
    # The type says it all; that versions differ too tells nothing more.
    assert class_labels(population(("a", "1.0"), ("b", "1.1"))) == ["#0 · a", "#1 · b"]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ((Attribute("kind", "string", fact="mdev_type"), Attribute("mdev_type", "string")), "kind"),
        ((Attribute("type", "string"), Attribute("mdev_type", "string")), "mdev_type"),
        ((Attribute("type", "string"),), "type"),
        ((Attribute("a", "string"),), None),
    ],
)
def test_the_type(attributes, expected):
    """The type is what is filled with the mdev type, or what has its name."""
    scheme = Scheme("s", {one.name: one for one in attributes})
    assert type_attribute(scheme) == expected
