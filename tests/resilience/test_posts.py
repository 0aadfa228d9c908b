"""`kill -9` of messaging, NATS and PostgreSQL while people write, listen, and neither the mail server nor a portal's
webhook receiver answers: everybody ends with the same messages in the same order, and is told by every way.

One campaign, then one proof a test. Short: 300 posts and three kills; long: 10,000 posts and fifty.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from terresante_dev.portal import Person

from tests.flows.conversing import Talk
from tests.listening import Listener
from tests.outside import Postbox

from . import accounts
from .campaign import BUS_BACK, DATABASE_BACK, SERVICE_BACK, Strike
from .ground import Ground, until
from .outlets import Hook, hooked, news, reached
from .people import Client, Session
from .posting import Posting, Writer, events, listeners, pages

pytestmark = pytest.mark.timeout(3_000)
READERS = ("gp", "nurse", "social-worker")
REACHED = ("nurse", "social-worker")
"""Who is told by mail and by the portal, too."""
CAUGHT_UP = 60.0
"""Seconds after the last post within which every stream has told of it."""
OUTLETS_BACK = 420.0
"""Seconds within which all begins to leave once the others are back: after a long time away both are looked for every
five minutes, and what a dead process had in hand is tried again after one."""
A_SECOND = 20
"""Events that leave for one portal in a second at least, with the whole platform on a busy machine of two processors."""


@dataclass
class Fought:
    """What was done and seen."""

    posting: Posting
    threads: list[str]
    heard: dict[str, Listener]
    strikes: list[Strike]
    took: float
    caught_up: float
    """Seconds from the last acknowledgement until every stream had told of everything."""
    returned: float
    """Monotonic second at which mail server and receiver were back."""
    hook: Hook
    addresses: dict[str, str]
    earlier: set[str]
    """Mails of the campaign before: the same people have the same addresses."""

    @property
    def ours(self) -> set[str]:
        """The messages of the campaign."""
        return set(self.posting.ids)


@pytest.fixture(
    scope="module",
    params=[pytest.param((300, 3), id="three-kills"), pytest.param((10_000, 50), id="fifty", marks=pytest.mark.long)],
)
def fought(
    request: pytest.FixtureRequest, ground: Ground, talk: Talk, portal: Person, postbox: Postbox
) -> Iterator[Fought]:
    posts, kills = request.param
    ground.ready(within=120)
    sessions = {key: Session(talk.who(key)) for key in READERS}
    for session in sessions.values():
        session.log_in()
    others = [talk.who(key).uid for key in REACHED]
    threads = [
        talk.thread(talk.who("gp"), "side", title=f"Épreuve {number}", professional_ids=others) for number in range(3)
    ]
    writers = [Writer(sessions[key], at % 2, threads) for at, key in enumerate(("gp", "nurse") * 3)]
    posting = Posting(talk.stage.stack, writers, posts)
    with hooked(portal) as hook:
        addresses = {key: reached(talk.who(key), postbox, [portal.uid]) for key in REACHED}
        earlier = {mail for address in addresses.values() for mail in news(postbox, address)}
        postbox.down()
        try:
            with listeners(talk.stage.stack, sessions) as heard:
                made = _fought(ground, posting, heard, kills)
        finally:
            postbox.up()
        with hook.receiving.up():
            yield Fought(posting, threads, heard, *made, time.monotonic(), hook, addresses, earlier)


def _fought(
    ground: Ground, posting: Posting, heard: dict[str, Listener], kills: int
) -> tuple[list[Strike], float, float]:
    """Kills while they write. Gives the kills; seconds until the last post was acknowledged; until all was heard."""
    strikes, began = [], time.monotonic()
    with posting.running():
        for number in range(kills):
            due = posting.most * (number + 1) // (kills + 2)
            until(lambda: posting.reached(due), 300, f"{due} posts are acknowledged")  # noqa: B023 -- called at once
            strikes.append(_struck(ground, number))
    ended = time.monotonic()
    until(lambda: _all_heard(heard, posting), CAUGHT_UP, "every stream has told of every post")
    return strikes, ended - began, time.monotonic() - ended


def _struck(ground: Ground, number: int) -> Strike:
    """Kills who is next by turns. The third kill is of both replicas of messaging: no stream outlives it."""
    messaging = ground.replicas("messaging")
    turns: list[tuple[list[str], float]] = [
        (["nats"], BUS_BACK),
        (["postgres"], DATABASE_BACK),
        (messaging, SERVICE_BACK),
        (messaging[:1], SERVICE_BACK),
        (messaging[1:], SERVICE_BACK),
    ]
    names, allowed = turns[number % len(turns)]
    at = time.monotonic()
    return Strike(" and ".join(names), at, ground.back(ground.kill(*names), within=120), allowed)


def _all_heard(heard: dict[str, Listener], posting: Posting) -> bool:
    wanted = set(posting.ids)
    return all(wanted <= set(one.messages()) for one in heard.values())


@pytest.fixture(scope="module")
def clients(fought: Fought, talk: Talk) -> Iterator[dict[str, Client]]:
    made = {key: Client(Session(talk.who(key)), talk.stage.stack) for key in READERS}
    yield made
    for client in made.values():
        client.close()


def test_messaging_bus_and_database_are_back_in_time(fought: Fought, ground: Ground) -> None:
    kinds = Counter(strike.what for strike in fought.strikes)
    for what, many in kinds.items():
        backs = sorted(one.back for one in fought.strikes if one.what == what)
        print(f"{what:<26} killed {many} times, ready after {backs[0]:.1f} to {backs[-1]:.1f} s")
    print(f"{len(fought.posting.writes)} posts in {fought.took:.0f} s, streams whole {fought.caught_up:.1f} s later")
    print(ground.busy())

    assert [one for one in fought.strikes if one.back > one.allowed] == []


def test_the_posts_met_the_kills_and_failed_clearly(fought: Fought) -> None:
    attempts = [attempt for write in fought.posting.writes for attempt in write.attempts]
    print(Counter(str(one) for one in attempts))

    assert len([one for one in attempts if not one.done]) >= len(fought.strikes) / 2, "the kills met nothing"
    assert {one.status for one in attempts} <= {201, 503, 0}
    assert [str(one) for one in attempts if one.answer and one.answer.reason.endswith("FAULT")] == []


def test_every_post_is_there_once(fought: Fought, talk: Talk) -> None:
    ids = fought.posting.ids
    query = "select count(*) from message where thread_id = any($1::uuid[])"

    assert len(set(ids)) == len(ids) == len(fought.posting.writes)
    assert accounts.count(talk.stage.stack, "messaging", query, fought.threads) == len(ids)


def test_each_thread_has_one_order_without_a_gap(fought: Fought, clients: dict[str, Client]) -> None:
    for thread in fought.threads:
        read = {key: pages(client, thread) for key, client in clients.items()}
        orders = [[(one["place"], one["id"]) for one in page] for page in read.values()]

        assert orders == [orders[0]] * len(orders)
        assert [place for place, _ in orders[0]] == [*range(1, len(orders[0]) + 1)]
        acknowledged = {one.body_answered["id"]: one.body_answered["place"] for one in fought.posting.writes}
        assert [id for place, id in orders[0] if acknowledged[id] != place] == []


def test_every_stream_told_all_of_it_once_in_the_order_of_the_feed(fought: Fought, clients: dict[str, Client]) -> None:
    ours = fought.ours
    feeds = {
        key: [_told(one) for one in events(client) if one["message_id"] in ours] for key, client in clients.items()
    }
    feed = feeds["gp"]
    print(f"{len(feed)} posts in the feed, {len(fought.heard)} streams")

    assert feeds == dict.fromkeys(READERS, feed)
    assert len(feed) == len(fought.posting.writes)
    assert [(name, wrong) for name, one in fought.heard.items() if (wrong := _differs(one, feed, ours))] == []
    for thread in fought.threads:
        places = [place for _, of, place in feed if of == thread]
        assert places == [*range(1, len(places) + 1)]


def _told(event: dict[str, Any]) -> tuple[str, str, int]:
    assert event["kind"] == "message_posted", event
    return event["message_id"], event["thread_id"], event["place"]


def _differs(listener: Listener, feed: list[tuple[str, str, int]], ours: set[str]) -> list[object]:
    """The first place at which a stream told something else than the feed."""
    heard = [_told(one.data) for one in listener.of("message_posted") if one.data["message_id"] in ours]
    pairs = zip([*heard, *feed[len(heard) :]], [*feed, *heard[len(feed) :]], strict=True)
    different = [(at, mine, theirs) for at, (mine, theirs) in enumerate(pairs) if mine != theirs]
    return [(len(heard), len(feed)), different[0]] if different or len(heard) != len(feed) else []


def test_every_stream_came_back_by_itself(fought: Fought) -> None:
    for name, one in fought.heard.items():
        print(f"{name}: opened {one.opened} times; ends {dict(Counter(one.ends))}")

    assert {name: one.opened for name, one in fought.heard.items() if one.opened < 2} == {}


def test_each_mail_comes_once_the_server_is_back(fought: Fought, talk: Talk, postbox: Postbox) -> None:
    """None was offered while the server was away. Each conversation that somebody has not read is in one of the mails."""
    lines = """
        select l.person_id::text, l.thread_id::text, m.id::text as mail, m.state, l.state as line
        from mail_line l left join mail m on m.id = l.mail_id where l.thread_id = any($1::uuid[])
    """

    def rows() -> list[Any]:
        return list(accounts.rows(talk.stage.stack, "messaging", lines, fought.threads))

    def all_sent() -> bool:
        found = [one for one in rows() if one["line"] != "WITHHELD"]
        return len({(one[0], one[1]) for one in found}) == len(REACHED) * len(fought.threads) and all(
            one["state"] == "SENT" for one in found
        )

    until(all_sent, OUTLETS_BACK, "every mail was handed over")
    took = time.monotonic() - fought.returned
    for key, address in fought.addresses.items():
        came = Counter(mail for mail in news(postbox, address) if mail not in fought.earlier)
        mine = [one for one in rows() if one["person_id"] == talk.who(key).uid and one["line"] == "BOUND"]
        print(
            f"{key}: {sum(came.values())} mails for {len(mine)} conversations, {took:.0f} s after the server's return"
        )
        assert set(came) == {f"<{one['mail']}@terr-esante.example>" for one in mine}
        assert max(came.values()) == 1
        assert {one["thread_id"] for one in mine} == set(fought.threads)


def test_each_event_reaches_the_portal_once_its_receiver_is_back(fought: Fought, talk: Talk) -> None:
    receiving = fought.hook.receiving
    wanted = {(talk.who(key).uid, id) for key in REACHED for id in fought.ours}

    def came() -> Counter[tuple[str, str]]:
        return Counter((one.recipient, one.message) for one in list(receiving.deliveries) if one.message)

    within = OUTLETS_BACK + len(wanted) / A_SECOND
    until(lambda: wanted <= set(came()), within, "the portal is told of everything")
    until(lambda: not fought.hook.health["waiting"], OUTLETS_BACK, "nothing waits any more")
    at = [one.at - fought.returned for one in receiving.deliveries if one.message]
    print(f"{len(wanted)} events, the first {min(at):.0f} s after the receiver's return, the last {max(at):.0f} s")

    told = came()
    assert [pair for pair in wanted if told[pair] != 1] == []
    assert list(fought.hook.listed("parked")) == []
