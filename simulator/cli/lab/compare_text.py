"""A comparison of schemes, for people."""

from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType

from simulator.compat.scheme import Outcome
from simulator.compat.verdict import explain
from simulator.lab.compare.agreement import Agreement, Example
from simulator.lab.compare.comparison import Comparison
from simulator.lab.compare.measured import Measured
from simulator.lab.compare.projection import Projection

__all__ = ["comparison_text"]

_YES, _NO, _OPEN = Outcome.COMPATIBLE, Outcome.INCOMPATIBLE, Outcome.UNDECIDED
_VERBS = MappingProxyType({_YES: "allows", _NO: "refuses", _OPEN: "leaves undecided"})
_HALF_OPEN = ((_YES, _OPEN), (_NO, _OPEN), (_OPEN, _YES), (_OPEN, _NO))
_REASONS = 3


def comparison_text(found: Comparison, labels: Sequence[str], truth: int | None) -> str:
    """Write what was found; *truth* is the place of the scheme that is right, if there is one."""
    devices, classes = sum(found.projection.devices), len(found.projection)
    fleet = f"{devices} device{'s' * (devices != 1)} of {classes} class{'es' * (classes != 1)}"
    lines = [
        f"{fleet}: {found.pairs} ordered pairs of distinct devices",
        "(a device is no pair with itself, but with every other one of its class)",
        "",
        *_allowed(found, labels, truth),
        "",
        *_agreement(found, labels),
        *_disagreements(found, labels, truth),
        *(() if truth is None else _errors(found, labels, truth)),
        *_reasons(found, labels),
    ]
    return "\n".join(lines)


def _share(count: int, total: int) -> str:
    """Give a percentage that says 0 and 100 only where it is so."""
    if total == 0:
        return "-"
    text = f"{100 * count / total:.2f}%"
    if text == "100.00%" and count < total:
        return "99.99%"
    return "0.01%" if text == "0.00%" and count else text


def _table(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Write columns: the first one to the left, numbers to the right."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        first, *rest = zip(row, widths, strict=True)
        cells = [f"{first[0]:{first[1]}}", *(f"{text:>{width}}" for text, width in rest)]
        yield "  ".join(cells).rstrip()


def _allowed(found: Comparison, labels: Sequence[str], truth: int | None) -> Iterator[str]:
    rows: list[Sequence[object]] = [("scheme", "classes", "allowed", "", "undecided", "refused")]
    for at, (label, one) in enumerate(zip(labels, found.schemes, strict=True)):
        name = f"{label} (truth)" if at == truth else label
        pairs = one.pairs
        share = _share(pairs[_YES], found.pairs)
        rows.append((name, one.classes, pairs[_YES], share, pairs[_OPEN], pairs[_NO]))
        if one.cold is not None:
            cold, share = one.cold, _share(one.cold[_YES], found.pairs)
            rows.append(("  cold migration", "", cold[_YES], share, cold[_OPEN], cold[_NO]))
    yield from _table(rows)


def _agreement(found: Comparison, labels: Sequence[str]) -> Iterator[str]:
    places = range(len(labels))
    rows: list[Sequence[object]] = [("agreement", *labels)]
    for one in places:
        agreeing = [found.agreement(one, other).agreeing for other in places]
        rows.append((labels[one], *(_share(count, found.pairs) for count in agreeing)))
    yield from _table(rows)


def _disagreements(found: Comparison, labels: Sequence[str], truth: int | None) -> Iterator[str]:
    for one in found.agreements:
        # What the truth says otherwise is told as an error.
        if truth in (one.first, one.second):
            continue
        for verdicts in one.examples:
            said = f"{labels[one.first]} {_VERBS[verdicts[0]]} and {labels[one.second]} "
            yield ""
            yield f"{said}{_VERBS[verdicts[1]]} {_many(one.pairs[verdicts])}, such as"
            yield from _example(found.projection, one, one.examples[verdicts], labels)


def _many(pairs: int) -> str:
    return f"{pairs} pair{'s' * (pairs != 1)}"


def _example(
    projection: Projection, one: Agreement, example: Example, labels: Sequence[str]
) -> Iterator[str]:
    """Name two devices, and say why each scheme says what it does."""
    source, target = (
        projection.names[end] or f"a device of class {end}"
        for end in (example.source, example.target)
    )
    alike = example.source == example.target
    yield f"  {source} → {'another one like it' if alike else target}"
    for end in (one.first, one.second):
        verdict = explain(
            projection.schemes[end],
            projection.seen(end, example.source),
            projection.seen(end, example.target),
        )
        yield f"    {labels[end]}: {verdict.outcome}"
        for reason in verdict.reasons[:_REASONS]:
            yield f"      {reason}"
        if len(verdict.reasons) > _REASONS:
            yield f"      … and {len(verdict.reasons) - _REASONS} more reasons"


def _errors(found: Comparison, labels: Sequence[str], truth: int) -> Iterator[str]:
    for scheme in range(truth):
        one = found.agreement(scheme, truth)
        for words, key in (("allows", (_YES, _NO)), ("refuses", (_NO, _YES))):
            pairs = one.pairs.get(key, 0)
            yield ""
            yield f"{labels[scheme]} wrongly {words} {_many(pairs)}{', such as' * bool(pairs)}"
            if key in one.examples:
                yield from _example(found.projection, one, one.examples[key], labels)
        if is_open := sum(one.pairs.get(key, 0) for key in _HALF_OPEN):
            yield f"(undecided by one of {labels[scheme]} and the truth: {_many(is_open)})"


def _reasons(found: Comparison, labels: Sequence[str]) -> Iterator[str]:
    for label, one in zip(labels, found.schemes, strict=True):
        if one.groups:
            yield ""
            yield from _groups(label, one)


def _groups(label: str, one: Measured) -> Iterator[str]:
    head = (f"reasons of {label}", "limit", "refused", "undecided", "alone")
    rows: list[Sequence[object]] = [head]
    rows += [
        (f"  {g.attribute or 'objects'}", g.limit, g.refused, g.undecided, g.alone)
        for g in sorted(one.groups, key=lambda group: -group.refused - group.undecided)
    ]
    yield from _table(rows)
    if len(one.limits) > 1:
        said = ", ".join(f"{limit} {_many(pairs)}" for limit, pairs in one.limits.items())
        yield f"  limits: {said}"
    if not one.is_exact:
        yield "  (clauses that share variables are too many: each is counted when one fails)"
