"""Lines of a file -> rows of the tables of a region, as COPY reads them. Runs in a process beside the database's.

Each trait is read by the same rules as an identity sent to the service (`domain.received`), and written as the store
writes it, once per distinct text: a file has the same names, days and places again and again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
import uuid_utils
from terresante_platform.refusals import Refusal

from terresante_identity.cli.reading import Rejected
from terresante_identity.domain.asking import asked_of
from terresante_identity.domain.births import COG, Gazetteer
from terresante_identity.domain.received import read_traits
from terresante_identity.domain.sources import Claim, Received, require_local_id
from terresante_identity.domain.status import Standing
from terresante_identity.gazetteer import gazetteer
from terresante_identity.matching.keys import KEYS, keys
from terresante_identity.matching.people import TRAITS, people_of_columns
from terresante_identity.store.rows import trait_document
from terresante_identity.store.sources import received_document

NULL = r"\N"
SAMPLE = Received("A", "A", "2000-01-01", "M", birth_code="75056")
"""Nothing is wrong with it: what is said of it with one trait changed is said of that trait."""
SEXES = {"M": "M", "1": "M", "H": "M", "F": "F", "2": "F", "I": "I"}
DOCUMENTS = {
    "birth_name": (("birth_name", "birth_name_insi"), ("birth_name",)),
    "first_names": (("first_name", "first_name_insi", "given_names", "given_names_insi"), ("first_names",)),
    "birth_date": (("birth_date", "birth_precision"), ("birth_date",)),
    "sex": (("sex",), ("sex",)),
    "birth_place": (
        ("birth_country", "birth_postal_code", "birth_codes"), ("birth_country", "birth_postal_code", "birth_code"),
    ),
}  # fmt: skip
"""Of each trait: what of a person, and what of an identity as received, it fills."""
COLUMNS = {
    "person": (
        "id", "version", "created_at", "registered_by", *(name for told, _ in DOCUMENTS.values() for name in told),
        "retrieved", "checked", "flags",
    ),
    "source": (
        "id", "issuer", "local_id", "person_id", "version", "structure_id", "territory_code", "fed_by", "registered_at",
    ),
    "source_version": (
        "source_id", "version", "received", "traits", "retrieved", "checked", "flags", "warnings", "valid_from",
        "received_at", "received_from",
    ),
    "linkage_act": ("id", "place", "kind", "at", "by_id"),
    "linkage_move": ("act_id", "place", "source_id", "to_person_id"),
    "source_features": (
        "source_id", "person_id", *TRAITS, "qualified", "flagged", "f_birth_name", "f_first_name", "f_place",
        *(f"k_{name}" for name in KEYS),
    ),
}  # fmt: skip
"""Of each table, in the order in which they are filled; the others have no value in a new region."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Who delivers the file. `territory`: code, "" if nobody knows; `fed_by`: opaque id of the feeder."""

    issuer: str
    structure: UUID | None
    territory: str
    fed_by: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines to make rows of: each one's number in the file, identifier, traits in the order of `TRAITS`, and its text.

    `place`: of the first one's act.
    """

    place: int
    lines: Sequence[tuple[int, str, tuple[str, ...], str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rows:
    """`copies`: of each table of `COLUMNS`, its rows in the text format of COPY."""

    copies: dict[str, bytes] = field(repr=False)
    rejected: list[Rejected]


def rows(chunk: Chunk, feed: Feed) -> Rows:
    """One person per line that can be read."""
    written: dict[str, list[str]] = {table: [] for table in COLUMNS}
    ids: list[str] = []
    asked: list[tuple[str, ...]] = []
    rejected = []
    today, stamp = feed.at.date(), feed.at.isoformat()
    known = f"{feed.structure or NULL}\t{_escaped(feed.territory)}\t{feed.fed_by}\t{stamp}\n"
    for place, (number, local_id, texts, line) in enumerate(chunk.lines, start=chunk.place):
        try:
            require_local_id(local_id)
            told = [_told(trait, text, today) for trait, text in zip(TRAITS, texts, strict=True)]
        except Refusal as refusal:
            rejected.append(Rejected(number, f"{refusal.reason}: {refusal.sentence}", line))
            continue
        person, source, act = [str(uuid_utils.uuid7()) for _ in range(3)]
        columns = "\t".join([one.columns for one in told])
        traits = ", ".join([one.traits for one in told])
        received = ", ".join([one.received for one in told])
        warnings = ",".join([one.warnings for one in told if one.warnings])
        written["person"].append(f"{person}\t1\t{stamp}\t{feed.fed_by}\t{columns}\tf\tf\t{{}}\n")
        written["source"].append(f"{source}\t{feed.issuer}\t{_escaped(local_id)}\t{person}\t1\t{known}")
        written["source_version"].append(
            f"{source}\t1\t{{{received}, {OTHER_RECEIVED}}}\t{{{traits}, {OTHER_TRAITS}}}\tf\tf\t{{}}\t{{{warnings}}}\t"
            f"{stamp}\t{stamp}\t{feed.fed_by}\n"
        )
        written["linkage_act"].append(f"{act}\t{place}\tREGISTERED\t{stamp}\t{feed.fed_by}\n")
        written["linkage_move"].append(f"{act}\t{place}\t{source}\t{person}\n")
        ids.append(f"{source}\t{person}")
        asked.append(tuple([one.asked for one in told]))
    written["source_features"] = _features(ids, asked, feed.at.year)
    return Rows({table: "".join(lines).encode() for table, lines in written.items()}, rejected)


@dataclass(frozen=True, slots=True)
class Told:
    """What one trait's text fills: columns of `person`, parts of the two documents, what is looked up by. For COPY."""

    columns: str = field(repr=False)
    traits: str = field(repr=False)
    received: str = field(repr=False)
    asked: str = field(repr=False)
    warnings: str


