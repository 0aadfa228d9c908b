"""What is measured: calls by method, end and reason; connections; when certificates end. Words only."""

import asyncio
import gzip
import os
import sys
import time
from functools import partial
from typing import Any
from uuid import uuid4

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from terresante.directory.v1 import directory_service_pb2 as pb
from terresante.directory.v1.directory_service_pb2_grpc import (
    DirectoryServiceServicer,
    DirectoryServiceStub,
    add_DirectoryServiceServicer_to_server,
)
from terresante_platform import measures, tls
from terresante_platform.database import Database
from terresante_platform.refusals import Conflict, Unavailable
from terresante_platform.rpc import errors
from terresante_platform.rpc.allow import allow
from terresante_platform.testing.certificates import Authority
from terresante_platform.testing.measured import points, reading, values

DIRECTORY = "terresante.directory.v1.DirectoryService"


@pytest.fixture(scope="module", autouse=True)
def provider() -> None:
    """Measures begin to be kept: instruments made before follow the first provider that is set."""
    reading()


def ended(method: str) -> dict[tuple[str, str | None], int]:
    """How often calls of a method ended with (status, reason)."""
    return {
        (found["rpc.response.status_code"], found.get("error.type")): point.count
        for point in points(measures.CALL_DURATION)
        if (found := dict(point.attributes))["rpc.method"] == f"{DIRECTORY}/{method}"
    }


class Taken(Conflict):
    reason = "SAMPLE_TAKEN"


class Sample(DirectoryServiceServicer):
    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.left = asyncio.Event()

    @allow("professional")
    async def ListTerritories(self, request: Any, context: Any) -> pb.ListTerritoriesResponse:
        return pb.ListTerritoriesResponse()

    @allow("professional")
    async def RegisterStructure(self, request: Any, context: Any) -> pb.RegisterStructureResponse:
        raise Taken("Déjà prise.", "Choisissez-en une autre.")

    @allow("professional")
    async def SearchStructures(self, request: Any, context: Any) -> pb.SearchStructuresResponse:
        raise RuntimeError("Mme Durand née le 1er mai")

    @allow("professional")
    async def SearchProfessionals(self, request: Any, context: Any) -> pb.SearchProfessionalsResponse:
        self.entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.left.set()
        return pb.SearchProfessionalsResponse()


Sample.__abstractmethods__ = frozenset()


@pytest.fixture
async def sample() -> Sample:
    return Sample()  # type: ignore[abstract]


@pytest.fixture
async def stub(sample: Sample, serve: Any, dial: Any, calling_as: Any) -> Any:
    address = await serve("directory", partial(add_DirectoryServiceServicer_to_server, sample))
    calling_as("professional", uuid4())
    return DirectoryServiceStub(await dial(address, "directory"))


async def test_a_call_is_kept_under_its_method_and_how_it_ended(stub: Any) -> None:
    for _ in range(3):
        await stub.ListTerritories(pb.ListTerritoriesRequest())
    with pytest.raises(Conflict):
        await stub.RegisterStructure(pb.RegisterStructureRequest())
    with pytest.raises(Unavailable):
        await stub.SearchStructures(pb.SearchStructuresRequest())

    assert ended("ListTerritories") == {("OK", None): 3}
    assert ended("RegisterStructure") == {("ABORTED", "SAMPLE_TAKEN"): 1}
    assert ended("SearchStructures") == {("INTERNAL", "FAULT"): 1}


async def test_a_call_is_in_flight_until_it_ends_and_one_whose_caller_left_was_cancelled(
    stub: Any, sample: Sample
) -> None:
    def in_flight() -> float:
        return sum(value for about, value in values(measures.ACTIVE_CALLS) if "SearchProf" in about["rpc.method"])

    calling = asyncio.create_task(stub.SearchProfessionals(pb.SearchProfessionalsRequest()))
    await asyncio.wait_for(sample.entered.wait(), 10)
    assert in_flight() == 1

    calling.cancel()
    await asyncio.wait_for(sample.left.wait(), 10)
    async with asyncio.timeout(10):
        while in_flight():
            await asyncio.sleep(0.01)
    assert ended("SearchProfessionals") == {("CANCELLED", "CANCELLED"): 1}


