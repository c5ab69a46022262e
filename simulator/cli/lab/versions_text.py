"""What ``scheme versions`` prints: for people, and as JSON."""

from collections.abc import Iterator

from simulator.lab.versions.numbering import Errors
from simulator.lab.versions.study import Candidate, Numbering, Study, Witness

__all__ = ["answer", "text"]

_SHOWN = 8
_WITNESSES = 3


def text(study: Study, name: str) -> str:
    """Write a study for people: the numbers, where they err, and what would be right."""
    return "\n\n".join("\n".join(part) for part in _parts(study, name) if part)


def _parts(study: Study, name: str) -> Iterator[list[str]]:
    count, true = len(study.history), sum(row.bit_count() for row in study.true)
    sets = len(set(study.history.sets()))
    pairs = _many(count * (count - 1), "ordered pair")
    releases = f"{_many(count, 'release')}, {_many(sets, 'set')}"
    yield [f"{name}: {releases}; {true} of the {pairs} can migrate"]
    labels = study.history.labels()
    head = ["release", *(one.name for one in study.numberings)]
    rows = ([_number(one) for one in numbering.numbers] for numbering in study.numberings)
    yield _table([head, *map(list, zip(labels, *rows, strict=True))])
    yield _counts(study)
    shown = [study.numberings[-3], study.best]
    if shown[0].errors == shown[1].errors:
        yield _errors(study, shown[0], labels, f"{shown[0].name}, {shown[1].name}")
    else:
        yield from (_errors(study, one, labels, one.name) for one in shown)
    yield _inexpressible(study, labels)
    yield _candidates(study, labels)


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _number(number: object) -> str:
    return "-" if number is None else str(number)


