"""`kill -9` of every part under load: nothing acknowledged is lost, nothing is done or told twice, all comes back.

One campaign, then one proof a test. Short: two kills of each part; long: ten.
"""

from collections import Counter
from collections.abc import Iterator

import pytest
from terresante_dev.portal import Answer
from terresante_dev.story import proofs

from . import accounts
from .campaign import Campaign, fought
from .ground import Ground
from .load import Crew, Write, member_of
from .people import Attempt, Client

pytestmark = pytest.mark.timeout(2_400)
LISTS = {"note": "/notes", "observation": "/observations"}
TOLD = {"note": "note_written", "observation": "observation_recorded", "invitation": "member_invited"}


@pytest.fixture(
    scope="module", params=[pytest.param(2, id="twice"), pytest.param(10, id="ten-times", marks=pytest.mark.long)]
)
def campaign(request: pytest.FixtureRequest, ground: Ground, crew: Crew) -> Campaign:
    ground.ready(within=120)
    return fought(ground, crew, request.param)


@pytest.fixture(scope="module")
def clients(crew: Crew) -> Iterator[dict[str, Client]]:
    who = {"gp": crew.gp, "nurse": crew.nurse, "patient": crew.patient, "guest": crew.guest}
    made = {name: Client(session, crew.stack) for name, session in who.items()}
    yield made
    for client in made.values():
        client.close()


def test_every_part_is_back_by_itself_in_time(campaign: Campaign, ground: Ground) -> None:
    for strike in campaign.strikes:
        print(f"{strike.what:<28} ready after {strike.back:5.1f} s, writes after {campaign.silence(strike):5.1f} s")
    print(f"settled {campaign.settled:.1f} s after the end; {ground.busy()}")

    late = [strike for strike in campaign.strikes if max(strike.back, campaign.silence(strike)) > strike.allowed]

    assert not late


def test_the_load_met_the_kills(campaign: Campaign) -> None:
    print(dict(campaign.ledger.statuses()))

    failed = [one for one in campaign.ledger.attempts if not one.done]

    assert len(failed) >= len(campaign.strikes) / 4, "the kills met nothing: what follows would prove nothing"


def test_every_failed_request_said_clearly_that_it_failed(campaign: Campaign) -> None:
    expected = {200, 201, 503, 0}

    odd = [one for one in campaign.ledger.attempts if one.status not in expected and not _done_before(one.answer)]

    assert not Counter(map(str, odd))
    assert max(one.seconds for one in campaign.ledger.attempts) < 8


def test_no_outage_was_told_as_a_fault_of_ours(campaign: Campaign) -> None:
    faults = {words: many for words, many in campaign.ledger.statuses().items() if words.endswith("FAULT")}

    assert faults == {}


def test_who_logs_in_once_all_is_back_can(campaign: Campaign) -> None:
    assert Counter(campaign.logins) == {"done": len(campaign.logins)}


def _done_before(answer: Answer | None) -> bool:
    """A removal sent again after its answer was lost."""
    return answer is not None and answer.reason == "MEMBER_ALREADY_REMOVED"


@pytest.mark.parametrize("kind", LISTS)
def test_every_acknowledged_entry_is_there_exactly_once(
    kind: str, campaign: Campaign, crew: Crew, clients: dict[str, Client]
) -> None:
    listed = Counter(item["id"] for item in accounts.listed(clients["gp"], crew.path(LISTS[kind])))
    acknowledged = [write.body_answered["id"] for write in campaign.ledger.of(kind) if write.acknowledged]
    print(f"{kind}: {len(acknowledged)} acknowledged")

    assert [id for id in acknowledged if listed[id] != 1] == []
    assert len(set(acknowledged)) == len(acknowledged), "two writes were answered with one entry"


@pytest.mark.parametrize("kind", [*LISTS, "invitation"])
def test_what_is_sent_again_under_its_key_is_answered_the_same(
    kind: str, campaign: Campaign, clients: dict[str, Client]
) -> None:
    different = []
    for write in campaign.ledger.of(kind):
        first = write.acknowledged
        assert first is not None, "nothing stays unanswered once all is back"
        again = write.send(clients["gp"])
        if again.status != first.status or _core(write, again) != _core(write, first):
            different.append((str(first), str(again)))

    assert different == []


