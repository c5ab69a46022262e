"""What people read: names made harmless, shares that do not lie, sizes that fit."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.report.text import count_of, plain, share, short, sizes


@given(st.text())
def test_plain_can_be_seen(text):
    """What is written has no control characters and nothing that turns the line."""
    assert plain(text).isprintable()
    assert plain(text) == text or not text.isprintable()


@given(st.text(), st.integers(1, 20))
def test_short_keeps_to_its_length(text, most):
    """A text is cut to the length, and left alone where it fits."""
    assert len(short(text, most)) == min(len(text), most)
    assert short(text, max(1, len(text))) == text


@given(st.integers(0, 10**15), st.integers(1, 10**15))
def test_share_is_exact_at_its_ends(part, whole):
    """Only nothing is 0 %, and only all is 100 %."""
    part = min(part, whole)
    text = share(part, whole)
    assert (text == "0 %") == (part == 0)
    assert (text == "100 %") == (part == whole)
    number = float(text.strip("<>% "))
    assert abs(number - 100 * part / whole) <= 0.1


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 devices"), (1, "1 device"), (1234567, "1,234,567 devices")]
)
def test_count_of(number, text):
    """A number has its plural, and its thousands apart."""
    assert count_of(number, "device") == text


@given(
    st.lists(st.integers(1, 10**7), min_size=1, max_size=40),
    st.integers(1, 2000),
    st.integers(1, 30),
)
def test_sizes(weights, whole, least):
    """Sizes fill the whole where they can, none is below the least, and more is never less."""
    found = sizes(weights, whole, least)
    assert min(found) >= least * 0.999
    assert sum(found) == pytest.approx(max(whole, least * len(weights)))
    ordered = [size for _, size in sorted(zip(weights, found, strict=True))]
    assert all(one <= other * 1.001 for one, other in pairwise(ordered))
    large = [
        (size / weight) for weight, size in zip(weights, found, strict=True) if size > least * 1.001
    ]
    assert large == pytest.approx(large[:1] * len(large))
