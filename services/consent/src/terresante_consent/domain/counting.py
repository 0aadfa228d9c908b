"""How much care goes through somebody's hands, as counts in which nobody can be made out (docs/decisions/0013)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, pairwise
from uuid import UUID

from terresante_platform.refusals import Invalid

MOST_MEMBERS = 100_000
MOST_MOMENTS = 120


class CountInvalid(Invalid):
    """A count that cannot be made as it is asked for."""

    reason = "COUNT_INVALID"


@dataclass(frozen=True, slots=True)
class Span:
    """A structure or professional, counted at the moments from number `first` on, before number `past`."""

    member: UUID
    first: int
    past: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Members, and the moments at which circles with one of them are counted."""

    members: Sequence[Span]
    moments: Sequence[datetime]


def must_be_countable(asked: Asked) -> None:
    """Raises `CountInvalid`."""
    number = len(asked.moments)
    in_order = all(one < other for one, other in pairwise(asked.moments))
    if not 1 <= number <= MOST_MOMENTS or not in_order or len(asked.members) > MOST_MEMBERS:
        raise CountInvalid(
            "Ce décompte ne peut pas être fait.",
            f"Demandez 1 à {MOST_MOMENTS} moments, du plus ancien au plus récent, et {MOST_MEMBERS} membres au plus.",
        )
    if any(not 0 <= one.first <= one.past <= number for one in asked.members):
        raise CountInvalid("Un membre est compté en dehors des moments demandés.", "Corrigez first et past.")


def totals(changes: Sequence[tuple[int, int]], moments: int) -> list[int]:
    """How many there are at each moment. `changes`: from which moment on, how many more (or fewer)."""
    more = [0] * (moments + 1)
    for moment, number in changes:
        more[moment] += number
    return list(accumulate(more))[:moments]
