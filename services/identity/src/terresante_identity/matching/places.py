"""Birth places as received -> the set of COG codes they may mean (R-ID1); sets are compared, never one guess."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from terresante_identity.domain.births import Gazetteer
from terresante_identity.gazetteer import gazetteer
from terresante_identity.matching.arrays import Hashes, Ints, hashes_of
from terresante_identity.matching.text import hashed, plain

UNKNOWN = frozenset({"", "0", "00000", "99999", "ZZ", "99000", "INCONNU", "UNKNOWN", "NAN", "NULL", "NONE"})
COG = re.compile(r"\d[\dAB]\d{3}")
DEPARTMENT = re.compile(r"\d[\dAB]|97\d|98\d")
ABROAD = "99"


@dataclass(frozen=True, slots=True)
class PlaceForm:
    """`codes`: COG codes it may be, or the text itself when it is none (another country's postal code)."""

    text: str
    codes: frozenset[str]
    area: str


@lru_cache(maxsize=100_000)
def place_form(text: str) -> PlaceForm:
    """COG code, French postal code, department, ISO country, or country:postal code. Unknown: no code at all."""
    stripped = text.strip().upper()
    country, colon, postal = stripped.partition(":")
    if colon:
        stripped = postal.strip() if country in {"FR", "FRA"} else country
    if stripped in UNKNOWN:
        return PlaceForm("", frozenset(), "")
    if DEPARTMENT.fullmatch(stripped):
        return PlaceForm(stripped, frozenset(), stripped)
    codes = _codes(stripped)
    if codes:
        return PlaceForm(stripped, codes, min(area_of(code) for code in codes))
    kept = stripped if any(map(str.isdigit, stripped)) else "".join(plain(stripped).split())
    return PlaceForm(kept, frozenset({kept}) if kept else frozenset(), kept[:2])


def area_of(code: str) -> str:
    """The department of a commune (three characters overseas), or the country itself when abroad."""
    if code.startswith(ABROAD):
        return code
    return code[:3] if code.startswith(("97", "98")) else code[:2]


def _codes(stripped: str) -> frozenset[str]:
    known = _gazetteer()
    if COG.fullmatch(stripped):
        own = frozenset({stripped}) if stripped in known.all_communes or stripped.startswith(ABROAD) else frozenset()
        return own | known.communes.get(stripped, frozenset())
    country = known.countries.get(stripped)
    return frozenset({country}) if country else frozenset()


@lru_cache(maxsize=1)
def _gazetteer() -> Gazetteer:
    return gazetteer()


@lru_cache(maxsize=1)
def _postal_areas() -> dict[str, tuple[frozenset[str], ...]]:
    """COG code -> the sets of codes of the postal codes that serve it."""
    areas: dict[str, list[frozenset[str]]] = {}
    for codes in _gazetteer().communes.values():
        for code in codes:
            areas.setdefault(code, []).append(codes)
    return {code: tuple(sets) for code, sets in areas.items()}


@lru_cache(maxsize=50_000)
def neighbours(code: str) -> frozenset[str]:
    """All codes that share a postal code with a code: among them those it was cut from, or merged into."""
    return frozenset({code}).union(*_postal_areas().get(code, ()))


@dataclass(frozen=True, slots=True)
class Places:
    """Distinct places, one row each. `key`: the hash of the one code that stands for the place (0: unknown)."""

    forms: list[PlaceForm]
    key: Hashes
    area: Hashes
    known: Ints
    abroad: Ints


def places(texts: Sequence[str]) -> Places:
    forms = [place_form(text) for text in texts]
    return Places(
        forms=forms,
        key=hashes_of([hashed(min(form.codes)) if form.codes else 0 for form in forms]),
        area=hashes_of([hashed(form.area) for form in forms]),
        known=np.array([bool(form.area) for form in forms], dtype=np.int64),
        abroad=np.array([form.area.startswith(ABROAD) and len(form.area) == 5 for form in forms], dtype=np.int64),
    )


@lru_cache(maxsize=100_000)
def probe_codes(text: str) -> tuple[int, ...]:
    """Hashes of all codes that may stand for this place in the registry: its own, and those of its postal areas."""
    codes = place_form(text).codes
    standing = set(codes)
    for code in codes:
        standing.update(min(area) for area in _postal_areas().get(code, ()))
    return tuple(sorted(hashed(code) for code in standing))


def are_french(some: Places) -> bool:
    """Whether most of these places are COG codes, French postal codes or departments, or countries by their code."""
    known = [form for form in some.forms if form.area]
    french = sum(1 for form in known if form.text not in form.codes or COG.fullmatch(form.text))
    return not known or french * 2 >= len(known)
