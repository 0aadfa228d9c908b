"""Files that are refused leave nothing behind, and the sender reads what to do."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from terresante.messaging.v1 import attachment_service_pb2 as pb
from terresante.messaging.v1 import conversation_service_pb2 as conversations_pb
from terresante_messaging.domain.attachments import WAITING_AT_MOST
from terresante_platform.database import Database
from terresante_platform.refusals import Refusal, Unavailable

from .conftest import As
from .conversing import CIRCLE, WITH_PATIENT, Talking
from .filing import MIB, PDF, Filing, files, parts, photo, refused, rows

BAD: dict[str, tuple[str, bytes, str, str]] = {
    "nothing": ("a.pdf", b"", "", "CONTENT_EMPTY"),
    "too much": ("a.txt", b"a" * (2 * MIB + 1), "", "CONTENT_TOO_LARGE"),
    "a path": ("../a.pdf", PDF, "", "NAME_INVALID"),
    "a name that turns around": ("a\u202efdp.exe", PDF, "", "NAME_INVALID"),
    "a film": ("a.mp4", b"\x00\x00\x00\x18ftypmp42" + b"x" * 2_000, "video/mp4", "CONTENT_UNSUPPORTED"),
    "an archive": ("a.zip", b"PK\x03\x04" + b"\0" * 2_000, "", "CONTENT_UNSUPPORTED"),
    "svg": ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "", "CONTENT_UNSUPPORTED"),
    "heic": ("a.heic", b"\x00\x00\x00\x18ftypheic" + b"x" * 2_000, "image/heic", "CONTENT_UNSUPPORTED"),
    "a program in a pdf": ("a.pdf", PDF.replace(b"<<>>", b"<</S/JavaScript>>"), "", "CONTENT_UNSUPPORTED"),
    "a lie": ("a.png", PDF, "image/png", "CONTENT_LIES"),
    "two at once": ("a.jpg", photo() + b"PK\x05\x06" + b"\0" * 18, "image/jpeg", "CONTENT_LIES"),
    "a page": ("a.xml", b"<html><script>alert(1)</script></html>", "text/xml", "CONTENT_LIES"),
}


@pytest.mark.parametrize("what", BAD)
async def test_what_is_refused_is_not_kept(
    filing: Filing, talking: Talking, being: As, tmp_path: Path, database: Database, what: str
) -> None:
    name, content, claim, reason = BAD[what]
    being("nurse")
    thread = await talking.open(CIRCLE)

    said = await refused(filing.upload(thread, content, name=name, claim=claim))

    assert said.reason == reason
    assert said.sentence and said.todo
    assert files(tmp_path) == []
    assert await rows(database) == 0


async def test_an_upload_that_is_cut_or_out_of_order_is_not_kept(
    filing: Filing, talking: Talking, being: As, tmp_path: Path, database: Database
) -> None:
    being("nurse")
    whole = [message async for message in parts(await talking.open(CIRCLE), "a.pdf", PDF)]

    async def flowing(*messages: pb.UploadAttachmentRequest) -> AsyncIterator[pb.UploadAttachmentRequest]:
        for message in messages:
            yield message

    for messages, reason in (
        (whole[:-1], "CONTENT_CUT"),
        (whole[1:], "DESCRIPTION_MISSING"),
        ([], "DESCRIPTION_MISSING"),
        ([whole[0], whole[0], *whole[1:]], "DESCRIPTION_MISSING"),
    ):
        assert (await refused(filing.stub.UploadAttachment(flowing(*messages)))).reason == reason
    assert files(tmp_path) == []
    assert await rows(database) == 0


async def test_the_same_upload_under_the_same_key_happens_once(
    filing: Filing, talking: Talking, being: As, tmp_path: Path, database: Database
) -> None:
    being("nurse")
    thread = await talking.open(CIRCLE)
    being("nurse", key="upload-1")

    first, second = await filing.upload(thread, photo()), await filing.upload(thread, photo())

    assert first == second
    assert len(files(tmp_path)) == await rows(database) == 1
    assert (await refused(filing.upload(thread, PDF))).reason == "IDEMPOTENCY_KEY_REUSED"
    assert len(files(tmp_path)) == await rows(database) == 1


async def test_one_person_has_so_many_files_waiting_and_no_more_even_at_once(
    filing: Filing, talking: Talking, being: As, database: Database, tmp_path: Path
) -> None:
    being("nurse")
    thread = await talking.open(CIRCLE)

    uploads = (filing.upload(thread, PDF) for _ in range(WAITING_AT_MOST + 5))
    done = await asyncio.gather(*uploads, return_exceptions=True)

    assert [one.reason for one in done if isinstance(one, Refusal)] == ["ATTACHMENTS_TOO_MANY"] * 5
    assert len(files(tmp_path)) == await rows(database) == WAITING_AT_MOST
    taken = next(one for one in done if not isinstance(one, BaseException))
    await talking.post(thread, attachment_ids=[taken.attachment_id])
    await filing.upload(thread, PDF)
    being("gp")
    await filing.upload(thread, PDF)


async def test_a_message_takes_its_authors_own_free_files_of_its_thread_only(
    filing: Filing, talking: Talking, being: As
) -> None:
    being("gp")
    thread, other = await talking.open(CIRCLE), await talking.open(WITH_PATIENT)
    mine, taken = await filing.upload(thread, PDF), await filing.upload(thread, PDF)
    elsewhere = await filing.upload(other, PDF)
    await talking.post(thread, attachment_ids=[taken.attachment_id])
    being("nurse")
    hers = await filing.upload(thread, PDF)

    being("gp")
    for wrong in (taken, elsewhere, hers):
        call = talking.post(thread, attachment_ids=[mine.attachment_id, wrong.attachment_id])
        assert (await refused(call)).reason == "ATTACHMENT_UNKNOWN"
    assert (await talking.post(thread, attachment_ids=[mine.attachment_id])).attachments == [mine]


async def test_a_file_is_found_in_its_own_thread_only(filing: Filing, talking: Talking, being: As) -> None:
    being("gp")
    here, there = await talking.open(CIRCLE), await talking.open(WITH_PATIENT)
    sent = await filing.upload(here, photo())
    await talking.post(here, attachment_ids=[sent.attachment_id])
    nowhere, nothing, no_id = (
        conversations_pb.Thread(thread_id=str(uuid4())),
        conversations_pb.Attachment(attachment_id=str(uuid4())),
        conversations_pb.Attachment(attachment_id="x"),
    )

    for read in (filing.read, filing.thumbnail):
        assert (await refused(read(there, sent))).reason == "ATTACHMENT_UNKNOWN"
        assert (await refused(read(nowhere, sent))).reason == "THREAD_UNKNOWN"
        assert (await refused(read(here, nothing))).reason == "ATTACHMENT_UNKNOWN"
        assert (await refused(read(here, no_id))).reason == "ID_INVALID"
    assert (await refused(filing.upload(nowhere, PDF))).reason == "THREAD_UNKNOWN"


async def test_a_file_that_was_changed_in_the_store_is_never_given_out(
    filing: Filing, talking: Talking, being: As, tmp_path: Path
) -> None:
    being("nurse")
    thread = await talking.open(CIRCLE)
    sent = await filing.upload(thread, PDF)
    (file,) = files(tmp_path)
    stored = bytearray(file.read_bytes())
    stored[100] ^= 1
    file.write_bytes(bytes(stored))

    assert isinstance(await refused(filing.read(thread, sent)), Unavailable)