def _core(write: Write, attempt: Attempt) -> object:
    """What an answer says, without what is read from elsewhere at the moment of the answer (names)."""
    assert attempt.answer is not None
    body = attempt.answer.body
    if write.kind != "invitation":
        return body
    return body["version"], [(one["id"], one["since"], one["until"]) for one in body["members"]]


@pytest.mark.parametrize("kind", LISTS)
def test_what_was_asked_once_was_done_once(kind: str, campaign: Campaign, crew: Crew) -> None:
    query = f"select count(*) from {kind} where patient_id = $1 and recorded_since >= $2"  # noqa: S608
    query = query.replace("recorded_since", {"note": "written_at", "observation": "recorded_at"}[kind])
    done = accounts.count(crew.stack, "records", query, crew.patient_id, campaign.began)
    events = _events(campaign, f"terresante.records.v1.{TOLD[kind]}")

    assert done == events == len(campaign.ledger.of(kind))


def test_memberships_came_and_went_once_each(campaign: Campaign, crew: Crew) -> None:
    query = "select until from circle_member where patient_id = $1 and professional_id = $2 and since >= $3"
    members = accounts.rows(crew.stack, "consent", query, crew.patient_id, crew.guest.uid, campaign.began)
    invited, removed = campaign.ledger.of("invitation"), campaign.ledger.of("removal")

    assert len(members) == len(invited) == _events(campaign, "terresante.consent.v1.member_invited")
    ended = [one for one in members if one["until"] is not None]
    assert len(ended) == _events(campaign, "terresante.consent.v1.member_removed")
    assert len(ended) == len(members) == len(removed)


def _events(campaign: Campaign, subject: str) -> int:
    """How many events of that subject were announced about the campaign's record."""
    return Counter(accounts.announced(campaign.crew.stack, campaign.began).values())[subject]


def test_every_event_was_sent_and_applied_and_none_was_given_up(campaign: Campaign, crew: Crew) -> None:
    accounts.settled(crew.stack, campaign.began)
    print(f"{len(accounts.announced(crew.stack, campaign.began))} events")

    assert accounts.unsent(crew.stack) == {}
    assert accounts.unapplied(crew.stack, campaign.began) == {}
    assert accounts.parked(crew.stack, campaign.began) == []


@pytest.mark.parametrize("recipient", ["patient", "nurse"])
def test_each_is_told_exactly_once_of_each_act(
    recipient: str, campaign: Campaign, crew: Crew, clients: dict[str, Client]
) -> None:
    accounts.settled(crew.stack, campaign.began)
    told = accounts.notified(clients[recipient])
    wanted = [
        (TOLD[kind], write.body_answered["id"])
        for kind in LISTS
        for write in campaign.ledger.of(kind)
        if write.acknowledged
    ]
    if recipient == "patient":
        invited = campaign.ledger.of("invitation")
        wanted += [(TOLD[one.kind], member_of(one.body_answered, crew.guest.uid)) for one in invited]
    print(f"{recipient}: {len(wanted)} acts to be told of, {sum(told.values())} notifications in all")

    assert [(line, told[line]) for line in wanted if told[line] != 1] == []
    assert [(line, many) for line, many in told.items() if many > 1] == []


def test_the_journal_is_sound(campaign: Campaign, crew: Crew) -> None:
    checked = proofs.check(crew.stack)

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_read_that_was_served_is_in_the_journal(campaign: Campaign, crew: Crew) -> None:
    query = """
        select count(*) filter (where position('"allowed":true' in convert_from(leaf, 'UTF8')) > 0) as allowed,
               count(*) as lines, count(distinct patient_sequence) as places
        from journal_entry where patient_id = $1
    """
    line = accounts.rows(crew.stack, "consent", query, crew.patient_id)[0]
    served = [one for one in campaign.ledger.reads if one.done]
    print(f"{len(served)} reads served; {line['allowed']} allowed accesses of {line['lines']} lines")

    assert line["places"] == line["lines"]
    assert line["allowed"] >= len(served) + sum(bool(one.acknowledged) for one in campaign.ledger.writes)
