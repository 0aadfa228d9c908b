# ruff: noqa: PLR0911 -- one level after the other, the first that holds
"""Levels of one pair, trait by trait: the same as `compare_names`, `compare_dates` and `compare_places` give many.

Written without arrays, for look-ups one by one; that both agree is tested pair by pair.
"""

from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler, Postfix, Prefix
from terresante_identity.matching.compare_names import CLOSE, FAR, NEAR, UNHEARD, whole_beginning
from terresante_identity.matching.levels import BirthDate, BirthName, BirthPlace, FirstName, OtherFirstNames, Sex
from terresante_identity.matching.names import FirstForm, NameForm, Word, beginning
from terresante_identity.matching.phonetics import code
from terresante_identity.matching.places import PlaceForm
from terresante_identity.matching.single import REMEMBERED, Date, is_abroad

Words = tuple[Word, ...]


def birth_name_level(ours: NameForm, theirs: NameForm) -> BirthName:
    """See `levels.BirthName`."""
    if not ours.whole or not theirs.whole:
        return BirthName.MISSING
    if ours.whole == theirs.whole:
        return BirthName.EQUAL
    mine, yours = ours.parts, theirs.parts
    common = _in_common(mine, yours)
    if ours.core == theirs.core or (len(mine) == len(yours) and common == len(mine)):
        return BirthName.SAME_PARTS
    one, other = ours.joined, theirs.joined
    shorter = min(len(one), len(other))
    edits = OSA.distance(one, other, score_cutoff=2)
    if edits == 1 and shorter >= 3:
        return BirthName.ONE_EDIT
    if common:
        return BirthName.ONE_PART
    alike = JaroWinkler.similarity(one, other)
    if alike >= UNHEARD and code(one) == code(other):
        return BirthName.SAME_SOUND
    if shorter >= 4 and shorter in (Prefix.similarity(one, other), Postfix.similarity(one, other)):
        return BirthName.CONTAINED
    if edits == 2 and shorter >= 6:
        return BirthName.CLOSE
    return _unlike_name(alike)


def _unlike_name(alike: float) -> BirthName:
    if alike >= CLOSE:
        return BirthName.CLOSE
    if alike >= NEAR:
        return BirthName.NEAR
    return BirthName.FAR if alike >= FAR else BirthName.DIFFERENT


def first_name_levels(ours: FirstForm, theirs: FirstForm) -> tuple[FirstName, OtherFirstNames]:
    """See `levels.FirstName` and `levels.OtherFirstNames`."""
    fewest = min(len(ours.rest), len(theirs.rest))
    common = len(ours.rest & theirs.rest) if fewest else 0
    if fewest == 0:
        others = OtherFirstNames.MISSING
    elif common == fewest:
        others = OtherFirstNames.SAME
    else:
        others = OtherFirstNames.SOME if common else OtherFirstNames.NONE
    return _first_name_level(ours, theirs), others


def _first_name_level(ours: FirstForm, theirs: FirstForm) -> FirstName:
    mine, yours = ours.words, theirs.words
    if not mine or not yours:
        return FirstName.MISSING
    if ours.joined == theirs.joined:
        return FirstName.SAME
    count = max(ours.compound, theirs.compound)
    both_have = len(mine) >= count and len(yours) >= count
    same_word = mine[0].hash == yours[0].hash
    if both_have and (same_word if count == 1 else beginning(mine, count) == beginning(yours, count)):
        return FirstName.SAME_FIRST
    if same_word and not both_have:
        return FirstName.HALF
    return _unequal_first_name(ours, theirs, count)


def _unequal_first_name(ours: FirstForm, theirs: FirstForm, count: int) -> FirstName:
    mine, yours = ours.words, theirs.words
    if count == 1:
        one, other = mine[0].text, yours[0].text
    else:
        one, other = whole_beginning(mine, count), whole_beginning(yours, count)
    alone = _by_letters(one, other)
    if alone is FirstName.ONE_EDIT:
        return alone
    if min(len(one), len(other)) >= 3 and _one_edit(ours.joined, theirs.joined):
        return FirstName.ONE_EDIT
    if mine[0].hash != yours[0].hash:
        if mine[0].hash in theirs.rest or yours[0].hash in ours.rest:
            return FirstName.ANOTHER
        if _variant_among(mine[0], yours) or _variant_among(yours[0], mine):
            return FirstName.VARIANT
    if mine[0].sound == yours[0].sound:
        return FirstName.SAME_SOUND
    return alone


@lru_cache(maxsize=REMEMBERED)
def _by_letters(one: str, other: str) -> FirstName:
    """What the letters of two unequal first names say by themselves."""
    length = min(len(one), len(other))
    edits = OSA.distance(one, other, score_cutoff=2)
    if edits == 1 and length >= 4:
        return FirstName.ONE_EDIT
    same_start = Prefix.similarity(one, other)
    if same_start == length:
        return FirstName.INITIAL if length == 1 else FirstName.SHORTENED
    alike = JaroWinkler.similarity(one, other)
    if alike >= CLOSE or (edits == 2 and length >= 6):
        return FirstName.CLOSE
    return FirstName.NEAR if alike >= NEAR else FirstName.DIFFERENT


