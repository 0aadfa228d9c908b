"""How long what was written is kept. Words and rules only: no I/O, no clock."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from terresante_messaging.domain.threads import RETENTION

LEAST_DAYS = 31
"""Of any period: webhooks are replayed and clients catch up from the log."""
AHEAD_MONTHS = 6
"""Months, the present one included, whose partitions are there before anything is written in them."""


@dataclass(frozen=True, slots=True)
class Class:
    """How long one class of messages is kept."""

    days: int
    why: str
    """French: said to whom it concerns."""


@dataclass(frozen=True, slots=True)
class Retention:
    """The periods of an instance, as its file gives them."""

    version: str
    classes: Mapping[str, Class]
    log_days: int
    steps_days: int
    """Of the steps by which somebody came forward in a thread; of older ones the last stays, as long as the thread."""
    notifications_days: int

    def kept_since(self, name: str, now: datetime) -> datetime:
        """What of that class was written before is past its time."""
        return now - timedelta(days=self.classes[name].days)


def parse(text: str) -> Retention:
    """The periods in a retention file. Raises ValueError, naming what is wrong, unless each class that messages have is
    there once and no period is shorter than `LEAST_DAYS`."""
    file: dict[str, Any] = json.loads(text)
    try:
        classes = {name: Class(int(one["days"]), str(one["why"])) for name, one in file["classes"].items()}
        read = Retention(
            str(file["version"]),
            classes,
            int(file["log_days"]),
            int(file["steps_days"]),
            int(file["notifications_days"]),
        )
    except (KeyError, TypeError, AttributeError) as wrong:
        raise ValueError(f"retention file: {wrong} is missing or of another kind") from None
    if classes.keys() != set(RETENTION.values()):
        raise ValueError(f"retention file: the classes are {', '.join(sorted(set(RETENTION.values())))}")
    periods = (read.log_days, read.steps_days, read.notifications_days, *(one.days for one in classes.values()))
    if min(periods) < LEAST_DAYS:
        raise ValueError(f"retention file: no period is shorter than {LEAST_DAYS} days")
    return read


def whole_months_before(moment: datetime) -> datetime:
    """When the month of `moment` (UTC) began: months that ended by then hold nothing later."""
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
