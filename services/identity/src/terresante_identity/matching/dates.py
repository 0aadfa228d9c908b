"""Birth dates as received -> year, month, day: 0 for a part that is not known or cannot be."""

import re
from functools import lru_cache

# Before the oldest person documented (domain.births): such a year is a typing error, and so is one in the future.
EARLIEST_YEAR = 1875
YEAR_FIRST = re.compile(r"(\d{4})(?:[-/. ]?(\d{1,2})(?:[-/. ]?(\d{1,2}))?)?(?:[T ]\d\d:.*)?")
DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")


@lru_cache(maxsize=200_000)
def date_parts(text: str, latest_year: int) -> tuple[int, int, int]:
    """(year, month, day) of ISO, basic (YYYYMMDD), or French (DD/MM/YYYY) writing; parts 0 when not known.

    Each part stands for itself: 31 June keeps its day and its month, for one of the two is right. A year before
    `EARLIEST_YEAR` or after `latest_year` is kept as typed too (1890 for 1980 is compared digit by digit) unless it
    is not a year at all.
    """
    stripped = text.strip()
    if found := YEAR_FIRST.fullmatch(stripped):
        year, month, day = (int(part or 0) for part in found.groups())
    elif found := DAY_FIRST.fullmatch(stripped):
        day, month, year = (int(part) for part in found.groups())
    else:
        return 0, 0, 0
    if not 1000 <= year <= 2999:
        year = 0
    return year, month if month <= 99 else 0, day if day <= 99 else 0


def implausible(year: int, month: int, day: int, latest_year: int) -> bool:
    """Whether a known part cannot be a birth date's: such a date never stands for an equal one."""
    return bool(year and not EARLIEST_YEAR <= year <= latest_year) or month > 12 or day > 31
