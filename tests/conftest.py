"""
What all tests share: how hard Hypothesis looks, chosen by HYPOTHESIS_PROFILE, and that where
``CI`` is ``true`` nothing may be missing, so that a skip is a failure.
"""

import os
import signal

import pytest
from hypothesis import HealthCheck, Phase, settings

# Machines that run tests are slow and shared, so no test is failed for its time.
settings.register_profile("quick", max_examples=100, deadline=None)
settings.register_profile("quick core", settings.get_profile("quick"), max_examples=200)
# The laws of the rules are plain Python; what the C core says of them is worth more examples.
settings.register_profile(
    "ci",
    max_examples=200,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("ci core", settings.get_profile("ci"), max_examples=2000)
# A mutant meets the same examples every time, and tests run more than once in a process.
settings.register_profile(
    "mutation",
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow],
)
settings.register_profile("mutation core", settings.get_profile("mutation"))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

# What a shell starts in the background ignores SIGINT, and under nohup SIGHUP; so would all that
# tests start.
for number, handler in {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGHUP: signal.SIG_DFL,
}.items():
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Where everything is there, nothing may be skipped."""
    report = yield
    wanted = os.environ.get("CI") == "true"
    if wanted and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where it must run: {report.longrepr}"
    return report
