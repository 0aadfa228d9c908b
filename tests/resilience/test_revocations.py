"""Rights end under load: what is posted after that was acknowledged never reaches who had them, by any way: no stream that
was open on either replica, no page of the feed, no webhook, no mail. Short: 50 ends; long: 1,000.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from terresante_dev.portal import Answer, Person

from tests.flows.conversing import Talk
from tests.outside import Postbox

from . import accounts
from .ground import Ground, until
from .load import Write
from .outlets import Hook, hooked, news, reached
from .people import Attempt, Session
from .posting import Posting, Writer
from .revoking import End, Guest, Revoking, percentile

pytestmark = [pytest.mark.timeout(4_000), pytest.mark.usefixtures("whole")]
CUT = 1.0
"""Seconds after the acknowledgement within which the last of what was posted before may come. At most."""
WAYS = ("removal", "removal", "removal", "block")
PACE = 0.15
WITHDRAWALS = 20
"""One of so many ends, at least two, is a withdrawal: it ends everybody's rights."""
OUTLETS_DONE = 120.0


@dataclass
class Ended:
    """What was done, and what reached whom."""

    guests: list[Guest]
    writes: list[Write]
    hook: Hook
    mails: dict[str, Counter[str]]
    """By address, the Message-IDs that came."""


@pytest.fixture(
    scope="module", params=[pytest.param(50, id="fifty"), pytest.param(1_000, id="thousand", marks=pytest.mark.long)]
)
def ended(request: pytest.FixtureRequest, ground: Ground, talk: Talk, portal: Person, postbox: Postbox) -> Ended:
    ground.ready(within=120)
    gp = Session(talk.who("gp"))
    thread = talk.thread(gp.person, "circle")
    writers = [Writer(gp, at, [thread]) for at in (0, 1)]
    posting = Posting(talk.stage.stack, writers, most=10**6, pace=PACE)
    withdrawals = max(2, request.param // WITHDRAWALS)
    with hooked(portal) as hook, hook.receiving.up(), _guests(talk, postbox, hook) as guests, posting.until_left():
        revoking = Revoking(talk, thread, posting.writes)
        each, more = divmod(request.param - withdrawals, len(guests))
        revoking.each(guests, WAYS, each + bool(more))
        revoking.together(guests, "withdrawal", withdrawals)
        for guest in guests:
            revoking.read_all(guest)
        until(lambda: not hook.health["waiting"], OUTLETS_DONE, "no delivery waits")
    mails = {guest.address: Counter(news(postbox, guest.address)) for guest in guests}
    return Ended(guests, posting.writes, hook, mails)


@contextmanager
def _guests(talk: Talk, postbox: Postbox, hook: Hook) -> Iterator[list[Guest]]:
    """Three members of the circle, each with an open stream at both gateways, told by mail and by a portal, too."""
    people = [talk.who("nurse"), talk.who("social-worker"), talk.who("emergency-physician")]
    if talk.listed(people[2], f"&patient_id={talk.patient}") == {}:
        talk.invited(people[2])
    with ExitStack() as open_streams:
        guests = []
        for person in people:
            address = reached(person, postbox, [hook.portal.uid])
            streams = [talk.listener(person, replica) for replica in (0, 1)]
            session = Session(person)
            for stream in streams:
                stream.headers = session.headers
                open_streams.enter_context(stream.running())
            guests.append(Guest(session, streams, address))
        yield guests


def test_a_post_that_reaches_who_may_not_is_found(talk: Talk) -> None:
    """The judge itself: posts before, across, after an end, and after the return."""
    guest = Guest(Session(talk.who("nurse")), [], "", [End("removal", 10.0, 20.0), End("block", 30.0, 40.0)])
    writes = []
    for began in (9.0, 9.9, 11.0, 19.9, 21.0, 31.0):
        write = Write("message", "POST", "", None, "")
        answer = Answer(201, {"id": str(began)}, {}, b"")
        write.attempts.append(Attempt(began, began + 0.5, 0.0, "", answer))
        writes.append(write)

    assert guest.forbidden(writes) == {"11.0": math.inf, "31.0": 40.0}
    assert guest.never(writes) == {"11.0"}


def test_rights_ended_under_load(ended: Ended) -> None:
    ways = Counter(end.how for guest in ended.guests for end in guest.ends)
    forbidden = [len(guest.forbidden(ended.writes)) for guest in ended.guests]
    taken = [one for one in ended.writes if one.acknowledged]
    statuses = Counter(str(attempt) for write in ended.writes for attempt in write.attempts)
    print(f"{dict(ways)} (a withdrawal counts for each guest); {len(taken)} posts; forbidden to each: {forbidden}")
    print(dict(statuses))

    ends = sum(many for how, many in ways.items() if how != "withdrawal")
    assert min(forbidden) >= len(ended.guests[0].ends) and sum(forbidden) >= 2 * ends
    assert {attempt.status for write in ended.writes for attempt in write.attempts} <= {201, 403}


def test_no_open_stream_tells_of_what_is_posted_after(ended: Ended) -> None:
    told = []
    for guest in ended.guests:
        forbidden = guest.forbidden(ended.writes)
        told += [(one, forbidden.get(one.data["message_id"], 0.0)) for one in guest.heard()]
    print(f"{len(told)} times a stream told of a post")

    assert [(one.kind, until_then - one.at) for one, until_then in told if one.at < until_then] == []


def test_streams_tell_nothing_more_after_a_second(ended: Ended, talk: Talk, ground: Ground) -> None:
    """What was posted before may still be on its way: this is how late it came."""
    late = [seconds for guest in ended.guests for seconds in guest.late(talk.patient)]
    came = [seconds for seconds in late if seconds]
    print(f"{len(late)} ends: something posted before came after {len(came)} of them, at the latest {max(late):.3f} s")
    print(f"p50 {percentile(late, 0.5):.3f}, p99 {percentile(late, 0.99):.3f} s; {ground.busy()}")

    assert max(late) < CUT


def test_no_page_of_the_feed_tells_of_it(ended: Ended) -> None:
    for guest in ended.guests:
        assert guest.leaked == []
        assert guest.fed & guest.never(ended.writes) == set()
        assert guest.fed, "the feed tells of nothing at all: it would prove nothing"


def test_no_webhook_tells_of_it(ended: Ended) -> None:
    deliveries = ended.hook.receiving.deliveries
    for guest in ended.guests:
        forbidden = guest.forbidden(ended.writes)
        mine = [one for one in deliveries if one.recipient == guest.person.uid and one.message]
        print(f"{len(mine)} posts told to the portal for one guest")

        assert mine, "the portal is told of nothing at all: it would prove nothing"
        assert [one.message for one in mine if one.at < forbidden.get(one.message, 0.0)] == []


def test_no_mail_is_about_it(ended: Ended, talk: Talk) -> None:
    """A mail says nothing of its reason: that is read in messaging's database."""
    query = """
        select l.message_id::text as message from mail_line l join mail m on m.id = l.mail_id
        where l.person_id = $1::uuid and m.state = 'SENT' and l.message_id is not null
    """
    for guest in ended.guests:
        reasons: list[Any] = accounts.rows(talk.stage.stack, "messaging", query, guest.person.uid)
        came = ended.mails[guest.address]
        print(f"{sum(came.values())} mails came to one guest, {len(reasons)} reasons")

        assert came and max(came.values()) == 1
        assert {one["message"] for one in reasons} & guest.never(ended.writes) == set()
