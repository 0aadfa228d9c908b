"""What is refused, to whom, and with which reason; and that nothing is changed then."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import asyncpg
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.consent.v1 import journal_service_pb2 as journal_pb
from terresante.directory.v1 import directory_service_pb2 as directory_pb
from terresante_consent.rpc import ConsentService, DecisionService, JournalService
from terresante_platform.ids import new_id
from terresante_platform.rpc.allow import rule_of

from .house import House, consent_of, reason

Q = decisions_pb.Question
DOCUMENT = decisions_pb.RESOURCE_KIND_DOCUMENT


async def asked(house: House, *questions: decisions_pb.Question) -> Any:
    return await house.decisions.DecideMany(decisions_pb.DecideManyRequest(questions=questions))


@pytest.mark.parametrize(
    "question",
    [
        {"action": 0, "patient_id": str(new_id())},
        {"action": 999, "patient_id": str(new_id())},
        {"action": decisions_pb.ACTION_RECORD_CONSENT, "patient_id": str(new_id())},
        {"action": decisions_pb.ACTION_LIST, "resource_kind": 1},
        {"action": decisions_pb.ACTION_LIST, "patient_id": str(new_id())},
        {"action": decisions_pb.ACTION_LIST, "patient_id": str(new_id()), "resource_kind": 1, "category": "letter"},
        {"action": decisions_pb.ACTION_READ, "patient_id": str(new_id()), "resource_kind": 1},
        {"action": decisions_pb.ACTION_READ, "patient_id": str(new_id()), "category": "letter"},
        {"action": decisions_pb.ACTION_PUBLISH, "patient_id": str(new_id()), "resource_kind": 1},
        {"action": decisions_pb.ACTION_CHANGE, "patient_id": str(new_id())},
        {"action": decisions_pb.ACTION_SEARCH_PERSONS, "patient_id": str(new_id())},
        {"action": decisions_pb.ACTION_SEARCH_PERSONS, "category": "letter"},
        {"action": decisions_pb.ACTION_READ_IDENTITY},
        {"action": decisions_pb.ACTION_BE_NOTIFIED, "patient_id": str(new_id())},
        {"action": decisions_pb.ACTION_SET_PATIENT_WRITING, "patient_id": str(new_id())},
        {"action": decisions_pb.ACTION_READ_CONVERSATION, "resource_kind": 4, "category": "message"},
        {"action": decisions_pb.ACTION_READ_CONVERSATION, "patient_id": str(new_id()), "resource_kind": 4},
        {"action": decisions_pb.ACTION_READ_CONVERSATION, "patient_id": str(new_id()), "category": "message"},
        {"action": decisions_pb.ACTION_WRITE_CONVERSATION, "patient_id": str(new_id()), "resource_kind": 2},
        {"action": decisions_pb.ACTION_READ, "patient_id": str(new_id()), "resource_kind": 4, "category": "message"},
        {"action": decisions_pb.ACTION_LIST, "patient_id": str(new_id()), "resource_kind": 4},
        {"action": decisions_pb.ACTION_USE_DIRECT_MESSAGES, "patient_id": str(new_id())},
        {"action": decisions_pb.ACTION_USE_TEAM_MESSAGES},
        {"action": decisions_pb.ACTION_USE_TEAM_MESSAGES, "concerned_structure_ids": [str(new_id()), str(new_id())]},
        {"action": decisions_pb.ACTION_HEAR_AS_PORTAL, "patient_id": str(new_id())},
    ],
)
async def test_a_question_that_makes_no_sense_is_not_decided(house: House, question: dict[str, Any]) -> None:
    house.professional(house.directory.professional())

    assert await reason(asked(house, Q(**question))) == "QUESTION_INVALID"


async def test_ids_and_numbers_of_questions_are_checked(house: House) -> None:
    house.professional(house.directory.professional())
    good = Q(action=decisions_pb.ACTION_CHANGE, patient_id=str(new_id()), resource_kind=DOCUMENT)

    assert await reason(asked(house)) == "QUESTION_INVALID"
    assert await reason(asked(house, *[good] * 201)) == "QUESTION_INVALID"
    for field in ("patient_id", "resource_id", "author_id"):
        bad = Q(action=decisions_pb.ACTION_CHANGE, patient_id=str(new_id()), resource_kind=DOCUMENT)
        setattr(bad, field, "dupont")
        assert await reason(asked(house, bad)) == "ID_INVALID"
    assert len((await asked(house, *[good] * 200)).decisions) == 200


async def test_many_questions_about_several_patients_are_answered_in_order(house: House) -> None:
    doctor = house.directory.professional()
    mine, other = await house.consented(doctor), new_id()

    def question(patient: Any, category: str) -> decisions_pb.Question:
        return Q(patient_id=str(patient), action=decisions_pb.ACTION_READ, resource_kind=DOCUMENT, category=category)

    reply = await asked(
        house,
        question(mine, "letter"),
        question(other, "letter"),
        question(mine, "residence_certificate"),
        Q(action=decisions_pb.ACTION_SEARCH_PERSONS),
    )

    assert [(d.allowed, list(d.reasons)[:1]) for d in reply.decisions] == [
        (True, []),
        (False, ["CONSENT_NOT_IN_FORCE"]),
        (False, ["CATEGORY_NOT_ENTITLED"]),
        (True, []),
    ]
    assert len({decision.entry_id for decision in reply.decisions}) == 4


async def test_a_directory_that_is_away_means_no_decision(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    assert await house.reads(patient)
    house.directory.away = True
    assert await house.reads(patient)

    house.clock.passes(seconds=61)

    assert await reason(house.decided(patient, "READ")) == "DIRECTORY_UNAVAILABLE"
    invited = house.invites(patient, house.directory.professional())
    assert await reason(invited) == "DIRECTORY_UNAVAILABLE"
    house.person(patient)
    block = pb.BlockProfessionalRequest(patient_id=str(patient), professional_id=str(doctor))
    assert (await house.consents.BlockProfessional(block)).block.block_id


async def test_the_directory_is_asked_once_a_minute_for_each_professional(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    for _ in range(5):
        await house.reads(patient)
    assert house.directory.asked == 1

    house.clock.passes(seconds=61)
    await house.reads(patient)
    await house.reads(patient)

    assert house.directory.asked == 2


async def test_a_suspended_or_unknown_account_is_refused(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    told = house.directory.professionals[doctor]
    told.account_state, told.version = directory_pb.ACCOUNT_STATE_SUSPENDED, 2
    house.clock.passes(seconds=61)

    assert (await house.decided(patient, "READ", author_id=doctor)).reasons[0] == "ACCOUNT_SUSPENDED"
    assert await reason(house.consents.ListMyPatients(pb.ListMyPatientsRequest())) == "ACCOUNT_SUSPENDED"
    house.professional(new_id())
    assert (await house.decided(patient, "READ")).reasons[0] == "ACCOUNT_SUSPENDED"


async def test_who_practises_nowhere_is_refused(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    told = house.directory.professionals[doctor]
    until = Timestamp()
    until.FromDatetime(house.clock())
    told.places[0].until.CopyFrom(until)
    told.version = 2
    house.clock.passes(seconds=61)

    assert (await house.decided(patient, "READ")).reasons[0] == "NO_PLACE_OF_PRACTICE"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"form": pb.CONSENT_FORM_UNSPECIFIED}, "CONSENT_INFORMATION_MISSING"),
        ({"form": pb.CONSENT_FORM_ELECTRONIC}, "CONSENT_INFORMATION_MISSING"),
        ({"notice_version": ""}, "CONSENT_INFORMATION_MISSING"),
        ({"information_given": " "}, "CONSENT_INFORMATION_MISSING"),
        ({"given_at": None}, "CONSENT_DATE_INVALID"),
        ({"given_at": Timestamp(seconds=4_000_000_000)}, "CONSENT_DATE_INVALID"),
        ({"given_at": Timestamp(seconds=400_000_000_000)}, "DATE_INVALID"),
        ({"given_by": "moi"}, "ID_INVALID"),
        ({"patient_id": "elle"}, "ID_INVALID"),
    ],
)
async def test_a_consent_that_is_not_recorded(
    house: House, published: Any, changes: dict[str, Any], expected: str
) -> None:
    house.professional(house.directory.professional())
    request = consent_of(house.identity.person(), house.clock(), **changes)

    assert await reason(house.consents.RecordConsent(request)) == expected
    assert await published() == []


async def test_there_is_one_consent_in_force(house: House) -> None:
    patient = await house.consented(house.directory.professional())

    again = consent_of(patient, house.clock())
    assert await reason(house.consents.RecordConsent(again)) == "CONSENT_ALREADY_IN_FORCE"


async def test_what_an_invitation_is_refused_for(house: House) -> None:
    doctor, other = house.directory.professional(), house.directory.professional()
    patient = await house.consented(doctor)
    structure = house.directory.structure()

    assert await reason(house.invites(patient, doctor)) == "MEMBER_ALREADY"
    assert await reason(house.invites(patient, new_id())) == "MEMBER_UNKNOWN"
    assert await reason(house.invites(patient, other, circle_version=9)) == "VERSION_STALE"
    assert await reason(house.invites(patient, other, structure_id=str(structure))) == "MEMBER_INVALID"
    nobody = pb.InviteMemberRequest(patient_id=str(patient))
    assert await reason(house.consents.InviteMember(nobody)) == "MEMBER_INVALID"
    stray = pb.InviteMemberRequest(patient_id=str(patient), structure_id=str(new_id()))
    assert await reason(house.consents.InviteMember(stray)) == "MEMBER_UNKNOWN"
    house.person(patient)
    block = pb.BlockProfessionalRequest(patient_id=str(patient), professional_id=str(other))
    await house.consents.BlockProfessional(block)
    assert await reason(house.invites(patient, other)) == "MEMBER_BLOCKED"


async def test_a_professional_leaves_and_does_not_remove_others(house: House) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    patient = await house.consented(doctor)
    member = await house.invites(patient, nurse)
    leave = pb.RemoveMemberRequest(patient_id=str(patient), member_id=member.member_id)

    assert await reason(house.consents.RemoveMember(leave)) == "NOT_AUTHOR"
    house.professional(nurse)
    stale = pb.RemoveMemberRequest(patient_id=str(patient), member_id=member.member_id, circle_version=1)
    assert await reason(house.consents.RemoveMember(stale)) == "VERSION_STALE"
    gone = (await house.consents.RemoveMember(leave)).member
    assert gone.HasField("until")
    house.person(patient)
    assert await reason(house.consents.RemoveMember(leave)) == "MEMBER_ALREADY_REMOVED"
    stray = pb.RemoveMemberRequest(patient_id=str(patient), member_id=str(new_id()))
    assert await reason(house.consents.RemoveMember(stray)) == "MEMBER_UNKNOWN"
    again = await house.invites(patient, nurse)
    assert again.member_id != member.member_id


async def test_blocks_are_the_patients_own_business(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    of = str(patient)
    block = pb.BlockProfessionalRequest(patient_id=of, professional_id=str(house.directory.professional()))

    assert await reason(house.consents.BlockProfessional(block)) == "NOT_PERMITTED"
    assert await reason(house.consents.ListBlocks(pb.ListBlocksRequest(patient_id=of))) == "NOT_PERMITTED"
    house.person(patient)
    stranger = pb.BlockProfessionalRequest(patient_id=of, professional_id=str(new_id()))
    assert await reason(house.consents.BlockProfessional(stranger)) == "PROFESSIONAL_UNKNOWN"
    assert await reason(house.consents.LiftBlock(pb.LiftBlockRequest(patient_id=of, block_id=of))) == "BLOCK_UNKNOWN"
    await house.consents.BlockProfessional(block)
    listed = (await house.consents.ListBlocks(pb.ListBlocksRequest(patient_id=of))).blocks
    assert [one.professional_id for one in listed] == [block.professional_id]
    await house.consents.LiftBlock(pb.LiftBlockRequest(patient_id=of, block_id=listed[0].block_id))
    assert not (await house.consents.ListBlocks(pb.ListBlocksRequest(patient_id=of))).blocks


async def test_emergencies_are_listed_whole_to_the_circle_and_their_own_to_who_opened_one(house: House) -> None:
    doctor, rescuer, other = (house.directory.professional() for _ in range(3))
    patient = await house.consented(doctor)
    opened = pb.OpenEmergencyAccessRequest(patient_id=str(patient), reason="Patient inconscient aux urgences")
    for professional in (rescuer, other):
        house.professional(professional)
        await house.consents.OpenEmergencyAccess(opened)
    listed = pb.ListEmergencyAccessesRequest(patient_id=str(patient))

    async def seen() -> list[str]:
        reply = await house.consents.ListEmergencyAccesses(listed)
        return [access.professional_id for access in reply.emergency_accesses]

    house.professional(rescuer)
    assert await seen() == [str(rescuer)]
    as_doctor: Callable[[], None] = partial(house.professional, doctor)
    for now_as in (as_doctor, partial(house.person, patient)):
        now_as()
        assert sorted(await seen()) == sorted([str(rescuer), str(other)])
    house.professional(house.directory.professional())
    assert await reason(seen()) == "NOT_IN_CIRCLE"


async def test_every_rpc_names_who_may_call_it(house: House) -> None:
    """And only messaging and the directory call without a person, and only the other services ask for decisions."""
    services = [(ConsentService, 20), (DecisionService, 5), (JournalService, 2)]
    alone = {"ListConcerned", "ListReaders", "CountCare", "RenewProfessional"}
    for service, expected in services:
        methods = {name: rule_of(method) for name, method in inspect.getmembers(service) if name[:1].isupper()}
        assert len(methods) == expected
        for name, rule in methods.items():
            assert rule is not None, name
            assert rule.strength == 2, name
            assert bool(rule.people) is (name not in alone), name
            of_services = {
                "ListConcerned": {"messaging"}, "ListTellable": {"messaging"}, "ListReaders": {"messaging"},
                "ListMyConversations": {"messaging"},
                "DecideMany": {"records", "identity", "messaging"},
                "CountCare": {"directory"}, "RenewProfessional": {"directory"},
            }  # fmt: skip
            wanted = of_services.get(name, {"gateway"})
            assert rule.services == wanted, name


async def test_who_is_nobody_too_weak_or_the_wrong_service_is_refused(house: House) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    of = str(patient)
    calls: list[Callable[[], Any]] = [
        lambda: house.consents.GetCircle(pb.GetCircleRequest(patient_id=of)),
        lambda: house.journal.ListEntries(journal_pb.ListEntriesRequest(patient_id=of)),
        lambda: house.decided(patient, "READ"),
    ]
    house.call_as(None)
    assert [await reason(call()) for call in calls] == ["LOGIN_REQUIRED"] * 3
    house.professional(doctor, acr=1)
    assert [await reason(call()) for call in calls] == ["LOGIN_TOO_WEAK"] * 3
    house.professional(doctor)
    concerned = pb.ListConcernedRequest(patient_id=of)
    assert await reason(house.consents.ListConcerned(concerned)) == "SERVICE_NOT_ALLOWED"
    assert await reason(house.messaging.GetCircle(pb.GetCircleRequest(patient_id=of))) == "SERVICE_NOT_ALLOWED"
    question = decisions_pb.DecideManyRequest(questions=[Q(action=decisions_pb.ACTION_SEARCH_PERSONS)])
    assert await reason(house.portal_decisions.DecideMany(question)) == "SERVICE_NOT_ALLOWED"


async def test_the_same_key_invites_once_and_answers_the_same(house: House, published: Any) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    patient = await house.consented(doctor)
    house.professional(doctor, key="invitation-1")

    first = await house.invites(patient, nurse)
    second = await house.invites(patient, nurse)

    assert first == second
    assert (await published()).count("consent.v1.member_invited") == 1
    assert await reason(house.invites(patient, house.directory.professional())) == "IDEMPOTENCY_KEY_REUSED"


async def test_a_refusal_changes_nothing_but_the_journal(house: House, database_url: str) -> None:
    stranger = house.directory.professional()
    patient = await house.consented(house.directory.professional())
    connection = await asyncpg.connect(database_url)
    tables = ("consent", "circle", "circle_member", "block", "emergency_access", "representation", "outbox")
    whole = "(select md5(string_agg(t::text, '|')) from {0} t) as {0}"
    count = "select " + ", ".join(map(whole.format, tables))
    before = await connection.fetchrow(count)
    house.professional(stranger)

    assert await reason(house.invites(patient, stranger)) == "NOT_IN_CIRCLE"
    other = pb.AppointRepresentativeRequest(
        patient_id=str(patient), representative_id=str(new_id()), kind=pb.REPRESENTATION_KIND_GUARDIAN
    )
    assert await reason(house.consents.AppointRepresentative(other)) == "NOT_IN_CIRCLE"

    assert await connection.fetchrow(count) == before
    await connection.close()
