"""What is kept of notifications, and shown by the queries exactly as the rules say."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from terresante_messaging.domain.notifications import (
    OF_CONTENT,
    Audience,
    Happening,
    Kind,
    NotificationUnknown,
    Topic,
    Withheld,
)
from terresante_messaging.domain.people import NotificationId, PatientId, Realm, Recipient
from terresante_messaging.store import notifications as store
from terresante_platform.database import Database

from .conftest import MONDAY

PATIENT = PatientId(uuid4())
NURSE = Recipient(Realm.PROFESSIONAL, uuid4())
HIMSELF, PARENT = Recipient(Realm.PERSON, PATIENT), Recipient(Realm.PERSON, uuid4())
BOTH = (False, True)


def happening(kind: Kind, patient: PatientId = PATIENT) -> Happening:
    return Happening(kind, patient, uuid4(), MONDAY)


async def test_one_event_tells_one_recipient_once(database: Database) -> None:
    told, event = happening(Kind.EMERGENCY_OPENED), uuid4()
    async with database.transaction() as transaction:
        first = await store.add(transaction, event, told, [NURSE, HIMSELF])
    async with database.transaction() as transaction:
        again = await store.add(transaction, event, told, [NURSE, PARENT])

    assert {to for _, to in first} == {NURSE, HIMSELF}
    assert {to for _, to in again} == {PARENT}


async def test_a_professional_and_a_person_of_one_id_are_two(database: Database) -> None:
    twin = Recipient(Realm.PERSON, NURSE.id)
    async with database.transaction() as transaction:
        await store.add(transaction, uuid4(), happening(Kind.MEMBER_INVITED), [NURSE])

    async with database.reading() as connection:
        assert len(await store.page(connection, NURSE, False, None, 10, Withheld())) == 1
        assert await store.page(connection, twin, False, None, 10, Withheld()) == []


async def test_for_every_audience_the_query_shows_what_the_rule_admits(database: Database) -> None:
    kept = []
    async with database.transaction() as transaction:
        for kind, *flags in product(sorted(OF_CONTENT), BOTH, BOTH, BOTH):
            told, allowed = happening(kind), Audience(*flags)
            await store.keep_audience(transaction, told.about, allowed, 1)
            await store.add(transaction, uuid4(), told, [NURSE, HIMSELF, PARENT])
            kept.append((told, allowed))
        await store.add(transaction, uuid4(), happening(Kind.NOTE_WRITTEN), [NURSE, HIMSELF, PARENT])

    async with database.reading() as connection:
        for me in (NURSE, HIMSELF, PARENT):
            shown = {each.about for each in await store.page(connection, me, False, None, 100, Withheld())}
            assert shown == {told.about for told, allowed in kept if allowed.admits(me, PATIENT)}
            assert await store.unread(connection, me, Withheld()) == len(shown) > 0


async def test_refused_topics_are_left_out_of_pages_and_counts(database: Database) -> None:
    other = PatientId(uuid4())
    async with database.transaction() as transaction:
        for kind, patient in product(sorted(OF_CONTENT), (PATIENT, other)):
            told = happening(kind, patient)
            await store.keep_audience(transaction, told.about, Audience(True, True, True), 1)
            await store.add(transaction, uuid4(), told, [NURSE])

    async with database.reading() as connection:
        topics = await store.unread_topics(connection, NURSE)
        assert topics == {Topic(patient, kind) for kind, patient in product(OF_CONTENT, (PATIENT, other))}
        refused = (Topic(PATIENT, Kind.NOTE_WRITTEN), Topic(other, Kind.DOCUMENT_PUBLISHED))
        page = await store.page(connection, NURSE, False, None, 100, Withheld(refused))
        assert {Topic(each.patient, each.kind) for each in page} == topics - set(refused)
        assert await store.unread(connection, NURSE, Withheld(refused)) == len(page) == 2 * len(OF_CONTENT) - 2


async def test_a_late_audience_of_an_older_version_changes_nothing(database: Database) -> None:
    about = uuid4()
    async with database.transaction() as transaction:
        assert await store.keep_audience(transaction, about, Audience(professionals=True), 3) == (
            Audience(),
            Audience(professionals=True),
        )
        late = await store.keep_audience(transaction, about, Audience(True, True, True), 2)
        now = await store.keep_audience(transaction, about, Audience(), 4)

    assert late == (Audience(professionals=True), Audience(professionals=True))
    assert now == (Audience(professionals=True), Audience())


async def test_marking_read_is_all_or_nothing_and_keeps_the_first_moment(database: Database) -> None:
    async with database.transaction() as transaction:
        made = await store.add(transaction, uuid4(), happening(Kind.MEMBER_INVITED), [NURSE, HIMSELF])
    mine = next(id for id, to in made if to == NURSE)
    of_another = next(id for id, to in made if to == HIMSELF)

    for wrong in (of_another, NotificationId(uuid4())):
        with pytest.raises(NotificationUnknown):
            async with database.transaction() as transaction:
                await store.mark_read(transaction, NURSE, {mine, wrong}, MONDAY)
    for at in (MONDAY, MONDAY + timedelta(days=1)):
        async with database.transaction() as transaction:
            await store.mark_read(transaction, NURSE, {mine}, at)

    async with database.reading() as connection:
        (kept,) = await store.page(connection, NURSE, False, None, 10, Withheld())
        assert kept.read_at == MONDAY
        (untouched,) = await store.page(connection, HIMSELF, False, None, 10, Withheld())
        assert untouched == replace(kept, id=untouched.id, read_at=None)
