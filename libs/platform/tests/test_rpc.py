"""Calls between services: who may, what travels, how a refusal and an outage arrive."""

import asyncio
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import uuid4

import grpc
import pytest
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante.directory.v1.directory_service_pb2_grpc import (
    DirectoryServiceServicer,
    DirectoryServiceStub,
    add_DirectoryServiceServicer_to_server,
)
from terresante.messaging.v1 import attachment_service_pb2 as files
from terresante.messaging.v1 import feed_service_pb2 as feed
from terresante.messaging.v1.attachment_service_pb2_grpc import (
    AttachmentServiceServicer,
    AttachmentServiceStub,
    add_AttachmentServiceServicer_to_server,
)
from terresante.messaging.v1.feed_service_pb2_grpc import (
    FeedServiceServicer,
    FeedServiceStub,
    add_FeedServiceServicer_to_server,
)
from terresante_platform import calls
from terresante_platform.refusals import Conflict, Denied, Refusal, Unauthenticated, Unavailable
from terresante_platform.rpc import server
from terresante_platform.rpc.allow import allow


class Taken(Conflict):
    reason = "SAMPLE_TAKEN"


class Sample(DirectoryServiceServicer):  # the abstract methods left out are answered UNIMPLEMENTED
    def __init__(self) -> None:
        self.seen: list[calls.Call] = []

    @allow("professional", "administrator")
    async def ListTerritories(self, request: pb.ListTerritoriesRequest, context: Any) -> pb.ListTerritoriesResponse:
        self.seen.append(calls.current())
        return pb.ListTerritoriesResponse(territories=[pb.Territory(code="94-ouest")])

    @allow("professional")
    async def RegisterStructure(self, request: Any, context: Any) -> pb.RegisterStructureResponse:
        raise Taken("Déjà prise.", "Choisissez-en une autre.", field="name")

    @allow("professional", fresh=300)
    async def AddPlace(self, request: Any, context: Any) -> pb.AddPlaceResponse:
        return pb.AddPlaceResponse()

    @allow("professional", services=("gateway", "records"), alone=("records",))
    async def BatchGetProfessionals(self, request: Any, context: Any) -> pb.BatchGetProfessionalsResponse:
        return pb.BatchGetProfessionalsResponse()

    @allow()
    async def ListFeeders(self, request: Any, context: Any) -> pb.ListFeedersResponse:
        self.seen.append(calls.current())
        return pb.ListFeedersResponse()

    @allow(services=("records",))
    async def BatchGetStructures(self, request: Any, context: Any) -> pb.BatchGetStructuresResponse:
        return pb.BatchGetStructuresResponse()

    async def EndPlace(self, request: Any, context: Any) -> pb.EndPlaceResponse:
        return pb.EndPlaceResponse()

    @allow("professional")
    async def SearchStructures(self, request: Any, context: Any) -> pb.SearchStructuresResponse:
        raise RuntimeError("Mme Durand née le 1er mai")

    @allow("professional")
    async def SearchProfessionals(self, request: Any, context: Any) -> pb.SearchProfessionalsResponse:
        await asyncio.Event().wait()
        return pb.SearchProfessionalsResponse()


Sample.__abstractmethods__ = frozenset()


@pytest.fixture
async def sample() -> Sample:
    return Sample()  # type: ignore[abstract]


@pytest.fixture
async def stub(sample: Sample, serve: Any, dial: Any) -> Any:
    address = await serve("directory", partial(add_DirectoryServiceServicer_to_server, sample))
    return DirectoryServiceStub(await dial(address, "directory"))


class Endless(FeedServiceServicer):
    """Goes on until whoever reads has left."""

    def __init__(self) -> None:
        self.left = asyncio.Event()

    @allow("professional")
    async def Follow(self, request: feed.FollowRequest, context: Any) -> AsyncIterator[feed.FollowResponse]:
        try:
            yield feed.FollowResponse(cursor="1")
            await asyncio.Event().wait()
        finally:
            self.left.set()


Endless.__abstractmethods__ = frozenset()


