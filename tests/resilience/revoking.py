"""Rights that come and go while others write: somebody is let into a circle and put out of it again, over and over, with
open streams at both gateways; and what reached them by each way, and when.

One monotonic clock says what was before what. A post is *forbidden* to somebody when its request began after their right's
end was acknowledged and was answered before they were let in again: it may not reach them, by any way, however late.
What was posted before may be on its way when the right ends: it is measured how late it comes.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from terresante_dev.portal import Person
from terresante_dev.story.stage import now

from tests.flows.conversing import THREADS, Talk
from tests.listening import Heard, Listener

from .ground import until
from .load import Write
from .people import Attempt, Client, Session
from .posting import events, page

LET_IN = 15.0
"""Seconds within which who was let in is told of a new post."""
AFTER = 2
"""Posts that are begun and taken after each end of a right, at least. After a withdrawal nobody can post."""
WATCHED = 1.5
"""Seconds for which a withdrawal, and each tenth other end, lasts at least: longer than a stream may take to be cut."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a right. Monotonic seconds: of its acknowledgement, and of the request that let in again (inf: none)."""

    how: str
    acknowledged: float
    let_in: float


@dataclass
class Guest:
    """Somebody whose right comes and goes, and what reached them. `ends`: in order."""

    session: Session
    streams: list[Listener]
    address: str
    ends: list[End] = field(default_factory=list)
    fed: set[str] = field(default_factory=set)
    """Messages that pages of the feed told of."""
    leaked: list[str] = field(default_factory=list)
    """What a page that was asked for after an end told of the patient."""

    @property
    def person(self) -> Person:
        """Who it is."""
        return self.session.person

    def heard(self) -> list[Heard]:
        """What the streams told of messages."""
        return [one for stream in self.streams for one in list(stream.heard) if one.data.get("message_id")]

    def forbidden(self, writes: Sequence[Write]) -> dict[str, float]:
        """The posts that may not reach them, each with the monotonic second until which it may not: who comes back into
        the circle never sees what was posted meanwhile, who was only blocked does once they are not."""
        taken = [(one.attempts[0].began, one.attempts[-1].ended, one) for one in writes if one.acknowledged]
        return {
            str(write.body_answered["id"]): math.inf if end.how == "removal" else end.let_in
            for began, ended, write in taken
            for end in self.ends
            if end.acknowledged < began and ended < end.let_in
        }

    def never(self, writes: Sequence[Write]) -> set[str]:
        """Those of them that may not reach them ever."""
        return {id for id, until_then in self.forbidden(writes).items() if until_then == math.inf}

    def late(self, patient: str) -> list[float]:
        """Seconds from each end until the last that a stream told of the patient, 0 for nothing."""
        told = [one for one in self.heard() if one.data["patient_id"] == patient]
        return [
            max((one.at - end.acknowledged for one in told if end.acknowledged < one.at < end.let_in), default=0.0)
            for end in self.ends
        ]


@dataclass
class Changing:
    """How rights end and begin, by the patient and the GP."""

    talk: Talk
    patient: Client
    gp: Client

    def end(self, who: Person, how: str) -> float:
        """Ends it; gives when that was acknowledged."""
        if how == "withdrawal":
            return self._done(self.patient, "POST", f"/consents/{self.talk.stage.made['consent']}/withdrawal").ended
        if how == "block":
            return self._done(self.patient, "POST", "/blocks", {"professional_id": who.uid}).ended
        return self._done(self.patient, "DELETE", f"/circle/members/{self._active(who)[0]}").ended

    def begin(self, who: Person, how: str) -> None:
        """Lets in again."""
        if how == "withdrawal":
            given = {"form": "oral", "given_at": now(), "notice_version": "2026-01", "information_given": "De nouveau."}
            answer = self._done(self.gp, "POST", "/consents", given).answer
            assert answer is not None
            self.talk.stage.made["consent"] = answer.body["id"]
            return
        if how == "block":
            answer = self._done(self.patient, "GET", "/blocks").answer
            assert answer is not None
            (block,) = [one["id"] for one in answer.body["items"] if one["professional"]["id"] == who.uid]
            self._done(self.patient, "DELETE", f"/blocks/{block}")
        if not self._active(who):
            invited = {"professional_id": who.uid, "explicit_agreement": True, "agreement_form": "oral"}
            self._done(self.gp, "POST", "/circle/members", invited)

    def _active(self, who: Person) -> list[str]:
        """Their membership that has no end, if there is one."""
        answer = self._done(self.patient, "GET", "/circle").answer
        assert answer is not None
        members = [one for one in answer.body["members"] if one["until"] is None and one["professional"]]
        return [one["id"] for one in members if one["professional"]["id"] == who.uid]

    def _done(self, client: Client, method: str, rest: str, body: object = None) -> Attempt:
        attempt = client.send(method, self.talk.stage.path(rest), body)
        assert attempt.done, f"{method} {rest}: {attempt} {attempt.answer.body if attempt.answer else ''}"
        return attempt


