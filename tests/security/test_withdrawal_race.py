"""A consent is withdrawn and given again, over and over, while sixteen readers read through every replica: no read that
began after a withdrawal was acknowledged shows anything.

One monotonic clock says what was before what. A read is judged when it lies wholly between two acknowledgements: after a
withdrawal it must show nothing, after a consent it must show everything (else the first would prove nothing). What
overlaps a change may go either way.
"""

import asyncio
import itertools
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import NamedTuple

import httpx2
import pytest
import pytest_asyncio
from terresante_dev.portal import Person
from terresante_dev.story import Stage
from terresante_dev.story.stage import now

pytestmark = pytest.mark.timeout(280)
READERS = 16
BROKEN_OFF = 0
"""In the place of a status. Whoever withdraws breaks off what is being read, so it lies across a withdrawal or is a fault."""
REFUSED = ("CONSENT_NOT_IN_FORCE", "DOCUMENT_UNKNOWN")


class Read(NamedTuple):
    """One read: what, when, what came."""

    what: str
    replica: int
    began: float
    ended: float
    status: int
    shows: bool
    """Whether anything of the patient's record was in the answer."""


@dataclass
class Race:
    """What happened, and what is being waited for."""

    reads: list[Read] = field(default_factory=list)
    closed: list[tuple[float, float]] = field(default_factory=list)
    """From the acknowledgement of each withdrawal to the sending of the next consent."""
    opened: list[tuple[float, float]] = field(default_factory=list)
    """From the acknowledgement of each consent to the sending of the next withdrawal."""
    ended: bool = False
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def within(self, windows: list[tuple[float, float]]) -> list[Read]:
        """The reads that lie wholly in one of the windows."""
        found, ordered = [], iter(sorted(self.reads, key=lambda read: read.began))
        read = next(ordered, None)
        for start, end in windows:
            while read is not None and read.began < end:
                if read.began >= start and read.ended <= end:
                    found.append(read)
                read = next(ordered, None)
        return found


@dataclass
class Portal:
    """The connections to each replica, and who reads."""

    replicas: list[httpx2.AsyncClient]
    nurse: Person

    async def get(self, replica: int, path: str) -> tuple[float, float, httpx2.Response]:
        """One request in the nurse's name, and when it began and ended."""
        headers = {"authorization": f"Bearer {self.nurse.token}", "terresante-place": self.nurse.place}
        began = time.monotonic()
        answer = await self.replicas[replica].get(path, headers=headers)
        return began, time.monotonic(), answer


@pytest_asyncio.fixture(scope="module")
async def portal(told: Stage) -> AsyncIterator[Portal]:
    trust = ssl.create_default_context(cafile=told.stack["ca"]["gateway"])
    async with AsyncExitStack() as held:
        replicas = [
            await held.enter_async_context(httpx2.AsyncClient(base_url=url, verify=trust, timeout=60, trust_env=False))
            for url in told.stack["gateway"]["urls"]
        ]
        yield Portal(replicas, told.who("nurse"))


@pytest.fixture(scope="module")
def stage(another: Callable[..., Stage]) -> Stage:
    """A patient of this suite's own, with enough in the record for a second page."""
    return another()


def readings(stage: Stage, cursor: str) -> dict[str, str]:
    """Every way to something that the nurse did not write herself."""
    document = stage.made["document"]
    return {
        "list": stage.path("/documents?total=true"),
        "list with names": stage.path("/documents?names=true&limit=5"),
        "next page of a list begun before": stage.path(f"/documents?limit=1&cursor={cursor}"),
        "document": stage.path(f"/documents/{document}"),
        "content": stage.path(f"/documents/{document}/content"),
        "notes": stage.path("/notes"),
        "observations": stage.path("/observations"),
    }


def shows(answer: httpx2.Response) -> bool:
    """Whether an answer holds anything of the record. A list that is there but empty does not."""
    if answer.status_code != 200:
        return False
    if answer.headers["content-type"] != "application/json":
        return bool(answer.content)
    body = answer.json()
    return bool(body["items"] or body.get("total")) if "items" in body else True


async def one_read(portal: Portal, what: str, replica: int, path: str) -> Read:
    """One read and what came. A content may be broken off in the middle: something of it was shown, and it is not whole."""
    sent = time.monotonic()
    try:
        began, ended, answer = await portal.get(replica, path)
    except httpx2.TransportError:
        if what != "content":
            raise
        return Read(what, replica, sent, time.monotonic(), BROKEN_OFF, True)
    if answer.status_code != 200:
        assert answer.status_code in (403, 404) and answer.json()["reason"] in REFUSED, (what, answer.text)
    return Read(what, replica, began, ended, answer.status_code, shows(answer))


async def read_on(race: Race, portal: Portal, ways: dict[str, str], number: int) -> None:
    """One reader: every way in turn, at its replica."""
    replica = number % len(portal.replicas)
    for what, path in itertools.islice(itertools.cycle(ways.items()), number, None):
        if race.ended:
            return
        race.reads.append(await one_read(portal, what, replica, path))
        async with race.changed:
            race.changed.notify_all()


