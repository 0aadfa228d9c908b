"""Traits and persons as rows, and back."""

from typing import Any

from sqlalchemy import Row

from terresante_identity.domain.births import BirthDate, BirthPlace, Precision
from terresante_identity.domain.identity import Person, PersonId, ProfessionalId
from terresante_identity.domain.ins import Ins, Oid
from terresante_identity.domain.names import Name
from terresante_identity.domain.status import Flag, Standing
from terresante_identity.domain.traits import Sex, Traits

NAMES = ("birth_name", "first_name", "given_names", "used_name", "used_first_name")


def trait_columns(traits: Traits) -> dict[str, Any]:
    """The columns of `person` that hold traits."""
    columns: dict[str, Any] = {
        "birth_date": traits.birth_date.value,
        "birth_precision": traits.birth_date.precision.value,
        "sex": traits.sex.value,
        "birth_country": traits.birth_place.country,
        "birth_postal_code": traits.birth_place.postal_code,
        "birth_codes": sorted(traits.birth_place.codes),
    }
    for which in NAMES:
        name: Name | None = getattr(traits, which)
        columns[which] = name.typed if name else None
        columns[f"{which}_insi"] = name.insi if name else None
    return columns


def trait_document(traits: Traits) -> dict[str, Any]:
    """The same as JSON, for a source identity that is kept as received."""
    return {**trait_columns(traits), "birth_date": traits.birth_date.value.isoformat()}


def person_columns(person: Person) -> dict[str, Any]:
    """A person as the columns of `person`, but for its id, who registered it and when."""
    return {
        **trait_columns(person.traits),
        "version": person.version,
        "retrieved": person.standing.retrieved,
        "checked": person.standing.checked,
        "flags": sorted(flag.value for flag in person.standing.flags),
        "ins_matricule": person.ins.matricule if person.ins else None,
        "ins_key": person.ins.key if person.ins else None,
        "ins_oid": person.ins.oid.value if person.ins else None,
    }


def person_of(row: Row[Any]) -> Person:
    """A row of `person` as a person."""
    ins = Ins(row.ins_matricule, row.ins_key, Oid(row.ins_oid)) if row.ins_matricule else None
    return Person(
        id=PersonId(row.id),
        traits=_traits_of(row),
        standing=Standing(row.retrieved, row.checked, frozenset(Flag(flag) for flag in row.flags)),
        ins=ins,
        version=row.version,
        created_at=row.created_at,
        registered_by=ProfessionalId(row.registered_by),
    )


def _traits_of(row: Row[Any]) -> Traits:
    return Traits(
        birth_name=Name(row.birth_name, row.birth_name_insi),
        first_name=Name(row.first_name, row.first_name_insi),
        birth_date=BirthDate(row.birth_date, Precision(row.birth_precision)),
        sex=Sex(row.sex),
        birth_place=BirthPlace(row.birth_country, row.birth_postal_code, frozenset(row.birth_codes)),
        given_names=_name(row.given_names, row.given_names_insi),
        used_name=_name(row.used_name, row.used_name_insi),
        used_first_name=_name(row.used_first_name, row.used_first_name_insi),
    )


def _name(typed: str | None, insi: str | None) -> Name | None:
    return None if typed is None or insi is None else Name(typed, insi)
