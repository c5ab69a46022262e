"""One question at the boundary: its keys, its tables, and those who ask at once."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from simulator.fleet._matcher import Core
from simulator.fleet.words import DIRECTION, KIND, RELATION, VERDICT, CoreAttribute, MatcherFault

NO, UNDECIDED, YES = VERDICT["incompatible"], VERDICT["undecided"], VERDICT["compatible"]
NAMES = ("plain", "pla", 'quo"te', "back\\slash", "tab\t", "größe", "", "a" * 40, "x" * 14)


def make(
    names: tuple[str, ...], relation: str | None = None, missing: int = NO, unlisted: int = YES
) -> Core:
    """Make an empty fleet of strings whose sources accept."""
    attributes = [
        CoreAttribute(name, KIND["string"], RELATION[relation], index, missing)
        for index, name in enumerate(names)
    ]
    return Core(attributes, DIRECTION["source"], missing, unlisted)


def line(values: dict[str, str], objects: list[dict[str, str]]) -> bytes:
    """Write a line as a careful program would."""
    data = {"self": values, "compatible": objects}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("space", ["", " "])
def test_a_key_is_known_by_what_it_means(name, space):
    """A key is found wherever its attribute stands in the scheme, however it is written."""
    core = make(NAMES)
    core.add(line({name: "a"}, []))
    core.add(line({name: "b"}, []))
    for written in (json.dumps(name), json.dumps(name, ensure_ascii=False)):
        key = f"{space}{written}{space}:"
        text = f'{{"self":{{{key}"a"}},"compatible":[{{{key}"b"}}]}}'
        query = core.query(text.encode())
        assert [query.verdict_of(row) for row in range(2)] == [NO, YES]


@pytest.mark.parametrize("name", ['quo"te', "back\\slash", "tab\t"])
@pytest.mark.parametrize("place", ["self", "object"])
def test_a_name_that_json_escapes_is_refused_as_it_is(name, place):
    """Bytes that are those of a name are no key where JSON would have escaped them."""
    core = make((name, "other"))
    own, clause = (name, "other") if place == "self" else ("other", name)
    text = f'{{"self":{{"{own}":"a"}},"compatible":[{{"{clause}":"b"}}]}}'
    with pytest.raises(MatcherFault):
        core.query(text.encode())


@pytest.mark.parametrize("place", ["self", "object"])
@pytest.mark.parametrize("keys", [("a", "a"), ("a", "b", "a"), ("b", "a", "b")])
def test_a_key_that_comes_twice_is_refused_where_it_stands(place, keys):
    """The second of two equal keys is the fault, also where it follows the one before it."""
    core = make(("a", "b"))
    members = ",".join(f'"{key}":"x"' for key in keys)
    own, clauses = (members, '"a":"x"') if place == "self" else ('"a":"x"', members)
    text = f'{{"self":{{{own}}},"compatible":[{{{clauses}}}]}}'
    with pytest.raises(MatcherFault) as caught:
        core.query(text.encode())
    begin = text.index(members)
    assert caught.value.faults[0][0] == begin + members.rindex(f'"{keys[-1]}"')


def test_an_empty_text_or_none_joins_what_a_relation_leaves_undecided():
    """Of a clause that decides and a relation that does not, the verdict is the lower."""
    core = make(("a",), relation="equal", missing=UNDECIDED)
    for values in ({}, {"a": ""}, {"a": "x"}):
        core.add(line(values, []))
    query = core.query(line({"a": "x"}, [{"a": ""}]))
    assert [query.verdict_of(row) for row in range(3)] == [UNDECIDED, NO, NO]


def test_what_is_unlisted_joins_a_relation_that_decides():
    """Of a relation that decides and an attribute that is not listed, the verdict is the lower."""
    core = make(("a", "b"), relation="equal", unlisted=UNDECIDED)
    for values in ({}, {"a": "x"}, {"a": "y"}):
        core.add(line(values | {"b": "z"}, []))
    query = core.query(line({"a": "x", "b": "z"}, [{"b": "z"}]))
    assert [query.verdict_of(row) for row in range(3)] == [NO, UNDECIDED, NO]
    assert [query.count(verdict) for verdict in (NO, UNDECIDED, YES)] == [2, 1, 0]


def test_who_asks_at_once_gets_the_own_answer():
    """Threads that ask one fleet, some with mistakes, get their own verdicts and faults."""
    core = make(("a",))
    for number in range(8):
        core.add(line({"a": f"v{number}"}, []))

    def ask(number: int) -> bool:
        text = line({"a": "x"}, [{"a": f"v{number % 8}"}])
        if number % 3 == 0:
            with pytest.raises(MatcherFault) as caught:
                core.query(b" " * number + text + b"x")
            return caught.value.faults[0][0] == number + len(text)
        query = core.query(bytearray(text) if number % 3 == 1 else text)
        return list(query.rows(YES)) == [number % 8] and query.count(NO) == 7

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(2000)))
