"""Logs, spans and metrics, with nothing personal in them.

Logs are JSON lines on standard output. An exception is logged as its type and frames (file, line, function), never its
text or local variables: texts of drivers carry the values of a row. Spans are made by `spans.py`, which knows no
parameter, URL or body.
"""

import logging
import os
import socket
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from terresante_platform.spans import keep_share

_SPEAKING = (TypeError, AttributeError, NameError, ImportError, NotImplementedError)
"""Faults of ours whose text names code, never a person's data."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def start(service: str, endpoint: str, ratio: float, level: str) -> None:
    """Sets logs, traces and metrics up for this process. `endpoint`: OTLP/HTTP base URL, empty for none."""
    _start_logs(service, level)
    keep_share(ratio)
    resource = Resource.create(
        {"service.name": service, "service.instance.id": f"{socket.gethostname()}-{os.getpid()}"}
    )
    provider = TracerProvider(resource=resource, sampler=ALWAYS_ON, shutdown_on_exit=False)
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
