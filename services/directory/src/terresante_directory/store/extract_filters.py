"""What extracts ask for, as conditions on the present tables, and the tables that these need."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Text,
    Uuid,
    and_,
    any_,
    case,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from terresante_directory.domain.extracts import OLDEST_MONTHS, Filter, Kind
from terresante_directory.domain.facts import SubjectKind
from terresante_directory.domain.words import LIGATURES
from terresante_directory.store.offers import within
from terresante_directory.store.tables import act, commune, fact, offer, place, professional, structure

TABLES: dict[Kind, Any] = {
    Kind.STRUCTURES: structure,
    Kind.OFFERS: offer,
    Kind.PROFESSIONALS: professional,
    Kind.PLACES: place,
}
SUBJECTS = {
    Kind.STRUCTURES: SubjectKind.STRUCTURE,
    Kind.OFFERS: SubjectKind.OFFER,
    Kind.PROFESSIONALS: SubjectKind.PROFESSIONAL,
    Kind.PLACES: SubjectKind.PLACE,
}
Condition = ColumnElement[bool]
_at = (
    select(
        structure.c.id,
        func.coalesce(structure.c.latitude, commune.c.latitude).label("latitude"),
        func.coalesce(structure.c.longitude, commune.c.longitude).label("longitude"),
    )
    .select_from(structure.outerjoin(commune, commune.c.code == structure.c.commune_code))
    .subquery("structure_at")
)


@dataclass(frozen=True, slots=True)
class Seen:
    """`now`: the moment of what stands. `sensitive`: whether the reader may see sensitive offers (R-ROR2)."""

    now: datetime
    sensitive: bool


def source(kind: Kind, asked: Filter, rows: bool) -> FromClause:
    """The kind's table, joined with what its conditions need; with what its rows need too (`rows`)."""
    table = TABLES[kind]
    of: FromClause = table
    every = asked.every()
    if rows or any(_reads_facts(one) for one in every):
        of = of.join(fact, fact.c.id == table.c.shown)
    if kind is Kind.PLACES:
        placed = rows or any(one.territory_codes for one in every)
    else:
        placed = rows or any(one.postal_code or one.commune for one in every)
    if kind in (Kind.OFFERS, Kind.PLACES) and placed:
        of = of.join(structure, structure.c.id == table.c.structure_id)
    return of


def _reads_facts(asked: Filter) -> bool:
    dates = asked.changed_from or asked.changed_before or asked.closed_from or asked.closed_before
    return bool(dates or asked.fields or asked.care_modes or asked.closing_kinds)


def changed_at(kind: Kind, now: datetime) -> ColumnElement[datetime]:
    """When what is shown was last said, or came to hold; a place changes when it begins and when it ends."""
    if kind is not Kind.PLACES:
        return func.greatest(fact.c.known_from, fact.c.valid_from)
    begun = case((place.c.since <= now, place.c.since))
    return func.greatest(fact.c.known_from, begun, case((place.c.until <= now, place.c.until)))


def conditions(kind: Kind, asked: Filter, seen: Seen) -> list[Condition]:
    """All of them, those on what is closed (R-ROR3) or sensitive (R-ROR2) included."""
    table = TABLES[kind]
    own = {
        Kind.STRUCTURES: _structures,
        Kind.OFFERS: _offers,
        Kind.PROFESSIONALS: _professionals,
        Kind.PLACES: _places,
    }[kind]
    found = [table.c.shown.is_not(None), *own(asked, seen)]
    if asked.changed_from:
        found += [_recent(kind, asked.changed_from), changed_at(kind, seen.now) >= asked.changed_from]
    if asked.changed_before:
        found.append(changed_at(kind, seen.now) < asked.changed_before)
    if asked.either:
        either = [replace(each, with_closed=True) for each in asked.either]
        found.append(or_(*(and_(*conditions(kind, each, seen)) for each in either)))
    return found


def _recent(kind: Kind, since: datetime) -> Condition:
    """What may have changed since then, by the indexes of acts and of spans: all that did, and little else."""
    of = (fact.c.known_to.is_(None), fact.c.kind == SUBJECTS[kind].value)
    said = select(fact.c.id).join(act, act.c.id == fact.c.act).where(*of, act.c.at >= since)
    begun = select(fact.c.id).where(*of, fact.c.valid_from >= since)
    shown = TABLES[kind].c.shown.in_(said.union_all(begun))
    return or_(shown, place.c.since >= since, place.c.until >= since) if kind is Kind.PLACES else shown


def _structures(asked: Filter, _: Seen) -> list[Condition]:
    numbers = [
        among(structure.c.finess, asked.finess),
        among(structure.c.siren, asked.siren),
        among(structure.c.siret, asked.siret),
    ]
    found: list[Condition] = [structure.c.stands, *_closing(structure.c.closed, asked)]
    if any_number := _each(*numbers):
        found.append(or_(*any_number))
    found += _each(
        among(structure.c.id, asked.ids, Uuid),
        among(structure.c.level, asked.levels),
        among(structure.c.part_of, asked.structure_ids, Uuid),
        among(structure.c.territory, asked.territory_codes),
        among(structure.c.commune_code, asked.commune_codes),
    )
    found += [structure.c.search.like(f"% {word}%") for word in asked.name]
    if asked.area:
        found.append(structure.c.id.in_(select(_at.c.id).where(*within(asked.area.middle, asked.area.metres, _at))))
    return found + _addressed(asked) + _closed(asked)


