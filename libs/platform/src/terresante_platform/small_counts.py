"""Counts as they leave, so that nobody can be made out in them (docs/decisions/0013).

Whoever may ask about any set could ask about two that differ by one, and subtract: so a count is told rounded down to
a multiple of the smallest one, and not at all below it. None is told like a few.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """A count as it is told. `masked`: fewer than the smallest one; `value` is 0 then."""

    value: int
    masked: bool = False


def told(count: int, smallest: int) -> Told:
    """The count as it leaves: any told one is that of as many counts as the smallest is."""
    if count < smallest:
        return Told(0, masked=True)
    return Told(count // smallest * smallest)