def _one_edit(one: str, other: str) -> bool:
    return abs(len(one) - len(other)) <= 1 and OSA.distance(one, other, score_cutoff=1) <= 1


def _variant_among(one: Word, words: Words) -> bool:
    return one.variant in [other.variant for other in words]


def may_be_swapped(name: NameForm, first: FirstForm, their_name: NameForm, their_first: FirstForm) -> bool:
    """Whether the birth name of one is, or sounds like, a first name of the other: worth comparing crosswise."""
    return _stands_for(name, their_first) or _stands_for(their_name, first)


def _stands_for(name: NameForm, first: FirstForm) -> bool:
    words = first.words
    if not name.whole or not words:
        return False
    return words[0].sound == name.first_code or name.joined in {first.joined, *[word.text for word in words]}


def _in_common(ours: tuple[int, ...], theirs: tuple[int, ...]) -> int:
    return sum([word in theirs for word in ours])


def birth_date_level(ours: Date, theirs: Date) -> BirthDate:
    """See `levels.BirthDate`."""
    no_year = not (ours.year and theirs.year)
    no_month = not (ours.month and theirs.month)
    no_day = not (ours.day and theirs.day)
    if no_year or no_month or no_day:
        return _date_in_part(ours, theirs, no_year, no_month, no_day)
    same_year, same_month, same_day = ours.year == theirs.year, ours.month == theirs.month, ours.day == theirs.day
    equal = same_year and same_month and same_day
    if equal and not (ours.implausible or theirs.implausible):
        return BirthDate.EQUAL
    inverted = ours.day == theirs.month and ours.month == theirs.day
    if same_year and inverted:
        return BirthDate.INVERTED
    mine, yours = ours.digits, theirs.digits
    wrong = [place for place in range(8) if mine[place] != yours[place]]
    if len(wrong) <= 1 or _exchanged(mine, yours, wrong):
        return BirthDate.ONE_DIGIT
    if same_year and (found := _date_same_year(ours, theirs, same_month, same_day)) is not None:
        return found
    if same_month and same_day:
        apart = abs(ours.year - theirs.year)
        return BirthDate.YEAR_NEXT if apart == 1 or apart % 10 == 0 else BirthDate.YEAR
    if inverted and sum([place < 4 for place in wrong]) <= 1:
        return BirthDate.INVERTED_YEAR
    if same_year or same_month or same_day:
        return BirthDate.TWO_DIGITS if len(wrong) == 2 else BirthDate.TWO_PARTS
    return BirthDate.DIFFERENT


def _date_in_part(ours: Date, theirs: Date, no_year: bool, no_month: bool, no_day: bool) -> BirthDate:
    same_month, same_day = ours.month == theirs.month, ours.day == theirs.day
    if no_year:
        if no_month or no_day:
            return BirthDate.MISSING
        return BirthDate.YEAR if same_month and same_day else BirthDate.DIFFERENT
    if ours.year != theirs.year:
        return BirthDate.DIFFERENT
    if no_day and same_month and not no_month:
        return BirthDate.DAY_UNKNOWN
    if (same_day or no_day) and (same_month or no_month):
        return BirthDate.YEAR_KNOWN
    return BirthDate.DIFFERENT


def _date_same_year(ours: Date, theirs: Date, same_month: bool, same_day: bool) -> BirthDate | None:
    """Month or day differ, by more than a digit. None: both do."""
    if any((one.month, one.day) in ((1, 1), (12, 31)) for one in (ours, theirs)):
        return BirthDate.DEFAULT
    if same_month:
        return BirthDate.DEFAULT_DAY if 1 in (ours.day, theirs.day) else BirthDate.DAY
    return BirthDate.MONTH if same_day else None


def _exchanged(mine: str, yours: str, wrong: list[int]) -> bool:
    """Whether two neighbouring digits are exchanged and all else is equal."""
    if len(wrong) != 2 or wrong[1] != wrong[0] + 1:
        return False
    one, other = wrong
    return mine[one] == yours[other] and mine[other] == yours[one]


def sex_level(ours: int, theirs: int) -> Sex:
    """See `levels.Sex`."""
    if not ours or not theirs:
        return Sex.MISSING
    return Sex.EQUAL if ours == theirs else Sex.DIFFERENT


def birth_place_level(ours: PlaceForm, theirs: PlaceForm, near: frozenset[str]) -> int:
    """See `levels.BirthPlace`. `near`: the `places.neighbours` of our codes."""
    if not ours.area or not theirs.area:
        return BirthPlace.MISSING
    if ours.text == theirs.text and ours.codes:
        return BirthPlace.EQUAL
    if ours.codes & theirs.codes:
        return BirthPlace.EQUAL if len(ours.codes) == len(theirs.codes) == 1 else BirthPlace.MAY_BE
    if not near.isdisjoint(theirs.codes):
        return BirthPlace.NEIGHBOUR
    if _one_edit(ours.text, theirs.text):
        return BirthPlace.ONE_EDIT
    if ours.area == theirs.area and len(ours.area) < 5:
        return BirthPlace.AREA
    return BirthPlace.OTHER_COUNTRY if is_abroad(ours) or is_abroad(theirs) else BirthPlace.DIFFERENT
