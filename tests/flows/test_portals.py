"""A portal's system, logged in by its certificate, is told what happens to those who chose it: by webhook and by its feed.

Each test goes on from where the one before left things; they are one telling.
"""

import pytest
from terresante_dev.portal import Person
from terresante_dev.recording.vigilance import registered_feeder
from terresante_dev.story.stage import done, refused, soon

from tests.outside import Receiving

from .conversing import Made, Talk, events, preferred

pytestmark = pytest.mark.timeout(300)
HOOKS = "/v1/webhooks"
PATIENCE = 60.0
"""Seconds within which what could not be delivered at first is tried again."""


@pytest.fixture(scope="module")
def portal(talk: Talk) -> Person:
    """The portal's system."""
    talk.who("admin").log_in()
    made = registered_feeder(talk.stage)
    made.log_in()
    soon(lambda: made.get(HOOKS).status == 200, "consent knows of the system")
    return made


@pytest.fixture(scope="module")
def receiving() -> Receiving:
    return Receiving()


def ours(portal: Person) -> Made:
    """Its only webhook."""
    found: Made = done(portal.get(HOOKS))["items"][0]
    return found


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/evenements",
        "https://10.0.0.1/evenements",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/evenements",
        "https://[::ffff:10.0.0.1]/evenements",
        "https://100.64.0.1/evenements",
        "https://0.0.0.0/evenements",
        "https://192.168.1.1:8443/evenements",
        "http://127.0.0.1:22/evenements",
    ],
)
def test_a_webhook_leads_to_no_private_place(portal: Person, url: str) -> None:
    refused(portal.post(HOOKS, {"url": url, "label": "Portail"}), 403, "URL_FORBIDDEN")
    assert done(portal.get(HOOKS))["items"] == []


@pytest.mark.parametrize(
    "url",
    ["ftp://portail.example/", "https://nom:mot@portail.example/", "https://portail.example/#a", "portail", "https://"],
)
def test_what_is_no_address_is_no_webhook(portal: Person, url: str) -> None:
    answer = portal.post(HOOKS, {"url": url, "label": "Portail"})
    assert (answer.status, answer.reason) == (400, "URL_INVALID"), answer.body


def test_only_systems_have_webhooks(talk: Talk) -> None:
    for key in ("gp", "patient", "admin"):
        refused(talk.who(key).get(HOOKS), 403, "KIND_NOT_ALLOWED")


def test_who_chose_the_portal_is_told_of_there_signed_and_by_ids_alone(
    talk: Talk, portal: Person, receiving: Receiving, circle: str
) -> None:
    gp, nurse = talk.who("gp"), talk.who("nurse")
    made = done(portal.post(HOOKS, {"url": receiving.url, "label": f"Portail {talk.stage.seed}"}), 201)
    receiving.secrets.append(made["secret"])
    assert portal.uid in {one["id"] for one in done(nurse.get("/v1/portals"))["items"]}
    with receiving.up():
        preferred(nurse, portal_ids=[portal.uid])
        text = f"Choisi {talk.stage.seed}."
        posted = talk.post(gp, circle, text)
        soon(lambda: bool(receiving.messages()), "the portal is told", PATIENCE)

    assert receiving.messages() == [posted["id"]]
    told = next(one for one in receiving.deliveries if one.message)
    assert told.recipient == nurse.uid
    assert (told.event["data"]["thread_id"], told.event["data"]["place"]) == (circle, posted["place"])
    assert text not in str(receiving.deliveries)
    assert talk.stage.patient.birth_name not in str(receiving.deliveries)


def test_what_could_not_be_delivered_comes_once_the_receiver_is_back(
    talk: Talk, portal: Person, receiving: Receiving, circle: str
) -> None:
    before = len(receiving.messages())
    posted = [talk.post(talk.who("gp"), circle, f"Récepteur absent {number}.")["id"] for number in range(5)]
    soon(lambda: ours(portal)["last_failure"] == "CONNECTION", "the failure is told", PATIENCE)
    soon(lambda: ours(portal)["waiting"] >= 5, "all of them wait", PATIENCE)
    with receiving.up():
        soon(lambda: len(receiving.messages()) >= before + 5, "all is delivered", PATIENCE)

    assert sorted(receiving.messages()[before:]) == sorted(posted)
    soon(lambda: ours(portal)["waiting"] == 0, "nothing waits any more", PATIENCE)
    assert ours(portal)["last_failure"] is None


