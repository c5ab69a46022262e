"""Numbers against sets: the optimum by brute force, laws of the rule, cases of the mails."""

import random
from functools import lru_cache
from importlib.resources import files
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lab.test_history import load
from vectors.reader import described, shipped, vectors

from simulator.compat.judge import judge
from simulator.compat.scheme import Outcome
from simulator.lab.islands import islands
from simulator.lab.matrix import Matrix
from simulator.lab.versions.history import History, Release, parse_history
from simulator.lab.versions.numbering import (
    Branch,
    allowed,
    behaviours,
    bits,
    derived,
    errors,
    errors_of,
    truth,
)
from simulator.lab.versions.optimum import SAFE, Cost, best, best_rising
from simulator.lab.versions.study import STEPS, Settings, study
from simulator.values import FlagSet, Version

COSTS = [SAFE, Cost(1, 1), Cost(3, 1), Cost(1, 2), Cost(0, 1), Cost(1, 0)]
FEATURES = "abcdef"


def history_of(sets, follows=None):
    """Make a history of sets, given as bitsets; each release follows the one before."""
    follows = follows or [None, *range(len(sets) - 1)]
    return History(
        tuple(
            Release(FlagSet(frozenset(FEATURES[bit] for bit in bits(one))), None, after, "", at + 1)
            for at, (one, after) in enumerate(zip(sets, follows, strict=True))
        )
    )


def ask(sets, how=Settings(), follows=None):  # noqa: B008 - frozen
    """Study a history of sets without published numbers."""
    return study(history_of(sets, follows), how, [None] * len(sets))


# ---- brute force


def flat(rows):
    """Write the rows of a relation as one number."""
    return sum(row << at * len(rows) for at, row in enumerate(rows))


def rising_numbers(count):
    """Every way to keep the number, raise the minor or raise the major with each release."""
    for steps in product([(0, 0), (0, 1), (1, 0)], repeat=count):
        yield [tuple(map(sum, zip(*steps[: at + 1], strict=True))) for at in range(count)]


def free_numbers(count):
    """Every way to give majors, named in the order of their first releases, and minors."""
    for majors in product(range(count), repeat=count):
        if all(one <= max(majors[:at], default=-1) + 1 for at, one in enumerate(majors)):
            for minors in product(range(count), repeat=count):
                yield list(zip(majors, minors, strict=True))


@lru_cache
def relations(count, is_rising):
    """Every relation that numbers give to so many releases, straight from the rule."""
    pairs = [pair for pair in product(range(count), repeat=2) if pair[0] != pair[1]]
    found = set()
    for numbers in rising_numbers(count) if is_rising else free_numbers(count):
        found.add(
            sum(
                1 << at * count + to
                for at, to in pairs
                if numbers[at][0] == numbers[to][0] and numbers[at][1] <= numbers[to][1]
            )
        )
    return sorted(found)


def brute(sets, cost, is_rising):
    """The fewest errors that some numbering makes: by cost, then wrong allows, then refusals."""
    true = flat(truth(sets))
    found = relations(len(sets), is_rising)
    counts = (((one & ~true).bit_count(), (true & ~one).bit_count()) for one in found)
    return min((cost.total(one), *one) for one in counts if cost.total(one) is not None)


def found_by(found, sets, cost):
    """What our answer costs, in the same terms."""
    counts = errors(truth(sets), found.numbers).counts
    return (cost.total(counts), *counts)


def canonical(sets):
    """Name the features in the way that comes first."""
    ways = (
        tuple(sum(1 << way[bit] for bit in bits(one)) for one in sets)
        for way in permutations(range(3))
    )
    return min(ways)


@lru_cache
def histories(count):
    """All histories of so many releases over three features, up to the names of the features."""
    return sorted({canonical(sets) for sets in product(range(8), repeat=count)})


def test_there_are_as_many_numberings_as_there_should_be():
    """The brute force knows every set of weak orders: 1, 4, 23, 173 and 1602 (OEIS A075729)."""
    assert [len(relations(count, is_rising=False)) for count in range(1, 6)] == [
        1,
        4,
        23,
        173,
        1602,
    ]


@pytest.mark.parametrize("count", range(1, 6))
@pytest.mark.parametrize("cost", COSTS, ids=str)
def test_the_best_is_the_best(cost, count):
    """No numbering errs less than ours, on all histories up to five releases, in any order."""
    for sets in histories(count):
        if list(sets) == sorted(sets):
            found = best(sets, cost, STEPS)
            expected = brute(sets, cost, is_rising=False)
            assert found_by(found, sets, cost) == expected, sets
            assert (found.least, found.is_best) == (expected[0], True)
            assert len(set(found.numbers)) == count


