"""Who may read each conversation now: asked by messaging for every delivery, without a line in anybody's journal."""

from typing import Any
from uuid import UUID

import pytest
from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante_consent.events import PROFESSIONAL_CHANGED, reactions
from terresante_consent.parts import Parts
from terresante_platform.bus import Bus
from terresante_platform.consumer import Arrived, Consumer
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .house import MONDAY, House, read_by, reason
from .linking import Linking
from .test_events import changed
from .test_rpc_concerned import lines_of_all
from .test_rpc_representatives import appointed


async def known(house: House, *professionals: UUID) -> None:
    """Consent has heard of them."""
    for one in professionals:
        house.professional(one)
        await house.decided(None, "SEARCH_PERSONS")


async def test_a_patients_conversation_is_read_by_circle_patient_and_who_may_read_for_them(
    house: House, database: Database
) -> None:
    ward = house.directory.structure()
    doctor, nurse = house.directory.professional(), house.directory.professional("60", ward)
    stranger, lab = house.directory.professional(), house.directory.professional("86")
    patient = await house.consented(doctor)
    await known(house, nurse, stranger, lab)
    house.professional(doctor)
    house.clock.passes(hours=1)
    await house.invites(patient, lab, explicit_agreement=True, agreement_form=pb.CONSENT_FORM_ORAL)
    await house.consents.InviteMember(pb.InviteMemberRequest(patient_id=str(patient), structure_id=str(ward)))
    guardian, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_GUARDIAN)
    manager, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_CARER, may_manage=True)
    before = await lines_of_all(database)

    found = await house.readers(patient_id=str(patient))

    assert found == {doctor: MONDAY, nurse: house.clock(), patient: None, guardian: None}
    assert manager not in found
    assert await lines_of_all(database) == before


async def test_a_block_a_removal_and_a_withdrawal_end_it_with_their_acknowledgement(house: House) -> None:
    doctor, nurse, other = (house.directory.professional() for _ in range(3))
    patient = await house.consented(doctor)
    member = await house.invites(patient, nurse)
    await house.invites(patient, other)
    house.person(patient)
    await house.consents.RemoveMember(pb.RemoveMemberRequest(patient_id=str(patient), member_id=member.member_id))
    assert set(await house.readers(patient_id=str(patient))) == {doctor, other, patient}
    house.person(patient)
    block = pb.BlockProfessionalRequest(patient_id=str(patient), professional_id=str(other))
    await house.consents.BlockProfessional(block)
    assert set(await house.readers(patient_id=str(patient))) == {doctor, patient}
    house.person(patient)
    consent = (await house.consents.ListConsents(pb.ListConsentsRequest(patient_id=str(patient)))).consents[0]
    end = pb.WithdrawConsentRequest(patient_id=str(patient), consent_id=consent.consent_id)
    await house.consents.WithdrawConsent(end)
    assert set(await house.readers(patient_id=str(patient))) == {patient}


async def test_who_is_suspended_reads_no_conversation_of_any_kind(
    house: House, bus: Bus, parts: Parts, database: Database
) -> None:
    ward = house.directory.structure()
    doctor, nurse = (house.directory.professional("10", ward) for _ in range(2))
    patient = await house.consented(doctor)
    await house.invites(patient, nurse)
    await known(house, nurse)
    told = house.directory.professionals[nurse]
    told.account_state, told.version = directory_pb.ACCOUNT_STATE_SUSPENDED, 2
    consumer = Consumer("consent", database, bus, reactions(parts.knowing))
    await consumer.react([Arrived(new_id(), PROFESSIONAL_CHANGED, changed(nurse, 2))])

    assert set(await house.readers(patient_id=str(patient))) == {doctor, patient}
    assert set(await house.readers(structure_id=str(ward))) == {doctor}
    assert set(await house.readers(party_ids=[str(doctor), str(nurse)])) == {doctor}