def _offers(asked: Filter, seen: Seen) -> list[Condition]:
    found: list[Condition] = [offer.c.stands, *_closing(~offer.c.open, asked)]
    if not seen.sensitive:
        found.append(~offer.c.sensitive)
    found += _each(
        among(offer.c.id, asked.ids, Uuid),
        among(offer.c.structure_id, asked.structure_ids, Uuid),
        among(offer.c.territory, asked.territory_codes),
        among(offer.c.commune_code, asked.commune_codes),
        among(offer.c.type, asked.types),
        among(offer.c.activity, asked.activities),
        among(fact.c.content["field"].as_string(), asked.fields),
    )
    found += [offer.c.search.like(f"% {word}%") for word in asked.name]
    if asked.care_modes:
        found.append(fact.c.content["care_modes"].has_any(_array(asked.care_modes, Text)))
    if asked.intervention_communes:
        found.append(offer.c.intervention_communes.overlap(_array(asked.intervention_communes, Text)))
    if asked.area:
        found += within(asked.area.middle, asked.area.metres)
    return found + _ages(asked) + _addressed(asked) + _closed(asked)


def _ages(asked: Filter) -> list[Condition]:
    low = func.coalesce(func.lower(offer.c.ages), 0)
    high = func.coalesce(func.upper(offer.c.ages) - 1, OLDEST_MONTHS)
    found: list[Condition] = []
    if asked.age_low_least is not None:
        found.append(low >= asked.age_low_least)
    if asked.age_low_most is not None:
        found.append(low <= asked.age_low_most)
    if asked.age_high_least is not None:
        found.append(high >= asked.age_high_least)
    if asked.age_high_most is not None:
        found.append(high <= asked.age_high_most)
    return found


def _professionals(asked: Filter, _: Seen) -> list[Condition]:
    found: list[Condition] = [professional.c.stands]
    found += _each(
        among(professional.c.id, asked.ids, Uuid),
        among(professional.c.rpps, asked.rpps),
        among(professional.c.profession, asked.professions),
    )
    found += [professional.c.search.like(f"% {word}%") for word in asked.name]
    if asked.family_name:
        found.append(professional.c.search.like(f" {asked.family_name}%"))
    if asked.given_name:
        found.append(folded(professional.c.given_name).like(f"{asked.given_name}%"))
    return found


def _places(asked: Filter, seen: Seen) -> list[Condition]:
    active = and_(place.c.since <= seen.now, or_(place.c.until.is_(None), place.c.until > seen.now))
    return _closing(not_(active), asked) + _each(
        among(place.c.id, asked.ids, Uuid),
        among(place.c.structure_id, asked.structure_ids, Uuid),
        among(place.c.professional_id, asked.professional_ids, Uuid),
        among(structure.c.territory, asked.territory_codes),
    )


def _closing(closed: Condition, asked: Filter) -> list[Condition]:
    if asked.only_closed:
        return [closed]
    return [] if asked.with_closed else [not_(closed)]


def _closed(asked: Filter) -> list[Condition]:
    """How and when it was closed: what is shown of it holds since then."""
    found = _each(among(fact.c.content["closing_kind"].as_string(), asked.closing_kinds))
    if asked.closed_from:
        found.append(fact.c.valid_from >= asked.closed_from)
    if asked.closed_before:
        found.append(fact.c.valid_from < asked.closed_before)
    return found


def _addressed(asked: Filter) -> list[Condition]:
    found: list[Condition] = []
    if asked.postal_code:
        found.append(structure.c.postal_code.startswith(asked.postal_code, autoescape=True))
    if asked.commune:
        found.append(folded(structure.c.commune).like(f"{asked.commune}%"))
    return found


def folded(column: Any) -> ColumnElement[str]:
    """As `words.search_words` joined by spaces, whatever the database's locale (its encoding must be UTF-8)."""
    for code, letters in LIGATURES.items():
        for one in {chr(code), chr(code).upper()}:
            column = func.replace(column, one, letters)
    bare = func.regexp_replace(func.normalize(column, literal_column("NFKD")), r"[\u0300-\u036f]", "", "g")
    return func.trim(func.regexp_replace(func.lower(bare), "[^0-9a-z]+", " ", "g"))


def among(column: Any, values: Collection[Any], type: Any = Text) -> Condition | None:
    """None where nothing is asked."""
    return column == any_(_array(values, type)) if values else None


def _array(values: Collection[Any], type: Any) -> Any:
    return literal(list(values), ARRAY(type))


def _each(*asked: Condition | None) -> list[Condition]:
    return [one for one in asked if one is not None]
