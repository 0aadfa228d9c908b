"""Errors of the date, the place and the sex. Each returns whether it could."""

from __future__ import annotations

from random import Random

from terresante_dev.region.typed import Typed
from terresante_dev.region.vocabulary import vocabulary


def day_month(who: Typed, luck: Random) -> bool:
    """Day and month in each other's place."""
    if who.day > 12 or who.day == who.month:
        return False
    who.day, who.month = who.month, who.day
    return True


def digit(who: Typed, luck: Random) -> bool:
    """One digit of the date wrong, within what the field takes (so that 31 June may occur)."""
    before = who.date()
    part = luck.choice(("day", "day", "month", "year"))
    if part == "day":
        who.day = _digit(who.day, 1, 31, luck)
    elif part == "month":
        who.month = _digit(who.month, 1, 12, luck)
    else:
        who.year = _digit(who.year, 1900, 2029, luck)
    return who.date() != before


def _digit(number: int, low: int, high: int, luck: Random) -> int:
    made = [number + (new - number // place % 10) * place for place in (1, 10) for new in range(10)]
    return luck.choice([one for one in made if low <= one <= high and one != number])


def first_january(who: Typed, luck: Random) -> bool:
    """1 January stands for a day that is not known; some programs put 31 December."""
    before = (who.day, who.month)
    who.day, who.month = (1, 1) if luck.random() < 0.85 else (31, 12)
    return before != (who.day, who.month)


def year_beside(who: Typed, luck: Random) -> bool:
    """The year off by one, ten or a hundred."""
    who.year += luck.choice((-1, 1, -1, 1, -10, 10, 100 if who.year < 1930 else -100))
    return True


def month_end(who: Typed, luck: Random) -> bool:
    """A 30 or 31 that the month does not have: 31 June."""
    if who.month not in (2, 4, 6, 9, 11) or who.day < 26:
        return False
    who.day = 31 if who.month != 2 else 30
    return True


def day_unknown(who: Typed, luck: Random) -> bool:
    """The day, or day and month, left unknown."""
    who.day = 0
    who.month = 0 if luck.random() < 0.35 else who.month
    return True


def date_missing(who: Typed, luck: Random) -> bool:
    """No date at all."""
    who.year = who.month = who.day = 0
    return True


def place_missing(who: Typed, luck: Random) -> bool:
    """No place."""
    had, who.place = who.place, ""
    return bool(had)


def place_unknown(who: Typed, luck: Random) -> bool:
    """The code for an unknown place."""
    had, who.place = who.place, "99999"
    return had != "99999"


def place_postal(who: Typed, luck: Random) -> bool:
    """Country and postal code in place of the code: 92100 or FR:92100 at home, PT: or PT abroad."""
    words = vocabulary()
    if country := words.countries.get(who.place):
        who.place = country + luck.choice((":", ""))
        return True
    codes = words.postal_codes.get(who.place)
    if not codes:
        return False
    who.place = luck.choice(("", "", "FR:")) + luck.choice(codes)
    return True


def place_department(who: Typed, luck: Random) -> bool:
    """The department alone, or filled with zeros as programs do."""
    if not who.place or who.place.startswith("99") or not who.place[2:].isdigit():
        return False
    department = who.place[:3] if who.place.startswith("97") else who.place[:2]
    had, who.place = who.place, luck.choice((department, department.ljust(5, "0")))
    return had != who.place


def place_other_code(who: Typed, luck: Random) -> bool:
    """Another code of the same ground: the commune before or after it merged, the whole city for its arrondissement."""
    others = vocabulary().other_codes.get(who.place)
    if not others:
        return False
    who.place = luck.choice(others)
    return True


def place_wrong(who: Typed, luck: Random) -> bool:
    """Another place: where the family lived, or the line below in the list."""
    words = vocabulary()
    had = who.place
    number = int(words.region_births.items[luck.randrange(len(words.region_births.items))])
    who.place = str(words.places[number])
    return had != who.place


def sex_wrong(who: Typed, luck: Random) -> bool:
    """The other sex."""
    who.sex = {"F": "M", "M": "F"}.get(who.sex, "")
    return bool(who.sex)


def sex_missing(who: Typed, luck: Random) -> bool:
    """No sex."""
    had, who.sex = who.sex, ""
    return bool(had)
