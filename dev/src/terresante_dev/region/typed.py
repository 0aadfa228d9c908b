"""An identity while a feeder types it: the true traits, on their way to what arrives."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Typed:
    """Traits as far as they are typed. Given names keep their accents; sex is "F", "M" or ""; a part of the date that
    is 0 is unknown, and `year` 0 means no date at all.
    """

    birth_name: str
    usage_name: str  # "" when it is the birth name
    given: list[str]
    year: int
    month: int
    day: int
    sex: str
    place: str
    errors: list[str] = field(default_factory=list)

    def date(self) -> str:
        """YYYY-MM-DD, unknown parts 00; empty without a year."""
        return f"{self.year:04d}-{self.month:02d}-{self.day:02d}" if self.year else ""
