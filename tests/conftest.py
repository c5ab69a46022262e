"""Settings that all tests share: how hard Hypothesis looks, chosen by HYPOTHESIS_PROFILE."""

import os
import signal

from hypothesis import HealthCheck, settings

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
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

# What a shell starts in the background ignores SIGINT, and so would all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
