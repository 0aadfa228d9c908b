"""From FHIR search parameters to what the directory is asked: one function for each way of searching.

The parameters are those of the ROR v3 (domain §3.2) and of the Annuaire that the directory has data for.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from terresante.directory.v1 import extract_service_pb2 as pb
from terresante.directory.v1 import ror_service_pb2 as ror

from terresante_gateway import words
from terresante_gateway.fhir import terms
from terresante_gateway.fhir.directory import names
from terresante_gateway.fhir.directory.organizations import INTERNAL, INTERNAL_CODE, LEVEL_CODES
from terresante_gateway.fhir.directory.query import Query, bounds, compared, refused, token

UUID = re.compile(words.UUID_PATTERN)
METRES = {"km": 1000.0, "m": 1.0}
FARTHEST_METRES = 200_000
AGE_UNITS = {"a": 12, "mo": 1}
OLDEST_MONTHS = 1_800
NOWHERE = "00000000-0000-0000-0000-000000000000"
"""The id of nothing: what is asked for by two ids at once."""
Reads = Callable[[Query, str, pb.ExtractFilter], None]
"""Reads one parameter of a query into what the directory is asked. Refuses with FIELDS_INVALID."""


def _narrow(asked: pb.ExtractFilter, ids: list[str]) -> None:
    """Only these; those of an earlier parameter that are not among them go."""
    kept = [id for id in asked.ids if id in ids] if asked.ids else ids
    asked.ids[:] = kept or [NOWHERE]


def ids(query: Query, name: str, asked: pb.ExtractFilter) -> None:
    _narrow(asked, [_id(name, text) for text in query.choices(name)])


def _id(name: str, text: str) -> str:
    """An id as the platform gave it. Refuses with FIELDS_INVALID."""
    if not UUID.fullmatch(text):
        raise refused(name, "un identifiant de la plateforme est attendu (8-4-4-4-12, en minuscules).")
    return text


def own_numbers(query: Query, name: str, asked: pb.ExtractFilter) -> None:
    """Identifiers of ours only: `urn:ietf:rfc:3986|urn:uuid:…`."""
    _narrow(asked, [_own(name, text) for text in query.choices(name)])


def _own(name: str, text: str) -> str:
    _, value = token(name, text, {terms.URIS})
    return _id(name, value.removeprefix(terms.UUID))


def structure_numbers(query: Query, name: str, asked: pb.ExtractFilter) -> None:
    """FINESS, SIREN, SIRET, the national identifier made of one of them, or ours."""
    own: list[str] = []
    for text in query.choices(name):
        system, value = token(name, text, {names.FINESS, names.SIRENE, names.NATIONAL_STRUCTURE, terms.URIS})
        if system == terms.URIS or value.startswith(terms.UUID):
            own.append(_id(name, value.removeprefix(terms.UUID)))
            continue
        if system == names.NATIONAL_STRUCTURE:
            prefixes = {names.FINESS_PREFIX: asked.finess, names.SIREN_PREFIX: asked.siren}
            kept = prefixes | {names.SIRET_PREFIX: asked.siret}
            if value[:1] not in kept:
                raise refused(name, "l’identifiant national commence par 1 (FINESS), 2 (SIREN) ou 3 (SIRET).")
            kept[value[:1]].append(value[1:])
            continue
        if system in (names.FINESS, ""):
            asked.finess.append(value)
        if system in (names.SIRENE, ""):
            (asked.siret if len(value) > 9 else asked.siren).append(value)
    _own_alone(name, own, asked, asked.finess, asked.siren, asked.siret)


def _own_alone(name: str, own: list[str], asked: pb.ExtractFilter, *others: Sequence[str]) -> None:
    """Identifiers of ours and others are not looked for at once: each kind narrows by itself."""
    if own and any(others):
        raise refused(name, "un identifiant de la plateforme se cherche sans identifiant national.")
    if own:
        _narrow(asked, own)


def person_numbers(query: Query, name: str, asked: pb.ExtractFilter) -> None:
    """RPPS, the national identifier made of it, or ours."""
    own: list[str] = []
    for text in query.choices(name):
        system, value = token(name, text, {names.RPPS, names.NATIONAL_PERSON, terms.URIS})
        if system == terms.URIS or value.startswith(terms.UUID):
            own.append(_id(name, value.removeprefix(terms.UUID)))
        elif system == names.NATIONAL_PERSON or (not system and len(value) == 12):
            if not value.startswith(names.RPPS_PREFIX):
                raise refused(name, "l’identifiant national d’un professionnel est 8 suivi du RPPS.")
            asked.rpps.append(value[1:])
        else:
            asked.rpps.append(value)
    _own_alone(name, own, asked, asked.rpps)


def changed(query: Query, name: str, asked: pb.ExtractFilter) -> None:
    first, last = bounds(name, query.every(name))
    if first is not None:
        asked.changed_from.CopyFrom(words.timestamp(first))
    if last is not None:
        asked.changed_before.CopyFrom(words.timestamp(last))


def tags(query: Query, name: str, asked: pb.ExtractFilter) -> None:
    """The region, which all are of, or a territory."""
    for text in query.choices(name):
        system, code = token(name, text, {names.REGIONS, names.TERRITORIES})
        if system == names.TERRITORIES:
            asked.territory_codes.append(code)
        elif code != names.REGION:
            raise refused(name, "la région servie est 11 (Île-de-France).")


def region(query: Query, name: str, _: pb.ExtractFilter) -> None:
    """The region only: people are of no territory by themselves."""
    for text in query.choices(name):
        if token(name, text, {names.REGIONS})[1] != names.REGION:
            raise refused(name, "la région servie est 11 (Île-de-France).")


def active(query: Query, name: str, asked: pb.ExtractFilter) -> None:
    _closing(name, query.choices(name), asked, "true", "false")


def status(query: Query, name: str, asked: pb.ExtractFilter) -> None:
    _closing(name, query.choices(name), asked, "active", "inactive")


def _closing(name: str, values: list[str], asked: pb.ExtractFilter, open: str, closed: str) -> None:
    if not set(values) <= {open, closed}:
        raise refused(name, f"{open} ou {closed}.")
    asked.with_closed = closed in values
    asked.only_closed = values == [closed]


def closing_kinds(query: Query, name: str, asked: pb.ExtractFilter) -> None:
    """How it was closed: what is closed is asked for."""
    asked.closing_kinds.extend(token(name, text, {names.CLOSING_KINDS})[1] for text in query.choices(name))
    _only_closed(query, asked)


def closed(query: Query, name: str, asked: pb.ExtractFilter) -> None:
    """When it was closed: what is closed is asked for."""
    first, last = bounds(name, query.every(name))
    if first is not None:
        asked.closed_from.CopyFrom(words.timestamp(first))
    if last is not None:
        asked.closed_before.CopyFrom(words.timestamp(last))
    _only_closed(query, asked)


def _only_closed(query: Query, asked: pb.ExtractFilter) -> None:
    if "active" in query.given:
        raise refused("active", "ne se donne pas avec une date ou un type de fermeture.")
    asked.with_closed = asked.only_closed = True


def text(field: str) -> Reads:
    """A text as the directory looks for it."""

    def read(query: Query, name: str, asked: pb.ExtractFilter) -> None:
        value = query.one(name)
        if len(value) > 100:
            raise refused(name, "100 caractères au plus.")
        setattr(asked, field, value)

    return read


def codes(field: str, system: str, *more: str) -> Reads:
    """Codes of one nomenclature."""

    def read(query: Query, name: str, asked: pb.ExtractFilter) -> None:
        getattr(asked, field).extend(token(name, each, {system, *more})[1] for each in query.choices(name))

    return read


def references(field: str, type: str) -> Reads:
    """References to resources of one type: `Type/id`, or the id."""

    def read(query: Query, name: str, asked: pb.ExtractFilter) -> None:
        found = [_id(name, each.removeprefix(f"{type}/")) for each in query.choices(name)]
        if field == "ids":
            _narrow(asked, found)
        else:
            getattr(asked, field).extend(found)

    return read


def organization_types(query: Query, name: str, asked: pb.ExtractFilter) -> None:
    levels: Mapping[str, int] = LEVEL_CODES | {INTERNAL_CODE: INTERNAL}
    for each in query.choices(name):
        _, code = token(name, each, {names.ORGANIZATION_LEVELS, names.STRUCTURE_LEVELS})
        if code not in levels:
            raise refused(name, f"les types connus sont {', '.join(levels)}.")
        asked.levels.append(cast(Any, levels[code]))


def ages(least: str, most: str) -> Reads:
    """A bound of the ages of an offer: `le35`, `ge18|https://…|a`; years unless months (`mo`) are said."""

    def read(query: Query, name: str, asked: pb.ExtractFilter) -> None:
        for text in query.every(name):
            prefix, months = _months(name, text)
            if prefix in ("eq", "ge", "gt"):
                bound = min(months + (prefix == "gt"), OLDEST_MONTHS)
                setattr(asked, least, max(bound, getattr(asked, least)))
            if prefix in ("eq", "le", "lt"):
                bound = max(months - (prefix == "lt"), 0)
                setattr(asked, most, min(bound, getattr(asked, most)) if asked.HasField(cast(Any, most)) else bound)

    return read


def _months(name: str, text: str) -> tuple[str, int]:
    prefix, value = compared(text)
    number, _, unit = value.partition("|")
    factor = AGE_UNITS.get(unit.rpartition("|")[2] or "a")
    whole = number.isascii() and number.isdigit() and len(number) <= 4
    if not whole or factor is None or prefix not in ("eq", "ge", "gt", "le", "lt"):
        raise refused(name, "un nombre entier d’années (a) ou de mois (mo) est attendu, avec eq, ge, gt, le ou lt.")
    return prefix, min(int(number) * factor, OLDEST_MONTHS)


def near(query: Query, name: str, asked: pb.ExtractFilter) -> None:
    """`latitude|longitude|distance|unit`."""
    given = query.one(name).split("|")
    try:
        latitude, longitude = float(given[0]), float(given[1])
        within = _metres(given[2:])
    except (ValueError, IndexError):
        within = latitude = longitude = -1.0
    if within < 0 or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise refused(name, "latitude|longitude|distance|unité (km ou m) attendu, jusqu’à 200 km.")
    asked.near.CopyFrom(ror.Position(latitude=latitude, longitude=longitude))
    asked.within_metres = round(within)


def near_commune(query: Query, name: str, asked: pb.ExtractFilter) -> None:
    """`COG|distance|unit`."""
    code, *rest = query.one(name).split("|")
    try:
        within = _metres(rest)
    except (ValueError, IndexError):
        within = -1.0
    if within < 0 or len(code) != 5:
        raise refused(name, "code COG|distance|unité (km ou m) attendu, jusqu’à 200 km.")
    asked.near_commune_code, asked.within_metres = code, round(within)


def _metres(given: list[str]) -> float:
    """20 km unless said. Raises ValueError, or gives -1 for what is none."""
    if not given or not given[0]:
        return 20_000.0
    unit = given[1] if len(given) > 1 and given[1] else "km"
    metres = float(given[0]) * METRES.get(unit, -1)
    return metres if 1 <= metres <= FARTHEST_METRES and len(given) <= 2 else -1.0
