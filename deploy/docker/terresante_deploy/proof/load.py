"""Steady work through the door while something is done to the platform: what failed, how long, and what was kept.

`python -m terresante_deploy.proof.load --rate 50 --seconds 180 [--until FILE]` (environment: as `helm test`'s story;
`--until`: goes on after these seconds until that file is there, an hour at most). It enrols people
of its own, then reads the record and its conversation at that rate over 16 connections, writes a note each second and
posts a message every other one. A request is sent once: nothing is tried again. Meanwhile a nurse of the circle listens
to her stream. Ends with a line of JSON; with 1 if a request failed, what was acknowledged is lost, or the stream did
not tell of each message once.
"""

import argparse
import asyncio
import json
import os
import secrets
import ssl
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, takewhile
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from terresante_dev.login import LoginFailed
from terresante_dev.portal import Person
from terresante_dev.story import STEPS, Stage
from terresante_dev.story.stage import done, true

from terresante_deploy.proof.story import stage
from terresante_deploy.proof.stream import Stream

BEFORE = ("enrolment", "identity", "consent")
"""The steps of the story after which the GP may read and write in the patient's record."""
CONNECTIONS = 16
SLOWEST = 15.0  # seconds after which a request has failed
RENEWED = 60.0  # seconds between two logins
AGAIN = 5.0  # seconds after a login that failed
LONGEST = 3600.0  # seconds of work
TOLD = 60.0  # seconds after the load within which the stream must have told of all
WRONG = ("failed", "notes_lost", "messages_lost", "stream_missed", "stream_doubled")
"""Figures that must be 0."""


@dataclass
class Seen:
    """What was seen so far."""

    sent: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    """Seconds each answered request took."""
    failures_at: list[float] = field(default_factory=list)
    """Seconds since the start at which requests failed."""
    notes: list[str] = field(default_factory=list)
    """Notes that were acknowledged."""
    messages: list[str] = field(default_factory=list)
    """Messages likewise."""
    untold: list[str] = field(default_factory=list)
    """Of them those of which the stream never told."""


