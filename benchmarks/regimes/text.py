"""Fleets and sources as lines of NDJSON."""

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np

from benchmarks.regimes.attributes import ATTRIBUTES, STEPS, Array, Columns, Mask
from benchmarks.regimes.data import Table
from benchmarks.regimes.rules import Rules

_BLOCK = 65_536
_GROUPS = (
    ("device_api", "type"),
    ("parent", "aggregator"),
    ("pv_mode", "location"),
    ("version",),
    ("framebuffer",),
    ("driver", "misc"),
    ("flags",),
    ("cost",),
)
"""Members that are written together: one lookup for all combinations of their codes."""


class _Pieces:
    """The members of a group, for every combination of codes."""

    def __init__(self, names: tuple[str, ...], start: str, stop: str) -> None:
        self.names = names
        texts = [""]
        for name in names:
            members = ATTRIBUTES[name].members
            texts = [f"{text},{member}" if text else member for text in texts for member in members]
        self.texts = [f"{start}{text}{stop}".encode() for text in texts]

    def of(self, columns: Columns) -> Iterator[bytes]:
        """Return the piece of each device."""
        codes = np.zeros(len(columns["type"]), np.intp)
        for name in self.names:
            codes = codes * ATTRIBUTES[name].n_codes + columns[name]
        return map(self.texts.__getitem__, codes.tolist())


def _names(rows: range) -> Iterator[bytes]:
    """Begin the line of a device: host, parent and a UUID of its own."""
    form = b'{"name":"host%07d/0000:00:02.0/%08x-0000-4000-8000-%012x",'
    return (form % (row >> 4, row * 0x9E3779B1 & 0xFFFFFFFF, row) for row in rows)


def own_values(columns: Columns) -> list[bytes]:
    """Spell the member ``"self":{…}`` of each description."""
    last = len(_GROUPS) - 1
    groups = [
        _Pieces(names, '"self":{' if at == 0 else ",", "}" if at == last else "")
        for at, names in enumerate(_GROUPS)
    ]
    return list(map(b"".join, zip(*(group.of(columns) for group in groups), strict=True)))


def device_lines(table: Table, lists: Sequence[bytes] = ()) -> Iterator[bytes]:
    """
    Write a fleet.

    Args:
        table: The devices.
        lists: The lists of objects; a device of class *c*, or of row *c*, has list *c* modulo
            their number. None: no device has one.

    Yields:
        Blocks of whole lines.
    """
    ends = [b"," + one + b"}\n" for one in lists] or [b"}\n"]
    by_class = None if table.classes is None else own_values(table.classes)
    if by_class is not None:
        by_class = [text + ends[at % len(ends)] for at, text in enumerate(by_class)]
    for start in range(0, table.n_rows, _BLOCK):
        rows = range(start, min(start + _BLOCK, table.n_rows))
        if by_class is not None:
            numbers = table.class_of[rows.start : rows.stop].tolist()
            parts = zip(_names(rows), map(by_class.__getitem__, numbers), strict=True)
        else:
            columns = {name: codes[rows.start : rows.stop] for name, codes in table.columns.items()}
            tails = (ends[row % len(ends)] for row in rows)
            parts = zip(_names(rows), own_values(columns), tails, strict=True)
        yield b"".join(chain.from_iterable(parts))


def _one_of(name: str, codes: Sequence[int]) -> str:
    texts = ATTRIBUTES[name].texts
    return texts[codes[0]] if len(codes) == 1 else f"one_of({','.join(texts[c] for c in codes)})"


def _template(rules: Rules, rule: int) -> list[dict[str, str]]:
    """Say type and aggregator together: by a variable, or by one object a type."""
    total = int(rules.totals[rule])
    if total:
        family = int(rules.own["type"][rule]) // STEPS
        scale = "" if total == 8 else f"*{total // 8}" if total > 8 else f"/{8 // total}"
        kind = f"i915-GVTg_V{family}_{{v:int:1,2,4,8}}"
        return [{"type": kind, "aggregator": f"{{v}}{scale}"}]
    aggregators: dict[int, list[int]] = {}
    for kind, aggregator in rules.pairs_of(rule):
        aggregators.setdefault(kind, []).append(aggregator)
    return [
        {"type": _one_of("type", [kind]), "aggregator": _one_of("aggregator", found)}
        for kind, found in aggregators.items()
    ]


def _sets(name: str, masks: Mask) -> list[str]:
    """Say which codes are accepted, a rule a row; nothing where all are."""
    numbers, codes = np.nonzero(masks)
    cuts = np.searchsorted(numbers, np.arange(1, len(masks)))
    found = np.split(codes, cuts)
    return ["" if len(c) == masks.shape[1] else _one_of(name, c.tolist()) for c in found]


def _ranges(name: str, limits: Array) -> list[str]:
    texts, last = ATTRIBUTES[name].texts, ATTRIBUTES[name].n_codes - 1
    return [
        "" if (low, high) == (0, last) else f"range({texts[low]},{texts[high]})"
        for low, high in limits.tolist()
    ]


def _supersets(name: str, flags: Array) -> list[str]:
    texts = ATTRIBUTES[name].texts
    return [f"superset({texts[mask]})" if mask else "" for mask in flags.tolist()]


def _unpacked(words: Array, n_codes: int) -> Mask:
    return (words[:, None].astype(np.uint64) >> np.arange(n_codes, dtype=np.uint64)) & 1 == 1


def _clauses(rules: Rules) -> dict[str, list[str]]:
    """Say each clause of each rule; nothing where it accepts everything."""
    return {
        "device_api": _sets("device_api", _unpacked(rules.apis, 6)),
        "type": _sets("type", rules.types),
        "parent": _sets("parent", _unpacked(rules.parents, 64)),
        "aggregator": _ranges("aggregator", rules.aggregator),
        "pv_mode": _supersets("pv_mode", rules.pv_mode),
        "version": _ranges("version", rules.version),
        "framebuffer": _ranges("framebuffer", rules.framebuffer),
        "driver": _sets("driver", rules.drivers),
        "flags": _supersets("flags", rules.flags),
        "location": _ranges("location", rules.location),
        "cost": _ranges("cost", rules.cost),
        "misc": _sets("misc", _unpacked(rules.misc, 16)),
    }


def lists_of(rules: Rules) -> list[bytes]:
    """Spell the member ``"compatible":[…]`` of each rule; what accepts everything is left out."""
    clauses = _clauses(rules)
    is_template = rules.has_pairs
    found = []
    for rule, texts in enumerate(zip(*clauses.values(), strict=True)):
        said = {name: text for name, text in zip(clauses, texts, strict=True) if text}
        variants = _template(rules, rule) if is_template[rule] else [{}]
        objects = [
            ",".join([f'"{name}":"{text}"' for name, text in (said | variant).items()])
            for variant in variants
        ]
        found.append(f'"compatible":[{",".join([f"{{{one}}}" for one in objects])}]'.encode())
    return found


def source_lines(rules: Rules) -> list[bytes]:
    """Spell each rule as the line of a source that publishes it."""
    numbered = enumerate(zip(own_values(rules.own), lists_of(rules), strict=True))
    return [b'{"name":"source%d",%b,%b}' % (rule, own, one) for rule, (own, one) in numbered]
