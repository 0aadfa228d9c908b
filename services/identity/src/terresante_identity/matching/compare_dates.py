"""Levels of birth dates: what clerks do to a date, and what only another person's date looks like."""

import numpy as np
from terresante_identity.matching.arrays import Bools, Ints, Levels
from terresante_identity.matching.levels import BirthDate
from terresante_identity.matching.people import People

POWERS = np.array([10**7, 10**6, 10**5, 10**4, 10**3, 10**2, 10, 1], dtype=np.int64)


def birth_date_levels(ours: People, mine: Ints, theirs: People, yours: Ints) -> Levels:
    """`mine`, `yours`: rows of the two, pair by pair -> `levels.BirthDate` of each pair."""
    year, month, day = ((getattr(ours, part)[mine], getattr(theirs, part)[yours]) for part in ("year", "month", "day"))
    same_year, same_month, same_day = year[0] == year[1], month[0] == month[1], day[0] == day[1]
    no_year = (year[0] == 0) | (year[1] == 0)
    no_month = (month[0] == 0) | (month[1] == 0)
    no_day = (day[0] == 0) | (day[1] == 0)
    wrong, exchanged = _digits(year, month, day)
    inverted = (day[0] == month[1]) & (month[0] == day[1])
    first = [(month[side] == 1) & (day[side] == 1) | (month[side] == 12) & (day[side] == 31) for side in (0, 1)]
    apart = np.abs(year[0] - year[1])
    unlikely = (ours.implausible[mine] | theirs.implausible[yours]).astype(bool)
    fully_known = ~(no_year | no_month | no_day)
    differing = (~same_year).astype(np.int8) + ~same_month + ~same_day
    return np.select(
        [
            no_year & (no_month | no_day),
            fully_known & (differing == 0) & ~unlikely,
            same_year & (same_month & ~no_month) & no_day,
            same_year & (no_month | no_day) & (same_day | no_day) & (same_month | no_month),
            (no_month | no_day) & ~no_year,
            no_year & same_month & same_day,
            no_year,
            same_year & inverted,
            (wrong == 1) | exchanged | (differing == 0),
            same_year & (first[0] | first[1]),
            same_year & same_month & ((day[0] == 1) | (day[1] == 1)),
            same_year & same_month,
            same_year & same_day,
            same_month & same_day & ((apart == 1) | (apart % 10 == 0)),
            same_month & same_day,
            inverted & (_wrong_year(year) <= 1),
            (wrong == 2) & (differing == 2),
            differing == 2,
        ],
        [
            BirthDate.MISSING,
            BirthDate.EQUAL,
            BirthDate.DAY_UNKNOWN,
            BirthDate.YEAR_KNOWN,
            BirthDate.DIFFERENT,
            BirthDate.YEAR,
            BirthDate.DIFFERENT,
            BirthDate.INVERTED,
            BirthDate.ONE_DIGIT,
            BirthDate.DEFAULT,
            BirthDate.DEFAULT_DAY,
            BirthDate.DAY,
            BirthDate.MONTH,
            BirthDate.YEAR_NEXT,
            BirthDate.YEAR,
            BirthDate.INVERTED_YEAR,
            BirthDate.TWO_DIGITS,
            BirthDate.TWO_PARTS,
        ],
        BirthDate.DIFFERENT,
    ).astype(np.int8)


def _digits(year: tuple[Ints, Ints], month: tuple[Ints, Ints], day: tuple[Ints, Ints]) -> tuple[Ints, Bools]:
    """How many of the eight digits differ, and whether two neighbours are exchanged and all else is equal."""
    written = [(year[side] * 10000 + month[side] * 100 + day[side])[:, None] // POWERS % 10 for side in (0, 1)]
    differs = written[0] != written[1]
    wrong = differs.sum(axis=1).astype(np.int64)
    crossed = (written[0][:, :-1] == written[1][:, 1:]) & (written[0][:, 1:] == written[1][:, :-1])
    exchanged = (crossed & differs[:, :-1] & differs[:, 1:]).any(axis=1) & (wrong == 2)
    return wrong, exchanged


def _wrong_year(year: tuple[Ints, Ints]) -> Ints:
    digits = [year[side][:, None] // POWERS[4:] % 10 for side in (0, 1)]
    return np.asarray((digits[0] != digits[1]).sum(axis=1), dtype=np.int64)
