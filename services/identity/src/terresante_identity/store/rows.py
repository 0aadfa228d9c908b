"""Traits and persons as rows, and back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

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
    """The same as JSON, for a version of a source identity."""
    return {**trait_columns(traits), "birth_date": traits.birth_date.value.isoformat()}


def traits_of_document(document: Mapping[str, Any]) -> Traits:
    """Traits from what `trait_document` gave."""
    names = {which: _name(document.get(which), document.get(f"{which}_insi")) for which in NAMES}
    birth_name, first_name = names.pop("birth_name"), names.pop("first_name")
    if birth_name is None or first_name is None:
        raise LookupError("a version of a source identity has a birth name and a first name")
    return Traits(
        birth_name=birth_name,
        first_name=first_name,
        birth_date=BirthDate(date.fromisoformat(document["birth_date"]), Precision(document["birth_precision"])),
        sex=Sex(document["sex"]),
        birth_place=BirthPlace(
            document["birth_country"], document["birth_postal_code"], frozenset(document["birth_codes"])
        ),
        **names,
    )


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
        "merged_into": person.merged_into,
    }


def person_of(row: Iterable[Any]) -> Person:
    """A row of `person`, its columns in their order, as a person."""
    id, version, created_at, registered_by, *traits, retrieved, checked, flags, matricule, key, oid, merged_into = row
    return Person(
        id=PersonId(id),
        traits=_traits_of(traits),
        standing=Standing(retrieved, checked, frozenset(map(Flag, flags))),
        ins=Ins(matricule, key, Oid(oid)) if matricule else None,
        version=version,
        created_at=created_at,
        registered_by=ProfessionalId(registered_by),
        merged_into=PersonId(merged_into) if merged_into else None,
    )


def person_of_document(document: Mapping[str, Any]) -> Person:
    """A person from the state that one of their versions remembers."""
    matricule, into = document["ins_matricule"], document.get("merged_into")
    return Person(
        id=PersonId(UUID(document["id"])),
        traits=traits_of_document(document),
        standing=Standing(document["retrieved"], document["checked"], frozenset(map(Flag, document["flags"]))),
        ins=Ins(matricule, document["ins_key"], Oid(document["ins_oid"])) if matricule else None,
        version=document["version"],
        created_at=datetime.fromisoformat(document["created_at"]),
        registered_by=ProfessionalId(UUID(document["registered_by"])),
        merged_into=PersonId(UUID(into)) if into else None,
    )


def _traits_of(columns: Sequence[Any]) -> Traits:
    birth, birth_insi, first, first_insi, *names, born, precision, sex, country, postal_code, codes = columns
    others = [_name(typed, insi) for typed, insi in zip(names[::2], names[1::2], strict=True)]
    return Traits(
        Name(birth, birth_insi),
        Name(first, first_insi),
        BirthDate(born, Precision(precision)),
        Sex(sex),
        BirthPlace(country, postal_code, frozenset(codes)),
        *others,
    )


def _name(typed: str | None, insi: str | None) -> Name | None:
    return None if typed is None or insi is None else Name(typed, insi)
