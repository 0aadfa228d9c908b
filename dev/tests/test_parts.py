"""The table of the running system: what starts after what, and so stops before it."""

import os
from collections.abc import Iterator

import pytest
from terresante_dev import parts, stack
from terresante_dev.stack import SERVICES, Stack
from terresante_dev.supervisor import Part, Step

from .conftest import remove


@pytest.fixture(scope="module")
def made() -> Iterator[Stack]:
    opened = stack.opened(f"test-parts-{os.getpid()}", 2)
    yield opened
    remove(opened.folder)


@pytest.fixture(scope="module")
def rows(made: Stack) -> dict[str, Part | Step]:
    ground = parts.prepare(made, frozenset({"postgres"}), lambda _: None)
    wanted = frozenset({"postgres", "nats", "sink", "gateway", *SERVICES})
    return {row.name: row for row in parts.table(ground, wanted)}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_after_every_replica_of_those_it_calls(
    made: Stack, rows: dict[str, Part | Step], service: str
) -> None:
    for name in made.names(service):
        called = {replica for peer in SERVICES[service] for replica in made.names(peer)}
        assert called <= set(rows[name].needs)
        assert {"schemas", "streams"} <= set(rows[name].needs)


def test_the_gateway_starts_last_and_so_stops_first(made: Stack, rows: dict[str, Part | Step]) -> None:
    services = {name for service in SERVICES for name in made.names(service)}

    for name in made.names("gateway"):
        assert set(rows[name].needs) == services
    assert not any(set(made.names("gateway")) & set(row.needs) for row in rows.values())


def test_everything_that_a_row_needs_is_a_row(rows: dict[str, Part | Step]) -> None:
    assert {need for row in rows.values() for need in row.needs} <= set(rows)


def test_only_what_is_asked_for_runs_with_the_steps_it_allows(made: Stack) -> None:
    ground = parts.prepare(made, frozenset({"postgres"}), lambda _: None)

    assert [row.name for row in parts.table(ground, frozenset({"postgres"}))] == ["postgres", "databases"]
    assert [row.name for row in parts.table(ground, frozenset({"nats"}))] == ["nats", "streams"]
