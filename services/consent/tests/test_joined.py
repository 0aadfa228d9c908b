"""Two records of one person, as the service decides on them: the stricter stands until a consent settles it, and an
undone merge leaves each as it was."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import text
from terresante.consent.v1 import consent_events_pb2 as events_pb
from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.identity.v1.identity_events_pb2 import PersonsMerged
from terresante_consent.events import PERSONS_MERGED
from terresante_platform.database import Database
from terresante_platform.ids import new_id
from terresante_platform.refusals import Refusal

from .house import House, consent_of, reason
from .linking import Linking
from .test_rpc_concerned import concerned
from .test_rpc_representatives import appointed

Published = Callable[[], Awaitable[list[str]]]


async def withdraws(house: House, patient: UUID) -> pb.Consent:
    """The patient ends the newest of their own consents."""
    house.person(patient)
    known = (await house.consents.ListConsents(pb.ListConsentsRequest(patient_id=str(patient)))).consents[0]
    end = pb.WithdrawConsentRequest(patient_id=str(patient), consent_id=known.consent_id)
    return (await house.consents.WithdrawConsent(end)).consent  # type: ignore[no-any-return]


async def consents_again(house: House, by: UUID, patient: UUID) -> pb.Consent:
    house.clock.passes(minutes=1)
    house.professional(by)
    return (await house.consents.RecordConsent(consent_of(patient, house.clock()))).consent  # type: ignore[no-any-return]


async def blocked(house: House, patient: UUID, professional: UUID) -> pb.Block:
    house.person(patient)
    block = pb.BlockProfessionalRequest(patient_id=str(patient), professional_id=str(professional))
    return (await house.consents.BlockProfessional(block)).block  # type: ignore[no-any-return]


class Two:
    """A patient known twice, each time with a doctor of their own."""

    def __init__(self, house: House, linking: Linking) -> None:
        self.house, self.linking = house, linking
        self.her_doctor, self.his_doctor = house.directory.professional(), house.directory.professional()
        self.act = new_id()

    async def consent(self) -> "Two":
        """Each consented, to their own doctor."""
        self.absorbed = await self.house.consented(self.her_doctor)
        self.survivor = await self.house.consented(self.his_doctor)
        return self

    async def merge(self) -> None:
        """From now on they are one."""
        self.act = await self.linking.merges(self.absorbed, self.survivor)

    async def undo(self) -> None:
        """They are two again."""
        await self.linking.separates(self.act, self.absorbed, self.survivor)

    async def read(self) -> tuple[bool, bool]:
        """Whether each doctor reads the record of their own: of the absorbed, of the survivor."""
        found = []
        for doctor, patient in ((self.her_doctor, self.absorbed), (self.his_doctor, self.survivor)):
            self.house.professional(doctor)
            found.append(await self.house.reads(patient))
        return found[0], found[1]


@pytest.fixture
def two(house: House, linking: Linking) -> Two:
    return Two(house, linking)


async def test_a_merge_by_itself_gives_nobody_anything_and_keeps_who_read_with_consent_of_both(two: Two) -> None:
    await two.consent()
    house = two.house
    guardian, _ = await appointed_by(two.her_doctor, house, two.absorbed)
    await two.merge()

    assert await two.read() == (True, True)
    house.professional(two.her_doctor)
    refused = await house.decided(two.survivor, "READ")
    assert list(refused.reasons) == ["NOT_IN_CIRCLE"]
    for person in (two.absorbed, guardian):
        house.person(person)
        assert await house.reads(two.absorbed)
        assert list((await house.decided(two.survivor, "READ")).reasons) == ["NOT_CONCERNED"]
    house.person(two.survivor)
    assert not await house.reads(two.absorbed)


async def appointed_by(doctor: UUID, house: House, patient: UUID) -> tuple[UUID, pb.Representation]:
    house.professional(doctor)
    return await appointed(house, patient, pb.REPRESENTATION_KIND_GUARDIAN)


@pytest.mark.parametrize("under", ["absorbed", "survivor"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_withdrawal_under_either_id_stops_both_and_the_undoing_gives_the_other_back(
    two: Two, under: str, when: str, published: Published
) -> None:
    await two.consent()
    if when == "after":
        await two.merge()
    await withdraws(two.house, getattr(two, under))
    if when == "before":
        await two.merge()

    assert await two.read() == (False, False)
    told = (await published()).count("consent.v1.consent_withdrawn")
    assert told == (2 if when == "after" else 1), "who loses access by it hears of it, under the other id too"
    await two.undo()
    assert await two.read() == (under != "absorbed", under != "survivor")


async def test_what_the_merge_did_is_told_in_the_facts_of_decisions(two: Two) -> None:
    await two.consent()
    house = two.house
    await withdraws(house, two.survivor)
    await two.merge()
    house.professional(two.her_doctor)
    refused = await house.decided(two.absorbed, "READ")
    house.person(two.absorbed)

    asked = decisions_pb.GetDecisionRequest(patient_id=str(two.absorbed), entry_id=refused.entry_id)
    told = await house.portal_decisions.GetDecision(asked)

    assert list(refused.reasons) == ["CONSENT_NOT_IN_FORCE"]
    assert (told.facts["joined"], told.facts["consent_in_force"], told.facts["member"]) == ("true", "false", "true")
    await two.undo()
    house.professional(two.her_doctor)
    allowed = await house.decided(two.absorbed, "READ")
    asked.entry_id = allowed.entry_id
    assert (await house.portal_decisions.GetDecision(asked)).facts["joined"] == "false"


async def test_a_block_under_either_id_counts_for_both_until_it_is_lifted(two: Two, published: Published) -> None:
    await two.consent()
    house = two.house
    await two.merge()
    block = await blocked(house, two.survivor, two.her_doctor)

    assert (await published()).count("consent.v1.professional_blocked") == 2
    assert await two.read() == (False, True)
    assert two.her_doctor not in await concerned(house, two.absorbed)
    house.professional(two.her_doctor)
    assert (await house.decided(two.absorbed, "READ")).reasons[0] == "BLOCKED_BY_PATIENT"
    assert not (await house.consents.ListMyPatients(pb.ListMyPatientsRequest())).patients
    house.person(two.absorbed)
    assert await reason(house.invites(two.absorbed, two.her_doctor)) == "MEMBER_BLOCKED"
    lift = pb.LiftBlockRequest(patient_id=str(two.absorbed), block_id=block.block_id)
    assert await reason(house.consents.LiftBlock(lift)) == "BLOCK_UNKNOWN"

    house.person(two.survivor)
    await house.consents.LiftBlock(pb.LiftBlockRequest(patient_id=str(two.survivor), block_id=block.block_id))

    assert await two.read() == (True, True)


async def test_a_consent_for_the_survivor_settles_it_and_is_refused_for_the_absorbed(
    two: Two, published: Published
) -> None:
    await two.consent()
    house = two.house
    await withdraws(house, two.absorbed)
    await two.merge()
    with pytest.raises(Refusal) as refusal:
        await consents_again(house, two.her_doctor, two.absorbed)
    assert (refusal.value.reason, refusal.value.details) == ("PATIENT_MERGED", {"patient": str(two.survivor)})
    assert await two.read() == (False, False)

    given = await consents_again(house, two.his_doctor, two.survivor)

    assert await two.read() == (True, True)
    assert (await published()).count("consent.v1.consent_recorded") == 4, "two at first, then told under both ids"
    house.person(two.survivor)
    listed = (await house.consents.ListConsents(pb.ListConsentsRequest(patient_id=str(two.survivor)))).consents
    assert [one.consent_id for one in listed if not one.HasField("withdrawn_at")] == [given.consent_id]
    assert len(listed) == 2, "the one before ended with it"
    house.professional(two.his_doctor)
    again = house.consents.RecordConsent(consent_of(two.survivor, house.clock()))
    assert await reason(again) == "CONSENT_ALREADY_IN_FORCE"


async def test_a_consent_given_before_a_withdrawal_under_the_other_id_does_not_settle_it(two: Two) -> None:
    await two.consent()
    house = two.house
    before = house.clock()
    house.clock.passes(minutes=5)
    await withdraws(house, two.absorbed)
    await two.merge()
    house.professional(two.his_doctor)

    assert await reason(house.consents.RecordConsent(consent_of(two.survivor, before))) == "CONSENT_DATE_INVALID"
    assert await two.read() == (False, False)


@pytest.mark.parametrize("withdrawn_before", [False, True])
async def test_a_withdrawal_under_the_absorbed_id_takes_the_decision_back(two: Two, withdrawn_before: bool) -> None:
    await two.consent()
    house = two.house
    if withdrawn_before:
        await withdraws(house, two.absorbed)
    await two.merge()
    await consents_again(house, two.his_doctor, two.survivor)
    assert await two.read() == (True, True)

    house.clock.passes(minutes=1)
    ended = await withdraws(house, two.absorbed)

    assert ended.HasField("withdrawn_at")
    assert await two.read() == (False, False)
    house.person(two.absorbed)
    end = pb.WithdrawConsentRequest(patient_id=str(two.absorbed), consent_id=ended.consent_id)
    assert await reason(house.consents.WithdrawConsent(end)) == "CONSENT_ALREADY_WITHDRAWN"
    await consents_again(house, two.his_doctor, two.survivor)
    assert await two.read() == (True, True)
    await two.undo()
    assert await two.read() == (False, True)


async def test_undone_each_stands_as_it_stood_with_what_happened_under_its_own_id(two: Two) -> None:
    await two.consent()
    house = two.house
    await withdraws(house, two.absorbed)
    await two.merge()
    await consents_again(house, two.his_doctor, two.survivor)
    await blocked(house, two.absorbed, two.his_doctor)
    assert await two.read() == (True, False)

    await two.undo()

    assert await two.read() == (False, True)
    house.professional(two.her_doctor)
    await consents_again(house, two.her_doctor, two.absorbed)
    assert await two.read() == (True, True)


async def test_another_merge_of_the_same_two_finds_nothing_decided(two: Two) -> None:
    await two.consent()
    await withdraws(two.house, two.absorbed)
    await two.merge()
    await consents_again(two.house, two.his_doctor, two.survivor)
    await two.undo()

    await two.merge()

    assert await two.read() == (False, False)


async def test_an_emergency_needs_the_consent_that_stands_for_both_and_opens_one_record(two: Two) -> None:
    await two.consent()
    house, rescuer = two.house, two.house.directory.professional()
    await two.merge()
    house.professional(rescuer)
    opened = pb.OpenEmergencyAccessRequest(patient_id=str(two.absorbed), reason="Patient inconscient aux urgences")
    await house.consents.OpenEmergencyAccess(opened)

    assert await house.reads(two.absorbed)
    assert list((await house.decided(two.survivor, "READ")).reasons) == ["NOT_IN_CIRCLE"]
    await withdraws(house, two.survivor)
    house.professional(rescuer)
    assert list((await house.decided(two.absorbed, "READ")).reasons) == ["CONSENT_NOT_IN_FORCE"]
    assert await reason(house.consents.OpenEmergencyAccess(opened)) == "CONSENT_NOT_IN_FORCE"


async def test_everything_that_says_whether_consent_is_in_force_says_the_same(two: Two) -> None:
    await two.consent()
    house = two.house

    async def said() -> set[bool]:
        of = str(two.absorbed)
        house.professional(two.her_doctor)
        mine = (await house.consents.ListMyPatients(pb.ListMyPatientsRequest())).patients
        told = [one.consent_in_force for one in mine]
        house.person(two.absorbed)
        told.append((await house.consents.GetCircle(pb.GetCircleRequest(patient_id=of))).circle.consent_in_force)
        house.call_as(None)
        asked = pb.ListConcernedRequest(patient_id=of)
        told.append((await house.messaging.ListConcerned(asked)).consent_in_force)
        assert len(told) == 3
        return set(told)

    await two.merge()
    assert await said() == {True}
    await withdraws(house, two.survivor)
    assert await said() == {False}
    await two.undo()
    assert await said() == {True}


async def test_a_chain_of_merges_binds_all_and_an_undone_middle_parts_what_was_joined_by_it(two: Two) -> None:
    await two.consent()
    house, third_doctor = two.house, two.house.directory.professional()
    third = await house.consented(third_doctor)
    await two.merge()
    upper = await two.linking.merges(two.survivor, third)
    await withdraws(house, third)
    assert await two.read() == (False, False)
    with pytest.raises(Refusal) as refusal:
        await consents_again(house, two.her_doctor, two.absorbed)
    assert refusal.value.details == {"patient": str(third)}
    await consents_again(house, third_doctor, third)
    await withdraws(house, two.survivor)
    assert await two.read() == (False, False)

    await two.linking.separates(upper, two.survivor, third)

    assert await two.read() == (False, False)
    house.professional(third_doctor)
    assert await house.reads(third)
    await consents_again(house, two.his_doctor, two.survivor)
    assert await two.read() == (True, True)


async def announced(database: Database) -> list[events_pb.RecordsJoined]:
    async with database.reading() as connection:
        rows = await connection.execute(
            text("select payload from outbox where subject like '%.records_%' order by sequence")
        )
        return [events_pb.RecordsJoined.FromString(payload) for payload in rows.scalars()]


async def test_each_merge_and_each_undoing_has_one_effect_and_is_announced_once(
    two: Two, published: Published, database: Database
) -> None:
    await two.consent()
    act, id = new_id(), new_id()
    event = PersonsMerged(act_id=str(act), absorbed_id=str(two.absorbed), surviving_id=str(two.survivor))
    await two.linking.comes(PERSONS_MERGED, event, id)

    assert await two.linking.comes(PERSONS_MERGED, event, id) == 0
    assert await two.linking.comes(PERSONS_MERGED, event) == 1
    two.act = act
    await two.undo()
    await two.undo()
    await two.linking.comes(PERSONS_MERGED, event)

    assert (await published())[2:] == ["consent.v1.records_joined", "consent.v1.records_parted"]
    joined, parted = await announced(database)
    ids = (str(two.survivor), str(two.absorbed))
    assert (joined.patient_id, joined.absorbed_patient_id) == (parted.patient_id, parted.absorbed_patient_id) == ids
    assert joined.act_id == str(act)
    await withdraws(two.house, two.absorbed)
    assert await two.read() == (False, True)


async def test_a_merge_that_was_undone_before_it_was_heard_of_joins_nobody(two: Two, published: Published) -> None:
    await two.consent()
    await two.undo()
    await two.linking.merges(two.absorbed, two.survivor, two.act)

    await withdraws(two.house, two.absorbed)

    assert await two.read() == (False, True)
    assert not {name for name in await published() if "records_" in name}


async def test_who_was_split_off_is_somebody_new_and_changes_nothing(two: Two, published: Published) -> None:
    await two.consent()
    await two.linking.separates(None, two.house.identity.person(), two.survivor)

    assert await two.read() == (True, True)
    assert not {name for name in await published() if "records_" in name}


async def test_what_was_settled_in_a_union_that_ended_is_not_settled_in_the_next_one(two: Two) -> None:
    await two.consent()
    third = await two.house.consented(two.his_doctor)
    await withdraws(two.house, two.absorbed)
    await two.merge()
    upper = await two.linking.merges(two.survivor, third)
    await consents_again(two.house, two.his_doctor, third)
    assert await two.read() == (True, True)
    await two.linking.separates(upper, two.survivor, third)
    assert await two.read() == (False, False)

    await two.linking.merges(two.survivor, third)

    assert await two.read() == (False, False)


async def test_a_withdrawal_and_a_merge_at_the_same_moment_close_both_whichever_comes_first(
    house: House, linking: Linking
) -> None:
    for _ in range(8):
        two = await Two(house, linking).consent()

        await asyncio.gather(
            asyncio.create_task(withdraws(house, two.absorbed)),
            asyncio.create_task(two.merge()),
            asyncio.create_task(blocked(house, two.survivor, two.her_doctor)),
        )

        assert await two.read() == (False, False)