@pytest.mark.parametrize(
    ("count", "cost"),
    [*product(range(1, 5), COSTS), (5, SAFE), (5, Cost(1, 1)), (5, Cost(1, 2))],
    ids=str,
)
def test_the_best_that_rises_is_the_best(count, cost):
    """No rising numbering errs less than ours, on all histories up to five releases."""
    for sets in histories(count):
        found = best_rising(sets, cost)
        expected = brute(sets, cost, is_rising=True)
        assert found_by(found, sets, cost) == expected, sets
        assert (found.least, found.is_best) == (expected[0], True)
        assert list(found.numbers) == sorted(set(found.numbers))


SETS = st.lists(st.integers(0, 31), min_size=1, max_size=9)


def slow(sets, cost):
    """The fewest errors by every way to part the releases into majors, one major at a time."""
    true = truth(sets)
    parted = {0: (0, 0, 0)}
    for mask in range(1, 1 << len(sets)):
        rest = mask & mask - 1
        last, options, some = mask ^ rest, [], rest
        while True:
            major, left = last | some, rest & ~some
            inside = [(at, to) for at in bits(major) for to in bits(major) if at < to]
            wrongly = sum(not (true[at] >> to & 1 or true[to] >> at & 1) for at, to in inside)
            refused = sum((true[at] & left).bit_count() for at in bits(major))
            refused += sum((true[at] & major).bit_count() for at in bits(left))
            counts = (parted[left][1] + wrongly, parted[left][2] + refused)
            if cost.total(counts) is not None:
                options.append((cost.total(counts), *counts))
            if not some:
                break
            some = some - 1 & rest
        parted[mask] = min(options)
    return parted[(1 << len(sets)) - 1]


@settings(max_examples=50)
@given(st.lists(st.integers(0, 63), min_size=1, max_size=8), st.sampled_from(COSTS))
def test_the_best_of_longer_histories(sets, cost):
    """No way to part eight releases over six features into majors errs less than ours."""
    found = best(sets, cost, STEPS)
    assert found_by(found, sets, cost) == slow(sets, cost)
    assert found.is_best


@given(SETS, st.sampled_from(COSTS), st.integers(0, 3000))
def test_bounds_hold(sets, cost, steps):
    """With little search the answer is not below the bound, and the best is between the two."""
    found, proven = best(sets, cost, steps), best(sets, cost, STEPS)
    assert proven.is_best
    reached, least = (found_by(one, sets, cost)[0] for one in (found, proven))
    assert found.least <= least <= reached
    assert found.is_best == (found.least == reached)


@pytest.mark.parametrize("cost", [SAFE, Cost(1, 1)], ids=str)
def test_where_the_search_ends_it_says_so(cost):
    """On the sets of five features without a search, the answer is not called the best."""
    result = ask(range(32), Settings(cost, steps=0))
    assert result.best.name == "found"
    assert not result.best.is_best
    assert 0 < result.best.least < cost.total(result.best.errors.counts)


def test_progress():
    """The search tells how many of the different sets are done, never more than there are."""
    done = []
    best(range(32), SAFE, 1000, progress=done.append)
    assert done == sorted(set(done))
    assert set(done) <= set(range(32))
    assert done


def test_the_search_betters_what_it_began_with():
    """The search finds what moving members and tails does not, and proves it."""
    rng = random.Random(4)
    better = 0
    for _ in range(60):
        sets = [rng.randrange(64) for _ in range(16)]
        quick, long = (best(sets, Cost(2, 1), steps) for steps in (0, STEPS))
        costs = [found_by(one, sets, Cost(2, 1))[0] for one in (quick, long)]
        assert costs[1] <= costs[0]
        better += costs[1] < costs[0]
    assert better


# ---- the truth and the rule


@given(SETS)
def test_the_truth_is_the_set_rule(sets):
    """What can migrate is what the judge allows under a scheme with the clause superset."""
    scheme = shipped("capability-sets")
    devices = [
        described(scheme, {"pv_mode": str(one.features)}) for one in history_of(sets).releases
    ]
    for at, row in enumerate(truth(sets)):
        for to in set(range(len(sets))) - {at}:
            ok = judge(scheme, devices[at], devices[to]) is Outcome.COMPATIBLE
            assert ok == bool(row >> to & 1)