async def test_a_stream_whose_reader_leaves_early_ends_at_once_on_the_other_side(
    serve: Any, dial: Any, calling_as: Any
) -> None:
    endless = Endless()  # type: ignore[abstract]
    address = await serve("messaging", partial(add_FeedServiceServicer_to_server, endless))
    stub: Any = FeedServiceStub(await dial(address, "messaging"))
    calling_as("professional", uuid4())

    stream = stub.Follow(feed.FollowRequest())
    assert (await anext(stream)).cursor == "1"
    await stream.aclose()

    kept = stream  # what is collected late must not be what ends it
    await asyncio.wait_for(endless.left.wait(), 2)
    assert kept is stream


class Picky(AttachmentServiceServicer):
    """Refuses an upload at its first message."""

    @allow("professional")
    async def UploadAttachment(self, request: AsyncIterator[Any], context: Any) -> Any:
        async for _ in request:
            raise Taken("Refusé.", "Envoyez autre chose.")


Picky.__abstractmethods__ = frozenset()


async def test_an_upload_that_is_refused_while_it_is_sent_is_told_why(serve: Any, dial: Any, calling_as: Any) -> None:
    address = await serve("messaging", partial(add_AttachmentServiceServicer_to_server, Picky()))  # type: ignore[abstract]
    stub: Any = AttachmentServiceStub(await dial(address, "messaging"))
    calling_as("professional", uuid4())

    async def sent() -> AsyncIterator[files.UploadAttachmentRequest]:
        for _ in range(12):
            yield files.UploadAttachmentRequest(chunk=bytes(64 * 1024))
            await asyncio.sleep(0)

    for _ in range(300):
        with pytest.raises(Conflict) as refused:
            await stub.UploadAttachment(sent())
        assert refused.value.reason == "SAMPLE_TAKEN"


def test_connections_end_after_a_while_unless_the_listener_is_of_one_process_alone() -> None:
    assert {"grpc.max_connection_age_ms", "grpc.max_connection_age_grace_ms"} <= dict(server.options(True)).keys()
    assert not any("connection_age" in name for name, _ in server.options(False))


async def test_a_call_brings_its_person_place_and_deadline(stub: Any, sample: Sample, calling_as: Any) -> None:
    someone = uuid4()
    calling_as("professional", someone, acr=3, place="here", key="k1")

    reply = await stub.ListTerritories(pb.ListTerritoriesRequest())

    (call,) = sample.seen
    assert reply.territories[0].code == "94-ouest"
    assert call.caller is not None and (call.caller.id, call.caller.strength) == (someone, 3)
    assert (call.service, call.place, call.idempotency_key) == ("gateway", "here", "k1")
    assert call.deadline is not None and 0 < call.deadline - time.monotonic() < 5


async def test_a_call_without_a_person_brings_the_mark_of_where_it_comes_from(stub: Any, sample: Sample) -> None:
    calls.enter(calls.Call(client="5f3a"))

    await stub.ListFeeders(pb.ListFeedersRequest())

    (call,) = sample.seen
    assert (call.caller, call.client) == (None, "5f3a")


async def test_a_refusal_arrives_with_its_reason_sentence_and_what_to_do(stub: Any, calling_as: Any) -> None:
    calling_as("professional", uuid4())

    with pytest.raises(Conflict) as refused:
        await stub.RegisterStructure(pb.RegisterStructureRequest())

    told = refused.value
    assert (told.reason, told.sentence, told.todo) == ("SAMPLE_TAKEN", "Déjà prise.", "Choisissez-en une autre.")
    assert told.details == {"field": "name"}


