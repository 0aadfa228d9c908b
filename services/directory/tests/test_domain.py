"""The rules of the directory: who administers what, structures, places of practice, versions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from terresante_directory.domain.identifiers import (
    AdministratorId,
    Doubt,
    PlaceId,
    ProfessionalId,
    StructureId,
    StructureIdentifierInvalid,
    TerritoryCode,
)
from terresante_directory.domain.professionals import (
    NewPlace,
    PlaceAlready,
    PlaceEnded,
    PlaceInvalid,
    PlaceUnknown,
    Profession,
    Professional,
    ProfessionUnknown,
    add_place,
    end_place,
    register_professional,
)
from terresante_directory.domain.structures import (
    Structure,
    StructureAddressInvalid,
    StructureKind,
    StructureKindUnknown,
    StructureNameInvalid,
    register_structure,
)
from terresante_directory.domain.territories import (
    Administrator,
    Territory,
    TerritoryNotYours,
    TerritoryUnknown,
)
from terresante_directory.domain.versions import VersionRequired, VersionStale

MONDAY = datetime(2025, 3, 3, 9, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)
OUEST, SUD = TerritoryCode("94-ouest"), TerritoryCode("95-sud")
TERRITORIES = {code: Territory(code, code, code[:2], True) for code in (OUEST, SUD)}
PROFESSIONS = {"10": Profession("10", "Médecin", True)}


def administrator(*codes: TerritoryCode) -> Administrator:
    return Administrator(AdministratorId(uuid4()), "Claire", "Durand", frozenset(codes))


def a_structure(territory: TerritoryCode = OUEST) -> Structure:
    return Structure(
        StructureId(uuid4()),
        "Cabinet",
        StructureKind.CABINET,
        None,
        None,
        territory,
        None,
        "94000",
        "Créteil",
    )


def a_place(structure: Structure, role: str = "") -> NewPlace:
    return NewPlace(PlaceId(uuid4()), structure, role)


def registered(*places: NewPlace, by: Administrator, rpps: str = "10003461033") -> Professional:
    return register_professional(
        ProfessionalId(uuid4()),
        rpps_number=rpps,
        family_name="Lemaire",
        given_name="Anne",
        profession="10",
        places=places,
        by=by,
        professions=PROFESSIONS,
        at=MONDAY,
    )


# Structures


def typed(**changes: object) -> dict[str, object]:
    return {
        "name": "Cabinet des Tilleuls",
        "kind": "cabinet",
        "finess_number": "",
        "siret_number": "",
        "territory": "94-ouest",
        "part_of": None,
        "postal_code": "94000",
        "commune": "Créteil",
        "by": administrator(OUEST),
        "territories": TERRITORIES,
    } | changes


def test_a_structure_without_numbers_is_accepted() -> None:
    structure = register_structure(StructureId(uuid4()), **typed())  # type: ignore[arg-type]

    assert (structure.finess, structure.siret, structure.territory, structure.version) == (
        None,
        None,
        OUEST,
        1,
    )


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"territory": "95-sud"}, TerritoryNotYours),
        ({"territory": "nowhere"}, TerritoryUnknown),
        ({"name": " "}, StructureNameInvalid),
        ({"name": "…"}, StructureNameInvalid),
        ({"name": "x" * 201}, StructureNameInvalid),
        ({"name": "Cabinet\u202egnp"}, StructureNameInvalid),
        ({"kind": "castle"}, StructureKindUnknown),
        ({"postal_code": "9400"}, StructureAddressInvalid),
        ({"postal_code": "٩٤٠٠٠"}, StructureAddressInvalid),
        ({"commune": "x" * 101}, StructureAddressInvalid),
        ({"commune": "Cré\x07teil"}, StructureAddressInvalid),
        ({"finess_number": "94"}, StructureIdentifierInvalid),
        ({"siret_number": "73282932000075"}, StructureIdentifierInvalid),
    ],
)
def test_what_is_refused_of_a_structure(change: dict[str, object], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        register_structure(StructureId(uuid4()), **typed(**change))  # type: ignore[arg-type]


def test_a_structure_cannot_be_hung_under_one_of_another_territory() -> None:
    with pytest.raises(TerritoryNotYours):
        register_structure(StructureId(uuid4()), **typed(part_of=a_structure(SUD)))  # type: ignore[arg-type]


# Professionals and places


def test_a_professional_practises_from_the_moment_of_registration() -> None:
    professional = registered(a_place(a_structure(), "  médecin   généraliste "), by=administrator(OUEST))

    (place,) = professional.places
    assert place.role == "médecin généraliste"
    assert place.stands(MONDAY)
    assert not place.stands(MONDAY - timedelta(microseconds=1))


def test_a_professional_without_rpps_is_accepted() -> None:
    assert registered(a_place(a_structure()), by=administrator(OUEST), rpps="").rpps is None


def test_a_wrong_rpps_key_is_told_and_does_not_refuse() -> None:
    professional = registered(a_place(a_structure()), by=administrator(OUEST), rpps="10003461033")

    assert professional.doubts() == (Doubt.RPPS_KEY,)


def test_nobody_is_registered_without_a_place_nor_twice_in_one() -> None:
    structure = a_structure()

    with pytest.raises(PlaceInvalid):
        registered(by=administrator(OUEST))
    with pytest.raises(PlaceAlready):
        registered(a_place(structure), a_place(structure), by=administrator(OUEST))


def test_all_the_structures_must_be_the_administrators() -> None:
    with pytest.raises(TerritoryNotYours):
        registered(a_place(a_structure(OUEST)), a_place(a_structure(SUD)), by=administrator(OUEST))


def test_an_unknown_profession_is_refused() -> None:
    with pytest.raises(ProfessionUnknown):
        register_professional(
            ProfessionalId(uuid4()),
            rpps_number="",
            family_name="Lemaire",
            given_name="Anne",
            profession="wizard",
            places=[a_place(a_structure())],
            by=administrator(OUEST),
            professions=PROFESSIONS,
            at=MONDAY,
        )


@pytest.mark.parametrize("role", ["x" * 101, "a\u202eb", "a\x00b"])
def test_an_unreadable_role_is_refused(role: str) -> None:
    with pytest.raises(PlaceInvalid):
        registered(a_place(a_structure(), role), by=administrator(OUEST))


def test_another_territory_may_add_a_place_of_its_own() -> None:
    professional = registered(a_place(a_structure(OUEST)), by=administrator(OUEST))

    twice = add_place(professional, a_place(a_structure(SUD)), version=1, by=administrator(SUD), at=TUESDAY)

    assert [place.territory for place in twice.places] == [OUEST, SUD]
    assert twice.version == 2


def test_nobody_adds_or_ends_a_place_in_a_territory_of_another() -> None:
    professional = registered(a_place(a_structure(OUEST)), by=administrator(OUEST))

    with pytest.raises(TerritoryNotYours):
        add_place(professional, a_place(a_structure(OUEST)), version=1, by=administrator(SUD), at=TUESDAY)
    with pytest.raises(TerritoryNotYours):
        end_place(professional, professional.places[0].id, version=1, by=administrator(SUD), at=TUESDAY)


def test_a_place_stands_until_the_very_moment_it_ends_and_can_be_taken_up_again() -> None:
    structure, ouest = a_structure(), administrator(OUEST)
    professional = registered(a_place(structure), by=ouest)

    ended = end_place(professional, professional.places[0].id, version=1, by=ouest, at=TUESDAY)
    back = add_place(ended, a_place(structure), version=2, by=ouest, at=WEDNESDAY)

    assert ended.places[0].stands(TUESDAY - timedelta(microseconds=1))
    assert not ended.places[0].stands(TUESDAY)
    assert [place.stands(WEDNESDAY) for place in back.places] == [False, True]


def test_a_place_ends_once_and_only_if_it_exists() -> None:
    ouest = administrator(OUEST)
    professional = registered(a_place(a_structure()), by=ouest)
    ended = end_place(professional, professional.places[0].id, version=1, by=ouest, at=TUESDAY)

    with pytest.raises(PlaceEnded):
        end_place(ended, ended.places[0].id, version=2, by=ouest, at=WEDNESDAY)
    with pytest.raises(PlaceUnknown):
        end_place(ended, PlaceId(uuid4()), version=2, by=ouest, at=WEDNESDAY)


@pytest.mark.parametrize(("version", "refusal"), [(0, VersionRequired), (2, VersionStale), (4, VersionStale)])
def test_a_change_based_on_another_version_is_refused(version: int, refusal: type[Exception]) -> None:
    ouest = administrator(OUEST)
    professional = replace(registered(a_place(a_structure()), by=ouest), version=3)

    with pytest.raises(refusal):
        add_place(professional, a_place(a_structure()), version=version, by=ouest, at=TUESDAY)
    with pytest.raises(refusal):
        end_place(professional, professional.places[0].id, version=version, by=ouest, at=TUESDAY)


def test_the_oldest_lasting_place_answers_for_the_account() -> None:
    ouest, sud = administrator(OUEST), administrator(SUD)
    first = registered(a_place(a_structure(OUEST)), by=ouest)
    both = add_place(first, a_place(a_structure(SUD)), version=1, by=sud, at=TUESDAY)
    moved = end_place(both, both.places[0].id, version=2, by=ouest, at=WEDNESDAY)
    retired = end_place(moved, moved.places[1].id, version=3, by=sud, at=WEDNESDAY + timedelta(days=1))

    assert [someone.home() for someone in (first, both, moved, retired)] == [OUEST, OUEST, SUD, SUD]


def test_people_show_only_their_opaque_id_when_printed() -> None:
    id = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    professional = replace(registered(a_place(a_structure()), by=administrator(OUEST)), id=ProfessionalId(id))

    assert repr(professional) == f"Professional({id})"
    assert "Durand" not in repr(administrator(OUEST))