async def test_who_opened_the_record_in_an_emergency_reads_from_the_beginning_until_it_ends(house: House) -> None:
    doctor, rescuer = house.directory.professional(), house.directory.professional()
    worker = house.directory.professional("NPS-ASS", health=False)
    patient = await house.consented(doctor)
    await known(house, worker)
    house.professional(rescuer)
    emergency = pb.OpenEmergencyAccessRequest(patient_id=str(patient), reason="Patient inconscient aux urgences")
    await house.consents.OpenEmergencyAccess(emergency)

    assert await house.readers(patient_id=str(patient)) == {doctor: MONDAY, rescuer: None, patient: None}
    house.clock.passes(hours=5)
    assert await house.readers(patient_id=str(patient)) == {doctor: MONDAY, patient: None}


async def test_of_two_memberships_that_carry_the_earlier_counts_and_a_return_is_a_new_one(house: House) -> None:
    ward = house.directory.structure()
    doctor, nurse = house.directory.professional(), house.directory.professional("60", ward)
    worker = house.directory.professional("NPS-ASS", ward, health=False)
    patient = await house.consented(doctor)
    await known(house, nurse, worker)
    house.professional(doctor)
    house.clock.passes(hours=1)
    early = house.clock()
    await house.consents.InviteMember(pb.InviteMemberRequest(patient_id=str(patient), structure_id=str(ward)))
    house.clock.passes(hours=1)
    late = house.clock()
    for one in (nurse, worker):
        await house.invites(patient, one, explicit_agreement=True, agreement_form=pb.CONSENT_FORM_ORAL)
    found = await house.readers(patient_id=str(patient))
    assert (found[nurse], found[worker]) == (early, late), "nobody agreed to the worker as one of the ward"

    house.person(patient)
    circle = (await house.consents.GetCircle(pb.GetCircleRequest(patient_id=str(patient)))).circle
    mine = next(one for one in circle.members if one.professional_id == str(doctor))
    await house.consents.RemoveMember(pb.RemoveMemberRequest(patient_id=str(patient), member_id=mine.member_id))
    house.clock.passes(hours=1)
    await house.invites(patient, doctor)
    assert (await house.readers(patient_id=str(patient)))[doctor] == house.clock()


