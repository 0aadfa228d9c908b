"""Spans sent by the real exporter to the real sink come back as one tree, across services and event consumers."""

import socket
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, set_span_in_context
from terresante_dev import sink, trace
from terresante_dev.stack import NotPossible


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[str]:
    """The base URL of a sink that keeps its files in `tmp_path`."""

    class Own(sink.Receiver):
        store = sink.Store(tmp_path)

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        serving.join()


def provider(base: str, service: str) -> TracerProvider:
    made = TracerProvider(resource=Resource({"service.name": service}), shutdown_on_exit=False)
    made.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{base}/v1/traces")))
    return made


def story(base: str) -> str:
    """A request through the gateway to consent, and an event taken by messaging. Gives its trace id."""
    gateway, consent, messaging = (provider(base, name) for name in ("gateway", "consent", "messaging"))
    request = gateway.get_tracer("t").start_span("GET /v1/me", kind=SpanKind.SERVER)
    call = consent.get_tracer("t").start_span("Decide", set_span_in_context(request), SpanKind.SERVER)
    call.set_attribute("rpc.method", "DecideMany")
    call.set_status(Status(StatusCode.ERROR))
    reaction = messaging.get_tracer("t").start_span("react withdrawn", links=[Link(call.get_span_context())])
    for span in (reaction, call, request):
        span.end()
    for made in (gateway, consent, messaging):
        made.shutdown()
    return f"{request.get_span_context().trace_id:032x}"


def test_a_trace_is_shown_as_a_tree_from_the_door_to_the_events_consumer(receiver: str, tmp_path: Path) -> None:
    identifier = story(receiver)

    head, *tree = trace.lines(trace.read(tmp_path, identifier))

    assert head.startswith("3 spans")
    assert head.endswith("through consent, gateway, messaging")
    assert tree[0].startswith("└─ gateway: GET /v1/me")
    assert tree[1].startswith("   └─ consent: Decide")
    assert tree[1].endswith("ERROR  rpc.method=DecideMany")
    assert tree[2].startswith("      └─ messaging: react withdrawn")


def test_a_whole_traceparent_is_understood_and_other_traces_are_left_out(receiver: str, tmp_path: Path) -> None:
    first, second = story(receiver), story(receiver)

    spans = trace.read(tmp_path, f"00-{first}-0000000000000001-01")

    assert len(spans) == 3
    assert second not in {span["trace"] for span in spans}


@pytest.mark.parametrize("wrong", ["", "xyz", "1" * 31, "g" * 32])
def test_what_is_no_trace_id_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(NotPossible, match="no trace id"):
        trace.read(tmp_path, wrong)


def test_an_unknown_trace_is_said_to_be_unknown(tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match="No span"):
        trace.read(tmp_path, "1" * 32)


def test_old_files_make_room_for_new_ones(tmp_path: Path) -> None:
    store = sink.Store(tmp_path)

    for _ in range(sink.FILES * 2 + 1):
        store.spans([b"x" * (sink.FILE_SIZE // 2 + 1)])

    names = sorted(int(file.stem.split("-")[1]) for file in tmp_path.glob("spans-*.jsonl"))
    assert len(names) <= sink.FILES
    assert names[-1] == sink.FILES + 1


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/traces", b"\xff\xff\xff", 400),
        ("/v1/other", b"x", 404),
        ("/v1/traces", b"", 411),
        ("/v1/logs", b"\n\x00", 200),
    ],
)
def test_what_the_sink_cannot_take_is_refused(receiver: str, path: str, body: bytes, status: int) -> None:
    assert httpx2.post(receiver + path, content=body, trust_env=False).status_code == status


def test_the_sink_is_bound_to_loopback_only() -> None:
    with ThreadingHTTPServer((sink.HOST, 0), sink.Receiver) as server, socket.socket() as other:
        assert server.server_address[0] == "127.0.0.1"
        assert other.connect_ex(("127.0.0.2", server.server_address[1])) != 0
