"""What is left when the dust has settled, read from the services' own databases and from the portals' API."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib import import_module
from typing import Any
from uuid import UUID

import asyncpg
from terresante_dev.stack import DATABASES

from .ground import until
from .people import Client

PATIENCE = 90.0
"""Seconds within which all events must have been sent and applied. A message that a dead consumer held comes again
after 30 s (`ack_wait`)."""


def rows(stack: Mapping[str, Any], service: str, query: str, *arguments: Any) -> list[asyncpg.Record]:
    """What a query finds in a service's database."""

    async def fetched() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(stack["databases"][service]["owner_url"], timeout=10)
        try:
            found: list[asyncpg.Record] = await connection.fetch(query, *arguments)
            return found
        finally:
            await connection.close()

    return asyncio.run(fetched())


def count(stack: Mapping[str, Any], service: str, query: str, *arguments: Any) -> int:
    """The one number that a query gives."""
    return int(rows(stack, service, query, *arguments)[0][0])


def now(stack: Mapping[str, Any]) -> datetime:
    """The databases' clock."""
    found: datetime = rows(stack, "records", "select now()")[0][0]
    return found


def listeners() -> dict[str, set[str]]:
    """Service -> the subjects it listens to."""
    heard = {name: set(import_module(f"terresante_{name}.events").LISTENS_TO) for name in DATABASES}
    return {name: subjects for name, subjects in heard.items() if subjects}


def announced(stack: Mapping[str, Any], since: datetime) -> dict[UUID, str]:
    """Every event of every outbox since that moment, with its subject."""
    query = "select event_id, subject from outbox where created_at >= $1"
    return {row["event_id"]: row["subject"] for name in DATABASES for row in rows(stack, name, query, since)}


def unsent(stack: Mapping[str, Any]) -> dict[str, int]:
    """Service -> events that wait in its outbox; only those that have some."""
    query = "select count(*) from outbox where published_at is null"
    found = {name: count(stack, name, query) for name in DATABASES}
    return {name: waiting for name, waiting in found.items() if waiting}


def unapplied(stack: Mapping[str, Any], since: datetime) -> dict[str, int]:
    """Listening service -> announced events that are not in its inbox; only those that lack some."""
    events = announced(stack, since)
    lacking = {}
    for name, subjects in listeners().items():
        wanted = {id for id, subject in events.items() if subject in subjects}
        applied = {row["event_id"] for row in rows(stack, name, "select event_id from inbox")}
        lacking[name] = len(wanted - applied)
    return {name: many for name, many in lacking.items() if many}


def parked(stack: Mapping[str, Any], since: datetime) -> list[str]:
    """Events that were given up."""
    query = "select subject, fault from dead_letter where parked_at >= $1"
    return [f"{name}: {row[0]} {row[1]}" for name in listeners() for row in rows(stack, name, query, since)]


def settled(stack: Mapping[str, Any], since: datetime) -> float:
    """Waits until every event since that moment was sent and applied; gives the seconds."""
    took = until(lambda: not unsent(stack), PATIENCE, "every event was sent")
    return took + until(lambda: not unapplied(stack, since), PATIENCE, "every event was applied")


def listed(client: Client, path: str) -> Iterator[dict[str, Any]]:
    """Every item of a list, page by page."""
    separator = "&" if "?" in path else "?"
    cursor = ""
    while True:
        more = f"&cursor={cursor}" if cursor else ""
        attempt = client.get(f"{path}{separator}limit=100{more}")
        assert attempt.status == 200, f"{path}: {attempt}"
        assert attempt.answer is not None
        yield from attempt.answer.body["items"]
        cursor = attempt.answer.body["next_cursor"] or ""
        if not cursor:
            return


def notified(client: Client) -> Counter[tuple[str, str]]:
    """(kind, what it is about) -> how many notifications the client's person has."""
    return Counter((one["kind"], str(one["about_id"])) for one in listed(client, "/v1/notifications"))
