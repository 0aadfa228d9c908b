"""Small pictures of uploaded ones, made by the real process."""

import asyncio
import io
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from PIL import Image
from sqlalchemy import text
from terresante_contents.store import Contents, ContentsUnavailable
from terresante_contents.thumbnails import Thumbnails, thumbnails
from terresante_messaging.domain.log import EntryKind
from terresante_messaging.rpc.desk import Desk
from terresante_messaging.store.tables import log_entry
from terresante_messaging.thumbnailing import Drawing, thumbnailing
from terresante_platform.database import Database

from .conftest import As, People
from .conversing import CIRCLE, Talking
from .filing import PDF, Filing, files, hollow_png, photo, refused

TOLD = log_entry.select().where(log_entry.c.kind == EntryKind.THUMBNAIL_MADE.value)


@pytest_asyncio.fixture
async def drawn() -> AsyncIterator[Thumbnails]:
    async with thumbnails() as made:
        yield made


@pytest.fixture
def drawing(desk: Desk, contents: Contents, drawn: Thumbnails) -> Drawing:
    return Drawing(desk.database, contents, desk.masters, drawn, desk.now)


class Away(Contents):
    """A store that does not answer."""

    async def read(self, id: UUID) -> AsyncIterator[bytes]:
        """Refuses with CONTENTS_UNAVAILABLE."""
        raise ContentsUnavailable
        yield b""


async def test_a_picture_gets_its_small_one_and_whom_it_concerns_is_told(
    filing: Filing, talking: Talking, being: As, people: People, drawing: Drawing, database: Database
) -> None:
    being("nurse")
    thread = await talking.open(CIRCLE)
    posted, free = await filing.upload(thread, photo()), await filing.upload(thread, photo(kind="PNG"))
    other = await filing.upload(thread, PDF)
    message = await talking.post(thread, attachment_ids=[posted.attachment_id, other.attachment_id])
    assert (await refused(filing.thumbnail(thread, posted))).reason == "THUMBNAIL_NOT_READY"

    assert await drawing.make_all() == 2
    assert await drawing.make_all() == 0

    for one in (posted, free):
        assert Image.open(io.BytesIO(await filing.thumbnail(thread, one))).size == (240, 320)
    assert (await refused(filing.thumbnail(thread, other))).reason == "THUMBNAIL_NOT_READY"
    being("gp")
    assert await filing.thumbnail(thread, posted)
    assert (await refused(filing.thumbnail(thread, free))).reason == "ATTACHMENT_UNKNOWN"
    async with database.reading() as connection:
        told = {str(row.attachment_id): row for row in await connection.execute(TOLD)}
    of_posted, of_free = told[posted.attachment_id], told[free.attachment_id]
    assert (str(of_posted.message_id), of_posted.place, of_posted.recipient_id) == (message.message_id, 1, None)
    assert (of_free.message_id, of_free.recipient_id) == (None, people.nurse)


async def test_a_small_picture_is_sealed_where_it_lies(
    filing: Filing, talking: Talking, being: As, drawing: Drawing, database: Database
) -> None:
    being("nurse")
    thread = await talking.open(CIRCLE)
    sent = await filing.upload(thread, photo())
    await drawing.make_all()
    async with database.reading() as connection:
        kept = (await connection.execute(text("select thumbnail from attachment"))).scalar_one()

    assert (await filing.thumbnail(thread, sent)).startswith(b"\xff\xd8\xff")
    assert b"\xff\xd8\xff" not in kept and b"JFIF" not in kept


async def test_two_processes_make_each_once(
    filing: Filing, talking: Talking, being: As, drawing: Drawing, database: Database
) -> None:
    being("nurse")
    thread = await talking.open(CIRCLE)
    for _ in range(6):
        await filing.upload(thread, photo((200, 100)))

    settled = await asyncio.gather(*(drawing.make_all() for _ in range(3)))

    assert sum(settled) == 6
    async with database.reading() as connection:
        assert len((await connection.execute(TOLD)).all()) == 6


async def test_a_picture_that_cannot_be_drawn_or_is_not_what_was_kept_is_settled_once_and_for_all(
    filing: Filing, talking: Talking, being: As, drawing: Drawing, tmp_path: Path, database: Database
) -> None:
    being("nurse")
    thread = await talking.open(CIRCLE)
    hollow, lost = await filing.upload(thread, hollow_png()), await filing.upload(thread, photo())
    next(path for path in files(tmp_path) if path.name == lost.attachment_id).unlink()

    assert await drawing.make_all() == 2
    assert await drawing.make_all() == 0

    async with database.reading() as connection:
        states = (await connection.execute(text("select distinct thumbnail_state from attachment"))).scalars().all()
        assert (await connection.execute(TOLD)).all() == []
    assert states == ["FAILED"]
    assert (await refused(filing.thumbnail(thread, hollow))).reason == "THUMBNAIL_NOT_READY"
    assert (await filing.read(thread, hollow))[1] == hollow_png()


async def test_a_message_takes_a_picture_while_its_small_one_is_being_made(
    filing: Filing, talking: Talking, being: As, drawing: Drawing
) -> None:
    being("nurse")
    thread = await talking.open(CIRCLE)
    sent = await filing.upload(thread, photo((4_000, 3_000)))
    making = asyncio.create_task(drawing.make_all())
    begun = time.monotonic()
    await talking.post(thread, attachment_ids=[sent.attachment_id])

    assert time.monotonic() - begun < 1.0
    assert await making == 1


async def test_a_picture_whose_thread_went_meanwhile_is_left_alone(
    filing: Filing, talking: Talking, being: As, drawing: Drawing, database: Database
) -> None:
    being("nurse")
    await filing.upload(await talking.open(CIRCLE), photo())
    async with database.transaction() as transaction:
        await transaction.execute(text("delete from thread"))

    assert await drawing.make_all() == 0


async def test_a_store_that_is_away_leaves_it_for_later(
    filing: Filing, talking: Talking, being: As, drawing: Drawing
) -> None:
    being("nurse")
    await filing.upload(await talking.open(CIRCLE), photo())

    with pytest.raises(ContentsUnavailable):
        await replace(drawing, contents=Away("memory:///")).make_all()

    assert await drawing.make_all() == 1


async def test_it_is_made_in_the_background(
    filing: Filing, talking: Talking, being: As, desk: Desk, contents: Contents, database: Database
) -> None:
    being("nurse")
    thread = await talking.open(CIRCLE)
    sent = await filing.upload(thread, photo())

    async with thumbnailing(database, contents, desk.masters, desk.now), asyncio.timeout(20):
        while not await _ready(database):
            await asyncio.sleep(0.02)

    assert await filing.thumbnail(thread, sent)


async def _ready(database: Database) -> bool:
    async with database.reading() as connection:
        return (await connection.execute(text("select thumbnail_state from attachment"))).scalar_one() == "READY"
