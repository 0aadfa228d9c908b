"""What logs and spans may hold: planted traits must be nowhere, whatever goes wrong."""

import contextvars
import json
import logging
from collections.abc import Generator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from terresante_platform import telemetry
from terresante_platform.database import Database
from terresante_platform.spans import keep_share, span, traceparent
from terresante_platform.telemetry import log

CANARY = "CANARI-DURAND-199099912345678"


@pytest.fixture(scope="module")
def spans() -> InMemorySpanExporter:
    kept = InMemorySpanExporter()
    telemetry.start("sample", "", 1.0, "debug")
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    return kept


def fail_with(secret: str) -> None:
    name = secret
    raise ValueError(f"cannot use {name}")


def test_an_exception_is_logged_without_its_text_or_variables(spans: InMemorySpanExporter, capsys: Any) -> None:
    try:
        fail_with(CANARY)
    except ValueError:
        log.error("fault", exc_info=True)

    line = json.loads(capsys.readouterr().out)
    assert CANARY not in json.dumps(line)
    assert line["fault"][0]["type"] == "builtins.ValueError"
    assert line["fault"][0]["frames"][-1].endswith("fail_with")


async def test_a_drivers_error_carries_no_row(database: Database, spans: InMemorySpanExporter, capsys: Any) -> None:
    insert = text(
        "insert into dead_letter (event_id, subject, payload, fault) values (gen_random_uuid(), :s, :p, null)"
    )
    with pytest.raises(IntegrityError) as raised:
        async with database.transaction() as transaction:
            await transaction.execute(insert, {"s": CANARY, "p": b""})
    log.error("fault", exc_info=raised.value)

    said = capsys.readouterr().out
    assert CANARY not in said
    assert "IntegrityError" in said


def test_what_a_library_logs_loses_its_arguments(spans: InMemorySpanExporter, capsys: Any) -> None:
    logging.getLogger("some.library").warning("row of %s", CANARY)
    try:
        fail_with(CANARY)
    except ValueError:
        logging.getLogger("some.library").exception("it failed")

    said = capsys.readouterr().out
    assert CANARY not in said
    assert said.count('"event":"library"') == 2
    assert "it failed" not in said


def test_a_span_of_a_failure_names_its_type_only(spans: InMemorySpanExporter) -> None:
    spans.clear()
    with pytest.raises(ValueError, match="cannot"), span("work"):
        fail_with(CANARY)

    (made,) = spans.get_finished_spans()
    assert CANARY not in made.to_json()
    assert made.attributes is not None and made.attributes["error.type"] == "ValueError"


def test_a_log_line_names_its_trace(spans: InMemorySpanExporter, capsys: Any) -> None:
    with span("work") as made:
        log.info("hello")

    assert json.loads(capsys.readouterr().out)["trace_id"] == f"{made.get_span_context().trace_id:032x}"


def test_a_trace_goes_on_from_a_traceparent(spans: InMemorySpanExporter) -> None:
    with span("first") as first:
        carried = traceparent()
    with span("second", parent=carried) as second:
        pass

    assert first.get_span_context().trace_id == second.get_span_context().trace_id


def test_a_trace_that_is_not_kept_has_an_id_all_the_same_and_costs_no_span(spans: InMemorySpanExporter) -> None:
    spans.clear()
    keep_share(0.0)
    try:
        with span("first"):
            carried = traceparent()
        with span("second", parent=carried) as second:
            assert traceparent() == carried
    finally:
        keep_share(1.0)

    assert carried.endswith("-00") and carried[3:35] != "0" * 32
    assert f"{second.get_span_context().trace_id:032x}" == carried[3:35]
    assert spans.get_finished_spans() == ()


@pytest.mark.parametrize(
    "forged", ["", "x", "00-0-0-01", f"00-{'0' * 32}-{'1' * 16}-01", f"00-{'A' * 32}-{'1' * 16}-01"]
)
def test_a_forged_traceparent_begins_a_trace_of_our_own(spans: InMemorySpanExporter, forged: str) -> None:
    with span("work", parent=forged) as made:
        assert made.get_span_context().is_valid
        assert not forged or f"{made.get_span_context().trace_id:032x}" not in forged


def test_a_span_of_a_generator_that_is_ended_elsewhere_ends_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    def steps() -> Generator[int, None, None]:
        with span("steps", SpanKind.SERVER):
            yield 1

    going = steps()
    assert contextvars.copy_context().run(next, going) == 1
    contextvars.copy_context().run(going.close)

    inside = contextvars.copy_context()
    going = steps()
    inside.run(next, going)
    inside.copy().run(going.close)  # the same span is the current one there, yet the context is another

    assert caplog.records == []