def test_a_new_secret_signs_from_then_on_and_the_former_one_for_a_day(
    talk: Talk, portal: Person, receiving: Receiving, circle: str
) -> None:
    address = f"{HOOKS}/{ours(portal)['id']}"
    fresh = done(portal.post(f"{address}/secret"), 201)["secret"]
    former, before = receiving.secrets[0], len(receiving.messages())
    for number, secret in enumerate((former, fresh), 1):
        receiving.secrets[:] = [secret]
        with receiving.up():
            talk.post(talk.who("gp"), circle, f"Secret {number}.")
            soon(lambda: len(receiving.messages()) == before + number, "it is believed", PATIENCE)  # noqa: B023


def test_what_was_sent_is_listed_sent_again_and_replayed_under_the_same_ids(
    talk: Talk, portal: Person, receiving: Receiving
) -> None:
    address = f"{HOOKS}/{ours(portal)['id']}"
    listed = done(portal.get(f"{address}/deliveries?state=sent&limit=100"))["items"]
    known = [one["id"] for one in listed if one["kind"] == "message_posted"]
    assert len(known) == len(receiving.messages())
    receiving.deliveries.clear()
    refused(portal.post(f"{address}/deliveries/resend", {"delivery_ids": [talk.patient]}), 404, "DELIVERY_UNKNOWN")
    with receiving.up():
        done(portal.post(f"{address}/deliveries/resend", {"delivery_ids": known[:2]}))
        soon(lambda: len(receiving.messages()) == 2, "two come again", PATIENCE)
        since = min(one["at"] for one in listed)
        done(portal.post(f"{address}/replay", {"since": since}))
        soon(lambda: len(set(receiving.messages())) == len(known), "all come again", PATIENCE)

    refused(portal.post(f"{address}/replay", {"since": "2020-01-01T00:00:00Z"}), 400, "PERIOD_INVALID")
    again = done(portal.get(f"{address}/deliveries?limit=100"))["items"]
    assert {one["id"] for one in again} >= set(known)


def test_the_portals_feed_says_whom_each_event_concerns(talk: Talk, portal: Person, receiving: Receiving) -> None:
    items = events(portal)

    posted = [one for one in items if one["kind"] == "message_posted"]
    assert {one["recipient_professional_id"] for one in posted} == {talk.who("nurse").uid}
    assert {one["message_id"] for one in posted} >= set(receiving.messages())


def test_nothing_is_delivered_of_what_the_person_may_no_longer_know(
    talk: Talk, portal: Person, receiving: Receiving, circle: str
) -> None:
    gp, nurse = talk.who("gp"), talk.who("nurse")
    direct = talk.thread(gp, "direct", professional_ids=[nurse.uid])
    before = talk.post(gp, circle, "Attend encore.")["id"]
    soon(lambda: ours(portal)["waiting"] > 0, "it waits", PATIENCE)
    talk.removed(nurse)
    after = talk.post(gp, circle, "Après le retrait.")["id"]
    still = talk.post(gp, direct, "Sans patient.")["id"]
    receiving.deliveries.clear()
    with receiving.up():
        soon(lambda: still in receiving.messages(), "what is about nobody is delivered", PATIENCE)
        soon(lambda: ours(portal)["waiting"] == 0, "nothing waits", PATIENCE)

    assert set(receiving.messages()) == {still}
    withheld = done(portal.get(f"{HOOKS}/{ours(portal)['id']}/deliveries?state=withheld"))["items"]
    assert len(withheld) >= 1
    items = events(portal)
    assert {before, after}.isdisjoint({one["message_id"] for one in items})


def test_a_webhook_that_is_removed_gets_nothing_more(talk: Talk, portal: Person, receiving: Receiving) -> None:
    gp, nurse = talk.who("gp"), talk.who("nurse")
    direct = talk.thread(gp, "direct", professional_ids=[nurse.uid])
    address = f"{HOOKS}/{ours(portal)['id']}"
    receiving.deliveries.clear()
    talk.post(gp, direct, "Sans récepteur.")
    done(portal.call("DELETE", address), 204)
    assert done(portal.get(HOOKS))["items"] == []
    refused(portal.get(f"{address}/deliveries"), 404, "WEBHOOK_UNKNOWN")
    assert portal.uid not in {one["id"] for one in done(nurse.get("/v1/portals"))["items"]}
    with receiving.up(), talk.listener(nurse).running() as stream:
        last = talk.post(gp, direct, "Après la suppression.")["id"]
        stream.until(lambda: last in stream.messages(), 10, "the nurse is told")
    assert receiving.deliveries == []
