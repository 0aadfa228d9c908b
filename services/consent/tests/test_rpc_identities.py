"""Acts on identities across the region: feeders, identity officers, and what the patient reads of them."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante_consent.domain.professionals import Feeder, Mandate
from terresante_consent.journal.leaf import decoded
from terresante_consent.store import feeders, professionals
from terresante_consent.wire.others import feeder, professional
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .house import MONDAY, House, consent_of, reason
from .small_directory import SmallDirectory

OID, OTHER_OID = "1.2.250.1.999.1.1", "1.2.250.1.999.1.2"


def concerned(*structures: UUID, territories: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"concerned_structure_ids": [str(id) for id in structures], "concerned_territory_codes": territories}


async def test_a_feeder_feeds_under_its_own_issuers_and_is_told_where_it_stands(house: House) -> None:
    system = house.directory.feeder(OID, OTHER_OID, policy="auto")
    of = house.directory.feeders[system]
    house.system(system)

    fed = await house.decided(None, "FEED_IDENTITY", issuer=OTHER_OID)
    matched = await house.decided(None, "MATCH_IDENTITY")
    foreign = await house.decided(None, "FEED_IDENTITY", issuer="1.2.250.1.999.1.3")
    unnamed = await house.decided(None, "FEED_IDENTITY")

    assert (fed.allowed, fed.basis) == (True, decisions_pb.BASIS_FEEDER)
    assert fed.scope == decisions_pb.Scope(
        structure_ids=[of.structure_id], territory_codes=["grand-est"], issuers=[OID, OTHER_OID], feeding_policy="auto"
    )
    assert matched.scope == decisions_pb.Scope(
        structure_ids=[of.structure_id], territory_codes=["grand-est"], issuers=[OID, OTHER_OID]
    )
    assert list(foreign.reasons) == list(unnamed.reasons) == ["ISSUER_NOT_YOURS"]
    assert not foreign.HasField("scope")
    assert house.directory.asked == 1


async def test_a_feeder_that_is_suspended_or_unknown_feeds_nothing_a_minute_later_at_the_latest(house: House) -> None:
    system = house.directory.feeder(OID)
    house.system(system)
    assert (await house.decided(None, "FEED_IDENTITY", issuer=OID)).allowed
    told = house.directory.feeders[system]
    told.account_state, told.version = directory_pb.ACCOUNT_STATE_SUSPENDED, 2
    house.clock.passes(seconds=61)

    assert list((await house.decided(None, "FEED_IDENTITY", issuer=OID)).reasons) == ["ACCOUNT_SUSPENDED"]
    house.system(new_id())
    refused = await house.decided(None, "FEED_IDENTITY", issuer=OID)
    assert list(refused.reasons) == ["ACCOUNT_SUSPENDED", "ISSUER_NOT_YOURS"]
    del house.directory.feeders[system]
    house.clock.passes(seconds=61)
    house.system(system)
    assert not (await house.decided(None, "MATCH_IDENTITY")).allowed


async def test_a_directory_that_is_away_means_no_feeding(house: House) -> None:
    house.system(house.directory.feeder(OID))
    house.directory.away = True

    assert await reason(house.decided(None, "FEED_IDENTITY", issuer=OID)) == "DIRECTORY_UNAVAILABLE"


async def test_a_feeder_opens_no_record_and_calls_nothing_else(house: House) -> None:
    patient = await house.consented(house.directory.professional())
    house.system(house.directory.feeder(OID))

    assert list((await house.decided(patient, "READ")).reasons) == ["NOT_PERMITTED"]
    assert list((await house.decided(patient, "DECIDE_IDENTITY")).reasons) == ["NOT_PERMITTED"]
    assert await reason(house.consents.GetCircle(pb.GetCircleRequest(patient_id=str(patient)))) == "KIND_NOT_ALLOWED"


async def test_an_officer_reviews_and_decides_where_their_mandate_reaches(house: House) -> None:
    ward, other = house.directory.structure(), house.directory.structure()
    officer = house.directory.officer(ward, territories=("grand-est",))
    patient = house.identity.person()
    house.professional(officer)
    whole = decisions_pb.Scope(structure_ids=[str(ward)], territory_codes=["grand-est"])

    for action in ("REVIEW_IDENTITY", "DECIDE_IDENTITY"):
        by_structure = await house.decided(patient, action, **concerned(other, ward, territories=("bretagne",)))
        by_territory = await house.decided(patient, action, **concerned(other, territories=("grand-est",)))
        outside = await house.decided(patient, action, **concerned(other, territories=("bretagne",)))
        nowhere = await house.decided(patient, action)

        assert (by_structure.basis, by_structure.scope) == (decisions_pb.BASIS_IDENTITY_MANDATE, whole)
        assert by_territory.allowed
        assert list(outside.reasons) == list(nowhere.reasons) == ["OUTSIDE_IDENTITY_MANDATE"]
    for action in ("MATCH_IDENTITY", "LIST_REVIEWS"):
        assert (await house.decided(None, action)).scope == whole


async def test_who_is_no_officer_or_no_longer_one_is_refused(house: House) -> None:
    ward = house.directory.structure()
    officer = house.directory.officer(ward)
    patient = house.identity.person()
    house.professional(officer)
    assert (await house.decided(patient, "DECIDE_IDENTITY", **concerned(ward))).allowed
    told = house.directory.professionals[officer]
    told.ClearField("identity_mandate")
    told.version = 2
    house.clock.passes(seconds=61)

    refused = await house.decided(patient, "DECIDE_IDENTITY", **concerned(ward))

    assert list(refused.reasons) == ["NOT_IDENTITY_OFFICER", "OUTSIDE_IDENTITY_MANDATE"]
    assert "référent" in refused.todo
    for kind in ("patient", "administrator"):
        house.call_as(kind, patient)
        assert list((await house.decided(patient, "DECIDE_IDENTITY", **concerned(ward))).reasons) == ["NOT_PERMITTED"]


async def test_a_block_does_not_keep_an_officer_from_setting_an_identity_right(house: House) -> None:
    ward = house.directory.structure()
    officer = house.directory.officer(ward)
    patient = await house.consented(house.directory.professional())
    house.person(patient)
    block = pb.BlockProfessionalRequest(patient_id=str(patient), professional_id=str(officer))
    await house.consents.BlockProfessional(block)
    house.professional(officer)

    assert (await house.decided(patient, "DECIDE_IDENTITY", **concerned(ward))).allowed
    assert (await house.decided(patient, "READ")).reasons[0] == "BLOCKED_BY_PATIENT"


async def test_the_patient_reads_in_plain_french_who_compared_and_decided_on_their_identity(house: House) -> None:
    ward = house.directory.structure()
    officer = house.directory.officer(ward)
    patient = await house.consented(house.directory.professional())
    house.professional(officer)
    for action in ("REVIEW_IDENTITY", "DECIDE_IDENTITY"):
        await house.decided(patient, action, **concerned(ward))
    await house.decided(patient, "DECIDE_IDENTITY")
    house.person(patient)

    read, refused, decided, reviewed = (await house.lines(patient))[:4]

    assert read.action == decisions_pb.ACTION_READ_JOURNAL
    assert (reviewed.actor_id, reviewed.allowed) == (str(officer), True)
    assert reviewed.sentence == (
        "Comparaison de l'identité avec d'autres. Permis : référent identité mandaté ; "
        "il voit l'identité, rien du dossier de santé."
    )
    assert decided.sentence.startswith("Rattachement ou séparation d'identités. Permis")
    assert refused.sentence.startswith("Rattachement ou séparation d'identités. Refusé : cette identité ne vient")


async def test_what_a_feeder_did_is_written_down_in_the_name_of_its_structure(house: House, database: Database) -> None:
    system = house.directory.feeder(OID)
    house.system(system)
    fed = await house.decided(None, "FEED_IDENTITY", issuer=OID)

    async with database.reading() as connection:
        found = await connection.execute(
            text("select leaf from journal_entry where entry_id = :id"), {"id": fed.entry_id}
        )
        line = decoded(found.scalar_one())

    assert (line.actor_kind.value, line.actor) == ("system", system)
    assert line.structure == house.directory.feeders[system].structure_id
    assert line.facts.holds_issuer and line.facts.feeder and line.patient is None


async def test_who_creates_a_person_does_so_from_the_structure_and_territory_of_the_place_chosen(house: House) -> None:
    here, there = house.directory.structure(), house.directory.structure()
    doctor = house.directory.professional("10", here, there)
    house.directory.professionals[doctor].places[1].territory_code = "bretagne"
    house.professional(doctor, place=house.directory.place(doctor, 1))

    created = await house.decided(None, "CREATE_PERSON")

    assert created.scope == decisions_pb.Scope(structure_ids=[str(there)], territory_codes=["bretagne"])
    assert not (await house.decided(None, "SEARCH_PERSONS")).HasField("scope")


@pytest.mark.parametrize("action", ["FEED_IDENTITY", "MATCH_IDENTITY", "LIST_REVIEWS"])
async def test_an_act_about_no_single_patient_names_none_and_one_about_a_patient_does(
    house: House, action: str
) -> None:
    house.system(house.directory.feeder(OID))

    assert await reason(house.decided(new_id(), action)) == "QUESTION_INVALID"
    assert await reason(house.decided(None, "DECIDE_IDENTITY")) == "QUESTION_INVALID"
    bad = house.decided(new_id(), "DECIDE_IDENTITY", concerned_structure_ids=["dupont"])
    assert await reason(bad) == "ID_INVALID"


async def test_an_older_answer_about_a_feeder_or_a_mandate_does_not_replace_a_newer_one(
    database: Database, directory: SmallDirectory
) -> None:
    system, officer = directory.feeder(OID), directory.officer(directory.structure(), territories=("grand-est",))
    newer, older = feeder(directory.feeders[system], MONDAY), feeder(directory.feeders[system], MONDAY)
    newer = Feeder(newer.id, newer.structure, "bretagne", (OTHER_OID,), "auto", False, 2, MONDAY)
    known = professional(directory.professionals[officer], MONDAY)

    async with database.transaction() as transaction:
        await feeders.keep(transaction, older)
        await feeders.keep(transaction, newer)
        await feeders.keep(transaction, older)
        await professionals.keep(transaction, known)

    async with database.reading() as connection:
        assert await feeders.get(connection, system) == newer
        found = await professionals.get(connection, officer)
    assert found == known
    assert isinstance(found.mandate, Mandate)


def test_a_mandate_covers_what_it_names_and_one_in_common_is_enough() -> None:
    ward, other = new_id(), new_id()
    mandate = Mandate(("grand-est",), (ward,))  # type: ignore[arg-type]

    assert mandate.covers({ward, other}, set())
    assert mandate.covers({other}, {"grand-est", "bretagne"})
    assert not mandate.covers({other}, {"bretagne"})
    assert not mandate.covers(set(), set())
    assert not Mandate().covers({ward}, {"grand-est"})


async def test_who_publishes_is_told_in_whose_name_by_the_place_they_chose(house: House) -> None:
    ward, other = house.directory.structure(), house.directory.structure()
    doctor = house.directory.professional("10", ward, other)
    patient = house.identity.person()
    for place, structure in ((0, ward), (1, other)):
        house.professional(doctor, place=house.directory.place(doctor, place))
        if place == 0:
            await house.consents.RecordConsent(consent_of(patient, house.clock()))
        published = await house.decided(patient, "PUBLISH")
        assert published.scope == decisions_pb.Scope(structure_ids=[str(structure)], territory_codes=["grand-est"])
    house.professional(house.directory.professional())
    refused = await house.decided(patient, "PUBLISH")
    assert not refused.allowed and not refused.HasField("scope")
