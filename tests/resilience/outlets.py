"""Where people are told outside of the portal: by mail, and through a portal's webhook. Both can be away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from terresante_dev.portal import Person
from terresante_dev.story.stage import done, soon

from tests.flows.conversing import preferred
from tests.outside import Postbox, Receiving, text_of

HOOKS = "/v1/webhooks"
NEWS = ("Vous avez un nouveau message", "nouveautés")
"""How the subjects of mails about messages read."""


@dataclass
class Hook:
    """The webhook of a portal's system."""

    portal: Person
    receiving: Receiving
    id: str

    @property
    def health(self) -> dict[str, Any]:
        """What the platform says of it."""
        items = done(self.portal.get(HOOKS))["items"]
        return next(one for one in items if one["id"] == self.id)

    def listed(self, state: str) -> Iterator[dict[str, Any]]:
        """Its deliveries in a state, page by page."""
        cursor = ""
        while True:
            address = f"{HOOKS}/{self.id}/deliveries?state={state}&limit=100"
            page = done(self.portal.get(address + (f"&cursor={cursor}" if cursor else "")))
            yield from page["items"]
            cursor = page["next_cursor"] or ""
            if not cursor:
                return


@contextmanager
def hooked(portal: Person) -> Iterator[Hook]:
    """A webhook of that system, until the block ends."""
    portal.log_in()
    soon(lambda: portal.get(HOOKS).status == 200, "consent knows of the system")
    receiving = Receiving()
    made = done(portal.post(HOOKS, {"url": receiving.url, "label": f"Portail {receiving.port}"}), 201)
    receiving.secrets.append(made["secret"])
    hook = Hook(portal, receiving, made["webhook"]["id"])
    yield hook
    done(portal.call("DELETE", f"{HOOKS}/{hook.id}"), 204)


def reached(person: Person, postbox: Postbox, portals: list[str]) -> str:
    """From now on they are told of each message at once, at any hour: by mail and by these portals. Gives the address."""
    address = f"{person.uid[:13]}@exemple.example"
    if not done(person.get("/v1/me/preferences"))["email_confirmed"]:
        _confirmed(person, postbox, address)
    preferred(person, "email", "webhook", quiet_from=0, quiet_until=0, portal_ids=portals)
    return address


def _confirmed(person: Person, postbox: Postbox, address: str) -> None:
    done(person.call("PUT", "/v1/me/email", {"email": address}))
    mail = postbox.until(address, lambda found: len(found) == 1, 30)[0]
    (code,) = set(re.findall(r"\b\d{8}\b", text_of(mail)))
    done(person.post("/v1/me/email/confirm", {"code": code}))


def news(postbox: Postbox, address: str) -> list[str]:
    """The Message-IDs of the mails about messages that came to an address, each time it came."""
    return [mail["Message-ID"] for mail in postbox.of(address) if any(word in mail["Subject"] for word in NEWS)]
