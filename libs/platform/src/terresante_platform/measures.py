"""What every process measures, under OpenTelemetry's names where they have one; `docs/operations.md` lists all.

Attributes are names of methods and subjects, status codes, machine reasons, names of parts: never an id, an address or
anything of a person, so there are as many series as the code has words. A call costs 10 µs of CPU (measured with the
SDK's provider on, 20,000 in a row); without a collector, 1.4 µs.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE

# Not yet stable in the conventions, hence not in the stable part of the package.
CALL_DURATION = "rpc.server.call.duration"
ACTIVE_CALLS = "rpc.server.active_calls"
RPC_METHOD = "rpc.method"
STATUS_CODE = "rpc.response.status_code"
SECONDS = [0.001, 0.0025, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
"""The conventions' buckets, finer where a decision should be, and up to the longest call."""

Source = Callable[[], Iterable[tuple[float, dict[str, str]]]]
"""Values with their attributes, as they are now; must return at once, and from any thread."""

_meter = metrics.get_meter("terresante.platform")


class Gauge:
    """A number that is read when metrics leave. One per name and process; whoever knows it tells it, while it does."""

    def __init__(self, name: str, unit: str, description: str) -> None:
        self.name = name
        self._sources: list[Source] = []
        _meter.create_observable_gauge(name, [self._observe], unit, description)

    @contextmanager
    def told_by(self, source: Source) -> Iterator[None]:
        """Reads it from `source` until left."""
        self._sources.append(source)
        try:
            yield
        finally:
            self._sources.remove(source)

    def _observe(self, _: CallbackOptions) -> Iterable[Observation]:
        return [Observation(value, attributes) for source in list(self._sources) for value, attributes in source()]


class Tally:
    """How often this process did something. Counted when done, also if its transaction is lost afterwards."""

    def __init__(self, name: str, unit: str, description: str) -> None:
        self._counter = _meter.create_counter(name, unit, description)

    def add(self, **attributes: str) -> None:
        """Once more, under these words."""
        self._counter.add(1, attributes)


class Answering:
    """One call that is being answered: in flight until it is left, then kept with how it ended.

    `refused` names another end than OK; an end that nobody named, such as a caller that left, is CANCELLED.
    """

    __slots__ = ("_began", "_end", "_method")

    def __init__(self, method: str) -> None:
        self._method = method
        self._end = ("", "")

    def __enter__(self) -> Answering:
        """Begins it."""
        _active[self._method] += 1
        self._began = time.perf_counter()
        return self

    def refused(self, code: str, reason: str) -> None:
        """It ends with this status code, for this machine reason."""
        self._end = (code, reason)

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, frames: TracebackType | None
    ) -> None:
        """Ends it."""
        _active[self._method] -= 1
        code, reason = self._end
        if not code:
            code, reason = ("OK", "") if kind is None else ("CANCELLED", "CANCELLED")
        series = (self._method, code, reason)
        known = _known.get(series)
        if known is None:
            known = _known[series] = _attributes(*series)
        _duration.record(time.perf_counter() - self._began, known)


def _attributes(method: str, code: str, reason: str) -> dict[str, Any]:
    found: dict[str, Any] = {RPC_METHOD: method, STATUS_CODE: code}
    return found | ({ERROR_TYPE: reason} if reason else {})


def _in_flight(_: CallbackOptions) -> Iterable[Observation]:
    return [Observation(count, {RPC_METHOD: method}) for method, count in list(_active.items())]


_active: Counter[str] = Counter()
_known: dict[tuple[str, str, str], dict[str, Any]] = {}
_duration = _meter.create_histogram(
    CALL_DURATION, "s", "Duration of gRPC calls as answered here", explicit_bucket_boundaries_advisory=SECONDS
)
_meter.create_observable_up_down_counter(ACTIVE_CALLS, [_in_flight], "{call}", "gRPC calls in flight here")

CERTIFICATE_END = Gauge(
    "terresante.certificate.end", "s", "When a certificate of this process ends, as Unix time, by `certificate`"
)
CONNECTIONS = Gauge("db.client.connection.count", "{connection}", "Connections to PostgreSQL, by state")
MOST_CONNECTIONS = Gauge("db.client.connection.max", "{connection}", "Most connections that a pool may open")
OUTBOX_WAITING = Gauge("terresante.outbox.waiting", "{event}", "Events announced and not yet published, up to 100,000")
OUTBOX_AGE = Gauge("terresante.outbox.age", "s", "Age of the oldest event not yet published; 0 for none")
DEAD_LETTERS = Gauge("terresante.dead_letters", "{event}", "Events that were given up, by subject")
INBOX_WAITING = Gauge("terresante.inbox.waiting", "{event}", "Events of others not yet applied here")