class Load:
    """The GP's steady work on one patient's record, and the nurse who listens."""

    def __init__(self, playing: Stage, door: httpx2.AsyncClient) -> None:
        self.seen = Seen()
        self._gp: Person = playing.who("gp")
        self._nurse: Person = playing.who("nurse")
        done(self._gp.post(playing.path("/circle/members"), {"professional_id": self._nurse.uid}), 201)
        self.stream = Stream(door, lambda: _said_by(self._nurse))
        about = {"kind": "circle", "patient_id": playing.made["patient"]}
        thread = self._gp.post("/v1/threads", about)
        true(thread.status in (200, 201), "the GP opens the thread of the circle", thread)
        self._messages = f"/v1/threads/{thread.body['id']}/messages"
        self._notes = playing.path("/notes")
        record = playing.path("/documents?limit=10")
        self._paths = ("/v1/me", f"{self._notes}?limit=10", record, f"{self._messages}?limit=10")
        self._door = door
        self._began = time.monotonic()

    async def run(self, rate: float, over: Callable[[float], bool]) -> None:
        """Reads at `rate` per second, writes a note each second and a message every other, whatever comes. `over`:
        whether it is enough after so many seconds.
        """
        beside = [asyncio.create_task(self._renewing(one)) for one in (self._gp, self._nurse)]
        beside.append(asyncio.create_task(self.stream.follow()))
        await self.stream.begun(TOLD)
        self._began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in takewhile(lambda number: not over(number / rate), count()):
                await asyncio.sleep(max(0.0, self._began + number / rate - time.monotonic()))
                tasks.create_task(self._once("GET", self._paths[number % len(self._paths)]))
                if number % int(rate) == 0:
                    tasks.create_task(self._write(self._notes, number, self.seen.notes))
                if number % (2 * int(rate)) == int(rate) // 2:
                    tasks.create_task(self._write(self._messages, number, self.seen.messages))
        self.seen.untold = await self.stream.heard(self.seen.messages, TOLD)
        for one in beside:
            one.cancel()
        for outcome in await asyncio.gather(*beside, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def _write(self, path: str, number: int, acknowledged: list[str]) -> None:
        body = {"text": f"Passage {number}, tout va bien."}
        answer = await self._once("POST", path, body, {"idempotency-key": str(uuid4())})
        if answer is not None:
            acknowledged.append(str(answer["id"]))

    async def _once(self, method: str, path: str, body: Any = None, more: dict[str, str] | None = None) -> Any:
        """The answer's body; None, and counted, if it is no success."""
        headers = {**_said_by(self._gp), **(more or {})}
        began = time.monotonic()
        self.seen.sent += 1
        try:
            answer = await self._door.request(method, path, json=body, headers=headers)
        except httpx2.HTTPError as fault:
            self._fail(type(fault).__name__)
            return None
        if answer.status_code not in (200, 201):
            self._fail(f"{answer.status_code} {answer.json().get('reason', '')}".strip())
            return None
        self.seen.times.append(time.monotonic() - began)
        return answer.json()

    def _fail(self, why: str) -> None:
        self.seen.failed[why] += 1
        self.seen.failures_at.append(round(time.monotonic() - self._began, 1))

    async def _renewing(self, who: Person) -> None:
        """A login that fails is counted and tried again: the token in hand is good for minutes."""
        pause = RENEWED
        while True:
            await asyncio.sleep(pause)
            try:
                await asyncio.to_thread(who.log_in)
                pause = RENEWED
            except (LoginFailed, httpx2.HTTPError) as fault:
                self._fail(f"login {type(fault).__name__}")
                pause = AGAIN

    async def _page(self, path: str) -> Any:
        return (await self._door.get(path, headers=_said_by(self._gp))).raise_for_status().json()

    async def lost_notes(self) -> list[str]:
        """Acknowledged notes that the record does not hold."""
        held: set[str] = set()
        path = f"{self._notes}?limit=100"
        while True:
            page = await self._page(path)
            held.update(str(one["id"]) for one in page["items"])
            if not page["next_cursor"]:
                return [one for one in self.seen.notes if one not in held]
            path = f"{self._notes}?limit=100&cursor={page['next_cursor']}"

    async def lost_messages(self) -> list[str]:
        """Acknowledged messages that the thread does not hold."""
        held: set[str] = set()
        place, more = 0, True
        while more:
            page = await self._page(f"{self._messages}?limit=100&after={place}")
            held.update(str(one["id"]) for one in page["items"])
            place, more = max((int(one["place"]) for one in page["items"]), default=place), page["more_after"]
        return [one for one in self.seen.messages if one not in held]


def _said_by(who: Person) -> dict[str, str]:
    return {"authorization": f"Bearer {who.token}", "terresante-place": who.place}


def told(seen: Seen, notes: list[str], messages: list[str], stream: Stream) -> dict[str, Any]:
    """The figures, with what was lost of each kind; times in milliseconds."""
    times = sorted(seen.times) or [0.0]
    return {
        "sent": seen.sent,
        "failed": sum(seen.failed.values()),
        "why": dict(seen.failed),
        "failures_from_s": min(seen.failures_at, default=None),
        "failures_to_s": max(seen.failures_at, default=None),
        "p50_ms": round(times[len(times) // 2] * 1000, 1),
        "p99_ms": round(times[len(times) * 99 // 100] * 1000, 1),
        "longest_ms": round(times[-1] * 1000, 1),
        "notes_acknowledged": len(seen.notes),
        "notes_lost": len(notes),
        "messages_acknowledged": len(seen.messages),
        "messages_lost": len(messages),
        "stream_opened": stream.opened,
        "stream_away_s": round(stream.away, 1),
        "stream_missed": len(seen.untold),
        "stream_doubled": sum(stream.told[one] > 1 for one in seen.messages),
    }


async def worked(playing: Stage, rate: float, over: Callable[[float], bool]) -> dict[str, Any]:
    """Does the work and gives its figures."""
    trust = ssl.create_default_context(cafile=str(playing.stack["ca"]["gateway"]))
    limits = httpx2.Limits(max_connections=CONNECTIONS * 4, max_keepalive_connections=CONNECTIONS)
    base = playing.stack["gateway"]["url"]
    async with httpx2.AsyncClient(base_url=base, verify=trust, timeout=SLOWEST, limits=limits, trust_env=False) as door:
        load = Load(playing, door)
        sys.stdout.write("begins\n")
        sys.stdout.flush()
        await load.run(rate, over)
        return told(load.seen, await load.lost_notes(), await load.lost_messages(), load.stream)


def main() -> int:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--until", type=Path)
    given = parser.parse_args()
    gateway, keycloak = os.environ["TERRESANTE_PROOF_GATEWAY"], os.environ["TERRESANTE_PROOF_KEYCLOAK"]
    playing = stage(gateway, keycloak, secrets.randbelow(10**9))
    for step in STEPS:
        if step.name in BEFORE:
            step.play(playing)

    def over(seconds: float) -> bool:
        return seconds >= given.seconds and (given.until is None or seconds >= LONGEST or given.until.exists())

    figures = asyncio.run(worked(playing, given.rate, over))
    sys.stdout.write(json.dumps(figures) + "\n")
    return 1 if any(figures[name] for name in WRONG) else 0


if __name__ == "__main__":
    sys.exit(main())