@pytest.mark.parametrize(
    ("method", "kind", "more", "refusal", "reason"),
    [
        ("ListTerritories", None, {}, Unauthenticated, "LOGIN_REQUIRED"),
        ("ListTerritories", "patient", {}, Denied, "KIND_NOT_ALLOWED"),
        ("ListTerritories", "professional", {"acr": 1}, Unauthenticated, "LOGIN_TOO_WEAK"),
        ("AddPlace", "professional", {"logged_in_ago": 400}, Unauthenticated, "LOGIN_TOO_OLD"),
        ("ListTerritories", "professional", {"aud": ["elsewhere"]}, Unauthenticated, "TOKEN_INVALID"),
        ("ListTerritories", "professional", {"iss": "https://other"}, Unauthenticated, "TOKEN_INVALID"),
        (
            "ListTerritories",
            "professional",
            {"iss": "https://login.test/realms/patient"},
            Unauthenticated,
            "TOKEN_INVALID",
        ),
        ("ListTerritories", "professional", {"exp": 1}, Unauthenticated, "TOKEN_INVALID"),
        ("ListTerritories", "professional", {"auth_time": None}, Unauthenticated, "TOKEN_INVALID"),
        ("ListTerritories", "professional", {"kind": "patient"}, Unauthenticated, "TOKEN_INVALID"),
        ("ListTerritories", "professional", {"typ": "ID"}, Unauthenticated, "TOKEN_INVALID"),
        ("ListTerritories", "professional", {"iat": 9999999999}, Unauthenticated, "TOKEN_INVALID"),
        ("ListTerritories", "professional", {"nbf": 9999999999}, Unauthenticated, "TOKEN_INVALID"),
        ("BatchGetStructures", "professional", {}, Denied, "SERVICE_NOT_ALLOWED"),
        ("BatchGetProfessionals", None, {}, Unauthenticated, "LOGIN_REQUIRED"),
        ("EndPlace", "professional", {}, Denied, "SERVICE_NOT_ALLOWED"),
    ],
)
async def test_who_may_not_call_is_refused(
    stub: Any, calling_as: Any, method: str, kind: str | None, more: Any, refusal: type[Refusal], reason: str
) -> None:
    calling_as(kind, uuid4(), **more)

    with pytest.raises(refusal) as refused:
        await getattr(stub, method)(getattr(pb, f"{method}Request")())

    assert refused.value.reason == reason


async def test_a_service_speaks_in_its_own_name_only_by_its_certificate(serve: Any, dial: Any, sample: Sample) -> None:
    address = await serve("directory", partial(add_DirectoryServiceServicer_to_server, sample))
    records = DirectoryServiceStub(await dial(address, "directory", as_="records"))

    assert await records.BatchGetStructures(pb.BatchGetStructuresRequest()) == pb.BatchGetStructuresResponse()
    alone = await records.BatchGetProfessionals(pb.BatchGetProfessionalsRequest())
    assert alone == pb.BatchGetProfessionalsResponse()


async def test_without_a_certificate_of_the_platform_nobody_gets_in(
    serve: Any, sample: Sample, certificates: Any
) -> None:
    address = await serve("directory", partial(add_DirectoryServiceServicer_to_server, sample))
    bare = grpc.ssl_channel_credentials((certificates.identity("x").authority).read_bytes())
    async with grpc.aio.secure_channel(address, bare, (("grpc.ssl_target_name_override", "directory.svc"),)) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await DirectoryServiceStub(channel).ListTerritories(pb.ListTerritoriesRequest(), timeout=3)

    assert failed.value.code() == grpc.StatusCode.UNAVAILABLE


async def test_a_fault_of_ours_leaves_without_a_word_of_it(stub: Any, calling_as: Any, capsys: Any) -> None:
    calling_as("professional", uuid4())

    with pytest.raises(Unavailable) as refused:
        await stub.SearchStructures(pb.SearchStructuresRequest())

    assert refused.value.reason == "DIRECTORY_FAULT"
    assert "Durand" not in repr(refused.value) + refused.value.sentence


async def test_no_answer_in_time_is_unavailable(stub: Any, calling_as: Any) -> None:
    calling_as("professional", uuid4())
    calls.current().deadline = time.monotonic() + 0.2

    with pytest.raises(Unavailable) as refused:
        await stub.SearchProfessionals(pb.SearchProfessionalsRequest())

    assert refused.value.reason == "DIRECTORY_UNAVAILABLE"


async def test_a_renewed_certificate_is_picked_up_without_a_restart(
    serve: Any, dial: Any, sample: Sample, certificates: Any, calling_as: Any
) -> None:
    address = await serve("directory", partial(add_DirectoryServiceServicer_to_server, sample))
    channel = await dial(address, "directory")
    stub = DirectoryServiceStub(channel)
    calling_as("professional", uuid4())
    await stub.ListTerritories(pb.ListTerritoriesRequest())

    certificates.identity("directory")
    certificates.identity("gateway")
    await channel.renew()

    await stub.ListTerritories(pb.ListTerritoriesRequest())
    assert channel.epoch == 1
