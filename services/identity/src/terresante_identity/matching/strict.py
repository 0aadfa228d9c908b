"""Whether two identities have the same strict traits: what an equal INS asks for (R-ID11)."""

from terresante_identity.matching.names import FirstForm
from terresante_identity.matching.single import Someone
from terresante_identity.matching.text import plain


def strictly_equal(ours: Someone, theirs: Someone) -> bool:
    """The same answer as no `traits.strict_differences`, on texts as received.

    Case, accents, hyphens and apostrophes make no difference. Of first names the first must be equal, and the list
    where both give one. Dates are known equally well. Places are equal when they may be one commune; an unknown place
    may be none.
    """
    name, other = plain(ours.raw.birth_name), plain(theirs.raw.birth_name)
    mine, yours = ours.date, theirs.date
    return (
        bool(name)
        and name == other
        and _first_names_equal(ours, theirs)
        and mine.year > 0
        and (mine.year, mine.month, mine.day) == (yours.year, yours.month, yours.day)
        and ours.sex == theirs.sex
        and bool(ours.place.codes & theirs.place.codes)
    )


def _first_names_equal(ours: Someone, theirs: Someone) -> bool:
    one, other = plain(ours.raw.first_names), plain(theirs.raw.first_names)
    if not one or not other:
        return False
    alone = _is_one_name(ours.first) or _is_one_name(theirs.first)
    return one == other or (alone and ours.first.unit == theirs.first.unit)


def _is_one_name(first: FirstForm) -> bool:
    return len(first.words) == first.compound
