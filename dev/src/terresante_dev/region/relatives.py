"""People who are not registered, but resemble somebody who is."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import numpy as np

from terresante_dev.region.families import NOBODY
from terresante_dev.region.luck import luck as luck_of
from terresante_dev.region.people import alike, given_names, lineage_names
from terresante_dev.region.registry import Chunk
from terresante_dev.region.typed import Typed
from terresante_dev.region.vocabulary import Ints, vocabulary

# Shares of the relatives; of 8,000 look-ups with 1,333 relatives, about 303 are twins.
RELATIONS = {"twin": 0.227, "sibling": 0.24, "parent_child": 0.19, "homonym": 0.18, "spouse": 0.08, "cousin": 0.083}
SAME_PLACE = {"twin": 0.98, "sibling": 0.6, "parent_child": 0.15, "homonym": 0.05, "spouse": 0.1, "cousin": 0.25}


def typed(chunk: Chunk, row: int) -> Typed:
    """What a person's papers say, before a feeder types it."""
    words = vocabulary()
    year, month, day = (int(part) for part in str(chunk.birth[row]).split("-"))
    given = [str(words.given[number]) for number in chunk.given[row] if number != NOBODY]
    sex, place = "FM"[chunk.sex[row]], str(words.places[chunk.place[row]])
    return Typed(chunk.birth_name[row], chunk.usage_name[row], given, year, month, day, sex, place)


def relatives(rng: np.random.Generator, chunk: Chunk, people: Ints) -> list[tuple[str, Typed]]:
    """For each of these rows of the chunk one invented relative: relation, traits."""
    relation = rng.choice(list(RELATIONS), len(people), p=np.array(list(RELATIONS.values())) / sum(RELATIONS.values()))
    luck = luck_of("relatives", int(rng.integers(2**62)))
    names = _names(rng, chunk, people)
    told = zip(relation.tolist(), people.tolist(), names, strict=True)
    return [(kind, _relative(kind, chunk, row, drawn, luck)) for kind, row, drawn in told]


_Names = dict[str, str]


def _names(rng: np.random.Generator, chunk: Chunk, people: Ints) -> list[_Names]:
    """Names that relatives may bear, drawn at once: first names of either sex, a surname from outside, a place."""
    words, count = vocabulary(), len(people)
    year = chunk.birth[people].astype("datetime64[Y]").astype(np.int64) + 1970
    origin, sex = chunk.origin[people], chunk.sex[people]
    abroad = np.array([str(code).startswith("99") for code in words.places[chunk.place[people]]])
    place = words.places[words.region_births.draw(rng, count)]
    columns = {
        "F": words.given[given_names(rng, words, origin, sex * 0, year, abroad)],
        "M": words.given[given_names(rng, words, origin, sex * 0 + 1, year, abroad)],
        "second": words.given[given_names(rng, words, origin, sex, year - 20, abroad)],
        "alike": words.given[alike(rng, words, chunk.given[people, 0], sex, year)],
        "surname": lineage_names(rng, words, origin, year),
        "place": place,
    }
    return [{key: str(column[at]) for key, column in columns.items()} for at in range(count)]


def _relative(relation: str, chunk: Chunk, row: int, names: _Names, luck: Random) -> Typed:
    who = typed(chunk, row)
    sex = who.sex
    who.usage_name = ""
    if relation in ("twin", "sibling", "cousin") and luck.random() < (0.4 if relation == "twin" else 0.5):
        who.sex = "M" if sex == "F" else "F"
    if relation in ("parent_child", "homonym"):
        second = [names["second"]] if len(who.given) > 1 and names["second"] != who.given[0] else []
        who.given = [who.given[0], *second]
    else:
        _rename(relation, who, names, same_sex=who.sex == sex, luck=luck)
    if relation == "spouse":
        _marry(who, chunk, row, names)
    if luck.random() >= SAME_PLACE[relation]:
        who.place = names["place"]
    _birth(relation, who, luck)
    return who


def _rename(relation: str, who: Typed, names: _Names, *, same_sex: bool, luck: Random) -> None:
    first = names["alike"] if relation == "twin" and same_sex and luck.random() < 0.3 else names[who.sex]
    if first == who.given[0]:
        first = names["second"] if names["second"] != who.given[0] else names["F" if who.sex == "M" else "M"]
    # Twins often share the names of their grandparents.
    others = who.given[1:] if relation == "twin" and luck.random() < 0.25 else [names["second"]] * (len(who.given) > 1)
    who.given = [first, *(other for other in others if other != first)]


def _marry(who: Typed, chunk: Chunk, row: int, names: _Names) -> None:
    """The wife of a man goes by his name; the husband of a woman lends her his."""
    if who.sex == "M":
        who.sex, who.usage_name, who.birth_name = "F", who.birth_name, names["surname"]
    else:
        who.sex, who.birth_name = "M", chunk.usage_name[row] or names["surname"]
    if names[who.sex] != who.given[0]:
        who.given = [names[who.sex]]


def _birth(relation: str, who: Typed, luck: Random) -> None:
    if relation == "twin":
        return
    # Of homonyms a few share the year, so that one component alone may differ.
    apart = {
        "sibling": (1, 2, 2, 3, 3, 4, 5, 7),
        "parent_child": range(19, 42),
        "cousin": range(10),
        "spouse": range(8),
        "homonym": (0, 1, 2, 3, 5, 8, 13, 21),
    }
    years = luck.choice(apart[relation])
    back = who.year + years > 2025 or (who.year - years > 1910 and luck.random() < 0.5)
    first = date(who.year + (-years if back else years), 1, 1)
    born = first + timedelta(days=luck.randrange(365))
    who.year, who.month, who.day = born.year, born.month, born.day
