"""Which conversations are the caller's: all of them, from the place chosen or from any, and where they may write."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import insert
from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante_consent.rpc import conversing
from terresante_consent.store import tables
from terresante_consent.wire import stamp
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .house import MONDAY, House, reason
from .random_worlds import World, Written, worlds
from .test_rpc_concerned import lines_of_all
from .test_rpc_conversations import member_since
from .test_rpc_representatives import appointed

Own = dict[str, tuple[Any, bool]]
"""By patient: from which moment on (None: the beginning), and whether they may write."""


async def mine(house: House, **asked: bool) -> decisions_pb.ListMyConversationsResponse:
    """The conversations of who is calling, as messaging is told."""
    request = decisions_pb.ListMyConversationsRequest(**asked)
    return await house.tellable.ListMyConversations(request)  # type: ignore[no-any-return]


def by_patient(found: decisions_pb.ListMyConversationsResponse) -> Own:
    assert not found.more
    told = {one.patient_id: (_begin(one), one.may_write) for one in found.patients}
    assert len(told) == len(found.patients)
    return told


def _begin(one: Any) -> Any:
    return one.visible_from.ToMicroseconds() if one.HasField("visible_from") else None


async def decided(house: House, patients: list[UUID]) -> Own:
    """The same by the decisions that who is calling gets: what they may read, and whether they may write there."""
    actions = (decisions_pb.ACTION_READ_CONVERSATION, decisions_pb.ACTION_WRITE_CONVERSATION)
    asked = {"resource_kind": decisions_pb.RESOURCE_KIND_MESSAGE, "category": "message"}
    questions = [
        decisions_pb.Question(patient_id=str(patient), action=action, **asked)  # type: ignore[arg-type]
        for patient in patients
        for action in actions
    ]
    reply = await house.tellable.DecideMany(decisions_pb.DecideManyRequest(questions=questions))
    both = list(zip(patients, reply.decisions[::2], reply.decisions[1::2], strict=True))
    for _, reading, writing in both:
        assert reading.scope.may_write is writing.allowed or not reading.allowed
    return {
        str(patient): (_begin(reading.scope), writing.allowed) for patient, reading, writing in both if reading.allowed
    }


def best_of(all_: list[Own]) -> Own:
    """What somebody has who may act from any of these places."""
    found: dict[str, list[tuple[Any, bool]]] = {}
    for some in all_:
        for patient, told in some.items():
            found.setdefault(patient, []).append(told)
    return {patient: (_first([at for at, _ in told]), any(may for _, may in told)) for patient, told in found.items()}


def _first(begins: list[Any]) -> Any:
    return None if None in begins else min(begins)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds)
async def test_the_list_is_what_would_be_decided_and_from_any_place_what_is_told_live(
    database: Database, house: House, world: World
) -> None:
    written = Written(world)
    async with database.transaction() as transaction:
        await written.keep(transaction)
    live = {str(patient): await house.readers(patient_id=str(patient)) for patient in written.patients}
    for professional in written.professionals:
        by_place = []
        for place in written.places_of(professional):
            house.professional(professional.id, place=place)
            by_place.append(await decided(house, written.patients))
            assert by_patient(await mine(house)) == by_place[-1]
        house.professional(professional.id)
        anywhere = by_patient(await mine(house, any_place=True))
        assert anywhere == best_of(by_place)
        told = {patient: readers[professional.id] for patient, readers in live.items() if professional.id in readers}
        assert {patient: at for patient, (at, _) in anywhere.items()} == {
            patient: at and stamp(at).ToMicroseconds()  # type: ignore[union-attr]
            for patient, at in told.items()
        }
    for person in (*written.persons, *written.patients):
        house.person(person)
        found = by_patient(await mine(house))
        around = {id: own for id, own in found.items() if UUID(id) in written.patients}
        assert around == await decided(house, written.patients)


async def test_a_professional_of_several_places_chooses_none_of_them_to_be_told_from_each(house: House) -> None:
    ward, home = house.directory.structure(), house.directory.structure()
    doctor, nurse = house.directory.professional(), house.directory.professional("60", ward, home)
    of_ward, of_home = [await house.consented(doctor) for _ in range(2)]
    for patient, structure in ((of_ward, ward), (of_home, home)):
        house.clock.passes(hours=1)
        await house.consents.InviteMember(pb.InviteMemberRequest(patient_id=str(patient), structure_id=str(structure)))
    for place, expected in ((0, of_ward), (1, of_home)):
        house.professional(nurse, place=house.directory.place(nurse, place))
        assert list(by_patient(await mine(house))) == [str(expected)]

    for chosen in ("", house.directory.place(nurse, 1), str(new_id())):
        house.professional(nurse, place=chosen)
        found = await mine(house, any_place=True)
        assert list(by_patient(found)) == [str(of_home), str(of_ward)]
        assert (sorted(found.structure_ids), found.direct) == (sorted([str(ward), str(home)]), True)


async def test_an_emergency_opened_from_elsewhere_shows_no_more_from_the_structure_that_is_a_member(
    house: House,
) -> None:
    ward, home = house.directory.structure(), house.directory.structure()
    doctor, nurse = house.directory.professional(), house.directory.professional("60", ward, home)
    patient = await house.consented(doctor)
    house.clock.passes(hours=1)
    since = stamp(house.clock()).ToMicroseconds()  # type: ignore[union-attr]
    await house.consents.InviteMember(pb.InviteMemberRequest(patient_id=str(patient), structure_id=str(ward)))
    house.professional(nurse, place=house.directory.place(nurse, 1))
    emergency = pb.OpenEmergencyAccessRequest(patient_id=str(patient), reason="Patient inconscient aux urgences")
    await house.consents.OpenEmergencyAccess(emergency)
    assert by_patient(await mine(house)) == {str(patient): (None, True)}
    assert by_patient(await mine(house, any_place=True)) == {str(patient): (None, True)}

    house.professional(nurse, place=house.directory.place(nurse, 0))
    assert by_patient(await mine(house)) == {str(patient): (since, True)} == await decided(house, [patient])


async def test_who_asks_for_no_patients_is_told_of_teams_and_direct_messages_alone(house: House) -> None:
    ward = house.directory.structure()
    doctor = house.directory.professional("10", ward)
    await house.consented(doctor)
    house.professional(doctor)

    found = await mine(house, without_patients=True)

    assert (list(found.patients), list(found.structure_ids), found.direct) == ([], [str(ward)], True)


async def test_the_patient_is_told_whether_the_circle_lets_them_write(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    carer, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_CARER, may_read=True)
    topic = decisions_pb.Topic(patient_id=str(patient), resource_kind=decisions_pb.RESOURCE_KIND_MESSAGE)
    letter = decisions_pb.Topic(patient_id=str(patient), resource_kind=decisions_pb.RESOURCE_KIND_DOCUMENT)
    for opened in (False, True):
        house.professional(doctor)
        await house.sets(patient, patient_may_write=opened)
        for person, writes in ((patient, opened), (carer, False)):
            house.person(person)
            assert by_patient(await mine(house))[str(patient)] == (None, writes)
            told = await house.tellable.ListTellable(decisions_pb.ListTellableRequest(topics=[topic, letter]))
            assert (list(told.tellable), list(told.may_write)) == ([True, True], [writes, False])


async def followed(database: Database, doctor: UUID, number: int) -> list[str]:
    """So many more patients with a consent, in whose circle that professional is, the newest membership first."""
    patients = [new_id() for _ in range(number)]
    consents, members = [], []
    for place, patient in enumerate(patients):
        given = MONDAY - timedelta(days=1, seconds=place)
        consents.append(
            {"consent_id": new_id(), "patient_id": patient, "form": "oral", "given_at": given, "given_by": patient}
            | {"notice_version": "1", "information_given": "Dit.", "version": 1}
        )
        members.append(
            {"member_id": new_id(), "patient_id": patient, "professional_id": doctor, "since": given}
            | {"invited_by": patient, "explicit_agreement": False}
        )
    circles = [{"patient_id": patient, "version": 1} for patient in patients]
    async with database.transaction() as transaction:
        await transaction.execute(insert(tables.circle), circles)
        await transaction.execute(insert(tables.consent), consents)
        await transaction.execute(insert(tables.circle_member), members)
    return list(map(str, patients))


async def test_all_patients_of_a_doctor_are_listed_however_many(house: House, database: Database) -> None:
    doctor = house.directory.professional()
    patients = await followed(database, doctor, 2_345)
    before = await lines_of_all(database)
    house.professional(doctor)

    found = await mine(house)

    assert [one.patient_id for one in found.patients] == patients
    assert not found.more
    assert await lines_of_all(database) == before


@pytest.mark.parametrize(("most", "more"), [(7, False), (6, True)])
async def test_an_answer_that_holds_not_all_says_so_and_gives_the_newest(
    house: House, database: Database, monkeypatch: pytest.MonkeyPatch, most: int, more: bool
) -> None:
    doctor = house.directory.professional()
    patients = await followed(database, doctor, 7)
    monkeypatch.setattr(conversing, "MOST_PATIENTS", most)
    house.professional(doctor)

    for any_place in (False, True):
        found = await mine(house, any_place=any_place)
        assert [one.patient_id for one in found.patients] == patients[:most]
        assert found.more is more


async def test_a_structure_that_left_and_an_emergency_that_ended_give_nothing(house: House) -> None:
    ward = house.directory.structure()
    doctor, nurse = house.directory.professional(), house.directory.professional("60", ward)
    patient, urgent = await house.consented(doctor), await house.consented(doctor)
    invited = pb.InviteMemberRequest(patient_id=str(patient), structure_id=str(ward))
    member = (await house.consents.InviteMember(invited)).member
    house.professional(nurse)
    emergency = pb.OpenEmergencyAccessRequest(patient_id=str(urgent), reason="Patient inconscient aux urgences")
    await house.consents.OpenEmergencyAccess(emergency)
    assert set(by_patient(await mine(house))) == {str(patient), str(urgent)}

    house.person(patient)
    await house.consents.RemoveMember(pb.RemoveMemberRequest(patient_id=str(patient), member_id=member.member_id))
    house.clock.passes(hours=5)

    house.professional(nurse)
    assert by_patient(await mine(house, any_place=True)) == {}


async def test_a_professional_is_told_which_conversations_are_theirs_newest_first(house: House) -> None:
    ward, other = house.directory.structure(), house.directory.structure()
    doctor, nurse = house.directory.professional(), house.directory.professional("60", ward, other)
    first, second, third, blocked, urgent = [await house.consented(doctor) for _ in range(5)]
    house.professional(doctor)
    times = [await member_since(house, patient, nurse, hours=1) for patient in (first, second, blocked)]
    house.clock.passes(hours=1)
    await house.consents.InviteMember(pb.InviteMemberRequest(patient_id=str(third), structure_id=str(ward)))
    structure_since = house.clock()
    house.person(blocked)
    block = pb.BlockProfessionalRequest(patient_id=str(blocked), professional_id=str(nurse))
    await house.consents.BlockProfessional(block)
    house.professional(nurse, place=house.directory.place(nurse, 1))
    house.clock.passes(hours=1)
    emergency = pb.OpenEmergencyAccessRequest(patient_id=str(urgent), reason="Patient inconscient aux urgences")
    await house.consents.OpenEmergencyAccess(emergency)

    found = await mine(house)

    begins = [(one.patient_id, one.visible_from if one.HasField("visible_from") else None) for one in found.patients]
    assert begins == [(str(urgent), None), (str(second), stamp(times[1])), (str(first), stamp(times[0]))]
    assert (sorted(found.structure_ids), found.direct) == (sorted([str(ward), str(other)]), True)
    house.professional(nurse, place=house.directory.place(nurse, 0))
    from_ward = {one.patient_id: one.visible_from for one in (await mine(house)).patients}
    assert from_ward[str(third)] == stamp(structure_since)
    house.professional(nurse)
    assert await reason(mine(house)) == "PLACE_REQUIRED"


async def test_persons_have_their_own_conversations_and_those_of_whom_they_may_read_for(house: House) -> None:
    doctor = house.directory.professional()
    patient, other = await house.consented(doctor), await house.consented(doctor)
    reader, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_CARER, may_read=True)
    manager, _ = await appointed(house, other, pb.REPRESENTATION_KIND_CARER, may_manage=True)
    for person, expected in ((patient, [patient]), (reader, [reader, patient]), (manager, [manager])):
        house.person(person)
        found = await mine(house)
        assert [one.patient_id for one in found.patients] == [str(id) for id in expected]
        assert (list(found.structure_ids), found.direct) == ([], False)


async def test_who_is_suspended_or_unknown_has_no_conversations(house: House) -> None:
    house.professional(new_id())

    found = await mine(house)

    assert (list(found.patients), list(found.structure_ids), found.direct) == ([], [], False)
    assert await reason(house.portal_decisions.ListMyConversations(decisions_pb.ListMyConversationsRequest())) == (
        "SERVICE_NOT_ALLOWED"
    )