async def test_when_the_patient_says_so_newcomers_read_from_the_beginning(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    house.person(patient)
    await house.sets(patient, newcomers_see_earlier=True)

    assert await house.readers(patient_id=str(patient)) == {doctor: None, patient: None}


async def test_of_two_who_are_one_person_the_stricter_holds_for_readers_too(house: House, linking: Linking) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    mine, other = await house.consented(doctor), await house.consented(doctor)
    await house.invites(mine, nurse)
    await known(house, nurse)
    house.person(mine)
    await house.sets(mine, newcomers_see_earlier=True)
    house.person(other)
    block = pb.BlockProfessionalRequest(patient_id=str(other), professional_id=str(nurse))
    await house.consents.BlockProfessional(block)
    assert await house.readers(patient_id=str(mine)) == {doctor: None, nurse: None, mine: None}

    await linking.merges(other, mine)

    assert await house.readers(patient_id=str(mine)) == {doctor: MONDAY, mine: None}


async def test_a_teams_messages_are_read_by_who_practises_there_now(house: House) -> None:
    ward, elsewhere = house.directory.structure(), house.directory.structure()
    nurse, doctor = house.directory.professional("60", elsewhere, ward), house.directory.professional("10", ward)
    left = house.directory.professional("10", ward)
    house.directory.professionals[left].places[0].until.FromDatetime(MONDAY)
    house.professional(nurse, place=house.directory.place(nurse))
    await house.decided(None, "SEARCH_PERSONS")
    await known(house, doctor, left)

    assert await house.readers(structure_id=str(ward)) == {nurse: None, doctor: None}
    assert await house.readers(structure_id=str(new_id())) == {}


async def test_of_named_parties_those_whose_account_is_open_read(house: House) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    gone, portal, closed = house.directory.professional(), house.directory.feeder(), house.directory.feeder()
    house.directory.professionals[gone].places[0].until.FromDatetime(MONDAY)
    house.directory.feeders[closed].account_state = directory_pb.ACCOUNT_STATE_SUSPENDED
    await known(house, doctor, nurse, gone)
    for system in (portal, closed):
        house.system(system)
        await house.decided(None, "MATCH_IDENTITY")
    parties = [str(id) for id in (doctor, nurse, gone, portal, closed, new_id(), doctor)]

    assert await house.readers(party_ids=parties) == {doctor: None, nurse: None, portal: None}


async def test_a_hundred_conversations_are_answered_in_the_order_asked(house: House) -> None:
    ward = house.directory.structure()
    doctor = house.directory.professional("10", ward)
    patients = [await house.consented(doctor) for _ in range(33)]
    asked: list[Any] = []
    expected = []
    for patient in patients:
        asked += [{"patient_id": str(patient)}, {"structure_id": str(ward)}, {"party_ids": [str(doctor)]}]
        expected += [{doctor: MONDAY, patient: None}, {doctor: None}, {doctor: None}]
    asked.append({"patient_id": str(new_id())})
    house.call_as(None)
    conversations = [decisions_pb.Conversation(**one) for one in asked]
    reply = await house.tellable.ListReaders(decisions_pb.ListReadersRequest(conversations=conversations))

    found = [read_by(one) for one in reply.conversations]
    assert found[:99] == expected
    assert found[99] == {UUID(asked[99]["patient_id"]): None}, "an unknown patient is told of nobody else"


@pytest.mark.parametrize(
    ("conversations", "expected"),
    [
        ([], "QUESTION_INVALID"),
        ([{"patient_id": str(new_id())}] * 101, "QUESTION_INVALID"),
        ([{}], "QUESTION_INVALID"),
        ([{"patient_id": str(new_id()), "structure_id": str(new_id())}], "QUESTION_INVALID"),
        ([{"structure_id": str(new_id()), "party_ids": [str(new_id())]}], "QUESTION_INVALID"),
        ([{"party_ids": [str(new_id())] * 101}], "QUESTION_INVALID"),
        ([{"patient_id": "dupont"}], "ID_INVALID"),
        ([{"structure_id": "hopital"}], "ID_INVALID"),
        ([{"party_ids": ["dupont"]}], "ID_INVALID"),
    ],
)
async def test_conversations_that_make_no_sense_are_refused(
    house: House, conversations: list[Any], expected: str
) -> None:
    house.call_as(None)
    asked = [decisions_pb.Conversation(**one) for one in conversations]
    listed = house.tellable.ListReaders(decisions_pb.ListReadersRequest(conversations=asked))

    assert await reason(listed) == expected


async def test_nobody_but_messaging_asks_who_reads(house: House) -> None:
    one = decisions_pb.ListReadersRequest(conversations=[decisions_pb.Conversation(patient_id=str(new_id()))])
    house.professional(house.directory.professional())
    for stub in (house.portal_decisions, house.decisions):
        assert await reason(stub.ListReaders(one)) == "SERVICE_NOT_ALLOWED"


async def test_of_a_structure_that_nobody_agreed_to_its_other_staff_reads_nothing_earlier(house: House) -> None:
    """Who is no health professional reads since the structure for which there is an agreement, health professionals
    since the first of both."""
    ward, home = house.directory.structure(), house.directory.structure()
    doctor, worker = house.directory.professional(), house.directory.professional("NPS-ASS", ward, home, health=False)
    nurse = house.directory.professional("60", ward, home)
    patient = await house.consented(doctor)
    for one in (worker, nurse):
        house.professional(one, place=house.directory.place(one))
        await house.decided(patient, "READ")
    house.professional(doctor)
    times = []
    for structure, agreement in (
        (ward, {}),
        (home, {"explicit_agreement": True, "agreement_form": pb.CONSENT_FORM_ORAL}),
    ):
        house.clock.passes(hours=1)
        times.append(house.clock())
        asked = pb.InviteMemberRequest(patient_id=str(patient), structure_id=str(structure), **agreement)  # type: ignore[arg-type]
        await house.consents.InviteMember(asked)

    found = await house.readers(patient_id=str(patient))

    assert (found[nurse], found[worker]) == tuple(times)