async def until(race: Race, since: float, reads: int) -> None:
    """Waits for so many reads that began after `since`."""
    known = len(race.reads)
    async with race.changed:
        await race.changed.wait_for(
            lambda: sum(read.began >= since for read in race.reads[max(0, known - READERS) :]) >= reads
        )


async def toggle(race: Race, stage: Stage, cycles: int, reads: int) -> None:
    """Withdraws and gives again; each state lasts until `reads` reads have begun and ended in it."""
    patient, gp = stage.who("patient"), stage.who("gp")
    opened = time.monotonic()
    for _ in range(cycles):
        await until(race, opened, reads)
        sent = time.monotonic()
        path = stage.path(f"/consents/{stage.made['consent']}/withdrawal")
        answer = await asyncio.to_thread(patient.post, path)
        closed = time.monotonic()
        assert answer.status == 200, answer
        race.opened.append((opened, sent))
        await until(race, closed, reads)
        given = {"form": "oral", "given_at": now(), "notice_version": "2026-01", "information_given": "De nouveau."}
        sent = time.monotonic()
        answer = await asyncio.to_thread(gp.post, stage.path("/consents"), given)
        opened = time.monotonic()
        assert answer.status == 201, answer
        stage.made["consent"] = answer.body["id"]
        race.closed.append((closed, sent))
    await until(race, opened, reads)
    race.opened.append((opened, time.monotonic()))


async def run(stage: Stage, portal: Portal, cycles: int, reads: int) -> Race:
    """Sixteen readers and one who toggles."""
    _, _, first = await portal.get(0, stage.path("/documents?limit=1"))
    ways = readings(stage, first.json()["next_cursor"])
    race = Race()
    async with asyncio.TaskGroup() as group:
        for number in range(READERS):
            group.create_task(read_on(race, portal, ways, number))
        await toggle(race, stage, cycles, reads)
        race.ended = True
    return race


def judged(race: Race, replicas: int, least: int) -> None:
    """What must hold of a race, and that it was one."""
    closed, opened = race.within(race.closed), race.within(race.opened)
    print(f"{len(race.reads)} reads: {len(closed)} wholly after a withdrawal, {len(opened)} wholly after a consent")
    print(f"statuses: {dict(Counter(read.status for read in race.reads))}, {len(race.closed)} withdrawals")
    assert [read for read in closed if read.shows] == []
    assert [read for read in opened if not read.shows or read.status == BROKEN_OFF] == []
    assert len(race.reads) >= least and len(closed) >= least // 4 and len(opened) >= least // 4
    for what in {read.what for read in race.reads}:
        for replica in range(replicas):
            assert any(read.what == what and read.replica == replica for read in closed), (what, replica)


def test_a_read_that_shows_something_after_a_withdrawal_is_found() -> None:
    """The judge itself: one read between a withdrawal and the next consent, and ones that only overlap them."""
    race = Race(closed=[(10.0, 20.0), (30.0, 40.0)], opened=[(0.0, 9.0), (21.0, 29.0)])
    race.reads = [
        Read("list", 0, began, ended, 200, True)
        for began, ended in ((1.0, 2.0), (8.0, 11.0), (19.5, 20.5), (22.0, 23.0), (31.0, 32.0), (39.0, 41.0))
    ]
    assert [read.began for read in race.within(race.closed)] == [31.0]
    assert [read.began for read in race.within(race.opened)] == [1.0, 22.0]


async def test_no_read_that_begins_after_a_withdrawal_was_acknowledged_shows_anything(
    stage: Stage, portal: Portal
) -> None:
    judged(await run(stage, portal, cycles=20, reads=50), len(portal.replicas), 2_000)


@pytest.mark.long
@pytest.mark.timeout(7_200)
async def test_no_read_of_a_hundred_thousand_that_begins_after_a_withdrawal_was_acknowledged_shows_anything(
    stage: Stage, portal: Portal
) -> None:
    judged(await run(stage, portal, cycles=200, reads=260), len(portal.replicas), 100_000)


async def test_a_new_token_and_a_new_login_open_nothing_after_a_withdrawal(stage: Stage, portal: Portal) -> None:
    """What the reader was allowed before, and a session that is younger than the withdrawal, count for nothing."""
    gp, nurse = stage.who("gp"), portal.nurse
    with nurse.browser() as browser:
        browser.login(nurse.login.username, nurse.login.password, nurse.login.totp_secret)
        path = stage.path(f"/consents/{stage.made['consent']}/withdrawal")
        assert (await asyncio.to_thread(stage.who("patient").post, path)).status == 200
        assert browser.tokens is not None
        tokens = [browser.tokens.access, browser.refresh().access, gp.token]
    for replica in portal.replicas:
        for token, place in zip(tokens, (nurse.place, nurse.place, gp.place), strict=True):
            headers = {"authorization": f"Bearer {token}", "terresante-place": place}
            if token is not gp.token:
                read = await replica.get(stage.path(f"/documents/{stage.made['document']}/content"), headers=headers)
                assert read.status_code == 403, read.text
            wrote = await replica.post(stage.path("/notes"), headers=headers, json={"text": "Après le retrait."})
            assert (wrote.status_code, wrote.json()["reason"]) == (403, "CONSENT_NOT_IN_FORCE")
