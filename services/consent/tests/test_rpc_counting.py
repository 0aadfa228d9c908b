"""Circles and consents of a territory as the directory is told them, week by week, in nobody's name."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from terresante.consent.v1 import consent_service_pb2 as pb
from terresante_consent.domain.counting import Asked, Span, totals
from terresante_consent.store import counting
from terresante_consent.wire import stamp
from terresante_platform.database import Database
from terresante_platform.ids import new_id

from .house import MONDAY, House, reason
from .linking import Linking

JOURNAL = text("select count(*) from journal_entry")


def asking(moments: list[datetime], *members: Any) -> pb.CountCareRequest:
    """Of members at all of the moments, or (member, first, past)."""
    spans = [one if isinstance(one, tuple) else (one, 0, len(moments)) for one in members]
    return pb.CountCareRequest(
        members=[pb.CareMember(id=id.bytes, first=first, past=past) for id, first, past in spans],
        moments=map(stamp, moments),  # type: ignore[arg-type]  # none of them is None
    )


async def counted(house: House, moments: list[datetime], *members: Any) -> list[tuple[int | None, int | None]]:
    """Circles and consents at each moment; None where they are masked."""
    house.call_as(None)
    told = await house.counting.CountCare(asking(moments, *members))
    assert (told.smallest, told.rounded_to) == (5, 5)
    return [
        (None if one.circles_masked else one.circles, None if one.consents_masked else one.consents)
        for one in told.counts
    ]


async def withdraws(house: House, patient: UUID) -> None:
    house.person(patient)
    known = (await house.consents.ListConsents(pb.ListConsentsRequest(patient_id=str(patient)))).consents[0]
    asked = pb.WithdrawConsentRequest(patient_id=str(patient), consent_id=known.consent_id)
    await house.consents.WithdrawConsent(asked)


async def test_circles_and_consents_are_counted_as_they_were_each_week(house: House, database: Database) -> None:
    doctor, nurse = house.directory.professional(), house.directory.professional("60")
    before = house.clock()
    patients = [await house.consented(doctor) for _ in range(8)]
    for patient in patients[:5]:
        house.professional(doctor)
        await house.invites(patient, nurse)
    house.clock.passes(weeks=1)
    then = house.clock()
    for patient in patients[:4]:
        await withdraws(house, patient)
    async with database.reading() as connection:
        written = await connection.scalar(JOURNAL)
    weeks = [before - timedelta(seconds=1), before, then, then + timedelta(seconds=1)]

    assert await counted(house, weeks, doctor) == [(None, None), (5, 5), (5, None), (5, None)]
    assert await counted(house, weeks, nurse) == [(None, None), (5, 5), (5, None), (5, None)]
    assert await counted(house, weeks, nurse, doctor, doctor) == await counted(house, weeks, doctor)
    assert await counted(house, weeks, (doctor, 0, 2)) == [(None, None), (5, 5), (None, None), (None, None)]
    assert await counted(house, weeks, new_id()) == [(None, None)] * 4
    async with database.reading() as connection:
        assert await connection.scalar(JOURNAL) == written, "nothing of anybody was told"


async def test_a_structure_that_is_a_member_counts_and_a_member_who_left_does_not(house: House) -> None:
    doctor, structure = house.directory.professional(), house.directory.structure()
    patients = [await house.consented(doctor) for _ in range(6)]
    for patient in patients:
        house.professional(doctor)
        asked = pb.InviteMemberRequest(patient_id=str(patient), structure_id=str(structure))
        await house.consents.InviteMember(asked)
    house.clock.passes(weeks=1)
    later = house.clock()
    for patient in patients:
        house.person(patient)
        circle = (await house.consents.GetCircle(pb.GetCircleRequest(patient_id=str(patient)))).circle
        (member,) = (one for one in circle.members if one.structure_id)
        removal = pb.RemoveMemberRequest(patient_id=str(patient), member_id=member.member_id)
        await house.consents.RemoveMember(removal)

    assert await counted(house, [MONDAY, later], structure) == [(5, 5), (None, None)]
    assert await counted(house, [MONDAY, later], structure, doctor) == [(5, 5), (5, 5)]


async def test_a_person_known_twice_is_one_consent_in_two_circles_and_the_stricter_stands(
    house: House, linking: Linking
) -> None:
    doctor = house.directory.professional()
    patients = [await house.consented(doctor) for _ in range(10)]
    now = house.clock()
    assert await counted(house, [now], doctor) == [(10, 10)]

    act = await linking.merges(patients[0], patients[1])
    assert await counted(house, [now], doctor) == [(10, 5)], "nine persons"
    await linking.merges(patients[2], patients[3])
    await linking.merges(patients[4], patients[3])
    for patient in patients[4:7]:
        await withdraws(house, patient)
    assert await counted(house, [now], doctor) == [(10, None)], "three of seven withdrew, one under one of three ids"

    await linking.separates(act, patients[0], patients[1])
    assert await counted(house, [now], doctor) == [(10, 5)], "there are five again"


async def test_only_the_directory_counts_with_or_without_a_person_behind(house: House) -> None:
    doctor = house.directory.professional()
    asked = asking([MONDAY], doctor)
    house.call_as(None)
    assert await reason(house.messaging.CountCare(asked)) == "SERVICE_NOT_ALLOWED"
    house.professional(doctor)
    assert await reason(house.consents.CountCare(asked)) == "SERVICE_NOT_ALLOWED"
    house.call_as("administrator", new_id())
    assert await reason(house.consents.CountCare(asked)) == "SERVICE_NOT_ALLOWED"
    assert len((await house.counting.CountCare(asked)).counts) == 1


async def test_what_cannot_be_counted_is_refused(house: House) -> None:
    house.call_as(None)
    wrong_id = asking([MONDAY])
    wrong_id.members.append(pb.CareMember(id=b"too short", past=1))
    never = asking([MONDAY])
    never.moments[0].seconds = 10**15
    for asked, expected in (
        (asking([]), "COUNT_INVALID"),
        (asking([MONDAY, MONDAY - timedelta(days=1)]), "COUNT_INVALID"),
        (asking([MONDAY], (new_id(), 0, 2)), "COUNT_INVALID"),
        (never, "COUNT_INVALID"),
        (wrong_id, "ID_INVALID"),
    ):
        assert await reason(house.counting.CountCare(asked)) == expected


@pytest.mark.parametrize("seed", range(3))
async def test_the_statement_counts_what_a_plain_count_does(database: Database, seed: int) -> None:
    chance = Random(seed)  # noqa: S311
    moments = [MONDAY + timedelta(days=day) for day in (0, 3, 7, 8)]
    edges = [MONDAY + timedelta(days=day / 2) for day in range(-4, 22)]
    patients, members = [new_id() for _ in range(25)], [new_id() for _ in range(6)]
    of_circle = [_row(chance, edges, chance.choice(patients), chance.choice(members)) for _ in range(80)]
    given = [_row(chance, edges, patient, new_id()) for patient in chance.sample(patients, 15)]
    asked = [Span(chance.choice(members[:4]), *sorted(chance.choices(range(5), k=2))) for _ in range(6)]
    await _insert(database, patients, of_circle, given)

    async with database.transaction() as transaction:
        found = await counting.changes(transaction, Asked(asked, moments))

    cared = [
        {
            patient
            for patient, member, since, until in of_circle
            if since <= at and (until is None or at < until)
            if any(one.member == member and one.first <= number < one.past for one in asked)
        }
        for number, at in enumerate(moments)
    ]
    agreed = [
        {one for one, _, since, until in given if since <= at and (until is None or at < until)} for at in moments
    ]
    assert any(cared), "the arrangement has something to count"
    assert totals(found.circles, 4) == [len(these) for these in cared]
    assert totals(found.consents, 4) == [len(a & b) for a, b in zip(cared, agreed, strict=True)]


Row = tuple[UUID, UUID, datetime, datetime | None]


def _row(chance: Random, edges: list[datetime], patient: UUID, member: UUID) -> Row:
    since, until = sorted(chance.sample(edges, 2))
    return patient, member, since, until


async def _insert(database: Database, patients: list[UUID], of_circle: list[Row], given: list[Row]) -> None:
    async with database.transaction() as transaction:
        for patient in patients:
            await transaction.execute(text("insert into circle values (:id, 1)"), {"id": patient})
        for number, (patient, member, since, until) in enumerate(of_circle):
            column = "professional_id" if number % 2 else "structure_id"
            columns = f"member_id, patient_id, {column}, since, until, invited_by, explicit_agreement"
            row = (
                f"insert into circle_member ({columns}) values (:id, :patient, :member, :since, :until, :member, true)"  # noqa: S608
            )
            given_values = {"id": new_id(), "patient": patient, "member": member, "since": since, "until": until}
            await transaction.execute(text(row), given_values)
        for patient, id, since, until in given:
            row = "insert into consent values (:id, :patient, 'oral', :since, :patient, null, 'a', 'b', :until, 1)"
            values = {"id": id, "patient": patient, "since": since, "until": until}
            await transaction.execute(text(row), values)
