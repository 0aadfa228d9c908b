"""What the text of one trait fills in the tables, by the rules of an identity sent to the service.

`domain.received` reads it and the store's own functions write it, once per distinct text: a file has the same names,
days and places again and again. Names in INSi's form already (A-Z, one separator) are most of a file; that they are
their own form needs no reading, which `tests/matching/test_told.py` holds to the rules for whatever is made up.
"""

import re
import struct
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from terresante_platform.refusals import Refusal

from terresante_identity.cli.packing import members, packed, sized
from terresante_identity.domain.asking import asked_of
from terresante_identity.domain.births import COG, Gazetteer
from terresante_identity.domain.names import BIRTH_NAME, FIRST_NAME, MAX_NAME_LENGTH
from terresante_identity.domain.received import read_traits
from terresante_identity.domain.sources import Claim, Received
from terresante_identity.domain.status import Standing
from terresante_identity.gazetteer import gazetteer
from terresante_identity.matching.names import PREFIX
from terresante_identity.matching.people import MAN, TRAITS, WOMAN
from terresante_identity.matching.single import date_of, first_of, name_of, place_key, sex_of
from terresante_identity.matching.text import hashed
from terresante_identity.store.rows import trait_columns, trait_document
from terresante_identity.store.sources import received_document

SAMPLE = Received("A", "A", "2000-01-01", "M", birth_code="75056")
"""Nothing is wrong with it: what is said of it with one trait changed is said of that trait."""
SEXES = {MAN: "M", WOMAN: "F"}
FILLED = {
    "birth_name": (("birth_name", "birth_name_insi"), ("birth_name",)),
    "first_names": (("first_name", "first_name_insi", "given_names", "given_names_insi"), ("first_names",)),
    "birth_date": (("birth_date", "birth_precision"), ("birth_date",)),
    "sex": (("sex",), ("sex",)),
    "birth_place": (
        ("birth_country", "birth_postal_code", "birth_codes"), ("birth_country", "birth_postal_code", "birth_code"),
    ),
}  # fmt: skip
"""Of each trait: what of a person, and what of an identity as received, it fills."""
REMEMBERED = 100_000
"""Distinct texts of one trait that are kept in mind; then all are forgotten."""
INNER = re.compile(r"[-']")


class Told(NamedTuple):
    """Of one text. `columns`: fields of `person`; `traits`, `received`: members of the documents, a comma behind;
    `asked`: field of `source_features`; `numbers`: what keys are made of, unsigned 64-bit each (`NUMBERS`);
    `warnings`: codes; `refused`: why it is no such trait, "" if it is one.
    """

    columns: bytes
    traits: bytes
    received: bytes
    asked: bytes
    numbers: bytes
    warnings: tuple[str, ...] = ()
    refused: str = ""


NUMBERS = {
    "birth_name": ("name", "exact", "initial", "prefix"),
    "first_names": ("first", "given", "given_prefix", "given_initial", "unit"),
    "birth_date": ("year", "month", "day"),
    "sex": (),
    "birth_place": ("place",),
}
"""Of each trait: its `numbers`, by the names of `keys.Parts`; `unit`: of the first first name as a whole."""


class Remembered(dict[str, Told]):
    """What each text of one trait fills, worked out when it is asked for the first time."""

    def __init__(self, trait: str, today: date) -> None:
        super().__init__()
        self._trait, self._today = trait, today

    def __missing__(self, text: str) -> Told:
        if len(self) >= REMEMBERED:
            self.clear()
        found = self[text] = told(self._trait, text, self._today)
        return found


def told(trait: str, text: str, today: date) -> Told:
    """`text`: without blanks around it."""
    if len(text) <= MAX_NAME_LENGTH:
        if trait == "birth_name" and BIRTH_NAME.fullmatch(text):
            return _birth_name(text)
        if trait == "first_names" and FIRST_NAME.fullmatch(text):
            return _first_names(text)
    return read(trait, text, today)


def read(trait: str, text: str, today: date) -> Told:
    """The same of any text: by the rules, without a shorter way."""
    received = _received(trait, text)
    try:
        traits, warnings = read_traits(received, _gazetteer(), today)
    except Refusal as refusal:
        return Told(b"", b"", b"", b"", b"", refused=f"{refusal.reason}: {refusal.sentence}")
    columns, document = trait_columns(traits), trait_document(traits)
    filled, received_as = FILLED[trait]
    asked = getattr(asked_of(Claim(received, traits, Standing(), None)), trait)
    return Told(
        columns=b"".join([packed(columns[name]) for name in filled]),
        traits=members({name: document[name] for name in filled}) + b", ",
        received=members({name: getattr(received, name) for name in received_as}) + b", ",
        asked=packed(asked),
        numbers=_numbers(trait, asked),
        warnings=tuple(sorted(warnings)),
    )


def _birth_name(text: str) -> Told:
    raw = text.encode()
    field = sized(raw)
    return Told(
        columns=field + field,
        traits=b'"birth_name": "%b", "birth_name_insi": "%b", ' % (raw, raw),
        received=b'"birth_name": "%b", ' % raw,
        asked=field,
        numbers=_numbers("birth_name", text),
    )


def _first_names(text: str) -> Told:
    raw = text.encode()
    first, several, _ = raw.partition(b" ")
    one, all_ = sized(first), sized(raw)
    listed = b'"%b"' % raw if several else b"null"
    given = all_ if several else packed(None)
    return Told(
        columns=b"".join([one, one, given, given]),
        traits=b'"first_name": "%b", "first_name_insi": "%b", "given_names": %b, "given_names_insi": %b, '
        % (first, first, listed, listed),
        received=b'"first_names": "%b", ' % raw,
        asked=all_,
        numbers=_first_numbers(_head(text)),
    )


def _head(text: str) -> str:
    """Up to the first space: all that keys read, unless a word is twice in it (the whole list is a set of words)."""
    head = text.split(" ", 1)[0]
    words = INNER.split(head)
    return head if len(words) == len(set(words)) else text


@lru_cache(maxsize=REMEMBERED)
def _first_numbers(text: str) -> bytes:
    return _numbers("first_names", text)


def _numbers(trait: str, asked: str) -> bytes:
    if trait == "birth_name":
        name = name_of(asked)
        found: tuple[int, ...] = (name.first_code, name.whole, name.initial, name.prefix)
    elif trait == "first_names":
        first = first_of(asked)
        given = first.words[0]
        found = (given.sound, given.hash, hashed(given.text[:PREFIX]), hashed(given.text[:1]), first.unit)
    elif trait == "birth_date":
        born = date_of(asked, 0)
        found = (born.year, born.month, born.day)
    else:
        found = () if trait == "sex" else (place_key(asked),)
    return struct.pack(f"<{len(found)}Q", *found)


def _received(trait: str, text: str) -> Received:
    if trait == "birth_place":
        return _place_as_received(text)
    if trait == "sex":
        return replace(SAMPLE, sex="I" if text.upper() == "I" else SEXES.get(sex_of(text), ""))
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


def _others(document: dict[str, Any], place: int) -> bytes:
    filled = {name for told in FILLED.values() for name in told[place]}
    return members({name: value for name, value in document.items() if name not in filled})


OTHER_TRAITS = _others(trait_document(read_traits(SAMPLE, gazetteer(), date(2026, 1, 1))[0]), 0)
OTHER_RECEIVED = _others(received_document(SAMPLE), 1)
"""Members that no trait of a line fills: as of a person of whom nothing else is known."""
PERSON = tuple([name for trait in TRAITS for name in FILLED[trait][0]])
"""The columns of `person` that traits fill, in order."""