NUMBERS = st.lists(
    st.none() | st.builds(Version, st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=8
)


@given(NUMBERS)
def test_what_numbers_allow_is_the_version_rule(numbers):
    """What numbers allow is what the judge allows under the version scheme; without, nothing."""
    scheme = shipped("software-version")
    known = {at: one for at, one in enumerate(numbers) if one is not None}
    devices = {at: described(scheme, {"software_version": str(one)}) for at, one in known.items()}
    for at, row in enumerate(allowed(numbers)):
        ok = {
            to
            for to in known
            if at in known
            and to != at
            and judge(scheme, devices[at], devices[to]) is Outcome.COMPATIBLE
        }
        assert set(bits(row)) == ok


@given(st.data())
def test_errors_of_one_release(data):
    """The pairs of one release are those of all that it is an end of."""
    numbers = data.draw(NUMBERS)
    sets = data.draw(st.lists(st.integers(0, 7), min_size=len(numbers), max_size=len(numbers)))
    at = data.draw(st.integers(0, len(numbers) - 1))
    true, tried = truth(sets), Version(data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3)))
    whole = errors(true, [tried if one == at else known for one, known in enumerate(numbers)])
    mine = errors_of(true, numbers, at, tried)
    for all_pairs, pairs in zip(whole.pairs(), mine.pairs(), strict=True):
        assert [pair for pair in all_pairs if at in pair] == pairs


@given(st.data())
def test_behaviours_are_all_there_are(data):
    """Whatever number a release gets, one of the behaviours allows the same pairs."""
    numbers = data.draw(NUMBERS)
    at = data.draw(st.integers(0, len(numbers) - 1))
    tried = Version(data.draw(st.integers(0, 4)), data.draw(st.integers(0, 4)))
    every = behaviours(numbers, at)
    assert not set(every) & set(numbers[:at] + numbers[at + 1 :])
    ways = {allowed([*numbers[:at], one, *numbers[at + 1 :]]) for one in every}
    assert allowed([*numbers[:at], tried, *numbers[at + 1 :]]) in ways


@given(SETS, st.sampled_from([SAFE, Cost(1, 1)]))
def test_islands_are_those_of_the_map(sets, cost):
    """Releases of one minor are an island, as releases of one set are under the set rule."""
    found = ask(sets, Settings(cost))
    for numbering in found.numberings:
        rows = [row | 1 << at for at, row in enumerate(allowed(numbering.numbers))]
        assert numbering.islands == len(
            islands(Matrix(tuple(rows), (0,) * len(rows)), [1] * len(rows))
        )
    rows = [row | 1 << at for at, row in enumerate(truth(sets))]
    assert len(set(sets)) == len(islands(Matrix(tuple(rows), (0,) * len(rows)), [1] * len(rows)))


# ---- laws


@pytest.mark.parametrize("count", range(1, 6))
def test_the_rule_is_the_best_that_rises(count):
    """On a line of releases the rule of the thread never wrongly allows, and refuses least."""
    for sets in histories(count):
        counts = errors(truth(sets), derived(history_of(sets))).counts
        assert counts == brute(sets, SAFE, is_rising=True)[1:]


@given(st.lists(st.integers(0, 31), min_size=1, max_size=20))
def test_the_rule_is_the_best_that_rises_in_longer_histories(sets):
    """The same on histories that are too many to look at all."""
    counts = errors(truth(sets), derived(history_of(sets))).counts
    assert counts == (0, best_rising(sets, SAFE).least)


TREES = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 9)), min_size=1, max_size=10)


def tree_of(drawn):
    """Make a history where each release follows some earlier one."""
    sets = [one for one, _ in drawn]
    return history_of(sets, [after % at if at else None for at, (_, after) in enumerate(drawn)])


@given(TREES)
def test_a_new_major_for_a_branch_never_wrongly_allows(drawn):
    """With branches too nothing is wrongly allowed, when what collides starts a major."""
    history = tree_of(drawn)
    numbers = derived(history, Branch.MAJOR)
    assert errors(truth(history.sets()), numbers).counts[0] == 0
    assert len(set(numbers)) == len(numbers)


@given(TREES)
def test_numbers_rise_along_each_line(drawn):
    """A release has a higher number than the one it follows, and no two have the same."""
    history = tree_of(drawn)
    for branch in Branch:
        numbers = derived(history, branch)
        assert len(set(numbers)) == len(numbers)
        for at, release in enumerate(history.releases):
            assert release.follows is None or numbers[release.follows] < numbers[at]


def test_the_smallest_branch_that_is_wrongly_allowed():
    """Two features added beside each other get two minors, and one may move to the other."""
    history = history_of([0, 1, 2], [None, 0, 0])
    by_minor, by_major = (derived(history, branch) for branch in Branch)
    assert list(map(str, by_minor)) == ["0.0.0", "0.1.0", "0.2.0"]
    assert errors(truth(history.sets()), by_minor).pairs() == ([(1, 2)], [])
    assert list(map(str, by_major)) == ["0.0.0", "0.1.0", "1.0.0"]
    assert errors(truth(history.sets()), by_major).pairs() == ([], [(0, 2)])


