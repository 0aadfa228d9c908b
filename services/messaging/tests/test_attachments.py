"""Files of messages over real gRPC: what is taken in, how it is kept, and who gets it."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text
from terresante.consent.v1 import decision_service_pb2 as decisions_pb
from terresante.messaging.v1 import conversation_service_pb2 as pb
from terresante_platform.database import Database

from .conftest import As, Clock, People
from .conversing import CIRCLE, DIRECT, SIDE, TEAM, WITH_PATIENT, Talking
from .filing import PDF, Filing, files, photo, refused, rows
from .world import World


async def test_a_photo_comes_back_as_it_was_kept_without_what_its_camera_told(
    filing: Filing, talking: Talking, being: As
) -> None:
    being("nurse")
    thread = await talking.open(CIRCLE)
    sent = await filing.upload(thread, photo(), claim="image/jpeg")
    posted = await talking.post(thread, "La plaie ce matin.", attachment_ids=[sent.attachment_id])

    being("gp")
    told, content = await filing.read(thread, sent)

    assert told == sent == posted.attachments[0] == (await talking.page(thread)).messages[0].attachments[0]
    assert (told.name, told.media_type) == ("plaie.jpg", "image/jpeg")
    assert told.thumbnail == pb.THUMBNAIL_STATE_WAITING
    assert b"Canon" not in content and b"Martin" not in content
    assert Image.open(io.BytesIO(content)).getexif()[0x0112] == 6


async def test_nothing_of_a_file_lies_in_clear_on_any_disk(
    filing: Filing, talking: Talking, being: As, database: Database, tmp_path: Path
) -> None:
    being("nurse", key="upload-1")
    thread = await talking.open(CIRCLE)
    being("nurse", key="upload-2")
    await filing.upload(thread, "Chute à domicile. ".encode() * 50, name="Chute de Mme Martin.txt")

    (file,) = files(tmp_path)
    async with database.reading() as connection:
        tables = ("attachment", "idempotency_key")
        dump = str([(await connection.execute(text(f"select {one}::text from {one}"))).all() for one in tables])  # noqa: S608
    for secret in ("Chute", "Martin"):
        assert secret.encode() not in file.read_bytes()
        assert secret not in dump and secret.encode().hex() not in dump


AROUND = (decisions_pb.ACTION_WRITE_CONVERSATION, decisions_pb.ACTION_READ_CONVERSATION)
ASKED = {
    CIRCLE: AROUND,
    WITH_PATIENT: AROUND,
    SIDE: AROUND,
    DIRECT: (decisions_pb.ACTION_USE_DIRECT_MESSAGES,) * 2,
    TEAM: (decisions_pb.ACTION_USE_TEAM_MESSAGES,) * 2,
}


@pytest.mark.parametrize("kind", ASKED)
async def test_sending_and_reading_are_decided_by_consent_each_time(
    filing: Filing, talking: Talking, being: As, people: People, world: World, kind: Any
) -> None:
    world.teams = {people.stranger: {people.gp, people.nurse}}
    more: dict[Any, dict[str, Any]] = {
        SIDE: {"professional_ids": [str(people.gp)]},
        DIRECT: {"professional_ids": [str(people.gp)]},
        TEAM: {"structure_id": str(people.stranger)},
    }
    being("nurse")
    thread = await talking.open(kind, **more.get(kind, {}))
    del world.questions[:]

    sent = await filing.upload(thread, PDF, name="a.pdf")
    await filing.read(thread, sent)

    assert tuple(question.action for question in world.questions) == ASKED[kind]
    whose = (str(world.patient), thread.thread_id) if ASKED[kind] is AROUND else ("", "")
    assert {(question.patient_id, question.resource_id) for question in world.questions} == {whose}


@pytest.mark.parametrize(
    ("who", "change", "reason"),
    [
        ("stranger", {}, "THREAD_UNKNOWN"),
        ("nurse", {"consent_in_force": False}, "CONSENT_NOT_IN_FORCE"),
        ("nurse", {"silent": True}, "CONSENT_UNAVAILABLE"),
        ("nurse", {"wrong": True}, "CONSENT_UNAVAILABLE"),
        ("patient", {}, "THREAD_UNKNOWN"),
        ("parent", {}, "THREAD_UNKNOWN"),
    ],
)
async def test_who_may_not_write_or_read_sends_and_gets_nothing(
    filing: Filing, talking: Talking, being: As, world: World, tmp_path: Path, database: Database,
    who: str, change: dict[str, Any], reason: str,
) -> None:  # fmt: skip
    being("gp")
    thread = await talking.open(CIRCLE)
    sent = await filing.upload(thread, photo())
    await talking.post(thread, attachment_ids=[sent.attachment_id])
    for name, value in change.items():
        setattr(world, name, value)
    being(who)

    for call in (filing.upload(thread, PDF), filing.read(thread, sent), filing.thumbnail(thread, sent)):
        assert (await refused(call)).reason == reason
    assert len(files(tmp_path)) == await rows(database) == 1


async def test_a_patient_sends_where_the_circle_lets_them_and_their_file_is_theirs_until_posted(
    filing: Filing, talking: Talking, being: As, world: World
) -> None:
    being("gp")
    thread = await talking.open(WITH_PATIENT)
    being("patient")

    sent = await filing.upload(thread, photo())
    assert (await filing.read(thread, sent))[0] == sent
    being("gp")
    assert (await refused(filing.read(thread, sent))).reason == "ATTACHMENT_UNKNOWN"
    being("patient")
    await talking.post(thread, attachment_ids=[sent.attachment_id])
    world.patient_writes = False
    assert (await refused(filing.upload(thread, photo()))).reason == "WRITING_NOT_OPEN"
    being("gp")
    assert (await filing.read(thread, sent))[0] == sent


async def test_who_joined_later_gets_the_files_of_what_they_may_read_and_no_others(
    filing: Filing, talking: Talking, being: As, people: People, world: World, clock: Clock
) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    old, new = await filing.upload(thread, photo()), await filing.upload(thread, photo())
    await talking.post(thread, attachment_ids=[old.attachment_id])
    world.visible_from[world.patient, people.nurse] = clock.forward(hours=1)
    clock.forward(hours=1)
    await talking.post(thread, attachment_ids=[new.attachment_id])

    being("nurse")

    for call in (filing.read(thread, old), filing.thumbnail(thread, old)):
        assert (await refused(call)).reason == "ATTACHMENT_UNKNOWN"
    assert (await filing.read(thread, new))[0] == new


async def test_who_is_added_to_a_side_thread_gets_the_files_of_what_is_written_from_then_on(
    filing: Filing, talking: Talking, being: As, people: People, world: World
) -> None:
    world.circle.append(people.doctor)
    being("gp")
    thread = await talking.open(SIDE, professional_ids=[str(people.doctor)])
    old, new = await filing.upload(thread, PDF), await filing.upload(thread, PDF)
    await talking.post(thread, attachment_ids=[old.attachment_id])
    being("nurse")
    assert (await refused(filing.read(thread, old))).reason == "THREAD_UNKNOWN"
    being("gp")
    await talking.change(thread, added_professional_ids=[str(people.nurse)])
    await talking.post(thread, attachment_ids=[new.attachment_id])

    being("nurse")

    assert (await refused(filing.read(thread, old))).reason == "ATTACHMENT_UNKNOWN"
    assert (await filing.read(thread, new))[0] == new


async def test_the_files_of_a_message_come_in_the_order_of_the_message(
    filing: Filing, talking: Talking, being: As
) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    sent = [await filing.upload(thread, PDF, name=f"{number}.pdf") for number in range(3)]

    posted = await talking.post(thread, "", attachment_ids=[sent[at].attachment_id for at in (2, 0, 1)])

    assert [one.name for one in posted.attachments] == ["2.pdf", "0.pdf", "1.pdf"]
    assert (await talking.page(thread)).messages[0].attachments == posted.attachments


async def test_the_files_of_a_message_that_was_taken_back_are_nobodys(
    filing: Filing, talking: Talking, being: As
) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    sent = await filing.upload(thread, PDF)
    posted = await talking.post(thread, attachment_ids=[sent.attachment_id])
    await talking.delete(posted)

    for who in ("gp", "nurse"):
        being(who)
        assert (await refused(filing.read(thread, sent))).reason == "ATTACHMENT_UNKNOWN"


async def test_an_author_who_loses_the_right_no_longer_reads_their_own_file(
    filing: Filing, talking: Talking, being: As, people: People, world: World
) -> None:
    being("gp")
    thread = await talking.open(CIRCLE)
    sent = await filing.upload(thread, PDF)
    world.circle.remove(people.gp)

    assert (await refused(filing.read(thread, sent))).reason == "THREAD_UNKNOWN"
