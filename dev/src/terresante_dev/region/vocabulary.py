"""The names and places of data/, as arrays to draw from."""

from __future__ import annotations

import csv
import gzip
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
    """Where a family comes from: name pool, COG of the country ("" when French), share born a registered 1 January."""

    name: str
    share: float
    pool: str
    cog: str
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
    french_given: dict[tuple[int, int], Weighted]  # (sex, decade number): sex 0 F, 1 M
    pool_given: dict[tuple[str, int], Weighted]
    origins: tuple[Origin, ...]
    places: Texts
    region_births: Weighted
    other_births: Weighted
    overseas_births: Weighted
    former_place: Ints  # place -> the place before it merged, or -1
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
    french, foreign = rows("surnames.csv.gz"), rows("foreign_names.csv.gz")
    surname_ids: dict[str, int] = {}
    old = [(_number(surname_ids, row["name"]), int(row["born_1911_1950"])) for row in french]
    young = [(_number(surname_ids, row["name"]), int(row["born_1961_2000"])) for row in french]
    given_ids: dict[str, int] = {}
    first = rows("first_names.csv.gz")
    french_given = {
        (sex, decade): _weighted(
            (_number(given_ids, row["name"]), int(row[str(FIRST_DECADE + 10 * decade)] or 0))
            for row in first
            if row["sex"] == letter
        )
        for sex, letter in enumerate("FM")
        for decade in range(DECADES)
    }
    pools = sorted({row["pool"] for row in foreign})
    pool_surnames = {pool: _weighted(_pool(surname_ids, foreign, pool, "S")) for pool in pools}
    pool_given = {
        (pool, sex): _weighted(_pool(given_ids, foreign, pool, letter)) for pool in pools for sex, letter in enumerate("FM")
    }
    return Vocabulary(
        surnames=_texts(surname_ids),
        old_surnames=_weighted(old),
        young_surnames=_weighted(young),
        pool_surnames=pool_surnames,
        given=_texts(given_ids),
        given_registered=np.array([registered(name) for name in given_ids], dtype=object),
        french_given=french_given,
        pool_given=pool_given,
        origins=tuple(
            Origin(row["origin"], float(row["share"]), row["pool"], row["cog"], float(row["first_january"]))
            for row in rows("origins.csv")
        ),
        **_places(),
    )


def _number(ids: dict[str, int], text: str) -> int:
    return ids.setdefault(text, len(ids))


def _texts(ids: dict[str, int]) -> Texts:
    return np.array(list(ids), dtype=object)


def _weighted(pairs: Any) -> Weighted:
    items, weights = zip(*pairs, strict=True)
    return Weighted.of(items, weights)


def _pool(ids: dict[str, int], foreign: list[dict[str, str]], pool: str, kind: str) -> Any:
    return [
        (_number(ids, row["name"]), int(row["weight"])) for row in foreign if row["pool"] == pool and row["kind"] == kind
    ]


def _places() -> dict[str, Any]:
    """Births crowd where maternity wards are: the population of a commune to the power 1.35 stands for that."""
    communes = rows("communes.csv.gz")
    codes: dict[str, int] = {}
    for row in communes:
        _number(codes, row["code"])
    here = [(codes[row["code"]], int(row["population"]) ** 1.35) for row in communes if row["region"] == "11"]
    overseas = ("01", "02", "03", "04", "06")
    away = [
        (codes[row["code"]], int(row["population"]) ** 1.35)
        for row in communes
        if row["region"] not in ("11", *overseas)
    ]
    islands = [(codes[row["code"]], int(row["population"])) for row in communes if row["region"] in overseas]
    other: dict[str, list[str]] = {}
    former = {}
    for row in communes:
        old = [code for code in row["former_codes"].split() if code != row["city"]]
        other[row["code"]] = [*old, *([row["city"]] if row["city"] else [])]
        if old:
            former[codes[row["code"]]] = _number(codes, old[0])
    for row in communes:
        for code in row["former_codes"].split():
            other.setdefault(code, []).append(row["code"])
    before = np.full(len(codes) + 400, -1, dtype=np.int64)
    for now, then in former.items():
        before[now] = then
    return {
        "places": _with_countries(codes),
        "region_births": _weighted(here),
        "other_births": _weighted(away),
        "overseas_births": _weighted(islands),
        "former_place": before,
        "postal_codes": {row["code"]: row["postal_codes"].split() for row in communes},
        "other_codes": other,
    }


def _with_countries(codes: dict[str, int]) -> Texts:
    for row in rows("origins.csv"):
        if row["cog"]:
            _number(codes, row["cog"])
    return _texts(codes)
