"""The main job on generated hosts: ``demo``."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from random import Random

import click

from simulator.cli.inputs import read
from simulator.cli.options import json_option
from simulator.cli.output import print_json, progress
from simulator.compat.description import Description
from simulator.compat.judge import judge
from simulator.compat.listing import format_listing
from simulator.compat.scheme import Direction, Outcome
from simulator.compat.schemes import load_builtin
from simulator.errors import NoInstancesError
from simulator.fleet.fleet import Fleet
from simulator.fleet.generate import generate
from simulator.host import Host, load_host
from simulator.mdev import Parent
from simulator.publish import read_back
from simulator.vendors import driver

__all__ = ["demo"]

_SAMPLE = 1000
_NEAREST = 200


@click.command()
@click.option(
    "--devices",
    type=click.IntRange(min=1),
    default=1_000_000,
    show_default=True,
    help="How many devices the fleet has.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Another seed, another fleet.",
)
@json_option
def demo(devices: int, seed: int, as_json: bool) -> None:
    """
    Show the main job: simulate hosts, describe a device, find where it can go, say why not.

    Everything is made for this run and forgotten afterwards. Exit status 1 if the C core and the
    judge disagree.
    """
    run = _Run(seed, quiet=as_json)
    host = run.build_hosts()
    source = run.describe(host)
    fleet = run.load(devices)
    run.find(fleet, source)
    agreed = run.compare(fleet, source)
    run.explain(fleet, source)
    run.finish()
    if as_json:
        print_json(run.facts)
    sys.exit(0 if agreed else 1)


def _match(fleet: Fleet, source: Description, direction: Direction) -> memoryview:
    return fleet.match(source, direction).rows()


class _Run:
    """The steps, what they found, and how long they took."""

    def __init__(self, seed: int, *, quiet: bool) -> None:
        self.seed = seed
        self.quiet = quiet
        self.scheme = load_builtin("self-compatible")
        self.facts: dict[str, object] = {"seed": seed}
        self.seconds: dict[str, float] = {}

    def say(self, text: str = "") -> None:
        if not self.quiet:
            click.echo(text)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Time one step."""
        self.say(f"{len(self.seconds) + 1}. {title}")
        start = time.perf_counter()
        yield
        self.seconds[title] = time.perf_counter() - start
        self.say(f"   ({self.seconds[title]:.2f} s)\n")

    def timed(self, work: Callable[[], object]) -> float:
        """Return the milliseconds of one piece of work."""
        start = time.perf_counter()
        work()
        return 1000 * (time.perf_counter() - start)

    def build_hosts(self) -> Host:
        """A gen9 host from the shipped file, with a gen8 GPU added; both are filled."""
        with self.step("Hosts with a gen9 and a gen8 GPU, filled until the kernel refuses"):
            host = load_host("i915.yaml", read("i915"), load_builtin, scheme=self.scheme)
            gen8 = {"pci_id": "80861616", "aperture_mb": 512}
            host.add_parent(driver("i915"), gen8, path="/sys/devices/pci0000:00/0000:00:03.0")
            created = {}
            for parent in host.bus.parents.values():
                created[parent.name] = self._fill(parent)
            self.facts["created"] = created
        return host

    def _fill(self, parent: Parent) -> int:
        """Create the smallest vGPUs until ENOSPC, and show the counter on the way."""
        mdev_type = next(iter(parent.types.values()))
        shown = mdev_type.show("available_instances").strip()
        self.say(f"   {parent.name} ({parent.pci_id}): {', '.join(parent.types)}")
        self.say(f"     $ cat {mdev_type.type_id}/available_instances\n     {shown}")
        for number in range(1000):
            uuid = f"{number:08x}-0000-4000-8000-{int(parent.name[-4:-2]):012x}"
            try:
                mdev_type.store("create", f"{uuid}\n".encode())
            except NoInstancesError as error:
                self.say(
                    f"     $ echo {uuid} > {mdev_type.type_id}/create    # number {number + 1}"
                )
                self.say(f"     write error: {error.strerror} ({error.name}: {error.reason})")
                return number
        return 1000

    def describe(self, host: Host) -> Description:
        """What one vGPU of the gen9 host publishes, read from its file."""
        mdev = host.bus.mdevs[0]
        with self.step(f"SELF and COMPATIBLE of {mdev.uuid}, which is a {mdev.mdev_type.type_id}"):
            description = read_back(self.scheme, mdev)
            for line in format_listing(description).splitlines():
                self.say(f"   {line}")
            self.facts["source"] = description.to_json()
        return description

    def load(self, devices: int) -> Fleet:
        """A generated fleet, written as NDJSON and read by the C core."""
        with self.step(f"A fleet of {devices:,} devices, made from seed {self.seed}"):
            with progress("making", devices, is_bytes=False) as show:
                made, blocks = 0, []
                for block in generate(self.scheme, devices, self.seed):
                    blocks.append(block)
                    made += block.count(b"\n")
                    show(made)
            fleet = Fleet(self.scheme)
            total = sum(map(len, blocks))
            with progress("loading", total, is_bytes=True) as show:
                spent = self.timed(lambda: fleet.extend("fleet", blocks, show)) / 1000
            size = fleet.size
            self.say(f"   {total / 1e6:.0f} MB of NDJSON loaded in {spent:.2f} s,")
            self.say(f"   {size.n_classes:,} different descriptions among them")
            self.facts["fleet"] = {
                "devices": size.n_devices,
                "classes": size.n_classes,
                "load_seconds": spent,
            }
        return fleet

    def find(self, fleet: Fleet, source: Description) -> None:
        """The targets under both readings of the mail."""
        with self.step("Where can it go? Both readings of COMPATIBLE"):
            counts = {}
            for direction in (Direction.TARGET, Direction.SOURCE):
                spent = self.timed(partial(_match, fleet, source, direction))
                found = fleet.match(source, direction)
                counts[str(direction)] = found.count
                self.say(
                    f"   accepted by the {direction}: {found.count:,} targets in {spent:.2f} ms"
                )
                for row in found.first(2):
                    self.say(f"     row {row}: {fleet.name(row)}")
            self.facts["targets"] = counts

    def compare(self, fleet: Fleet, source: Description) -> bool:
        """The judge on a sample, against the C core."""
        rows = Random(self.seed).sample(range(len(fleet)), min(_SAMPLE, len(fleet)))  # noqa: S311
        with self.step(
            f"Does the judge say the same? {len(rows)} devices at random, and the targets"
        ):
            wrong = 0
            for direction in (Direction.TARGET, Direction.SOURCE):
                found = fleet.match(source, direction)
                scheme = self.scheme.accepted(direction)
                for row in (*rows, *found.first(_NEAREST)):
                    wrong += found.outcome(row) is not judge(scheme, source, fleet[row])
            self.say(f"   {wrong} disagreements between the C core and the judge")
            self.facts["disagreements"] = wrong
        return not wrong

    def explain(self, fleet: Fleet, source: Description) -> None:
        """A refusal that is nearly a yes, and the change that would make it one."""
        with self.step("Why not? The refusal that is nearest to a yes"):
            refused = fleet.match(source).first(_NEAREST, Outcome.INCOMPATIBLE)
            verdicts = [(row, fleet.explain(source, row)) for row in refused]
            near = [pair for pair in verdicts if pair[1].near_miss]
            if not near:
                self.say("   no refusal has a near miss")
                return
            row, verdict = min(near, key=lambda pair: len(pair[1].near_miss))
            self.say(f"   {verdict.outcome}: row {row}, {fleet.name(row)}")
            for reason in verdict.reasons:
                self.say(f"     {reason}")
            for change in verdict.near_miss:
                self.say(f"   near miss: {change}")
            self.facts["explained"] = {"row": row} | verdict.to_json()

    def finish(self) -> None:
        total = sum(self.seconds.values())
        self.facts["seconds"] = self.seconds
        self.say(f"All of it took {total:.1f} s.")
