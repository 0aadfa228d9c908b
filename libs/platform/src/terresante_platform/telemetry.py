"""Logs, spans and metrics, with nothing personal in them.

Logs are JSON lines on standard output. An exception is logged as its type and frames (file, line, function), never
its text
or local variables: texts of drivers carry the values of a row. Spans are made on the OpenTelemetry API by the
platform's own
thin instrumentation, which knows no parameter, URL or body.
"""

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import orjson
import structlog
from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("terresante")
_SPEAKING = (TypeError, AttributeError, NameError, ImportError, NotImplementedError)
"""Faults of ours whose text names code, never a person's data."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def start(service: str, endpoint: str, ratio: float, level: str) -> None:
    """Sets logs, traces and metrics up for this process. `endpoint`: OTLP/HTTP base URL, empty for none."""
    _start_logs(service, level)
    resource = Resource.create({"service.name": service})
    provider = TracerProvider(resource=resource, sampler=ParentBasedTraceIdRatio(ratio), shutdown_on_exit=False)
    if endpoint:
        provider.add_span_processor(
            BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces"), schedule_delay_millis=500)
        )
        reader = PeriodicExportingMetricReader(
            OTLPMetricExporter(f"{endpoint}/v1/metrics"), export_interval_millis=10_000
        )
        metrics.set_meter_provider(MeterProvider([reader], resource, shutdown_on_exit=False))
    trace.set_tracer_provider(provider)


def stop() -> None:
    """Sends what is waiting. Blocks up to a few seconds."""
    for provider in (trace.get_tracer_provider(), metrics.get_meter_provider()):
        shutdown = getattr(provider, "shutdown", None)
        if shutdown:
            shutdown()


def _start_logs(service: str, level: str) -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_trace,
            _frames_only,
            structlog.processors.JSONRenderer(
                serializer=lambda event, **_: orjson.dumps({"service": service, **event}).decode()
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Libraries()], level=logging.WARNING, force=True)


class _Libraries(logging.Handler):
    """What libraries log, as one of our lines: logger and format text, without arguments, which may carry values."""

    def emit(self, record: logging.LogRecord) -> None:
        fault = record.exc_info[1] if record.exc_info else None
        log.warning(
            "library",
            logger=record.name,
            said=str(record.msg)[:200] if record.args else record.name,
            exc_info=fault,
        )


def _with_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
    return event


def _frames_only(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    fault = event.pop("exc_info", None)
    if fault is True:
        fault = sys.exc_info()[1]
    if isinstance(fault, BaseException):
        event["fault"] = described(fault)
    return event


def described(fault: BaseException) -> list[dict[str, Any]]:
    """An exception and its causes without their texts: type, and frames as `file:line function`."""
    chain: list[dict[str, Any]] = []
    link: BaseException | None = fault
    while link is not None and len(chain) < 5:
        frames = traceback.extract_tb(link.__traceback__)[-12:]
        entry: dict[str, Any] = {
            "type": f"{type(link).__module__}.{type(link).__qualname__}",
            "frames": [f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}" for frame in frames],
        }
        if isinstance(link, _SPEAKING):
            entry["text"] = str(link)[:200]
        chain.append(entry)
        link = link.__cause__ or link.__context__
    return chain


@contextmanager
def span(
    name: str, kind: SpanKind = SpanKind.INTERNAL, parent: str = "", **attributes: str | int | bool
) -> Iterator[trace.Span]:
    """A span around a block. `parent`: a `traceparent` to continue; empty: the current span.

    A refusal or fault marks the span with its type or reason, never with its text.
    """
    context = _propagator.extract({"traceparent": parent}) if parent else None
    with _tracer.start_as_current_span(
        name, context, kind, attributes or None, record_exception=False, set_status_on_exception=False
    ) as made:
        try:
            yield made
        except BaseException as fault:
            made.set_status(Status(StatusCode.ERROR))
            made.set_attribute("error.type", getattr(fault, "reason", None) or type(fault).__qualname__)
            raise


@contextmanager
def span_apart(name: str, kind: SpanKind) -> Iterator[trace.Span]:
    """A span that is not the current one: for generators, which may be finished elsewhere than they began."""
    made = _tracer.start_span(name, None, kind, record_exception=False, set_status_on_exception=False)
    try:
        yield made
    except BaseException:
        made.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        made.end()


def traceparent(context: Context | None = None) -> str:
    """The current span as a `traceparent` header (W3C Trace Context); empty outside of any."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, context)
    return carrier.get("traceparent", "")
