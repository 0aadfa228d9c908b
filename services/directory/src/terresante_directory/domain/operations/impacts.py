"""What an operation touches, as people are told before and after."""

from dataclasses import dataclass
from typing import Self

from terresante_directory.domain.care import Counted
from terresante_directory.domain.nodes import Node

MOST_EXAMPLES = 50


@dataclass(frozen=True, slots=True)
class Circles:
    """How many, as consent tells them. `value` None: fewer than `smallest`; else rounded down to `rounded_to`."""

    value: int | None
    smallest: int
    rounded_to: int

    @classmethod
    def of(cls, counted: Counted | None) -> Self | None:
        """At the one moment that was counted."""
        if counted is None:
            return None
        (count,) = counted.counts
        return cls(count.circles, counted.smallest, counted.rounded_to)


@dataclass(frozen=True, slots=True)
class Impacts:
    """`structures`: those that change. `offers`, `places`: those that change or are theirs when it starts.

    `professionals`: who has these places. `accounts`: of professionals whom another territory will answer for.
    `administrators`: who will no longer, or newly, administer something of it. `communes`, `population`: that another
    territory covers. `examples`: the first structures by name, as they will be.
    `circles`: of patients whom these structures or professionals look after; None: not known, or not asked for.
    """

    structures: int
    offers: int
    places: int
    professionals: int
    accounts: int
    administrators: int
    communes: int
    population: int
    examples: tuple[Node, ...] = ()
    circles: Circles | None = None
