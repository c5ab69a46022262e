"""The laws of the rule language, each by its name; docs/language.md is quoted above each class."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from property.strategies import (
    POOLS,
    clauses,
    descriptions,
    fleets,
    objects,
    scheme_yaml,
    schemes,
    single_templates,
    values,
)

from simulator.compat.clause_text import parse_clause
from simulator.compat.description import Description
from simulator.compat.judge import check_object, judge
from simulator.compat.listing import format_listing, parse_listing
from simulator.compat.loader import load_scheme
from simulator.compat.ndjson import parse_line, read_lines
from simulator.compat.rule import Object
from simulator.compat.scheme import Attribute, Direction, Outcome, Relation, Scheme
from simulator.compat.template import Binding, Scaled, Template, Variable, bounds, render, solve
from simulator.compat.verdict import explain
from simulator.values import KINDS, Value, Version, parse_value

kinds = st.sampled_from(sorted(KINDS))
versions = st.builds(Version, st.integers(0, 2), st.integers(0, 3), st.integers(0, 2))


def scheme_and(strategy):
    """Draw a scheme together with what *strategy* makes of it."""
    return schemes().flatmap(lambda scheme: st.tuples(st.just(scheme), strategy(scheme)))


def pairs(scheme):
    """Draw the two devices of a migration, which share objects."""
    return fleets(scheme, min_size=2).map(lambda fleet: tuple(fleet[:2]))


def with_objects(scheme):
    """Publish objects in *scheme*, whatever it said."""
    return replace(scheme, has_objects=True)


class TestRoundTrips:
    """Parsing is strict; printing gives back the spelling."""

    @given(kinds.flatmap(lambda kind: st.tuples(st.just(kind), st.sampled_from(POOLS[kind]))))
    def test_a_value_prints_as_it_was_written(self, kind_and_text):
        """A value that is parsed prints the text that was given."""
        kind, text = kind_and_text
        assert str(parse_value(kind, text)) == text

    @given(kinds.flatmap(lambda kind: st.tuples(st.just(kind), clauses(kind))))
    def test_a_clause_prints_what_parses_to_it(self, kind_and_clause):
        """A clause equals the clause that its text parses to, and prints the same text again."""
        kind, clause = kind_and_clause
        parsed, declared = parse_clause(str(clause), kind, {})
        assert parsed == clause
        assert str(parsed) == str(clause)
        assert declared == Object({"a": clause}).variables

    @given(scheme_and(objects))
    def test_an_object_prints_what_parses_to_it(self, scheme_and_object):
        """The clauses of an object, parsed in their order, give the object again."""
        scheme, one = scheme_and_object
        scope: Mapping[str, Variable] = {}
        parsed = {}
        for name, clause in one.clauses.items():
            parsed[name], scope = parse_clause(str(clause), scheme.kinds[name], scope)
        assert Object(parsed) == one
        assert hash(Object(parsed)) == hash(one)
        assert scope == one.variables

    @given(scheme_and(descriptions))
    def test_a_description_survives_its_line(self, scheme_and_description):
        """A description equals the one that its line of NDJSON parses to."""
        scheme, description = scheme_and_description
        parsed = parse_line(description.to_line(), scheme)
        assert parsed == description
        assert hash(parsed) == hash(description)
        assert parsed.to_line() == description.to_line()

    @given(scheme_and(fleets), st.sampled_from(("\n", "\r\n", "\n\n", "\n \t\r\n")))
    def test_a_fleet_survives_its_lines(self, scheme_and_fleet, end):
        """Descriptions survive lines of NDJSON, whatever stands between them."""
        scheme, fleet = scheme_and_fleet
        text = "".join(description.to_line() + end for description in fleet)
        assert read_lines("f", text, scheme) == fleet

    @given(scheme_and(descriptions))
    def test_a_description_survives_its_listing(self, scheme_and_description):
        """A description equals the one that its listing parses to, save name and empty list."""
        scheme, description = scheme_and_description
        assume(description.values)
        text = format_listing(description)
        listing = parse_listing("f", text, scheme, description.name)
        assert str(listing) == text
        assert listing.description == replace(description, objects=description.objects or None)

    @given(schemes())
    def test_a_scheme_survives_its_yaml(self, scheme):
        """A scheme equals the one that its YAML text loads to."""
        assert load_scheme("f", scheme_yaml(scheme).encode()) == scheme


class TestValues:
    """Two values are equal when they mean the same."""

    @given(kinds.flatmap(lambda kind: st.tuples(values(kind), values(kind))))
    def test_equal_values_hash_alike(self, two):
        """Values that are equal have one hash."""
        one, other = two
        assert (one != other) or hash(one) == hash(other)

    @given(versions)
    def test_a_missing_bugfix_is_zero(self, version):
        """A version without its bugfix equals the one with bugfix 0."""
        short = Version.parse(f"{version.major}.{version.minor}")
        assert short == replace(version, bugfix=0, text="")

    @given(versions, versions)
    def test_versions_are_ordered_by_their_numbers(self, one, other):
        """Versions compare as their three numbers do."""
        numbers = [(v.major, v.minor, v.bugfix) for v in (one, other)]
        assert (one < other) == (numbers[0] < numbers[1])
        assert (one == other) == (numbers[0] == numbers[1])

    @given(st.sampled_from(("int", "version", "ratio")), st.data())
    def test_order_is_total(self, kind, data):
        """Of two values of a kind with an order just one of less, equal and greater holds."""
        one, other = data.draw(values(kind)), data.draw(values(kind))
        assert [one < other, one == other, one > other].count(True) == 1

    @given(st.data(), st.permutations("ABCDE"), st.sampled_from(("+", ",", ", ")))
    def test_the_spelling_of_a_set_does_not_matter(self, data, members, separator):
        """A set equals another with the same members in any order and with any separator."""
        count = data.draw(st.integers(0, 5))
        written = parse_value("set", separator.join(members[:count]))
        assert written == parse_value("set", "+".join(sorted(members[:count])))


class TestVersionRule:
    """Same major, and the target's minor is not below the source's (20200717101258.65555978)."""

    SCHEME = Scheme("v", {"v": Attribute("v", "version", Relation.VERSION)})

    def _can_move(self, old: Version, new: Version) -> bool:
        source, target = Description({"v": old}), Description({"v": new})
        return judge(self.SCHEME, source, target) is Outcome.COMPATIBLE

    @given(versions, versions)
    def test_the_minor_may_grow_and_the_major_may_not_change(self, old, new):
        """A version moves to the same major with the same or a higher minor."""
        assert self._can_move(old, new) == (old.major == new.major and old.minor <= new.minor)

    @given(versions, versions, st.integers(0, 9), st.integers(0, 9))
    def test_the_bugfix_plays_no_part(self, old, new, first, second):
        """Two versions move or not whatever their bugfixes are."""
        changed = self._can_move(replace(old, bugfix=first), replace(new, bugfix=second))
        assert changed == self._can_move(old, new)

    @given(versions, versions, versions)
    def test_moves_follow_each_other(self, one, two, three):
        """A version moves to itself, and two moves in a row are one move."""
        assert self._can_move(one, one)
        if self._can_move(one, two) and self._can_move(two, three):
            assert self._can_move(one, three)


def assignments(variables: Mapping[str, Variable], given_: Binding) -> Iterator[Binding]:
    """All choices of *variables* that agree with *given_*, by writing them all down."""
    choices = []
    for variable in variables.values():
        numbers = {n for low, high in variable.ranges for n in range(low, high + 1)}
        fixed = {given_[variable.name]} if variable.name in given_ else None
        choices.append(fixed or numbers | set(variable.strings))
    for values_ in product(*choices):
        yield dict(zip(variables, values_, strict=True))


class TestTemplates:
    """A value that some choice of the variables gives is accepted."""

    @given(kinds, st.booleans(), st.data())
    def test_solving_equals_trying_all_choices(self, kind, floor, data):
        """Solving finds just the choices under which the template renders to the value."""
        template = data.draw(single_templates(kind))
        declared = Object({"a": template}).variables
        value = data.draw(values(kind) | _rendered(template, floor=floor))
        chosen = data.draw(st.sampled_from(list(assignments(declared, {}))))
        binding = {name: chosen[name] for name in sorted(declared)[: data.draw(st.integers(0, 1))]}
        solved = solve(template, value, declared, binding, floor_division=floor)
        wanted = [
            choice
            for choice in assignments(declared, binding)
            if render(template, choice, floor_division=floor) == value
        ]
        found = {tuple(sorted(choice.items())) for choice in solved}
        assert found == {tuple(sorted(choice.items())) for choice in wanted}

    @given(st.sampled_from(("int", "ratio")), st.booleans(), st.data())
    def test_bounds_hold_just_the_numbers_that_give_the_value(self, kind, floor, data):
        """A number lies within the bounds when and only when it renders to the value."""
        template = data.draw(single_templates(kind))
        value, number = data.draw(values(kind)), data.draw(st.integers(-30, 30))
        ends = bounds(template, value, floor_division=floor)
        within = ends is not None and ends[0] <= number <= ends[1]
        rendered = render(template, {template.part.name: number}, floor_division=floor)
        assert within == (rendered == value)

    @given(scheme_and(lambda s: st.tuples(objects(s), descriptions(s))))
    def test_an_object_asks_for_one_choice(self, scheme_and_both):
        """The templates of an object accept when one choice gives all values together."""
        scheme, (one, other) = scheme_and_both
        scheme = replace(scheme, unlisted=Outcome.COMPATIBLE)
        templates = {
            name: clause
            for name, clause in one.clauses.items()
            if isinstance(clause, Template | Scaled)
            and name in other.values
            and scheme.attributes[name].relation is not Relation.ANY
        }
        floor = scheme.floor_division
        wanted = any(
            all(
                render(template, choice, floor_division=floor) == other.values[name]
                for name, template in templates.items()
            )
            for choice in assignments(one.variables, {})
        )
        check = check_object(scheme, one, other, to_publisher=True)
        met = [f.outcome for f in check.findings if f.attribute in templates]
        assert (min(met, default=Outcome.COMPATIBLE) is Outcome.COMPATIBLE) == wanted

    @given(scheme_and(lambda s: st.tuples(objects(s), descriptions(s))))
    def test_the_binding_gives_the_values_that_are_met(self, scheme_and_both):
        """Each template that counts as met renders to the value under the choice that is told."""
        scheme, (one, other) = scheme_and_both
        check = check_object(scheme, one, other, to_publisher=True)
        for finding in check.findings:
            if isinstance(finding.clause, Template | Scaled) and finding.value is not None:
                floor = scheme.floor_division
                met = finding.outcome is Outcome.COMPATIBLE
                if met:
                    rendered = render(finding.clause, check.binding, floor_division=floor)
                    assert rendered == finding.value


def _rendered(template: Template | Scaled, *, floor: bool) -> st.SearchStrategy[Value]:
    """Values that *template* can give."""
    declared = Object({"a": template}).variables
    found = [render(template, c, floor_division=floor) for c in assignments(declared, {})]
    there = [value for value in found if value is not None]
    return st.sampled_from(there) if there else st.nothing()


class TestJudge:
    """The verdict is the AND of all relations and of the object questions."""

    @given(scheme_and(pairs), st.data())
    def test_adding_a_clause_only_narrows(self, scheme_and_pair, data):
        """An object without its last clause accepts all that it accepts with it."""
        scheme, (source, target) = scheme_and_pair
        scheme = replace(with_objects(scheme), unlisted=Outcome.COMPATIBLE)
        one = data.draw(objects(scheme))
        fewer = Object(dict(list(one.clauses.items())[:-1]))
        narrow, wide = (
            judge(scheme, replace(source, objects=(o,)), replace(target, objects=(o,)))
            for o in (one, fewer)
        )
        assert narrow <= wide

    @given(scheme_and(pairs), st.data())
    def test_adding_an_object_only_widens(self, scheme_and_pair, data):
        """A list with one more object accepts all that it accepted before."""
        scheme, (source, target) = scheme_and_pair
        scheme, one = with_objects(scheme), data.draw(objects(scheme))
        few = [replace(device, objects=device.objects or ()) for device in (source, target)]
        more = [replace(device, objects=(*device.objects, one)) for device in few]
        assert judge(scheme, *few) <= judge(scheme, *more)

    @given(scheme_and(pairs))
    def test_the_order_of_objects_does_not_matter(self, scheme_and_pair):
        """A list read backwards accepts the same devices."""
        scheme, (source, target) = scheme_and_pair
        scheme = with_objects(scheme)
        turned = [
            replace(d, objects=None if d.objects is None else d.objects[::-1])
            for d in (source, target)
        ]
        assert judge(scheme, source, target) is judge(scheme, *turned)

    @given(scheme_and(pairs))
    def test_both_is_the_and_of_the_two_directions(self, scheme_and_pair):
        """What both sides decide is the lower of what each side decides."""
        scheme, (source, target) = scheme_and_pair
        scheme = with_objects(scheme)
        by = {way: judge(scheme.accepted(way), source, target) for way in Direction}
        assert by[Direction.BOTH] is min(by[Direction.TARGET], by[Direction.SOURCE])

    @given(scheme_and(pairs))
    def test_the_directions_mirror_each_other(self, scheme_and_pair):
        """Without relations and versions, to be accepted by the source is the way back."""
        scheme, (source, target) = scheme_and_pair
        attributes = {name: Attribute(name, kind) for name, kind in scheme.kinds.items()}
        scheme = replace(with_objects(scheme), attributes=attributes)
        assume("version(" not in source.to_line() + target.to_line())
        there = judge(scheme.accepted(Direction.TARGET), source, target)
        assert there is judge(scheme.accepted(Direction.SOURCE), target, source)

    @given(scheme_and(pairs))
    def test_names_are_not_compared(self, scheme_and_pair):
        """Devices without their names get the same verdict."""
        scheme, pair = scheme_and_pair
        assert judge(scheme, *pair) is judge(scheme, *(replace(d, name=None) for d in pair))

    @given(scheme_and(pairs))
    def test_spelling_is_not_compared(self, scheme_and_pair):
        """Values that are spelled in another way, but equal, get the same verdict."""
        scheme, (source, target) = scheme_and_pair
        respelled = {
            name: parse_value(value.kind, _respell(value)) for name, value in source.values.items()
        }
        assert respelled == source.values
        assert judge(scheme, source, target) is judge(
            scheme, replace(source, values=respelled), target
        )

    @given(scheme_and(descriptions))
    def test_relations_without_another_attribute_are_reflexive(self, scheme_and_description):
        """A device can migrate to its equal where relations are all and nothing is required."""
        scheme, device = scheme_and_description
        same = {name: replace(a, of=None, required=False) for name, a in scheme.attributes.items()}
        assume(all(a.relation is not Relation.ONE_OF for a in same.values()))
        scheme = replace(scheme, attributes=same, has_objects=False)
        assert judge(scheme, device, device) is Outcome.COMPATIBLE


def _respell(value: Value) -> str:
    """Write an equal value with other characters where its kind has any."""
    match value.kind:
        case "set":
            return ",".join(sorted(value.members, reverse=True))
        case "version":
            return f"{value.major}.{value.minor}.{value.bugfix}"
        case "pci_id":
            vendor = "" if value.vendor is None else f"{value.vendor:04X}-"
            return f"{vendor}{value.device:04X}"
        case "ratio":
            return f"{2 * value.value.numerator}/{2 * value.value.denominator}"
        case _:
            return str(value)


class TestThreeValues:
    """AND gives the lowest and OR the highest of incompatible < undecided < compatible."""

    @staticmethod
    def _decided(scheme: Scheme, outcome: Outcome) -> Scheme:
        """Put *outcome* in the place of each undecided setting."""

        def put(setting: Outcome | None) -> Outcome | None:
            return outcome if setting is Outcome.UNDECIDED else setting

        attributes = {n: replace(a, missing=put(a.missing)) for n, a in scheme.attributes.items()}
        return replace(
            scheme,
            attributes=attributes,
            missing=put(scheme.missing),
            unlisted=put(scheme.unlisted),
        )

    @given(scheme_and(pairs))
    def test_a_decision_refines_the_verdict(self, scheme_and_pair):
        """A verdict that is decided stays when each undecided setting becomes a definite one."""
        scheme, pair = scheme_and_pair
        before = judge(scheme, *pair)
        low = judge(self._decided(scheme, Outcome.INCOMPATIBLE), *pair)
        high = judge(self._decided(scheme, Outcome.COMPATIBLE), *pair)
        assert low <= before <= high
        assert Outcome.UNDECIDED not in (low, high)
        assert before is Outcome.UNDECIDED or low is before is high

    @given(scheme_and(pairs), st.sampled_from(Outcome), st.sampled_from(Outcome))
    def test_settings_are_monotone(self, scheme_and_pair, one, other):
        """A more generous setting of what is missing never gives a stricter verdict."""
        scheme, pair = scheme_and_pair
        low, high = (judge(replace(scheme, missing=m), *pair) for m in sorted((one, other)))
        assert low <= high


class TestExplanations:
    """A verdict gives a reason per clause, and the change that would turn it."""

    @given(scheme_and(pairs))
    def test_a_verdict_has_reasons_when_it_is_not_compatible(self, scheme_and_pair):
        """The outcome is the judge's, and reasons stand there just when it is not compatible."""
        scheme, pair = scheme_and_pair
        verdict = explain(scheme, *pair)
        assert verdict.outcome is judge(scheme, *pair)
        assert bool(verdict.reasons) == (verdict.outcome is not Outcome.COMPATIBLE)
        assert all(reason.outcome is not Outcome.COMPATIBLE for reason in verdict.reasons)

    @given(scheme_and(pairs))
    def test_the_changes_of_a_near_miss_make_it_compatible(self, scheme_and_pair):
        """Applying the changes of a near miss, and publishing the result, gives compatible."""
        scheme, (source, target) = scheme_and_pair
        verdict = explain(scheme, source, target)
        sides = {Direction.SOURCE: dict(source.values), Direction.TARGET: dict(target.values)}
        for change in verdict.near_miss:
            assert sides[change.side].get(change.attribute) == change.current
            assert change.needed != change.current
            sides[change.side].pop(change.attribute, None)
            if change.needed is not None:
                sides[change.side][change.attribute] = change.needed
        moved = (
            replace(source, values=sides[Direction.SOURCE]),
            replace(target, values=sides[Direction.TARGET]),
        )
        # What is proposed can be published: the lines parse to it.
        assert [parse_line(device.to_line(), scheme) for device in moved] == list(moved)
        nothing_found = not verdict.near_miss and verdict.outcome is not Outcome.COMPATIBLE
        assert nothing_found or judge(scheme, *moved) is Outcome.COMPATIBLE

    @given(scheme_and(pairs))
    def test_a_verdict_is_json(self, scheme_and_pair):
        """A verdict gives its reasons, matches and changes one by one."""
        scheme, pair = scheme_and_pair
        verdict = explain(scheme, *pair)
        data = verdict.to_json()
        assert data["verdict"] == str(verdict.outcome)
        for name in ("reasons", "matches", "near_miss"):
            assert len(data[name]) == len(getattr(verdict, name))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_pool_of_each_kind_collides(kind):
    """Each kind but int and string has two spellings of one value in its pool."""
    parsed = [parse_value(kind, text) for text in POOLS[kind]]
    assert (len(set(parsed)) < len(parsed)) == (kind not in ("int", "string"))
