"""What was otherwise in the ten years before: earlier names, telephones, capacities, and territories of communes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from terresante_dev.region.luck import luck
from terresante_dev.territory_work import words
from terresante_dev.territory_work.model import Directory, Offer, Site
from terresante_dev.territory_work.structures import PAST

RENAMED, MOVED_PHONE = 0.25, 0.3
CAPACITIES = (0, 1, 2, 3)
COMMUNES_MOVED = 0.03


@dataclass(frozen=True, slots=True)
class Change:
    """Until the day `on`, excluded, `field` of the thing of that key was `before`.

    `field`: name or phone of a site, capacity or confidentiality of an offer, territory of a commune (its COG as key).
    """

    key: str
    field: str
    before: str
    on: date


def changes(directory: Directory, seed: int) -> list[Change]:
    """All of them, the oldest first; the same arguments give the same ones. None before the thing opened."""
    chance = luck(seed, "past")
    found = [change for site in directory.sites for change in _of_site(site, directory.day, chance)]
    found += [change for offer in directory.offers for change in _of_offer(offer, directory.day, chance)]
    found += _of_communes(directory, chance)
    return sorted(found, key=lambda change: (change.on, change.key, change.field, change.before))


def _of_site(site: Site, day: date, chance: Random) -> Iterator[Change]:
    if chance.random() < RENAMED:
        earlier = f"{site.name.split(' ')[0]} {chance.choice(words.GROUNDS)}"
        if earlier != site.name:
            yield from _kept(Change(site.key, "name", earlier, _moment(day, chance)), site.opened, site.closed)
    if chance.random() < MOVED_PHONE:
        earlier = f"019900{chance.randint(0, 9999):04}"
        yield from _kept(Change(site.key, "phone", earlier, _moment(day, chance)), site.opened, site.closed)


def _of_offer(offer: Offer, day: date, chance: Random) -> Iterator[Change]:
    if offer.capacity is not None:
        for _ in range(chance.choice(CAPACITIES)):
            earlier = str(max(1, round(offer.capacity * chance.uniform(0.6, 1.4))))
            yield from _kept(Change(offer.key, "capacity", earlier, _moment(day, chance)), offer.opened, offer.closed)
    if chance.random() < 0.1:
        earlier = {"1": "2", "2": "1", "3": "2"}[offer.confidentiality]
        change = Change(offer.key, "confidentiality", earlier, _moment(day, chance))
        yield from _kept(change, offer.opened, offer.closed)


def _of_communes(directory: Directory, chance: Random) -> Iterator[Change]:
    """Communes that another territory of their department covered before."""
    for territory in directory.territories:
        beside = [one.code for one in directory.territories if one.code[:2] == territory.code[:2] and one != territory]
        for code in territory.communes if beside else ():
            if chance.random() < COMMUNES_MOVED:
                yield Change(code, "territory", chance.choice(beside), _moment(directory.day, chance))


def _moment(day: date, chance: Random) -> date:
    return day - chance.random() * PAST


def _kept(change: Change, opened: date, closed: date | None) -> Iterator[Change]:
    if opened < change.on and (closed is None or change.on < closed):
        yield change
