"""Nothing opens when consent does not answer, and nobody gets in without being somebody."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from terresante.records.v1 import records_service_pb2 as pb
from terresante.records.v1.records_service_pb2_grpc import (
    RecordsServiceServicer,
    RecordsServiceStub,
    add_RecordsServiceServicer_to_server,
)
from terresante_platform import calls
from terresante_platform.refusals import Denied, Unauthenticated, Unavailable
from terresante_records.rpc import RecordsService

from .conftest import As, People, Writing, parts
from .world import World

Attempt = Callable[[], Awaitable[Any]]


async def drained(stream: AsyncIterator[Any]) -> list[Any]:
    return [message async for message in stream]


def attempts(writing: Writing, document: pb.Document, note: pb.Note) -> dict[str, Attempt]:
    """One call of each RPC that touches a record, all of which would succeed for the GP."""
    records: Any = writing.records
    one: dict[str, Any] = {"patient_id": document.patient_id, "document_id": document.document_id}
    patient: dict[str, Any] = {"patient_id": document.patient_id}
    return {
        "PublishDocument": lambda: records.PublishDocument(parts(writing.described(), b"texte")),
        "GetDocument": lambda: records.GetDocument(pb.GetDocumentRequest(**one)),
        "ReadContent": lambda: drained(records.ReadContent(pb.ReadContentRequest(**one))),
        "ListDocuments": lambda: records.ListDocuments(pb.ListDocumentsRequest(**patient)),
        "SetDocumentVisibility": lambda: records.SetDocumentVisibility(
            pb.SetDocumentVisibilityRequest(**one, version=1)
        ),
        "DeleteDocument": lambda: records.DeleteDocument(pb.DeleteDocumentRequest(**one, version=1)),
        "WriteNote": lambda: records.WriteNote(pb.WriteNoteRequest(**patient, text="texte")),
        "ReviseNote": lambda: records.ReviseNote(
            pb.ReviseNoteRequest(**patient, note_id=note.note_id, version=1, text="autre")
        ),
        "ListNotes": lambda: records.ListNotes(pb.ListNotesRequest(**patient)),
        "RecordObservation": lambda: records.RecordObservation(writing.measured()),
        "ListObservations": lambda: records.ListObservations(pb.ListObservationsRequest(**patient)),
    }


ASKING = [
    "DeleteDocument",
    "GetDocument",
    "ListDocuments",
    "ListNotes",
    "ListObservations",
    "PublishDocument",
    "ReadContent",
    "RecordObservation",
    "ReviseNote",
    "SetDocumentVisibility",
    "WriteNote",
]


def test_every_rpc_but_the_catalogue_is_tried_here() -> None:
    declared = {name for name in vars(RecordsServiceServicer) if name[0].isupper()}

    assert declared - set(ASKING) == {"ListDocumentTypes"}


@pytest.mark.parametrize("rpc", ASKING)
async def test_no_answer_means_no(
    writing: Writing, being: As, world: World, published: Any, tmp_path: Any, rpc: str
) -> None:
    being("gp")
    document, note = await writing.document(), await writing.note()
    before = await published()
    files = sorted((tmp_path / "contents").rglob("*"))

    world.silent = True
    with pytest.raises(Unavailable) as down:
        await attempts(writing, document, note)[rpc]()
    world.silent, world.wrong = False, True
    with pytest.raises(Unavailable) as wrong:
        await attempts(writing, document, note)[rpc]()
    world.wrong = False

    assert {down.value.reason, wrong.value.reason} == {"CONSENT_UNAVAILABLE"}
    assert await published() == before
    assert sorted((tmp_path / "contents").rglob("*")) == files
    assert (await writing.get(document.document_id)) == document


async def test_a_slow_consent_is_no_answer_within_the_callers_deadline(
    writing: Writing, being: As, world: World, people: People
) -> None:
    being("gp")
    document = await writing.document()
    world.stuck = asyncio.Event()
    caller = calls.person()
    begun = time.monotonic()
    calls.enter(calls.Call(caller=caller, deadline=begun + 0.5))

    with pytest.raises(Unavailable) as refused:
        await writing.get(document.document_id)

    assert time.monotonic() - begun < 2
    assert refused.value.reason in {"CONSENT_UNAVAILABLE", "RECORDS_UNAVAILABLE"}
    assert world.callers[-1].deadline is not None
    world.stuck.set()


async def test_a_list_without_a_scope_shows_nothing(writing: Writing, being: As, world: World) -> None:
    being("gp")
    await writing.document()
    world.without_scope = True

    with pytest.raises(Unavailable) as refused:
        await writing.titles()

    assert refused.value.reason == "CONSENT_UNAVAILABLE"


@pytest.mark.parametrize("rpc", [*ASKING, "ListDocumentTypes"])
async def test_nobody_gets_in_without_a_strong_login_of_the_right_kind(
    writing: Writing, being: As, calling_as: Any, world: World, rpc: str
) -> None:
    being("gp")
    tried = attempts(writing, await writing.document(), await writing.note())
    tried["ListDocumentTypes"] = lambda: writing.records.ListDocumentTypes(pb.ListDocumentTypesRequest())
    world.asked.clear()

    calling_as(None)
    with pytest.raises(Unauthenticated):
        await tried[rpc]()
    calling_as("professional", uuid4(), acr=1)
    with pytest.raises(Unauthenticated):
        await tried[rpc]()
    calling_as("administrator", uuid4())
    with pytest.raises(Denied) as refused:
        await tried[rpc]()
    assert refused.value.reason == "KIND_NOT_ALLOWED"
    assert world.asked == []


async def test_no_other_service_reads_the_record(desk: Any, serve: Any, dial: Any, being: As, world: World) -> None:
    address = await serve("records", partial(add_RecordsServiceServicer_to_server, RecordsService(desk)))
    messaging: Any = RecordsServiceStub(await dial(address, "records", as_="messaging"))
    being("gp")

    with pytest.raises(Denied) as refused:
        await messaging.ListNotes(pb.ListNotesRequest(patient_id=str(world.patient)))

    assert refused.value.reason == "SERVICE_NOT_ALLOWED"