@given(st.lists(st.integers(0, 31), min_size=1, max_size=12))
def test_a_growing_chain_needs_one_major(drawn):
    """Sets that only grow are said exactly by one major, derived or best."""
    sets = [0] * len(drawn)
    for at, one in enumerate(drawn):
        sets[at] = one | sets[at - 1]
    found = ask(sets)
    assert found.is_expressible
    assert [(one.majors, one.errors.counts) for one in found.numberings] == [(1, (0, 0))] * 3


@given(SETS, st.permutations(range(5)), st.sampled_from(COSTS))
def test_names_of_features_do_not_matter(sets, way, cost):
    """Renaming the features changes nothing but the names."""
    renamed = [sum(1 << way[bit] for bit in bits(one)) for one in sets]
    before, after = ask(sets, Settings(cost)), ask(renamed, Settings(cost))
    assert after.numberings == before.numberings
    assert after.witnesses == before.witnesses
    assert after.candidates == before.candidates


@given(SETS, st.permutations(range(9)), st.sampled_from(COSTS))
def test_the_order_of_the_releases_does_not_matter_to_the_best(sets, way, cost):
    """Without --monotone the best numbering errs as little in any order of the releases."""
    order = sorted(range(len(sets)), key=lambda at: way[at])
    found = [best(one, cost, STEPS) for one in (sets, [sets[at] for at in order])]
    assert found_by(found[0], sets, cost) == found_by(found[1], [sets[at] for at in order], cost)


@given(SETS, st.data())
def test_a_release_again_counts_only_its_pairs(sets, data):
    """A release without a change adds the errors of the one it repeats, and none beside."""
    at = data.draw(st.integers(0, len(sets) - 1))
    follows = [None, *range(len(sets) - 1)]
    before, after = ask(sets), ask([*sets, sets[at]], follows=[*follows, at])
    old, new = before.numberings[0], after.numberings[0]
    assert new.numbers[:-1] == old.numbers
    assert (new.numbers[-1].major, new.numbers[-1].minor) == (
        old.numbers[at].major,
        old.numbers[at].minor,
    )
    mine = errors_of(before.true, old.numbers, at, old.numbers[at]).counts
    assert new.errors.counts == tuple(map(sum, zip(old.errors.counts, mine, strict=True)))
    least, more = before.best.least, after.best.least
    mine = errors_of(before.true, before.best.numbers, at, before.best.numbers[at]).counts
    assert least <= more <= least + mine[1]


@given(SETS, st.sampled_from(COSTS))
def test_witnesses_are_why(sets, cost):
    """Some numbering says all that is true exactly where there is no witness."""
    found = ask(sets, Settings(cost))
    assert found.is_expressible == (not found.witnesses)
    if cost.wrongly_allowed and cost.wrongly_refused:
        assert found.is_expressible == (found.best.errors.counts == (0, 0))
    for one in found.witnesses:
        three = [sets[at] for at in (one.between, one.one, one.other)]
        assert brute(three, Cost(1, 1), is_rising=False)[0] == 1
        for two in ([0, 1], [0, 2], [1, 2]):
            assert brute([three[at] for at in two], Cost(1, 1), is_rising=False)[0] == 0


@given(st.lists(st.integers(0, 7), min_size=2, max_size=5), st.sampled_from(COSTS))
def test_no_number_for_a_release_is_better_than_the_best(sets, cost):
    """A candidate that is called the best for its release is: no other number errs less."""
    found = ask(sets, Settings(cost))
    base = found.numberings[0].numbers
    assert any(one.is_best for one in found.candidates)
    for one in found.candidates:
        tried = (Version(*number) for number in product(range(7), repeat=2))
        every = [errors_of(found.true, base, one.release, number).counts for number in tried]
        if cost.wrongly_allowed is None:
            every = [counts for counts in every if not counts[0]] or every
        least = min((cost.total(counts) or 0, *counts) for counts in every)
        mine = (cost.total(one.errors.counts) or 0, *one.errors.counts)
        assert one.is_best == (mine == least)


# ---- the mails