async def test_no_measure_holds_a_text_of_anybody(stub: Any) -> None:
    with pytest.raises(Unavailable):
        await stub.SearchStructures(pb.SearchStructuresRequest())

    found = reading().get_metrics_data()
    assert found is not None
    assert "Durand" not in found.to_json()


PROCESS = """
import sys
from terresante_platform import measures, telemetry
telemetry.start("consent", sys.argv[1], 1.0, "info")
with measures.Answering("sample/Method"):
    pass
telemetry.stop()
"""


async def test_measures_leave_for_the_collector_with_the_name_of_the_part_and_its_installation() -> None:
    arrived: list[tuple[str, bytes]] = []

    async def collect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        (size,) = [int(line.split(":")[1]) for line in head.splitlines() if line.startswith("content-length:")]
        body = await reader.readexactly(size)
        arrived.append((head.split()[1], gzip.decompress(body) if "content-encoding: gzip" in head else body))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(collect, "127.0.0.1", 0) as collector:
        address = f"http://127.0.0.1:{collector.sockets[0].getsockname()[1]}"
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            PROCESS,
            address,
            env={**os.environ, "OTEL_RESOURCE_ATTRIBUTES": "service.namespace=region"},
        )
        assert await asyncio.wait_for(process.wait(), 60) == 0

    told = [ExportMetricsServiceRequest.FromString(body) for path, body in arrived if path == "/v1/metrics"]
    (resource,) = {
        tuple((one.key, one.value.string_value) for one in found.resource.attributes)
        for request in told
        for found in request.resource_metrics
    }
    assert {"service.name": "consent", "service.namespace": "region"}.items() <= dict(resource).items()
    names = {
        metric.name
        for request in told
        for found in request.resource_metrics
        for scope in found.scope_metrics
        for metric in scope.metrics
    }
    assert {measures.CALL_DURATION, measures.ACTIVE_CALLS} <= names


async def test_a_call_costs_next_to_nothing() -> None:
    began = time.process_time()
    for _ in range(10_000):
        with measures.Answering("sample/Nothing"):
            pass
    assert (time.process_time() - began) / 10_000 < 60e-6, "10 µs were measured"


def test_what_was_done_is_counted_by_its_words() -> None:
    tally = measures.Tally("sample.deeds", "{deed}", "Deeds")
    for kind in ("good", "good", "bad"):
        tally.add(kind=kind)
    assert sorted((about["kind"], value) for about, value in values("sample.deeds")) == [("bad", 1), ("good", 2)]


async def test_the_connections_of_a_pool_are_told_by_their_state(database: Database) -> None:
    def used() -> float:
        (found,) = [value for about, value in values("db.client.connection.count")
                    if about["db.client.connection.state"] == "used"]  # fmt: skip
        return found

    assert used() == 0
    async with database.reading():
        assert used() == 1
    assert [value for _, value in values("db.client.connection.max")] == [8]


def test_the_end_of_a_certificate_is_told_and_told_anew_when_it_was_renewed(certificates: Authority) -> None:
    identity = certificates.identity("renewed")
    ends = tls.watched(identity)
    with measures.CERTIFICATE_END.told_by(ends):
        before = {about["certificate"]: value for about, value in values("terresante.certificate.end")}
        assert set(before) == {"own", "authority"}
        assert all(time.time() < end < time.time() + 40 * 86_400 for end in before.values())

        identity.certificate.write_bytes(identity.authority.read_bytes())
        after = {about["certificate"]: value for about, value in values("terresante.certificate.end")}
    assert after["own"] == after["authority"]


def test_a_refusal_leaves_with_the_status_that_is_measured() -> None:
    taken = Taken("Déjà prise.", "Choisissez-en une autre.")
    assert errors.code(taken) is errors.written(taken)[0] is grpc.StatusCode.ABORTED
    assert errors.code(None) is grpc.StatusCode.INTERNAL
