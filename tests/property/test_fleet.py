"""A fleet and its slow twin: whatever is done to them, rows and answers are the same."""

import json

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from property.strategies import core, descriptions, schemes

from simulator.compat.scheme import Direction, Outcome
from simulator.errors import InputError
from simulator.fleet.fleet import Fleet
from simulator.fleet.plain import PlainFleet

BAD_LINES = ("{", "nonsense", '{"self":{"nobody":1}}', '{"self":{},"self":{}}', '{"name":1}', "\0")


class FleetMachine(RuleBasedStateMachine):
    """
    Both fleets live through the same changes.

    Law: a row is the stable index of a device; nothing that happens to others changes it.
    """

    @initialize(data=st.data(), keep_names=st.booleans())
    def begin(self, data, keep_names):
        """Draw a scheme and a few descriptions, which then come again and again."""
        self.scheme = data.draw(schemes())
        self.pool = data.draw(st.lists(descriptions(self.scheme), min_size=1, max_size=4))
        self.keep_names = keep_names
        self.fleet = Fleet(self.scheme, keep_names=keep_names)
        self.plain = PlainFleet(self.scheme)
        self.rows = {}
        self.match = None
        self.source = None

    def one(self, data):
        """Draw a description of the pool."""
        return data.draw(st.sampled_from(self.pool))

    def row(self, data):
        """Draw a row: often one that is in use, sometimes one that is free or never was."""
        top = max(self.rows, default=0) + 2
        return data.draw(st.sampled_from([*self.rows, *self.rows, top, top + 2**32, -1]))

    def changed(self):
        """Check that answers from before a change are no answers any more."""
        match, self.match = self.match, None
        if match is None:
            return
        questions = (
            lambda: match.count,
            lambda: match.undecided,
            match.rows,
            match.bitmap,
            lambda: match.first(1),
            lambda: match.outcome(0),
            lambda: list(match),
        )
        for question in questions:
            with pytest.raises(RuntimeError, match="ask again"):
                question()

    def unchanged(self):
        """Check that an answer from before a refused change is still one."""
        if self.match is not None:
            assert self.match.count >= 0

    @rule(data=st.data())
    def add(self, data):
        """A device is added, and both give it the same row."""
        device = self.one(data)
        row = self.fleet.add(device)
        assert row == self.plain.add(device)
        assert row not in self.rows
        self.rows[row] = device
        self.changed()

    @rule(data=st.data())
    def replace(self, data):
        """A device is replaced, or both say that there is none."""
        row, device = self.row(data), self.one(data)
        if row in self.rows:
            self.fleet.replace(row, device)
            self.plain.replace(row, device)
            self.rows[row] = device
            self.changed()
            return
        for fleet in (self.fleet, self.plain):
            with pytest.raises(IndexError):
                fleet.replace(row, device)
        self.unchanged()

    @rule(data=st.data())
    def remove(self, data):
        """A device is removed, or both say that there is none."""
        row = self.row(data)
        if row in self.rows:
            self.fleet.remove(row)
            self.plain.remove(row)
            del self.rows[row]
            self.changed()
            return
        for fleet in (self.fleet, self.plain):
            with pytest.raises(IndexError):
                fleet.remove(row)
        self.unchanged()

    @rule(data=st.data(), cut=st.integers(1, 40))
    def extend(self, data, cut):
        """Many devices are added at once, however their text is cut into pieces."""
        devices = data.draw(st.lists(st.sampled_from(self.pool), min_size=1, max_size=4))
        text = "\n \n".join(device.to_line() for device in devices).encode()
        pieces = [text[start : start + cut] for start in range(0, len(text), cut)]
        rows = self.fleet.extend("f", pieces)
        assert rows == self.plain.extend("f", [text])
        assert len(rows) == len(devices)
        self.rows |= dict(zip(rows, devices, strict=True))
        self.changed()

    @rule(data=st.data())
    def extend_by_arrow(self, data):
        """Many devices come in as the Arrow data of another fleet."""
        devices = data.draw(st.lists(st.sampled_from(self.pool), max_size=4))
        other = self.other(devices)
        rows = self.fleet.extend_arrow(other)
        assert list(rows) == list(range(rows.start, rows.start + len(devices)))
        if devices:
            text = "\n".join(device.to_line() for device in devices).encode()
            assert rows == self.plain.extend("f", [text])
        self.rows |= dict(zip(rows, devices, strict=True))
        self.changed()

    @rule(data=st.data(), by_arrow=st.booleans())
    def replace_many(self, data, by_arrow):
        """Many devices are replaced in one call, the last of those for one row being the one."""
        rows = (
            data.draw(st.lists(st.sampled_from(sorted(self.rows)), max_size=5)) if self.rows else []
        )
        devices = [self.one(data) for _ in rows]
        if by_arrow:
            self.fleet.replace_arrow(rows, self.other(devices))
        else:
            text = "".join(f"{device.to_line()}\n" for device in devices).encode()
            self.fleet.replace_lines(rows, text)
        for row, device in zip(rows, devices, strict=True):
            self.plain.replace(row, device)
            self.rows[row] = device
        self.changed()

    @rule(data=st.data())
    def remove_many(self, data):
        """Many devices are removed in one call, or none when one is not there or twice."""
        rows = data.draw(st.lists(st.builds(self.row, st.just(data)), max_size=3))
        if len(set(rows)) < len(rows) or not set(rows) <= set(self.rows):
            with pytest.raises(IndexError):
                self.fleet.remove_many(rows)
            self.unchanged()
            return
        self.fleet.remove_many(rows)
        for row in rows:
            self.plain.remove(row)
            del self.rows[row]
        self.changed()

    @rule()
    def save_and_load(self):
        """A fleet that was saved goes on as if it had not been."""
        saved = b"".join(self.fleet.saved())
        before = self.fleet.layout, self.fleet.distinct_values(), self.fleet.size[:4]
        self.fleet = Fleet.load(saved, self.scheme, keep_names=self.keep_names)
        assert before == (self.fleet.layout, self.fleet.distinct_values(), self.fleet.size[:4])
        assert b"".join(self.fleet.saved()) == saved
        # Answers of before are those of the fleet that was.
        self.match = self.source = None

    def other(self, devices):
        """Make a fleet of devices alone."""
        fleet = Fleet(self.scheme)
        for device in devices:
            fleet.add(device)
        return fleet

    @rule(data=st.data(), bad=st.sampled_from(BAD_LINES), number=st.integers(0, 3))
    def extend_with_a_mistake(self, data, bad, number):
        """One bad line, and nothing is added; both point at the same line."""
        devices = data.draw(st.lists(st.sampled_from(self.pool), max_size=3))
        lines = [device.to_line() for device in devices]
        lines.insert(number, bad)
        found = []
        for fleet in (self.fleet, self.plain):
            with pytest.raises(InputError) as caught:
                fleet.extend("f", ["\n".join(lines).encode()])
            found.append([(mistake.file, mistake.line) for mistake in caught.value.mistakes])
        assert found[0] == found[1]
        assert found[0][0] == ("f", min(number, len(devices)) + 1)
        self.unchanged()

    @rule(layout=st.sampled_from(("auto", "classes", "flat")))
    def lay_out(self, layout):
        """How devices are kept is seen by nobody, except that answers of before are none."""
        before = self.fleet.layout
        self.fleet.lay_out(layout)
        assert self.fleet.layout == (before if layout == "auto" else layout)
        if self.fleet.layout != before:
            self.changed()

    @precondition(lambda self: self.source is not None)
    @rule()
    def ask_again(self):
        """A question put again answers as one that is new, whatever happened in between."""
        self.asked.again()
        said = self.plain.match(*self.source)
        assert list(self.asked) == list(said)
        assert list(self.asked.rows(Outcome.UNDECIDED)) == said.rows(Outcome.UNDECIDED)

    @rule(data=st.data(), accepted_by=st.sampled_from((None, *Direction)))
    def ask(self, data, accepted_by):
        """Both name the same targets."""
        source = self.one(data)
        self.match = self.asked = self.fleet.match(source, accepted_by)
        self.source = (source, accepted_by)
        said = self.plain.match(source, accepted_by)
        assert (self.match.count, self.match.undecided) == (said.count, said.undecided)
        assert list(self.match) == list(said)
        for outcome in Outcome:
            assert list(self.match.rows(outcome)) == said.rows(outcome)
            assert self.match.first(2, outcome) == said.first(2, outcome)
            for row in said.rows(outcome):
                assert self.match.outcome(row) is outcome
        for row in range(max(self.rows, default=0) + 3):
            if row not in self.rows:
                with pytest.raises(IndexError):
                    self.match.outcome(row)

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), accepted_by=st.sampled_from((None, *Direction)))
    def explain(self, data, accepted_by):
        """Both explain a row in the same words."""
        source, row = self.one(data), data.draw(st.sampled_from(sorted(self.rows)))
        said = self.fleet.explain(source, row, accepted_by)
        assert said == self.plain.explain(source, row, accepted_by)
        assert said.outcome is self.fleet.match(source, accepted_by).outcome(row)

    @rule(cut=st.sampled_from((1, 7, 10**6)))
    def read_back(self, cut):
        """What the fleet writes makes a fleet of the same devices, in the same order."""
        text = b"".join(self.fleet.lines())
        again = PlainFleet(self.scheme)
        if text:
            again.extend("f", [text[start : start + cut] for start in range(0, len(text), cut)])
        assert [self.seen(again[row]) for row in range(len(again))] == [
            self.seen(device) for _, device in sorted(self.rows.items())
        ]

    def seen(self, device):
        """What the fleet keeps of a device."""
        return device.values, device.objects, device.name if self.keep_names else None

    @invariant()
    def same_rows(self):
        """Rows in use hold what was put there, others nothing; the sizes say how many."""
        if not hasattr(self, "rows"):
            return
        assert len(self.fleet) == len(self.plain) == len(self.rows)
        size = self.fleet.size
        assert size.n_devices == len(self.rows)
        # A class is its values, in any order, and its list of objects as it is written.
        lines = [device.to_json() for device in self.rows.values()]
        keys = [(sorted(line["self"].items()), line.get("compatible")) for line in lines]
        different = len({json.dumps(key) for key in keys})
        assert size.n_classes == (len(keys) if self.fleet.layout == "flat" else different)
        for row in range(max(self.rows, default=0) + 3):
            if row in self.rows:
                assert self.seen(self.fleet[row]) == self.seen(self.rows[row])
                assert self.plain[row] == self.rows[row]
                assert self.fleet.name(row) == ((self.keep_names and self.rows[row].name) or "")
                continue
            for read in (self.fleet.__getitem__, self.fleet.name, self.plain.__getitem__):
                with pytest.raises(IndexError):
                    read(row)


TestFleetMachine = FleetMachine.TestCase
# One example is a whole life of two fleets.
TestFleetMachine.settings = settings(core, max_examples=core.max_examples // 6)
