"""Who is away, who stands in for them, who is on call. Words and rules only: no I/O, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from terresante_platform.refusals import Conflict, Invalid, Unknown

LONGEST = timedelta(days=366)
"""Of an absence or a time on call."""
SHOWN = timedelta(days=62)
"""The longest span of a list of who is on call."""
KEPT = timedelta(days=366)
"""How long a past absence is still listed."""
LATE = timedelta(days=1)
"""How long after it began one may still be declared."""


class PeriodInvalid(Invalid):
    """Not a time that can be."""

    reason = "PERIOD_INVALID"

    def __init__(self) -> None:
        super().__init__(
            "Cette période n’est pas valable.",
            "Donnez un début et une fin postérieure, à venir, à moins d’un an l’un de l’autre.",
        )


class DelegateInvalid(Invalid):
    """Nobody who could stand in."""

    reason = "DELEGATE_INVALID"

    def __init__(self) -> None:
        super().__init__(
            "Cette personne ne peut pas vous remplacer.", "Choisissez un autre professionnel dont le compte est ouvert."
        )


class AbsenceAlready(Conflict):
    """Away already, for some of that time."""

    reason = "ABSENCE_ALREADY"

    def __init__(self) -> None:
        super().__init__(
            "Une absence est déjà déclarée sur une partie de cette période.", "Terminez-la, ou changez les dates."
        )


class AbsenceUnknown(Unknown):
    """None of the caller's that could end."""

    reason = "ABSENCE_UNKNOWN"

    def __init__(self) -> None:
        super().__init__("Cette absence n’existe pas, ou est déjà terminée.", "Reprenez-la dans la liste.")


class OnCallAlready(Conflict):
    """On call there already, for some of that time."""

    reason = "ON_CALL_ALREADY"

    def __init__(self) -> None:
        super().__init__(
            "Cette personne est déjà de garde sur une partie de cette période.",
            "Retirez-la d’abord, ou changez les dates.",
        )


class OnCallUnknown(Unknown):
    """No such time on call, or none the caller may know of."""

    reason = "ON_CALL_UNKNOWN"

    def __init__(self) -> None:
        super().__init__("Cette garde n’existe pas.", "Reprenez-la dans la liste.")


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment until before another."""

    begins: datetime
    ends: datetime

    def holds(self, at: datetime) -> bool:
        """Whether that moment is in it."""
        return self.begins <= at < self.ends

    def meets(self, other: "Period") -> bool:
        """Whether they have a moment in common."""
        return self.begins < other.ends and other.begins < self.ends


@dataclass(frozen=True, slots=True)
class Absence:
    """A time away."""

    id: UUID
    professional: UUID
    period: Period
    delegate: UUID | None


@dataclass(frozen=True, slots=True)
class OnCall:
    """A time on call in a structure's team."""

    id: UUID
    structure: UUID
    professional: UUID
    period: Period


def declared(period: Period, now: datetime) -> Period:
    """A time that may be declared. Refuses with PERIOD_INVALID."""
    fits = period.begins < period.ends and now < period.ends and period.ends - period.begins <= LONGEST
    if not fits or period.begins < now - LATE:
        raise PeriodInvalid
    return period


def asked(period: Period) -> Period:
    """A span that may be listed. Refuses with PERIOD_INVALID."""
    if not period.begins < period.ends or period.ends - period.begins > SHOWN:
        raise PeriodInvalid
    return period


def added(absence: Absence, others: Iterable[Absence]) -> Absence:
    """One more absence. Refuses with DELEGATE_INVALID, ABSENCE_ALREADY."""
    if absence.delegate == absence.professional:
        raise DelegateInvalid
    if any(absence.period.meets(other.period) for other in others):
        raise AbsenceAlready
    return absence


def put(time: OnCall, others: Iterable[OnCall]) -> OnCall:
    """One more time on call. Refuses with ON_CALL_ALREADY; several may be on call together, nobody twice."""
    same = (other for other in others if other.professional == time.professional)
    if any(time.period.meets(other.period) for other in same):
        raise OnCallAlready
    return time


def ended(absence: Absence | None, now: datetime) -> Absence:
    """Back now; one that has not begun is as if never declared. Refuses with ABSENCE_UNKNOWN."""
    if absence is None or absence.period.ends <= now:
        raise AbsenceUnknown
    return replace(absence, period=Period(min(absence.period.begins, now), now))