def _table(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _counts(study: Study) -> list[str]:
    rows = [["numbering", "majors", "islands", "wrongly allowed", "wrongly refused", ""]]
    for one in study.numberings:
        counts = [one.majors, one.islands, *one.errors.counts]
        rows.append([one.name, *map(str, counts), _proof(study, one)])
    islands = str(len(set(study.history.sets())))
    columns = range(len(study.true))
    longest = max(1 + sum(row >> at & 1 for row in study.true) for at in columns)
    features = max(len(one.features.members) for one in study.history.releases)
    rows += [
        ["set of features", "-", islands, "0", "0", f"at most {_many(features, 'feature')}"],
        ["list of releases", "-", islands, "0", "0", f"at most {_many(longest, 'name')}"],
    ]
    return _table(rows)


def _proof(study: Study, numbering: Numbering) -> str:
    """Say how good a numbering is known to be."""
    if numbering.least is None:
        missing = sum(number is None for number in numbering.numbers)
        return f"{_many(missing, 'release')} without a number not counted" if missing else ""
    if numbering.is_best:
        return "proven: none errs less"
    what = "cost" if study.settings.cost.wrongly_allowed is not None else "refused"
    reached = study.settings.cost.total(numbering.errors.counts)
    return f"not proven: {what} {reached}, and no numbering below {numbering.least}"


def _lost(study: Study, source: int, target: int) -> str:
    releases = study.history.releases
    lost = releases[source].features.members - releases[target].features.members
    return f" loses {', '.join(sorted(lost))}" if lost else ""


def _pairs(
    study: Study, errors: Errors, labels: tuple[str, ...], indent: str, most: int
) -> list[str]:
    lines = []
    for word, pairs in zip(("allowed", "refused"), errors.pairs(), strict=True):
        lines += [
            f"{indent}wrongly {word}: {labels[at]} → {labels[to]}{_lost(study, at, to)}"
            for at, to in pairs[:most]
        ]
        if len(pairs) > most:
            lines.append(f"{indent}… and {len(pairs) - most} more wrongly {word} (--json has all)")
    return lines


def _errors(study: Study, one: Numbering, labels: tuple[str, ...], name: str) -> list[str]:
    if one.errors.counts == (0, 0):
        return [f"{name}: all that is true"]
    return [f"{name}:", *_pairs(study, one.errors, labels, "  ", _SHOWN)]


def _inexpressible(study: Study, labels: tuple[str, ...]) -> list[str]:
    if study.is_expressible:
        return []
    if not study.witnesses:
        return ["no numbering that rises with each release says all that is true"]
    lines = ["no numbering says all that is true:"]
    for one in study.witnesses[:_WITNESSES]:
        works = " and ".join(
            f"{labels[source]} → {labels[target]}" for source, target in _ways(study, one)
        )
        ends = f"{labels[one.one]} and {labels[one.other]}"
        lines.append(
            f"  {works} work, {ends} exclude each other; in one major one moves to the other"
        )
    more = len(study.witnesses) - _WITNESSES
    return [*lines, f"  … and {more} more such pairs (--json has all)"] if more > 0 else lines


def _ways(study: Study, witness: Witness) -> Iterator[tuple[int, int]]:
    """Yield the two migrations that work with the release in between."""
    for other in (witness.one, witness.other):
        pair = witness.between, other
        yield pair if study.true[pair[0]] >> pair[1] & 1 else (other, witness.between)


def _candidates(study: Study, labels: tuple[str, ...]) -> list[str]:
    lines = []
    for one in study.candidates:
        wrongly, refused = one.errors.counts
        best = ", and no number for it errs less" if one.is_best else ""
        counts = f"{wrongly} wrongly allowed, {refused} wrongly refused"
        [base] = [found for found in study.numberings if found.name == study.base]
        taken = (at for at, number in enumerate(base.numbers) if number == one.number)
        holder = next((labels[at] for at in taken if at != one.release), "")
        shared = f" (the number of {holder})" if holder else ""
        lines.append(f"{labels[one.release]} as {one.number}{shared}: {counts}{best}")
        lines += _pairs(study, one.errors, labels, "  ", _SHOWN)
    return [f"the others numbered as {study.base}:", *lines] if lines else []


# ---- JSON


def answer(study: Study) -> dict[str, object]:
    """Return all of a study for JSON; releases are named by their places, from 0."""
    sets = study.history.sets()
    cost = study.settings.cost
    most = max(len(one.features.members) for one in study.history.releases)
    accepted = [
        [source for source, row in enumerate(study.true) if row >> at & 1]
        for at in range(len(sets))
    ]
    return {
        "releases": _releases(study),
        "pairs": len(sets) * (len(sets) - 1),
        "true": sum(map(len, accepted)),
        "islands": len(set(sets)),
        "expressible": study.is_expressible,
        "cost": {
            "wrongly_allowed": cost.wrongly_allowed,
            "wrongly_refused": cost.wrongly_refused,
        },
        "monotone": study.settings.is_monotone,
        "branch": str(study.settings.branch),
        "best": study.best.name,
        "numberings": [_numbering(study, one) for one in study.numberings],
        "witnesses": [
            {"works": [list(pair) for pair in _ways(study, one)], "excluded": [one.one, one.other]}
            for one in study.witnesses
        ],
        "base": study.base,
        "candidates": [_candidate(one) for one in study.candidates],
        "set": {"wrongly_allowed": 0, "wrongly_refused": 0, "features": most},
        "list": {"wrongly_allowed": 0, "wrongly_refused": 0, "accepts": accepted},
    }


def _releases(study: Study) -> list[dict[str, object]]:
    return [
        {
            "release": label,
            "line": one.line,
            "features": sorted(one.features.members),
            "follows": one.follows,
        }
        for label, one in zip(study.history.labels(), study.history.releases, strict=True)
    ]


def _wrong(errors: Errors) -> dict[str, object]:
    found = {}
    for word, pairs in zip(("allowed", "refused"), errors.pairs(), strict=True):
        found[f"wrongly_{word}"] = {"count": len(pairs), "pairs": [list(pair) for pair in pairs]}
    return dict(found)


def _numbering(study: Study, numbering: Numbering) -> dict[str, object]:
    return {
        "numbering": numbering.name,
        "numbers": [None if one is None else str(one) for one in numbering.numbers],
        "majors": numbering.majors,
        "islands": numbering.islands,
        **_wrong(numbering.errors),
        "cost": study.settings.cost.total(numbering.errors.counts),
        "least": numbering.least,
        "proven": numbering.is_best,
    }


def _candidate(candidate: Candidate) -> dict[str, object]:
    return {
        "release": candidate.release,
        "number": str(candidate.number),
        **_wrong(candidate.errors),
        "best": candidate.is_best,
    }
