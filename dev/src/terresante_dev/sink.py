"""A small receiver of OpenTelemetry data over HTTP, for one machine: `python -m terresante_dev.sink PORT
FOLDER`.

Spans are appended, one JSON object a line, to `spans-<n>.jsonl` (several files of a bounded size); of the
metrics the last message of each process is kept in `metrics.jsonl`. It listens on loopback only and stores
what it is sent: what must not be there is scrubbed before, in the services.
"""

from __future__ import annotations

import gzip
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

HOST = "127.0.0.1"
FILE_SIZE = 32_000_000  # bytes
FILES = 8
LARGEST = 16_000_000  # bytes of one message
STATES = ("unset", "ok", "error")
KINDS = ("", "internal", "server", "client", "producer", "consumer")


class Store:
    """The files. Several threads may write."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = threading.Lock()
        self._files = deque(sorted(folder.glob("spans-*.jsonl"), key=_number))
        self._metrics: dict[str, bytes] = {}

    def spans(self, lines: list[bytes]) -> None:
        with self._lock, self._current().open("ab") as file:
            file.write(b"".join(line + b"\n" for line in lines))

    def metrics(self, process: str, line: bytes) -> None:
        with self._lock:
            self._metrics[process] = line
            part = self._folder / ".metrics"
            part.write_bytes(b"".join(kept + b"\n" for kept in self._metrics.values()))
            part.replace(self._folder / "metrics.jsonl")

    def _current(self) -> Path:
        if not self._files or (self._files[-1].exists() and self._files[-1].stat().st_size > FILE_SIZE):
            number = _number(self._files[-1]) + 1 if self._files else 1
            self._files.append(self._folder / f"spans-{number}.jsonl")
            while len(self._files) > FILES:
                self._files.popleft().unlink(missing_ok=True)
        return self._files[-1]


def _number(file: Path) -> int:
    return int(file.stem.removeprefix("spans-"))


def spans_of(message: ExportTraceServiceRequest) -> Iterator[bytes]:
    """One JSON line a span: who, what, when (nanoseconds since 1970), how it ended, what it is linked to."""
    for resource in message.resource_spans:
        service = _plain(resource.resource.attributes).get("service.name", "?")
        for scope in resource.scope_spans:
            for span in scope.spans:
                told = {
                    "trace": span.trace_id.hex(),
                    "span": span.span_id.hex(),
                    "parent": span.parent_span_id.hex() or None,
                    "service": service,
                    "name": span.name,
                    "kind": KINDS[span.kind],
                    "start": span.start_time_unix_nano,
                    "end": span.end_time_unix_nano,
                    "status": STATES[span.status.code],
                    "message": span.status.message,
                    "attributes": _plain(span.attributes),
                    "links": [{"trace": link.trace_id.hex(), "span": link.span_id.hex()} for link in span.links],
                    "events": [
                        {
                            "name": event.name,
                            "time": event.time_unix_nano,
                            "attributes": _plain(event.attributes),
                        }
                        for event in span.events
                    ],
                }
                yield orjson.dumps(told)


def _plain(attributes: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in _pairs(attributes)}


def _pairs(attributes: Any) -> Iterator[KeyValue]:
    yield from attributes


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    if kind == "kvlist_value":
        return _plain(value.kvlist_value.values)
    if kind == "bytes_value":
        return value.bytes_value.hex()
    return getattr(value, kind) if kind else None


class Receiver(BaseHTTPRequestHandler):
    """Answers `/health`, and POSTs to `/v1/traces`, `/v1/metrics` and `/v1/logs` (accepted, not kept)."""

    protocol_version = "HTTP/1.1"
    store: Store

    def do_GET(self) -> None:
        self._answer(HTTPStatus.OK if self.path == "/health" else HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= LARGEST:
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE if length else HTTPStatus.LENGTH_REQUIRED)
            return
        body = self.rfile.read(length)
        try:
            self._take(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        except (DecodeError, OSError, EOFError):
            self._answer(HTTPStatus.BAD_REQUEST)
        except LookupError:
            self._answer(HTTPStatus.NOT_FOUND)
        else:
            self._answer(HTTPStatus.OK)

    def _take(self, body: bytes) -> None:
        match self.path:
            case "/v1/traces":
                self.store.spans(list(spans_of(ExportTraceServiceRequest.FromString(body))))
            case "/v1/metrics":
                metrics = ExportMetricsServiceRequest.FromString(body)
                for resource in metrics.resource_metrics:
                    attributes = _plain(resource.resource.attributes)
                    process = f"{attributes.get('service.name')}/{attributes.get('service.instance.id')}"
                    self.store.metrics(process, orjson.dumps(MessageToDict(resource)))
            case "/v1/logs":
                ExportLogsServiceRequest.FromString(body)
            case _:
                raise LookupError(self.path)

    def _answer(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is said of what goes well; an answer other than 200 is counted by the sender."""


def main(port: int, folder: Path) -> None:
    """Serves until SIGTERM."""
    Receiver.store = Store(folder)
    with ThreadingHTTPServer((HOST, port), Receiver) as server:
        server.daemon_threads = True
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
