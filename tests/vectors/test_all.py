"""All vectors: each is played by a module of this directory, or listed with its reason."""

from vectors import (
    test_aggregation,
    test_listing,
    test_migration_version,
    test_pv_mode,
    test_streams,
    test_sysfs,
    test_type_attributes,
    test_version,
)
from vectors.reader import vectors

from simulator.compat.schemes import builtin_names

NOT_PLAYED = dict.fromkeys(test_streams.FSM, "a state or an ioctl of VFIO, not of a scheme")
"""What nothing here plays, and why."""


def test_every_vector_is_played_or_listed():
    """No id of the file is left out, and none is played by two modules."""
    played = [
        *test_version.CASES,
        *test_pv_mode.CASES,
        *test_listing.CASES,
        *test_aggregation.PLAYED,
        *test_type_attributes.PLAYED,
        *test_migration_version.PLAYED,
        *test_streams.PLAYED,
        *(name for names in test_sysfs.PLAYS.values() for name in names),
        *NOT_PLAYED,
    ]
    assert sorted(played) == sorted(case.id for case in vectors())
    assert len(played) == len(set(played)) == 132 - 1


def test_the_open_ones_have_settings():
    """Each open case is shown under settings that disagree."""
    opened = {case.id for case in vectors() if case.verdict == "open"}
    shown = {name.partition("-")[0] for name in test_listing.OPEN}
    shown |= {name for name, _, _ in test_pv_mode.OPEN}
    assert opened == shown | {"8c", "58b"}


def test_schemes_are_the_shipped_ones():
    """Every scheme that a vector is judged by ships; none is made up for the vectors."""
    named = {*test_aggregation.SCHEMES.values(), *test_streams.SCHEMES.values()}
    named |= {test_type_attributes.scheme_name(one) for one in test_type_attributes.CASES.values()}
    assert named <= set(builtin_names())
