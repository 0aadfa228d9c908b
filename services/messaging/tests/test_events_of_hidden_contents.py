"""Of a content that its author has hidden since, no event tells any more: not from a cursor on, and not live."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio
from terresante_messaging.domain.log import EntryKind
from terresante_messaging.domain.notifications import EVERYBODY, Audience, Happening, Kind
from terresante_messaging.domain.people import PatientId
from terresante_messaging.store import feed, notifications
from terresante_platform.database import Database

from . import feed_world
from .feed_world import MONDAY, Scene, kinds, professional
from .test_catching_up import pages, settled


@pytest_asyncio.fixture
async def scene(database: Database, database_url: str, serve: Any, dial: Any, calling_as: Any) -> AsyncIterator[Scene]:
    async with feed_world.scene(database, database_url, serve, dial, calling_as) as made:
        yield made


async def told_of_a_document(scene: Scene, document: UUID) -> None:
    happening = Happening(Kind.DOCUMENT_PUBLISHED, PatientId(scene.patient), document, MONDAY)
    async with scene.writing.database.transaction() as transaction:
        ((id, to),) = await notifications.add(transaction, uuid4(), happening, [professional(scene.gp)])
    await scene.writing.note(EntryKind.NOTIFIED, patient=PatientId(scene.patient), recipient=to, notification=id)


async def allow(scene: Scene, document: UUID, audience: Audience, version: int) -> None:
    async with scene.writing.database.transaction() as transaction:
        await notifications.keep_audience(transaction, document, audience, version)


async def test_what_was_hidden_since_is_told_neither_to_who_comes_back_nor_to_who_asks(scene: Scene) -> None:
    document, replica = uuid4(), await scene.start()
    await allow(scene, document, EVERYBODY, 1)
    await told_of_a_document(scene, document)
    await settled(scene)
    assert kinds(await pages(replica)) == ["NOTIFIED"]

    await allow(scene, document, Audience(patient=True), 2)
    assert await pages(replica) == []
    async with scene.writing.database.reading() as connection:
        entries = await feed.after(connection, 0)
    assert await replica.feed.readers.told(entries) == [frozenset()]

    await allow(scene, document, EVERYBODY, 3)
    assert kinds(await pages(replica)) == ["NOTIFIED"]
