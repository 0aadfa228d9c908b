"""Documents through the running service: what each may see, in lists, totals and by id."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from terresante.consent.v1 import decision_service_pb2 as consent_pb
from terresante.records.v1 import records_service_pb2 as pb
from terresante_platform.refusals import Conflict, Denied, Invalid, Refusal, Stale, Unknown, Unsupported

from .conftest import LAB, LETTER, MONDAY, PDF, SOCIAL, As, Clock, People, Writing, parts, stamp
from .world import World

HIDDEN_FROM_PROFESSIONALS = pb.Visibility(hidden_from_professionals=True)
HIDDEN_FROM_PATIENT = pb.Visibility(hidden_from_patient=True)
HIDDEN_FROM_REPRESENTATIVES = pb.Visibility(hidden_from_representatives=True)


async def test_bytes_come_back_identical_and_the_document_says_what_they_are(
    writing: Writing, being: As, people: People
) -> None:
    place = str(uuid4())
    being("gp", place=place)
    content = PDF[:9] + bytes(range(256)) * 3_000 + PDF[9:]

    document = await writing.document(content)

    assert await writing.content(document.document_id) == content
    assert (document.media_type, document.size, document.category) == (
        "application/pdf",
        len(content),
        "laboratory_result",
    )
    assert (document.author_id, document.author_place_id) == (str(people.gp), place)
    assert document.published_at == stamp(MONDAY)
    assert await writing.get(document.document_id) == document


async def test_each_call_asks_consent_once_with_the_facts_of_the_document(
    writing: Writing, being: As, world: World, people: People
) -> None:
    being("gp", place=str(uuid4()))
    document = await writing.document(visibility=HIDDEN_FROM_PATIENT)
    being("nurse", place="here")
    world.asked.clear()
    world.callers.clear()

    await writing.get(document.document_id)

    (question,) = world.asked
    assert question == consent_pb.Question(
        patient_id=str(world.patient),
        action=consent_pb.ACTION_READ,
        resource_kind=consent_pb.RESOURCE_KIND_DOCUMENT,
        category="laboratory_result",
        resource_id=document.document_id,
        author_id=str(people.gp),
        hidden_from_patient=True,
    )
    (call,) = world.callers
    assert call.caller is not None and call.caller.id == people.nurse
    assert (call.service, call.place) == ("records", "here")


async def test_lists_and_totals_hold_exactly_what_each_may_see(writing: Writing, being: As) -> None:
    being("gp")
    await writing.document(title="pour tous")
    await writing.document(title="social", type_code=SOCIAL)
    await writing.document(title="caché aux professionnels", visibility=HIDDEN_FROM_PROFESSIONALS)
    await writing.document(title="caché au patient", visibility=HIDDEN_FROM_PATIENT)
    await writing.document(title="caché aux représentants", visibility=HIDDEN_FROM_REPRESENTATIVES)
    newest_first = [
        "caché aux représentants",
        "caché au patient",
        "caché aux professionnels",
        "social",
        "pour tous",
    ]

    assert await writing.titles() == newest_first
    being("nurse")
    assert await writing.titles() == [title for title in newest_first if "professionnels" not in title]
    being("social_worker")
    assert await writing.titles() == ["social"]
    being("patient")
    assert await writing.titles() == [title for title in newest_first if title != "caché au patient"]
    being("parent")
    assert await writing.titles() == ["caché aux professionnels", "social", "pour tous"]


@pytest.mark.parametrize(
    ("visibility", "blind"),
    [
        (HIDDEN_FROM_PROFESSIONALS, {"nurse"}),
        (HIDDEN_FROM_PATIENT, {"patient", "parent"}),
        (HIDDEN_FROM_REPRESENTATIVES, {"parent"}),
    ],
)
async def test_what_is_hidden_is_answered_as_what_does_not_exist(
    writing: Writing, being: As, visibility: pb.Visibility, blind: set[str]
) -> None:
    being("gp")
    document = await writing.document(visibility=visibility)

    for who in ("gp", "nurse", "patient", "parent"):
        being(who)
        if who not in blind:
            assert (await writing.get(document.document_id)).title == document.title
            continue
        said = []
        for id in (document.document_id, str(uuid4())):
            for read in (writing.get, writing.content):
                with pytest.raises(Unknown) as refused:
                    await read(id)
                said.append((refused.value.reason, refused.value.sentence, refused.value.todo, refused.value.details))
        assert len({str(each) for each in said}) == 1
        assert said[0][0] == "DOCUMENT_UNKNOWN"


@pytest.mark.parametrize(("who", "reason"), [("stranger", "NOT_IN_CIRCLE"), ("someone", "NOT_CONCERNED")])
async def test_who_has_no_standing_cannot_tell_what_exists_from_what_does_not(
    writing: Writing, being: As, calling_as: Any, people: People, who: str, reason: str
) -> None:
    being("gp")
    shown = await writing.document()
    hidden = await writing.document(visibility=HIDDEN_FROM_PROFESSIONALS)
    gone = await writing.document()
    await writing.records.DeleteDocument(
        pb.DeleteDocumentRequest(patient_id=gone.patient_id, document_id=gone.document_id, version=1)
    )
    calling_as("professional" if who == "stranger" else "patient", people.stranger)

    said = set()
    for id in (shown.document_id, hidden.document_id, gone.document_id, str(uuid4())):
        with pytest.raises(Denied) as refused:
            await writing.get(id)
        told = refused.value
        assert told.details.keys() == {"entry_id"}
        said.add((told.reason, told.sentence, told.todo))

    assert [reason] == [each[0] for each in said]


async def test_an_author_who_left_the_circle_cannot_tell_what_others_wrote_either(
    writing: Writing, being: As, world: World, people: People
) -> None:
    being("gp")
    of_another = await writing.document()
    being("nurse")
    own = await writing.document(title="le mien")
    del world.members[people.nurse]

    assert (await writing.get(own.document_id)).title == "le mien"
    assert await writing.titles() == ["le mien"]
    for id in (of_another.document_id, str(uuid4())):
        with pytest.raises(Denied) as refused:
            await writing.get(id)
        assert refused.value.reason == "NOT_IN_CIRCLE"


async def test_after_a_withdrawal_each_author_keeps_what_they_wrote_and_nobody_else_reads(
    writing: Writing, being: As, world: World
) -> None:
    being("gp")
    document = await writing.document()
    world.consent_in_force = False

    assert await writing.content(document.document_id) == PDF
    being("nurse")
    for reading in (writing.get(document.document_id), writing.titles()):
        with pytest.raises(Denied) as refused:
            await reading
        assert refused.value.reason == "CONSENT_NOT_IN_FORCE"
    being("patient")
    assert await writing.titles() == [document.title]


async def test_a_category_that_is_not_entitled_is_refused_with_the_decisions_reason(
    writing: Writing, being: As
) -> None:
    being("gp")
    document = await writing.document()
    being("social_worker")

    with pytest.raises(Denied) as refused:
        await writing.get(document.document_id)

    assert refused.value.reason == "CATEGORY_NOT_ENTITLED"
    assert refused.value.todo == "À faire : CATEGORY_NOT_ENTITLED."


async def test_a_document_is_not_found_in_another_patients_record(writing: Writing, being: As, world: World) -> None:
    being("gp")
    document = await writing.document()

    with pytest.raises(Unknown):
        await writing.get(document.document_id, patient=uuid4())


async def test_pages_follow_one_another_without_hole_or_double_and_totals_stay(writing: Writing, being: As) -> None:
    being("gp")
    for number in range(7):
        await writing.document(title=f"n° {number}")
        await writing.document(title="caché", visibility=HIDDEN_FROM_PROFESSIONALS)
    being("nurse")

    seen, cursor, pages = [], "", 0
    while pages == 0 or cursor:
        request = pb.ListDocumentsRequest(
            patient_id=str(writing.world.patient), limit=3, cursor=cursor, with_total=True
        )
        reply = await writing.records.ListDocuments(request)
        assert reply.total == 7
        seen += [document.title for document in reply.documents]
        cursor, pages = reply.next_cursor, pages + 1

    assert (seen, pages) == ([f"n° {number}" for number in reversed(range(7))], 3)


async def test_lists_are_filtered_by_category_and_type(writing: Writing, being: As) -> None:
    being("gp")
    await writing.document(title="bilan", type_code=LAB)
    await writing.document(title="lettre", type_code=LETTER)

    assert await writing.titles(categories=["letter"]) == ["lettre"]
    assert await writing.titles(type_codes=[LAB]) == ["bilan"]
    assert await writing.titles(categories=["letter"], type_codes=[LAB]) == []
    for wrong, reason in (
        ({"categories": ["letters"]}, "CATEGORY_UNKNOWN"),
        ({"type_codes": ["0"]}, "DOCUMENT_TYPE_UNKNOWN"),
        ({"cursor": "zz"}, "CURSOR_INVALID"),
        ({"limit": 101}, "LIMIT_INVALID"),
        ({"limit": -1}, "LIMIT_INVALID"),
    ):
        with pytest.raises(Invalid) as refused:
            await writing.titles(**wrong)
        assert refused.value.reason == reason


async def test_an_empty_record_lists_nothing_but_only_after_asking(writing: Writing, being: As, world: World) -> None:
    being("nurse")
    assert await writing.titles() == []
    assert len(world.asked) == 1
    being("stranger")
    with pytest.raises(Denied):
        await writing.titles()


# --- editions


async def test_a_new_edition_takes_the_place_of_the_former_one(writing: Writing, being: As) -> None:
    being("gp")
    first = await writing.document(title="première")
    second = await writing.document(title="deuxième", replaces=first.document_id)

    assert (second.edition, second.replaces) == (2, first.document_id)
    assert (await writing.get(first.document_id)).replaced_by == second.document_id
    assert await writing.titles() == ["deuxième"]
    assert await writing.titles(with_replaced=True) == ["deuxième", "première"]


async def test_a_document_is_replaced_once_even_by_two_at_the_same_time(writing: Writing, being: As) -> None:
    being("gp")
    first = await writing.document()

    outcomes = await asyncio.gather(
        *(writing.document(replaces=first.document_id) for _ in range(4)), return_exceptions=True
    )

    refused = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert [each.reason for each in refused] == ["DOCUMENT_REPLACED_ALREADY"] * 3
    assert len(await writing.titles()) == 1


async def test_a_hidden_edition_leaves_the_former_one_as_it_was_for_who_may_not_see_it(
    writing: Writing, being: As
) -> None:
    being("gp")
    first = await writing.document(title="ancienne")
    await writing.document(title="nouvelle", replaces=first.document_id, visibility=HIDDEN_FROM_PROFESSIONALS)

    being("nurse")
    assert await writing.titles() == ["ancienne"]
    assert not (await writing.get(first.document_id)).replaced_by
    being("patient")
    assert await writing.titles() == ["nouvelle"]
    assert (await writing.get(first.document_id)).replaced_by


async def test_once_the_new_edition_is_deleted_the_former_one_stands_again(writing: Writing, being: As) -> None:
    being("gp")
    first = await writing.document(title="ancienne")
    second = await writing.document(title="nouvelle", replaces=first.document_id)
    await writing.records.DeleteDocument(
        pb.DeleteDocumentRequest(patient_id=second.patient_id, document_id=second.document_id, version=1)
    )

    assert await writing.titles() == ["ancienne"]
    assert (await writing.document(title="autre", replaces=first.document_id)).edition == 2


# --- changes


async def test_hiding_takes_effect_at_once_and_showing_again_too(writing: Writing, being: As) -> None:
    being("gp")
    document = await writing.document()

    async def set_visibility(version: int, visibility: pb.Visibility) -> pb.Document:
        being("gp")
        reply = await writing.records.SetDocumentVisibility(
            pb.SetDocumentVisibilityRequest(
                patient_id=document.patient_id,
                document_id=document.document_id,
                version=version,
                visibility=visibility,
            )
        )
        changed: pb.Document = reply.document
        return changed

    assert (await set_visibility(1, HIDDEN_FROM_PROFESSIONALS)).version == 2
    being("nurse")
    with pytest.raises(Unknown):
        await writing.get(document.document_id)
    with pytest.raises(Stale):
        await set_visibility(1, HIDDEN_FROM_PATIENT)
    await set_visibility(2, pb.Visibility())
    being("nurse")
    assert (await writing.get(document.document_id)).version == 3


async def test_a_deleted_document_is_unknown_to_all_and_deleted_once(writing: Writing, being: As) -> None:
    being("gp")
    document = await writing.document()
    request = pb.DeleteDocumentRequest(patient_id=document.patient_id, document_id=document.document_id, version=1)
    with pytest.raises(Stale):
        await writing.records.DeleteDocument(
            pb.DeleteDocumentRequest(patient_id=document.patient_id, document_id=document.document_id, version=9)
        )
    await writing.records.DeleteDocument(request)

    assert await writing.titles() == []
    with pytest.raises(Conflict) as again:
        await writing.records.DeleteDocument(request)
    assert again.value.reason == "DOCUMENT_ALREADY_DELETED"
    for who in ("gp", "nurse", "patient"):
        being(who)
        with pytest.raises(Unknown):
            await writing.get(document.document_id)
    being("nurse")
    with pytest.raises(Unknown):
        await writing.records.DeleteDocument(request)


@pytest.mark.parametrize(
    ("who", "hidden", "kind", "reason", "asked"),
    [
        ("nurse", False, Denied, "DOCUMENT_NOT_YOURS", 2),
        ("nurse", True, Unknown, "DOCUMENT_UNKNOWN", 2),
        ("stranger", False, Denied, "NOT_IN_CIRCLE", 2),
        ("stranger", True, Denied, "NOT_IN_CIRCLE", 2),
        ("patient", False, Denied, "KIND_NOT_ALLOWED", 0),
    ],
)
async def test_only_the_author_changes_deletes_or_replaces(
    writing: Writing, being: As, world: World, who: str, hidden: bool, kind: type[Refusal], reason: str, asked: int
) -> None:
    being("gp")
    document = await writing.document(visibility=pb.Visibility(hidden_from_professionals=hidden))
    being(who)
    ids: dict[str, Any] = {"patient_id": document.patient_id, "document_id": document.document_id}
    attempts = (
        lambda: writing.records.DeleteDocument(pb.DeleteDocumentRequest(**ids, version=1)),
        lambda: writing.records.SetDocumentVisibility(pb.SetDocumentVisibilityRequest(**ids, version=1)),
        lambda: writing.document(replaces=document.document_id),
    )

    for attempt in attempts:
        world.asked.clear()
        with pytest.raises(kind) as refused:
            await attempt()
        assert refused.value.reason == reason
        assert len(world.asked) == asked
    being("gp")
    assert await writing.get(document.document_id) == document


# --- publishing


@pytest.mark.parametrize(
    ("changes", "content", "kind", "reason"),
    [
        ({"type_code": "0"}, PDF, Invalid, "DOCUMENT_TYPE_UNKNOWN"),
        ({"title": ""}, PDF, Invalid, "TITLE_INVALID"),
        ({"dated": None}, PDF, Invalid, "DATE_INVALID"),
        ({"dated": {"seconds": 1 << 60}}, PDF, Invalid, "DATE_INVALID"),
        ({"patient_id": "x"}, PDF, Invalid, "ID_INVALID"),
        ({"replaces": "x"}, PDF, Invalid, "ID_INVALID"),
        ({"replaces": "01890000-0000-7000-8000-000000000002"}, PDF, Unknown, "DOCUMENT_UNKNOWN"),
        ({}, b"", Invalid, "CONTENT_EMPTY"),
        ({}, b"PK\x03\x04" + b"\0" * 99, Unsupported, "CONTENT_UNSUPPORTED"),
        ({"claimed_media_type": "image/png"}, PDF, Invalid, "CONTENT_LIES"),
        ({}, PDF[:-8], Invalid, "CONTENT_LIES"),
        ({}, PDF[:9] + b"x" * 2_200_000 + PDF[9:], Refusal, "CONTENT_TOO_LARGE"),
    ],
)
async def test_what_cannot_be_published_leaves_nothing(
    writing: Writing,
    being: As,
    published: Any,
    tmp_path: Any,
    changes: dict[str, Any],
    content: bytes,
    kind: type[Refusal],
    reason: str,
) -> None:
    being("gp")

    with pytest.raises(kind) as refused:
        await writing.document(content, **changes)

    assert refused.value.reason == reason
    assert await published() == []
    assert await writing.titles() == []
    assert [path for path in (tmp_path / "contents").rglob("*") if path.is_file()] == []


async def test_a_publication_begins_with_one_description(writing: Writing, being: As) -> None:
    being("gp")

    async def chunk_first() -> Any:
        yield pb.PublishDocumentRequest(chunk=PDF)

    async def nothing() -> Any:
        return
        yield

    async def twice() -> Any:
        yield pb.PublishDocumentRequest(description=writing.described())
        yield pb.PublishDocumentRequest(description=writing.described())

    for requests in (chunk_first(), nothing(), twice()):
        with pytest.raises(Invalid) as refused:
            await writing.records.PublishDocument(requests)
        assert refused.value.reason == "DESCRIPTION_MISSING"


async def test_a_content_that_stops_before_its_end_is_not_published(
    writing: Writing, being: As, published: Any, tmp_path: Any
) -> None:
    being("gp")

    async def cut() -> Any:
        yield pb.PublishDocumentRequest(description=writing.described())
        yield pb.PublishDocumentRequest(chunk=b"Allergie : aucune... sauf ")

    with pytest.raises(Invalid) as refused:
        await writing.records.PublishDocument(cut())

    assert refused.value.reason == "CONTENT_CUT"
    assert await published() == []
    assert [path for path in (tmp_path / "contents").rglob("*") if path.is_file()] == []


async def test_who_may_not_publish_is_refused_before_any_content_is_kept(
    writing: Writing, being: As, tmp_path: Any
) -> None:
    being("stranger")

    with pytest.raises(Denied) as refused:
        await writing.document()

    assert refused.value.reason == "NOT_IN_CIRCLE"
    assert [path for path in (tmp_path / "contents").rglob("*") if path.is_file()] == []


async def test_the_same_publication_sent_twice_is_one_document(
    writing: Writing, being: As, published: Any, tmp_path: Any
) -> None:
    being("gp", key="clé-1".replace("é", "e"))

    first = await writing.document()
    second = await writing.document()

    assert second == first
    assert await published() == ["records.v1.document_published"]
    assert len([path for path in (tmp_path / "contents").rglob("*") if path.is_file()]) == 1
    for other in ({"title": "autre"}, {"content": PDF + b"\n"}):
        with pytest.raises(Refusal) as refused:
            await writing.document(**other)
        assert refused.value.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_fifty_at_once_with_one_key_are_one_document(writing: Writing, being: As, published: Any) -> None:
    being("gp", key="k")

    documents = await asyncio.gather(*(writing.document() for _ in range(50)))

    assert len({document.document_id for document in documents}) == 1
    assert await published() == ["records.v1.document_published"]


async def test_the_catalogue_is_open_to_whoever_may_read(writing: Writing, being: As, clock: Clock) -> None:
    being("patient")

    types = (await writing.records.ListDocumentTypes(pb.ListDocumentTypesRequest())).types

    assert any(type_.code == LAB and type_.category_label for type_ in types)


async def test_chunks_may_come_in_any_size(writing: Writing, being: As) -> None:
    being("gp")
    reply = await writing.records.PublishDocument(parts(writing.described(), PDF, piece=7))

    assert await writing.content(reply.document.document_id) == PDF
