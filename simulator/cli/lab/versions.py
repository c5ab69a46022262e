"""Version numbers for a history of feature sets: ``scheme versions``."""

import re
import sys

import click

from simulator.cli.inputs import complete_file, complete_path, one_stdin, read, shown_name
from simulator.cli.lab.versions_text import answer, text
from simulator.cli.options import json_option
from simulator.cli.output import print_json, progress
from simulator.documents import decode
from simulator.errors import TextError
from simulator.lab.versions.history import History, parse_history, parse_numbers
from simulator.lab.versions.numbering import Branch, derived
from simulator.lab.versions.optimum import Cost
from simulator.lab.versions.study import STEPS, Settings, study
from simulator.values import Version

__all__ = ["versions"]

_COST = re.compile(r"(never|[0-9]{1,6}):([0-9]{1,6})")


class _CostType(click.ParamType[Cost]):
    """Two weights, the first of which may be ``never``."""

    name = "ALLOWED:REFUSED"

    def convert(
        self, value: str | Cost, param: click.Parameter | None, ctx: click.Context | None
    ) -> Cost:
        """Read the weights."""
        if isinstance(value, Cost):
            return value
        found = _COST.fullmatch(value)
        if not found or not any(part.strip("0") for part in found.groups() if part != "never"):
            expected = "two numbers that are not both 0, such as 10:1, or never:1"
            self.fail(f"{value} is no cost; expected {expected}", param, ctx)
        wrongly = None if found[1] == "never" else int(found[1])
        return Cost(wrongly, int(found[2]))


@click.command()
@click.argument("history", shell_complete=complete_file)
@click.option(
    "--numbers",
    "numbers_path",
    metavar="FILE",
    shell_complete=complete_path,
    help="Published numbers, one a line, instead of those in HISTORY.",
)
@click.option(
    "--candidate",
    "candidates",
    multiple=True,
    metavar="[RELEASE=]NUMBER",
    help="A number to try for a release, the last one by default. [default: the three bumps]",
)
@click.option(
    "--cost",
    type=_CostType(),
    default="never:1",
    show_default=True,
    help="What a pair wrongly allowed, and one wrongly refused, weighs.",
)
@click.option("--monotone", is_flag=True, help="The best numbering has to rise with each release.")
@click.option(
    "--branch",
    type=click.Choice([str(one) for one in Branch]),
    default=str(Branch.MINOR),
    show_default=True,
    help="What a release gets when another line has taken its number: the next minor, or major.",
)
@click.option(
    "--steps",
    type=click.IntRange(min=0),
    default=STEPS,
    show_default=True,
    metavar="N",
    help="How far to search for a proof that a numbering is the best.",
)
@json_option
def versions(
    history: str,
    numbers_path: str | None,
    candidates: tuple[str, ...],
    cost: Cost,
    monotone: bool,
    branch: str,
    steps: int,
    as_json: bool,
) -> None:
    """
    Number the releases of HISTORY by x.y.z, and count where numbers err.

    HISTORY has the feature set of one release a line, such as none+ppgtt; or it is the example
    pv-mode. A number wrongly allows a migration when the guest would lose a feature, and wrongly
    refuses one that would have worked. Exit status 0 when some numbering says all that is true,
    1 when none does.
    """
    one_stdin(history, *([numbers_path] if numbers_path else []))
    name = shown_name(history)
    found = parse_history(name, decode(name, read(history)))
    published: tuple[Version | None, ...] = tuple(one.published for one in found.releases)
    if numbers_path is not None:
        name = shown_name(numbers_path)
        published = parse_numbers(name, decode(name, read(numbers_path)), len(found))
    settings = Settings(cost, Branch(branch), monotone, steps)
    tried = [_candidate(found, one, settings.branch) for one in candidates]
    with progress("numbering", len(set(found.sets())), is_bytes=False) as show:
        result = study(found, settings, published, tried, show)
    if as_json:
        print_json(answer(result))
    else:
        click.echo(text(result, shown_name(history)))
    sys.exit(0 if result.is_expressible else 1)


def _candidate(history: History, given: str, branch: Branch) -> tuple[int, Version]:
    release, separator, number = given.rpartition("=")
    try:
        place = len(history) - 1
        if separator:
            place = history.find(release, derived(history, branch))
        return place, Version.parse(number)
    except TextError as error:
        message = f"{given}: {error.message}; expected {error.expected}"
        raise click.BadParameter(message, param_hint="--candidate") from None
