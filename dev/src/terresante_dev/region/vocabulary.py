"""The names and places of data/, as arrays to draw from."""

from __future__ import annotations

import csv
import gzip
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from terresante_dev.region.making.spelling import registered

Ints = NDArray[np.int64]
Texts = NDArray[np.object_]
FIRST_DECADE = 1901
DECADES = 12
FRANCE = "france"
HERE = "11"  # the region's code: Île-de-France


@dataclass(frozen=True)
class Weighted:
    """Numbers to draw with the given shares."""

    items: Ints
    cumulative: NDArray[np.float64]

    @classmethod
    def of(cls, items: Any, weights: Any) -> Weighted:
        """Items and weights of the same length; zero weights are left out."""
        weight = np.asarray(weights, dtype=np.float64)
        kept = weight > 0
        total = np.cumsum(weight[kept])
        return cls(np.asarray(items, dtype=np.int64)[kept], total / total[-1])

    def draw(self, rng: np.random.Generator, count: int) -> Ints:
        """`count` items."""
        return self.items[np.searchsorted(self.cumulative, rng.random(count), side="right")]


@dataclass(frozen=True)
class Origin:
    """Where a family comes from: pool of names, COG ("" when French) and ISO code of the country, share of dates of
    birth registered there as 1 January.
    """

    name: str
    share: float
    pool: str
    cog: str
    iso: str
    first_january: float


@dataclass(frozen=True)
class Vocabulary:
    """All names and places; ids are positions in the text arrays."""

    surnames: Texts
    old_surnames: Weighted
    young_surnames: Weighted
    pool_surnames: dict[str, Weighted]
    given: Texts  # as a family writes them, with accents
    given_registered: Texts
    given_spelling: Ints  # one number for all that a register writes alike
    given_sound: Ints  # one number for all that sound alike, roughly: Margo and Margaux
    french_given: dict[tuple[int, int], Weighted]  # (sex, decade number): sex 0 F, 1 M
    pool_given: dict[tuple[str, int], Weighted]
    origins: tuple[Origin, ...]
    places: Texts
    region_births: Weighted
    other_births: Weighted
    overseas_births: Weighted
    former_place: Ints  # place -> the place before it merged, or -1
    countries: dict[str, str]  # COG -> ISO
    postal_codes: dict[str, list[str]]
    other_codes: dict[str, list[str]]  # COG -> COGs that name the same ground: former communes, the whole city


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one data file, comments left out."""
    raw = (files("terresante_dev.region") / "data" / name).read_bytes()
    text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode()
    return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))


@cache
def vocabulary() -> Vocabulary:
    """Reads data/ once."""
    french, foreign, first = rows("surnames.csv.gz"), rows("foreign_names.csv.gz"), rows("first_names.csv.gz")
    surnames = {row["name"]: number for number, row in enumerate(french)}
    ids = np.arange(len(french))
    given: dict[str, int] = {}
    french_given = {
        (sex, decade): _of_decade(given, [row for row in first if row["sex"] == "FM"[sex]], decade)
        for sex in (0, 1)
        for decade in range(DECADES)
    }
    origins = tuple(_origin(row) for row in rows("origins.csv"))
    pools = sorted({row["pool"] for row in foreign})
    pool_given = {(pool, sex): _pool(given, foreign, pool, "FM"[sex]) for pool in pools for sex in (0, 1)}
    spelt = np.array([registered(name) for name in given], dtype=object)
    return Vocabulary(
        old_surnames=Weighted.of(ids, [int(row["born_1911_1950"]) for row in french]),
        young_surnames=Weighted.of(ids, [int(row["born_1961_2000"]) for row in french]),
        pool_surnames={pool: _pool(surnames, foreign, pool, "S") for pool in pools},
        french_given=french_given,
        pool_given=pool_given,
        surnames=_texts(surnames),
        given=_texts(given),
        given_registered=spelt,
        given_spelling=np.unique(spelt.astype(str), return_inverse=True)[1],
        given_sound=np.unique([_sound(name) for name in spelt], return_inverse=True)[1],
        origins=origins,
        countries={one.cog: one.iso for one in origins if one.cog},
        **_places(),
    )


def _of_decade(given: dict[str, int], names: list[dict[str, str]], decade: int) -> Weighted:
    column = str(FIRST_DECADE + 10 * decade)
    return Weighted.of([_number(given, row["name"]) for row in names], [int(row[column] or 0) for row in names])


def _pool(ids: dict[str, int], foreign: list[dict[str, str]], pool: str, kind: str) -> Weighted:
    names = [row for row in foreign if (row["pool"], row["kind"]) == (pool, kind)]
    return Weighted.of([_number(ids, row["name"]) for row in names], [int(row["weight"]) for row in names])


def _origin(row: dict[str, str]) -> Origin:
    return Origin(row["origin"], float(row["share"]), row["pool"], row["cog"], row["iso"], float(row["first_january"]))


def _sound(name: str) -> str:
    for heard, written in (("EAU|AU", "O"), ("AI|EI", "E"), ("PH", "F"), ("Y", "I"), ("QU|C", "K"), ("[H' -]", "")):
        name = re.sub(heard, written, name)
    return re.sub("[ESTXD]+$", "", re.sub(r"(.)\1", r"\1", name))


def _number(ids: dict[str, int], text: str) -> int:
    return ids.setdefault(text, len(ids))


def _texts(ids: dict[str, int]) -> Texts:
    return np.array(list(ids), dtype=object)


def _born(codes: dict[str, int], communes: list[dict[str, str]], power: float) -> Weighted:
    weights = [int(row["population"]) ** power for row in communes]
    return Weighted.of([codes[row["code"]] for row in communes], weights)


def _places() -> dict[str, Any]:
    """The places of Vocabulary. Births crowd where maternity wards are: a commune's population to the power 1.35
    stands for that.
    """
    communes = rows("communes.csv.gz")
    codes = {row["code"]: number for number, row in enumerate(communes)}
    other: dict[str, list[str]] = {}
    former: dict[int, int] = {}
    for row in communes:
        old = [code for code in row["former_codes"].split() if code != row["city"]]
        other.setdefault(row["code"], []).extend([*old, row["city"]] if row["city"] else old)
        for code in old:
            other.setdefault(code, []).append(row["code"])
        if old:
            former[codes[row["code"]]] = _number(codes, old[0])
    for row in rows("origins.csv"):
        if row["cog"]:
            _number(codes, row["cog"])
    before = np.full(len(codes), -1, dtype=np.int64)
    before[list(former)] = list(former.values())
    overseas = ("01", "02", "03", "04", "06")
    mainland = [row for row in communes if row["region"] not in overseas]
    return {
        "places": _texts(codes),
        "region_births": _born(codes, [row for row in mainland if row["region"] == HERE], 1.35),
        "other_births": _born(codes, [row for row in mainland if row["region"] != HERE], 1.35),
        "overseas_births": _born(codes, [row for row in communes if row["region"] in overseas], 1.0),
        "former_place": before,
        "postal_codes": {row["code"]: row["postal_codes"].split() for row in communes},
        "other_codes": other,
    }
