"""How often one caller may do what costs others something: writing, bringing files, searching, opening streams.

Counted by person, or by portal for systems, at each replica by itself: behind several replicas somebody may do as many
times more. Told as the IETF's draft says (draft-ietf-httpapi-ratelimit-headers): `RateLimit-Policy` what is allowed,
`RateLimit` what is left and in how many seconds it is whole again.
"""

import math
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from uuid import UUID

from terresante_platform.refusals import TooMany

MOST_KEPT = 50_000
"""Callers who are remembered, per budget."""
WINDOW = 60
"""Seconds."""
Header = tuple[bytes, bytes]


class Budget(StrEnum):
    """What is counted together."""

    MESSAGES = "messages"
    UPLOADS = "uploads"
    SEARCHES = "searches"
    STREAMS = "streams"


A_MINUTE: Mapping[Budget, int] = {Budget.MESSAGES: 60, Budget.UPLOADS: 30, Budget.SEARCHES: 30, Budget.STREAMS: 30}


class AskedTooOften(TooMany):
    """More often than one caller may."""

    reason = "RATE_LIMITED"


class Limits:
    """Counts. A budget that was spent fills again at an even pace; who has it whole again is forgotten."""

    def __init__(self, a_minute: Mapping[Budget, int] | None = None, now: Callable[[], float] = time.monotonic) -> None:
        """`a_minute`: how often each, for those that are not the usual. `now`: seconds that never go back."""
        self._a_minute = {**A_MINUTE, **(a_minute or {})}
        self._now = now
        self._left: dict[Budget, dict[UUID, tuple[float, float]]] = {budget: {} for budget in Budget}

    def admit(self, budget: Budget, caller: UUID, headers: list[Header]) -> None:
        """Counts once more, and says in `headers` what is left. Refuses with RATE_LIMITED, which costs nothing."""
        most, now, kept = self._a_minute[budget], self._now(), self._left[budget]
        had, since = kept.pop(caller, (float(most), now))
        left = min(float(most), had + (now - since) * most / WINDOW)
        allowed = left >= 1
        left -= allowed
        kept[caller] = (left, now)  # who asked last stands last
        self._forget(kept, most, now)
        headers.append((b"ratelimit-policy", b'"%s";q=%d;w=%d' % (budget.encode(), most, WINDOW)))
        whole = math.ceil((most - left) * WINDOW / most)
        headers.append((b"ratelimit", b'"%s";r=%d;t=%d' % (budget.encode(), int(left), whole)))
        if not allowed:
            wait = int((1 - left) * WINDOW / most) + 1
            raise AskedTooOften(
                "Trop de demandes en peu de temps.", f"Recommencez dans {wait} secondes.", retry_after=str(wait)
            )

    @staticmethod
    def _forget(kept: dict[UUID, tuple[float, float]], most: int, now: float) -> None:
        while kept:
            caller, (left, since) = next(iter(kept.items()))
            if len(kept) <= MOST_KEPT and left + (now - since) * most / WINDOW < most:
                return
            del kept[caller]