def test_the_question_of_the_mail():
    """With 1.0.0 the last release is refused twice though it works; 0.2.1 and 0.3.0 lose ppgtt."""
    names = "none", "none+ppgtt", "none+ppgtt+context", "none+context"
    history = parse_history("pv-mode", "\n".join(names))
    tried = [(3, Version.parse(one)) for one in ("0.2.1", "0.3.0", "1.0.0", "0.0.0", "0.0.1")]
    found = study(history, Settings(), [None] * 4, tried)
    assert [str(one) for one in found.numberings[0].numbers] == ["0.0.0", "0.1.0", "0.2.0", "1.0.0"]
    pairs = {str(one.number): one.errors.pairs() for one in found.candidates}
    assert pairs == {
        "0.2.1": ([(1, 3), (2, 3)], []),
        "0.3.0": ([(1, 3), (2, 3)], [(3, 2)]),
        "1.0.0": ([], [(0, 3), (3, 2)]),
        "0.0.0": ([(3, 0), (3, 1)], []),
        "0.0.1": ([(3, 0), (3, 1)], []),
    }
    assert [one.is_best for one in found.candidates] == [False, False, True, False, False]
    assert [one.number for one in study(history, Settings(), [None] * 4).candidates] == [
        Version.parse(one) for one in ("0.2.1", "0.3.0", "1.0.0")
    ]
    assert found.best.errors.counts == (0, 2)
    assert not found.is_expressible


PV_MODE = {case.id: case for case in vectors("pv_mode")}
OPEN = {"14": {"1.0.0": "no", "0.2.1": "ok"}, "15": {"1.0.0": "no", "0.2.1": "ok"}}
OPEN["16"] = {"1.0.0": "no", "0.2.1": "ok", "0.0.0": "ok"}
SET_RULE = {"9": "ok", "10": "no", "11": "ok", "12": "ok", "13": "no", "14": "no"}
SET_RULE |= {"15": "ok", "16": "ok"}


@pytest.mark.parametrize("case", PV_MODE)
def test_vectors_of_the_history(case):
    """The derived numbers are those of the vector, and so is what they and the sets allow."""
    case = PV_MODE[case]
    text = files("simulator.examples").joinpath("pv-mode").read_text("utf-8")
    history = parse_history("pv-mode", text)
    sets = [str(one.features) for one in history.releases]
    ends = [sets.index(end["pv_mode"]) for end in (case.source, case.target)]
    numbers = derived(history)
    assert [str(numbers[at]) for at in ends] == [
        end["software_version"] for end in (case.source, case.target)
    ]
    true = truth(history.sets())
    assert ("no", "ok")[true[ends[0]] >> ends[1] & 1] == SET_RULE[case.id]
    for number, verdict in OPEN.get(case.id, {"1.0.0": case.verdict}).items():
        tried = allowed([*numbers[:-1], Version.parse(number)])
        assert ("no", "ok")[tried[ends[0]] >> ends[1] & 1] == verdict


def test_vector_39():
    """Two majors refuse virtio both ways, as is right; one major, or a third device, cannot."""
    [case] = [case for case in vectors("aggregation") if case.id == "39"]
    history = load("virtio")
    found = [set(one.features.members) for one in history.releases]
    assert found == [set(end["features"].split(",")) for end in (case.source, case.target)]
    result = study(history, Settings(), [None, None])
    assert result.true == (0, 0)
    assert result.is_expressible
    assert result.best.majors == 2
    one_major = ([Version(0, minor), Version(0, 1)] for minor in range(3))
    assert [errors(result.true, one).counts for one in one_major] == [(1, 0), (2, 0), (1, 0)]
    common = study(load("virtio-common"), Settings(), [None] * 3)
    assert not common.is_expressible
    [witness] = common.witnesses
    assert (witness.between, witness.one, witness.other) == (0, 1, 2)
    assert common.best.errors.counts == (0, 1)


def test_a_published_number_that_is_missing():
    """Releases without a number are not compared, and candidates stand in the derived numbers."""
    history = parse_history("h", "a 0.0\na+b\nb 0.1\n")
    found = study(history, Settings(), [one.published for one in history.releases])
    assert [one.name for one in found.numberings] == ["derived", "published", "best", "best rising"]
    assert found.numberings[1].errors.pairs() == ([(0, 2)], [])
    assert found.base == "derived"


def test_monotone_is_asked_for_or_not():
    """A feature taken away and nothing else: only numbers that fall say that the way back works."""
    sets = [1, 0]
    free, rising = ask(sets), ask(sets, Settings(is_monotone=True))
    assert list(map(str, free.best.numbers)) == ["0.1.0", "0.0.0"]
    assert (free.is_expressible, free.best.errors.counts) == (True, (0, 0))
    assert list(map(str, rising.best.numbers)) == ["0.0.0", "1.0.0"]
    assert (rising.is_expressible, rising.best.errors.counts) == (False, (0, 1))
