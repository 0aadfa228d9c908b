"""Conversations around a patient, and messages about none: who reads and writes them, from when on, and what the circle
lets the patient do."""

from datetime import datetime
from typing import Any
from uuid import UUID

from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante_consent.wire import stamp
from terresante_platform.ids import new_id

from .house import MONDAY, House, reason
from .linking import Linking
from .test_rpc_representatives import appointed

DOCUMENT, MESSAGE = decisions_pb.RESOURCE_KIND_DOCUMENT, decisions_pb.RESOURCE_KIND_MESSAGE


async def member_since(house: House, patient: UUID, professional: UUID, hours: float) -> datetime:
    """Whoever is calling invites them so much later. Gives when."""
    house.clock.passes(hours=hours)
    await house.invites(patient, professional)
    return house.clock()


def begins(decision: decisions_pb.Decision) -> Any:
    """From which moment on; None: from the beginning."""
    assert decision.allowed
    return decision.scope.visible_from if decision.scope.HasField("visible_from") else None


async def test_who_joins_reads_from_then_on_and_the_journal_says_that_they_read(house: House) -> None:
    doctor, nurse, thread = house.directory.professional(), house.directory.professional("60"), new_id()
    patient = await house.consented(doctor)
    joined = await member_since(house, patient, nurse, hours=3)
    house.professional(nurse)

    read = await house.converses(patient, resource_id=thread)
    written = await house.converses(patient, "WRITE", resource_id=thread)

    assert begins(read) == begins(written) == stamp(joined)
    assert read.sentence == "Lecture d'une conversation autour du patient. Permis : membre du cercle de soins."
    house.person(patient)
    line = next(one for one in await house.lines(patient) if one.entry_id == read.entry_id)
    assert (line.action, line.resource_kind, line.category) == (
        decisions_pb.ACTION_READ_CONVERSATION,
        MESSAGE,
        "message",
    )
    assert (line.resource_id, line.actor_id, line.allowed) == (str(thread), str(nurse), True)


async def test_patient_and_representative_read_from_the_beginning(house: House) -> None:
    patient = await house.consented(house.directory.professional())
    guardian, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_GUARDIAN)

    for person in (patient, guardian):
        house.person(person)
        assert begins(await house.converses(patient)) is None
        hidden = await house.converses(patient, hidden_from_patient=True)
        assert list(hidden.reasons) == ["HIDDEN"]
    kept = await house.converses(patient, hidden_from_representatives=True)
    assert list(kept.reasons) == ["HIDDEN"]


async def test_who_is_out_of_the_circle_reads_nothing_not_even_what_they_wrote(house: House) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    patient = await house.consented(doctor)
    member = await house.invites(patient, nurse)
    house.person(patient)
    await house.consents.RemoveMember(pb.RemoveMemberRequest(patient_id=str(patient), member_id=member.member_id))
    house.professional(nurse)

    for action in ("READ", "WRITE"):
        refused = await house.converses(patient, action, author_id=nurse)
        assert list(refused.reasons) == ["NOT_IN_CIRCLE"]


async def test_who_is_not_among_those_of_a_side_conversation_is_told_nothing_of_it(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)

    refused = await house.converses(patient, resource_id=new_id(), author_id=doctor, hidden_from_professionals=True)

    assert list(refused.reasons) == ["HIDDEN"]
    ask = decisions_pb.GetDecisionRequest(patient_id=str(patient), entry_id=refused.entry_id)
    assert await reason(house.portal_decisions.GetDecision(ask)) == "DECISION_UNKNOWN"
    assert refused.entry_id not in [line.entry_id for line in await house.lines(patient)]


async def test_who_has_no_standing_learns_nothing_of_the_conversation_they_asked_for(house: House) -> None:
    doctor, stranger = house.directory.professional(), house.directory.professional("86")
    patient = await house.consented(doctor)
    house.professional(stranger)
    refused = await house.converses(patient, hidden_from_professionals=True)
    ask = decisions_pb.GetDecisionRequest(patient_id=str(patient), entry_id=refused.entry_id)

    told = await house.portal_decisions.GetDecision(ask)

    assert list(told.decision.reasons) == ["NOT_IN_CIRCLE"]
    assert "hidden_from_professionals" not in told.facts


