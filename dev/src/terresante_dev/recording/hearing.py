"""Scenes of being told: live and in pages, by a portal's webhook, as one chose; who is away, on call, best reached."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from terresante_dev.mailbox import Mailbox
from terresante_dev.portal import Person
from terresante_dev.story.stage import Stage, done, refused, soon, true, version

WEBHOOKS = "/v1/webhooks"
PREFERENCES = "/v1/me/preferences"
ADDRESS = "prenom.nom@exemple.fr"
RECEIVER = "https://portail.example/evenements"
"""A name that resolves nowhere (RFC 2606): what is sent to it waits."""


def hear(stage: Stage, mailbox: Mailbox) -> None:
    """All of them, in order: what one makes the next needs. `mailbox`: where messaging sends its mail."""
    portal = stage.people[stage.cast.feeders[0].key]
    live(stage)
    webhook = registered(portal)
    chosen(stage, portal)
    by_mail(stage.who("patient"), mailbox)
    delivered(stage, portal, webhook)
    away(stage)
    on_call(stage)
    done(stage.who("gp").get(stage.path("/addressees?names=true")))


def live(stage: Stage) -> None:
    """The nurse follows what happens, and reads from the feed what she missed."""
    nurse = stage.who("nurse")
    headers = {"authorization": f"Bearer {nurse.token}"}
    with nurse.gateway.http.stream("GET", "/v1/stream", headers=headers) as answer:
        begun = next(answer.iter_text())
    true(begun.startswith("retry: "), "the stream begins by saying how far it is", begun)
    page = done(nurse.get("/v1/events?limit=5"))
    refused(nurse.get("/v1/events?after=inventé"), 400, "CURSOR_INVALID", "QUERY_INVALID")
    done(nurse.get(f"/v1/events?after={page['next_cursor']}&limit=5"))


def registered(portal: Person) -> str:
    """A portal says where it is told, under which name people choose it, and gets what signs."""
    made = portal.post(WEBHOOKS, {"url": RECEIVER, "label": "Mon espace du territoire"})
    webhook = done(made, 201)["webhook"]
    refused(portal.post(WEBHOOKS, {"url": "http://portail.example/", "label": "Ici"}), 403, "URL_FORBIDDEN")
    address = f"{WEBHOOKS}/{webhook['id']}"
    done(portal.call("PATCH", address, {"label": "Mon espace du Val-de-Marne"}, **version(made)))
    done(portal.post(f"{address}/secret"), 201)
    spare = done(portal.post(WEBHOOKS, {"url": f"{RECEIVER}-de-secours", "label": "Secours"}), 201)
    done(portal.call("DELETE", f"{WEBHOOKS}/{spare['webhook']['id']}"), 204)
    return str(webhook["id"])


def chosen(stage: Stage, portal: Person) -> None:
    """The nurse chooses the portal, and quiet hours."""
    nurse = stage.who("nurse")
    portals = done(nurse.get("/v1/portals"))["items"]
    true([one["id"] for one in portals] == [portal.uid], "the portal can be chosen", portals)
    found = nurse.get(PREFERENCES)
    wanted = {key: done(found)[key] for key in ("urgent_breaks_quiet", "daily_hour", "urgent_minutes", "choices")}
    wanted |= {"quiet_from": 1_260, "quiet_until": 420, "portal_ids": [portal.uid]}
    done(nurse.call("PUT", PREFERENCES, wanted, **version(found)))
    refused(nurse.call("PUT", PREFERENCES, wanted, **version(found)), 412, "VERSION_STALE")


def by_mail(patient: Person, mailbox: Mailbox) -> None:
    """The patient gives an address, and back the code that comes there; then thinks better of it."""
    done(patient.call("PUT", "/v1/me/email", {"email": ADDRESS}))
    refused(patient.call("POST", "/v1/me/email/confirm", {"code": "00000000"}), 400, "CODE_INVALID")
    soon(lambda: mailbox.newest(ADDRESS) is not None, "the code comes by mail")
    code = re.search(r"\b\d{8}\b", str(mailbox.newest(ADDRESS)))
    true(code is not None, "the mail holds a code")
    done(patient.call("POST", "/v1/me/email/confirm", {"code": code.group() if code else ""}))
    done(patient.call("DELETE", "/v1/me/email"), 204)


def delivered(stage: Stage, portal: Person, webhook: str) -> None:
    """What the GP writes waits for the portal, which looks what became of it, and has it sent again."""
    gp, address = stage.who("gp"), f"{WEBHOOKS}/{webhook}"
    thread = done(gp.post("/v1/threads", {"kind": "circle", "patient_id": stage.made["patient"]}))
    done(gp.post(f"/v1/threads/{thread['id']}/messages", {"text": "Merci de peser Mme à chaque passage."}), 201)
    soon(lambda: bool(_waiting(portal, address)), "something waits for the portal")
    ids = [one["id"] for one in _waiting(portal, address)]
    done(portal.get(f"{address}/deliveries?limit=5"))
    done(portal.call("POST", f"{address}/deliveries/resend", {"delivery_ids": ids[:1]}))
    refused(portal.call("POST", f"{address}/deliveries/resend", {"delivery_ids": [webhook]}), 404, "DELIVERY_UNKNOWN")
    since = datetime.now(UTC) - timedelta(hours=1)
    done(portal.call("POST", f"{address}/replay", {"since": since.isoformat(timespec="seconds")}))
    done(portal.get(WEBHOOKS))


def away(stage: Stage) -> None:
    """The nurse is away, the GP stands in; she is back sooner."""
    nurse, gp = stage.who("nurse"), stage.who("gp")
    absence = done(nurse.post("/v1/me/absences", {**_days(1, 8), "delegate_id": gp.uid}), 201)
    refused(nurse.post("/v1/me/absences", _days(2, 3)), 409, "ABSENCE_ALREADY")
    done(nurse.get("/v1/me/absences"))
    done(nurse.post(f"/v1/me/absences/{absence['id']}/end"))


def on_call(stage: Stage) -> None:
    """The nurse's team says who is on call."""
    nurse = stage.who("nurse")
    place = next(
        one
        for one in done(nurse.get("/v1/me"))["professional"]["places"]
        if one["id"] == nurse.place or not nurse.place
    )
    address = f"/v1/structures/{place['structure_id']}/on-call"
    time = done(nurse.post(address, {**_days(1, 2), "professional_id": nurse.uid}), 201)
    refused(nurse.post(address, {**_days(1, 2), "professional_id": nurse.uid}), 409, "ON_CALL_ALREADY")
    period = _days(0, 30)
    done(nurse.get(f"{address}?since={period['since']}&until={period['until']}&names=true"))
    done(nurse.call("DELETE", f"{address}/{time['id']}"), 204)


def _waiting(portal: Person, address: str) -> list[Any]:
    return list(done(portal.get(f"{address}/deliveries?state=waiting"))["items"])


def _days(since: int, until: int) -> dict[str, str]:
    """From one day to another, counted from now."""
    moment = datetime.now(UTC)
    return {
        name: (moment + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        for name, days in (("since", since), ("until", until))
    }
