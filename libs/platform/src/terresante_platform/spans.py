"""Spans, thin: whether a trace is kept is decided first, and what is not kept costs next to nothing.

A trace that is not kept still has its id, which travels on as `traceparent` (W3C Trace Context) and is told to the
caller; no span is made for it. Nothing personal is ever an attribute: names of RPCs and routes, reasons, types.
"""

import random
import re
from contextlib import suppress
from contextvars import Token
from types import TracebackType

from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

_PARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_KEPT = TraceFlags(TraceFlags.SAMPLED)
_NOT_KEPT = TraceFlags(TraceFlags.DEFAULT)
_tracer = trace.get_tracer("terresante")
_share = [1.0]


def keep_share(ratio: float) -> None:
    """Which share of the traces that begin here is kept, 0 to 1."""
    _share[0] = ratio


class span:
    """A span around a block. `parent`: a `traceparent` to continue; empty: the current span, else a new trace.

    A refusal or fault marks the span with its reason or type, never with its text.
    """

    __slots__ = ("_attributes", "_context", "_kind", "_made", "_name", "_parent", "_token")

    def __init__(
        self, name: str, kind: SpanKind = SpanKind.INTERNAL, parent: str = "", **attributes: str | int | bool
    ) -> None:
        self._name = name
        self._kind = kind
        self._parent = parent
        self._attributes = attributes
        self._token: Token[otel.Context] | None = None

    def __enter__(self) -> trace.Span:
        """Begins it; it is the current one in the block."""
        before = _continued(self._parent) if self._parent else trace.get_current_span()
        known = before.get_span_context()
        if not known.is_valid:
            before = _begun()
            known = before.get_span_context()
        if known.trace_flags & TraceFlags.SAMPLED:
            parent = trace.set_span_in_context(before) if known.span_id != _NO_PARENT else None
            made = _tracer.start_span(self._name, parent, self._kind, self._attributes or None)
            self._made: trace.Span = made
            self._attach(made)
            return made
        self._made = before
        if before is not trace.get_current_span():
            self._attach(before)
        return before

    def _attach(self, current: trace.Span) -> None:
        self._context = trace.set_span_in_context(current)
        self._token = otel.attach(self._context)

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, frames: TracebackType | None
    ) -> None:
        """Ends it."""
        if self._token is not None and otel.get_current() is self._context:
            with suppress(ValueError):  # a generator may be ended from elsewhere, in a copy of this context
                self._token.var.reset(self._token)
        if self._made.is_recording():
            if fault is not None:
                self._made.set_status(Status(StatusCode.ERROR))
                self._made.set_attribute("error.type", getattr(fault, "reason", None) or type(fault).__qualname__)
            self._made.end()


class span_apart:
    """A span that is not the current one: for generators, which may be finished elsewhere than they began."""

    __slots__ = ("_made",)

    def __init__(self, name: str, kind: SpanKind) -> None:
        kept = trace.get_current_span().get_span_context().trace_flags & TraceFlags.SAMPLED
        self._made = _tracer.start_span(name, None, kind) if kept else None

    def __enter__(self) -> None:
        """Begins it."""

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, frames: TracebackType | None
    ) -> None:
        """Ends it."""
        if self._made is not None:
            if fault is not None:
                self._made.set_status(Status(StatusCode.ERROR))
            self._made.end()


def traceparent() -> str:
    """The current span as a `traceparent` header; empty outside of any."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return ""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


_NO_PARENT = 1
"""Span id of a trace that begins here and has no span yet."""


def _continued(parent: str) -> trace.Span:
    found = _PARENT.fullmatch(parent)
    if found is None:
        return trace.INVALID_SPAN
    flags = _KEPT if int(found[3], 16) & TraceFlags.SAMPLED else _NOT_KEPT
    return NonRecordingSpan(SpanContext(int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=flags))


def _begun() -> trace.Span:
    """A new trace, kept or not."""
    kept = random.random() < _share[0]  # noqa: S311 -- which traces are kept is no secret
    flags = _KEPT if kept else _NOT_KEPT
    return NonRecordingSpan(SpanContext(random.getrandbits(128) or 1, _NO_PARENT, is_remote=False, trace_flags=flags))
