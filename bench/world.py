"""The measured stack as scenarios see it: who asks, about whom, and whether everything asked was written down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import orjson
from terresante_dev.personas import Login
from terresante_dev.portal import Gateway, Person

from bench import seeding, stack
from bench.figures import Report, Row
from bench.load.measure import measure
from bench.load.plan import Job, Plan, Request, Target

CALLERS = ("gp", "gp2")
"""Personas who log in by card: that takes no waiting for one-time codes."""
SAMPLE = 1000
_LATEST = f"""
SELECT patient_id FROM consent WHERE notice_version = '{seeding.NOTICE}' ORDER BY md5(patient_id::text) LIMIT {SAMPLE}
"""  # noqa: S608
_DOCUMENTS = """
SELECT DISTINCT ON (patient_id) patient_id, id FROM document WHERE patient_id = ANY($1::uuid[])
ORDER BY patient_id, md5(id::text)
"""
_LONG = """
SELECT patient_id FROM document GROUP BY patient_id HAVING count(*) >= 51 ORDER BY md5(patient_id::text) LIMIT 200
"""


class Wrong(Exception):
    """The platform answered, but not what was asked: its speed is worth nothing."""


@dataclass(frozen=True, slots=True)
class Known:
    """A document of a seeded patient."""

    patient: UUID
    document: UUID


class World:
    """One stack, its people and its bulk."""

    def __init__(self, told: dict[str, Any], report: Report) -> None:
        self.told = told
        self.report = report
        self.parts = stack.processes(told)
        self.counted = stack.counted(told)
        gateway = Gateway(told)
        self.people = [_person(told, name, gateway) for name in CALLERS]
        self.patients: list[UUID] = []
        self.known: list[Known] = []
        self.long: list[UUID] = []

    def grow(self, patients: int) -> None:
        """Makes the bulk, and takes a sample spread over all of it."""
        authors = [seeding.Author(UUID(person.uid), UUID(person.place)) for person in self.people]
        made = seeding.grow(self.told, authors, patients)
        if made:
            print(f"  {made} patients made", flush=True)
        self.patients = [row["patient_id"] for row in self.rows("consent", _LATEST)]
        self.known = [Known(row["patient_id"], row["id"]) for row in self.rows("records", _DOCUMENTS, self.patients)]
        self.long = [row["patient_id"] for row in self.rows("records", _LONG)]

    def headers(self, number: int) -> dict[str, str]:
        """What request number n carries: a caller's token, just renewed, and their place of practice."""
        person = self.people[number % len(self.people)]
        return {"Authorization": f"Bearer {person.token}", "Terresante-Place": person.place}

    def renew(self) -> None:
        """Logs everybody in again, so that no token ends during a load."""
        for person in self.people:
            person.log_in()

    @property
    def gateway(self) -> Target:
        return Target("https", self.told["gateway"]["url"].removeprefix("https://"), self.told["ca"]["gateway"])

    def load(self, what: str, target: Target, plan: Plan, requests: Sequence[Request], entries: int = 1) -> Row:
        """One load; each request must have left `entries` lines in the access journal. Raises Wrong."""
        before = self.journalled()
        measured = measure(Job(target, plan, list(requests)), self.parts, self.settled)
        lines = self.journalled() - before
        asked = (plan.count + plan.warm_up) * entries
        good = measured.outcome.good
        if good == 0:
            raise Wrong(f"{what}: {measured.outcome.outcomes}: {measured.outcome.sample[:300]!r}")
        if good == plan.count and lines < asked:
            raise Wrong(f"{what}: {asked} accesses, {lines} lines in the journal")
        return self.report.add(Row(what, measured, self.counted))

    def settled(self) -> None:
        """Returns when every event is on the stream and every reaction to it is done. Raises Wrong after a minute."""
        until = time.monotonic() + 60
        while self._left():
            if time.monotonic() > until:
                raise Wrong("events still wait a minute after the load")
            time.sleep(0.2)

    def _left(self) -> bool:
        told = httpx2.get(f"{self.told['nats']['monitoring']}/jsz?consumers=1&accounts=1", trust_env=False).json()
        streams = [each for account in told["account_details"] for each in account.get("stream_detail", ())]
        consumers = [each for stream in streams for each in stream.get("consumer_detail") or ()]
        if any(each["num_pending"] or each["num_ack_pending"] for each in consumers):
            return True
        names = [name for name in self.told["databases"] if name in self.parts]
        return any(self.rows(name, "SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1") for name in names)

    def journalled(self) -> int:
        """How many lines the access journal has."""
        found = self.rows("consent", "SELECT head FROM journal_batch ORDER BY number DESC LIMIT 1")
        total: int = _total(found[0]["head"]) if found else 0
        return total

    def rows(self, database: str, statement: str, *values: Any) -> list[Mapping[str, Any]]:
        """What a statement finds in a service's database."""

        async def found() -> list[Mapping[str, Any]]:
            connection = await asyncpg.connect(self.told["databases"][database]["owner_url"])
            try:
                return list(await connection.fetch(statement, *values))
            finally:
                await connection.close()

        return asyncio.run(found())

    def budget(self, what: str, found: float, limit: float, unit: str = "ms", goal: float | None = None) -> None:
        self.report.add_budget(what, found, limit, unit, goal)


def _total(head: bytes) -> int:
    return int(orjson.loads(head)["total"])


def _person(told: dict[str, Any], name: str, gateway: Gateway) -> Person:
    persona = dict(told["personas"][name])
    place = persona.pop("place")
    person = Person(told, Login(**persona), gateway)
    person.place = place
    return person