async def test_the_patient_writes_when_the_circle_lets_them(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    carer, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_CARER, may_read=True)
    manager, _ = await appointed(house, patient, pb.REPRESENTATION_KIND_CARER, may_manage=True)
    house.person(patient)
    refused = await house.converses(patient, "WRITE")
    assert list(refused.reasons) == ["WRITING_NOT_OPEN"]
    assert refused.todo
    ask = decisions_pb.GetDecisionRequest(patient_id=str(patient), entry_id=refused.entry_id)
    assert (await house.portal_decisions.GetDecision(ask)).would_flip == {"patient_writing": "true"}

    house.professional(doctor)
    assert (await house.sets(patient, patient_may_write=True)).patient_may_write

    for person, reasons in ((patient, []), (manager, []), (carer, ["OUTSIDE_MANDATE"]), (new_id(), ["NOT_CONCERNED"])):
        house.person(person)
        assert list((await house.converses(patient, "WRITE")).reasons) == reasons
    house.person(patient)
    consent = (await house.consents.ListConsents(pb.ListConsentsRequest(patient_id=str(patient)))).consents[0]
    end = pb.WithdrawConsentRequest(patient_id=str(patient), consent_id=consent.consent_id)
    await house.consents.WithdrawConsent(end)
    assert list((await house.converses(patient, "WRITE")).reasons) == ["CONSENT_NOT_IN_FORCE"]
    assert (await house.converses(patient)).allowed


async def test_newcomers_see_what_was_before_when_the_patient_says_so(house: House) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    patient = await house.consented(doctor)
    joined = await member_since(house, patient, nurse, hours=3)
    house.person(patient)
    await house.sets(patient, newcomers_see_earlier=True)
    house.professional(nurse)
    assert begins(await house.converses(patient)) is None

    house.person(patient)
    await house.sets(patient, newcomers_see_earlier=False)
    house.professional(nurse)
    assert begins(await house.converses(patient)) == stamp(joined)


async def test_from_a_structure_one_reads_since_it_joined_unless_one_joined_earlier(house: House) -> None:
    ward, other = house.directory.structure(), house.directory.structure()
    doctor, nurse = house.directory.professional(), house.directory.professional("60", ward, other)
    patient = await house.consented(doctor)
    house.clock.passes(hours=1)
    early = house.clock()
    await house.consents.InviteMember(pb.InviteMemberRequest(patient_id=str(patient), structure_id=str(ward)))
    late = await member_since(house, patient, nurse, hours=1)

    for place, expected in ((0, early), (1, late)):
        house.professional(nurse, place=house.directory.place(nurse, place))
        assert begins(await house.converses(patient)) == stamp(expected)


async def test_an_open_emergency_reads_from_the_beginning(house: House) -> None:
    rescuer = house.directory.professional()
    patient = await house.consented(house.directory.professional())
    house.professional(rescuer)
    emergency = pb.OpenEmergencyAccessRequest(patient_id=str(patient), reason="Patient inconscient aux urgences")
    await house.consents.OpenEmergencyAccess(emergency)

    assert begins(await house.converses(patient)) is None
    house.clock.passes(hours=5)
    assert list((await house.converses(patient)).reasons) == ["NOT_IN_CIRCLE"]


async def test_of_two_who_are_one_person_the_stricter_setting_holds_until_they_are_parted(
    house: House, linking: Linking
) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    mine, other = await house.consented(doctor), await house.consented(doctor)
    house.professional(doctor)
    joined = await member_since(house, mine, nurse, hours=1)
    await house.sets(mine, patient_may_write=True)
    house.person(mine)
    assert (await house.sets(mine, newcomers_see_earlier=True)).newcomers_see_earlier

    act = await linking.merges(other, mine)

    circle = (await house.consents.GetCircle(pb.GetCircleRequest(patient_id=str(mine)))).circle
    assert (circle.patient_may_write, circle.newcomers_see_earlier) == (False, False)
    assert list((await house.converses(mine, "WRITE")).reasons) == ["WRITING_NOT_OPEN"]
    house.professional(nurse)
    assert begins(await house.converses(mine)) == stamp(joined)
    await linking.separates(act, other, mine)
    assert begins(await house.converses(mine)) is None
    house.person(mine)
    assert (await house.converses(mine, "WRITE")).allowed


