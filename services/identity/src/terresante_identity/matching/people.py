"""People as columns: each distinct text is looked at once, each person is a row of numbers that point to texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from terresante_identity.matching import dates
from terresante_identity.matching.arrays import Ints
from terresante_identity.matching.names import BirthNames, FirstNames, birth_names, first_names
from terresante_identity.matching.places import Places, places

SEXES = {
    **dict.fromkeys(("M", "H", "MALE", "HOMME", "MASCULIN", "1"), 1),
    **dict.fromkeys(("F", "FEMALE", "FEMME", "FEMININ", "FÉMININ", "2"), 2),
}
SEX_UNKNOWN, MAN, WOMAN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class RawTraits:
    """The five traits of one person as received, in the order of the columns. Missing: empty text."""

    birth_name: str = ""
    first_names: str = ""
    birth_date: str = ""
    sex: str = ""
    birth_place: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """N people. The `…_id` columns point into the tables of distinct texts; the others are numbers, 0: unknown."""

    birth_names: BirthNames
    first_names: FirstNames
    places: Places
    name_texts: list[str]
    first_texts: list[str]
    place_texts: list[str]
    name_id: Ints
    first_id: Ints
    place_id: Ints
    year: Ints
    month: Ints
    day: Ints
    sex: Ints
    implausible: Ints

    def __len__(self) -> int:
        return len(self.name_id)


def people(traits: Sequence[RawTraits], latest_year: int) -> People:
    """`latest_year`: the present year, after which nobody was born."""
    columns = {trait: [getattr(person, trait) for person in traits] for trait in TRAITS}
    return people_of_columns(columns, latest_year)


TRAITS = ("birth_name", "first_names", "birth_date", "sex", "birth_place")


def people_of_columns(columns: Mapping[str, Sequence[str]], latest_year: int) -> People:
    """`columns`: texts of each of `TRAITS`, all of one length."""
    birth_name, first_name, birth_date, sex, birth_place = (columns[trait] for trait in TRAITS)
    name_texts, name_id = _distinct(birth_name)
    first_texts, first_id = _distinct(first_name)
    place_texts, place_id = _distinct(birth_place)
    date_texts, date_id = _distinct(birth_date)
    parts = [dates.date_parts(text, latest_year) for text in date_texts]
    parted = np.array(parts, dtype=np.int64).reshape(-1, 3)[date_id]
    doubtful = np.array([dates.implausible(*part, latest_year) for part in parts], dtype=np.int64)
    sex_texts, sex_id = _distinct(sex)
    sexes = np.array([SEXES.get(text.strip().upper(), SEX_UNKNOWN) for text in sex_texts], dtype=np.int64)
    return People(
        birth_names=birth_names(name_texts),
        first_names=first_names(first_texts),
        places=places(place_texts),
        name_texts=name_texts,
        first_texts=first_texts,
        place_texts=place_texts,
        name_id=name_id,
        first_id=first_id,
        place_id=place_id,
        year=parted[:, 0].copy(),
        month=parted[:, 1].copy(),
        day=parted[:, 2].copy(),
        sex=sexes[sex_id],
        implausible=doubtful[date_id],
    )


def _distinct(texts: Sequence[str]) -> tuple[list[str], Ints]:
    seen: dict[str, int] = {}
    places_of = np.fromiter((seen.setdefault(text, len(seen)) for text in texts), dtype=np.int64, count=len(texts))
    return list(seen), places_of
