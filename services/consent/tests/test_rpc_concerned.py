"""Whom to tell, and of what one may be told: asked by messaging, without a line in anybody's journal."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .house import House, reason
from .test_rpc_representatives import appointed

DOCUMENT, NOTE = decisions_pb.RESOURCE_KIND_DOCUMENT, decisions_pb.RESOURCE_KIND_NOTE


async def concerned(house: House, patient: UUID, decision: str = "") -> set[UUID]:
    """Professionals, as messaging is told."""
    house.call_as(None)
    asked = pb.ListConcernedRequest(patient_id=str(patient), decision_id=decision)
    return {UUID(id) for id in (await house.messaging.ListConcerned(asked)).professional_ids}


async def test_of_a_content_only_those_whom_the_matrix_entitles_are_told(house: House) -> None:
    doctor, worker = house.directory.professional(), house.directory.professional("NPS-ASS", health=False)
    patient = await house.consented(doctor)
    await house.invites(patient, worker, explicit_agreement=True, agreement_form=pb.CONSENT_FORM_ORAL)
    letter = await house.decided(patient, "PUBLISH", category="letter")
    plan = await house.decided(patient, "PUBLISH", category="care_plan")
    certificate = await house.decided(patient, "PUBLISH", category="residence_certificate")

    assert await concerned(house, patient) == {doctor, worker}
    assert await concerned(house, patient, letter.entry_id) == {doctor}
    assert await concerned(house, patient, plan.entry_id) == {doctor, worker}
    assert await concerned(house, patient, certificate.entry_id) == {worker}


async def test_an_id_that_is_no_publication_of_this_patient_leaves_every_professional_out(house: House) -> None:
    doctor, stranger = house.directory.professional(), house.directory.professional()
    patient, other = await house.consented(doctor), await house.consented(doctor)
    guardian, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_GUARDIAN)
    elsewhere = await house.decided(other, "PUBLISH")
    read = await house.decided(patient, "READ")
    house.professional(stranger)
    refused = await house.decided(patient, "PUBLISH")
    assert not refused.allowed

    for id in (elsewhere.entry_id, read.entry_id, refused.entry_id, str(new_id())):
        assert await concerned(house, patient, id) == set()
    house.call_as(None)
    asked = pb.ListConcernedRequest(patient_id=str(patient), decision_id=str(new_id()))
    told = await house.messaging.ListConcerned(asked)
    assert (list(told.representative_ids), told.consent_in_force) == ([str(guardian)], True)
    asked = pb.ListConcernedRequest(patient_id=str(patient), decision_id="dupont")
    assert await reason(house.messaging.ListConcerned(asked)) == "ID_INVALID"


async def test_who_is_no_health_professional_and_was_not_agreed_to_is_never_told(
    house: House, database: Database
) -> None:
    ward = house.directory.structure()
    doctor, nurse = house.directory.professional(), house.directory.professional("60", ward)
    agreed, not_agreed, staff = (
        house.directory.professional("NPS-ASS", *structures, health=False) for structures in ((), (), (ward,))
    )
    patient = await house.consented(doctor)
    for worker in (agreed, not_agreed):
        await house.invites(patient, worker, explicit_agreement=True, agreement_form=pb.CONSENT_FORM_ORAL)
    await house.consents.InviteMember(pb.InviteMemberRequest(patient_id=str(patient), structure_id=str(ward)))
    for one in (nurse, staff):
        house.professional(one)
        await house.decided(patient, "READ")
    async with database.transaction() as transaction:
        forget = (
            "update circle_member set explicit_agreement = false, agreement_form = null where professional_id = :id"
        )
        await transaction.execute(text(forget), {"id": not_agreed})
    house.professional(doctor)
    plan = await house.decided(patient, "PUBLISH", category="care_plan")

    assert await concerned(house, patient) == {doctor, nurse, agreed}
    assert await concerned(house, patient, plan.entry_id) == {doctor, nurse, agreed}
    house.professional(not_agreed)
    assert (await house.decided(patient, "READ", category="care_plan")).reasons[0] == "AGREEMENT_MISSING"


async def tellable(house: House, *topics: tuple[Any, int]) -> list[bool]:
    """What who is calling may be told of."""
    asked = [decisions_pb.Topic(patient_id=str(patient), resource_kind=kind) for patient, kind in topics]  # type: ignore[arg-type]
    reply = await house.tellable.ListTellable(decisions_pb.ListTellableRequest(topics=asked))
    return list(reply.tellable)


async def lines_of_all(database: Database) -> int:
    async with database.reading() as connection:
        count: int = (await connection.execute(text("select count(*) from journal_entry"))).scalar_one()
    return count


async def test_what_one_may_be_told_follows_ones_standing_and_leaves_no_line(house: House, database: Database) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    mine, others = await house.consented(doctor), await house.consented(nurse)
    guardian_of = await house.consented(doctor)
    guardian, _ = await appointed(house, guardian_of, pb.REPRESENTATION_KIND_GUARDIAN)
    before = await lines_of_all(database)

    house.professional(doctor)
    assert await tellable(house, (mine, DOCUMENT), (others, DOCUMENT), (mine, NOTE), (new_id(), NOTE)) == [
        True,
        False,
        True,
        False,
    ]
    house.person(mine)
    assert await tellable(house, (mine, DOCUMENT), (others, DOCUMENT)) == [True, False]
    house.person(guardian)
    assert await tellable(house, (guardian_of, NOTE), (mine, NOTE)) == [True, False]
    assert await lines_of_all(database) == before


async def test_after_a_block_a_removal_or_a_withdrawal_one_is_told_no_more(house: House) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    patient = await house.consented(doctor)
    member = await house.invites(patient, nurse)
    house.professional(nurse)
    assert await tellable(house, (patient, NOTE)) == [True]
    house.person(patient)
    await house.consents.RemoveMember(pb.RemoveMemberRequest(patient_id=str(patient), member_id=member.member_id))
    block = pb.BlockProfessionalRequest(patient_id=str(patient), professional_id=str(doctor))
    await house.consents.BlockProfessional(block)

    for professional in (doctor, nurse):
        house.professional(professional)
        assert await tellable(house, (patient, NOTE)) == [False]
    house.person(patient)
    known = (await house.consents.ListConsents(pb.ListConsentsRequest(patient_id=str(patient)))).consents[0]
    end = pb.WithdrawConsentRequest(patient_id=str(patient), consent_id=known.consent_id)
    await house.consents.WithdrawConsent(end)
    assert await tellable(house, (patient, NOTE)) == [True]


@pytest.mark.parametrize(
    ("topics", "expected"),
    [
        ([], "QUESTION_INVALID"),
        ([(new_id(), DOCUMENT)] * 501, "QUESTION_INVALID"),
        ([(new_id(), 0)], "QUESTION_INVALID"),
        ([(new_id(), 99)], "QUESTION_INVALID"),
        ([("dupont", DOCUMENT)], "ID_INVALID"),
        ([("", DOCUMENT)], "ID_INVALID"),
    ],
)
async def test_topics_that_make_no_sense_are_refused(house: House, topics: list[Any], expected: str) -> None:
    house.professional(house.directory.professional())

    assert await reason(tellable(house, *topics)) == expected


async def test_five_hundred_topics_are_answered_to_a_person_through_messaging_only(house: House) -> None:
    doctor = house.directory.professional()
    house.professional(doctor)
    assert await tellable(house, *[(new_id(), NOTE)] * 500) == [False] * 500
    one = decisions_pb.ListTellableRequest(topics=[decisions_pb.Topic(patient_id=str(new_id()), resource_kind=NOTE)])
    assert await reason(house.portal_decisions.ListTellable(one)) == "SERVICE_NOT_ALLOWED"
    assert await reason(house.decisions.ListTellable(one)) == "SERVICE_NOT_ALLOWED"
    house.call_as("administrator", doctor)
    assert await reason(house.tellable.ListTellable(one)) == "KIND_NOT_ALLOWED"
    house.call_as(None)
    assert await reason(house.tellable.ListTellable(one)) == "LOGIN_REQUIRED"
