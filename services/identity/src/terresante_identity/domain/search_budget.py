"""How many times a professional may look for people: looking for a person is an access, and nobody needs to
leaf through a region.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from terresante_platform.refusals import TooMany


class SearchRateLimited(TooMany):
    reason = "SEARCH_RATE_LIMITED"


@dataclass(frozen=True, slots=True)
class Allowance:
    """`burst` searches at once, then `per_hour` in the long run."""

    burst: int
    per_hour: int


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left (in searches, fractions included) at a moment."""

    left: float
    at: datetime


def full(allowance: Allowance, at: datetime) -> Budget:
    """The budget of who never searched."""
    return Budget(allowance.burst, at)


def spend(budget: Budget, allowance: Allowance, at: datetime) -> Budget:
    """One search less. Refuses with SEARCH_RATE_LIMITED when less than
    one is left.
    """
    seconds = max(0.0, (at - budget.at).total_seconds())
    left = min(float(allowance.burst), budget.left + seconds * allowance.per_hour / 3600)
    if left < 1:
        wait = int((1 - left) * 3600 / allowance.per_hour) + 1
        raise SearchRateLimited(
            "Vous avez fait trop de recherches de personnes en peu de temps.",
            f"Recommencez dans {wait} secondes ; chaque recherche est inscrite au journal des accès.",
            retry_after=str(wait),
        )
    return replace(budget, left=left - 1, at=max(at, budget.at))
