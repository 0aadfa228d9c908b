"""What the steps share: the people of this telling, what they have made so far, and how a step says that something is
not true.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from terresante_dev import personas
from terresante_dev.personas import Cast, Patient, Professional, Structure, numbers
from terresante_dev.personas.names import FAMILY, WOMEN
from terresante_dev.portal import Answer, Gateway, Person

PATIENCE = 15.0
"""Seconds within which what is told by an event must have been told."""


class NotTrue(Exception):
    """A step promised something that is not so."""


def true(holds: bool, words: str, seen: object = "") -> None:
    """Stops the story unless it holds. `words`: what had to be."""
    if not holds:
        raise NotTrue(f"{words}" + (f" — seen: {seen}" if seen != "" else ""))


def refused(answer: Answer, status: int, *reasons: str) -> Answer:
    """Stops the story unless the answer is that refusal, with a sentence and what to do."""
    true(answer.status == status and answer.reason in reasons, f"refused with {status} {' or '.join(reasons)}", answer)
    true(
        bool(answer.body.get("detail")) and bool(answer.body.get("todo")),
        "a refusal says why and what to do",
        answer.body,
    )
    return answer


def done(answer: Answer, status: int = 200) -> Any:
    """The body of an answer that must be `status`."""
    true(answer.status == status, f"answered {status}", f"{answer} {answer.body}")
    return answer.body


def soon(holds: Callable[[], bool], words: str, seconds: float = PATIENCE) -> None:
    """Waits until it holds; what an event tells takes a moment."""
    until = time.monotonic() + seconds
    while not holds():
        true(time.monotonic() < until, words)
        time.sleep(0.05)


@dataclass
class Stage:
    """One telling."""

    stack: Mapping[str, Any]
    seed: int
    gateways: list[Gateway] = field(init=False)
    gateway: Gateway = field(init=False)
    cast: Cast = field(init=False)
    people: dict[str, Person] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)
    """Ids and versions of what the steps made, by a name."""
    traces: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gateways = [Gateway(self.stack, number) for number in range(len(self.stack["gateway"]["urls"]))]
        self.gateway = self.gateways[0]
        self.cast = _cast(self.seed)

    def who(self, key: str) -> Person:
        """A person who has come on stage."""
        return self.people[key]

    def professional(self, key: str) -> Professional:
        """As the cast has them."""
        return next(one for one in self.cast.professionals if one.key == key)

    @property
    def patient(self) -> Patient:
        """The patient of the story."""
        return self.cast.patients[0]

    def path(self, rest: str = "") -> str:
        """Under the patient's address."""
        return f"/v1/patients/{self.made['patient']}{rest}"

    def replicas(self, person: Person) -> list[Person]:
        """The person at each replica of the gateway."""
        return [person.at(gateway) for gateway in self.gateways]

    def told(self, key: str, kind: str) -> bool:
        """Whether the person has a notification of that kind about the patient."""
        items = done(self.who(key).get("/v1/notifications?limit=100"))["items"]
        return any(one["kind"] == kind and one["patient_id"] == self.made["patient"] for one in items)

    def secrets(self) -> list[str]:
        """Words that may be in no log, span or event: they are of this telling only."""
        patient = self.patient
        return [
            patient.birth_name,
            self.made.get("title", ""),
            self.made.get("note", ""),
            self.made.get("emergency_reason", ""),
        ]


def _cast(seed: int) -> Cast:
    """The sandbox's cast with numbers and names of its own, so that it can be enrolled beside the others."""
    chance = Random(seed)  # noqa: S311 -- made-up people, no secret
    base = personas.sandbox()
    first = chance.randrange(50_000, 99_000)
    structures = [_renumbered(one, first + rank) for rank, one in enumerate(base.structures)]
    professionals = [
        replace(
            one,
            rpps=numbers.rpps(first + rank) if one.rpps else "",
            family_name=chance.choice(FAMILY),
            given_name=chance.choice(WOMEN),
        )
        for rank, one in enumerate(base.professionals)
    ]
    given = _sounds(chance, 4)  # tellings share a region, whose matching would find near people in doubt
    patient = replace(
        base.patients[0],
        birth_name=f"{_sounds(chance, 5)}CANARI",
        first_name=given,
        given_names=f"{given} LOUISE",
        birth_date=date(1930, 1, 1) + timedelta(days=chance.randrange(18_000)),
    )
    return replace(base, structures=structures, professionals=professionals, patients=[patient])


def _sounds(chance: Random, syllables: int) -> str:
    return "".join(chance.choice("BCDFGHJKLMNPRSTVZ") + chance.choice("AEIOU") for _ in range(syllables))


def _renumbered(one: Structure, serial: int) -> Structure:
    finess = numbers.finess(100_000 + serial) if one.finess else ""
    siret = numbers.siret(serial % 9_000 + 1_000) if one.siret else ""
    return replace(one, finess=finess, siret=siret, name=f"{one.name} {serial}")


def now() -> str:
    """This moment as a portal writes it."""
    return datetime.now(UTC).isoformat()


def version(answer: Answer) -> dict[str, str]:
    """The If-Match header for a change of what was just read."""
    return {"if_match": answer.etag}