async def apart(house: House, action: str, **question: Any) -> decisions_pb.Decision:
    """A decision on messages about no patient, asked by messaging for who is calling."""
    asked = decisions_pb.Question(action=decisions_pb.Action.Value(f"ACTION_{action}"), **question)
    reply = await house.tellable.DecideMany(decisions_pb.DecideManyRequest(questions=[asked]))
    return reply.decisions[0]  # type: ignore[no-any-return]


async def test_messages_about_no_patient_are_for_professionals_whose_account_is_open(house: House) -> None:
    doctor, portal = house.directory.professional(), house.directory.feeder()
    house.professional(doctor)
    decision = await apart(house, "USE_DIRECT_MESSAGES")
    assert (decision.allowed, decision.basis) == (True, decisions_pb.BASIS_PROFESSION)
    house.system(portal)
    assert list((await apart(house, "USE_DIRECT_MESSAGES")).reasons) == ["NOT_PERMITTED"]
    house.person(new_id())
    assert list((await apart(house, "USE_DIRECT_MESSAGES")).reasons) == ["NOT_PERMITTED"]
    house.professional(new_id())
    assert (await apart(house, "USE_DIRECT_MESSAGES")).reasons[0] == "ACCOUNT_SUSPENDED"


async def test_a_team_is_who_practises_there_from_whichever_place_they_ask(house: House) -> None:
    ward, other = house.directory.structure(), house.directory.structure()
    nurse, doctor = house.directory.professional("60", ward, other), house.directory.professional()
    for place in (0, 1):
        house.professional(nurse, place=house.directory.place(nurse, place))
        assert (await apart(house, "USE_TEAM_MESSAGES", concerned_structure_ids=[str(ward)])).allowed
    house.professional(doctor)
    refused = await apart(house, "USE_TEAM_MESSAGES", concerned_structure_ids=[str(ward)])
    assert list(refused.reasons) == ["NOT_IN_TEAM"]
    left = house.directory.professional("60", ward, other)
    house.directory.professionals[left].places[0].until.FromDatetime(MONDAY)
    house.professional(left)
    gone = await apart(house, "USE_TEAM_MESSAGES", concerned_structure_ids=[str(ward)])
    assert list(gone.reasons) == ["NOT_IN_TEAM"]


async def test_only_a_system_hears_as_a_portal(house: House) -> None:
    portal = house.directory.feeder()
    house.system(portal)
    assert (await apart(house, "HEAR_AS_PORTAL")).allowed
    house.system(new_id())
    assert list((await apart(house, "HEAR_AS_PORTAL")).reasons) == ["ACCOUNT_SUSPENDED"]
    house.professional(house.directory.professional())
    assert list((await apart(house, "HEAR_AS_PORTAL")).reasons) == ["NOT_PERMITTED"]


async def test_topics_of_messages_say_from_when_on_and_the_others_say_nothing(house: House) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    mine, foreign = await house.consented(doctor), await house.consented(doctor)
    house.professional(doctor)
    joined = await member_since(house, mine, nurse, hours=2)
    asked = [(mine, MESSAGE), (foreign, MESSAGE), (mine, DOCUMENT)]
    topics = [decisions_pb.Topic(patient_id=str(patient), resource_kind=kind) for patient, kind in asked]
    house.professional(nurse)

    told = await house.tellable.ListTellable(decisions_pb.ListTellableRequest(topics=topics))

    assert list(told.tellable) == [True, False, True]
    assert [one.ToMicroseconds() for one in told.visible_from] == [int(joined.timestamp() * 1_000_000), 0, 0]
    house.person(mine)
    told = await house.tellable.ListTellable(decisions_pb.ListTellableRequest(topics=topics))
    assert (list(told.tellable), [one.ToMicroseconds() for one in told.visible_from]) == (
        [True, False, True],
        [0, 0, 0],
    )
