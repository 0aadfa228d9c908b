"""Files that nobody is to read any more leave the store, and nothing else does."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from terresante_contents.store import Contents
from terresante_messaging.domain.people import ThreadId
from terresante_messaging.store import attachment_work, attachments
from terresante_messaging.store.tables import attachment
from terresante_messaging.sweeping import sweep
from terresante_platform.database import Database
from terresante_platform.ids import moment_of, new_id

from .conftest import MONDAY, As
from .conversing import CIRCLE, WITH_PATIENT, Talking
from .filing import PDF, Filing, files, photo, refused, rows


async def test_uploads_that_no_message_took_within_a_day_go(
    filing: Filing, talking: Talking, being: As, database: Database, contents: Contents, tmp_path: Path
) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    taken, free = await filing.upload(thread, photo()), await filing.upload(thread, photo())
    await talking.post(thread, attachment_ids=[taken.attachment_id])

    assert await sweep(database, contents, MONDAY + timedelta(hours=23)) == 0
    assert await sweep(database, contents, MONDAY + timedelta(hours=25)) == 1

    assert [path.name for path in files(tmp_path)] == [taken.attachment_id]
    assert (await refused(filing.read(thread, free))).reason == "ATTACHMENT_UNKNOWN"
    call = talking.post(thread, attachment_ids=[free.attachment_id])
    assert (await refused(call)).reason == "ATTACHMENT_UNKNOWN"


async def test_the_files_of_a_message_that_was_taken_back_go_for_good(
    filing: Filing, talking: Talking, being: As, database: Database, contents: Contents, tmp_path: Path
) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    sent, stays = await filing.upload(thread, photo()), await filing.upload(thread, photo())
    await talking.delete(await talking.post(thread, attachment_ids=[sent.attachment_id]))
    await talking.post(thread, attachment_ids=[stays.attachment_id])

    assert await sweep(database, contents, MONDAY) == 1
    assert [path.name for path in files(tmp_path)] == [stays.attachment_id]
    assert await rows(database) == 1


async def test_what_was_cut_between_store_and_row_is_done_again(
    filing: Filing, talking: Talking, being: As, database: Database, contents: Contents, tmp_path: Path
) -> None:
    being("gp")
    thread, other = await talking.open(CIRCLE), await talking.open(WITH_PATIENT)
    await filing.upload(thread, photo())
    stays = await filing.upload(other, photo())
    async with database.transaction() as transaction:
        await attachments.let_go_of_threads(transaction, [ThreadId(UUID(thread.thread_id))])
    next(path for path in files(tmp_path) if path.name != stays.attachment_id).unlink()

    assert await sweep(database, contents, MONDAY) == 1
    assert await rows(database) == 1


async def test_files_past_the_time_of_their_kind_of_thread_go(
    filing: Filing, talking: Talking, being: As, database: Database, contents: Contents, tmp_path: Path
) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    old = await filing.upload(thread, PDF)
    new = await filing.upload(thread, PDF)
    async with database.transaction() as transaction:
        assert await attachment_work.let_go_older(transaction, "direct", UUID(new.attachment_id)) == 0
        assert await attachment_work.let_go_older(transaction, "patient", UUID(new.attachment_id)) == 1

    assert (await refused(filing.read(thread, old))).reason == "ATTACHMENT_UNKNOWN"
    assert await sweep(database, contents, MONDAY) == 1
    assert [path.name for path in files(tmp_path)] == [new.attachment_id]


async def test_contents_that_no_row_came_to_name_go_after_a_day(
    filing: Filing, talking: Talking, being: As, database: Database, contents: Contents, tmp_path: Path
) -> None:
    being("gp")
    sent = await filing.upload(await talking.open(CIRCLE), PDF)
    async with database.transaction() as transaction:
        await transaction.execute(attachment.update().values(uploaded_at=MONDAY + timedelta(days=99)))
    orphan = new_id()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"orphan"

    await contents.keep(orphan, pieces())
    made = moment_of(orphan)

    assert await sweep(database, contents, made + timedelta(hours=23)) == 0
    assert await sweep(database, contents, made + timedelta(hours=25)) == 1
    assert [path.name for path in files(tmp_path)] == [sent.attachment_id]
