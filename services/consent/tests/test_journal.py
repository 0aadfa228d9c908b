"""The journal: everything decided is in it before its answer, and is shown to whom it concerns."""

from uuid import UUID

import asyncpg
from terresante.consent.v1 import consent_service_pb2 as pb
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.consent.v1 import journal_service_pb2 as journal_pb
from terresante_consent.domain.telling import FACTS_OF_THINGS
from terresante_platform.ids import new_id

from .house import House, lived, reason


async def test_allowed_and_refused_each_leave_a_line_that_says_who_what_and_why(house: House) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    patient, letter = await house.consented(doctor), new_id()
    await house.decided(patient, "READ", resource_id=letter)
    house.professional(nurse)
    await house.decided(patient, "READ", resource_id=letter)
    house.person(patient)

    own, refused, allowed, consent = await house.lines(patient)

    assert own.sentence == "Consultation du journal des accès. Permis : demande du patient."
    assert (refused.allowed, refused.actor_id, list(refused.reasons)) == (False, str(nurse), ["NOT_IN_CIRCLE"])
    assert refused.sentence == "Lecture. Refusé : ce professionnel n'est pas membre du cercle de soins."
    assert (allowed.allowed, allowed.actor_id, allowed.resource_id) == (True, str(doctor), str(letter))
    assert allowed.sentence == "Lecture. Permis : membre du cercle de soins."
    assert (allowed.profession, allowed.category) == ("10", "letter")
    assert allowed.place_id == house.directory.place(doctor)
    assert allowed.structure_id
    assert consent.action == 11  # ACTION_RECORD_CONSENT
    assert [line.patient_sequence for line in (own, refused, allowed, consent)] == [4, 3, 2, 1]


async def test_a_refused_act_is_written_down_though_nothing_changed(house: House) -> None:
    stranger = house.directory.professional()
    patient = await house.consented(house.directory.professional())
    house.professional(stranger)
    assert await reason(house.invites(patient, stranger)) == "NOT_IN_CIRCLE"
    house.person(patient)

    refused = (await house.lines(patient))[1]

    assert (refused.action, refused.allowed, refused.about_id) == (14, False, str(stranger))  # ACTION_INVITE_MEMBER


async def test_looking_for_a_person_is_written_down_though_there_is_no_patient(house: House, database_url: str) -> None:
    house.professional(house.directory.professional())

    found = await house.decided(None, "SEARCH_PERSONS")

    assert found.allowed
    connection = await asyncpg.connect(database_url)
    row = await connection.fetchrow("select entry_id, patient_id from journal_entry")
    await connection.close()
    assert (str(row["entry_id"]), row["patient_id"]) == (found.entry_id, None)


async def test_a_professional_reads_only_their_own_lines(house: House) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    patient = await house.consented(doctor)
    house.professional(nurse)
    await house.decided(patient, "READ")

    lines = await house.lines(patient)

    assert {line.actor_id for line in lines} == {str(nurse)}
    assert len(lines) == 2


async def test_pages_of_the_journal_follow_each_other_without_gap_or_double(house: House) -> None:
    patient = await lived(house)
    seen: list[int] = []
    cursor = ""
    while True:
        asked = journal_pb.ListEntriesRequest(patient_id=str(patient), cursor=cursor, limit=3)
        page = await house.journal.ListEntries(asked)
        seen += [line.patient_sequence for line in page.entries]
        cursor = page.next_cursor
        if not cursor:
            break

    assert len(seen) == len(set(seen))
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == 1
    for bad in ("x", "-1", "9" * 30):
        asked = journal_pb.ListEntriesRequest(patient_id=str(patient), cursor=bad)
        assert await reason(house.journal.ListEntries(asked)) == "CURSOR_INVALID"


async def test_every_line_is_there_before_the_answer(house: House, database_url: str) -> None:
    doctor = house.directory.professional()
    patient = await house.consented(doctor)
    connection = await asyncpg.connect(database_url)
    for _ in range(30):
        decision = await house.decided(patient, "READ")
        kept = await connection.fetchval(
            "select count(*) from journal_entry where entry_id = $1", UUID(decision.entry_id)
        )
        assert kept == 1
    await connection.close()


async def test_a_decision_is_explained_to_whom_it_concerns(house: House) -> None:
    doctor, nurse, other = house.directory.professional(), house.directory.professional("60"), new_id()
    patient = await house.consented(doctor)
    house.professional(nurse)
    refused = await house.decided(patient, "READ")
    asked = decisions_pb.GetDecisionRequest(patient_id=str(patient), entry_id=refused.entry_id)
    mine = await house.portal_decisions.GetDecision(asked)
    house.person(patient)
    theirs = await house.portal_decisions.GetDecision(asked)

    assert mine.decision == theirs.decision
    assert set(theirs.facts) - set(mine.facts) == set(FACTS_OF_THINGS)
    assert theirs.facts.items() >= mine.facts.items()
    assert dict(mine.would_flip) == {"member": "true"}
    assert (mine.facts["consent_in_force"], mine.facts["member"], mine.facts["profession"]) == ("true", "false", "60")
    assert mine.decision.sentence == refused.sentence
    assert mine.at.seconds == int(house.clock.at.timestamp())
    for stranger in ("professional", "patient"):
        house.call_as(stranger, doctor if stranger == "professional" else other)
        assert await reason(house.portal_decisions.GetDecision(asked)) == "DECISION_UNKNOWN"


async def test_no_reason_of_an_emergency_is_in_the_outbox_or_the_journal(house: House, database_url: str) -> None:
    patient = await house.consented(house.directory.professional())
    house.professional(house.directory.professional())
    asked = pb.OpenEmergencyAccessRequest(patient_id=str(patient), reason="CANARI inconscient aux urgences")
    await house.consents.OpenEmergencyAccess(asked)

    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch("select payload as bytes from outbox union all select leaf from journal_entry")
    await connection.close()
    assert len(rows) > 3
    assert not any(b"CANARI" in row["bytes"] for row in rows)