@lru_cache(maxsize=600_000)
def _told(trait: str, text: str, today: date) -> Told:
    """Raises the refusals of `received.read_traits`."""
    received = _received(trait, text.strip())
    traits, warnings = read_traits(received, _gazetteer(), today)
    document = trait_document(traits)
    filled, received_as = DOCUMENTS[trait]
    return Told(
        columns="\t".join([_column(document[name]) for name in filled]),
        traits=_part({name: document[name] for name in filled}),
        received=_part({name: getattr(received, name) for name in received_as}),
        asked=getattr(asked_of(Claim(received, traits, Standing(), None)), trait),
        warnings=",".join(sorted(warnings)),
    )


def _received(trait: str, text: str) -> Received:
    if trait == "birth_place":
        return _place_as_received(text)
    if trait == "sex":
        return replace(SAMPLE, sex=SEXES.get(text.upper()[:1], ""))
    if trait == "birth_date" and len(text) == 8 and text.isdigit():
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    changed: dict[str, Any] = {trait: text}
    return replace(SAMPLE, **changed)


def _place_as_received(text: str) -> Received:
    """A COG code, a French postal code, an ISO country, or country:postal code; what is none of these is no place."""
    known, upper = _gazetteer(), text.upper()
    country, colon, postal = upper.partition(":")
    blank = replace(SAMPLE, birth_code="")
    if colon:
        return replace(blank, birth_country=country, birth_postal_code=postal.strip())
    if upper in known.all_communes or (COG.fullmatch(upper) and upper in known.countries.values()):
        return replace(blank, birth_code=upper)
    if upper in known.communes:
        return replace(blank, birth_country="FR", birth_postal_code=upper)
    return replace(blank, birth_country=upper if upper in known.countries else "")


@lru_cache(maxsize=1)
def _gazetteer() -> Gazetteer:
    return gazetteer()


def _part(document: Mapping[str, Any]) -> str:
    """Members of a JSON object, without its braces."""
    return _escaped(json.dumps(document, ensure_ascii=False)[1:-1])


def _column(value: Any) -> str:
    if value is None:
        return NULL
    return f"{{{','.join(value)}}}" if isinstance(value, list) else _escaped(str(value))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\")


def _others(document: Mapping[str, Any], place: int) -> str:
    """What no trait of a line fills: as of a person of whom nothing else is known."""
    filled = {name for told in DOCUMENTS.values() for name in told[place]}
    return _part({name: value for name, value in document.items() if name not in filled})


OTHER_TRAITS = _others(trait_document(read_traits(SAMPLE, gazetteer(), date(2026, 1, 1))[0]), 0)
OTHER_RECEIVED = _others(received_document(SAMPLE), 1)


def _features(ids: Sequence[str], asked: Sequence[tuple[str, ...]], year: int) -> list[str]:
    """`features.row_of` of all of them: worked out together, which costs a quarter."""
    if not ids:
        return []
    who = people_of_columns(dict(zip(TRAITS, zip(*asked, strict=True), strict=True)), year)
    frequent = who.birth_names.whole[who.name_id], who.first_names.unit[who.first_id], who.places.key[who.place_id]
    numbers = [
        [str(number) if number else NULL for number in values.view(np.int64).tolist()]
        for values in (*frequent, *keys(who, KEYS).values())
    ]
    texts = map("\t".join, asked)
    return [
        f"{id}\t{text}\tf\tf\t{values}\n"
        for id, text, values in zip(ids, texts, map("\t".join, zip(*numbers, strict=True)), strict=True)
    ]
