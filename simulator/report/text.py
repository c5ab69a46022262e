"""
What people read: names made harmless, numbers, shares, and the sizes of rows.

Source: ours.
"""

from collections.abc import Sequence

__all__ = ["count_of", "plain", "share", "short", "sizes"]


def plain(text: str) -> str:
    r"""
    Write what is no character to see, and what turns the direction of the line, as an escape.

    >>> plain("a\u202eb\n")
    'a\\u202eb\\n'
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escape(one) for one in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()


def short(text: str, most: int) -> str:
    """
    Cut a text to *most* characters, in its middle: what names differ in is often the end.

    >>> short("i915-GVTg_V5_4", 9)
    'i915-…5_4'
    """
    if len(text) <= most:
        return text
    end = (most - 1) * 2 // 5
    return f"{text[: most - 1 - end]}…{text[len(text) - end :]}"


def share(part: int, whole: int) -> str:
    """
    Write a share in per cent, so that only nothing is 0 % and only all is 100 %.

    >>> share(1, 3), share(0, 3), share(3, 3), share(1, 10**9), share(10**9 - 1, 10**9)
    ('33.3 %', '0 %', '100 %', '<0.1 %', '>99.9 %')
    """
    if part in (0, whole):
        return "100 %" if part else "0 %"
    tenths = (2000 * part + whole) // (2 * whole)
    if tenths == 0:
        return "<0.1 %"
    return ">99.9 %" if tenths == 1000 else f"{tenths // 10}.{tenths % 10} %"


def count_of(number: int, singular: str, plural: str | None = None) -> str:
    """
    Write a number and what is counted.

    >>> count_of(1, "class", "classes"), count_of(2480, "class", "classes")
    ('1 class', '2,480 classes')
    """
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def sizes(weights: Sequence[int], whole: float, least: float) -> list[float]:
    """
    Divide *whole* in proportion to the weights, but none gets less than *least*.

    >>> sizes([98, 1, 1], 100.0, 10.0)
    [80.0, 10.0, 10.0]
    """
    if least * len(weights) >= whole:
        return [least] * len(weights)
    small: set[int] = set()
    while True:
        left = whole - least * len(small)
        weight = sum(one for at, one in enumerate(weights) if at not in small)
        more = {
            at for at, one in enumerate(weights) if at not in small and one * left < least * weight
        }
        if not more:
            return [least if at in small else one * left / weight for at, one in enumerate(weights)]
        small |= more