class Revoking:
    """Ends the rights of guests, each in turn or all at once, while `writes` grows."""

    def __init__(self, talk: Talk, thread: str, writes: list[Write]) -> None:
        self.talk = talk
        self._thread = thread
        self._writes = writes
        self._patient = Session(talk.who("patient"))
        self._gp = Session(talk.who("gp"))

    @contextmanager
    def _changing(self) -> Iterator[Changing]:
        stack = self.talk.stage.stack
        with Client(self._patient, stack, 1) as patient, Client(self._gp, stack, 0) as gp:
            yield Changing(self.talk, patient, gp)

    def each(self, guests: Sequence[Guest], ways: Sequence[str], many: int) -> None:
        """Each guest's right ends so many times, in these ways by turns; the guests at the same time."""
        faults: list[BaseException] = []

        def run(guest: Guest) -> None:
            try:
                with self._changing() as changing:
                    for number in range(many):
                        self._once(changing, [guest], ways[number % len(ways)])
            except BaseException as fault:
                faults.append(fault)

        threads = [threading.Thread(target=run, args=(guest,), daemon=True) for guest in guests]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]

    def together(self, guests: Sequence[Guest], how: str, many: int) -> None:
        """The rights of all of them end by one act, so many times."""
        with self._changing() as changing:
            for _ in range(many):
                self._once(changing, guests, how)

    def _once(self, changing: Changing, guests: Sequence[Guest], how: str) -> None:
        """They are told; the right ends; others go on; they are let in again."""
        for guest in guests:
            self._told(guest)
        acknowledged = changing.end(guests[0].person, how)
        for guest in guests:
            self._read_on(guest)
        if how != "withdrawal":
            until(lambda: self._begun_after(acknowledged) >= AFTER, LET_IN, "others write on")
        if how == "withdrawal" or len(guests[0].ends) % 10 == 9:
            until(lambda: time.monotonic() > acknowledged + WATCHED, 10, "it lasts a while")
        let_in = time.monotonic()
        for guest in guests:
            guest.ends.append(End(how, acknowledged, let_in))
        changing.begin(guests[0].person, how)

    def _told(self, guest: Guest) -> None:
        """Waits until each stream told of something posted from now on, and marks it read: the next one is news again."""
        since = time.monotonic()

        def told() -> bool:
            fresh = {
                one.body_answered["id"]
                for one in self._writes[-50:]
                if one.attempts and one.attempts[0].began > since and one.acknowledged
            }
            latest = ({one.data.get("message_id") for one in stream.heard[-100:]} for stream in guest.streams)
            return all(fresh & told for told in latest)

        until(told, LET_IN, f"each of {len(guest.streams)} streams tells of a new post")
        with Client(guest.session, self.talk.stage.stack) as client:
            place = next(one.body_answered["place"] for one in reversed(self._writes) if one.acknowledged)
            mark = {"received_up_to": place, "read_up_to": place}
            marked = client.send("PUT", f"{THREADS}/{self._thread}/mark", mark)
            assert marked.done, str(marked)

    def _begun_after(self, moment: float) -> int:
        return sum(one.attempts[0].began > moment for one in self._writes[-50:] if one.attempts and one.acknowledged)

    def _read_on(self, guest: Guest) -> None:
        """What the feed says of messages after an end: of the latest of their streams, and of what was before."""
        with Client(guest.session, self.talk.stage.stack, len(guest.ends)) as client:
            items = page(client, guest.streams[0].last) + page(client, "", 50)
        told = [one for one in items if one["patient_id"] == self.talk.patient and one["message_id"]]
        guest.leaked += [f"{one['kind']} {one['message_id']}" for one in told]

    def read_all(self, guest: Guest) -> None:
        """The whole feed of somebody, as it is now."""
        with Client(guest.session, self.talk.stage.stack) as client:
            guest.fed |= {one["message_id"] for one in events(client) if one["message_id"]}


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
