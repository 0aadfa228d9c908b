"""A bounded load of writes and reads through the gateway, every attempt kept: what was asked, and what was answered.

About fifteen requests a second in all: enough that each kill meets some on their way, little enough for two cores.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from typing import Any
from uuid import uuid4

from .ground import until
from .people import Attempt, Client, Session

AGAIN = 0.25
"""Seconds before what was not acknowledged is sent again."""


@dataclass(slots=True)
class Write:
    """One thing that somebody wants done once. `key`: its idempotency key, blank when the act needs none."""

    kind: str
    method: str
    path: str
    body: Mapping[str, Any] | None
    key: str
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def acknowledged(self) -> Attempt | None:
        """The attempt that was."""
        return next((one for one in self.attempts if one.done), None)

    @property
    def body_answered(self) -> Any:
        """What the acknowledgement says."""
        assert self.acknowledged is not None and self.acknowledged.answer is not None
        return self.acknowledged.answer.body

    def send(self, client: Client) -> Attempt:
        """Once more, the very same."""
        keyed = {"idempotency_key": self.key} if self.key else {}
        attempt = client.send(self.method, self.path, self.body, **keyed)
        self.attempts.append(attempt)
        return attempt


@dataclass
class Ledger:
    """All that a load did. Written by many threads, read when they have ended."""

    writes: list[Write] = field(default_factory=list)
    reads: list[Attempt] = field(default_factory=list)

    def of(self, kind: str) -> list[Write]:
        """The writes of a kind."""
        return [one for one in self.writes if one.kind == kind]

    @property
    def attempts(self) -> list[Attempt]:
        """Every request."""
        return [attempt for write in self.writes for attempt in write.attempts] + self.reads

    def statuses(self) -> Counter[str]:
        """How many of each outcome, e.g. `503 CONSENT_UNAVAILABLE`, `200`."""
        return Counter(
            str(one).removeprefix("HTTP ") if one.answer else f"no answer {one.fault}" for one in self.attempts
        )


@dataclass(frozen=True)
class Crew:
    """Who the load acts as, on whose record."""

    stack: Mapping[str, Any]
    patient_id: str
    gp: Session
    nurse: Session
    patient: Session
    guest: Session
    """Comes into the circle and leaves it."""

    def path(self, rest: str) -> str:
        """Under the patient's address."""
        return f"/v1/patients/{self.patient_id}{rest}"


class Load:
    """Runs until left; `ledger` is whole then."""

    def __init__(self, crew: Crew) -> None:
        self.ledger = Ledger()
        self._crew = crew
        self._over = threading.Event()
        self._faults: list[BaseException] = []

    @contextmanager
    def running(self) -> Iterator[Ledger]:
        """The load, in the background of the block."""
        crew = self._crew
        tasks: Sequence[Callable[[], None]] = (
            lambda: self._write(0.45, self._note, 0),
            lambda: self._write(0.45, self._note, 1),
            lambda: self._write(0.45, self._observation, 1),
            lambda: self._come_and_go(0.6),
            lambda: self._read(0.3, crew.nurse, 0, ("/documents", "/notes", "/circle")),
            lambda: self._read(0.3, crew.patient, 1, ("/observations", "/notes", "/documents")),
        )
        threads = [threading.Thread(target=self._kept, args=(task,), daemon=True) for task in tasks]
        for thread in threads:
            thread.start()
        try:
            yield self.ledger
        finally:
            self._over.set()
            for thread in threads:
                thread.join()
        assert not self._faults, self._faults
        self._finish()

    def _finish(self) -> None:
        """What was not acknowledged when the load ended is sent until it is, and the guest leaves."""
        crew = self._crew
        with Client(crew.gp, crew.stack) as gp, Client(crew.patient, crew.stack) as patient:
            for write in self.ledger.writes:
                if not settled(write):
                    self._insist_now(patient if write.kind == "removal" else gp, write)
            invited, removed = self.ledger.of("invitation"), self.ledger.of("removal")
            if len(invited) > len(removed):
                self.ledger.writes.append(self._removal(invited[-1]))
                self._insist_now(patient, self.ledger.writes[-1])

    def _insist_now(self, client: Client, write: Write) -> None:
        until(lambda: write.send(client) and settled(write), 60, f"a {write.kind} is acknowledged")

    def _kept(self, task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException as fault:
            self._faults.append(fault)

    def _note(self) -> Write:
        body = {"text": f"Note d’épreuve {uuid4()}."}
        return Write("note", "POST", self._crew.path("/notes"), body, str(uuid4()))

    def _observation(self) -> Write:
        body = {
            "code_system": "http://loinc.org",
            "code": "8310-5",
            "label": "Température corporelle",
            "quantity": {"value": "37.5", "unit": "Cel"},
            "observed_at": datetime.now(UTC).isoformat(),
        }
        return Write("observation", "POST", self._crew.path("/observations"), body, str(uuid4()))

    def _write(self, pace: float, make: Callable[[], Write], replica: int) -> None:
        with Client(self._crew.gp, self._crew.stack, replica) as gp:
            while not self._over.wait(pace):
                self._insist(gp, make())

    def _come_and_go(self, pace: float) -> None:
        """The GP invites the guest, the patient removes them, in turn."""
        crew = self._crew
        with Client(crew.gp, crew.stack, 0) as gp, Client(crew.patient, crew.stack, 1) as patient:
            while not self._over.wait(pace):
                body = {"professional_id": crew.guest.uid}
                invited = Write("invitation", "POST", crew.path("/circle/members"), body, str(uuid4()))
                if not self._insist(gp, invited):
                    return
                self._over.wait(pace)
                if not self._insist(patient, self._removal(invited)):
                    return

    def _removal(self, invited: Write) -> Write:
        member = member_of(invited.body_answered, self._crew.guest.uid)
        return Write("removal", "DELETE", self._crew.path(f"/circle/members/{member}"), None, "")

    def _read(self, pace: float, who: Session, replica: int, paths: Sequence[str]) -> None:
        with Client(who, self._crew.stack, replica) as client:
            for path in cycle(paths):
                if self._over.wait(pace):
                    return
                self.ledger.reads.append(client.get(self._crew.path(path)))

    def _insist(self, client: Client, write: Write) -> bool:
        """Sends it until it is acknowledged, or the load is over."""
        self.ledger.writes.append(write)
        write.send(client)
        while not settled(write):
            if self._over.wait(AGAIN):
                return False
            write.send(client)
        return True


def settled(write: Write) -> bool:
    """Whether nothing is left to do. A removal that was done and whose answer was lost is told as done already."""
    last = write.attempts[-1]
    again = write.kind == "removal" and len(write.attempts) > 1
    return last.done or (again and last.answer is not None and last.answer.reason == "MEMBER_ALREADY_REMOVED")


def member_of(circle: Mapping[str, Any], professional: str) -> str:
    """The id of somebody's membership that has no end."""
    return str(
        next(
            one["id"]
            for one in circle["members"]
            if one["until"] is None and one["professional"] and one["professional"]["id"] == professional
        )
    )
